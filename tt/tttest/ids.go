package tttest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ttkit/ttkit/tt"
)

var idRules = []rule{
	{
		name:  "ids/grammar",
		says:  "An id is 1 to 64 bytes of printable ASCII without a colon, as tt.ValidateID says.",
		check: idGrammar,
	},
	{
		name:  "ids/distinct",
		says:  "Two tickets never have the same id.",
		check: idDistinct,
	},
	{
		name:  "ids/same-everywhere",
		says:  "A ticket has one id: CreateTT, GetTT, FindTT, GetObjectTTs and ListTTs give the same, in every process.",
		check: idSame,
	},
	{
		name:  "ids/unknown",
		says:  "Whatever is asked of an id that no ticket has is ErrNotFound and changes nothing.",
		check: idUnknown,
	},
}

func idGrammar(ctx context.Context, e *env) error {
	sys, err := e.open(ctx)
	if err != nil {
		return err
	}
	for i := range 3 {
		id, err := e.create(ctx, sys, e.object(i), e.key("grammar", i))
		if err != nil {
			return err
		}
		if err := tt.ValidateID(id); err != nil {
			return fmt.Errorf("CreateTT returned the id %q: %w", id, err)
		}
	}
	return nil
}

func idDistinct(ctx context.Context, e *env) error {
	sys, other, err := e.openTwo(ctx)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for i := range 6 {
		from := []tt.System{sys, other}[i%2]
		id, err := e.create(ctx, from, e.object(i/2), e.key("distinct", i)) // two tickets per object
		if err != nil {
			return err
		}
		if seen[id] {
			return fmt.Errorf("CreateTT returned the id %q a second time, for another key", id)
		}
		seen[id] = true
	}
	return nil
}

func idSame(ctx context.Context, e *env) error {
	sys, other, err := e.openTwo(ctx)
	if err != nil {
		return err
	}
	obj, key := e.object(0), e.key("same")
	id, err := e.create(ctx, sys, obj, key)
	if err != nil {
		return err
	}
	if err := e.settle(ctx); err != nil {
		return err
	}
	for name, sys := range sorted(map[string]tt.System{"the creator": sys, "another process": other}) {
		t, err := e.get(ctx, sys, id)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if t.ID != id {
			return fmt.Errorf("%s: GetTT %q returned a ticket with the id %q", name, id, t.ID)
		}
		if err := e.listIs(ctx, sys, obj, id); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		all, err := e.pages(ctx, sys, 0)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if !slices.Equal(all, []string{id}) {
			return fmt.Errorf("%s: ListTTs: expected [%q], got %q", name, id, all)
		}
		if key == "" {
			continue
		}
		found, err := e.find(ctx, sys, key)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if found != id {
			return fmt.Errorf("%s: FindTT %q: expected %q, got %q", name, key, id, found)
		}
	}
	_, err = e.record(id)
	return err
}

// strangers look like ids, but name no ticket.
var strangers = []string{"999999999", "no-such-ticket"}

func idUnknown(ctx context.Context, e *env) error {
	sys, err := e.open(ctx)
	if err != nil {
		return err
	}
	if _, err := e.create(ctx, sys, e.object(0), e.key("known")); err != nil {
		return err
	}
	before, err := e.records()
	if err != nil {
		return err
	}
	can := sys.Capabilities()
	for i, id := range strangers {
		calls := map[string]error{}
		_, calls["GetTT"] = sys.GetTT(ctx, id)
		var closed bool
		closed, calls["CloseTT"] = sys.CloseTT(ctx, tt.CloseRequest{ID: id, Body: "over"})
		if closed {
			return fmt.Errorf("CloseTT %q: expected false with ErrNotFound, got true", id)
		}
		calls["AddComment"] = sys.AddComment(ctx, tt.CommentRequest{ID: id, Body: "hello"})
		if can.Lease > 0 {
			calls["RenewTT"] = sys.RenewTT(ctx, id, time.Now().Add(2*can.Lease))
		}
		if can.PromoteGroupTT {
			_, calls["CreateGroupTT"] = sys.CreateGroupTT(ctx, id, time.Time{})
			_, calls["AddToGroupTT"] = sys.AddToGroupTT(ctx, id, e.object(1))
		}
		for op, err := range sorted(calls) {
			// A vendor whose ids are numbers may refuse a word before it asks.
			if i > 0 && tt.CodeOf(err) == tt.CodeInvalid {
				continue
			}
			if err := refused(fmt.Sprintf("%s %q", op, id), err, tt.ErrNotFound); err != nil {
				return err
			}
		}
	}
	return e.unchanged(before)
}
