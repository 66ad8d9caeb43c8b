package sim

import (
	"slices"
	"time"
)

// delivery is a request that is still on its way.
type delivery struct {
	due   time.Time
	run   func()
	timer *time.Timer
	done  chan struct{} // closed when run has returned
	taken bool          // guarded by Server.mu
}

// later runs f after d, or earlier by Settle, or never when the server is
// closed first.
func (s *Server) later(d time.Duration, f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	p := &delivery{due: time.Now().Add(d), run: f, done: make(chan struct{})}
	s.waiting = append(s.waiting, p)
	p.timer = time.AfterFunc(d, func() { s.deliver(p) })
}

// deliver runs p unless someone else does, and reports whether it did.
func (s *Server) deliver(p *delivery) bool {
	s.mu.Lock()
	if p.taken || s.closed {
		s.mu.Unlock()
		return false
	}
	p.taken = true
	s.running.Add(1)
	s.mu.Unlock()

	defer s.running.Done()
	p.run()
	s.mu.Lock()
	s.waiting = slices.DeleteFunc(s.waiting, func(q *delivery) bool { return q == p })
	s.mu.Unlock()
	close(p.done)
	return true
}

// Settle lets every request that is still on its way (Late) arrive now, in
// the order in which they are due, and returns when all of them have acted.
func (s *Server) Settle() {
	s.mu.Lock()
	waiting := slices.Clone(s.waiting)
	s.mu.Unlock()
	slices.SortStableFunc(waiting, func(a, b *delivery) int { return a.due.Compare(b.due) })
	for _, p := range waiting {
		p.timer.Stop()
		if s.deliver(p) {
			continue
		}
		select {
		case <-p.done:
		case <-s.done: // closed: it never arrives
		}
	}
}

// Sleep waits in a handler, for a server that is slow to act. It reports false
// when the server was closed meanwhile; the handler should then return without
// acting.
func (s *Server) Sleep(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-s.done:
		return false
	}
}
