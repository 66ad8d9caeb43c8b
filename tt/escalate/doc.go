// Package escalate makes group tickets: one ticket for an object in trouble,
// the leader, that also names the objects which suffer with it, its members.
// It works over any [tt.System].
//
// [Create] takes the three steps create, promote and add, and [Join] the last
// two for a ticket that exists. Both are resumable: whatever failed, the same
// call finishes what is missing, and what is there already counts as done.
// Create needs a key for that; without one, repeating it could open a second
// ticket, and Join continues with the id instead.
//
// # Errors
//
// The error of Create is nil when every step is done and every object is in the
// group. Otherwise it says what is missing, and [Result] what is there: an error
// never hides the id of a ticket that exists. Its outcome is
//
//   - as CreateTT set it, when that failed. Result.Items is then empty, and
//     Result.TicketID, where it is set, is not yet, or not at all (ErrConflict),
//     the ticket that was asked for.
//   - tt.Done, when the ticket exists and a later step failed, even for a single
//     object. The error is tt.ErrTemporary when repeating the call can bring
//     an object in; otherwise the objects that failed have failed for good.
//
// So a caller repeats on tt.IsTemporary, if need be after Error.RetryAfter. It
// reports any other error, and has a ticket to go on with when Result.Items is
// not empty.
//
// A system without group tickets (Capabilities.PromoteGroupTT is false) is no
// error: the ticket stands alone and every member is skipped.
package escalate
