package tttest_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/ttkit/ttkit/adapters/fake"
	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/tttest"
)

// changeLists breaks what GetObjectTTs returns.
func changeLists(change func(ids []string) []string) func(*spoiled, *state) {
	return func(s *spoiled, _ *state) {
		s.objectTTs = func(ctx context.Context, obj string) ([]string, error) {
			ids, err := s.System.GetObjectTTs(ctx, obj)
			return change(ids), err
		}
	}
}

// listWhere makes GetObjectTTs list every ticket that it takes for the
// object's.
func listWhere(is func(t tt.Ticket, obj string) bool) func(*spoiled, *state) {
	return func(s *spoiled, _ *state) {
		s.objectTTs = func(ctx context.Context, obj string) ([]string, error) {
			if _, err := s.System.GetObjectTTs(ctx, obj); err != nil {
				return nil, err
			}
			var ids []string
			for _, t := range s.backend().Tickets() {
				if is(t, obj) {
					ids = append(ids, t.ID)
				}
			}
			return ids, nil
		}
	}
}

func openMember(t tt.Ticket, obj string) bool {
	return !t.State.Ended() && slices.Contains(t.Objects, obj)
}

func reversed[T any](list []T) []T {
	slices.Reverse(list)
	return list
}

var brokenLists = []broken{
	{
		how:    "lists closed tickets",
		caught: []string{"lists/open-only"},
		spoil:  listWhere(func(t tt.Ticket, obj string) bool { return t.Object == obj }),
	},
	{
		how:     "hides pending tickets",
		caught:  []string{"lists/open-only"},
		spoil:   listWhere(func(t tt.Ticket, obj string) bool { return t.Object == obj && t.State == tt.StateOpen }),
		options: []fake.Option{fake.WithPendingClose(0), fake.WithPendingClose(1e9)},
	},
	{
		how:    "finds objects by their beginning",
		caught: []string{"lists/exact-object"},
		spoil:  listWhere(func(t tt.Ticket, obj string) bool { return strings.HasPrefix(t.Object, obj) && !t.State.Ended() }),
	},
	{
		how:    "ignores letter case in objects",
		caught: []string{"lists/exact-object"},
		spoil:  listWhere(func(t tt.Ticket, obj string) bool { return strings.EqualFold(t.Object, obj) && !t.State.Ended() }),
	},
	{
		how:    "lists the newest ticket first",
		caught: []string{"lists/oldest-first"},
		spoil:  changeLists(reversed[string]),
	},
	{
		how:    "reads its pages from the newest ticket back",
		caught: []string{"pages/complete"},
		spoil: func(s *spoiled, _ *state) {
			s.list = func(ctx context.Context, req tt.ListRequest) (tt.List, error) {
				page, err := s.System.ListTTs(ctx, req)
				slices.Reverse(page.IDs)
				return page, err
			}
		},
	},
	{
		how:    "does not find an object without tickets",
		caught: []string{"lists/no-ticket"},
		spoil: func(s *spoiled, _ *state) {
			s.objectTTs = func(ctx context.Context, obj string) ([]string, error) {
				ids, err := s.System.GetObjectTTs(ctx, obj)
				if err == nil && len(ids) == 0 {
					err = tt.Annotate(tt.ErrNotFound, "fake", "kit", "GetObjectTTs", "")
				}
				return ids, err
			}
		},
	},
	{
		how:     "has no tickets for an object that there is not",
		caught:  []string{"lists/unknown-object"},
		options: []fake.Option{fake.WithInventory(objects...)},
		harness: func(h *tttest.Harness) { h.UnknownObject = "no-such-object" },
		spoil: func(s *spoiled, _ *state) {
			s.objectTTs = func(ctx context.Context, obj string) ([]string, error) {
				ids, err := s.System.GetObjectTTs(ctx, obj)
				if errors.Is(err, tt.ErrNotFound) {
					err = nil
				}
				return ids, err
			}
		},
	},
	{
		how:    "looks keys up in every namespace",
		caught: []string{"lists/namespaces"},
		spoil: func(s *spoiled, _ *state) {
			s.find = func(ctx context.Context, key string) (string, error) {
				id, err := s.System.FindTT(ctx, key)
				if errors.Is(err, tt.ErrNotFound) {
					return s.backend().Open("kit").FindTT(ctx, key)
				}
				return id, err
			}
		},
	},
}

var brokenPages = []broken{
	{
		how:    "loses a ticket at the end of a page",
		caught: []string{"pages/complete"},
		spoil: func(s *spoiled, _ *state) {
			s.list = func(ctx context.Context, req tt.ListRequest) (tt.List, error) {
				page, err := s.System.ListTTs(ctx, req)
				if page.Next != "" {
					page.IDs = page.IDs[:len(page.IDs)-1]
				}
				return page, err
			}
		},
	},
	{
		how:    "never ends its pages",
		caught: []string{"pages/complete"},
		spoil: func(s *spoiled, _ *state) {
			s.list = func(ctx context.Context, req tt.ListRequest) (tt.List, error) {
				page, err := s.System.ListTTs(ctx, req)
				if page.Next == "" {
					page.Next = req.After
				}
				if page.Next == "" {
					page.Next = "0"
				}
				return page, err
			}
		},
	},
	{
		how:    "gives everything at once when no limit is given",
		caught: []string{"pages/default-limit"},
		spoil: func(s *spoiled, _ *state) {
			s.list = func(ctx context.Context, req tt.ListRequest) (tt.List, error) {
				if req.Limit == 0 {
					req.Limit = 1_000_000
				}
				return s.System.ListTTs(ctx, req)
			}
		},
	},
	{
		how:    "counts its pages from the start of a list that shrinks",
		caught: []string{"pages/changes-meanwhile"},
		spoil: func(s *spoiled, _ *state) {
			s.list = func(ctx context.Context, req tt.ListRequest) (tt.List, error) {
				all, err := s.System.ListTTs(ctx, tt.ListRequest{Limit: 1_000_000})
				if err != nil {
					return tt.List{}, err
				}
				from, _ := strconv.Atoi(req.After)
				from = min(from, len(all.IDs))
				to := min(from+req.Limit, len(all.IDs))
				page := tt.List{IDs: all.IDs[from:to]}
				if to < len(all.IDs) {
					page.Next = strconv.Itoa(to)
				}
				return page, nil
			}
		},
	},
}
