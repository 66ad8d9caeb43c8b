package fake

import (
	"sync"
	"time"

	"github.com/ttkit/ttkit/tt"
)

// Backend is what a vendor's server would be: it holds the tickets, enforces
// the keys, and fails as its fault script says. Any number of Systems work
// over one, as processes share a server. It is safe for concurrent use.
// [NewBackend] makes one.
type Backend struct {
	// Set by options, constant afterwards.
	clock          func() time.Time
	lease          time.Duration
	lag            time.Duration
	asyncClose     bool
	closeAfter     time.Duration
	limits         Limits
	inventory      map[string]struct{} // nil: every object is known
	noGroups       bool
	noUpdates      bool
	noLateComments bool

	mu      sync.Mutex
	store   store
	agenda  agenda
	script  []*scripted
	history history
	feed    []tt.Change
}

// NewBackend makes an empty backend.
func NewBackend(options ...Option) *Backend {
	b := &Backend{clock: time.Now, store: newStore(), history: history{limit: -1}}
	for _, option := range options {
		option(b)
	}
	return b
}

// Open opens a System over the backend. Every call stands for another
// process: the Systems share nothing but the backend. Errors and the history
// call it by name, which may be "".
func (b *Backend) Open(name string, options ...OpenOption) *System {
	s := &System{backend: b, name: name}
	for _, option := range options {
		option(s)
	}
	return s
}

// enter locks the backend, lets everything happen that is due, and returns
// the time. The caller unlocks.
func (b *Backend) enter() time.Time {
	b.mu.Lock()
	now := b.clock().UTC().Round(0)
	b.agenda.run(now)
	return now
}

// Tickets returns copies of all tickets, oldest first, whoever made them and
// whatever their state.
func (b *Backend) Tickets() []tt.Ticket {
	b.enter()
	defer b.mu.Unlock()
	all := make([]tt.Ticket, len(b.store.tickets))
	for i, t := range b.store.tickets {
		all[i] = *t.read()
	}
	return all
}
