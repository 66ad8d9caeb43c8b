package tt

import (
	"time"
)

// Created tells what CreateTT found or made.
type Created struct {
	ID        string    // the ticket of the key
	Existed   bool      // it was there before this call
	Closed    bool      // it is closed: the episode is over, a new one needs a new key
	Expired   bool      // its lease has lapsed; see Ticket.ExpiresAt
	ExpiresAt time.Time // when the lease ends; zero where there is none
	Degraded  string    // what the ticket lacks and why; "" when nothing
}

// ItemStatus is the result of one object of a group call, in NOC's words.
type ItemStatus string

// The statuses of an item.
const (
	ItemOK   ItemStatus = "ok"   // the object is in the group
	ItemTemp ItemStatus = "temp" // failed for now: the same call may succeed later
	ItemFail ItemStatus = "fail" // failed for good
	ItemSkip ItemStatus = "skip" // not tried: the system does not support it
)

// ItemResult is the result for one object. Err is nil exactly when Status is
// ok; otherwise errors.Is and errors.As work on it as on any returned error.
type ItemResult struct {
	Object string
	Status ItemStatus
	Err    error
}

// MarshalJSON writes {"obj":…,"status":…,"error":…}.
func (r ItemResult) MarshalJSON() ([]byte, error) {
	text := ""
	if r.Err != nil {
		text = r.Err.Error()
	}
	return marshal(struct {
		Object string     `json:"obj"`
		Status ItemStatus `json:"status"`
		Error  string     `json:"error"`
	}{r.Object, r.Status, text})
}

// ItemOf makes the result of one object from its error: nil is ok,
// ErrUnsupported skip, ErrTemporary temp, anything else fail.
func ItemOf(obj string, err error) ItemResult {
	r := ItemResult{Object: obj, Status: ItemFail, Err: err}
	switch {
	case err == nil:
		r.Status = ItemOK
	case CodeOf(err) == CodeUnsupported:
		r.Status = ItemSkip
	case IsTemporary(err):
		r.Status = ItemTemp
	}
	return r
}

// CheckResult is one finding of [System.Check].
type CheckResult struct {
	Name   string `json:"name"` // what was checked: address, credentials, clock, …
	OK     bool   `json:"ok"`
	Detail string `json:"detail"` // what was found, and what to change
	Err    error  `json:"-"`      // why it failed; errors.Is tells failures for now from those for good
}
