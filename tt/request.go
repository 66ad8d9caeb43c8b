package tt

import "time"

// CreateRequest describes the ticket of one alarm episode. Object and Subject
// are required; the rest may be empty.
type CreateRequest struct {
	Queue   string // where the ticket goes: a name that the adapter maps to the vendor's own
	Object  string // identifier of the object in trouble, as the ticket system knows it
	Reason  string // preliminary reason
	Subject string // one line
	Body    string // any length: what the vendor cannot hold is cut and marked
	Login   string // on whose behalf

	// Timestamp is when the alarm was raised; zero means now.
	Timestamp time.Time

	// Key names one episode of an alarm, never the alarm alone: an alarm that
	// returns next week needs another key. 1 to 255 bytes of UTF-8 without
	// control characters; [Key] builds one from parts. Empty: the library
	// makes one for the length of the call.
	Key string
}

// CloseRequest says how a ticket ends. ID is required. Subject and Body, when
// one of them is set, become the ticket's last comment.
type CloseRequest struct {
	ID      string
	Subject string
	Body    string
	Reason  string // final reason
	Login   string
}

// CommentRequest is one comment. ID, and Subject or Body, are required.
type CommentRequest struct {
	ID      string // the ticket
	Subject string
	Body    string
	Login   string
	ReplyTo string // id of the comment that this one answers

	// At is when the comment was made; zero means now. Comments are ordered
	// by At, then by id.
	At time.Time

	// Key makes a repeated call a no-op: one key, one comment on the ticket.
	// 1 to 255 bytes, as in CreateRequest. Empty: every call is a comment.
	Key string
}

// ListRequest asks for a page of open tickets.
type ListRequest struct {
	After string // List.Next of the page before; "" starts
	Limit int    // at most so many ids; 0 means 100
}

// List is a page of ids, oldest ticket first. Next is "" on the last page. A
// ticket that stays open while the pages are read is on exactly one of them.
type List struct {
	IDs  []string
	Next string
}

// UpdatesRequest asks for changes. Without IDs and All it is ErrInvalid:
// an empty list of ids never means "everything".
type UpdatesRequest struct {
	After string   // Updates.Next of the call before; "" means from now on
	IDs   []string // changes of these tickets only
	All   bool     // changes of every ticket of this library in this namespace
	Limit int      // at most so many changes; 0 means 100
}

// Updates is a batch of changes, in the order in which they happened. Next is
// opaque and can be stored; passing it as After continues from here. A change
// may be delivered more than once, never not at all.
type Updates struct {
	Changes []Change
	Next    string
}

// Action says what a [Change] did.
type Action string

// The actions that a system may report.
const (
	ActionCreate  Action = "create"
	ActionComment Action = "comment"
	ActionClose   Action = "close"
	ActionReopen  Action = "reopen"
	ActionRenew   Action = "renew"
	ActionPromote Action = "promote"
	ActionAdd     Action = "add" // an object joined the group
	ActionOther   Action = "other"
)

// Change is one thing that happened to a ticket.
type Change struct {
	ID       string    `json:"id"` // of the change; the same when it is delivered again
	TicketID string    `json:"tt_id"`
	Action   Action    `json:"action"`
	Login    string    `json:"login"`
	At       time.Time `json:"ts"`
	Message  string    `json:"message"`

	// Own is true when this library made the change, whichever process it
	// ran in, so that two-way synchronisation does not echo.
	Own bool `json:"own"`
}
