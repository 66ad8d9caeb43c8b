package rest

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/ttkit/ttkit/tt"
)

// learnedSecrets is how many secrets of a run are remembered: the newest.
// A session that was replaced so many sessions ago is dead.
const learnedSecrets = 32

// secrets is what must not be shown: those of the configuration, and those
// that a run learned.
type secrets struct {
	mu      sync.Mutex
	given   []tt.Secret
	learned []tt.Secret
	current atomic.Pointer[scrubber]
}

// Hide blots further secrets out of every error and log line from now on: what
// a server handed out in the course of a run, such as a session. The newest 32
// are remembered.
func (c *Client) Hide(more ...tt.Secret) {
	s := &c.secrets
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, secret := range more {
		known := func(other tt.Secret) bool { return other.Reveal() == secret.Reveal() }
		if !slices.ContainsFunc(s.learned, known) {
			s.learned = append(s.learned, secret)
		}
	}
	if n := len(s.learned) - learnedSecrets; n > 0 {
		s.learned = slices.Delete(s.learned, 0, n)
	}
	s.current.Store(newScrubber(slices.Concat(s.given, s.learned)))
}

// keep sets the secrets of the configuration, which are never forgotten.
func (s *secrets) keep(given []tt.Secret) {
	s.given = slices.Clone(given)
	s.current.Store(newScrubber(s.given))
}

// scrubber knows the secrets of this moment; nil when there is none.
func (s *secrets) scrubber() *scrubber { return s.current.Load() }

// scrubber knows the credentials of this call, too.
func (c *call) scrubber() *scrubber { return c.client.secrets.scrubber().with(c.in.credentials()) }

// credentials are what the request's own Authorization header holds after its
// scheme: a session, or the signature that follows the id of a key. They are
// looked for only when something went wrong.
func (r *Request) credentials() string {
	value := r.Header.Get("Authorization")
	return value[strings.LastIndexAny(value, " :")+1:]
}
