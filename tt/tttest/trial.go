package tttest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ttkit/ttkit/tt"
)

// trial is one operation made ready to be disturbed: the ticket that it needs
// is there, and its effects can be counted.
type trial struct {
	// call makes the operation. A result that is wrong although the System
	// reports no error is a *wrongResult.
	call func(ctx context.Context, sys tt.System) error

	// effects counts in the backend how often the call took effect; nil for
	// what only reads.
	effects func(ctx context.Context) (int, error)

	// proof checks, in any process, what has to hold in the end. May be nil.
	proof func(ctx context.Context, sys tt.System) error

	keyless bool // a create or a comment without a key: not safe to repeat
	settled bool // the effect was there before: the outcome done is no lie
}

// wrongResult is what a call returned without an error, and should not have.
type wrongResult struct{ error }

func wrong(format string, args ...any) error { return &wrongResult{fmt.Errorf(format, args...)} }

// operation names a trial and prepares it.
type operation struct {
	name    string
	needs   func(tt.Capabilities) bool // nil: every System can do it
	prepare func(ctx context.Context, e *env, sys tt.System) (trial, error)
}

func withKeys(c tt.Capabilities) bool    { return c.KeyGuarantee != "" }
func withLease(c tt.Capabilities) bool   { return c.Lease > 0 }
func withGroups(c tt.Capabilities) bool  { return c.PromoteGroupTT }
func withUpdates(c tt.Capabilities) bool { return c.Updates }

// operations are all that a System does.
var operations = []operation{
	{"CreateTT", withKeys, tryCreate},
	{"CreateTT again", withKeys, tryCreateAgain},
	{"CreateTT without a key", nil, tryKeylessCreate},
	{"GetTT", nil, tryGet},
	{"GetObjectTTs", nil, tryList},
	{"FindTT", withKeys, tryFind},
	{"ListTTs", nil, tryPage},
	{"CloseTT", nil, tryClose},
	{"AddComment", nil, tryComment("remark")},
	{"AddComment without a key", nil, tryComment("")},
	{"RenewTT", withLease, tryRenew},
	{"CreateGroupTT", withGroups, tryPromote},
	{"AddToGroupTT", withGroups, tryAdd},
	{"GetUpdates", withUpdates, tryUpdates},
}

func tryCreate(_ context.Context, e *env, _ tt.System) (trial, error) {
	req := e.request(e.object(0), e.key("tried"))
	req.Timestamp = time.Now().Add(-time.Minute)
	return trial{
		call: func(ctx context.Context, sys tt.System) error {
			c, err := sys.CreateTT(ctx, req)
			if err == nil && tt.ValidateID(c.ID) != nil {
				err = wrong("CreateTT: expected an id, got %+v", c)
			}
			return err
		},
		effects: func(context.Context) (int, error) { open, err := e.openOf(req.Key); return len(open), err },
		proof: func(ctx context.Context, sys tt.System) error {
			r, err := e.oneOpen(req.Key)
			if err != nil {
				return err
			}
			found, err := e.find(ctx, sys, req.Key)
			if err != nil {
				return err
			}
			t, err := e.get(ctx, sys, r.ID)
			if err != nil {
				return err
			}
			if found != r.ID {
				return fmt.Errorf("FindTT %q: expected the open ticket %q, got %q", req.Key, r.ID, found)
			}
			if err := holds(t, req); err != nil {
				return fmt.Errorf("GetTT %q: %w", r.ID, err)
			}
			return e.listIs(ctx, sys, req.Object, r.ID)
		},
	}, nil
}

// tryCreateAgain: the ticket of the key is there; a look-up that fails must
// not lead to another.
func tryCreateAgain(ctx context.Context, e *env, sys tt.System) (trial, error) {
	key := e.key("tried")
	id, err := e.tried(ctx, sys)
	return trial{
		settled: true,
		call: func(ctx context.Context, sys tt.System) error {
			c, err := sys.CreateTT(ctx, e.request(e.object(0), key))
			if err == nil && (c.ID != id || !c.Existed) {
				err = wrong("CreateTT with the key of ticket %q: expected it with Existed, got %+v", id, c)
			}
			return err
		},
		proof: func(ctx context.Context, sys tt.System) error {
			if _, err := e.oneOpen(key); err != nil {
				return err
			}
			return e.listIs(ctx, sys, e.object(0), id)
		},
	}, err
}

func tryKeylessCreate(_ context.Context, e *env, _ tt.System) (trial, error) {
	req := e.request(e.object(0), "")
	return trial{
		keyless: true,
		call:    func(ctx context.Context, sys tt.System) error { _, err := sys.CreateTT(ctx, req); return err },
		effects: func(context.Context) (int, error) {
			records, err := e.records()
			return len(slices.DeleteFunc(records, func(r Record) bool { return !r.Open })), err
		},
	}, nil
}

// tried makes the ticket of a trial.
func (e *env) tried(ctx context.Context, sys tt.System) (string, error) {
	return e.create(ctx, sys, e.object(0), e.key("tried"))
}

func tryGet(ctx context.Context, e *env, sys tt.System) (trial, error) {
	id, err := e.tried(ctx, sys)
	return trial{call: func(ctx context.Context, sys tt.System) error {
		t, err := sys.GetTT(ctx, id)
		switch {
		case err != nil && t != nil:
			return wrong("GetTT %q: expected no ticket beside an error, got %+v", id, *t)
		case err != nil:
			return err
		case t == nil || t.ID != id || t.Object != e.object(0) || t.State != tt.StateOpen:
			return wrong("GetTT %q: expected the open ticket of %q, got %+v", id, e.object(0), t)
		}
		return nil
	}}, err
}

func tryList(ctx context.Context, e *env, sys tt.System) (trial, error) {
	id, err := e.tried(ctx, sys)
	return trial{call: func(ctx context.Context, sys tt.System) error {
		ids, err := sys.GetObjectTTs(ctx, e.object(0))
		if err == nil && !slices.Equal(ids, []string{id}) {
			err = wrong("GetObjectTTs %q: expected [%q], got %q and no error", e.object(0), id, ids)
		}
		return err
	}}, err
}

func tryFind(ctx context.Context, e *env, sys tt.System) (trial, error) {
	key := e.key("tried")
	id, err := e.tried(ctx, sys)
	return trial{call: func(ctx context.Context, sys tt.System) error {
		found, err := sys.FindTT(ctx, key)
		if err == nil && found != id {
			err = wrong("FindTT %q: expected %q, got %q and no error", key, id, found)
		}
		return err
	}}, err
}

func tryPage(ctx context.Context, e *env, sys tt.System) (trial, error) {
	id, err := e.tried(ctx, sys)
	return trial{call: func(ctx context.Context, sys tt.System) error {
		page, err := sys.ListTTs(ctx, tt.ListRequest{})
		if err == nil && (!slices.Equal(page.IDs, []string{id}) || page.Next != "") {
			err = wrong("ListTTs: expected [%q] as the last page, got %+v and no error", id, page)
		}
		return err
	}}, err
}

func tryClose(ctx context.Context, e *env, sys tt.System) (trial, error) {
	id, err := e.tried(ctx, sys)
	return trial{
		call: func(ctx context.Context, sys tt.System) error {
			_, err := sys.CloseTT(ctx, tt.CloseRequest{ID: id, Body: "over", Reason: "repaired"})
			return err
		},
		effects: func(context.Context) (int, error) {
			r, err := e.record(id)
			if err != nil || r.Open {
				return 0, err
			}
			return 1, nil
		},
		proof: func(ctx context.Context, sys tt.System) error {
			if err := e.end(ctx, sys, id); err != nil {
				return err
			}
			t, err := e.get(ctx, sys, id)
			if err == nil && (t.State != tt.StateClosed || t.FinalReason != "repaired" || !slices.Equal(bodies(t), []string{"over"})) {
				err = fmt.Errorf("GetTT %q: expected it closed, with its reason and its closing text once, got %s, %q, %q",
					id, t.State, t.FinalReason, bodies(t))
			}
			return err
		},
	}, err
}

func tryComment(key string) func(context.Context, *env, tt.System) (trial, error) {
	return func(ctx context.Context, e *env, sys tt.System) (trial, error) {
		id, err := e.tried(ctx, sys)
		if err == nil { // what is there already must survive
			err = e.comment(ctx, sys, tt.CommentRequest{ID: id, Body: "first", At: time.Now().Add(-time.Minute), Key: "first"})
		}
		at := time.Now()
		return trial{
			keyless: key == "",
			call: func(ctx context.Context, sys tt.System) error {
				return sys.AddComment(ctx, tt.CommentRequest{ID: id, Body: "remark", Login: "alice", At: at, Key: key})
			},
			effects: func(context.Context) (int, error) { r, err := e.record(id); return count(r.Comments, "remark"), err },
			proof: func(ctx context.Context, sys tt.System) error {
				t, err := e.get(ctx, sys, id)
				if err == nil && (len(t.Comments) == 0 || t.Comments[0].Body != "first" || count(bodies(t), "remark") > 1) {
					err = fmt.Errorf("GetTT %q: expected the earlier comment first and the new one once at most, got %q", id, bodies(t))
				}
				return err
			},
		}, err
	}
}

func tryRenew(ctx context.Context, e *env, sys tt.System) (trial, error) {
	id, err := e.tried(ctx, sys)
	if err != nil {
		return trial{}, err
	}
	end, err := e.expiry(ctx, sys, id)
	until := end.Add(time.Hour)
	return trial{
		call: func(ctx context.Context, sys tt.System) error { return sys.RenewTT(ctx, id, until) },
		effects: e.observed(id, func(t *tt.Ticket) bool {
			return t.State == tt.StateOpen && t.ExpiresAt.Sub(until).Abs() <= 2*time.Second
		}),
	}, err
}

func tryPromote(ctx context.Context, e *env, sys tt.System) (trial, error) {
	id, err := e.tried(ctx, sys)
	return trial{
		call: func(ctx context.Context, sys tt.System) error {
			group, err := sys.CreateGroupTT(ctx, id, time.Time{})
			if err == nil && group != id {
				err = wrong("CreateGroupTT %q: expected the ticket's own id, got %q", id, group)
			}
			return err
		},
		effects: e.observed(id, func(t *tt.Ticket) bool { return t.Group == id }),
	}, err
}

// observed counts 1 when a process of its own sees the effect in the ticket.
func (e *env) observed(id string, effect func(*tt.Ticket) bool) func(context.Context) (int, error) {
	return func(ctx context.Context) (int, error) {
		observer, err := e.open(ctx)
		if err != nil {
			return 0, err
		}
		t, err := e.get(ctx, observer, id)
		if err != nil || !effect(t) {
			return 0, err
		}
		return 1, nil
	}
}

func tryAdd(ctx context.Context, e *env, sys tt.System) (trial, error) {
	id, err := e.tried(ctx, sys)
	if err == nil {
		err = e.promote(ctx, sys, id)
	}
	if err == nil {
		err = e.add(ctx, sys, id, e.object(1))
	}
	objs := []string{e.object(2), e.object(1), e.object(3)}
	return trial{
		call: func(ctx context.Context, sys tt.System) error {
			items, err := sys.AddToGroupTT(ctx, id, objs...)
			if err != nil {
				return err
			}
			return itemsError(objs, items)
		},
		effects: func(context.Context) (int, error) {
			r, err := e.record(id)
			return max(count(r.Objects, objs[0]), count(r.Objects, objs[2])), err
		},
		proof: func(ctx context.Context, sys tt.System) error {
			if err := e.listIs(ctx, sys, objs[2], id); err != nil {
				return err
			}
			return e.members(ctx, sys, id, e.object(0), e.h.Objects[1:4]...)
		},
	}, err
}

func tryUpdates(ctx context.Context, e *env, sys tt.System) (trial, error) {
	now, err := sys.GetUpdates(ctx, tt.UpdatesRequest{All: true})
	if err != nil {
		return trial{}, fmt.Errorf("GetUpdates from now on: expected a cursor, got: %w", err)
	}
	id, err := e.tried(ctx, sys)
	return trial{call: func(ctx context.Context, sys tt.System) error {
		batch, err := sys.GetUpdates(ctx, tt.UpdatesRequest{After: now.Next, All: true})
		told := slices.ContainsFunc(batch.Changes, func(c tt.Change) bool { return c.TicketID == id && c.Action == tt.ActionCreate })
		if err == nil && !told {
			err = wrong("GetUpdates: expected to be told that ticket %q was made, got %+v and no error", id, batch)
		}
		return err
	}}, err
}

// itemsError is the first error among results that otherwise have to be ok.
func itemsError(objs []string, items []tt.ItemResult) error {
	if len(items) != len(objs) {
		return wrong("AddToGroupTT of %q: expected one result each, got %s", objs, itemText(items))
	}
	var failed error
	for i, item := range items {
		if item.Object != objs[i] || (item.Err == nil) != (item.Status == tt.ItemOK) {
			return wrong("AddToGroupTT of %q: expected results in that order, with an error exactly where they are not ok, got %s", objs, itemText(items))
		}
		if item.Status == tt.ItemTemp && !tt.IsTemporary(item.Err) {
			return wrong("AddToGroupTT: the item %q is temp with an error that is not temporary: %w", item.Object, item.Err)
		}
		if failed == nil {
			failed = item.Err
		}
	}
	return failed
}
