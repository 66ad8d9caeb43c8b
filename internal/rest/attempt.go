package rest

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// attempt is what one attempt of a call came to. An older attempt may still
// be reported to while the next one runs, so each has one of its own.
type attempt struct {
	trace   httptrace.ClientTrace
	asked   atomic.Bool  // the transport looked for a connection, so it reports to trace
	conns   atomic.Int32 // connections that the request was given
	started time.Time

	refused bool      // no transport was given the request
	stopped error     // why Config.Before did not let it begin
	answer  *Response // nil when no status line came
	err     error     // why there is no answer, or why its body is incomplete
	expired bool      // the attempt's own time limit passed
}

// ErrReplyTooLarge is in the error of a reply that is larger than
// Config.MaxReply.
var ErrReplyTooLarge = errors.New("the reply is too large")

var (
	errNoReply = errors.New("the transport gave neither an answer nor an error")
)

// forbiddenHeader is the name of a header whose value HTTP cannot carry.
type forbiddenHeader string

func (f forbiddenHeader) Error() string {
	return "the header " + string(f) + " holds a character that HTTP forbids, such as a line break in a token"
}

// RoundTrip makes call an http.RoundTripper, and so the transport of its own
// http.Client. The whole attempt happens in here, reply included, within the
// time limit. http.Client and retryablehttp get an answer with an empty body,
// and as call has no CloseIdleConnections, the user's pool of connections is
// out of their reach.
func (c *call) RoundTrip(req *http.Request) (*http.Response, error) {
	a := &attempt{started: time.Now()}
	c.try = a
	if a.err = sendable(req); a.err != nil {
		a.refused = true
		return nil, a.err
	}
	if before := c.client.before; before != nil {
		after, err := before(req.Context())
		if err != nil {
			a.refused, a.stopped = true, err
			return nil, err
		}
		if after != nil {
			defer after()
		}
		a.started = time.Now()
	}
	ctx, cancel := context.WithTimeout(req.Context(), c.client.timeout)
	defer cancel()
	a.trace.GetConn = func(string) { a.asked.Store(true) }
	a.trace.GotConn = func(httptrace.GotConnInfo) {
		if a.conns.Add(1) > 1 && c.in.Class != Safe && len(c.body) == 0 {
			// HTTP/2 repeats by itself what has no body, even when the
			// server may have acted. It looks at ctx before it writes.
			cancel()
		}
	}
	resp, err := c.client.transport.RoundTrip(req.WithContext(httptrace.WithClientTrace(ctx, &a.trace)))
	if err == nil && resp == nil {
		err = errNoReply
	}
	if err != nil {
		a.fail(ctx, err)
		return nil, err
	}
	if resp.Body == nil {
		resp.Body = http.NoBody // a careless transport's way to say so
	}
	c.client.clock.see(resp.Header, a.started, time.Now())
	body, err := readAll(resp.Body, resp.ContentLength, c.client.maxReply)
	_ = resp.Body.Close()
	if err != nil {
		a.fail(ctx, err)
	}
	a.answer = &Response{
		Status: resp.StatusCode, Header: resp.Header, Body: body,
		method: c.in.method(), path: c.url.Path, scrub: c.client.secrets.scrubber(), own: c.in.credentials(),
	}
	resp.Body = http.NoBody
	return resp, nil
}

// fail keeps why the attempt failed; ctx is the attempt's.
func (a *attempt) fail(ctx context.Context, err error) {
	a.err, a.expired = err, errors.Is(ctx.Err(), context.DeadlineExceeded)
}

// readAll reads a body of at most limit bytes. What a server announces is
// believed only up to a point, so that it cannot make us allocate the limit.
// Compressed replies announce nothing, and most are of one ticket.
func readAll(r io.Reader, announced, limit int64) ([]byte, error) {
	const trusted = 64 << 10
	size := int64(4 << 10)
	if announced >= 0 {
		size = min(announced, trusted) + 1 // room for the read that sees the end
	}
	b := make([]byte, 0, size)
	for {
		n, err := r.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		if int64(len(b)) > limit {
			return nil, ErrReplyTooLarge
		}
		if err == io.EOF {
			return b, nil
		}
		if err != nil {
			return nil, err
		}
		if len(b) == cap(b) {
			b = append(b, 0)[:len(b)]
		}
	}
}

// sendable refuses what net/http would refuse, before a transport has it:
// after an error of a transport it is not known what was sent.
func sendable(req *http.Request) error {
	if err := req.Context().Err(); err != nil {
		return err
	}
	for name, values := range req.Header {
		for _, value := range values {
			for i := range len(value) {
				if b := value[i]; b < ' ' && b != '\t' || b == 0x7f {
					return forbiddenHeader(name)
				}
			}
		}
	}
	return nil
}

// neverSent reports whether the request provably never reached a connection.
// Once it had one, nothing is proved: the transport writes in another
// goroutine. A transport that does not report to httptrace proves nothing
// either, unless it says that it could not dial.
func (c *call) neverSent() bool {
	a := c.try
	if a == nil || a.refused { // a is nil when http.Client refused before us
		return true
	}
	if a.answer != nil || a.conns.Load() > 0 {
		return false
	}
	var op *net.OpError
	return a.asked.Load() || errors.As(a.err, &op) && op.Op == "dial"
}
