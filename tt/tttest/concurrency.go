package tttest

import (
	"context"
	"fmt"

	"github.com/ttkit/ttkit/tt"
)

var concurrencyRules = []rule{{
	name:  "concurrency/mixed",
	says:  "Every method is safe for concurrent use: many goroutines that each live through a ticket of their own never see another's.",
	check: concurrencyMixed,
}}

func concurrencyMixed(ctx context.Context, e *env) error {
	sys, err := e.open(ctx)
	if err != nil {
		return err
	}
	err = together(8, func(i int) error {
		if err := e.life(ctx, sys, i); err != nil {
			return fmt.Errorf("goroutine %d: %w", i, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := e.settle(ctx); err != nil {
		return err
	}
	left, err := e.pages(ctx, sys, 3)
	if err == nil && len(left) != 0 {
		err = fmt.Errorf("ListTTs after every ticket was closed: expected none, got %q", left)
	}
	return err
}

// life lives through one ticket; every call in it has to succeed.
func (e *env) life(ctx context.Context, sys tt.System, i int) error {
	can := sys.Capabilities()
	req := e.request(e.object(i), e.key("life", i))
	req.Subject = fmt.Sprint("alarm ", i)
	c, err := e.createAs(ctx, sys, req)
	if err != nil {
		return err
	}
	body := fmt.Sprint("remark ", i)
	if err := e.comment(ctx, sys, tt.CommentRequest{ID: c.ID, Body: body, Key: body}); err != nil {
		return err
	}
	if can.PromoteGroupTT {
		if err := e.promote(ctx, sys, c.ID); err != nil {
			return err
		}
		if err := e.add(ctx, sys, c.ID, e.object(i+1)); err != nil {
			return err
		}
	}
	if can.Lease > 0 {
		if err := sys.RenewTT(ctx, c.ID, c.ExpiresAt.Add(can.Lease)); err != nil {
			return fmt.Errorf("RenewTT %q: expected nil, got: %w", c.ID, err)
		}
	}
	if _, err := e.list(ctx, sys, req.Object); err != nil {
		return err
	}
	if _, err := sys.ListTTs(ctx, tt.ListRequest{Limit: 2}); err != nil {
		return fmt.Errorf("ListTTs: expected a page, got: %w", err)
	}
	if _, err := sys.Check(ctx); err != nil {
		return fmt.Errorf("Check: expected results, got: %w", err)
	}
	t, err := e.get(ctx, sys, c.ID)
	if err != nil {
		return err
	}
	if t.ID != c.ID || t.Subject != req.Subject || t.Key != req.Key || count(bodies(t), body) != 1 || len(t.Comments) != 1 {
		return fmt.Errorf("GetTT %q: expected the subject %q, the key %q and the comment %q, got %+v", c.ID, req.Subject, req.Key, body, *t)
	}
	return e.end(ctx, sys, c.ID)
}
