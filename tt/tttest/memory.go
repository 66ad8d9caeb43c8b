package tttest

import (
	"context"
	"fmt"
	"slices"

	"github.com/ttkit/ttkit/tt"
)

var memoryRules = []rule{
	{
		name:  "memory/results",
		says:  "Nothing that is returned shares memory with the System: the caller may write into every result.",
		check: memoryResults,
	},
	{
		name:  "memory/arguments",
		says:  "Nothing that is passed in shares memory with the System: the caller may reuse its slices after the call.",
		check: memoryArguments,
	},
}

const scribble = "scribbled over by the caller"

func memoryResults(ctx context.Context, e *env) error {
	sys, id, err := e.ticket(ctx)
	if err != nil {
		return err
	}
	objs := []string{e.object(0)}
	if sys.Capabilities().PromoteGroupTT {
		if err := e.promote(ctx, sys, id); err != nil {
			return err
		}
		if err := e.add(ctx, sys, id, e.object(1)); err != nil {
			return err
		}
		objs = append(objs, e.object(1))
	}
	if err := e.comment(ctx, sys, tt.CommentRequest{ID: id, Body: "remark"}); err != nil {
		return err
	}
	if err := e.settle(ctx); err != nil {
		return err
	}
	for range 2 { // what the first round scribbles, the second must not see
		t, err := e.get(ctx, sys, id)
		if err != nil {
			return err
		}
		if t.Subject == scribble || !slices.Equal(t.Objects, objs) || !slices.Equal(bodies(t), []string{"remark"}) {
			return fmt.Errorf("GetTT %q after the caller wrote into an earlier result: got %+v", id, *t)
		}
		t.Subject, t.Objects[0], t.Comments[0].Body = scribble, scribble, scribble
		_ = append(t.Objects[:1], scribble)

		ids, err := e.list(ctx, sys, e.object(0))
		if err != nil {
			return err
		}
		page, err := sys.ListTTs(ctx, tt.ListRequest{})
		if err != nil {
			return fmt.Errorf("ListTTs: expected a page, got: %w", err)
		}
		for name, ids := range sorted(map[string][]string{"GetObjectTTs": ids, "ListTTs": page.IDs}) {
			if !slices.Equal(ids, []string{id}) {
				return fmt.Errorf("%s after the caller wrote into an earlier result: expected [%q], got %q", name, id, ids)
			}
			ids[0] = scribble
		}
		checks, err := sys.Check(ctx)
		if err != nil {
			return fmt.Errorf("Check: expected results, got: %w", err)
		}
		for i := range checks {
			if checks[i].Name == scribble {
				return fmt.Errorf("Check after the caller wrote into an earlier result: got %+v", checks)
			}
			checks[i].Name = scribble
		}
	}
	return nil
}

func memoryArguments(ctx context.Context, e *env) error {
	sys, id, err := e.ticket(ctx)
	if err != nil {
		return err
	}
	can := sys.Capabilities()
	if can.Updates {
		if err := e.updatesArguments(ctx, sys, id); err != nil {
			return err
		}
	}
	if !can.PromoteGroupTT {
		return nil
	}
	if err := e.promote(ctx, sys, id); err != nil {
		return err
	}
	objs := make([]string, 2, 8)
	objs[0], objs[1] = e.object(1), e.object(2)
	want := []string{e.object(1), e.object(2)}
	items, err := sys.AddToGroupTT(ctx, id, objs...)
	if err != nil {
		return fmt.Errorf("AddToGroupTT %q %q: expected results, got: %w", id, objs, err)
	}
	if extra := objs[:3][2]; extra != "" || !slices.Equal(objs, want) {
		return fmt.Errorf("AddToGroupTT: expected the caller's slice to be left alone, got %q", objs[:3])
	}
	objs[0], objs[1] = scribble, scribble
	items[0].Object, items[1].Object = scribble, scribble
	if err := e.converge(ctx); err != nil { // what is verified in the background counts as well
		return err
	}
	return e.members(ctx, sys, id, e.object(0), want...)
}

func (e *env) updatesArguments(ctx context.Context, sys tt.System, id string) error {
	now, err := sys.GetUpdates(ctx, tt.UpdatesRequest{IDs: []string{id}})
	if err != nil {
		return fmt.Errorf("GetUpdates of %q: expected a cursor, got: %w", id, err)
	}
	if err := e.comment(ctx, sys, tt.CommentRequest{ID: id, Body: "remark"}); err != nil {
		return err
	}
	ids := []string{id}
	for range 2 {
		batch, err := sys.GetUpdates(ctx, tt.UpdatesRequest{After: now.Next, IDs: ids})
		if err != nil {
			return fmt.Errorf("GetUpdates of %q: expected changes, got: %w", id, err)
		}
		if len(batch.Changes) == 0 || batch.Changes[0].TicketID != id || ids[0] != id {
			return fmt.Errorf("GetUpdates of %q after the caller wrote into an earlier result: got %+v", id, batch.Changes)
		}
		batch.Changes[0].TicketID = scribble
	}
	return nil
}
