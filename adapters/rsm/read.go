package rsm

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/ttkit/ttkit/internal/converge"
	"github.com/ttkit/ttkit/tt"
)

// GetTT reads a service mode. Modes that this library did not make can be
// read too: their subject is the title, their objects are config item ids.
// See tt.System.
func (s *System) GetTT(ctx context.Context, id string) (*tt.Ticket, error) {
	ticket, err := s.ticket(ctx, id)
	return ticket, s.done(err, "GetTT", id, true)
}

func (s *System) ticket(ctx context.Context, id string) (*tt.Ticket, error) {
	ctx, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer s.flights.Leave()
	n, err := modeID(id)
	if err != nil {
		return nil, err
	}
	m, err := s.current(ctx, n)
	if err != nil {
		return nil, err
	}
	return s.view(m), nil
}

// early is how much before its lease a mode must end to count as ended by
// somebody: dates are whole seconds of two clocks.
const early = 2 * time.Second

// state derives a ticket's state: a mode has none of its own.
func (s *System) state(m *mode) tt.State {
	now, b := s.now(), m.read()
	if !m.ended(now) {
		if b.closed != nil {
			return tt.StatePending
		}
		return tt.StateOpen
	}
	switch {
	case b.closed != nil, b.duplicate != nil, !b.ours:
		return tt.StateClosed
	case slices.ContainsFunc(m.ConfigItems, item.cancelled):
		return tt.StateClosed // by a person, in the console
	}
	if end, known := m.end(now); !known || end.Before(b.lease.Add(-early)) {
		return tt.StateClosed // over before its time: by a person, too
	}
	return tt.StateExpired
}

// view makes a Ticket of a mode.
func (s *System) view(m *mode) *tt.Ticket {
	b, now := m.read(), s.now()
	t := &tt.Ticket{
		ID: m.id(), Key: b.header.Key, State: s.state(m),
		OpenedAt: m.DateStart.Time, ExpiresAt: m.expires(),
		Comments: []tt.Comment{},
	}
	if b.ours {
		h := b.header
		t.Queue, t.Object, t.PreReason, t.Owner = h.Queue, h.Object, h.Reason, h.Login
		t.Subject, t.Body, t.OpenedAt, t.Truncated = h.Subject, h.Body, h.Opened, h.Truncated
		t.Objects = append(t.Objects, h.Object)
		for _, member := range b.members {
			if !slices.Contains(t.Objects, member.Object) {
				t.Objects = append(t.Objects, member.Object)
			}
		}
	} else {
		s.viewForeign(t, m)
	}
	if m.has(kindPromoted, "") {
		t.Group = t.ID
	}
	for _, c := range b.comments {
		t.Comments = append(t.Comments, c.comment())
		t.Truncated = t.Truncated || c.Truncated
	}
	t.StageAt = time.UnixMilli(m.age().made).UTC() // not when the alarm was raised
	if t.State.Ended() {
		end, known := m.end(now)
		switch {
		case b.closed != nil && (!known || b.closed.At.Before(end)):
			t.ClosedAt = b.closed.At.UTC()
		case known:
			t.ClosedAt = end
		default: // cancelled in the console, where dates are left as planned
			t.ClosedAt = m.DateStart.Time
		}
		t.StageAt = t.ClosedAt
	}
	if c := b.closed; c != nil {
		t.FinalReason = c.Reason
		t.Truncated = t.Truncated || c.Truncated
		if t.State == tt.StatePending {
			t.StageAt = c.At
		}
		if c.Subject != "" || c.Body != "" {
			t.Comments = append(t.Comments, c.comment())
		}
	}
	for _, i := range m.ConfigItems { // a mode has no state of its own: an item speaks for it
		t.StageID, t.Stage = i.State, i.State
		if !i.final(now) {
			break
		}
	}
	return t
}

func (s *System) viewForeign(t *tt.Ticket, m *mode) {
	if m.Title != nil {
		t.Subject = *m.Title
	}
	for _, i := range m.ConfigItems {
		obj := strconv.FormatInt(i.ID, 10)
		if !slices.Contains(t.Objects, obj) {
			t.Objects = append(t.Objects, obj)
		}
	}
	if len(t.Objects) > 0 {
		t.Object = t.Objects[0]
	}
}

func (r remark) comment() tt.Comment {
	return tt.Comment{ID: r.id, ReplyTo: r.ReplyTo, At: r.At, Login: r.Login, Subject: r.Subject, Body: r.Body}
}

// FindTT looks a key up, and ends what lost the election. See tt.System.
func (s *System) FindTT(ctx context.Context, key string) (string, error) {
	id, err := s.find(ctx, key)
	return id, s.done(err, "FindTT", id, true)
}

func (s *System) find(ctx context.Context, key string) (string, error) {
	ctx, err := s.begin(ctx)
	if err != nil {
		return "", err
	}
	defer s.flights.Leave()
	if err := tt.ValidateKey(key); err != nil {
		return "", err
	}
	m, found, err := s.engine.Find(ctx, converge.Key{Hash: tt.KeyHash(s.cfg.Namespace, key), Text: key})
	switch {
	case err != nil:
		return "", err
	case !found:
		return "", tt.Errorf(tt.CodeNotFound, tt.NotDone, "no ticket of key %q in this namespace", key)
	}
	return m.id(), nil
}

// GetObjectTTs lists the open tickets of a config item. See tt.System.
func (s *System) GetObjectTTs(ctx context.Context, obj string) ([]string, error) {
	ids, err := s.objectTickets(ctx, obj)
	return ids, s.done(err, "GetObjectTTs", "", true)
}

func (s *System) objectTickets(ctx context.Context, obj string) ([]string, error) {
	ctx, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer s.flights.Leave()
	if err := tt.ValidateObject(obj); err != nil {
		return nil, err
	}
	var found []*mode
	var ci int64
	if len(s.anchors) > 0 {
		// The object is in the labels only: its hash stands in tt_obj, and in
		// the name of the label that makes it a member of a group.
		found, err = s.list(ctx, s.objectHash(obj), &filterBody{DateEnd: s.notEnded()})
	} else {
		ids, failed, lookErr := s.resolve(ctx, []string{obj})
		if lookErr != nil {
			return nil, lookingUp(obj, lookErr)
		}
		if err := failed[obj]; err != nil {
			return nil, err
		}
		ci = ids[obj]
		found, err = s.list(ctx, "", &filterBody{ConfigItemIDs: []int64{ci}, DateEnd: s.notEnded()})
	}
	if err != nil {
		return nil, err
	}
	slices.SortFunc(found, oldestFirst)
	ids := []string{}
	now, marker := s.now(), s.marker()
	for _, m := range found {
		if !m.ticket(marker) || m.ended(now) || m.has(kindDuplicate, "") {
			continue
		}
		if ci != 0 && m.covers(ci, now) || ci == 0 && m.names(obj) {
			ids = append(ids, m.id())
		}
	}
	return ids, nil
}

// names reports whether the ticket's labels name the object.
func (m *mode) names(obj string) bool {
	b := m.read()
	return b.ours && b.header.Object == obj ||
		slices.ContainsFunc(b.members, func(x member) bool { return x.Object == obj })
}

// ListTTs lists the open tickets of the namespace. See tt.System.
func (s *System) ListTTs(ctx context.Context, req tt.ListRequest) (tt.List, error) {
	list, err := s.page(ctx, req)
	return list, s.done(err, "ListTTs", "", true)
}

func (s *System) page(ctx context.Context, req tt.ListRequest) (tt.List, error) {
	ctx, err := s.begin(ctx)
	if err != nil {
		return tt.List{}, err
	}
	defer s.flights.Leave()
	if err := req.Validate(); err != nil {
		return tt.List{}, err
	}
	after, err := parseAge(req.After)
	if err != nil {
		return tt.List{}, err
	}
	limit := req.Limit
	if limit == 0 {
		limit = 100
	}
	found, err := s.openTickets(ctx)
	if err != nil {
		return tt.List{}, err
	}
	list := tt.List{IDs: []string{}}
	var last age
	for _, m := range found {
		if m.age().compare(after) <= 0 || m.has(kindDuplicate, "") {
			continue
		}
		if len(list.IDs) == limit {
			list.Next = last.String()
			break
		}
		list.IDs = append(list.IDs, m.id())
		last = m.age()
	}
	return list, nil
}
