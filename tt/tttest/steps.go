package tttest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ttkit/ttkit/tt"
)

// The steps that rules share: each makes a call that has to succeed and says
// what failed, or compares what a call returned.

// object returns one of the harness's objects.
func (e *env) object(i int) string { return e.h.Objects[i%len(e.h.Objects)] }

func (e *env) queue() string {
	if e.h.Queue == "" {
		return "tttest"
	}
	return e.h.Queue
}

// request makes a complete request for an object.
func (e *env) request(obj, key string) tt.CreateRequest {
	return tt.CreateRequest{
		Queue: e.queue(), Object: obj, Reason: "link down",
		Subject: "Uplink of " + obj + " is down", Body: "Lost 3 of 3 probes.\nLast seen 10:15.",
		Login: "noc", Key: key,
	}
}

// create makes a ticket that has to succeed.
func (e *env) create(ctx context.Context, sys tt.System, obj, key string) (string, error) {
	c, err := e.createAs(ctx, sys, e.request(obj, key))
	return c.ID, err
}

func (e *env) createAs(ctx context.Context, sys tt.System, req tt.CreateRequest) (tt.Created, error) {
	c, err := sys.CreateTT(ctx, req)
	if err != nil {
		return c, fmt.Errorf("CreateTT for object %q with key %q: expected a ticket, got: %w", req.Object, req.Key, err)
	}
	return c, nil
}

// get reads a ticket that has to be there.
func (e *env) get(ctx context.Context, sys tt.System, id string) (*tt.Ticket, error) {
	t, err := sys.GetTT(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("GetTT %q: expected the ticket, got: %w", id, err)
	}
	if t == nil {
		return nil, fmt.Errorf("GetTT %q: expected the ticket, got nil without an error", id)
	}
	return t, nil
}

// list reads the open tickets of an object.
func (e *env) list(ctx context.Context, sys tt.System, obj string) ([]string, error) {
	ids, err := sys.GetObjectTTs(ctx, obj)
	if err != nil {
		return nil, fmt.Errorf("GetObjectTTs %q: expected a list, got: %w", obj, err)
	}
	return ids, nil
}

// listIs expects the open tickets of an object, after the settle time.
func (e *env) listIs(ctx context.Context, sys tt.System, obj string, want ...string) error {
	if err := e.settle(ctx); err != nil {
		return err
	}
	got, err := e.list(ctx, sys, obj)
	if err == nil && !slices.Equal(got, want) {
		err = fmt.Errorf("GetObjectTTs %q: expected %q, got %q", obj, want, got)
	}
	return err
}

// pages reads every page of ListTTs.
func (e *env) pages(ctx context.Context, sys tt.System, limit int) ([]string, error) {
	var ids []string
	req := tt.ListRequest{Limit: limit}
	for n := 0; ; n++ {
		page, err := sys.ListTTs(ctx, req)
		switch {
		case err != nil:
			return nil, fmt.Errorf("ListTTs %+v: expected a page, got: %w", req, err)
		case limit > 0 && len(page.IDs) > limit:
			return nil, fmt.Errorf("ListTTs %+v: expected at most %d ids, got %q", req, limit, page.IDs)
		}
		ids = append(ids, page.IDs...)
		if page.Next == "" {
			return ids, nil
		}
		if page.Next == req.After || n > 1000 {
			return nil, fmt.Errorf("ListTTs %+v: expected an end, but Next makes no progress", req)
		}
		req.After = page.Next
	}
}

// find looks up a key that has to be there, after the settle time.
func (e *env) find(ctx context.Context, sys tt.System, key string) (string, error) {
	if err := e.settle(ctx); err != nil {
		return "", err
	}
	id, err := sys.FindTT(ctx, key)
	if err != nil {
		return "", fmt.Errorf("FindTT %q: expected a ticket, got: %w", key, err)
	}
	return id, nil
}

// end closes a ticket and, where the close is pending, waits for it.
func (e *env) end(ctx context.Context, sys tt.System, id string) error {
	return e.endAs(ctx, sys, tt.CloseRequest{ID: id})
}

func (e *env) endAs(ctx context.Context, sys tt.System, req tt.CloseRequest) error {
	closed, err := sys.CloseTT(ctx, req)
	if err != nil {
		return fmt.Errorf("CloseTT %q: expected true or false, got: %w", req.ID, err)
	}
	if closed {
		return nil
	}
	return e.eventually(ctx, func() error {
		t, err := e.get(ctx, sys, req.ID)
		if err == nil && !t.State.Ended() {
			err = fmt.Errorf("CloseTT %q was accepted as pending, but the ticket stays %s", req.ID, t.State)
		}
		return err
	})
}

// comment adds a comment that has to succeed.
func (e *env) comment(ctx context.Context, sys tt.System, req tt.CommentRequest) error {
	if err := sys.AddComment(ctx, req); err != nil {
		return fmt.Errorf("AddComment %q with key %q: expected nil, got: %w", req.ID, req.Key, err)
	}
	return nil
}

// promote makes a group that has to succeed.
func (e *env) promote(ctx context.Context, sys tt.System, id string) error {
	group, err := sys.CreateGroupTT(ctx, id, time.Time{})
	switch {
	case err != nil:
		return fmt.Errorf("CreateGroupTT %q: expected the group, got: %w", id, err)
	case group != id:
		return fmt.Errorf("CreateGroupTT %q: expected the ticket's own id, got %q", id, group)
	}
	return nil
}

// add adds objects that all have to be ok.
func (e *env) add(ctx context.Context, sys tt.System, id string, objs ...string) error {
	items, err := sys.AddToGroupTT(ctx, id, objs...)
	if err != nil {
		return fmt.Errorf("AddToGroupTT %q %q: expected results, got: %w", id, objs, err)
	}
	var want []tt.ItemResult
	for _, obj := range objs {
		want = append(want, tt.ItemResult{Object: obj, Status: tt.ItemOK})
	}
	return itemsAre(items, want...)
}

// itemsAre compares results by object and status, and checks that Err is nil
// exactly when the status is ok.
func itemsAre(got []tt.ItemResult, want ...tt.ItemResult) error {
	same := slices.EqualFunc(got, want, func(g, w tt.ItemResult) bool { return g.Object == w.Object && g.Status == w.Status })
	if !same {
		return fmt.Errorf("AddToGroupTT: expected the results %s, got %s", itemText(want), itemText(got))
	}
	for _, item := range got {
		if (item.Err == nil) != (item.Status == tt.ItemOK) {
			return fmt.Errorf("AddToGroupTT: the item %q is %s with the error %v; Err is nil exactly when the status is ok",
				item.Object, item.Status, item.Err)
		}
	}
	return nil
}

func itemText(items []tt.ItemResult) []string {
	text := make([]string, 0, len(items))
	for _, item := range items {
		text = append(text, fmt.Sprintf("%.40q %s", item.Object, item.Status))
	}
	return text
}

// members expects the objects of a group ticket, the leader first and the
// others in any order.
func (e *env) members(ctx context.Context, sys tt.System, id string, leader string, others ...string) error {
	t, err := e.get(ctx, sys, id)
	if err != nil {
		return err
	}
	if err := objectsAre(t.Objects, leader, others...); err != nil {
		return fmt.Errorf("GetTT %q: %w", id, err)
	}
	return nil
}

func objectsAre(got []string, leader string, others ...string) error {
	want := slices.Sorted(slices.Values(others))
	if len(got) == 0 || got[0] != leader || !slices.Equal(slices.Sorted(slices.Values(got[1:])), want) {
		return fmt.Errorf("expected the leader %q first and then, in any order, the members %q once each, got %q", leader, want, got)
	}
	return nil
}

// bodies returns the comments' bodies.
func bodies(t *tt.Ticket) []string {
	all := make([]string, 0, len(t.Comments))
	for _, c := range t.Comments {
		all = append(all, c.Body)
	}
	return all
}

// expect compares an error with a sentinel of package tt.
func expect(call string, err, want error) error {
	if errors.Is(err, want) {
		return nil
	}
	if err == nil {
		return fmt.Errorf("%s: expected an error that is %v, got nil", call, want)
	}
	return fmt.Errorf("%s: expected an error that is %v, got %s: %w", call, want, tt.CodeOf(err), err)
}

// refused is expect, and the outcome has to be NotDone.
func refused(call string, err, want error) error {
	if wrong := expect(call, err, want); wrong != nil {
		return wrong
	}
	if outcome := outcomeOf(err); outcome != tt.NotDone {
		return fmt.Errorf("%s: expected the outcome %s with this error, got %s: %w", call, tt.NotDone, outcome, err)
	}
	return nil
}

func outcomeOf(err error) tt.Outcome {
	var failure *tt.Error
	if errors.As(err, &failure) {
		return failure.Outcome
	}
	return tt.Unknown
}

// sameSecond compares two times to the second.
func sameSecond(a, b time.Time) bool {
	return a.UTC().Truncate(time.Second).Equal(b.UTC().Truncate(time.Second))
}
