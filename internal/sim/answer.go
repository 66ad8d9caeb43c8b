package sim

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// answer is a reply that has not been sent.
type answer struct {
	header http.Header
	status int // 0 until it is written
	body   bytes.Buffer
}

func newAnswer() *answer { return &answer{header: make(http.Header)} }

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *answer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(p)
}

// proxy is the page of something between client and server.
func (e *exchange) proxy(status int, retryAfter time.Duration) *answer {
	a := newAnswer()
	a.header.Set("Content-Type", "text/html; charset=utf-8")
	setRetryAfter(a.header, retryAfter)
	a.WriteHeader(status)
	title := fmt.Sprintf("%d %s", status, http.StatusText(status))
	fmt.Fprintf(&a.body, page, title, title)
	return a
}

func (e *exchange) fail(status int) *answer {
	if e.server.vendor.Fail == nil {
		return e.proxy(status, 0)
	}
	a := newAnswer()
	e.server.vendor.Fail(a, e.r, status)
	a.WriteHeader(status)
	return a
}

func (e *exchange) throttle(wait time.Duration) *answer {
	a := newAnswer()
	if e.server.vendor.Throttle != nil {
		e.server.vendor.Throttle(a, e.r, wait)
	} else {
		setRetryAfter(a.header, wait)
	}
	a.WriteHeader(http.StatusTooManyRequests)
	return a
}

func (e *exchange) unauthorized() *answer {
	a := newAnswer()
	if e.server.vendor.Unauthorized != nil {
		e.server.vendor.Unauthorized(a, e.r)
	}
	a.WriteHeader(http.StatusUnauthorized)
	return a
}

// setRetryAfter says d in whole seconds, rounded up: an earlier return would
// be throttled again.
func setRetryAfter(h http.Header, d time.Duration) {
	if d > 0 {
		h.Set("Retry-After", strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10))
	}
}
