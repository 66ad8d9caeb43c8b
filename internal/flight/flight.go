// Package flight lets a caller leave while a step of its call is on the way.
//
// A write that has been sent cannot be unsent. When the caller's context ends
// in the middle of one, the call returns at once with what is known, and the
// step runs on under a limit of its own, so that what it began is finished or
// at least found out. Shutdown waits for what is still in the air.
package flight

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/ttkit/ttkit/tt"
)

// Grace is how long a step runs on after its caller has left.
const Grace = 10 * time.Second

// Group is everything that one System has in the air. The zero value is ready.
type Group struct {
	mu     sync.Mutex
	count  int
	closed bool
	landed chan struct{} // closed when count returns to 0 and somebody waits
	ctx    context.Context
	abort  context.CancelFunc
}

// Background is the context of work that belongs to no call. It ends with
// Abort.
func (g *Group) Background() context.Context {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.ctx == nil {
		g.ctx, g.abort = context.WithCancel(context.Background())
	}
	return g.ctx
}

// Abort ends what is still in the air, when nobody waits for it any longer.
func (g *Group) Abort() {
	g.Background()
	g.abort()
}

// Enter counts a call; every Enter that returned nil needs a Leave. Its error
// is ErrInvalid: the system is shut down.
func (g *Group) Enter() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return tt.Errorf(tt.CodeInvalid, tt.NotDone, "the system is shut down: open it again")
	}
	g.count++
	return nil
}

// Leave counts the call off.
func (g *Group) Leave() { g.done() }

// Close makes Enter fail from now on. It reports whether it was open.
func (g *Group) Close() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	was := !g.closed
	g.closed = true
	return was
}

// Add counts one more piece of work; the returned function counts it off.
// Work begun in the background is added even after Close: it belongs to a
// call that was made before.
func (g *Group) Add() (done func()) {
	g.mu.Lock()
	g.count++
	g.mu.Unlock()
	return g.done
}

func (g *Group) done() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.count--
	if g.count == 0 && g.landed != nil {
		close(g.landed)
		g.landed = nil
	}
}

// Go runs work in a goroutine of its own, and counts it.
func (g *Group) Go(work func()) {
	done := g.Add()
	go func() {
		defer done()
		_ = room(0)
		work()
	}()
}

// room makes the goroutine's stack large enough for a request and its JSON,
// while it is empty. It would grow to that in any case, by doubling, and be
// copied each time from the depth of net/http: a tenth of what a short call
// costs.
//
//go:noinline
func room(n int) byte {
	var bytes [14 << 10]byte
	return bytes[n]
}

// Wait returns when nothing is in the air, or with ctx's error.
func (g *Group) Wait(ctx context.Context) error {
	for {
		g.mu.Lock()
		if g.count == 0 {
			g.mu.Unlock()
			return nil
		}
		if g.landed == nil {
			g.landed = make(chan struct{})
		}
		landed := g.landed
		g.mu.Unlock()
		select {
		case <-landed:
		case <-ctx.Done():
			return Canceled(ctx, tt.Unknown, "")
		}
	}
}

// Status is what a step in the air has found out so far.
type Status struct {
	mu      sync.Mutex
	outcome tt.Outcome
	id      string
}

// Set records an outcome, and the ticket that it is about.
func (s *Status) Set(outcome tt.Outcome, id string) {
	s.mu.Lock()
	s.outcome, s.id = outcome, id
	s.mu.Unlock()
}

// Get returns what Set recorded last: at first Unknown and "".
func (s *Status) Get() (tt.Outcome, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.outcome, s.id
}

// Run runs step with a context that outlives the caller's by Grace. It
// returns step's result, or, when ctx ends first, an error with the outcome
// that status holds at that moment. The step is always begun: a caller that
// may have left already asks ctx first.
func Run[T any](ctx context.Context, g *Group, status *Status, step func(context.Context) (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	own, cancel := context.WithCancel(context.WithoutCancel(ctx))
	landed := make(chan result, 1)
	g.Go(func() {
		defer cancel()
		value, err := step(own)
		landed <- result{value, err}
	})
	select {
	case r := <-landed:
		return r.value, r.err
	case <-ctx.Done():
	}
	select {
	case r := <-landed: // both at once: what is known is better than what was feared
		return r.value, r.err
	default:
	}
	limit := time.AfterFunc(Grace, cancel)
	stop := context.AfterFunc(g.Background(), cancel)
	context.AfterFunc(own, func() { limit.Stop(); stop() })
	outcome, id := status.Get()
	var none T
	return none, Canceled(ctx, outcome, id)
}

// Canceled is the error of a call whose context has ended.
func Canceled(ctx context.Context, outcome tt.Outcome, id string) *tt.Error {
	cause := ctx.Err()
	e := tt.Errorf(tt.CodeCanceled, outcome, "the caller gave up: %w", cause)
	if errors.Is(cause, context.DeadlineExceeded) {
		e.Err = errorText{"the caller's deadline passed", cause}
	}
	e.TicketID = id
	return e
}

type errorText struct {
	text  string
	cause error
}

func (e errorText) Error() string { return e.text }
func (e errorText) Unwrap() error { return e.cause }
