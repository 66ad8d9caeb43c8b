package tttest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ttkit/ttkit/tt"
)

var listRules = []rule{
	{
		name:  "lists/open-only",
		says:  "GetObjectTTs and ListTTs show open tickets only: a ticket leaves them when it is closed, and a pending one stays.",
		check: listsOpenOnly,
	},
	{
		name:  "lists/exact-object",
		says:  "Objects are compared exactly: an object never shows the tickets of one that it is a prefix of, or that differs in letter case.",
		check: listsExact,
	},
	{
		name:  "lists/oldest-first",
		says:  "GetObjectTTs and ListTTs show the oldest ticket first.",
		check: listsOldestFirst,
	},
	{
		name:  "lists/no-ticket",
		says:  "An object without an open ticket is an empty list and no error.",
		check: listsEmpty,
	},
	{
		name:  "lists/unknown-object",
		says:  "An object that the vendor does not know is ErrNotFound, and nothing is made for it.",
		check: listsUnknownObject,
	},
	{
		name:  "lists/namespaces",
		says:  "Systems that share a vendor but not a namespace do not see each other's keys and lists.",
		check: listsNamespaces,
	},
}

func listsOpenOnly(ctx context.Context, e *env) error {
	sys, other, err := e.openTwo(ctx)
	if err != nil {
		return err
	}
	obj := e.object(0)
	var ids []string
	for i := range 3 {
		id, err := e.create(ctx, sys, obj, e.key("open", i))
		if err != nil {
			return err
		}
		ids = append(ids, id)
		if err := e.wait(ctx, tick); err != nil {
			return err
		}
	}
	closed, err := sys.CloseTT(ctx, tt.CloseRequest{ID: ids[1]})
	if err != nil {
		return fmt.Errorf("CloseTT %q: expected true or false, got: %w", ids[1], err)
	}
	if !closed {
		if err := e.pendingListed(ctx, sys, obj, ids[1]); err != nil {
			return err
		}
		if err := e.end(ctx, sys, ids[1]); err != nil {
			return err
		}
	}
	want := []string{ids[0], ids[2]}
	for _, sys := range []tt.System{sys, other} {
		if err := e.listIs(ctx, sys, obj, want...); err != nil {
			return fmt.Errorf("after %q was closed: %w", ids[1], err)
		}
		all, err := e.pages(ctx, sys, 0)
		if err != nil {
			return err
		}
		if !slices.Equal(all, want) {
			return fmt.Errorf("ListTTs after %q was closed: expected %q, got %q", ids[1], want, all)
		}
	}
	return nil
}

// pendingListed: while GetTT says pending, the lists show the ticket.
func (e *env) pendingListed(ctx context.Context, sys tt.System, obj, id string) error {
	ids, err := e.list(ctx, sys, obj)
	if err != nil {
		return err
	}
	all, err := e.pages(ctx, sys, 0)
	if err != nil {
		return err
	}
	t, err := e.get(ctx, sys, id) // after the lists: it may have ended in between
	if err == nil && t.State == tt.StatePending && (!slices.Contains(ids, id) || !slices.Contains(all, id)) {
		err = fmt.Errorf("ticket %q is pending, which counts as open, but GetObjectTTs %q lists %q and ListTTs %q", id, obj, ids, all)
	}
	return err
}

func listsExact(ctx context.Context, e *env) error {
	sys, err := e.open(ctx)
	if err != nil {
		return err
	}
	own := map[string]string{}
	for i, obj := range e.h.Objects {
		if own[obj], err = e.create(ctx, sys, obj, e.key("exact", i)); err != nil {
			return err
		}
	}
	for _, obj := range e.h.Objects {
		if err := e.listIs(ctx, sys, obj, own[obj]); err != nil {
			return fmt.Errorf("each of the objects %q has one ticket: %w", e.h.Objects, err)
		}
	}
	return nil
}

// tick is long enough for two tickets to differ in age, in whole seconds.
const tick = 1100 * time.Millisecond

func listsOldestFirst(ctx context.Context, e *env) error {
	sys, err := e.open(ctx)
	if err != nil {
		return err
	}
	var all []string
	byObject := map[string][]string{}
	for i := range 6 {
		req := e.request(e.object(i%2), e.key("age", i))
		req.Timestamp = time.Now() // the alarm is as old as its ticket, so that both orders agree
		c, err := e.createAs(ctx, sys, req)
		if err != nil {
			return err
		}
		all = append(all, c.ID)
		byObject[req.Object] = append(byObject[req.Object], c.ID)
		if err := e.wait(ctx, tick); err != nil {
			return err
		}
	}
	for obj, want := range byObject {
		if err := e.listIs(ctx, sys, obj, want...); err != nil {
			return err
		}
	}
	got, err := e.pages(ctx, sys, 0)
	if err == nil && !slices.Equal(got, all) {
		err = fmt.Errorf("ListTTs: expected %q, in the order of their making, got %q", all, got)
	}
	return err
}

func listsEmpty(ctx context.Context, e *env) error {
	sys, err := e.open(ctx)
	if err != nil {
		return err
	}
	if err := e.listIs(ctx, sys, e.object(0)); err != nil {
		return err
	}
	page, err := sys.ListTTs(ctx, tt.ListRequest{})
	if err != nil || len(page.IDs) != 0 || page.Next != "" {
		return fmt.Errorf("ListTTs of an empty backend: expected an empty last page, got %+v, %w", page, orNone(err))
	}
	if _, err := e.create(ctx, sys, e.object(1), e.key("other")); err != nil {
		return err
	}
	return e.listIs(ctx, sys, e.object(0))
}

// orNone lets %w print a nil error.
func orNone(err error) error {
	if err == nil {
		return errors.New("no error")
	}
	return err
}

func listsUnknownObject(ctx context.Context, e *env) error {
	if e.h.UnknownObject == "" {
		return skipped("the vendor accepts any object")
	}
	sys, err := e.open(ctx)
	if err != nil {
		return err
	}
	before, err := e.records()
	if err != nil {
		return err
	}
	_, err = sys.GetObjectTTs(ctx, e.h.UnknownObject)
	if err := refused("GetObjectTTs of an unknown object", err, tt.ErrNotFound); err != nil {
		return err
	}
	_, err = sys.CreateTT(ctx, e.request(e.h.UnknownObject, e.key("unknown")))
	if err := refused("CreateTT for an unknown object", err, tt.ErrNotFound); err != nil {
		return err
	}
	return e.unchanged(before)
}

func listsNamespaces(ctx context.Context, e *env) error {
	if e.b.OpenNamespace == nil {
		return skipped("the Backend has no OpenNamespace")
	}
	sys, err := e.open(ctx)
	if err != nil {
		return err
	}
	if err := e.needsKeys(sys); err != nil {
		return err
	}
	other, err := e.openNamespace(ctx, "tttest-other")
	if err != nil {
		return err
	}
	key := e.key("shared")
	ours, err := e.create(ctx, sys, e.object(0), key)
	if err != nil {
		return err
	}
	if err := e.settle(ctx); err != nil {
		return err
	}
	_, err = other.FindTT(ctx, key)
	if err := expect("FindTT in another namespace", err, tt.ErrNotFound); err != nil {
		return err
	}
	theirs, err := e.create(ctx, other, e.object(0), key)
	if err != nil {
		return fmt.Errorf("in another namespace: %w", err)
	}
	if theirs == ours {
		return fmt.Errorf("CreateTT in another namespace: expected a ticket of its own for key %q, got %q", key, ours)
	}
	if err := e.settle(ctx); err != nil {
		return err
	}
	for id, sys := range sorted(map[string]tt.System{ours: sys, theirs: other}) {
		all, err := e.pages(ctx, sys, 0)
		if err != nil {
			return err
		}
		if !slices.Equal(all, []string{id}) {
			return fmt.Errorf("ListTTs: expected only the namespace's own [%q], got %q", id, all)
		}
		found, err := e.find(ctx, sys, key)
		if err != nil {
			return err
		}
		if found != id {
			return fmt.Errorf("FindTT %q: expected the namespace's own %q, got %q", key, id, found)
		}
	}
	return nil
}
