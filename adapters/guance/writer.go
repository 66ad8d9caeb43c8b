package guance

import (
	"context"
	"errors"
	"hash/fnv"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ttkit/ttkit/internal/flight"
	"github.com/ttkit/ttkit/internal/journal"
	"github.com/ttkit/ttkit/tt"
)

// A change of a schedule is read, modify, write, with no version to compare.
// So there is one writer per schedule in the process; what waits for it travels
// together; what was read too long ago is read again before it is written;
// and what was written is read back after the window in which another
// process may have overwritten it, and put back if it did.

// edit is a change: what the schedule shall have in the end.
type edit struct {
	entries  []journal.Entry
	members  []string // objects in the filter, where they can be
	end      bool     // the schedule is over
	elect    bool     // part of an election: the schedule may be a loser
	openOnly bool     // a closed ticket refuses it
	group    bool     // for group tickets only

	// allow is asked before anything is written; adding is the number of
	// comments that travel along.
	allow func(b *book, adding int) error

	// base is what the caller has just read: the first attempt builds upon it
	// if it is still young enough. Most edits have none and read for themselves.
	base *schedule
	give func() // gives back the calls that the caller has in hand; nil: none
}

// request is an edit that waits for the writer.
type request struct {
	ctx      context.Context
	edit     edit
	state    atomic.Int32 // how far it has come
	done     chan struct{}
	schedule *schedule
	err      error
}

const (
	waiting int32 = iota
	sent          // a write is or was on the way
	gone          // the caller left before that
)

type writers struct {
	system *System
	mu     sync.Mutex
	byID   map[string]*writer

	// wrote is when the last write of a schedule ended; schedules share the
	// entries.
	wrote [64]time.Time
}

type writer struct {
	w       *writers
	id      string
	pending []*request // under w.mu
	busy    bool       // under w.mu

	// What this process wrote lately, until it is known to have stayed. The
	// one goroutine that is busy uses these.
	kept     kept
	dueAt    time.Time // when to read back; zero: nothing to read back
	lostTill time.Time // until then a write whose reply was lost may still land
	timer    *time.Timer
	failures int   // of read-backs, in a row
	failed   error // the last of them
}

// losing says that the schedule is the loser of an election.
type losing struct{ schedule *schedule }

func (losing) Error() string { return "the ticket lost an election" }

// change carries out an edit on a ticket, or on the winner if it lost an
// election, and returns the schedule as it then is.
func (s *System) change(ctx context.Context, id string, e edit) (*schedule, error) {
	for range 3 {
		x, err := s.writers.do(ctx, id, e)
		var lost losing
		if !errors.As(err, &lost) {
			return x, err
		}
		won, err := s.winner(ctx, lost.schedule)
		if err != nil {
			return nil, err
		}
		e.elect = won.uuid == id // a loser without a winner is a ticket like another
		id = won.uuid
	}
	return nil, tt.Errorf(tt.CodeUnavailable, tt.NotDone, "the election among the tickets of this key has not settled")
}

// do hands the edit to the schedule's writer and waits. A caller with calls in
// hand leads: the writer begins with them. Where it is at work already, they
// are given back first, because that work may be waiting for them.
func (w *writers) do(ctx context.Context, id string, e edit) (*schedule, error) {
	r := &request{ctx: ctx, edit: e, done: make(chan struct{})}
	w.mu.Lock()
	one := w.at(id)
	if one.busy && e.give != nil {
		e.give()
	}
	if one.busy || e.give == nil {
		calls := callsOfChange
		if len(one.pending) > 0 { // it travels along
			calls = 0
		}
		if err := w.system.limiter.affords(ctx, calls); err != nil {
			w.forget(one)
			w.mu.Unlock()
			return nil, err
		}
	}
	one.pending = append(one.pending, r)
	one.start()
	w.mu.Unlock()
	select {
	case <-r.done:
		return r.schedule, r.err
	case <-ctx.Done():
	}
	select {
	case <-r.done:
		return r.schedule, r.err
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

func (r *request) finish(x *schedule, err error) {
	r.schedule, r.err = x, err
	close(r.done)
}

// at returns the writer of a schedule. w.mu is held.
func (w *writers) at(id string) *writer {
	if w.byID == nil {
		w.byID = map[string]*writer{}
	}
	one := w.byID[id]
	if one == nil {
		one = &writer{w: w, id: id}
		w.byID[id] = one
	}
	return one
}

// forget drops a writer that nothing waits for. w.mu is held.
func (w *writers) forget(one *writer) {
	if !one.busy && len(one.pending) == 0 && one.dueAt.IsZero() {
		delete(w.byID, one.id)
	}
}

// start sets the writer to work. w.mu is held.
func (one *writer) start() {
	if one.busy {
		return
	}
	one.busy = true
	one.w.system.flights.Go(one.work)
}

// callsOfChange is a read and a write.
const callsOfChange = 2

// work carries out what is pending until nothing is. It takes the batch when
// the calls for it can be made: what comes meanwhile travels along.
func (one *writer) work() {
	for {
		first := one.first()
		if first == nil {
			return
		}
		ctx, calls, stop := one.callsFor(first)
		if first.edit.give != nil { // others wait by a context of the writer's own
			if err := one.w.system.limiter.affords(first.ctx, calls); err != nil {
				stop()
				one.refuse(first, err)
				continue
			}
		}
		ctx, give, err := one.w.system.limiter.reserve(ctx, calls)
		batch := one.take()
		switch {
		case err != nil:
			for _, r := range batch {
				r.finish(nil, err)
			}
		case len(batch) > 0:
			ctx, end := together(ctx, batch)
			one.carryOut(ctx, batch)
			end()
		}
		give()
		stop()
	}
}

// first returns the request that has waited longest. Without any, the writer
// rests.
func (one *writer) first() *request {
	one.w.mu.Lock()
	defer one.w.mu.Unlock()
	if len(one.pending) == 0 {
		one.rest()
		return nil
	}
	return one.pending[0]
}

// refuse answers a pending request with an error.
func (one *writer) refuse(r *request, err error) {
	one.w.mu.Lock()
	one.pending = slices.DeleteFunc(one.pending, func(p *request) bool { return p == r })
	one.w.mu.Unlock()
	r.finish(nil, err)
}

// take returns the pending requests whose callers are still there.
func (one *writer) take() []*request {
	one.w.mu.Lock()
	defer one.w.mu.Unlock()
	var batch []*request
	for _, r := range one.pending {
		if r.state.Load() == gone {
			r.finish(nil, nil) // nobody waits for it
			continue
		}
		batch = append(batch, r)
	}
	one.pending = nil
	return batch
}

// callsFor returns a context for a batch, and how many calls it needs. The
// calls that the first caller has in hand are the batch's.
func (one *writer) callsFor(first *request) (ctx context.Context, calls int, stop func()) {
	s := one.w.system
	background := s.flights.Background()
	if first.edit.give == nil {
		return s.client.Operation(background), callsOfChange, func() {}
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(first.ctx))
	off := context.AfterFunc(background, cancel)
	calls = callsOfChange
	if base := first.edit.base; base != nil && one.current(base, s.cfg.Window/2) {
		calls = 1
	}
	return ctx, calls, func() { off(); cancel() }
}

// current reports whether a change may build upon what was read: other
// programs have had no time to change the schedule, and no change of ours,
// which is not put back where this process is the only writer, came between.
func (one *writer) current(x *schedule, limit time.Duration) bool {
	if one.w.system.cfg.Window > 0 {
		return time.Since(x.readAt) <= limit
	}
	one.w.mu.Lock()
	defer one.w.mu.Unlock()
	last := *one.lastWrite()
	return !x.readAt.Before(last) || x.wroteAt.Equal(last)
}

// lastWrite is when the last write of the schedule ended. w.mu is held.
func (one *writer) lastWrite() *time.Time {
	h := fnv.New32a()
	_, _ = h.Write([]byte(one.id)) // never fails
	return &one.w.wrote[h.Sum32()%uint32(len(one.w.wrote))]
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
