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
		how:    "takes a ticket's own object for a member, promoted or not",
		caught: []string{"groups/never-promoted"},
		spoil: func(s *spoiled, _ *state) {
			s.add = func(ctx context.Context, id string, objs ...string) ([]tt.ItemResult, error) {
				if t, err := s.System.GetTT(ctx, id); err == nil && len(objs) == 1 && objs[0] == t.Object && !t.State.Ended() {
					return []tt.ItemResult{tt.ItemOf(objs[0], nil)}, nil
				}
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
