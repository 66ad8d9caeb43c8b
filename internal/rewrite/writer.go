package rewrite

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"github.com/ttkit/ttkit/internal/flight"
	"github.com/ttkit/ttkit/tt"
)

// writer is the only one in the process that writes a record. The goroutine
// that has set busy owns what is not under the engine's mutex.
type writer[ID comparable, R, E, K any] struct {
	e       *Engine[ID, R, E, K]
	id      ID
	pending []*request[R, E] // under e.mu
	busy    bool             // under e.mu

	kept     K           // what was written lately and is not known to have stayed
	dueAt    time.Time   // when to read back; zero: nothing to read back
	lostTill time.Time   // until then a write whose reply was lost may still land
	timer    *time.Timer // set while the writer is idle
	failures int         // of read-backs, in a row
	failed   error       // the last of them
}

// request is an edit that waits for the writer.
type request[R, E any] struct {
	ctx    context.Context
	edit   E
	base   *R
	state  atomic.Int32 // how far it has come
	lost   bool         // a write of it may have happened, or may still
	done   chan struct{}
	record *R
	err    error
}

const (
	waiting int32 = iota
	sent          // a write is or was on the way
	gone          // the caller left before that
)

// claim makes sure that the edit is written: its caller can leave now, but not
// take it back.
func (r *request[R, E]) claim() bool {
	return r.state.CompareAndSwap(waiting, sent) || r.state.Load() == sent
}

func (r *request[R, E]) finish(record *R, err error) {
	if r.lost {
		err = doubtful(err)
	}
	r.record, r.err = record, err
	close(r.done)
}

// doubtful is the error of an edit of which an earlier write was lost: whatever
// was found out since, nothing rules out that it happened.
func doubtful(err error) error {
	var e *tt.Error
	if !errors.As(err, &e) || e.Outcome != tt.NotDone {
		return err
	}
	c := *e
	c.Outcome = tt.Unknown
	return &c
}

// work carries out what is pending until nothing is. It takes the batch when
// the write can begin: what comes until then travels along.
func (w *writer[ID, R, E, K]) work() {
	for first := w.first(); first != nil; first = w.first() {
		ctx, end, err := w.begin(first)
		if err != nil {
			w.withdraw(first)
			first.finish(nil, err)
			continue
		}
		if batch := w.take(); len(batch) > 0 {
			ctx, stop := together(ctx, batch)
			w.carryOut(ctx, batch)
			stop()
		}
		end()
	}
}

func (w *writer[ID, R, E, K]) begin(first *request[R, E]) (context.Context, func(), error) {
	if begin := w.e.vendor.Begin; begin != nil {
		return begin(first.ctx, &first.edit, w.fresh(first.base))
	}
	return w.e.repeats.Operation(w.e.flights.Background()), func() {}, nil
}

// first returns the request that has waited longest. Without any, the writer
// rests.
func (w *writer[ID, R, E, K]) first() *request[R, E] {
	w.e.mu.Lock()
	defer w.e.mu.Unlock()
	if len(w.pending) == 0 {
		w.rest()
		return nil
	}
	return w.pending[0]
}

func (w *writer[ID, R, E, K]) withdraw(r *request[R, E]) {
	w.e.mu.Lock()
	defer w.e.mu.Unlock()
	w.pending = slices.DeleteFunc(w.pending, func(p *request[R, E]) bool { return p == r })
}

// take returns the pending requests whose callers are still there.
func (w *writer[ID, R, E, K]) take() []*request[R, E] {
	w.e.mu.Lock()
	defer w.e.mu.Unlock()
	batch := slices.DeleteFunc(w.pending, func(r *request[R, E]) bool { return r.state.Load() == gone })
	w.pending = nil
	return batch
}

// together is a context that ends some time after the last caller has left.
func together[R, E any](ctx context.Context, batch []*request[R, E]) (context.Context, func()) {
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
