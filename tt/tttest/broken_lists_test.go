package tttest_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

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
		s.objectTTs = func(_ context.Context, obj string) ([]string, error) {
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
		how:    "orders ids as text",
		caught: []string{"pages/complete"},
		spoil: func(s *spoiled, _ *state) {
			s.list = func(ctx context.Context, req tt.ListRequest) (tt.List, error) {
				page, err := s.System.ListTTs(ctx, req)
				slices.SortFunc(page.IDs, func(a, b string) int { return -strings.Compare(a, b) })
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

var brokenGroups = []broken{
	{
		how:    "gives a group an id of its own",
		caught: []string{"groups/promote"},
		spoil: func(s *spoiled, _ *state) {

			s.promote = func(ctx context.Context, id string, at time.Time) (string, error) {
				group, err := s.System.CreateGroupTT(ctx, id, at)
				return "G" + group, err
			}
		},
	},
	{
		how:    "cannot promote twice",
		caught: []string{"groups/promote"},
		spoil: func(s *spoiled, _ *state) {
			s.promote = func(ctx context.Context, id string, at time.Time) (string, error) {
				if t, err := s.System.GetTT(ctx, id); err == nil && t.Group != "" {
					return "", tt.Errorf(tt.CodeConflict, tt.NotDone, "it is a group already")
				}
				return s.System.CreateGroupTT(ctx, id, at)
			}
		},
	},
	{
		how:    "returns results in an order of its own",
		caught: []string{"groups/results"},
		spoil: func(s *spoiled, _ *state) {
			s.add = func(ctx context.Context, id string, objs ...string) ([]tt.ItemResult, error) {
				items, err := s.System.AddToGroupTT(ctx, id, objs...)
				return reversed(items), err
			}
		},
	},
	{
		how:    "returns no result for members that are there already",
		caught: []string{"groups/results"},
		spoil: func(s *spoiled, _ *state) {
			s.add = func(ctx context.Context, id string, objs ...string) ([]tt.ItemResult, error) {
				t, _ := s.System.GetTT(ctx, id)
				items, err := s.System.AddToGroupTT(ctx, id, objs...)
				return slices.DeleteFunc(items, func(i tt.ItemResult) bool { return t != nil && slices.Contains(t.Objects, i.Object) }), err
			}
		},
	},
	{
		how:    "shows a member's own tickets only",
		caught: []string{"groups/members", "groups/lists"},
		spoil:  listWhere(func(t tt.Ticket, obj string) bool { return !t.State.Ended() && t.Object == obj }),
	},
	{
		how:    "shows every group ticket to every object",
		caught: []string{"groups/lists"},
		spoil:  listWhere(func(t tt.Ticket, obj string) bool { return openMember(t, obj) || t.Group != "" }),
	},
	{
		how:    "loses a member when two are added at once",
		caught: []string{"groups/at-once", "groups/two-writers"},
		spoil: func(s *spoiled, shared *state) {
			s.add = func(ctx context.Context, id string, objs ...string) ([]tt.ItemResult, error) {
				defer shared.done()
				if !shared.alone() {
					var items []tt.ItemResult
					for _, obj := range objs {
						items = append(items, tt.ItemOf(obj, nil))
					}
					return items, nil
				}
				turn()
				return s.System.AddToGroupTT(ctx, id, objs...)
			}
		},
	},
	{
		how:    "shows closed groups to members",
		caught: []string{"groups/close"},
		spoil: listWhere(func(t tt.Ticket, obj string) bool {
			return openMember(t, obj) || t.Group != "" && t.Object != obj && slices.Contains(t.Objects, obj)
		}),
	},
	{
		how:    "fails the whole group for one bad object",
		caught: []string{"groups/bad-object"},
		spoil: func(s *spoiled, _ *state) {
			s.add = func(ctx context.Context, id string, objs ...string) ([]tt.ItemResult, error) {
				for _, obj := range objs {
					if err := tt.ValidateObject(obj); err != nil {
						return nil, err
					}
				}
				return s.System.AddToGroupTT(ctx, id, objs...)
			}
		},
	},
	{
		how:     "says that an object that there is not has joined",
		caught:  []string{"groups/unknown-object"},
		options: []fake.Option{fake.WithInventory(objects...)},
		harness: func(h *tttest.Harness) { h.UnknownObject = "no-such-object" },
		spoil: func(s *spoiled, _ *state) {
			s.add = func(ctx context.Context, id string, objs ...string) ([]tt.ItemResult, error) {
				items, err := s.System.AddToGroupTT(ctx, id, objs...)
				for i := range items {
					items[i] = tt.ItemOf(items[i].Object, nil)
				}
				return items, err
			}
		},
	},
	{
		how:    "promotes a ticket that is only added to",
		caught: []string{"groups/never-promoted"},
		spoil: func(s *spoiled, _ *state) {
			s.add = func(ctx context.Context, id string, objs ...string) ([]tt.ItemResult, error) {
				_, _ = s.System.CreateGroupTT(ctx, id, time.Time{})
				return s.System.AddToGroupTT(ctx, id, objs...)
			}
		},
	},
	{
		how:    "adds to closed groups without a word",
		caught: []string{"groups/closed"},
		spoil: func(s *spoiled, _ *state) {
			s.add = func(ctx context.Context, id string, objs ...string) ([]tt.ItemResult, error) {
				items, err := s.System.AddToGroupTT(ctx, id, objs...)
				if errors.Is(err, tt.ErrClosed) {
					return nil, nil
				}
				return items, err
			}
		},
	},
}

// changeUpdates breaks what GetUpdates returns.
func changeUpdates(change func(req tt.UpdatesRequest, batch *tt.Updates)) func(*spoiled, *state) {
	return func(s *spoiled, _ *state) {
		s.updates = func(ctx context.Context, req tt.UpdatesRequest) (tt.Updates, error) {
			batch, err := s.System.GetUpdates(ctx, req)
			change(req, &batch)
			return batch, err
		}
	}
}

var brokenUpdates = []broken{
	{
		how:    "tells the latest change first",
		caught: []string{"updates/feed"},
		spoil:  changeUpdates(func(_ tt.UpdatesRequest, batch *tt.Updates) { slices.Reverse(batch.Changes) }),
	},
	{
		how:    "tells the past to whoever has no cursor",
		caught: []string{"updates/from-now"},
		spoil: func(s *spoiled, _ *state) {
			s.updates = func(ctx context.Context, req tt.UpdatesRequest) (tt.Updates, error) {
				if req.After == "" {
					req.After = "0"
				}
				return s.System.GetUpdates(ctx, req)
			}
		},
	},
	{
		how:    "makes no progress with its cursor",
		caught: []string{"updates/pages"},
		spoil: changeUpdates(func(req tt.UpdatesRequest, batch *tt.Updates) {
			if req.After != "" {
				batch.Next = req.After
			}
		}),
	},
	{
		how:    "drops what does not fit into the limit",
		caught: []string{"updates/pages"},
		spoil: func(s *spoiled, _ *state) {
			s.updates = func(ctx context.Context, req tt.UpdatesRequest) (tt.Updates, error) {
				limit := req.Limit
				req.Limit = 0
				batch, err := s.System.GetUpdates(ctx, req)
				if limit > 0 && len(batch.Changes) > limit {
					batch.Changes = batch.Changes[:limit]
				}
				return batch, err
			}
		},
	},
	{
		how:    "tells of every ticket when asked about one",
		caught: []string{"updates/ids"},
		spoil: func(s *spoiled, _ *state) {
			s.updates = func(ctx context.Context, req tt.UpdatesRequest) (tt.Updates, error) {
				req.All, req.IDs = true, nil
				return s.System.GetUpdates(ctx, req)
			}
		},
	},
	{
		how:    "understands the cursors of its own process only",
		caught: []string{"updates/other-process"},
		spoil: func(s *spoiled, shared *state) {
			mine := strconv.FormatInt(shared.n.Add(1), 10) + "-"
			s.updates = func(ctx context.Context, req tt.UpdatesRequest) (tt.Updates, error) {
				cursor, known := strings.CutPrefix(req.After, mine)
				if !known {
					cursor = ""
				}
				req.After = cursor
				batch, err := s.System.GetUpdates(ctx, req)
				batch.Next = mine + batch.Next
				return batch, err
			}
		},
	},
	{
		how:    "takes what people did for its own",
		caught: []string{"updates/own"},
		spoil: changeUpdates(func(_ tt.UpdatesRequest, batch *tt.Updates) {
			for i := range batch.Changes {
				batch.Changes[i].Own = true
			}
		}),
	},
}
