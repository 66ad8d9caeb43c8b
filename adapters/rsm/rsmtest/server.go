package rsmtest

import (
	"cmp"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/ttkit/ttkit/internal/sim"
	"github.com/ttkit/ttkit/tt/tttest"
)

// Options are what a server starts with. The zero value is useful.
type Options struct {
	CIs    []CI             // nil: DefaultCIs
	Tokens []Token          // nil: DefaultToken alone
	Knobs  Knobs            // zero: the likeliest server
	Now    func() time.Time // nil: time.Now; Knobs.Skew is added to it
}

// Server is a simulated RSM server. It is an http.Handler, and safe for
// concurrent use. Close it.
type Server struct {
	sim *sim.Server
	now func() time.Time

	mu     sync.Mutex
	knobs  Knobs
	cis    map[int64]CI
	tokens map[string]Token
	modes  []*Mode // by id
	ids    ids
	delays int
}

// New starts a server. In a testing/synctest bubble make and close it inside
// the bubble.
func New(opts Options) *Server {
	s := &Server{
		now:    opts.Now,
		knobs:  opts.Knobs,
		cis:    make(map[int64]CI),
		tokens: make(map[string]Token),
		ids:    ids{next: firstID},
	}
	if s.now == nil {
		s.now = time.Now
	}
	if opts.CIs == nil {
		opts.CIs = DefaultCIs()
	}
	if opts.Tokens == nil {
		opts.Tokens = []Token{{Value: DefaultToken}}
	}
	for _, ci := range opts.CIs {
		s.AddCI(ci)
	}
	for _, t := range opts.Tokens {
		s.SetToken(t)
	}
	s.sim = sim.New(sim.Vendor{
		Handler: http.HandlerFunc(s.handle),
		Route:   routeOf,
		Unauthorized: func(w http.ResponseWriter, r *http.Request) {
			s.call(w, r).refuse(&problem{status: http.StatusUnauthorized, text: textUnauthorized})
		},
		Fail: func(w http.ResponseWriter, r *http.Request, status int) {
			s.call(w, r).refuse(&problem{status: status, text: textUnexpected})
		},
		Date: func() (time.Time, bool) {
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.clock(), !s.knobs.NoDate
		},
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

// URL is the base URL for [Server.Client].
func (s *Server) URL() string { return s.sim.URL() }

// Listen serves on a loopback address such as "127.0.0.1:0" as well, and
// returns its base URL. Other addresses are refused: the server is a test's,
// and its tokens are no secret.
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

// AddCI adds a CI, or replaces the one with its id.
func (s *Server) AddCI(ci CI) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cis[ci.ID] = ci.clone()
}

// RemoveCI removes a CI. Modes keep their items on it.
func (s *Server) RemoveCI(id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.cis, id)
}

// SetToken adds a token, or replaces the one with its value: rights can be
// given and taken at any time.
func (s *Server) SetToken(t Token) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens[t.Value] = t.clone()
}

// Revoke ends a token, at once or after Knobs.TokenLag.
func (s *Server) Revoke(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t, ok := s.tokens[token]; ok {
		t.revoked = s.clock()
		s.tokens[token] = t
	}
}

// Modes returns deep copies of all modes by id, with their true states: Tick
// and the lags do not show here.
func (s *Server) Modes() []Mode {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Mode, len(s.modes))
	for i, m := range s.modes {
		out[i] = m.shown(s.clock())
	}
	return out
}

// Mode returns a deep copy of one mode; ok tells whether it exists.
func (s *Server) Mode(id int64) (m Mode, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if found := s.find(id); found != nil {
		return found.shown(s.clock()), true
	}
	return Mode{}, false
}

// find returns the mode with the id, or nil; the lock is held.
func (s *Server) find(id int64) *Mode {
	i, ok := slices.BinarySearchFunc(s.modes, id, byID)
	if !ok {
		return nil
	}
	return s.modes[i]
}

// insert adds a mode, or replaces the one with its id; the lock is held.
func (s *Server) insert(m *Mode) {
	i, ok := slices.BinarySearchFunc(s.modes, m.ID, byID)
	if ok {
		s.modes[i] = m
		return
	}
	s.modes = slices.Insert(s.modes, i, m)
}

func byID(m *Mode, id int64) int { return cmp.Compare(m.ID, id) }
