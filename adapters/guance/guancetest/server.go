package guancetest

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ttkit/ttkit/internal/sim"
	"github.com/ttkit/ttkit/tt/tttest"
)

// Options are what a server starts with. The zero value is useful.
type Options struct {
	Keys   []Key            // nil: DefaultKey alone
	Limits Limits           // zero: none; see VendorLimits
	Knobs  Knobs            // zero: the likeliest server
	Now    func() time.Time // nil: time.Now; Knobs.Skew is added to it
}

// Server is a simulated Guance. It is an http.Handler, and safe for concurrent
// use. Close it.
type Server struct {
	sim *sim.Server
	url string
	now func() time.Time

	mu        sync.Mutex
	knobs     Knobs
	limits    Limits
	keys      map[string]Key
	meters    map[string]*meter
	leave     map[string]bool
	schedules []*Schedule // in the order of commit
	incidents []*Incident // in the order of opening
	issues    []*Issue    // in the order of creation
	ids       ids
	delays    int // adds, for Knobs.CommitDelay
	hexes     int // UUIDs
	rows      int // row ids of everything but schedules
	traces    int // answers
}

// servers counts those of this process.
var servers atomic.Uint32

// New starts a server. In a testing/synctest bubble make and close it inside
// the bubble.
func New(opts Options) *Server {
	s := &Server{
		now:    opts.Now,
		knobs:  opts.Knobs,
		limits: opts.Limits,
		keys:   make(map[string]Key),
		meters: make(map[string]*meter),
		leave:  make(map[string]bool),
		ids:    ids{next: firstID},
	}
	if s.now == nil {
		s.now = time.Now
	}
	if opts.Keys == nil {
		opts.Keys = []Key{{Value: DefaultKey}}
	}
	for _, k := range opts.Keys {
		s.SetKey(k)
	}
	s.url = fmt.Sprintf("http://localhost:%d", 1+servers.Add(1)%65535)
	s.seed(opts.Knobs.Workspace)
	s.sim = sim.New(sim.Vendor{
		Handler: http.HandlerFunc(s.handle),
		Route:   routeOf,
		Throttle: func(w http.ResponseWriter, r *http.Request, wait time.Duration) {
			s.call(w, r).refuse(&problem{kind: keyLimit, wait: wait, tell: true})
		},
		Unauthorized: func(w http.ResponseWriter, r *http.Request) {
			s.call(w, r).refuse(&problem{kind: badKey})
		},
		Fail: func(w http.ResponseWriter, r *http.Request, status int) {
			s.call(w, r).refuse(&problem{kind: failure, status: status})
		},
		Date: func() (time.Time, bool) {
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.clock(), !s.knobs.NoDate
		},
		Mask: []string{keyHeader},
	})
	return s
}

// clock is the server's time; the lock is held.
func (s *Server) clock() time.Time { return s.now().Add(s.knobs.Skew) }

// Now is the server's time.
func (s *Server) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.clock()
}

// ServeHTTP answers a request, or lets a fault strike it.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.sim.ServeHTTP(w, r) }

// Client returns a client that reaches the server in memory, whatever host a
// request names. It is always the same one; its connections end with Close.
func (s *Server) Client() *http.Client { return s.sim.Client() }

// URL is the base URL for [Server.Client]. Every server has one of its own:
// a client that counts its calls to a server, as the vendor's limits demand,
// must not take the servers of two tests for one.
func (s *Server) URL() string { return s.url }

// Listen serves on a loopback address such as "127.0.0.1:0" as well, and
// returns its base URL. Other addresses are refused: the server is a test's,
// and its keys are no secret.
func (s *Server) Listen(addr string) (url string, err error) { return s.sim.Listen(addr) }

// Close ends all connections and waits for the requests that are being
// handled. What a Late fault still holds back never arrives; see Settle. The
// state can be read afterwards.
func (s *Server) Close() { s.sim.Close() }

// Settle lets the requests that a Late fault holds back arrive now, and
// returns when they have acted.
func (s *Server) Settle() { s.sim.Settle() }

// Inject adds to the fault script. The package documentation names the
// routes.
func (s *Server) Inject(faults ...tttest.Fault) { s.sim.Inject(faults...) }

// ClearFaults empties the fault script. Requests that are already held back
// still arrive.
func (s *Server) ClearFaults() { s.sim.ClearFaults() }

// Before runs f once, before the server acts on the next request of the route;
// "" means any. It is how a test lets something happen between a program's
// read and its write.
func (s *Server) Before(route string, f func()) { s.sim.Before(route, f) }

// Request is one request that arrived, and what became of it. A refused
// connection carries no request.
type Request struct {
	Time   time.Time   // of arrival, by package time
	Method string      // such as "POST"
	Path   string      // decoded
	Query  string      // raw, without the question mark
	Header http.Header // credentials are masked
	Body   string      // as it arrived
	Route  string      // its name in fault scripts
	Writes bool        // whether such a request changes something

	Fault  tttest.FaultKind // what struck it, or ""
	Acted  int              // how often the server acted on it so far
	Result int              // the status of the server's own answer, 0 if it did not act
	Status int              // the status that was sent, 0 if the connection was cut
}

// Requests returns the newest requests, up to 10,000, in the order of arrival.
func (s *Server) Requests() []Request {
	logged := s.sim.Requests()
	out := make([]Request, len(logged))
	for i, r := range logged {
		out[i] = Request(r)
	}
	return out
}

// RequestCount counts the requests that arrived so far.
func (s *Server) RequestCount() int { return s.sim.RequestCount() }

// Knobs returns the knobs as they are.
func (s *Server) Knobs() Knobs {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.knobs
}

// SetKnobs turns the knobs. Requests that are being answered keep the old
// ones.
func (s *Server) SetKnobs(k Knobs) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.knobs = k
}
