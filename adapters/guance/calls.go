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
