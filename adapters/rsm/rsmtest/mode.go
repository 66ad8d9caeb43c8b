package rsmtest

import (
	"maps"
	"slices"
	"time"
)

// State is the state of one item of a mode. The literals that answers show
// for Running and Cancelled are knobs.
type State string

// The states.
const (
	Pending   State = "Pending"   // not started
	Running   State = "Active"    // started
	Completed State = "Completed" // ended
	Cancelled State = "Cancelled" // ended before it started
)

// The scopes of an item.
const (
	ScopeCi       = "Ci"            // the CI alone
	ScopeChildren = "CiAndChildren" // the CI and those below it
)

// Mode is one service mode as the server holds it.
type Mode struct {
	ID         int64
	Title      string // "" is shown as null
	Start, End time.Time
	Items      []Item
	Labels     map[string]any // strings, where this API wrote them; a person's may be anything
	Created    time.Time      // when it was committed
	Ended      time.Time      // when a cancel ended it; zero while the dates alone decide

	past []version // what lagging lists still show
	text string    // what a search looks through, in lower case; "" until one does
}

// Item is one CI in the scope of a mode.
type Item struct {
	CI         int64
	Scope      string // ScopeCi or ScopeChildren; "" is ScopeCi
	Depth      int
	State      State // by the dates at the time of the copy
	Start, End time.Time

	fate  State     // final whatever the dates say; "" while they decide
	added time.Time // when it came into the scope
}

// version is what a mode was until a time.
type version struct {
	until time.Time
	mode  Mode
}

// Open reports whether any item is pending or running.
func (m Mode) Open() bool {
	return slices.ContainsFunc(m.Items, func(it Item) bool { return !it.State.final() })
}

// Label returns a label's value when it is a string, else "".
func (m Mode) Label(key string) string {
	s, _ := m.Labels[key].(string)
	return s
}

func (s State) final() bool { return s == Completed || s == Cancelled }

// clone copies everything but the past.
func (m Mode) clone() Mode {
	m.Items = slices.Clone(m.Items)
	m.Labels = maps.Clone(m.Labels)
	for k, v := range m.Labels {
		m.Labels[k] = cloneValue(v)
	}
	m.past, m.text = nil, ""
	return m
}

func cloneValue(v any) any {
	switch v := v.(type) {
	case []any:
		v = slices.Clone(v)
		for i := range v {
			v[i] = cloneValue(v[i])
		}
		return v
	case []string:
		return slices.Clone(v)
	case map[string]any:
		v = maps.Clone(v)
		for k := range v {
			v[k] = cloneValue(v[k])
		}
		return v
	}
	return v
}

// state is the item's state at the time that the scheduler last looked.
func (it Item) state(view time.Time) State {
	switch {
	case it.fate != "":
		return it.fate
	case it.added.After(view) || view.Before(it.Start):
		return Pending
	case view.Before(it.End):
		return Running
	}
	return Completed
}

// state is the mode's own phase, which the API never shows.
func (m *Mode) state(view time.Time) State {
	if !m.Ended.IsZero() {
		return Completed
	}
	return Item{Start: m.Start, End: m.End, added: m.Created}.state(view)
}

// shown copies m with the states of its items filled in.
func (m *Mode) shown(view time.Time) Mode {
	c := m.clone()
	for i := range c.Items {
		c.Items[i].State = c.Items[i].state(view)
	}
	return c
}

// asOf is m as it was at t, nil when it did not exist.
func (m *Mode) asOf(t time.Time) *Mode {
	if m.Created.After(t) {
		return nil
	}
	for i := range m.past {
		if m.past[i].until.After(t) {
			return &m.past[i].mode
		}
	}
	return m
}

// become replaces m by next. With a lag above 0 the lists still show what m
// was.
func (m *Mode) become(next Mode, now time.Time, lag time.Duration) {
	past := slices.DeleteFunc(m.past, func(v version) bool { return !v.until.After(now.Add(-lag)) })
	if lag > 0 {
		was := *m
		was.past = nil
		past = append(past, version{until: now, mode: was})
	}
	*m = next
	m.past = past
}
