package tttest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ttkit/ttkit/tt"
)

var groupRules = []rule{
	{
		name:  "groups/promote",
		level: Groups,
		says:  "CreateGroupTT promotes a ticket in place: the group has the ticket's id, and promoting again is a no-op.",
		check: groupsPromote,
	},
	{
		name:  "groups/results",
		level: Groups,
		says:  "AddToGroupTT answers exactly one result per object, in the order given; the leader and members already there are ok.",
		check: groupsResults,
	},
	{
		name:  "groups/members",
		level: Groups,
		says:  "Members are there in every process, the leader first, each once, and GetObjectTTs of a member shows the group ticket.",
		check: groupsMembers,
	},
	{
		name:  "groups/lists",
		level: Groups,
		says:  "GetObjectTTs of a member shows its own tickets and the group ticket, oldest first, and no group that it is not a member of.",
		check: groupsLists,
	},
	{
		name:  "groups/at-once",
		level: Groups,
		says:  "Objects that many goroutines add at once are all members, each once.",
		check: groupsAtOnce,
	},
	{
		name:  "groups/two-writers",
		level: Groups,
		says:  "Members that two processes add, and comments that they write meanwhile, are all there when Window has passed.",
		check: groupsTwoWriters,
	},
	{
		name:  "groups/close",
		level: Groups,
		says:  "Closing a group ticket takes it from the lists of every member.",
		check: groupsClose,
	},
}

// group opens a System and makes a group ticket of the first object.
func (e *env) group(ctx context.Context) (sys tt.System, id string, err error) {
	if sys, err = e.grouping(ctx); err != nil {
		return nil, "", err
	}
	if id, err = e.create(ctx, sys, e.object(0), e.key("group")); err == nil {
		err = e.promote(ctx, sys, id)
	}
	return sys, id, err
}

// grouping opens a System that has group tickets.
func (e *env) grouping(ctx context.Context) (tt.System, error) {
	sys, err := e.open(ctx)
	if err == nil && !sys.Capabilities().PromoteGroupTT {
		err = skipped("Capabilities.PromoteGroupTT is false: there are no group tickets")
	}
	return sys, err
}

func groupsPromote(ctx context.Context, e *env) error {
	sys, err := e.grouping(ctx)
	if err != nil {
		return err
	}
	other, err := e.open(ctx)
	if err != nil {
		return err
	}
	req := e.request(e.object(0), e.key("promoted"))
	req.Timestamp = time.Now().Add(-time.Hour)
	c, err := e.createAs(ctx, sys, req)
	if err != nil {
		return err
	}
	before, err := e.get(ctx, sys, c.ID)
	if err != nil {
		return err
	}
	if before.Group != "" {
		return fmt.Errorf("GetTT %q, never promoted: expected no group, got %q", c.ID, before.Group)
	}
	for _, sys := range []tt.System{sys, sys, other} {
		if err := e.promote(ctx, sys, c.ID); err != nil {
			return err
		}
	}
	for _, sys := range []tt.System{sys, other} {
		t, err := e.get(ctx, sys, c.ID)
		if err != nil {
			return err
		}
		if t.Group != c.ID || t.State != tt.StateOpen {
			return fmt.Errorf("GetTT %q after CreateGroupTT: expected an open ticket whose group is its own id, got %s with group %q", c.ID, t.State, t.Group)
		}
		if err := holds(t, req); err != nil {
			return fmt.Errorf("GetTT %q after CreateGroupTT: %w", c.ID, err)
		}
		if err := e.members(ctx, sys, c.ID, req.Object); err != nil {
			return err
		}
	}
	records, err := e.records()
	if err == nil && len(records) != 1 {
		err = fmt.Errorf("CreateGroupTT: expected one ticket in the backend, it holds %s", describe(records))
	}
	return err
}

func groupsResults(ctx context.Context, e *env) error {
	sys, id, err := e.group(ctx)
	if err != nil {
		return err
	}
	for _, objs := range [][]string{
		{e.object(3), e.object(1), e.object(2)},              // not in the order of their names
		{e.object(2), e.object(0), e.object(4), e.object(3)}, // members, the leader, a new one
		{e.object(4)},
		{e.object(5), e.object(5)}, // twice in one call
	} {
		if err := e.add(ctx, sys, id, objs...); err != nil {
			return err
		}
	}
	items, err := sys.AddToGroupTT(ctx, id)
	if err != nil || len(items) != 0 {
		return fmt.Errorf("AddToGroupTT %q without objects: expected no results and no error, got %s, %w", id, itemText(items), orNone(err))
	}
	return e.members(ctx, sys, id, e.object(0), e.object(3), e.object(1), e.object(2), e.object(4), e.object(5))
}

func groupsMembers(ctx context.Context, e *env) error {
	sys, id, err := e.group(ctx)
	if err != nil {
		return err
	}
	other, err := e.open(ctx)
	if err != nil {
		return err
	}
	if err := e.add(ctx, sys, id, e.object(1), e.object(2)); err != nil {
		return err
	}
	if err := e.add(ctx, other, id, e.object(2), e.object(3)); err != nil {
		return err
	}
	leader, others := e.object(0), []string{e.object(1), e.object(2), e.object(3)}
	for _, sys := range []tt.System{sys, other} {
		if err := e.members(ctx, sys, id, leader, others...); err != nil {
			return err
		}
		for _, obj := range append(others, leader) {
			if err := e.listIs(ctx, sys, obj, id); err != nil {
				return fmt.Errorf("%q is a member of the group %q: %w", obj, id, err)
			}
		}
	}
	r, err := e.record(id)
	if err != nil {
		return err
	}
	if err := objectsAre(r.Objects, leader, others...); err != nil {
		return fmt.Errorf("ticket %q in the backend: %w", id, err)
	}
	return nil
}

func groupsLists(ctx context.Context, e *env) error {
	sys, err := e.grouping(ctx)
	if err != nil {
		return err
	}
	member, bystander := e.object(1), e.object(2)
	var ids []string
	for i, obj := range []string{member, e.object(0), bystander, member} { // own, group, another's, own
		id, err := e.create(ctx, sys, obj, e.key("mixed", i))
		if err != nil {
			return err
		}
		ids = append(ids, id)
		if err := e.wait(ctx, tick); err != nil {
			return err
		}
	}
	if err := e.promote(ctx, sys, ids[1]); err != nil {
		return err
	}
	if err := e.add(ctx, sys, ids[1], member); err != nil {
		return err
	}
	for obj, want := range sorted(map[string][]string{member: {ids[0], ids[1], ids[3]}, bystander: {ids[2]}, e.object(0): {ids[1]}}) {
		if err := e.listIs(ctx, sys, obj, want...); err != nil {
			return fmt.Errorf("%q is a member of the group %q, %q is not: %w", member, ids[1], bystander, err)
		}
	}
	all, err := e.pages(ctx, sys, 0)
	if err == nil && !slices.Equal(all, ids) {
		err = fmt.Errorf("ListTTs: expected every ticket once, %q, got %q", ids, all)
	}
	return err
}

func groupsAtOnce(ctx context.Context, e *env) error {
	sys, id, err := e.group(ctx)
	if err != nil {
		return err
	}
	others := e.h.Objects[1:6]
	err = together(10, func(i int) error { return e.add(ctx, sys, id, others[i%5]) })
	if err != nil {
		return err
	}
	return e.members(ctx, sys, id, e.object(0), others...)
}

func groupsTwoWriters(ctx context.Context, e *env) error {
	sys, id, err := e.group(ctx)
	if err != nil {
		return err
	}
	other, err := e.open(ctx)
	if err != nil {
		return err
	}
	var want []string
	for i := range 5 {
		want = append(want, fmt.Sprint("remark ", i))
	}
	err = together(10, func(i int) error {
		if i < 5 {
			return e.comment(ctx, []tt.System{sys, other}[i%2], tt.CommentRequest{ID: id, Body: want[i], Key: want[i]})
		}
		return e.add(ctx, []tt.System{sys, other}[i%2], id, e.object(i-4))
	})
	if err != nil {
		return err
	}
	look := func() error {
		if err := e.members(ctx, other, id, e.object(0), e.h.Objects[1:6]...); err != nil {
			return err
		}
		return e.commentsAre(ctx, sys, id, want)
	}
	if err := e.eventually(ctx, look); err != nil {
		return err
	}
	if err := e.converge(ctx); err != nil {
		return err
	}
	return look()
}

func groupsClose(ctx context.Context, e *env) error {
	sys, id, err := e.group(ctx)
	if err != nil {
		return err
	}
	if err := e.add(ctx, sys, id, e.object(1), e.object(2)); err != nil {
		return err
	}
	if err := e.end(ctx, sys, id); err != nil {
		return err
	}
	for i := range 3 {
		if err := e.listIs(ctx, sys, e.object(i)); err != nil {
			return fmt.Errorf("the group %q is closed: %w", id, err)
		}
	}
	return e.members(ctx, sys, id, e.object(0), e.object(1), e.object(2))
}
