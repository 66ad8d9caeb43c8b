package fake

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ttkit/ttkit/tt"
)

// Kind is a way in which a call fails.
type Kind string

// The kinds of fault.
const (
	// FailBefore: nothing happens, and the caller gets an error
	// (unavailable, not_done).
	FailBefore Kind = "fail-before"

	// Throttle: nothing happens, and the caller gets a temporary error with
	// RetryAfter (rate_limited, not_done).
	Throttle Kind = "throttle"

	// FailAfter: the call takes effect, but its reply is lost, and the caller
	// gets an error (unavailable, unknown).
	FailAfter Kind = "fail-after"

	// CommitLate: the caller gets an error at once (unavailable, unknown),
	// and the call takes effect when Delay has passed on the backend's clock.
	// A create whose key has a ticket by then is dropped, as keys demand.
	CommitLate Kind = "commit-late"

	// Slow: the call takes effect at once, and the reply comes after Delay,
	// by package time. A caller whose context ends first gets canceled, unknown.
	Slow Kind = "slow"

	// Twice: the call reaches the backend twice, as through a proxy that
	// repeats; the second reply arrives.
	Twice Kind = "twice"

	// FailItems: AddToGroupTT fails for Objects, or for all when Objects is
	// empty (unavailable, not_done: the items are temp), and adds the others.
	FailItems Kind = "fail-items"
)

// Fault is one entry of a fault script, see [Backend.Inject].
type Fault struct {
	Kind Kind

	// Op limits the entry to one method, such as "CreateTT". "" matches every
	// method except Shutdown.
	Op     string
	System string // only calls of the Systems of this name; "" matches all
	Writes bool   // only calls that can change something
	Skip   int    // let so many matching calls pass first
	Times  int    // strike so many times; 0 means once, below 0 always
	Then   bool   // wait, without counting calls, while the entry before it in the script is left

	Delay      time.Duration // of CommitLate and Slow
	RetryAfter time.Duration // becomes Error.RetryAfter
	Objects    []string      // of FailItems

	// Err replaces the error that the kind brings, except for Slow and Twice.
	// A *tt.Error decides code and outcome; with the outcome Done on FailAfter
	// the caller also learns the result, as when a ticket was made but a later
	// step failed. A sentinel such as tt.ErrPermissionDenied decides the code.
	// Anything else is wrapped as unavailable.
	Err error
}

type scripted struct {
	Fault
	skip, left int
}

// operations are the methods that reach the backend; true for those that can
// change something.
var operations = map[string]bool{
	"CreateTT": true, "GetTT": false, "GetObjectTTs": false, "FindTT": false, "ListTTs": false, "CloseTT": true,
	"AddComment": true, "RenewTT": true, "CreateGroupTT": true, "AddToGroupTT": true, "GetUpdates": false,
	"Check": false, "Shutdown": false,
}

// Inject appends to the fault script. Entries wait in the order in which they
// were injected; a call takes the first entry that matches it. A kind or a
// method that does not exist, and a FailItems for another method than
// AddToGroupTT, would never strike and make a test pass for no reason: Inject
// panics.
func (b *Backend) Inject(faults ...Fault) {
	for _, f := range faults {
		if err := f.validate(); err != nil {
			panic("fake: Inject: " + err.Error())
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, f := range faults {
		f.Objects = slices.Clone(f.Objects)
		s := &scripted{Fault: f, skip: f.Skip, left: f.Times}
		if f.Times == 0 {
			s.left = 1
		}
		b.script = append(b.script, s)
	}
}

func (f Fault) validate() error {
	if _, ok := operations[f.Op]; !ok && f.Op != "" {
		return fmt.Errorf("there is no method %q", f.Op)
	}
	switch f.Kind {
	case FailBefore, Throttle, FailAfter, CommitLate, Slow, Twice:
		return nil
	case FailItems:
		if f.Op != "" && f.Op != "AddToGroupTT" {
			return fmt.Errorf("%s has no items: %s is for AddToGroupTT", f.Op, FailItems)
		}
		return nil
	}
	return fmt.Errorf("there is no kind %q", f.Kind)
}

// ClearFaults empties the fault script.
func (b *Backend) ClearFaults() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.script = nil
}

// FaultsLeft returns how many entries of the fault script have not struck as
// often as they should. A test that expects all its faults to have struck
// asserts 0.
func (b *Backend) FaultsLeft() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.script)
}

// strike takes the fault for a call of a System, nil for none.
func (b *Backend) strike(op, system string) *Fault {
	for i, f := range b.script {
		if f.Then && i > 0 || !f.matches(op, system) {
			continue
		}
		if f.skip > 0 {
			f.skip--
			continue
		}
		if f.left > 0 {
			if f.left--; f.left == 0 {
				if i == 0 {
					b.script = b.script[1:] // a long schedule mostly loses its first
				} else {
					b.script = slices.Delete(b.script, i, i+1)
				}
			}
		}
		return &f.Fault
	}
	return nil
}

func (f *scripted) matches(op, system string) bool {
	switch {
	case f.System != "" && f.System != system, f.Writes && !operations[op]:
		return false
	case f.Kind == FailItems:
		return op == "AddToGroupTT"
	case f.Op == "":
		return op != "Shutdown"
	}
	return f.Op == op
}

// error makes what the caller gets.
func (f *Fault) error() *tt.Error {
	e := f.ownError()
	var given *tt.Error
	switch {
	case f.Err == nil:
	case errors.As(f.Err, &given):
		e, _ = tt.Annotate(f.Err, "", "", "", "").(*tt.Error) // a copy, with the words around it
	default:
		e.Err = fmt.Errorf("injected fault: %w", f.Err)
		if code := tt.CodeOf(f.Err); code != tt.CodeInternal {
			e.Code = code
		}
	}
	if f.RetryAfter > 0 {
		e.RetryAfter = f.RetryAfter
	}
	return e
}

func (f *Fault) ownError() *tt.Error {
	switch f.Kind {
	case Throttle:
		return tt.Errorf(tt.CodeRateLimited, tt.NotDone, "too many requests (injected fault)")
	case FailAfter, CommitLate:
		return tt.Errorf(tt.CodeUnavailable, tt.Unknown, "the reply was lost (injected fault)")
	}
	return tt.Errorf(tt.CodeUnavailable, tt.NotDone, "connection refused (injected fault)")
}

// failsItem reports whether the fault is for this object of AddToGroupTT.
func (f *Fault) failsItem(obj string) bool {
	return f != nil && f.Kind == FailItems && (len(f.Objects) == 0 || slices.Contains(f.Objects, obj))
}
