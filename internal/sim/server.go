package sim

import (
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/ttkit/ttkit/tt/tttest"
)

// Vendor is what a simulator brings.
type Vendor struct {
	// Handler serves the vendor's protocol. Required. It acts to the end
	// even when the client has gone: the request's context is never
	// cancelled.
	Handler http.Handler

	// Route names the kind of a request for fault scripts, and tells whether
	// it changes something, from method and path alone. Required.
	Route func(r *http.Request) (route string, writes bool)

	// Throttle writes the vendor's rate-limit answer. Nil answers 429 with
	// Retry-After in seconds when wait is above 0.
	Throttle func(w http.ResponseWriter, r *http.Request, wait time.Duration)

	// Unauthorized writes the vendor's answer to dead credentials. Nil
	// answers 401 without a body.
	Unauthorized func(w http.ResponseWriter, r *http.Request)

	// Fail writes the vendor's answer of StatusAfter. Nil answers HTML.
	Fail func(w http.ResponseWriter, r *http.Request, status int)

	// Date is the time that the Date header of every answer shows; ok false
	// leaves the header out. Nil shows time.Now.
	Date func() (t time.Time, ok bool)

	// Mask names further headers whose values must not enter the log.
	// Authorization and Cookie never do.
	Mask []string
}

// Server is a vendor's handler behind a fault script. It is safe for
// concurrent use.
type Server struct {
	vendor   Vendor
	script   script
	verdicts verdicts
	log      requestLog
	done     chan struct{}  // closed by Close
	running  sync.WaitGroup // what must have ended when Close returns

	mu      sync.Mutex
	closed  bool
	hooks   []hook
	waiting []*delivery
	servers []*http.Server
	memory  *http.Client
}

// hook is a function that runs once, before the next request of a route acts.
type hook struct {
	route string
	run   func()
}

// New returns a server for v. Close it.
func New(v Vendor) *Server {
	return &Server{vendor: v, done: make(chan struct{})}
}

// Client returns the client of the in-memory network, always the same one.
// Whatever host its requests name, they reach this server.
func (s *Server) Client() *http.Client {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.memory != nil {
		return s.memory
	}
	p := newPipes()
	s.memory = &http.Client{Transport: &transport{
		server: s,
		http: &http.Transport{
			DialContext:         p.dial,
			MaxIdleConnsPerHost: 256, // a pipe costs little, a new one for every request much
		},
	}}
	if s.closed {
		_ = p.Close()
	} else {
		s.serve(p)
	}
	return s.memory
}

// URL is the base URL for [Server.Client].
func (s *Server) URL() string { return "http://localhost" }

// Listen serves on addr, such as "127.0.0.1:0", as well, and returns its base
// URL. Only loopback addresses are served.
func (s *Server) Listen(addr string) (string, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return "", fmt.Errorf("sim: %w", err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return "", fmt.Errorf("sim: %q is not a loopback address", addr)
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return "", fmt.Errorf("sim: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		_ = l.Close()
		return "", fmt.Errorf("sim: the server is closed")
	}
	s.serve(l)
	return "http://" + l.Addr().String(), nil
}

// serve runs an http.Server over l; s.mu is held.
func (s *Server) serve(l net.Listener) {
	server := &http.Server{Handler: s, ReadHeaderTimeout: time.Minute}
	s.servers = append(s.servers, server)
	s.running.Go(func() {
		_ = server.Serve(l)
		_ = l.Close() // when Close came before Serve
	})
}

// Close ends all connections and returns when no request is being handled and
// no goroutine of the server is left. Requests that are still on their way
// (Late) never arrive. Closing twice does nothing.
func (s *Server) Close() {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		s.running.Wait()
		return
	}
	s.closed = true
	close(s.done)
	for _, p := range s.waiting {
		p.timer.Stop()
	}
	servers, memory := s.servers, s.memory
	s.mu.Unlock()

	for _, server := range servers {
		_ = server.Close()
	}
	if memory != nil {
		memory.CloseIdleConnections()
	}
	s.running.Wait()
}

// Inject adds to the fault script. Entries wait in this order; a request
// takes the first that matches it. Inject panics on an unknown kind.
func (s *Server) Inject(faults ...tttest.Fault) { s.script.add(faults...) }

// ClearFaults empties the fault script. Requests that a Late fault has
// delayed still arrive.
func (s *Server) ClearFaults() { s.script.clear() }

// Requests returns the newest requests, up to 10,000, in the order of arrival.
func (s *Server) Requests() []Request { return s.log.all() }

// RequestCount counts the requests that arrived so far.
func (s *Server) RequestCount() int { return s.log.total() }

// Before runs f once, before the server acts on the next request of the route;
// "" means any. It is how a test changes something between a client's read and
// its write.
func (s *Server) Before(route string, f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hooks = append(s.hooks, hook{route, f})
}

// takeHooks returns the functions that must run before a request of the route.
func (s *Server) takeHooks(route string) []func() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.hooks) == 0 {
		return nil
	}
	var run []func()
	rest := s.hooks[:0:0]
	for _, h := range s.hooks {
		if h.route == "" || h.route == route {
			run = append(run, h.run)
		} else {
			rest = append(rest, h)
		}
	}
	s.hooks = rest
	return run
}

func (s *Server) isClosed() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

// enter counts a request in, unless the server is closed.
func (s *Server) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.running.Add(1)
	return true
}
