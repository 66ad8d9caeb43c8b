package guance

import (
	"net/http"
	"strings"
	"time"
	"unicode"

	"github.com/ttkit/ttkit/internal/rest"
	"github.com/ttkit/ttkit/tt"
)

// answers is how the server speaks in all its answers.
type answers struct {
	count    int
	trace    string // one
	han      bool   // an error is in Chinese
	refusals int    // whose status is that of HTTP
	inBody   int    // refusals under HTTP 200
	missing  int    // what is not there, under HTTP 404
	absent   int    // what is not there, under HTTP 200
	limited  int    // calls that the limit refused
	waits    int    // of which said how long to wait
}

// note looks at an answer.
func (a *answers) note(r *rest.Response) {
	a.count++
	envelope, ok := parseObject(r.Body)
	if !ok {
		return
	}
	if a.trace == "" {
		a.trace = envelope.text("traceId")
	}
	switch envelope.text("errorCode") {
	case keyLimit, workspaceLimit:
		a.limited++
		if r.Header.Get("Retry-After") != "" {
			a.waits++
		}
		return
	}
	code, _ := envelope.number("code")
	if code < http.StatusBadRequest || code >= http.StatusInternalServerError {
		return
	}
	a.han = a.han || strings.ContainsFunc(envelope.text("message"), func(r rune) bool { return unicode.Is(unicode.Han, r) })
	inBody := r.Status == http.StatusOK
	switch {
	case code == http.StatusNotFound && inBody:
		a.absent++
	case code == http.StatusNotFound:
		a.missing++
	case inBody:
		a.inBody++
	default:
		a.refusals++
	}
}

// askAnswers says how the server spoke.
func (p *probe) askAnswers() {
	a := p.spoken
	switch {
	case a.inBody > 0:
		p.find("errors", "under HTTP 200", "the adapter reads the code of the body, too")
	case a.absent > 0:
		p.find("errors", "not found under HTTP 200", "the adapter reads the code of the body, too")
	case a.refusals+a.missing > 0:
		p.find("errors", "by HTTP status", "the adapter reads the code of the body, too")
	default:
		p.find("errors", tt.AnswerUnknown, "there was none")
	}
	p.find("language", either(a.han, "Chinese", "English"), "of errors; nothing is decided by it")
	p.find("trace ids", either(strings.HasPrefix(a.trace, "TRACE-"), "a word and a UUID", "other"), "such as %q, for the vendor's support", a.trace)
	p.askClock()
	switch {
	case a.limited == 0:
		p.find("rate limit", "not reached", "by %d calls; the adapter never exceeds it by itself, whatever the window", a.count)
	case a.waits > 0:
		p.find("rate limit", "reached, with a time to wait", "%d of %d calls were refused: other programs use the key or the workspace", a.limited, a.count)
	default:
		p.find("rate limit", "reached, without a time to wait", "%d of %d calls were refused: other programs use the key or the workspace", a.limited, a.count)
	}
}

// askClock compares the clocks.
func (p *probe) askClock() {
	skew, known := p.s.client.Skew()
	switch {
	case !known:
		p.find("clock", "no Date header", "the server's clock is taken from the times that it writes")
	case skew.Abs() < 2*time.Second:
		p.find("clock", "the same", "to the second that a Date header tells")
	case skew > 0:
		p.find("clock", "ahead", "of ours by %s", skew.Round(time.Second))
	default:
		p.find("clock", "behind", "ours by %s", (-skew).Round(time.Second))
	}
}
