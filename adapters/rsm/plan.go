package rsm

import (
	"maps"
	"time"

	"github.com/ttkit/ttkit/internal/journal"
	"github.com/ttkit/ttkit/tt"
)

// plan answers the edits that the mode satisfies or rules out, and makes the
// patch for the others; nil means that there is nothing to write.
func (one *writer) plan(m *mode, batch *[]*request) (*patch, error) {
	s := one.w.system
	now := s.now()
	ended := m.ended(now)
	var left []*request
	for _, r := range *batch {
		switch {
		case m.has(kindDuplicate, "") && !r.edit.elect:
			r.finish(nil, losing{m})
		case s.satisfied(m, &r.edit, now):
			one.keep(&r.edit, m, r.state.Load() == sent)
			r.finish(m, nil)
		case ended && r.edit.end:
			r.finish(m, nil) // over, and nothing can be noted any more
		case ended:
			r.finish(m, over(s.state(m)))
		default:
			if r.edit.allow != nil {
				if err := r.edit.allow(one.restored(m)); err != nil {
					r.finish(m, err)
					continue
				}
			}
			if !r.claim() {
				r.finish(nil, nil) // nobody waits for it
				continue
			}
			left = append(left, r)
		}
	}
	*batch = left
	if ended || len(left) == 0 {
		return nil, nil
	}
	return one.patch(m, left)
}

// restored is the mode with what this process wrote lately and another program
// overwrote: it is about to be put back.
func (one *writer) restored(m *mode) *mode {
	if len(one.labels) == 0 {
		return m
	}
	set := map[string]any{}
	for name, text := range texts(m.Labels) {
		set[name] = text
	}
	for name, text := range one.labels {
		set[name] = text
	}
	return &mode{ID: m.ID, DateStart: m.DateStart, DateEnd: m.DateEnd, ConfigItems: m.ConfigItems, Labels: set, readAt: m.readAt}
}

// patch is a change of a mode, and what of it is new.
type patch struct {
	body   patchBody
	labels map[string]string
	items  []int64
	until  time.Time
}

// patch makes the patch for the edits, and for what this process wrote lately
// and the mode lacks. nil means that there is nothing to write.
func (one *writer) patch(m *mode, batch []*request) (*patch, error) {
	s := one.w.system
	now := s.now()
	p := &patch{labels: map[string]string{}}
	if !m.has(kindClosed, "") && !m.has(kindDuplicate, "") {
		p.until = one.until // a ticket that is being closed gets no lease back
	}
	p.items = append(p.items, one.items...)
	var within time.Duration
	var without []int64
	for name, text := range one.labels {
		if m.label(name) != text {
			p.labels[name] = text
		}
	}
	for _, r := range batch {
		if err := addTo(p.labels, missing(m, r.edit.entries)...); err != nil {
			return nil, err
		}
		p.items = append(p.items, r.edit.items...)
		without = append(without, r.edit.without...)
		p.body.Cancel = p.body.Cancel || r.edit.end && r.edit.within == 0
		within = max(within, r.edit.within)
		if r.edit.until.After(p.until) {
			p.until = r.edit.until
		}
	}
	// A mode that is over takes nothing back, so a cancel carries along what an
	// older write of ours may overwrite right before it. Should the server drop
	// what comes beside a cancel, nothing is worse than without.
	if len(p.labels) > 0 || p.body.Cancel && one.lostTill.After(time.Now()) {
		p.body.Labels = maps.Collect(texts(m.Labels))
		maps.Copy(p.body.Labels, one.labels)
		maps.Copy(p.body.Labels, p.labels)
	}
	if len(batch) == 0 && m.expires().After(now.Add(2*one.within)) {
		within = one.within // an older change of the end has landed after ours
	}
	switch {
	case within > 0:
		p.body.DateEnd = now.Add(within).UTC().Format(wireTime)
	case p.until.After(m.expires().Add(time.Second)):
		p.body.DateEnd = p.until.UTC().Format(wireTime)
	}
	p.body.ConfigItems = s.widened(m, p.items, without, now)
	if p.body.Labels == nil && p.body.DateEnd == "" && p.body.ConfigItems == nil && !p.body.Cancel {
		return nil, nil
	}
	return p, nil
}

// widened is the scope with the given items added, and without some; nil when
// none is new. Items whose part is over are history and are not sent.
func (s *System) widened(m *mode, items, without []int64, now time.Time) []scopeItem {
	var scope []scopeItem
	in := map[int64]bool{}
	for _, ci := range without {
		in[ci] = true
	}
	for _, i := range m.ConfigItems {
		if !i.final(now) && !in[i.ID] {
			in[i.ID] = true
			scope = append(scope, scopeItem{i.ID, i.Scope, i.Depth})
		}
	}
	before := len(scope)
	for _, ci := range items {
		if !in[ci] {
			in[ci] = true
			scope = append(scope, s.scope(ci))
		}
	}
	if len(scope) == before {
		return nil
	}
	return scope
}

func missing(m *mode, entries []journal.Entry) []journal.Entry {
	var out []journal.Entry
	for _, e := range entries {
		leader := e.Kind == kindMember && e.ID == m.label(labelObject)
		if !leader && !m.has(e.Kind, e.ID) {
			out = append(out, e)
		}
	}
	return out
}

// satisfied reports whether the mode has all that the edit asks for.
func (s *System) satisfied(m *mode, e *edit, now time.Time) bool {
	switch {
	case e.group && !m.has(kindPromoted, ""):
		return false
	case len(missing(m, e.entries)) > 0, e.until.After(m.expires().Add(time.Second)):
		return false
	case e.end && !m.ended(now) && (e.within == 0 || m.expires().After(now.Add(e.within+time.Second))):
		return false
	}
	for _, ci := range e.items {
		if !m.covers(ci, now) {
			return false
		}
	}
	return true
}

// over is the error of a change to a ticket that has ended.
func over(state tt.State) error {
	if state == tt.StateExpired {
		return tt.Errorf(tt.CodeClosed, tt.NotDone, "the ticket's lease has lapsed and the mode cannot change any more: open a new episode, and renew leases in time")
	}
	return tt.Errorf(tt.CodeClosed, tt.NotDone, "the ticket is closed and cannot change any more")
}
