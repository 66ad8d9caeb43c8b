package zstacktest

import (
	"maps"
	"slices"
	"time"
)

// Status is the status of a ticket.
type Status string

// The statuses.
const (
	Pending              Status = "Pending"
	Cancelled            Status = "Cancelled"
	IntermediateApproved Status = "IntermediateApproved"
	FinalApproved        Status = "FinalApproved"
	Rejected             Status = "Rejected"
)

// Open reports whether a ticket in this status waits for somebody.
func (s Status) Open() bool { return s == Pending || s == IntermediateApproved }

// Event is what changes the status of a ticket.
type Event string

// The events. The server knows open, too, and refuses it; see
// [Knobs.OpenEvent].
const (
	Approve Event = "approve"
	Cancel  Event = "cancel"
	Reject  Event = "reject"
	Reopen  Event = "reopen"

	open Event = "open"
)

// Ticket is a ticket, alive or archived.
type Ticket struct {
	UUID              string
	Name, Description string
	Status            Status
	Requests          []TicketRequest

	ProjectUUID, VirtualIDUUID string // the submitter
	AccountUUID                string // the owner: the project's account

	TypeUUID           string
	FlowCollectionUUID string
	CurrentFlowUUID    string // the step that waits, "" when none does

	Created, Changed time.Time

	ArchiveUUID string // of the archived ticket, "" while it is alive
}

// TicketRequest is a call of the platform's API that a ticket asks for.
type TicketRequest struct {
	Name, API string
	Times     int64
	Body      map[string]any // numbers are json.Number
}

func (t *Ticket) clone() Ticket {
	c := *t
	c.Requests = slices.Clone(t.Requests)
	for i := range c.Requests {
		c.Requests[i].Body = cloneObject(c.Requests[i].Body)
	}
	return c
}

// History is one change of a ticket's status.
type History struct {
	UUID       string
	Sequence   int64 // over all tickets
	TicketUUID string
	From, To   Status
	Comment    string
	Context    map[string]any // what it carries, such as results of requests; nil: nothing
	FlowName   string         // of the step that was decided

	OperatorUUID string // a virtual ID or an account, "" for the system
	ByAccount    bool   // OperatorUUID is an account

	Created     time.Time
	AccountUUID string // the owner of the ticket

	ArchiveUUID string // of the archived row, "" while the ticket is alive
}

func (h *History) clone() History {
	c := *h
	c.Context = cloneObject(h.Context)
	return c
}

// Tag is a user tag.
type Tag struct {
	UUID         string
	ResourceType string // such as "TicketVO"
	ResourceUUID string
	Text         string
	Created      time.Time

	account string // the owner of the resource
}

// Execution is one run of a request after the last approval. A test that
// finds none knows that nothing was done on the platform.
type Execution struct {
	Time           time.Time
	TicketUUID     string
	Name, API      string
	Body           map[string]any
	ValidationOnly bool // the body's tags made the platform stop before it acted
	Failed         bool // the body lacked a mandatory parameter
}

func cloneObject(m map[string]any) map[string]any {
	if m == nil {
		return nil
	}
	c := maps.Clone(m)
	for k, v := range c {
		c[k] = cloneValue(v)
	}
	return c
}

// cloneValue copies what JSON decodes to.
func cloneValue(v any) any {
	switch v := v.(type) {
	case map[string]any:
		return cloneObject(v)
	case []any:
		c := slices.Clone(v)
		for i := range c {
			c[i] = cloneValue(c[i])
		}
		return c
	}
	return v
}
