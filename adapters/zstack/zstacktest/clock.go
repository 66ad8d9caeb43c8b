package zstacktest

import (
	"slices"
	"time"
)

// task is work that the server has accepted and does later. Nothing runs in
// the background: whoever looks at the server lets it catch up first, so that
// a clock of a test's own is enough.
type task struct {
	due     time.Time
	arrival int64
	run     func(at time.Time)
}

// later does the work at the time, or now when it has come; the lock is held.
func (s *Server) later(now, due time.Time, run func(at time.Time)) {
	if !due.After(now) {
		run(now)
		return
	}
	s.arrivals++
	s.work = append(s.work, &task{due: due, arrival: s.arrivals, run: run})
}

// advance does what is due, and returns the server's time; the lock is held.
func (s *Server) advance() time.Time {
	now := s.clock()
	for {
		t := s.next()
		if t == nil || t.due.After(now) {
			break
		}
		s.perform(t, t.due)
	}
	s.sweep(now)
	return now
}

// settle does all work that waits now, in the order in which it is due; the
// lock is held.
func (s *Server) settle() {
	now := s.advance()
	for t := s.next(); t != nil; t = s.next() {
		s.perform(t, now)
	}
	s.jobs.finish(now)
}

// next returns the work that is due first, or nil.
func (s *Server) next() *task {
	var first *task
	for _, t := range s.work {
		if first == nil || t.due.Before(first.due) || t.due.Equal(first.due) && t.arrival < first.arrival {
			first = t
		}
	}
	return first
}

func (s *Server) perform(t *task, at time.Time) {
	s.work = slices.DeleteFunc(s.work, func(other *task) bool { return other == t })
	t.run(at)
}

// lag is for how long the next transition waits before it commits.
func (s *Server) lag(k Knobs) time.Duration {
	if k.CommitLag <= 0 {
		return 0
	}
	s.turns++
	switch s.turns % 3 {
	case 1:
		return k.CommitLag
	case 2:
		return 0
	}
	return k.CommitLag / 2
}

// draw takes the next number of a history row; the lock is held.
func (s *Server) draw() int64 {
	s.sequence++
	return s.sequence
}
