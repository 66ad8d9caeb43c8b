package guance

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/ttkit/ttkit/tt"
)

// reservation is the calls that an operation may make without waiting.
type reservation struct{ left int } // guarded by the log's mutex

// reservationKey finds the reservation of a log in a context.
type reservationKey struct{ log *callLog }

// reserve waits until so many calls can be made at once, and puts them into
// the context that it returns; give gives back what is left of them. Who comes
// first is served first. A context with enough calls left is returned as it
// is; more calls than the limit are as many as the limit.
//
// When the wait would exceed ctx's deadline, the error comes at once:
// tt.CodeRateLimited, NotDone, with the wait in RetryAfter. What others have
// reserved is taken for used.
//
// Whoever holds calls that are not made keeps others from making theirs. So
// nobody may wait, with calls in hand, for work that others do: that work
// could be waiting for these calls. Reserving again gives back the rest first.
func (l *limiter) reserve(ctx context.Context, calls int) (_ context.Context, give func(), err error) {
	c := l.log
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.limit == 0 || calls <= 0 {
		return ctx, func() {}, nil
	}
	if held := c.held(ctx); held != nil {
		if held.left >= min(calls, c.limit) {
			return ctx, func() {}, nil
		}
		c.giveBack(held)
	}
	if err := c.wait(ctx, calls); err != nil {
		return ctx, func() {}, err
	}
	r := &reservation{left: min(calls, c.limit)}
	c.promised += r.left
	return context.WithValue(ctx, reservationKey{c}, r), func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.giveBack(r)
	}, nil
}

// enter waits until one call can be made. It comes out of ctx's reservation,
// if that has one left. leave is called when the reply is in, or when there
// will be none. The error is that of reserve.
func (l *limiter) enter(ctx context.Context) (leave func(), err error) {
	c := l.log
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.limit == 0 {
		return func() {}, nil
	}
	keep, _ := ctx.Value(keepKey{c}).(int)
	if held := c.held(ctx); held != nil && held.left >= min(1+keep, c.limit) {
		held.left--
	} else if held != nil && keep > 0 {
		c.giveBack(held)
		if err := c.wait(ctx, 1+keep); err != nil {
			return nil, err
		}
		held.left = min(1+keep, c.limit) - 1
		c.promised += 1 + held.left
	} else if err := c.wait(ctx, 1); err != nil {
		return nil, err
	} else {
		c.promised++
	}
	for pause := time.Until(c.pausedTo); pause > 0; pause = time.Until(c.pausedTo) {
		if err := c.sleep(ctx, pause); err != nil {
			c.promised--
			c.wakeNext()
			return nil, err
		}
	}
	c.promised--
	c.flying++
	gone := false
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if gone {
			return
		}
		gone = true
		c.flying--
		c.replies = append(c.replies, time.Now())
		c.wakeNext()
	}, nil
}

// keepKey finds, in a context, how many calls must be left after each.
type keepKey struct{ log *callLog }

// keeping returns ctx for calls that may have to be repeated, and after which
// so many others must not wait: a call that would leave fewer in ctx's
// reservation first waits until there are as many again.
func (l *limiter) keeping(ctx context.Context, calls int) context.Context {
	return context.WithValue(ctx, keepKey{l.log}, calls)
}

// held is ctx's reservation, or nil. c.mu is held.
func (c *callLog) held(ctx context.Context) *reservation {
	r, _ := ctx.Value(reservationKey{c}).(*reservation)
	return r
}

// giveBack frees what is left of a reservation. c.mu is held.
func (c *callLog) giveBack(r *reservation) {
	c.promised -= r.left
	r.left = 0
	c.wakeNext()
}

// waiter waits for so many calls. Only the first in the queue watches the log.
type waiter struct {
	calls int
	wake  chan struct{} // has a token when it should look at the log again
}

// wait returns when it is the caller's turn and so many calls are free. c.mu is
// held, but not while it waits.
func (c *callLog) wait(ctx context.Context, calls int) error {
	now := time.Now()
	if ctx.Err() != nil {
		return tt.Errorf(tt.CodeCanceled, tt.NotDone, "nothing was sent: %w", ctx.Err())
	}
	if len(c.queue) == 0 && c.untilFree(now, calls) == 0 {
		return nil
	}
	if deadline, ok := ctx.Deadline(); ok {
		if wait := c.forecast(now, calls); wait >= deadline.Sub(now) {
			return c.refusal(ctx, wait)
		}
	}
	w := &waiter{calls: calls, wake: make(chan struct{}, 1)}
	c.queue = append(c.queue, w)
	defer func() {
		c.queue = slices.DeleteFunc(c.queue, func(q *waiter) bool { return q == w })
		c.wakeNext()
	}()
	for {
		var timer <-chan time.Time
		if c.queue[0] == w {
			free := c.untilFree(time.Now(), calls)
			if free == 0 {
				return nil
			}
			if free != afterReply {
				timer = time.After(free)
			}
		}
		c.mu.Unlock()
		select {
		case <-w.wake:
		case <-timer:
		case <-ctx.Done():
		}
		c.mu.Lock()
		if ctx.Err() != nil {
			c.queue = slices.DeleteFunc(c.queue, func(q *waiter) bool { return q == w }) // else it would wait for itself
			return c.refusal(ctx, c.forecast(time.Now(), calls))
		}
	}
}

// wakeNext tells the first of the queue that the log has changed. c.mu is held.
func (c *callLog) wakeNext() {
	if len(c.queue) == 0 {
		return
	}
	select {
	case c.queue[0].wake <- struct{}{}:
	default:
	}
}

// sleep waits out a pause. c.mu is held, but not while it sleeps.
func (c *callLog) sleep(ctx context.Context, pause time.Duration) error {
	if deadline, ok := ctx.Deadline(); ok && pause >= time.Until(deadline) {
		return c.refusal(ctx, pause)
	}
	c.mu.Unlock()
	timer := time.NewTimer(pause)
	select {
	case <-timer.C:
	case <-ctx.Done():
		timer.Stop()
	}
	c.mu.Lock()
	if ctx.Err() != nil {
		return c.refusal(ctx, time.Until(c.pausedTo))
	}
	return nil
}

// afterReply is the answer of untilFree when a reply must come first.
const afterReply time.Duration = -1

// untilFree is how long the first of the queue waits for so many calls at the
// least. c.mu is held.
func (c *callLog) untilFree(now time.Time, calls int) time.Duration {
	c.forget(now)
	pause := max(c.pausedTo.Sub(now), 0)
	switch missing := min(calls, c.limit) - (c.limit - c.busy()); {
	case missing <= 0:
		return pause
	case missing <= len(c.replies):
		return max(pause, c.replies[missing-1].Add(c.window).Sub(now))
	}
	return afterReply
}

// forecast is how long so many calls would wait behind the whole queue, if all
// calls under way were answered now, and all reserved ones made. c.mu is held.
func (c *callLog) forecast(now time.Time, calls int) time.Duration {
	c.forget(now)
	var places []time.Duration // until each can be taken, the earliest first
	for range c.limit - c.busy() {
		places = append(places, 0)
	}
	for _, reply := range c.replies {
		places = append(places, reply.Add(c.window).Sub(now))
	}
	for range c.flying + c.promised {
		places = append(places, c.window)
	}
	places = places[len(places)-c.limit:] // more than the limit, if that was lowered
	at := max(c.pausedTo.Sub(now), 0)
	turn := func(calls int) {
		calls = min(calls, c.limit)
		at = max(at, places[calls-1])
		places = places[calls:]
		for range calls {
			places = append(places, at+c.window)
		}
	}
	for _, w := range c.queue {
		turn(w.calls)
	}
	if calls > 0 {
		turn(calls)
	}
	return at
}

// refusal is the error of a call that cannot be made in time, or whose caller
// has left. c.mu is held.
func (c *callLog) refusal(ctx context.Context, wait time.Duration) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return tt.Errorf(tt.CodeCanceled, tt.NotDone, "nothing was sent: %w", context.Canceled)
	}
	e := tt.Errorf(tt.CodeRateLimited, tt.NotDone,
		"nothing was sent: the %d calls that this API key may make in %s are used up or reserved, and the next would come after the caller's deadline",
		c.limit, c.window)
	if c.pausedTo.After(time.Now()) {
		e = tt.Errorf(tt.CodeRateLimited, tt.NotDone,
			"nothing was sent: the server has refused a call because of its rate, and the pause after that ends after the caller's deadline")
	}
	e.RetryAfter = max(wait, 0)
	return e
}
