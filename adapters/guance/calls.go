package guance

import (
	"context"
	"time"
)

// inHand reports whether ctx has calls that were reserved and not made.
func (l *limiter) inHand(ctx context.Context) bool {
	l.log.mu.Lock()
	defer l.log.mu.Unlock()
	held := l.log.held(ctx)
	return held != nil && held.left > 0
}

// affords refuses, as reserve does, so many calls that could not be made
// before ctx's deadline, without waiting for them. With 0 calls it speaks of
// those that others wait for.
func (l *limiter) affords(ctx context.Context, calls int) error {
	c := l.log
	c.mu.Lock()
	defer c.mu.Unlock()
	deadline, ok := ctx.Deadline()
	if held := c.held(ctx); c.limit == 0 || !ok || held != nil && held.left >= min(calls, c.limit) {
		return nil
	}
	now := time.Now()
	if wait := c.forecast(now, calls); wait > 0 && wait >= deadline.Sub(now) {
		return c.refusal(ctx, wait)
	}
	return nil
}

// beginCreate reserves what a create needs from its post on, so that waiting
// for the limiter never opens a gap between the post and the look-up after it:
// one call for each, and one for a post that the server wants in another form.
func (s *System) beginCreate(ctx context.Context) (context.Context, func(), error) {
	calls := 2
	if s.rules.Load() == rulesUntried {
		calls = 3
	}
	return s.limiter.reserve(ctx, calls)
}

// callsOfChange is a read and a write.
const callsOfChange = 2

// admit lets an edit wait for its schedule's writer. A caller with calls in
// hand leads: the writer begins with them. Where it is at work already, they
// are given back first, because that work may be waiting for them.
func (s *System) admit(ctx context.Context, e *edit, busy bool, waiting int) error {
	if busy && e.give != nil {
		e.give()
	}
	switch {
	case !busy && e.give != nil:
		return nil
	case waiting > 0: // it travels along
		return s.limiter.affords(ctx, 0)
	}
	return s.limiter.affords(ctx, callsOfChange)
}

// beginChange waits until the calls of a change can be made. Those that the
// first caller has in hand are among them; others wait by a context of the
// writer's own.
func (s *System) beginChange(ctx context.Context, first *edit, fresh bool) (context.Context, func(), error) {
	background := s.flights.Background()
	if first.give == nil {
		return s.limiter.reserve(s.client.Operation(background), callsOfChange)
	}
	calls := callsOfChange
	if fresh {
		calls = 1
	}
	if err := s.limiter.affords(ctx, calls); err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	off := context.AfterFunc(background, cancel)
	ctx, give, err := s.limiter.reserve(ctx, calls)
	end := func() { give(); off(); cancel() }
	if err != nil {
		end()
	}
	return ctx, end, err
}
