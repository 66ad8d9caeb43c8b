package sim

import (
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/ttkit/ttkit/tt/tttest"
)

// Request is one request that arrived, and what became of it. A refused
// connection carries no request and leaves no entry.
type Request struct {
	Time   time.Time   // of arrival, by package time
	Method string      // such as "POST"
	Path   string      // decoded
	Query  string      // raw, without the question mark
	Header http.Header // credentials are masked
	Body   string      // as it arrived
	Route  string      // the simulator's name for this kind of request
	Writes bool        // whether such a request changes something

	Fault  tttest.FaultKind // what struck it, or ""
	Acted  int              // how often the server acted on it so far
	Result int              // the status of the server's own answer, 0 if it did not act
	Status int              // the status that was sent, 0 if the connection was cut
}

// keep is how many requests the log holds: enough for a test, and a bound for
// a simulator that runs for days.
const keep = 10_000

// requestLog holds the newest requests in the order of arrival.
type requestLog struct {
	mu    sync.Mutex
	items []*Request
	count int
}

func (l *requestLog) add(r *Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.items) >= 2*keep {
		l.items = slices.Delete(l.items, 0, keep)
	}
	l.items = append(l.items, r)
	l.count++
}

// note changes an entry that may be read at the same time.
func (l *requestLog) note(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f()
}

func (l *requestLog) all() []Request {
	l.mu.Lock()
	defer l.mu.Unlock()
	items := l.items[max(0, len(l.items)-keep):]
	out := make([]Request, len(items))
	for i, r := range items {
		out[i] = *r
		out[i].Header = r.Header.Clone()
	}
	return out
}

func (l *requestLog) total() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.count
}

// credentials are the headers whose values never enter the log.
var credentials = []string{"Authorization", "Cookie", "Proxy-Authorization"}

// masked copies h without its secrets.
func masked(h http.Header, more []string) http.Header {
	h = h.Clone()
	for _, names := range [][]string{credentials, more} {
		for _, name := range names {
			if h.Get(name) != "" {
				h.Set(name, "***")
			}
		}
	}
	return h
}
