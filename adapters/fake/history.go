package fake

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ttkit/ttkit/tt"
)

// Event is one thing that happened at a backend: a call that reached it, a
// late commit, a person's action, or the clock's.
type Event struct {
	At     time.Time
	System string // the name given to Open
	Login  string // the person, for what was done through a Console

	// Op is the method, such as "CreateTT"; for a person create, comment,
	// close or reopen; for the clock expire or close.
	Op       string
	TicketID string   // the ticket concerned, as far as there is one
	Key      string   // of a create, a comment or a look-up
	Objects  []string // of a create, a list, or an addition to a group

	Changed bool  // whether it changed the backend
	Fault   Kind  // the injected fault that struck; "" for none
	Late    bool  // a late commit arriving, whose call failed earlier
	Err     error // what the caller got
}

// String prints the event on one line, without its time and the words of its
// error: CreateTT 1 sw1 key=k [fail-after] changed: unavailable.
func (e Event) String() string {
	var w strings.Builder
	w.WriteString(e.Op)
	for _, part := range append([]string{e.TicketID}, e.Objects...) {
		if part != "" {
			w.WriteString(" " + part)
		}
	}
	if e.Key != "" {
		fmt.Fprintf(&w, " key=%s", e.Key)
	}
	if e.Login != "" {
		fmt.Fprintf(&w, " by %s", e.Login)
	}
	if e.Fault != "" {
		fmt.Fprintf(&w, " [%s]", e.Fault)
	}
	if e.Late {
		w.WriteString(" [arrived late]")
	}
	if e.Changed {
		w.WriteString(" changed")
	}
	if e.Err != nil {
		fmt.Fprintf(&w, ": %s", tt.CodeOf(e.Err))
	}
	return w.String()
}

// history holds pointers because a slow call learns its error after it has
// taken effect.
type history struct {
	events []*Event
	limit  int // below 0: none
}

func (h *history) add(e *Event) {
	if h.limit == 0 {
		return
	}
	if h.limit > 0 && len(h.events) >= 2*h.limit {
		h.events = slices.Delete(h.events, 0, len(h.events)-h.limit+1)
	}
	h.events = append(h.events, e)
}

// History returns what happened, oldest first. Calls that were refused before
// they reached the backend (invalid, canceled, or after Shutdown) are not
// part of it.
func (b *Backend) History() []Event {
	b.enter()
	defer b.mu.Unlock()
	events := make([]Event, len(b.history.events))
	for i, e := range b.history.events {
		events[i] = *e
		events[i].Objects = slices.Clone(e.Objects)
	}
	return events
}

// ClearHistory forgets what happened so far.
func (b *Backend) ClearHistory() {
	b.enter()
	defer b.mu.Unlock()
	b.history.events = nil
}
