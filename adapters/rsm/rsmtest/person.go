package rsmtest

import (
	"slices"
	"time"
)

// AddMode adds a mode as a person would make it, and returns its id. A zero ID
// takes the next one, the ID of a mode replaces it. A zero Start is now, a
// zero End an hour after Start; items with zero dates take the mode's. With a
// zero Created the lists show it at once, whatever their lag. Nothing is
// checked: a CI need not exist, labels may be anything that JSON can hold.
func (s *Server) AddMode(m Mode) (id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m = m.clone()
	now := s.clock()
	if m.Start.IsZero() {
		m.Start = s.knobs.cut(now)
	}
	if m.End.IsZero() {
		m.End = m.Start.Add(time.Hour)
	}
	if m.Created.IsZero() {
		m.Created = now.Add(-s.knobs.ListLag)
	}
	if m.ID == 0 {
		m.ID = s.nextID(s.knobs.IDs)
	}
	s.ids.next = max(s.ids.next, m.ID+1)
	m.complete()
	s.insert(&m)
	return m.ID
}

// Edit changes a mode as a person would, past all rules, and reports whether
// it exists. An item's State counts when the function changes it: Completed
// and Cancelled end the item, anything else leaves it to its dates again. The
// function must not call the server.
func (s *Server) Edit(id int64, f func(*Mode)) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.find(id)
	if m == nil {
		return false
	}
	given := m.shown(s.clock())
	before := slices.Clone(given.Items)
	f(&given)
	next := given.clone() // f may have kept what it was given
	next.ID = id
	for i := range next.Items {
		it := &next.Items[i]
		if i < len(before) && it.CI == before[i].CI && it.State == before[i].State {
			it.State = ""
		} else {
			it.fate = ""
		}
	}
	next.complete()
	m.become(next, s.clock(), s.knobs.ListLag)
	return true
}

// Finish ends a mode now, as a person would, and reports whether it exists and
// was still open.
func (s *Server) Finish(id int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, now := s.find(id), s.clock()
	if m == nil {
		return false
	}
	state := m.state(now)
	if state.final() {
		return false
	}
	next := m.clone()
	next.cancel(state == Running, now, now, Knobs{})
	m.become(next, now, s.knobs.ListLag)
	return true
}

// complete fills in what a person's mode left out.
func (m *Mode) complete() {
	for i := range m.Items {
		it := &m.Items[i]
		if it.Scope == "" {
			it.Scope = ScopeCi
		}
		if it.Start.IsZero() {
			it.Start = m.Start
		}
		if it.End.IsZero() {
			it.End = m.End
		}
		if it.added.IsZero() {
			it.added = m.Created
		}
		if it.State.final() && it.fate == "" {
			it.fate = it.State
		}
	}
}
