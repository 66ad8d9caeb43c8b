package guancetest

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"
)

// person is the account that makes schedules in the console.
const person = "acnt_guancetest"

// AddSchedule adds a schedule as a person would make it in the console, and
// returns its UUID. A zero UUID or ID takes the next one, a UUID that exists
// is replaced. Zero hours are the whole day, a zero Timezone is UTC, no
// NotifyTargets are one person. With a zero Created the lists show it at once,
// whatever their lag. Nothing is checked, but Extend, Strategy and Extra must
// be JSON: AddSchedule panics when they are not.
func (s *Server) AddSchedule(x Schedule) (uuid string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x = x.clone()
	x.Workspace = cmp.Or(x.Workspace, DefaultWorkspace)
	x.Name = cmp.Or(x.Name, "a person's schedule")
	x.Timezone = cmp.Or(x.Timezone, "UTC")
	x.Start, x.End = cmp.Or(x.Start, "00:00"), cmp.Or(x.End, "23:59")
	x.Creator = cmp.Or(x.Creator, person)
	if x.NotifyTargets == nil {
		x.NotifyTargets = []string{person}
	}
	if x.Created.IsZero() {
		x.Created = s.clock().Add(-s.knobs.ListLag)
	}
	if x.Rotation.IsZero() {
		x.Rotation = x.Created
	}
	if x.UUID == "" {
		x.UUID = "incsch_" + s.nextHex()
	}
	if x.ID == 0 {
		x.ID = s.nextID()
	}
	s.ids.next = max(s.ids.next, x.ID+1)
	s.tidy(&x)
	if old := s.find(x.UUID); old != nil {
		*old = x
	} else {
		s.schedules = append(s.schedules, &x)
	}
	return x.UUID
}

// Edit changes a schedule as a person would, past all rules, and reports
// whether it exists. The function must not call the server. Updated, Updator
// and Rotation are set as a modify sets them, unless the function does.
func (s *Server) Edit(uuid string, f func(*Schedule)) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	x, now := s.find(uuid), s.clock()
	if x == nil {
		return false
	}
	given := x.clone()
	f(&given)
	next := given.clone() // f may have kept what it was given
	next.UUID = uuid
	if next.Updated.Equal(x.Updated) {
		next.Updated, next.Updator = now, person
	}
	if next.Rotation.Equal(x.Rotation) {
		next.Rotation = now
	}
	s.tidy(&next)
	x.become(next, now, s.knobs.ListLag)
	return true
}

// Delete deletes a schedule as a person would, and reports whether it was
// there.
func (s *Server) Delete(uuid string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.find(uuid)
	if x == nil || !x.Alive() {
		return false
	}
	x.remove(s.clock(), s.knobs.ListLag)
	return true
}

// tidy brings the JSON of x into the form in which the server keeps it; the
// lock is held.
func (s *Server) tidy(x *Schedule) {
	if len(x.Extend) == 0 {
		x.Extend = json.RawMessage("{}")
	}
	x.Extend = s.knobs.stored(compact(x.Extend))
	for i := range x.Strategy {
		x.Strategy[i] = s.store(compact(x.Strategy[i]), s.knobs)
	}
	for k := range x.Extra {
		x.Extra[k] = compact(x.Extra[k])
	}
}

// changed is when x was written last.
func (x *Schedule) changed() time.Time {
	if x.Updated.IsZero() {
		return x.Created
	}
	return x.Updated
}

// Schedules returns deep copies of all schedules of all workspaces in the
// order of commit, deleted ones included. The lags do not show here.
func (s *Server) Schedules() []Schedule {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Schedule, len(s.schedules))
	for i, x := range s.schedules {
		out[i] = x.clone()
	}
	return out
}

// Schedule returns a deep copy of one schedule; ok tells whether it exists.
func (s *Server) Schedule(uuid string) (x Schedule, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if found := s.find(uuid); found != nil {
		return found.clone(), true
	}
	return Schedule{}, false
}

// OnDuty are the targets of a schedule that are on duty at a time, whether or
// not it is in effect then: one in turn with rotation, else all. It is nil
// when there is no such schedule.
func (s *Server) OnDuty(uuid string, at time.Time) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if x := s.find(uuid); x != nil {
		return slices.Clone(x.onDuty(at, s.knobs))
	}
	return nil
}

// find returns the schedule with the UUID, or nil; the lock is held.
func (s *Server) find(uuid string) *Schedule {
	for _, x := range s.schedules {
		if x.UUID == uuid {
			return x
		}
	}
	return nil
}
