package tttest

import (
	"context"
	"fmt"
	"slices"

	"github.com/ttkit/ttkit/tt"
)

var foreignRules = []rule{
	{
		name:  "foreign/readable",
		says:  "GetTT reads tickets that people or other programs made, without a key.",
		check: foreignReadable,
	},
	{
		name:  "foreign/not-listed",
		says:  "ListTTs shows only what this library made.",
		check: foreignNotListed,
	},
	{
		name:  "foreign/unchanged",
		says:  "A ticket that this library did not make is never changed unless it is named by its id.",
		check: foreignUnchanged,
	},
	{
		name:  "foreign/remarks",
		says:  "A comment that a person writes on a ticket is never lost when this library writes to it.",
		check: foreignRemarks,
	},
}

// foreign makes a ticket as a person would.
func (e *env) foreign(obj string) (string, error) {
	if e.b.Foreign == nil {
		return "", skipped("the Backend has no Foreign")
	}
	id, err := e.b.Foreign(obj)
	if err != nil {
		return "", fmt.Errorf("the harness could not make a ticket as a person: %w", err)
	}
	return id, nil
}

func foreignReadable(ctx context.Context, e *env) error {
	id, err := e.foreign(e.object(0))
	if err != nil {
		return err
	}
	sys, err := e.open(ctx)
	if err != nil {
		return err
	}
	t, err := e.get(ctx, sys, id)
	if err != nil {
		return err
	}
	if t.ID != id || t.Key != "" || !slices.Contains(t.Objects, e.object(0)) || t.State == tt.StateClosed || t.State == tt.StateExpired {
		return fmt.Errorf("GetTT %q of a person's ticket on %q: expected it with that object, without a key, and not ended, got %+v", id, e.object(0), *t)
	}
	return allUTC(t)
}

func foreignNotListed(ctx context.Context, e *env) error {
	foreign, err := e.foreign(e.object(0))
	if err != nil {
		return err
	}
	sys, err := e.open(ctx)
	if err != nil {
		return err
	}
	own, err := e.create(ctx, sys, e.object(0), e.key("own"))
	if err != nil {
		return err
	}
	if err := e.settle(ctx); err != nil {
		return err
	}
	all, err := e.pages(ctx, sys, 0)
	if err == nil && !slices.Equal(all, []string{own}) {
		err = fmt.Errorf("ListTTs: expected this library's own ticket %q and not a person's %q, got %q", own, foreign, all)
	}
	return err
}

func foreignUnchanged(ctx context.Context, e *env) error {
	foreign, err := e.foreign(e.object(0))
	if err != nil {
		return err
	}
	before, err := e.record(foreign)
	if err != nil {
		return err
	}
	sys, err := e.open(ctx)
	if err != nil {
		return err
	}
	var made []string
	for i := range 2 {
		id, err := e.create(ctx, sys, e.object(0), e.key("neighbour", i))
		if err != nil {
			return err
		}
		made = append(made, id)
	}
	if err := e.comment(ctx, sys, tt.CommentRequest{ID: made[0], Body: "remark"}); err != nil {
		return err
	}
	if sys.Capabilities().PromoteGroupTT {
		if err := e.promote(ctx, sys, made[0]); err != nil {
			return err
		}
		if err := e.add(ctx, sys, made[0], e.object(1)); err != nil {
			return err
		}
	}
	for _, id := range made {
		if err := e.end(ctx, sys, id); err != nil {
			return err
		}
	}
	if _, err := e.get(ctx, sys, foreign); err != nil {
		return err
	}
	if err := e.converge(ctx); err != nil {
		return err
	}
	after, err := e.record(foreign)
	if err != nil {
		return err
	}
	if err := sameRecords([]Record{before}, []Record{after}); err != nil {
		return fmt.Errorf("a person's ticket on %q, beside which tickets were made and closed: %w", e.object(0), err)
	}
	return nil
}

func foreignRemarks(ctx context.Context, e *env) error {
	if e.b.Remark == nil {
		return skipped("the Backend has no Remark")
	}
	sys, id, err := e.ticket(ctx)
	if err != nil {
		return err
	}
	for _, step := range []func() error{
		func() error { return e.comment(ctx, sys, tt.CommentRequest{ID: id, Body: "ours"}) },
		func() error { return e.b.Remark(id, "a person's") },
		func() error { return e.comment(ctx, sys, tt.CommentRequest{ID: id, Body: "ours again"}) },
		func() error { return e.converge(ctx) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	r, err := e.record(id)
	if err != nil {
		return err
	}
	for _, body := range []string{"ours", "a person's", "ours again"} {
		if count(r.Comments, body) != 1 {
			return fmt.Errorf("ticket %q in the backend: expected the comment %q once, got %q", id, body, r.Comments)
		}
	}
	return nil
}
