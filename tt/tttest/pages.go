package tttest

import (
	"context"
	"fmt"
	"slices"

	"github.com/ttkit/ttkit/tt"
)

var pageRules = []rule{
	{
		name:  "pages/complete",
		says:  "Whatever the limit, the pages of ListTTs hold every open ticket exactly once, oldest first.",
		check: pagesComplete,
	},
	{
		name:  "pages/default-limit",
		says:  "A limit of 0 means 100: the 101st ticket is on the second page.",
		check: pagesDefaultLimit,
	},
	{
		name:  "pages/changes-meanwhile",
		says:  "A ticket that stays open while the pages are read is on exactly one of them, whatever is closed or made meanwhile.",
		check: pagesChanges,
	},
}

func pagesComplete(ctx context.Context, e *env) error {
	sys, err := e.open(ctx)
	if err != nil {
		return err
	}
	want, err := e.fill(ctx, sys, 5)
	if err != nil {
		return err
	}
	for _, limit := range []int{0, 1, 2, 4, 5, 6, 1000} {
		got, err := e.pages(ctx, sys, limit)
		if err != nil {
			return err
		}
		if !slices.Equal(got, want) {
			return fmt.Errorf("ListTTs with limit %d: expected %q over all pages, got %q", limit, want, got)
		}
	}
	return nil
}

// fill makes n tickets of different ages, and lets them settle.
func (e *env) fill(ctx context.Context, sys tt.System, n int) ([]string, error) {
	var ids []string
	for i := range n {
		id, err := e.create(ctx, sys, e.object(i), e.key("fill", i))
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
		if err := e.wait(ctx, tick); err != nil {
			return nil, err
		}
	}
	return ids, e.settle(ctx)
}

func pagesDefaultLimit(ctx context.Context, e *env) error {
	sys, err := e.open(ctx)
	if err != nil {
		return err
	}
	want := map[string]bool{}
	for i := range 101 {
		id, err := e.create(ctx, sys, e.object(i), e.key("many", i))
		if err != nil {
			return err
		}
		want[id] = true
	}
	if err := e.settle(ctx); err != nil {
		return err
	}
	first, err := sys.ListTTs(ctx, tt.ListRequest{})
	if err != nil {
		return fmt.Errorf("ListTTs: expected a page, got: %w", err)
	}
	if len(first.IDs) > 100 || first.Next == "" {
		return fmt.Errorf("ListTTs of 101 tickets with limit 0: expected at most 100 and a next page, got %d and Next %q",
			len(first.IDs), first.Next)
	}
	all, err := e.pages(ctx, sys, 0)
	if err != nil {
		return err
	}
	for _, id := range all {
		if !want[id] {
			return fmt.Errorf("ListTTs of 101 tickets: %q is listed twice or was never made", id)
		}
		delete(want, id)
	}
	if len(want) > 0 {
		return fmt.Errorf("ListTTs of 101 tickets: %d are missing", len(want))
	}
	return nil
}

func pagesChanges(ctx context.Context, e *env) error {
	sys, err := e.open(ctx)
	if err != nil {
		return err
	}
	ids, err := e.fill(ctx, sys, 6)
	if err != nil {
		return err
	}
	first, err := sys.ListTTs(ctx, tt.ListRequest{Limit: 2})
	if err != nil {
		return fmt.Errorf("ListTTs: expected a page, got: %w", err)
	}
	// One of the page that was read ends, its last, and one of those to come.
	for _, id := range []string{ids[0], ids[1], ids[3]} {
		if err := e.end(ctx, sys, id); err != nil {
			return err
		}
	}
	if _, err := e.create(ctx, sys, e.object(0), e.key("newcomer")); err != nil {
		return err
	}
	seen := first.IDs
	for req := (tt.ListRequest{After: first.Next, Limit: 2}); req.After != ""; {
		page, err := sys.ListTTs(ctx, req)
		if err != nil {
			return fmt.Errorf("ListTTs %+v: expected a page, got: %w", req, err)
		}
		seen = append(seen, page.IDs...)
		if page.Next == req.After {
			return fmt.Errorf("ListTTs %+v: Next makes no progress", req)
		}
		req.After = page.Next
	}
	for _, id := range []string{ids[2], ids[4], ids[5]} {
		if n := count(seen, id); n != 1 {
			return fmt.Errorf("ticket %q stayed open while the pages were read and was on %d of them: %q, of the tickets %q", id, n, seen, ids)
		}
	}
	return nil
}

func count(ids []string, id string) (n int) {
	for _, other := range ids {
		if other == id {
			n++
		}
	}
	return n
}
