package rest

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/ttkit/ttkit/tt"
)

// Pause waits before repeat number attempt, counted from 1: Retry.WaitMin
// doubled with every attempt up to Retry.WaitMax, less a random part of up to
// a half, and never less than retryAfter.
//
// It returns at once with tt.CodeUnavailable and RetryAfter when retryAfter
// is above Retry.WaitMax, and with tt.CodeCanceled when ctx ends. The outcome
// of both is Unknown: what was done before the pause is not known here.
func (c *Client) Pause(ctx context.Context, attempt int, retryAfter time.Duration) error {
	if retryAfter > c.retry.WaitMax {
		e := tt.Errorf(tt.CodeUnavailable, tt.Unknown, "the server asks to wait for %s, longer than retry.wait_max (%s)", retryAfter, c.retry.WaitMax)
		e.Adapter, e.System, e.RetryAfter = c.adapter, c.system, retryAfter
		return e
	}
	timer := time.NewTimer(c.backoff(attempt, retryAfter))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		e := tt.Errorf(tt.CodeCanceled, tt.Unknown, "while waiting to repeat: %w", ctx.Err())
		e.Adapter, e.System = c.adapter, c.system
		return e
	case <-timer.C:
		return nil
	}
}

// backoff is how long to wait before repeat number attempt, which is at least
// 1. The random part keeps clients that failed together from coming back
// together; it is added to what the server asked for, never taken off.
func (c *Client) backoff(attempt int, retryAfter time.Duration) time.Duration {
	wait := c.retry.WaitMin
	for i := 1; i < attempt && wait < c.retry.WaitMax; i++ {
		wait += min(wait, c.retry.WaitMax-wait)
	}
	if retryAfter > 0 {
		return max(retryAfter, min(retryAfter+jitter(c.retry.WaitMin), c.retry.WaitMax))
	}
	return wait - jitter(wait/2)
}

// jitter returns a random duration from 0 to limit.
func jitter(limit time.Duration) time.Duration {
	return time.Duration(rand.Int64N(int64(max(limit, 0)) + 1))
}

// longestRetryAfter bounds what a server may ask for: enough for any planned
// outage, and far from overflowing.
const longestRetryAfter = 30 * 24 * time.Hour

// retryAfter reads a Retry-After header, in seconds or as an HTTP date, on an
// answer of any status; 0 when there is none. A date is compared with the
// server's own Date, so that a wrong clock on either side does not matter.
func retryAfter(h http.Header) time.Duration {
	text := strings.TrimSpace(h.Get("Retry-After"))
	if text == "" {
		return 0
	}
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil {
		seconds = min(max(seconds, 0), int64(longestRetryAfter/time.Second))
		return time.Duration(seconds) * time.Second
	}
	until, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	now := serverDate(h)
	if now.IsZero() {
		now = time.Now()
	}
	return min(max(until.Sub(now), 0), longestRetryAfter)
}
