package rsm

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/ttkit/ttkit/internal/journal"
	"github.com/ttkit/ttkit/tt"
)

// AddComment writes a comment into the mode's labels. A mode that is over
// takes none. See tt.System.
func (s *System) AddComment(ctx context.Context, req tt.CommentRequest) error {
	return s.done(s.comment(ctx, req), "AddComment", req.ID, req.Key != "")
}

func (s *System) comment(ctx context.Context, req tt.CommentRequest) error {
	ctx, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer s.flights.Leave()
	if err := req.Validate(); err != nil {
		return err
	}
	id, err := modeID(req.ID)
	if err != nil {
		return err
	}
	r := remark{At: req.At.UTC(), ReplyTo: req.ReplyTo}
	if req.At.IsZero() {
		r.At = s.stamp()
	}
	r.Subject = fit(req.Subject, maxSubject, &r.Truncated)
	r.Body = fit(req.Body, maxComment, &r.Truncated)
	r.Login = fit(req.Login, maxShort, &r.Truncated)
	name := randomHex(8)
	if req.Key != "" {
		name = journal.ID(req.Key)
	}
	_, err = s.change(ctx, id, edit{
		entries: []journal.Entry{entry(kindComment, name, r)},
		allow:   func(m *mode, along []*edit) error { return room(m, name, along) },
	})
	return err
}

// room refuses a comment that is one too many, with those that travel along. A
// repeat of one of them is none.
func room(m *mode, name string, along []*edit) error {
	more := map[string]bool{}
	for _, other := range along {
		for _, e := range missing(m, other.entries) {
			if e.Kind == kindComment {
				more[e.ID] = true
			}
		}
	}
	if !more[name] && m.count(kindComment)+len(more) >= maxComments {
		return tt.Errorf(tt.CodeInvalid, tt.NotDone, "the ticket holds %d comments already, and its labels no more", maxComments)
	}
	return nil
}

// RenewTT moves the mode's dateEnd. See tt.System.
func (s *System) RenewTT(ctx context.Context, id string, until time.Time) error {
	return s.done(s.renew(ctx, id, until), "RenewTT", id, true)
}

func (s *System) renew(ctx context.Context, id string, until time.Time) error {
	ctx, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer s.flights.Leave()
	n, err := modeID(id)
	if err != nil {
		return err
	}
	if !writable(until) {
		return tt.Errorf(tt.CodeInvalid, tt.NotDone, "the end of the lease lies outside the years 1970 to 9998")
	}
	until = until.UTC().Add(time.Second - 1).Truncate(time.Second) // never earlier than asked
	m, err := s.current(ctx, n)
	if err != nil {
		return err
	}
	if m.ended(s.now()) {
		return over(s.state(m))
	}
	if !until.After(m.expires()) {
		return nil
	}
	_, err = s.change(ctx, m.ID, edit{
		base:    m,
		allow:   notClosing,
		until:   until,
		entries: []journal.Entry{entry(kindRenewed, journal.ID(until.Format(time.RFC3339)), stamp{until})},
	})
	return err
}

// writable reports whether a time can be written as a date, whatever the
// offset it is shown with.
func writable(t time.Time) bool { return t.UTC().Year() >= 1970 && t.UTC().Year() <= 9998 }

// notClosing refuses to lengthen a ticket whose close has been accepted: its
// end may be what closes it.
func notClosing(m *mode, _ []*edit) error {
	if !m.has(kindClosed, "") {
		return nil
	}
	return tt.Errorf(tt.CodeClosed, tt.NotDone, "the ticket is being closed: its end is not moved any more")
}

// CreateGroupTT marks the mode as a group ticket. See tt.System.
func (s *System) CreateGroupTT(ctx context.Context, id string, at time.Time) (string, error) {
	group, err := s.promote(ctx, id, at)
	return group, s.done(err, "CreateGroupTT", id, true)
}

func (s *System) promote(ctx context.Context, id string, at time.Time) (string, error) {
	ctx, err := s.begin(ctx)
	if err != nil {
		return "", err
	}
	defer s.flights.Leave()
	n, err := modeID(id)
	if err != nil {
		return "", err
	}
	if at.IsZero() {
		at = s.now()
	}
	if !writable(at) {
		return "", tt.Errorf(tt.CodeInvalid, tt.NotDone, "the time of the promotion lies outside the years 1970 to 9998")
	}
	m, err := s.change(ctx, n, edit{entries: []journal.Entry{entry(kindPromoted, "0", stamp{at.UTC()})}})
	if err != nil {
		return "", err
	}
	return m.id(), nil
}

// AddToGroupTT takes config items into the mode's scope, all good ones in one
// request. See tt.System.
func (s *System) AddToGroupTT(ctx context.Context, groupID string, objs ...string) ([]tt.ItemResult, error) {
	results, err := s.add(ctx, groupID, objs)
	if err != nil {
		return nil, s.done(err, "AddToGroupTT", groupID, true)
	}
	for i, r := range results {
		results[i].Err = s.done(r.Err, "AddToGroupTT", groupID, true)
	}
	return results, nil
}

func (s *System) add(ctx context.Context, groupID string, objs []string) ([]tt.ItemResult, error) {
	ctx, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer s.flights.Leave()
	id, err := modeID(groupID)
	if err != nil {
		return nil, err
	}
	bad := map[string]error{}
	var good []string
	for _, obj := range objs {
		if err := tt.ValidateObject(obj); err != nil {
			bad[obj] = err
		} else {
			good = append(good, obj)
		}
	}
	items := map[string]int64{}
	if len(s.anchors) == 0 && len(good) > 0 {
		ids, failed, err := s.resolve(ctx, good)
		if err != nil {
			return nil, lookingUp("the members", err)
		}
		items = ids
		for obj, err := range failed {
			bad[obj] = err
		}
	}
	good = good[:0:0]
	for _, obj := range objs {
		if bad[obj] == nil && !slices.Contains(good, obj) {
			good = append(good, obj)
		}
	}
	if err := s.addMembers(ctx, id, good, items, nil, bad); err != nil {
		return nil, err
	}
	results := make([]tt.ItemResult, len(objs))
	for i, obj := range objs {
		results[i] = tt.ItemOf(obj, bad[obj])
	}
	return results, nil
}

// addMembers adds objects that were resolved; what fails for one of them goes
// into bad. Its error means that nothing could be tried. gone holds the config
// items of the group that exist no more; nil: not known yet.
func (s *System) addMembers(ctx context.Context, id int64, objs []string, items map[string]int64, gone []int64, bad map[string]error) error {
	e := edit{group: true, without: gone, allow: func(m *mode, _ []*edit) error { return promoted(m) }}
	for _, obj := range objs {
		if ci := items[obj]; ci > 0 {
			e.items = append(e.items, ci)
		}
		e.entries = append(e.entries, entry(kindMember, s.objectHash(obj), member{obj, items[obj], s.stamp()}))
	}
	if len(objs) == 0 { // still tell what is wrong with the group
		m, err := s.current(ctx, id)
		if err != nil {
			return err
		}
		if m.ended(s.now()) {
			return over(s.state(m))
		}
		return promoted(m)
	}
	_, err := s.change(ctx, id, e)
	var failed *tt.Error
	switch {
	case err == nil:
		return nil
	case isRefusal(err) && gone == nil && len(e.items) > 0: // perhaps for what the group holds already
		if gone, err = s.gone(ctx, id); err != nil {
			return err
		}
		return s.addMembers(ctx, id, objs, items, gone, bad)
	case isRefusal(err) && len(objs) > 1: // find the one that is refused
		for _, obj := range objs {
			if err := s.addMembers(ctx, id, []string{obj}, items, gone, bad); err != nil {
				bad[obj] = err
			}
		}
		return nil
	case errors.Is(err, errItems) || isRefusal(err):
		s.objects.forget(objs...)
		bad[objs[0]] = err
		return nil
	case errors.As(err, &failed) && failed.Outcome == tt.NotDone:
		return err
	}
	for _, obj := range objs {
		bad[obj] = err
	}
	return nil
}

// gone lists the config items of a group that the inventory does not show any
// more. The server refuses a scope that holds one, and with it every new
// member. It is never nil without an error.
func (s *System) gone(ctx context.Context, id int64) ([]int64, error) {
	m, err := s.current(ctx, id)
	if err != nil {
		return nil, err
	}
	now := s.now()
	held := map[int64]bool{}
	for _, i := range m.ConfigItems {
		if !i.final(now) {
			held[i.ID] = true
		}
	}
	for some := range slices.Chunk(slices.Sorted(maps.Keys(held)), maxAsked) {
		rows, err := s.items(ctx, itemsFilter{IDs: some})
		if err != nil {
			return nil, lookingUp("the members", err)
		}
		for _, row := range rows {
			delete(held, row.ID)
		}
	}
	return slices.AppendSeq([]int64{}, maps.Keys(held)), nil
}

// promoted refuses a ticket that was never promoted to a group ticket.
func promoted(m *mode) error {
	if m.has(kindPromoted, "") {
		return nil
	}
	return tt.Errorf(tt.CodeConflict, tt.NotDone, "ticket %s is no group ticket: promote it with CreateGroupTT first", m.id())
}
