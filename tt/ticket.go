package tt

import (
	"slices"
	"time"
)

// State is where a ticket stands.
type State string

// The states of a ticket.
const (
	StateOpen    State = "open"
	StatePending State = "pending" // a close was accepted and has not taken effect; still listed as open
	StateClosed  State = "closed"
	StateExpired State = "expired" // its lease lapsed; nobody repaired or closed it
	StateUnknown State = "unknown" // the vendor's status has no meaning here
)

// Ended reports whether the state is closed or expired.
func (s State) Ended() bool { return s == StateClosed || s == StateExpired }

// Ticket is what GetTT reads. Its JSON keys are those of NOC's get_tt, with a
// few additions. Times are UTC.
type Ticket struct {
	ID      string   `json:"tt_id"`
	Queue   string   `json:"queue"`
	Object  string   `json:"obj"`
	Objects []string `json:"objs"`  // every object, the leader first
	Group   string   `json:"group"` // the group's id; "" when the ticket was never promoted
	Key     string   `json:"key"`   // the caller's key; "" when there was none
	State   State    `json:"state"`

	StageID string `json:"stage_id,omitempty"` // the vendor's status, in the vendor's words
	Stage   string `json:"stage,omitempty"`    // the same for people

	OpenedAt  time.Time `json:"open_ts,omitzero"`    // CreateRequest.Timestamp
	ClosedAt  time.Time `json:"close_ts,omitzero"`   // set when closed or expired
	StageAt   time.Time `json:"stage_ts,omitzero"`   // when the state was entered; an open one's: when it was made, whatever OpenedAt
	ExpiresAt time.Time `json:"expires_at,omitzero"` // end of the lease

	Owner     string `json:"owner,omitempty"` // CreateRequest.Login, unless the vendor has an owner of its own
	Dept      string `json:"dept,omitempty"`
	CloseDept string `json:"close_dept,omitempty"`

	PreReasonID   string `json:"pre_reason_id,omitempty"`
	PreReason     string `json:"pre_reason,omitempty"` // CreateRequest.Reason
	FinalReasonID string `json:"final_reason_id,omitempty"`
	FinalReason   string `json:"final_reason,omitempty"` // CloseRequest.Reason

	Subject string `json:"subject"`
	Body    string `json:"body"`

	Comments []Comment `json:"comments"` // oldest first

	URL       string `json:"url,omitempty"` // deep link into the vendor's console
	Truncated bool   `json:"truncated,omitempty"`
}

// Comment is one remark on a ticket.
type Comment struct {
	ID      string    `json:"id"`
	ReplyTo string    `json:"reply_to"`
	At      time.Time `json:"ts"`
	Login   string    `json:"login"`
	Subject string    `json:"subject"`
	Body    string    `json:"body"`
}

// Resolved is NOC's word for closed. An expired ticket is not resolved: that
// a lease lapsed repairs nothing.
func (t *Ticket) Resolved() bool { return t.State == StateClosed }

// Clone returns a copy that shares no memory with t.
func (t *Ticket) Clone() *Ticket {
	c := *t
	c.Objects = slices.Clone(t.Objects)
	c.Comments = slices.Clone(t.Comments)
	return &c
}

// MarshalJSON adds the key "resolved", writes times in UTC, and writes the
// lists as [] when they are empty.
func (t Ticket) MarshalJSON() ([]byte, error) {
	type plain Ticket // without this method
	p := plain(t)
	for _, at := range []*time.Time{&p.OpenedAt, &p.ClosedAt, &p.StageAt, &p.ExpiresAt} {
		*at = at.UTC()
	}
	p.Objects = append([]string{}, t.Objects...)
	p.Comments = append([]Comment{}, t.Comments...)
	for i := range p.Comments {
		p.Comments[i].At = p.Comments[i].At.UTC()
	}
	return marshal(struct {
		plain
		Resolved bool `json:"resolved"`
	}{p, t.Resolved()})
}
