package tt

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Outcome answers "did anything happen?" for a call that failed.
type Outcome int

// The outcomes. The zero value claims nothing.
const (
	Unknown Outcome = iota // the system may have acted
	NotDone                // the system did nothing
	Done                   // the ticket in TicketID exists or changed, but a later step failed
)

// String returns unknown, not_done or done.
func (o Outcome) String() string {
	switch o {
	case NotDone:
		return "not_done"
	case Done:
		return "done"
	}
	return "unknown"
}

// MarshalText returns what String returns.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// Error is the one error type of this library; errors.As finds it in whatever
// adapters and decorators return. It never holds a secret.
type Error struct {
	Adapter  string // "rsm"; "" for an error made before a system was known
	System   string // the name given to Open; may be ""
	Op       string // "CreateTT"
	TicketID string // the ticket concerned; with a failed create, the one that exists all the same

	Code    Code
	Outcome Outcome

	// Repeatable says that the same call, with the same key, can simply be
	// made again: it cannot do anything twice. It does not say that
	// repeating would help; ErrTemporary does.
	Repeatable bool

	RetryAfter time.Duration // how long to wait first; 0 when unknown

	Status     int    // HTTP status; 0 when no answer came, or nothing was sent
	VendorCode string // the vendor's own error code
	TraceID    string // the vendor's trace id, for its support
	Err        error  // what happened, in the vendor's words where there are any
}

// Error prints the system, the operation and the ticket, the code, what
// happened, and what to do about it.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Adapter != "" {
		b.WriteString(e.Adapter)
		if e.System != "" {
			fmt.Fprintf(&b, " %q", e.System)
		}
	} else {
		b.WriteString("tt")
		if e.System != "" {
			fmt.Fprintf(&b, " %q", e.System)
		}
	}
	b.WriteString(": ")
	if e.Op != "" {
		b.WriteString(e.Op)
		if e.TicketID != "" {
			b.WriteString(" " + printID(e.TicketID))
		}
		b.WriteString(": ")
	}
	b.WriteString(string(e.Code))
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	var inner *Error
	if advice := e.advice(); advice != "" && !(errors.As(e.Err, &inner) && inner.advice() == advice) {
		b.WriteString(" (" + advice + ")")
	}
	return b.String()
}

// printID quotes what is no id, a mistake of the caller's, and shortens it: it
// must not break a line of a log.
func printID(id string) string {
	if ValidateID(id) == nil {
		return id
	}
	id, _ = Cut(id, MaxID)
	return strconv.Quote(id)
}

// advice says what the fields mean for the person who reads the error.
func (e *Error) advice() string {
	var parts []string
	if e.Status != 0 {
		parts = append(parts, fmt.Sprintf("HTTP %d", e.Status))
	}
	if e.VendorCode != "" {
		parts = append(parts, "vendor code "+e.VendorCode)
	}
	if e.TraceID != "" {
		parts = append(parts, "trace "+e.TraceID)
	}
	switch {
	case e.Outcome == Unknown && e.Repeatable:
		parts = append(parts, "it may have happened; repeating the same call is safe")
	case e.Outcome == Unknown && e.Code != "":
		parts = append(parts, "it may have happened; look before repeating, a repeat could double it")
	case e.Outcome == Done && e.Repeatable && e.Temporary():
		parts = append(parts, "the ticket exists or changed; repeating the call finishes the rest")
	case e.Outcome == Done && e.Repeatable:
		parts = append(parts, "the ticket exists or changed; when the cause is gone, repeating the call finishes the rest")
	case e.Outcome == Done:
		parts = append(parts, "the ticket exists or changed; go on with its id, repeating the call could double it")
	}
	if e.RetryAfter > 0 {
		parts = append(parts, "try again in "+e.RetryAfter.Round(time.Millisecond).String())
	}
	return strings.Join(parts, "; ")
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// Temporary reports whether the same call may succeed later: rate_limited,
// unavailable, and canceled by a deadline.
func (e *Error) Temporary() bool {
	switch e.Code {
	case CodeRateLimited, CodeUnavailable:
		return true
	case CodeCanceled:
		return errors.Is(e.Err, context.DeadlineExceeded)
	}
	return false
}

// Is matches the sentinel of the error's code, and ErrTemporary.
func (e *Error) Is(target error) bool {
	if target == ErrTemporary {
		return e.Temporary()
	}
	if s, ok := target.(*sentinel); ok {
		return s.code == e.Code
	}
	return false
}

// MarshalJSON writes the error as ttctl prints it.
func (e *Error) MarshalJSON() ([]byte, error) {
	wait := ""
	if e.RetryAfter > 0 {
		wait = e.RetryAfter.String()
	}
	return marshal(struct {
		System     string  `json:"system"`
		Op         string  `json:"op"`
		TicketID   string  `json:"tt_id"`
		Code       Code    `json:"code"`
		Outcome    Outcome `json:"outcome"`
		Temporary  bool    `json:"temporary"`
		RetryAfter string  `json:"retry_after,omitempty"`
		Status     int     `json:"status,omitempty"`
		VendorCode string  `json:"vendor_code,omitempty"`
		TraceID    string  `json:"trace_id,omitempty"`
		Message    string  `json:"message"`
	}{e.System, e.Op, e.TicketID, e.Code, e.Outcome, e.Temporary(), wait, e.Status, e.VendorCode, e.TraceID, e.Error()})
}

// SafeToRetry reports whether the call that returned err can simply be made
// again with the same arguments: it cannot do anything twice.
func SafeToRetry(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Repeatable
}

// Errorf makes an *Error with a code and an outcome; the format is fmt's, %w
// included. Adapters use it, and [Annotate] adds the rest.
func Errorf(code Code, outcome Outcome, format string, args ...any) *Error {
	return &Error{Code: code, Outcome: outcome, Err: fmt.Errorf(format, args...)}
}

// Annotate returns err as an *Error that names the adapter, the system, the
// operation and the ticket, where it does not name them already. It is called
// once, at the boundary that knows the operation. err itself is not changed.
// One that wraps an *Error keeps its words and the fields of that; one that
// does not gets the code of [CodeOf] and the outcome Unknown. nil stays nil.
func Annotate(err error, adapter, system, op, ticketID string) error {
	if err == nil {
		return nil
	}
	var e *Error
	if errors.As(err, &e) {
		c := *e
		if direct, ok := err.(*Error); !ok || direct != e {
			c.Err = err
		}
		e = &c
	} else {
		e = &Error{Code: CodeOf(err), Err: err}
	}
	if e.Adapter == "" {
		e.Adapter, e.System = adapter, system
	}
	if e.Op == "" {
		e.Op = op
	}
	if e.TicketID == "" {
		e.TicketID = ticketID
	}
	return e
}
