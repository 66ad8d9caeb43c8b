package sim

import (
	"context"
	"net"
	"net/http"
	"strconv"
	"sync"
	"syscall"

	"github.com/ttkit/ttkit/tt/tttest"
)

// pipes is a network of one address: a dial is answered by one end of a
// net.Pipe, Accept gets the other.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newPipes() *pipes {
	return &pipes{conns: make(chan net.Conn), done: make(chan struct{})}
}

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case p.conns <- there:
		return here, nil
	case <-p.done:
		return nil, refused()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.done) })
	return nil
}

func (p *pipes) Addr() net.Addr { return address{} }

// address is the address of the in-memory network.
type address struct{}

func (address) Network() string { return "tcp" }
func (address) String() string  { return "localhost:80" }

// refused is the error of a dial that nobody answers.
func refused() error {
	return &net.OpError{Op: "dial", Net: "tcp", Addr: address{}, Err: syscall.ECONNREFUSED}
}

// verdictHeader carries the number of a verdict from the in-memory client to
// the server, which takes it away.
const verdictHeader = "Sim-Verdict"

// verdict is a fault that was chosen before the request was sent.
type verdict struct {
	fault  tttest.Fault
	struck bool
}

// verdicts holds what was chosen for requests that have not arrived yet.
type verdicts struct {
	mu   sync.Mutex
	next int
	open map[string]verdict
}

func (v *verdicts) put(x verdict) string {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.open == nil {
		v.open = make(map[string]verdict)
	}
	v.next++
	id := strconv.Itoa(v.next)
	v.open[id] = x
	return id
}

func (v *verdicts) pop(id string) (x verdict, ok bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	x, ok = v.open[id]
	delete(v.open, id)
	return x, ok
}

// transport is the in-memory client's way to the server. It chooses the fault,
// because only here a request can fail before anything is sent.
type transport struct {
	server *Server
	http   *http.Transport
}

func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	s := t.server
	if s.isClosed() { // a connection that is being closed may still look open
		return refuse(r)
	}
	if s.script.empty() || r.Context().Err() != nil { // a cancelled request is never sent, and takes no fault
		return t.http.RoundTrip(r)
	}
	var v verdict
	v.fault, v.struck = s.script.take(s.vendor.Route(r))
	if v.struck && v.fault.Kind == tttest.Refuse {
		return refuse(r)
	}
	id := s.verdicts.put(v)
	defer s.verdicts.pop(id) // it may never arrive
	r = r.Clone(r.Context())
	r.Header.Set(verdictHeader, id)
	return t.http.RoundTrip(r)
}

// refuse fails r as a refused dial does.
func refuse(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		_ = r.Body.Close()
	}
	return nil, refused()
}

// CloseIdleConnections makes http.Client.CloseIdleConnections work.
func (t *transport) CloseIdleConnections() { t.http.CloseIdleConnections() }
