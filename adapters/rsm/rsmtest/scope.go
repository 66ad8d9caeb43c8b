package rsmtest

import (
	"slices"
	"time"
)

// item makes an item of m.
func (m *Mode) item(w wanted, start, now time.Time) Item {
	return Item{CI: w.ci, Scope: w.scope, Depth: w.depth, Start: start, End: m.End, added: now}
}

// reschedule moves the mode and what is not final of its items.
func (m *Mode) reschedule(start, end, view time.Time) {
	for i := range m.Items {
		it := &m.Items[i]
		if it.state(view).final() {
			continue
		}
		if !start.Equal(m.Start) {
			it.Start = start
		}
		if !end.Equal(m.End) {
			it.End = end
		}
	}
	m.Start, m.End = start, end
}

// rescope makes the scope what is wanted. Merge keeps what is not mentioned;
// items on CIs that the token may not change are kept in any case.
func (c *call) rescope(m *Mode, want []wanted, merge bool) {
	view, now := c.view(), c.knobs.cut(c.now)
	started := m.state(view) != Pending
	asked := func(ci int64) (wanted, bool) {
		i := slices.IndexFunc(want, func(w wanted) bool { return w.ci == ci })
		if i < 0 {
			return wanted{}, false
		}
		return want[i], true
	}
	have := make(map[int64]bool) // CIs that need no new item
	var items []Item
	for _, it := range m.Items {
		w, ok := asked(it.CI)
		same := ok && w.scope == it.Scope && w.depth == it.Depth
		history := started && c.knobs.Scope == ScopeHistory
		switch {
		case history && it.state(view).final():
		case same, !ok && (merge || !c.token.canWrite(it.CI)):
			have[it.CI] = true
		case history:
			it.fate, it.End = Completed, now
		case ok:
			it.Scope, it.Depth = w.scope, w.depth
			have[it.CI] = true
		default:
			continue // gone
		}
		items = append(items, it)
	}
	for _, w := range want {
		if have[w.ci] {
			continue
		}
		start := m.Start
		if started && c.knobs.Scope == ScopeHistory {
			start = now
		}
		items = append(items, m.item(w, start, c.now))
	}
	m.Items = items
}

// cancel ends the mode.
func (m *Mode) cancel(running bool, now, view time.Time, k Knobs) {
	end := k.cut(now)
	fate, items, mode := Cancelled, false, false // what becomes of it, whose dates move
	switch {
	case running:
		if k.CancelRunning != CancelCancels {
			fate = Completed
		}
		items = k.CancelDates != CancelMovesNothing
		mode = items && k.CancelDates != CancelMovesItems
	default:
		items = k.CancelDates == CancelMovesAll
		mode = items
	}
	for i := range m.Items {
		it := &m.Items[i]
		if it.state(view).final() {
			continue
		}
		it.fate = fate
		if items {
			it.Start, it.End = earlier(it.Start, end), end
		}
	}
	if mode {
		m.Start, m.End = earlier(m.Start, end), end
	}
	m.Ended = now
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
