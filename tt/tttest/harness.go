package tttest

import (
	"context"
	"time"

	"github.com/ttkit/ttkit/tt"
)

// Level is a part of the contract that a System can be checked for.
type Level uint

// The levels. Core is always checked.
const (
	Core    Level = 0
	Groups  Level = 1 << iota // CreateGroupTT and AddToGroupTT
	Updates                   // GetUpdates
	Faults                    // what the harness can inject
)

// Harness tells the kit how to start backends and what to expect of them.
type Harness struct {
	Levels Level

	// Start makes a fresh, empty backend. Every rule starts its own.
	Start func(ctx context.Context) (*Backend, error)

	// Objects are at least six objects that the vendor knows. Among them
	// should be one that is a prefix of another, and two that differ in
	// letter case only, where the vendor can have such.
	Objects []string

	// UnknownObject is an object that the vendor does not know; "" where it
	// accepts any.
	UnknownObject string

	// Queue is a queue that the System accepts; "" means "tttest".
	Queue string

	// Secrets are the texts that must never appear in an error or a print-out.
	Secrets []string

	// Late, Settle and Window are the settings of the Systems that Open
	// returns; 0 for a system that has none. The kit waits accordingly.
	Late, Settle, Window time.Duration

	// Virtual says that backend and Systems live in memory and measure time
	// with package time only, so that [Run] can put each rule into a
	// testing/synctest bubble, where waiting costs nothing.
	Virtual bool
}

// Backend is one running vendor. Nil functions mean that the harness cannot
// do it; the rules that need it are skipped, except that the level Faults
// needs Inject.
type Backend struct {
	// Open opens a System over the backend. Every call stands for another
	// process: the Systems share nothing but the backend. Required. The kit
	// shuts down what it opened.
	Open func(ctx context.Context) (tt.System, error)

	// OpenNamespace opens a System like Open does, whose setting namespace
	// differs from the one that Open gives. May be nil.
	OpenNamespace func(ctx context.Context, namespace string) (tt.System, error)

	// Records reads what the backend holds, past the adapter's calls:
	// effects are counted there. Required.
	Records func() ([]Record, error)

	// Requests counts the requests that arrived so far.
	Requests func() int

	// Inject adds to the fault script; ClearFaults empties it. For a backend
	// without requests, every call of a System's method is one.
	Inject      func(Fault)
	ClearFaults func()

	// Foreign makes a ticket on obj as a person would in the vendor's
	// console, and returns its id.
	Foreign func(obj string) (id string, err error)

	// Remark adds a comment to a ticket as a person would in the vendor's
	// console. May be nil.
	Remark func(id, body string) error

	// Close ends the backend. May be nil.
	Close func()
}

// Record is one ticket as the backend holds it.
type Record struct {
	ID       string
	Key      string // the caller's key, as stored; "" for foreign records
	Open     bool
	Objects  []string // as the caller named them, the leader first
	Comments []string // the bodies of its comments, in any order
	Raw      string   // everything that the vendor holds of it, to compare for changes
}
