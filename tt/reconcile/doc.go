// Package reconcile compares the alarms that are active with the tickets that
// are open, and repairs the difference: after an outage, after a restore of a
// backup, after somebody worked in the vendor's console, or every hour.
//
//	alarms, err := reconcile.ReadLines(file)
//	…
//	diff, err := reconcile.Plan(ctx, sys, alarms, reconcile.Options{At: listedAt})
//	…
//	for _, item := range diff.Items {
//		fmt.Println(item)
//	}
//	results, err := reconcile.Apply(ctx, sys, diff, reconcile.Limits{})
//
// [Plan] only asks. (An adapter may tidy up duplicates that it meets, as it
// does on every look-up.) [Apply] does what the plan says, one result each.
//
// # What it finds
//
//	| found | repaired by |
//	| ----- | ----------- |
//	| an alarm without a ticket | CreateTT, and AddToGroupTT for its members |
//	| a member of an alarm that its ticket lacks | CreateGroupTT and AddToGroupTT |
//	| a ticket whose lease has less than half left, while its alarm goes on | RenewTT |
//	| several open tickets of one key | FindTT, which elects one and ends the others |
//	| an open ticket that no alarm asks for | CloseTT |
//
// What it cannot, or must not, repair is in [Diff.Left] with the reason:
// tickets without a key, tickets on another object than their alarm's, alarms
// whose ticket lapsed, whatever is too young to be judged.
//
// # How an alarm and its ticket are matched
//
// By the ticket's key, and by nothing else. Objects and subjects do not name an
// alarm: one object has several, and a subject is for people. An [Alarm] has
// either the Key of its episode, exactly as CreateTT was given it, or a Series,
// for sources that know the alarm and not the episode: the keys of the episodes
// are then the Series, a slash and a number that counts from 1, as the example
// program alarmpipeline makes them. An open ticket of the Series is the alarm's
// whatever its number; a new one gets the number after the last that exists,
// which is the number that the pipeline itself would give it.
//
// A ticket made without a key cannot be matched and is never closed. Where the
// list of alarms speaks for a part of the tickets only, Options.Owns says for
// which: the others are not looked at.
//
// # What keeps it from doing harm
//
//   - Nothing is planned when the list of tickets could not be read whole, or
//     a ticket could not be read for now.
//   - An empty list of alarms is refused unless Options.AllowEmpty says that
//     it is meant. So is a list older than Options.MaxAge.
//   - What is younger than Options.Grace at the time of the list is not judged:
//     a ticket that was opened, renewed or commented on since is not closed,
//     an alarm raised since gets no ticket yet. Whoever opens tickets meanwhile
//     is left to do so.
//   - A close that is pending is left to take effect, and repeated when it has
//     not within the grace: on a system that closes in several steps a process
//     may have died between them.
//   - Apply reads every ticket again before it closes it, and leaves what has
//     changed since the plan.
//   - More closes than Limits.MaxCloses are not begun at all. Everything else
//     is done.
//   - Opening, renewing and joining come first, closing last.
//   - Tickets that this library did not make, and those of other namespaces,
//     are not in the list and so out of reach.
//
// # Repeating
//
// Everything that Apply does can be repeated, after any failure and by any
// process: make another plan and apply that. When everything could be repaired,
// the next plan is empty.
package reconcile
