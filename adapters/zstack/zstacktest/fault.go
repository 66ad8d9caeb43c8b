package zstacktest

import (
	"net/http"
	"strconv"
	"time"
)

// throttle is a proxy's rate limit: the vendor has none.
func (s *Server) throttle(w http.ResponseWriter, r *http.Request, wait time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.call(w, r)
	if wait > 0 {
		w.Header().Set("Retry-After", strconv.FormatInt(int64((wait+time.Second-1)/time.Second), 10))
	}
	if c.knobs.Throttled == Throttled503 {
		c.refuse(page(http.StatusServiceUnavailable))
		return
	}
	c.refuse(plain(http.StatusTooManyRequests, "too many requests"))
}

// unauthorized ends the session of a request, and answers it as a dead
// session is answered: an asynchronous call is accepted, and its job has
// failed.
func (s *Server) unauthorized(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.call(w, r)
	if p := c.serveDead(); p != nil {
		c.refuse(p)
	}
}

func (c *call) serveDead() *refusal {
	s := c.server
	below, _ := s.below(c.r.URL.Path)
	c.path = apiPrefix + below
	if route, _ := s.routeOf(c.r); route == "job" {
		return c.poll(below[len(jobsPrefix):]) // it asks for no credentials
	}
	methods, uuid := resource(below)
	e, ok := methods[c.r.Method]
	if !ok {
		return plain(http.StatusNotFound, "no api mapping to %s", c.path)
	}
	c.endpoint, c.action, c.uuid = e, e.actions[0], uuid
	if e.open {
		if e.route == "login" {
			return wrongCredentials()
		}
		return deadSession()
	}
	if p := c.authorize(); p != nil {
		return p
	}
	if c.who.account != "" {
		return c.badKey(textSignature)
	}
	s.endSession(c.who.session)
	if !c.action.async {
		return deadSession()
	}
	if p := c.checkJobID(); p != nil {
		return p
	}
	j := s.newJob(c)
	j.acted, j.refusal = true, deadSession()
	c.accepted(j)
	return nil
}

// fail is an error of the server's own.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.call(w, r)
	if status != http.StatusInternalServerError {
		c.refuse(page(status))
		return
	}
	c.refuse(plain(status, "java.lang.NullPointerException"))
}
