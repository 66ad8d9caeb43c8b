package guance

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/ttkit/ttkit/internal/journal"
	"github.com/ttkit/ttkit/tt"
)

// AddComment writes a comment into the names of rules. Closed tickets take
// comments, too. See tt.System.
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
	if err := checkID(req.ID); err != nil {
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
	_, err = s.change(ctx, req.ID, edit{
		entries: []journal.Entry{entry(kindComment, name, r)},
		allow:   func(b *book, along []*edit) error { return room(b, name, along) },
	})
	return err
}

// room refuses a comment that is one too many, with those that travel along. A
// repeat of one of them is none.
func room(b *book, name string, along []*edit) error {
	more := map[string]bool{}
	for _, other := range along {
		for _, e := range lacking(b, other.entries) {
			if e.Kind == kindComment {
				more[e.ID] = true
			}
		}
	}
	if !more[name] && len(b.comments)+len(more) >= maxComments {
		return tt.Errorf(tt.CodeInvalid, tt.NotDone, "the ticket holds %d comments, and no more", maxComments)
	}
	return nil
}

// CreateGroupTT marks the schedule as a group ticket. See tt.System.
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
	if err := checkID(id); err != nil {
		return "", err
	}
	if at.IsZero() {
		at = s.now()
	}
	if y := at.UTC().Year(); y < 1970 || y > 9999 {
		return "", tt.Errorf(tt.CodeInvalid, tt.NotDone, "the time of the promotion lies outside the years 1970 to 9999")
	}
	x, err := s.change(ctx, id, edit{entries: []journal.Entry{entry(kindPromoted, "0", stamp{at.UTC()})}, openOnly: true})
	if err != nil {
		return "", err
	}
	return x.uuid, nil
}

// AddToGroupTT adds objects to the schedule's filter, all good ones in one
// request. An object whose name could mean something else in a filter is in
// the ticket alone. See tt.System.
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
	if err := checkID(groupID); err != nil {
		return nil, err
	}
	bad := map[string]error{}
	var good []string
	for _, obj := range objs {
		if err := tt.ValidateObject(obj); err != nil {
			bad[obj] = err
		} else if !slices.Contains(good, obj) {
			good = append(good, obj)
		}
	}
	if err := s.addMembers(ctx, groupID, good, bad); err != nil {
		return nil, err
	}
	results := make([]tt.ItemResult, len(objs))
	for i, obj := range objs {
		results[i] = tt.ItemOf(obj, bad[obj])
	}
	return results, nil
}

// addMembers adds objects; what fails for all of them goes into bad. Its error
// means that nothing could be tried.
func (s *System) addMembers(ctx context.Context, id string, objs []string, bad map[string]error) error {
	e := edit{group: true, openOnly: true, allow: func(b *book, _ []*edit) error { return promoted(b) }, members: objs}
	for _, obj := range objs {
		e.entries = append(e.entries, entry(kindMember, journal.ID(obj), member{obj, s.stamp()}))
	}
	if len(objs) == 0 { // still tell what is wrong with the group
		x, err := s.current(ctx, id)
		if err != nil {
			return err
		}
		if x.ended(s.now()) {
			return closedGroup()
		}
		return promoted(x.read())
	}
	_, err := s.change(ctx, id, e)
	var failed *tt.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &failed) && failed.Outcome == tt.NotDone:
		return err
	}
	for _, obj := range objs {
		bad[obj] = err
	}
	return nil
}

func closedGroup() error {
	return tt.Errorf(tt.CodeClosed, tt.NotDone, "the ticket is closed: its group cannot change any more")
}

// promoted refuses a ticket that was never promoted to a group ticket.
func promoted(b *book) error {
	if b.has(kindPromoted, "") {
		return nil
	}
	return tt.Errorf(tt.CodeConflict, tt.NotDone, "the ticket is no group ticket: promote it with CreateGroupTT first")
}
