package sim

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/ttkit/ttkit/tt/tttest"
)

// page is what a proxy shows when it has no answer of the server's.
const page = "<!DOCTYPE html>\n<html><head><title>%s</title></head><body><h1>%s</h1></body></html>\n"

// ServeHTTP lets the script's fault strike the request, or the vendor's
// handler answer it.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.enter() {
		cut()
	}
	defer s.running.Done()

	route, writes := s.vendor.Route(r)
	v, known := s.verdicts.pop(r.Header.Get(verdictHeader))
	r.Header.Del(verdictHeader)
	if !known {
		v.fault, v.struck = s.script.take(route, writes)
	}
	if v.struck && v.fault.Kind == tttest.Refuse {
		cut() // unread
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		cut() // the client has gone: the request never arrived whole
	}
	e := &exchange{
		server: s,
		w:      w,
		r:      r,
		body:   body,
		log: &Request{
			Time:   time.Now(),
			Method: r.Method,
			Path:   r.URL.Path,
			Query:  r.URL.RawQuery,
			Header: masked(r.Header, s.vendor.Mask),
			Body:   string(body),
			Route:  route,
			Writes: writes,
		},
	}
	if v.struck {
		e.log.Fault = v.fault.Kind
	}
	s.log.add(e.log)
	if v.struck {
		e.strike(v.fault)
		return
	}
	e.send(e.act())
}

// exchange is one request that has arrived.
type exchange struct {
	server *Server
	w      http.ResponseWriter
	r      *http.Request
	body   []byte
	log    *Request
}

// strike does what the fault says.
func (e *exchange) strike(f tttest.Fault) {
	switch f.Kind {
	case tttest.Reset:
		cut()
	case tttest.LoseReply:
		e.act()
		cut()
	case tttest.Truncate:
		e.truncate(e.act())
	case tttest.Slow:
		a := e.act()
		if !e.wait(f.Delay) {
			cut()
		}
		e.send(a)
	case tttest.Late:
		late := *e
		late.r = e.r.Clone(context.WithoutCancel(e.r.Context()))
		e.server.later(f.Delay, func() { late.act() })
		cut()
	case tttest.StatusBefore:
		e.send(e.proxy(status(f, http.StatusServiceUnavailable), f.RetryAfter))
	case tttest.StatusAfter:
		e.act()
		e.send(e.fail(status(f, http.StatusInternalServerError)))
	case tttest.Throttle:
		e.send(e.throttle(f.RetryAfter))
	case tttest.HTML:
		e.act()
		e.send(e.proxy(http.StatusOK, 0))
	case tttest.Twice:
		e.act()
		e.send(e.act())
	case tttest.Unauthorized:
		e.send(e.unauthorized())
	}
}

// cut ends the connection without a reply, or with the part of one that was
// flushed.
func cut() { panic(http.ErrAbortHandler) }

func status(f tttest.Fault, byDefault int) int {
	if f.Status != 0 {
		return f.Status
	}
	return byDefault
}

// act lets the vendor's handler answer, and keeps the answer. The client's
// going does not stop it.
func (e *exchange) act() *answer {
	for _, run := range e.server.takeHooks(e.log.Route) {
		run()
	}
	r := e.r.WithContext(context.WithoutCancel(e.r.Context()))
	r.Body = io.NopCloser(bytes.NewReader(e.body))
	a := newAnswer()
	e.server.vendor.Handler.ServeHTTP(a, r)
	a.WriteHeader(http.StatusOK) // when the handler wrote nothing
	e.server.log.note(func() {
		e.log.Acted++
		e.log.Result = a.status
	})
	return a
}

// wait lasts for d. It reports false, early, when the client has gone or the
// server is closed.
func (e *exchange) wait(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-e.r.Context().Done():
	case <-e.server.done:
	}
	return false
}

// send writes a whole answer.
func (e *exchange) send(a *answer) {
	e.head(a)
	_, _ = e.w.Write(a.body.Bytes()) // fails only when the client has gone
}

// truncate sends an answer's head and half of its body, then cuts.
func (e *exchange) truncate(a *answer) {
	if a.body.Len() > 0 {
		e.head(a)
		_, _ = e.w.Write(a.body.Bytes()[:a.body.Len()/2])
		_ = http.NewResponseController(e.w).Flush()
	}
	cut()
}

// head writes status and headers.
func (e *exchange) head(a *answer) {
	h := e.w.Header()
	for name, values := range a.header {
		h[name] = values
	}
	if len(h["Date"]) == 0 {
		e.date(h)
	}
	if a.status != http.StatusNoContent && a.status != http.StatusNotModified {
		h.Set("Content-Length", strconv.Itoa(a.body.Len()))
	}
	if a.body.Len() == 0 && len(h["Content-Type"]) == 0 {
		h["Content-Type"] = nil // or net/http would guess one for nothing
	}
	e.server.log.note(func() { e.log.Status = a.status })
	e.w.WriteHeader(a.status)
}

func (e *exchange) date(h http.Header) {
	t, ok := time.Now(), true
	if e.server.vendor.Date != nil {
		t, ok = e.server.vendor.Date()
	}
	if ok {
		h.Set("Date", t.UTC().Format(http.TimeFormat))
	} else {
		h["Date"] = nil // or net/http would add its own
	}
}
