package rewrite

import (
	"context"
	"hash/maphash"
	"log/slog"
	"sync"
	"time"

	"github.com/ttkit/ttkit/internal/flight"
	"github.com/ttkit/ttkit/tt"
)

// Vendor is what a system must be able to do. R is its record, which is never
// changed after it was read, E an edit, and K what the process keeps in mind
// of what it wrote to a record, whose zero value is nothing.
//
// All functions but Admit are called by one goroutine at a time for each record.
type Vendor[ID comparable, R, E, K any] struct {
	Carrier string // what texts are written into, for errors: "labels"

	ID    func(*R) ID
	Times func(*R) (asked, wrote *time.Time) // when a read or write of it began; when the write ended that answered it

	// Read reads the record, and sets when it asked for it.
	Read func(ctx context.Context, id ID) (*R, error)

	// Judge looks at an edit beside a record that was just read. done: the
	// record has all of it, or needs none of it any more. An error is the
	// answer to the edit; its caller gets the record, too. Otherwise the edit
	// is written; along are those that will be in the same write.
	Judge func(r *R, kept *K, e *E, along []*E) (done bool, err error)

	// Plan makes the write of what the record lacks of the edits and of what
	// is kept; nil: it lacks nothing. inDoubt says that a lost write may still
	// land. With an error nothing is written.
	Plan func(r *R, kept *K, edits []*E, inDoubt bool) (Write[R], error)

	// Shows reports whether a record that answered a write has the edit.
	Shows func(r *R, e *E) bool

	// Keep adds to kept what may have to be put back of an edit that is about
	// to be acknowledged, upon a record that has it. In doubt, that is all that
	// the record holds.
	Keep func(kept *K, r *R, e *E, inDoubt bool)

	// Apart reports whether an error may be the fault of one edit among
	// several in a write.
	Apart func(err error) bool

	// Over reports whether a record is over and takes no change any more:
	// nothing of it is kept or put back, and a write that is refused may have
	// come too late. nil: never.
	Over func(*R) bool

	// Watch reports whether nobody will look at the record after this edit. It
	// is read back once more after Late, because a process that has died since
	// may have a write on the way. nil: never.
	Watch func(*R, *E) bool

	// Lag is how far reads lag behind writes now. nil: not at all.
	Lag func() time.Duration

	// Admit is asked before an edit is queued: its error is the edit's, with
	// nothing done. busy says that the writer is at work, and waiting is how
	// many edits the new one would travel with. nil: all are admitted.
	Admit func(ctx context.Context, e *E, busy bool, waiting int) error

	// Begin is called before a write is put together, with the first edit and
	// its caller's context; fresh says that the edit's base needs no read. The
	// context that it returns is that of the read and the write; it ends
	// neither with the caller nor at its deadline. end is called after them. It
	// is where a system that allows few calls waits for them, and what comes
	// meanwhile travels along. Its error is the first edit's. nil: nothing is
	// waited for.
	Begin func(ctx context.Context, first *E, fresh bool) (_ context.Context, end func(), err error)
}

// Write makes a write, once, and returns the record as the server answered it.
// The Outcome of its error tells whether it may have happened.
type Write[R any] func(ctx context.Context) (*R, error)

// Settings are those of tt.Common that matter here.
type Settings struct {
	Window, Late time.Duration
	Limit        time.Duration // of one read-back, waiting for calls included
}

// Repeats is the budget that a repeated write draws on, and its pauses.
type Repeats interface {
	Spend(ctx context.Context) bool
	Pause(ctx context.Context, attempt int, retryAfter time.Duration) error
	Operation(ctx context.Context) context.Context
}

// Engine changes the records of one System.
type Engine[ID comparable, R, E, K any] struct {
	vendor  Vendor[ID, R, E, K]
	set     Settings
	repeats Repeats
	flights *flight.Group
	log     *slog.Logger

	mu      sync.Mutex
	writers map[ID]*writer[ID, R, E, K]
	wrote   [64]time.Time // when the last write of a record ended; records share the entries
	seed    maphash.Seed
}

// New returns an Engine. log may not be nil.
func New[ID comparable, R, E, K any](v Vendor[ID, R, E, K], s Settings, r Repeats, g *flight.Group, log *slog.Logger) *Engine[ID, R, E, K] {
	return &Engine[ID, R, E, K]{
		vendor: v, set: s, repeats: r, flights: g, log: log,
		writers: map[ID]*writer[ID, R, E, K]{}, seed: maphash.MakeSeed(),
	}
}

// Do carries an edit out on a record and returns the record as it then is,
// also with an error that Judge has answered. base is what the caller has just
// read: where it is young enough, the edit builds upon it. nil: nothing.
func (e *Engine[ID, R, E, K]) Do(ctx context.Context, id ID, edit E, base *R) (*R, error) {
	r := &request[R, E]{ctx: ctx, edit: edit, base: base, done: make(chan struct{})}
	if err := e.enqueue(id, r); err != nil {
		return nil, err
	}
	select {
	case <-r.done:
		return r.record, r.err
	case <-ctx.Done():
	}
	select {
	case <-r.done: // both at once: what is known is better than what was feared
		return r.record, r.err
	default:
	}
	if r.state.CompareAndSwap(waiting, gone) {
		return nil, flight.Canceled(ctx, tt.NotDone, "")
	}
	return nil, flight.Canceled(ctx, tt.Unknown, "")
}

// enqueue hands a request to the record's writer, and sets it to work.
func (e *Engine[ID, R, E, K]) enqueue(id ID, r *request[R, E]) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	w := e.writers[id]
	if w == nil {
		w = &writer[ID, R, E, K]{e: e, id: id}
	}
	if e.vendor.Admit != nil {
		if err := e.vendor.Admit(r.ctx, &r.edit, w.busy, len(w.pending)); err != nil {
			return err
		}
	}
	e.writers[id] = w
	w.pending = append(w.pending, r)
	if !w.busy {
		w.busy = true
		e.flights.Go(w.work)
	}
	return nil
}

// lastWrite is when the last write of a record ended. e.mu is held.
func (e *Engine[ID, R, E, K]) lastWrite(id ID) *time.Time {
	return &e.wrote[maphash.Comparable(e.seed, id)%uint64(len(e.wrote))]
}

// over reports whether a record takes no change any more.
func (e *Engine[ID, R, E, K]) over(r *R) bool { return e.vendor.Over != nil && e.vendor.Over(r) }
