package rsmtest

import (
	"maps"
	"net/http"
	"slices"
)

// create is endpoint C.
func (c *call) create() *problem {
	batch, p := c.flag("batchValidate")
	if p != nil {
		return p
	}
	ch, p := c.readChange(true)
	if p != nil {
		return p
	}
	if c.token.writesNothing() {
		return &problem{status: http.StatusForbidden, text: textMayNotCreate}
	}
	if !ch.end.After(ch.start) || !ch.end.After(c.now) {
		return badRequest(textEndBeforeStart)
	}
	s := c.server
	s.mu.Lock()
	items, p := c.permitted(ch.items, batch)
	if p != nil {
		s.mu.Unlock()
		return p
	}
	var id int64
	if c.knobs.IDs == IDsEarly {
		id = s.nextID(c.knobs.IDs)
	}
	delay := s.nextDelay(c.knobs.CommitDelay)
	s.mu.Unlock()

	if !s.sim.Sleep(delay) {
		return &problem{status: http.StatusServiceUnavailable, text: textUnexpected}
	}

	s.mu.Lock()
	now := s.clock()
	if id == 0 {
		id = s.nextID(c.knobs.IDs)
	}
	m := &Mode{ID: id, Start: ch.start, End: ch.end, Labels: ch.labels, Created: now}
	if ch.title != nil {
		m.Title = *ch.title
	}
	if c.knobs.PastStart == PastStartMoved && m.Start.Before(now) {
		m.Start = c.knobs.cut(now)
	}
	for _, w := range items {
		m.Items = append(m.Items, m.item(w, m.Start, now))
	}
	s.insert(m)
	out := c.answer(m, c.knobs.view(now))
	s.mu.Unlock()
	c.send(http.StatusCreated, out)
	return nil
}

// replace is endpoint R.
func (c *call) replace() *problem { return c.update(true) }

// patch is endpoint P.
func (c *call) patch() *problem { return c.update(false) }

// update changes a mode; whole says that the body replaces it.
func (c *call) update(whole bool) *problem {
	id, p := c.pathID()
	if p != nil {
		return p
	}
	batch, p := c.flag("batchValidate")
	if p != nil {
		return p
	}
	ch, p := c.readChange(whole)
	if p != nil {
		return p
	}
	if whole && ch.title == nil {
		ch.title = new(string)
	}
	ch.setLabels = ch.setLabels || whole

	s := c.server
	s.mu.Lock()
	m := s.find(id)
	if m == nil {
		s.mu.Unlock()
		return &problem{status: http.StatusNotFound, text: textNoMode, id: id}
	}
	if !c.canEdit(m) {
		s.mu.Unlock()
		return &problem{status: http.StatusForbidden, text: textMayNotEdit}
	}
	next := m.clone()
	if p := c.apply(&next, ch, whole, batch); p != nil {
		s.mu.Unlock()
		return p
	}
	m.become(next, c.now, c.knobs.ListLag)
	out := c.answer(m, c.view())
	s.mu.Unlock()
	c.send(http.StatusOK, out)
	return nil
}

// apply checks a change against state, dates and CIs, in this order, and then
// makes it.
func (c *call) apply(m *Mode, ch change, whole, batch bool) *problem {
	state := m.state(c.view())
	switch {
	case state.final() && ch.cancel:
		return badRequest(textFinishedComplete)
	case state.final():
		return badRequest(textFinishedChange)
	case state == Running && ch.cancel && c.knobs.CancelRunning == CancelRejected:
		return badRequest(textStartedCancel)
	case state == Running && !ch.start.IsZero() && !ch.start.Equal(m.Start):
		return badRequest(textStartFrozen)
	}

	start, end := m.Start, m.End
	if !ch.start.IsZero() {
		start = ch.start
	}
	if !ch.end.IsZero() {
		end = ch.end
	}
	dated := !ch.start.IsZero() || !ch.end.IsZero()
	if dated && !end.After(start) || !ch.end.IsZero() && !end.After(c.now) {
		return badRequest(textEndBeforeStart)
	}

	var items []wanted
	if len(ch.items) > 0 {
		var p *problem
		if items, p = c.permitted(ch.items, batch); p != nil {
			return p
		}
	}

	if !ch.cancel || c.knobs.CancelFields == CancelKeepsFields {
		if ch.title != nil {
			m.Title = *ch.title
		}
		if ch.setLabels {
			c.setLabels(m, ch.labels, whole)
		}
		m.reschedule(start, end, c.view())
		if items != nil {
			c.rescope(m, items, !whole && c.knobs.Items == ItemsMerge)
		}
	}
	if ch.cancel {
		m.cancel(state == Running, c.now, c.view(), c.knobs)
	}
	return nil
}

func (c *call) setLabels(m *Mode, labels map[string]any, whole bool) {
	if whole || c.knobs.Labels == LabelsReplace || m.Labels == nil {
		m.Labels = labels
		return
	}
	maps.Copy(m.Labels, labels)
}

// permitted are the wanted items on CIs that exist and that the token may
// change, each CI once. With batch any other is a problem, without it is
// dropped. The server's lock is held.
func (c *call) permitted(items []wanted, batch bool) ([]wanted, *problem) {
	batch = batch && !c.knobs.IgnoreValidate
	var out []wanted
	for _, w := range items {
		if _, ok := c.server.cis[w.ci]; !ok || !c.token.canWrite(w.ci) {
			if batch {
				return nil, badRequest(textNoCIs)
			}
			continue
		}
		if !slices.ContainsFunc(out, func(o wanted) bool { return o.ci == w.ci }) {
			out = append(out, w)
		}
	}
	if len(out) == 0 {
		return nil, badRequest(textNoCIs)
	}
	return out, nil
}
