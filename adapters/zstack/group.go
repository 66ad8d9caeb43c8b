package zstack

import (
	"context"
	"slices"
	"time"

	"github.com/ttkit/ttkit/internal/flight"
	"github.com/ttkit/ttkit/internal/journal"
	"github.com/ttkit/ttkit/tt"
)

// CreateGroupTT marks the ticket as a group ticket, by a tag. See tt.System.
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
	if at.IsZero() {
		at = s.now()
	}
	if at = at.UTC(); at.Year() < 1970 || at.Year() > 9999 {
		return "", tt.Errorf(tt.CodeInvalid, tt.NotDone, "the time of the promotion lies outside the years 1970 to 9999")
	}
	over, b, err := s.group(ctx, id)
	switch {
	case err != nil:
		return "", err
	case b.promoted:
		return id, nil
	case over:
		return "", errClosed()
	}
	if err := s.addEntry(ctx, id, entry(kindPromoted, "0", stamp{at})); err != nil {
		return "", err
	}
	return id, nil
}

// group reads what decides about a group: whether the ticket is over, and its
// tags.
func (s *System) group(ctx context.Context, id string) (over bool, b *book, err error) {
	if err := ticketUUID(id); err != nil {
		return false, nil, err
	}
	if over, err = s.over(ctx, id); err != nil {
		return false, nil, err
	}
	b, err = s.tags(ctx, id)
	return over, b, err
}

func errClosed() error {
	return tt.Errorf(tt.CodeClosed, tt.NotDone, "the ticket is closed: its group cannot change any more")
}

// AddToGroupTT writes one tag for each object, some at once. See tt.System.
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
	over, b, err := s.group(ctx, groupID)
	switch {
	case err != nil:
		return nil, err
	case over:
		return nil, errClosed()
	case !b.promoted:
		return nil, tt.Errorf(tt.CodeConflict, tt.NotDone, "ticket %s is no group ticket: promote it with CreateGroupTT first", groupID)
	}
	failed := map[string]error{}
	var names, texts []string
	present := b.objects()
	for _, obj := range objs {
		if err := tt.ValidateObject(obj); err != nil {
			failed[obj] = err
			continue
		}
		if slices.Contains(present, obj) || slices.Contains(names, obj) {
			continue
		}
		text, err := s.memberTag(obj)
		if err != nil {
			failed[obj] = err
			continue
		}
		names, texts = append(names, obj), append(texts, text)
	}
	if len(names) > 0 {
		var status flight.Status
		results, err := flight.Run(ctx, &s.flights, &status, func(ctx context.Context) ([]error, error) {
			return s.tagEach(ctx, groupID, texts), nil
		})
		if err != nil {
			return nil, err
		}
		some := slices.ContainsFunc(results, func(err error) bool { return err == nil })
		for i, err := range results {
			switch {
			case err != nil && some: // something of what the call asks for was done
				failed[names[i]] = withOutcome(err, tt.Unknown)
			case err != nil:
				failed[names[i]] = err
			}
		}
	}
	out := make([]tt.ItemResult, len(objs))
	for i, obj := range objs {
		out[i] = tt.ItemOf(obj, failed[obj])
	}
	return out, nil
}

// memberTag is the tag of a member: one text, because an object's name is
// short.
func (s *System) memberTag(obj string) (string, error) {
	pieces, err := journal.Encode(entry(kindMember, s.objectID(obj), member{obj, s.stamp()}), maxText)
	if err != nil {
		return "", tt.Errorf(tt.CodeInternal, tt.NotDone, "writing tags: %w", err)
	}
	return pieces[0].Text, nil
}
