package rest

import (
	"net/http"
	"sync/atomic"
	"time"
)

// clock remembers how far the server's clock is ahead of ours.
type clock struct{ skew atomic.Pointer[time.Duration] }

// see takes the Date header of an answer to a request that was sent and
// received at the given times of our clock. A Date has whole seconds: while
// it does not contradict our clock, the skew is 0, and otherwise the middle of
// what is possible. Answers out of a cache carry an old Date and are skipped.
func (k *clock) see(h http.Header, sent, received time.Time) {
	date := serverDate(h)
	if date.IsZero() || h.Get("Age") != "" {
		return
	}
	const slowest = 2 * time.Second // a slower reply does not make the Date older
	if received.Sub(sent) > slowest {
		sent = received.Add(-slowest)
	}
	low, high := date.Sub(received), date.Add(time.Second).Sub(sent)
	skew := low + (high-low)/2
	if low <= 0 && high >= 0 {
		skew = 0
	}
	if old := k.skew.Load(); old == nil || *old != skew {
		k.skew.Store(&skew)
	}
}

// Now returns our clock corrected by the server's Date header, in UTC: what
// the server would say now, to about a second.
func (c *Client) Now() time.Time {
	skew, _ := c.Skew()
	return time.Now().Add(skew).UTC()
}

// Skew returns the server's clock minus ours, by its latest answer. It is
// false before the first answer with a Date.
func (c *Client) Skew() (time.Duration, bool) {
	if skew := c.clock.skew.Load(); skew != nil {
		return *skew, true
	}
	return 0, false
}

// serverDate returns the answer's Date, or the zero time.
func serverDate(h http.Header) time.Time {
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return date
}
