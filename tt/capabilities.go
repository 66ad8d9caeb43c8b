package tt

import (
	"time"
)

// KeyGuarantee says how firmly one key means one ticket.
type KeyGuarantee string

// The guarantees.
const (
	// KeyEnforced: the server refuses a second ticket of a key.
	KeyEnforced KeyGuarantee = "enforced"
	// KeyConverging: never none; more than one only while creators overlap or
	// a lost create commits late. The extra ones are found and ended.
	KeyConverging KeyGuarantee = "converging"
)

// Capabilities tells what a system can do. It is comparable. A zero limit
// means that none is known; sizes are in bytes of UTF-8.
type Capabilities struct {
	PromoteGroupTT     bool          // CreateGroupTT and AddToGroupTT work (NOC's promote_group_tt)
	KeyGuarantee       KeyGuarantee  // "" when keys are not supported
	Lease              time.Duration // the lease of a new ticket; 0: tickets do not end by themselves, RenewTT is ErrUnsupported
	AsyncClose         bool          // CloseTT may answer false: accepted, pending
	CommentsAfterClose bool          // AddComment on a closed ticket is kept; otherwise it is ErrClosed
	Updates            bool          // GetUpdates works
	MaxSubject         int           // a longer subject is cut
	MaxBody            int           // a longer body is cut
	MaxComment         int           // a longer comment is cut
	MaxComments        int           // a further comment is ErrInvalid
	Effects            string        // what a ticket does to the user's own systems while it is open; "" when nothing
}

// MarshalJSON writes one key in snake case per field; Lease is a Go duration
// such as "168h0m0s".
func (c Capabilities) MarshalJSON() ([]byte, error) {
	return marshal(struct {
		PromoteGroupTT     bool         `json:"promote_group_tt"`
		KeyGuarantee       KeyGuarantee `json:"key_guarantee"`
		Lease              string       `json:"lease"`
		AsyncClose         bool         `json:"async_close"`
		CommentsAfterClose bool         `json:"comments_after_close"`
		Updates            bool         `json:"updates"`
		MaxSubject         int          `json:"max_subject"`
		MaxBody            int          `json:"max_body"`
		MaxComment         int          `json:"max_comment"`
		MaxComments        int          `json:"max_comments"`
		Effects            string       `json:"effects"`
	}{
		c.PromoteGroupTT, c.KeyGuarantee, c.Lease.String(), c.AsyncClose, c.CommentsAfterClose, c.Updates,
		c.MaxSubject, c.MaxBody, c.MaxComment, c.MaxComments, c.Effects,
	})
}
