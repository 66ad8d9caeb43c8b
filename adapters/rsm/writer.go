package rsm

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ttkit/ttkit/internal/flight"
	"github.com/ttkit/ttkit/internal/journal"
	"github.com/ttkit/ttkit/tt"
)

// A change of a mode is read, modify, write, with no version to compare. So
// there is one writer per mode in the process; what waits for it travels
// together; what was read too long ago is read again before it is written;
// and what was written is read back after the window in which another
// process may have overwritten it, and put back if it did.

// edit is a change: what the mode shall have in the end.
type edit struct {
	entries []journal.Entry
	items   []int64   // config items in the scope
	without []int64   // config items that are gone, and not sent any more
	until   time.Time // the end, at least

	end    bool              // the mode is over: cancelled
	within time.Duration     // with end: by an end so far ahead, where cancelling is refused
	elect  bool              // part of an election: the mode may be a loser
	group  bool              // for group tickets only
	allow  func(*mode) error // asked before anything is written

	// base is what the caller has just read: the first attempt builds upon it
	// if it is still young enough. Most edits have none and read for themselves.
	base *mode
}

// request is an edit that waits for the writer.
type request struct {
	ctx   context.Context
	edit  edit
	state atomic.Int32 // how far it has come
	done  chan struct{}
	mode  *mode
	err   error
}

const (
	waiting int32 = iota
	sent          // a write is or was on the way
	gone          // the caller left before that
)

type writers struct {
	system *System
	mu     sync.Mutex
	byID   map[int64]*writer

	// wrote is when the last write of a mode ended; modes share the entries.
	wrote [64]time.Time
}

type writer struct {
	w       *writers
	id      int64
	pending []*request // under w.mu
	busy    bool       // under w.mu

	// What this process wrote lately, until it is known to have stayed. The
	// one goroutine that is busy uses these.
	labels   map[string]string
	items    []int64
	until    time.Time
	within   time.Duration // its end was moved to so far ahead, to close it
	dueAt    time.Time     // when to read back; zero: nothing to read back
	lostTill time.Time     // until then a write whose reply was lost may still land
	timer    *time.Timer
	failures int   // of read-backs, in a row
	failed   error // the last of them
}

// losing says that the mode is the loser of an election.
type losing struct{ mode *mode }

func (losing) Error() string { return "the ticket lost an election" }

// change carries out an edit on a ticket, or on the winner if it lost an
// election, and returns the mode as it then is.
func (s *System) change(ctx context.Context, id int64, e edit) (*mode, error) {
	for range 3 {
		m, err := s.writers.do(ctx, id, e)
		var lost losing
		if !errors.As(err, &lost) {
			return m, err
		}
		won, err := s.winner(ctx, lost.mode)
		if err != nil {
			return nil, err
		}
		e.elect = won.ID == id // a loser without a winner is a ticket like another
		id = won.ID
	}
	return nil, tt.Errorf(tt.CodeUnavailable, tt.NotDone, "the election among the tickets of this key has not settled")
}

// do hands the edit to the mode's writer and waits.
func (w *writers) do(ctx context.Context, id int64, e edit) (*mode, error) {
	r := &request{ctx: ctx, edit: e, done: make(chan struct{})}
	w.mu.Lock()
	one := w.at(id)
	one.pending = append(one.pending, r)
	one.start()
	w.mu.Unlock()
	select {
	case <-r.done:
		return r.mode, r.err
	case <-ctx.Done():
	}
	select {
	case <-r.done:
		return r.mode, r.err
	default:
	}
	if r.state.CompareAndSwap(waiting, gone) {
		return nil, flight.Canceled(ctx, tt.NotDone, "")
	}
	return nil, flight.Canceled(ctx, tt.Unknown, "")
}

// claim makes sure that the edit is written: its caller can leave now, but not
// take it back.
func (r *request) claim() bool {
	return r.state.CompareAndSwap(waiting, sent) || r.state.Load() == sent
}

// at returns the writer of a mode. w.mu is held.
func (w *writers) at(id int64) *writer {
	if w.byID == nil {
		w.byID = map[int64]*writer{}
	}
	one := w.byID[id]
	if one == nil {
		one = &writer{w: w, id: id}
		w.byID[id] = one
	}
	return one
}

// start sets the writer to work. w.mu is held.
func (one *writer) start() {
	if one.busy {
		return
	}
	one.busy = true
	one.w.system.flights.Go(one.work)
}

// work carries out what is pending until nothing is.
func (one *writer) work() {
	w := one.w
	for {
		w.mu.Lock()
		batch := one.pending
		one.pending = nil
		if len(batch) == 0 {
			one.rest()
			w.mu.Unlock()
			return
		}
		w.mu.Unlock()
		ctx, stop := together(w.system.client.Operation(w.system.flights.Background()), batch)
		one.carryOut(ctx, batch)
		stop()
	}
}

// together is a context that ends some time after the last caller has left.
func together(ctx context.Context, batch []*request) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	left := int32(len(batch))
	stops := make([]func() bool, len(batch))
	for i, r := range batch {
		stops[i] = context.AfterFunc(r.ctx, func() {
			if atomic.AddInt32(&left, -1) == 0 {
				timer := time.AfterFunc(flight.Grace, cancel)
				context.AfterFunc(ctx, func() { timer.Stop() })
			}
		})
	}
	return ctx, func() {
		for _, stop := range stops {
			stop()
		}
		cancel()
	}
}
