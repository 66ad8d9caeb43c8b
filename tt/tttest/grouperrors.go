package tttest

import (
	"context"
	"fmt"
	"time"

	"github.com/ttkit/ttkit/tt"
)

var groupErrorRules = []rule{
	{
		name:  "groups/bad-object",
		level: Groups,
		says:  "One bad object does not fail the others: it is fail, they are ok, and the call itself has no error.",
		check: groupsBadObject,
	},
	{
		name:  "groups/unknown-object",
		level: Groups,
		says:  "An object that the vendor does not know is fail with ErrNotFound; the others are ok.",
		check: groupsUnknownObject,
	},
	{
		name:  "groups/never-promoted",
		level: Groups,
		says:  "AddToGroupTT on a ticket that was never promoted is ErrConflict, and changes nothing.",
		check: groupsNeverPromoted,
	},
	{
		name:  "groups/closed",
		level: Groups,
		says:  "AddToGroupTT on a closed group ticket is ErrClosed, and changes nothing.",
		check: groupsClosed,
	},
}

func groupsBadObject(ctx context.Context, e *env) error {
	sys, id, err := e.group(ctx)
	if err != nil {
		return err
	}
	objs := []string{e.object(1), "", e.object(2), "sw\x1b[2J", " sw", e.object(3)}
	items, err := sys.AddToGroupTT(ctx, id, objs...)
	if err != nil {
		return fmt.Errorf("AddToGroupTT %q %q: one bad object does not fail the others: expected results and no error, got: %w", id, objs, err)
	}
	var want []tt.ItemResult
	for i, obj := range objs {
		status := tt.ItemOK
		if i == 1 || i == 3 || i == 4 {
			status = tt.ItemFail
		}
		want = append(want, tt.ItemResult{Object: obj, Status: status})
	}
	if err := itemsAre(items, want...); err != nil {
		return err
	}
	for _, i := range []int{1, 3, 4} {
		if err := refused(fmt.Sprintf("AddToGroupTT of the object %q", objs[i]), items[i].Err, tt.ErrInvalid); err != nil {
			return err
		}
	}
	return e.members(ctx, sys, id, e.object(0), e.object(1), e.object(2), e.object(3))
}

func groupsUnknownObject(ctx context.Context, e *env) error {
	if e.h.UnknownObject == "" {
		return skipped("the vendor accepts any object")
	}
	sys, id, err := e.group(ctx)
	if err != nil {
		return err
	}
	items, err := sys.AddToGroupTT(ctx, id, e.object(1), e.h.UnknownObject, e.object(2))
	if err != nil {
		return fmt.Errorf("AddToGroupTT %q with an unknown object among others: expected results and no error, got: %w", id, err)
	}
	err = itemsAre(items, tt.ItemResult{Object: e.object(1), Status: tt.ItemOK},
		tt.ItemResult{Object: e.h.UnknownObject, Status: tt.ItemFail}, tt.ItemResult{Object: e.object(2), Status: tt.ItemOK})
	if err != nil {
		return err
	}
	if err := refused("AddToGroupTT of an unknown object", items[1].Err, tt.ErrNotFound); err != nil {
		return err
	}
	return e.members(ctx, sys, id, e.object(0), e.object(1), e.object(2))
}

func groupsNeverPromoted(ctx context.Context, e *env) error {
	sys, err := e.grouping(ctx)
	if err != nil {
		return err
	}
	id, err := e.create(ctx, sys, e.object(0), e.key("single"))
	if err != nil {
		return err
	}
	if err := e.cannotAdd(ctx, sys, id, tt.ErrConflict); err != nil {
		return err
	}
	_, err = sys.AddToGroupTT(ctx, id, e.object(0)) // the ticket has it, but is no group
	return refused(fmt.Sprintf("AddToGroupTT %q of the object of a ticket that was never promoted", id), err, tt.ErrConflict)
}

func groupsClosed(ctx context.Context, e *env) error {
	sys, id, err := e.group(ctx)
	if err != nil {
		return err
	}
	if err := e.end(ctx, sys, id); err != nil {
		return err
	}
	if err := e.cannotAdd(ctx, sys, id, tt.ErrClosed); err != nil {
		return err
	}
	single, err := e.create(ctx, sys, e.object(1), e.key("single"))
	if err != nil {
		return err
	}
	if err := e.end(ctx, sys, single); err != nil {
		return err
	}
	if _, err := sys.CreateGroupTT(ctx, single, time.Time{}); err != nil {
		return refused(fmt.Sprintf("CreateGroupTT of the closed ticket %q", single), err, tt.ErrClosed)
	}
	return nil
}

// cannotAdd: nothing can be tried, so the call itself fails.
func (e *env) cannotAdd(ctx context.Context, sys tt.System, id string, want error) error {
	if err := e.converge(ctx); err != nil {
		return err
	}
	before, err := e.records()
	if err != nil {
		return err
	}
	_, err = sys.AddToGroupTT(ctx, id, e.object(1), e.object(2))
	if err := refused(fmt.Sprintf("AddToGroupTT %q", id), err, want); err != nil {
		return err
	}
	return e.unchanged(before)
}
