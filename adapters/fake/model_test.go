package fake_test

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/ttkit/ttkit/tt"
)

// model is what a backend should be, written without any index: slices that
// are searched from the beginning, and every past of the lists kept whole.
type model struct {
	lease, lag time.Duration
	async      bool
	closeAfter time.Duration
	noLate     bool // comments on ended tickets are refused

	now     time.Time
	tickets []*modelTicket
	late    []lateCall
	past    []listing
}

type modelTicket struct {
	tt.Ticket
	namespace   string
	ours        bool
	createdAt   time.Time
	closeAt     time.Time // of a pending close that takes effect by itself
	reason      string
	commentKeys []string
}

type lateCall struct {
	at time.Time
	do func()
}

// listing is what the lists show from a time on.
type listing struct {
	from     time.Time
	open     map[string][]string // by namespace
	byObject map[[2]string][]string
}

// advance lets the time pass, and what is due happen in its order.
func (m *model) advance(d time.Duration) {
	end := m.now.Add(d)
	for {
		at, do := m.next()
		if do == nil || at.After(end) {
			break
		}
		m.now = at
		do()
		m.changed()
	}
	m.now = end
}

// next finds what happens next.
func (m *model) next() (at time.Time, do func()) {
	consider := func(when time.Time, what func()) {
		if !when.IsZero() && (do == nil || when.Before(at)) {
			at, do = when, what
		}
	}
	for i, l := range m.late {
		consider(l.at, func() {
			m.late = slices.Delete(m.late, i, i+1)
			l.do()
		})
	}
	for _, t := range m.tickets {
		if t.State.Ended() {
			continue
		}
		consider(t.ExpiresAt, func() { t.end(tt.StateExpired, m.now) })
		if t.State == tt.StatePending {
			consider(t.closeAt, func() { t.close(m.now) })
		}
	}
	return at, do
}

// changed notes what the lists show from now on.
func (m *model) changed() {
	l := listing{from: m.now, open: map[string][]string{}, byObject: map[[2]string][]string{}}
	for _, t := range m.tickets {
		if !t.ours || t.State.Ended() {
			continue
		}
		l.open[t.namespace] = append(l.open[t.namespace], t.ID)
		for _, obj := range t.Objects {
			l.byObject[[2]string{t.namespace, obj}] = append(l.byObject[[2]string{t.namespace, obj}], t.ID)
		}
	}
	m.past = append(m.past, l)
}

// shown is what the lists show now.
func (m *model) shown() listing {
	for _, l := range slices.Backward(m.past) {
		if !l.from.Add(m.lag).After(m.now) {
			return l
		}
	}
	return listing{}
}

func (m *model) byID(id string) *modelTicket {
	for _, t := range m.tickets {
		if t.ID == id {
			return t
		}
	}
	return nil
}

func (m *model) byKey(namespace, key string) *modelTicket {
	for _, t := range m.tickets {
		if t.namespace == namespace && t.Key == key && key != "" {
			return t
		}
	}
	return nil
}

// create returns the ticket that CreateTT should answer with.
func (m *model) create(namespace, object, key string, ours bool) *modelTicket {
	if t := m.byKey(namespace, key); t != nil {
		return t
	}
	t := &modelTicket{namespace: namespace, ours: ours, createdAt: m.now}
	t.ID = strconv.Itoa(len(m.tickets) + 1)
	t.Object, t.Objects, t.Key, t.State = object, []string{object}, key, tt.StateOpen
	if m.lease > 0 {
		t.ExpiresAt = m.now.Add(m.lease)
	}
	m.tickets = append(m.tickets, t)
	return t
}

func (t *modelTicket) end(state tt.State, at time.Time) {
	t.State, t.ClosedAt = state, at
}

func (t *modelTicket) close(at time.Time) {
	t.FinalReason = t.reason
	t.end(tt.StateClosed, at)
}

// closeTT is CloseTT of a ticket that exists.
func (m *model) closeTT(t *modelTicket, body, reason string) (closed bool) {
	if t.State != tt.StateOpen {
		return t.State.Ended()
	}
	at := m.now
	if n := len(t.Comments); n > 0 && t.Comments[n-1].At.After(at) {
		at = t.Comments[n-1].At
	}
	t.comment(body, at)
	t.reason = reason
	if !m.async {
		t.close(m.now)
		return true
	}
	t.State, t.closeAt = tt.StatePending, time.Time{}
	if m.closeAfter > 0 {
		t.closeAt = m.now.Add(m.closeAfter)
	}
	return false
}

func (t *modelTicket) comment(body string, at time.Time) {
	t.Comments = append(t.Comments, tt.Comment{Body: body, At: at})
	slices.SortStableFunc(t.Comments, func(a, b tt.Comment) int { return a.At.Compare(b.At) })
}

// addComment is AddComment on a ticket that exists.
func (m *model) addComment(t *modelTicket, key, body string, at time.Time) tt.Code {
	switch {
	case key != "" && slices.Contains(t.commentKeys, key):
		return ""
	case t.State.Ended() && m.noLate:
		return tt.CodeClosed
	}
	t.commentKeys = append(t.commentKeys, key)
	t.comment(body, at)
	return ""
}

func (m *model) renew(t *modelTicket, until time.Time) tt.Code {
	switch {
	case m.lease == 0:
		return tt.CodeUnsupported
	case t == nil:
		return tt.CodeNotFound
	case t.State.Ended():
		return tt.CodeClosed
	}
	if until.After(t.ExpiresAt) {
		t.ExpiresAt = until
	}
	return ""
}

func (t *modelTicket) promote() tt.Code {
	switch {
	case t.Group != "":
		return ""
	case t.State.Ended():
		return tt.CodeClosed
	}
	t.Group = t.ID
	return ""
}

func (t *modelTicket) join(objs []string) tt.Code {
	switch {
	case t.Group == "":
		return tt.CodeConflict
	case t.State.Ended():
		return tt.CodeClosed
	}
	for _, obj := range objs {
		if !slices.Contains(t.Objects, obj) {
			t.Objects = append(t.Objects, obj)
		}
	}
	return ""
}

func (m *model) reopen(t *modelTicket) tt.Code {
	if t.State == tt.StateOpen {
		return tt.CodeConflict
	}
	if least := m.now.Add(m.lease); t.State.Ended() && m.lease > 0 && t.ExpiresAt.Before(least) {
		t.ExpiresAt = least
	}
	t.State, t.ClosedAt, t.FinalReason, t.closeAt = tt.StateOpen, time.Time{}, "", time.Time{}
	return ""
}

// view is the part of a ticket that model and backend must agree on.
type view struct {
	ID, Object, Group, Key string
	State                  tt.State
	FinalReason            string
	Objects, Comments      []string
	ClosedAt, ExpiresAt    time.Time
}

func viewOf(t tt.Ticket) view {
	v := view{
		ID: t.ID, Object: t.Object, Group: t.Group, Key: t.Key, State: t.State, FinalReason: t.FinalReason,
		Objects: t.Objects, Comments: []string{}, ClosedAt: t.ClosedAt, ExpiresAt: t.ExpiresAt,
	}
	for _, c := range t.Comments {
		v.Comments = append(v.Comments, c.Body)
	}
	return v
}

func (m *model) views() []view {
	views := []view{}
	for _, t := range m.tickets {
		views = append(views, viewOf(t.Ticket))
	}
	return views
}

// names returns the objects that were ever listed, sorted.
func (m *model) names() [][2]string {
	seen := map[[2]string]bool{}
	for _, l := range m.past {
		for name := range l.byObject {
			seen[name] = true
		}
	}
	return slices.SortedFunc(maps.Keys(seen), func(a, b [2]string) int {
		return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]))
	})
}
