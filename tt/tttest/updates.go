package tttest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ttkit/ttkit/tt"
)

var updateRules = []rule{
	{
		name:  "updates/feed",
		level: Updates,
		says:  "GetUpdates tells what happened since the cursor, in the order in which it happened, with the ticket, the time in UTC, and an id of each change.",
		check: updatesFeed,
	},
	{
		name:  "updates/from-now",
		level: Updates,
		says:  "An empty cursor means from now on: the past is not told, and Next is a cursor.",
		check: updatesFromNow,
	},
	{
		name:  "updates/pages",
		level: Updates,
		says:  "Whatever the limit, Next makes progress and no change is lost; the same cursor tells the same changes again, under the same ids.",
		check: updatesPages,
	},
	{
		name:  "updates/ids",
		level: Updates,
		says:  "With IDs, changes of other tickets are not told.",
		check: updatesIDs,
	},
	{
		name:  "updates/other-process",
		level: Updates,
		says:  "A cursor can be stored: another process continues from it.",
		check: updatesOtherProcess,
	},
	{
		name:  "updates/own",
		level: Updates,
		says:  "Own is true for what this library changed, from whichever process, and false for what a person changed.",
		check: updatesOwn,
	},
}

// feeding opens a System with a feed and returns a cursor from now on.
func (e *env) feeding(ctx context.Context) (tt.System, string, error) {
	sys, err := e.open(ctx)
	if err != nil {
		return nil, "", err
	}
	if !sys.Capabilities().Updates {
		return nil, "", skipped("Capabilities.Updates is false: there is no feed")
	}
	now, err := sys.GetUpdates(ctx, tt.UpdatesRequest{All: true})
	if err == nil && now.Next == "" {
		err = errors.New("no cursor in Next")
	}
	if err != nil {
		return nil, "", fmt.Errorf("GetUpdates from now on: expected a cursor, got: %w", err)
	}
	return sys, now.Next, nil
}

// read reads batches from a cursor until nothing more comes: a batch may be
// empty because it held changes of other tickets only, two in a row are the end.
func (e *env) read(ctx context.Context, sys tt.System, req tt.UpdatesRequest) ([]tt.Change, error) {
	var all []tt.Change
	empty := false
	for range 1000 {
		batch, err := sys.GetUpdates(ctx, req)
		if err != nil {
			return nil, fmt.Errorf("GetUpdates %+v: expected changes, got: %w", req, err)
		}
		all = append(all, batch.Changes...)
		switch {
		case req.Limit > 0 && len(batch.Changes) > req.Limit:
			return nil, fmt.Errorf("GetUpdates %+v: expected at most %d changes, got %d", req, req.Limit, len(batch.Changes))
		case len(batch.Changes) == 0 && (empty || batch.Next == req.After):
			return all, nil
		case len(batch.Changes) > 0 && batch.Next == req.After:
			return nil, fmt.Errorf("GetUpdates %+v: %d changes came, but Next makes no progress", req, len(batch.Changes))
		}
		empty = len(batch.Changes) == 0
		req.After = batch.Next
	}
	return nil, fmt.Errorf("GetUpdates %+v: the changes do not end after 1000 batches", req)
}

// story makes a ticket, comments on it and closes it.
func (e *env) story(ctx context.Context, sys tt.System, i int) (string, error) {
	id, err := e.create(ctx, sys, e.object(i), e.key("story", i))
	if err != nil {
		return "", err
	}
	if err := e.comment(ctx, sys, tt.CommentRequest{ID: id, Body: "a remark", Login: "alice"}); err != nil {
		return "", err
	}
	if err := e.endAs(ctx, sys, tt.CloseRequest{ID: id, Login: "bob"}); err != nil {
		return "", err
	}
	return id, e.settle(ctx)
}

// toldStory expects the changes of story, at least once each, in order.
func toldStory(changes []tt.Change, id string) error {
	var first []tt.Action
	for _, c := range changes {
		if c.TicketID == id && !slices.Contains(first, c.Action) {
			first = append(first, c.Action)
		}
	}
	first = slices.DeleteFunc(first, func(a tt.Action) bool {
		return a != tt.ActionCreate && a != tt.ActionComment && a != tt.ActionClose // the vendor may tell more
	})
	want := []tt.Action{tt.ActionCreate, tt.ActionComment, tt.ActionClose}
	if !slices.Equal(first, want) {
		return fmt.Errorf("GetUpdates: expected ticket %q to be told as %q, got %q", id, want, first)
	}
	return nil
}

func updatesFeed(ctx context.Context, e *env) error {
	sys, cursor, err := e.feeding(ctx)
	if err != nil {
		return err
	}
	id, err := e.story(ctx, sys, 0)
	if err != nil {
		return err
	}
	changes, err := e.read(ctx, sys, tt.UpdatesRequest{After: cursor, All: true})
	if err != nil {
		return err
	}
	if err := toldStory(changes, id); err != nil {
		return err
	}
	seen := map[string]bool{}
	for i, c := range changes {
		switch {
		case c.ID == "" || seen[c.ID]:
			return fmt.Errorf("GetUpdates: expected an id of its own for every change of one reading, got %+v", c)
		case c.TicketID != id:
			return fmt.Errorf("GetUpdates: expected changes of ticket %q only, got %+v", id, c)
		case c.At.IsZero() || c.At.Location() != time.UTC:
			return fmt.Errorf("GetUpdates: expected a time in UTC, got %+v", c)
		case i > 0 && c.At.Before(changes[i-1].At.Truncate(time.Second)):
			return fmt.Errorf("GetUpdates: expected the order in which it happened, got %+v before %+v", changes[i-1], c)
		}
		seen[c.ID] = true
	}
	return nil
}

func updatesFromNow(ctx context.Context, e *env) error {
	sys, _, err := e.feeding(ctx)
	if err != nil {
		return err
	}
	if _, err := e.story(ctx, sys, 0); err != nil {
		return err
	}
	if err := e.wait(ctx, tick); err != nil {
		return err
	}
	now, err := sys.GetUpdates(ctx, tt.UpdatesRequest{All: true})
	if err != nil {
		return fmt.Errorf("GetUpdates from now on: expected a cursor, got: %w", err)
	}
	if len(now.Changes) != 0 || now.Next == "" {
		return fmt.Errorf("GetUpdates without a cursor: expected no changes of the past and a cursor, got %+v", now)
	}
	id, err := e.story(ctx, sys, 1)
	if err != nil {
		return err
	}
	changes, err := e.read(ctx, sys, tt.UpdatesRequest{After: now.Next, All: true})
	if err != nil {
		return err
	}
	return toldStory(changes, id)
}

func updatesPages(ctx context.Context, e *env) error {
	sys, cursor, err := e.feeding(ctx)
	if err != nil {
		return err
	}
	for i := range 2 {
		if _, err := e.story(ctx, sys, i); err != nil {
			return err
		}
	}
	whole, err := e.read(ctx, sys, tt.UpdatesRequest{After: cursor, All: true})
	if err != nil {
		return err
	}
	for _, limit := range []int{1, 2, 3, 1000} {
		again, err := e.read(ctx, sys, tt.UpdatesRequest{After: cursor, All: true, Limit: limit})
		if err != nil {
			return err
		}
		if !slices.Equal(changeIDs(again), changeIDs(whole)) {
			return fmt.Errorf("GetUpdates with limit %d from the same cursor: expected the changes %q, got %q", limit, changeIDs(whole), changeIDs(again))
		}
	}
	return nil
}

// changeIDs lists the changes, without what was delivered again.
func changeIDs(changes []tt.Change) (ids []string) {
	for _, c := range changes {
		if !slices.Contains(ids, c.ID) {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

func updatesIDs(ctx context.Context, e *env) error {
	sys, cursor, err := e.feeding(ctx)
	if err != nil {
		return err
	}
	if _, err := e.story(ctx, sys, 0); err != nil {
		return err
	}
	wanted, err := e.story(ctx, sys, 1)
	if err != nil {
		return err
	}
	for _, limit := range []int{0, 1} {
		changes, err := e.read(ctx, sys, tt.UpdatesRequest{After: cursor, IDs: []string{wanted}, Limit: limit})
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(changes, func(c tt.Change) bool { return c.TicketID != wanted }); i >= 0 {
			return fmt.Errorf("GetUpdates of %q: expected its changes only, got %+v", wanted, changes[i])
		}
		if err := toldStory(changes, wanted); err != nil {
			return fmt.Errorf("with limit %d: %w", limit, err)
		}
	}
	return nil
}

func updatesOtherProcess(ctx context.Context, e *env) error {
	sys, cursor, err := e.feeding(ctx)
	if err != nil {
		return err
	}
	id, err := e.story(ctx, sys, 0)
	if err != nil {
		return err
	}
	if err := e.shutdownAll(ctx); err != nil {
		return err
	}
	next, err := e.open(ctx)
	if err != nil {
		return err
	}
	changes, err := e.read(ctx, next, tt.UpdatesRequest{After: cursor, All: true})
	if err != nil {
		return fmt.Errorf("in the next process: %w", err)
	}
	return toldStory(changes, id)
}

func updatesOwn(ctx context.Context, e *env) error {
	sys, cursor, err := e.feeding(ctx)
	if err != nil {
		return err
	}
	other, err := e.open(ctx)
	if err != nil {
		return err
	}
	id, err := e.create(ctx, sys, e.object(0), e.key("own"))
	if err != nil {
		return err
	}
	if err := e.comment(ctx, other, tt.CommentRequest{ID: id, Body: "ours"}); err != nil {
		return err
	}
	people := 0
	if e.b.Remark != nil {
		if err := e.b.Remark(id, "a person's"); err != nil {
			return fmt.Errorf("the harness could not comment as a person: %w", err)
		}
		people = 1
	}
	if err := e.settle(ctx); err != nil {
		return err
	}
	changes, err := e.read(ctx, sys, tt.UpdatesRequest{After: cursor, All: true})
	if err != nil {
		return err
	}
	foreign := map[string]bool{}
	own := 0
	for _, c := range changes {
		if c.Own {
			own++
		} else {
			foreign[c.ID] = true
		}
	}
	if len(foreign) != people || own < 2 {
		return fmt.Errorf("GetUpdates after a create, a comment from another process and %d by a person: expected Own to be false for %d changes and true for the others, got %+v",
			people, people, changes)
	}
	return nil
}
