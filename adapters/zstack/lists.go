package zstack

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ttkit/ttkit/tt"
)

// GetObjectTTs lists the open tickets of an object by the tags that name it.
// See tt.System.
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
	found, err := s.openTickets(ctx, "__userTag__~="+s.objectTags(obj))
	if err != nil {
		return nil, err
	}
	ids := []string{}
	for _, t := range found {
		ids = append(ids, t.uuid)
	}
	return ids, nil
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
	found, err := s.openTickets(ctx, "__userTag__="+s.mark())
	if err != nil {
		return tt.List{}, err
	}
	list := tt.List{IDs: []string{}}
	var last age
	for _, t := range found {
		if t.compare(after) <= 0 {
			continue
		}
		if len(list.IDs) == limit {
			list.Next = last.String()
			break
		}
		list.IDs = append(list.IDs, t.uuid)
		last = t
	}
	return list, nil
}

// openTickets returns the open tickets with a tag, the oldest first.
func (s *System) openTickets(ctx context.Context, tag string) ([]age, error) {
	rows, err := queryAll(ctx, s, pathTickets, []string{tag, anyOf("status", statusPending, statusIntermediate)},
		func(t ticketRow) string { return t.UUID })
	if err != nil {
		return nil, err
	}
	out := make([]age, 0, len(rows))
	for _, t := range rows {
		if !t.Status.open() || !s.own(t.UUID) {
			continue // a person's, with tags that were copied
		}
		made, err := parseDate(t.Created, time.UTC) // for the order alone: the server's zone does not matter
		if err != nil {
			return nil, tt.Errorf(tt.CodeInternal, tt.NotDone, "the createDate of ticket %s: %w", t.UUID, err)
		}
		out = append(out, age{made.Unix(), t.UUID})
	}
	slices.SortFunc(out, age.compare)
	return out, nil
}

// age is a ticket's place in a list: when it was made, to the second, by the
// digits of the server's clock; and its uuid, among those of the same second.
type age struct {
	made int64
	uuid string
}

func (a age) compare(b age) int {
	return cmp.Or(cmp.Compare(a.made, b.made), strings.Compare(a.uuid, b.uuid))
}

// String is a cursor.
func (a age) String() string { return strconv.FormatInt(a.made, 10) + "." + a.uuid }

func parseAge(cursor string) (age, error) {
	if cursor == "" {
		return age{made: -1 << 62}, nil
	}
	made, uuid, _ := strings.Cut(cursor, ".")
	n, err := strconv.ParseInt(made, 10, 64)
	if err != nil || !isUUID(uuid) {
		return age{}, tt.Errorf(tt.CodeInvalid, tt.NotDone, "after: not a cursor of this system: give List.Next of the page before")
	}
	return age{n, uuid}, nil
}
