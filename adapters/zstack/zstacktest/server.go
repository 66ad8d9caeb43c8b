package zstacktest

import (
	"net/http"
	"sync"
	"time"

	"github.com/ttkit/ttkit/internal/sim"
	"github.com/ttkit/ttkit/tt/tttest"
)

// Server is a simulated management node. It is an http.Handler, and safe for
// concurrent use. Close it.
type Server struct {
	sim  *sim.Server
	opts Options // as completed; the lists that change are guarded by mu

	mu    sync.Mutex
	knobs Knobs

	upAt     time.Time // the server answers from then on
	sessions map[string]*session
	jobs     jobs
	work     []*task
	arrivals int64 // of tasks, for their order
	turns    int   // through the delays of Knobs.CommitLag

	tickets    []*Ticket  // in the order of creation
	archive    []*Ticket  // in the order of deletion
	histories  []*History // in the order of commit
	oldHistory []*History
	tags       []*Tag
	executions []Execution
	sequence   int64 // the last one given
	ids        int64 // the number of uuids made
	approvals  int   // approve events that arrived over the API
	gone       map[string]bool
	removed    map[string]bool // virtual IDs and projects that a person deleted
}

// New starts a server. In a testing/synctest bubble make and close it inside
// the bubble.
func New(opts Options) *Server {
	s := &Server{
		opts:     opts.complete(),
		knobs:    opts.Knobs,
		sessions: make(map[string]*session),
		gone:     make(map[string]bool),
		removed:  make(map[string]bool),
	}
	s.jobs.byID = make(map[string]*job)
	s.jobs.swept = s.clock()
	s.sim = sim.New(sim.Vendor{
		Handler:      http.HandlerFunc(s.handle),
		Route:        s.routeOf,
		Throttle:     s.throttle,
		Unauthorized: s.unauthorized,
		Fail:         s.fail,
		Date: func() (time.Time, bool) {
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.clock(), !s.knobs.NoDate
		},
	})
	return s
}

// clock is the server's time; the lock is held.
func (s *Server) clock() time.Time { return s.opts.Now().Add(s.knobs.Skew) }

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

// URL is the base URL for [Server.Client], with the context path.
func (s *Server) URL() string { return s.sim.URL() + s.opts.ContextPath }

// Listen serves on a loopback address such as "127.0.0.1:0" as well, and
// returns its base URL with the context path. Other addresses are refused: the
// server is a test's, and its passwords are no secret.
func (s *Server) Listen(addr string) (url string, err error) {
	url, err = s.sim.Listen(addr)
	if err != nil {
		return "", err
	}
	return url + s.opts.ContextPath, nil
}

// Close ends all connections and waits for the requests that are being
// handled. What a Late fault still holds back never arrives, and what a job
// has yet to do is never done; see Settle. The state can be read afterwards.
func (s *Server) Close() { s.sim.Close() }

// Settle lets the requests that a Late fault holds back arrive now, and all
// jobs and transitions that wait do their work, and returns when they have.
func (s *Server) Settle() {
	s.sim.Settle()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settle()
}

// Inject adds to the fault script. The package documentation names the
// routes.
func (s *Server) Inject(faults ...tttest.Fault) { s.sim.Inject(faults...) }

// ClearFaults empties both fault scripts, that of Inject and that of
// InjectJob. Requests that are already held back still arrive, jobs that are
// stuck stay so.
func (s *Server) ClearFaults() {
	s.sim.ClearFaults()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.jobs.faults = nil
}

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

// SetKnobs turns the knobs. Jobs that run keep the old ones.
func (s *Server) SetKnobs(k Knobs) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.knobs = k
}

// Restart stops the server and lets it start again, which takes down: during
// that time it answers as Knobs.Starting says. Running jobs do no more work,
// and changes that wait for their commit never come; Knobs.RestartJobs says what
// becomes of the jobs. Tickets, sessions and results are in the database and
// stay.
func (s *Server) Restart(down time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.advance()
	s.upAt = now.Add(down)
	s.work = nil
	s.jobs.interrupt(now, s.knobs.RestartJobs == RestartDrops)
}
