package escalate

import (
	"context"
	"time"

	"github.com/ttkit/ttkit/tt"
)

// Request describes a group ticket. The embedded request describes the ticket
// of the leader, which is its Object; Object and Subject are required, and a
// Key is needed for repeating the call.
type Request struct {
	tt.CreateRequest

	// Members are further objects, as the ticket system knows them. A member
	// that the system refuses does not fail the others. Without members the
	// ticket stays a plain one, unless Promote is set.
	Members []string

	// Promote makes a group ticket even when there are no members yet.
	Promote bool
}

// Result tells what exists after a call, whether or not it succeeded. Its JSON
// is {"tt_id":…,"group_id":…,"items":[…]}.
type Result struct {
	TicketID string `json:"tt_id"`    // "" when no ticket is known to exist
	GroupID  string `json:"group_id"` // "" when the ticket is no group ticket

	// Items has one result per object, in the order of the request with the
	// leader first. It is empty when CreateTT failed.
	Items []tt.ItemResult `json:"items"`

	// Created is what CreateTT said: whether the ticket was there before, and
	// whether it has ended.
	Created tt.Created `json:"-"`
}

// Create opens the ticket of an alarm episode, or finds it by its key,
// promotes it and adds the members. See the package documentation for what its
// errors mean.
//
// When the key's ticket has ended already, the episode is over:
// Result.Created says so, and members, which cannot join any more, have failed
// with tt.ErrClosed. Nothing is written then.
func Create(ctx context.Context, sys tt.System, req Request) (Result, error) {
	created, err := sys.CreateTT(ctx, req.CreateRequest)
	result := Result{TicketID: created.ID, Items: []tt.ItemResult{}, Created: created}
	if err != nil {
		return result, err
	}
	result.Items = append(result.Items, tt.ItemOf(req.Object, nil))
	if len(req.Members) == 0 && !req.Promote {
		return result, nil
	}
	var items []tt.ItemResult
	if created.Closed || created.Expired {
		err = tt.Annotate(tt.Errorf(tt.CodeClosed, tt.NotDone, "the episode of this key is over: a new one needs a new key"),
			"", "", "CreateGroupTT", created.ID)
		items = all(req.Members, err)
	} else {
		result.GroupID, items, err = Join(ctx, sys, created.ID, req.Timestamp, req.Members...)
	}
	result.Items = append(result.Items, items...)
	if err != nil {
		e := done(err, "CreateGroupTT", created.ID)
		e.Repeatable = req.Key != "" // without one, a repeat would not find this ticket
		return result, e
	}
	return result, nil
}

// Join promotes a ticket to a group ticket, unless it is one, and adds objects
// to it. at is the time of the escalation; zero means now. It answers one
// result per object, in order, and the group's id when there is a group.
// Repeating the call is always safe.
//
// The error is nil when every object is in the group or was skipped. Otherwise
// it is tt.ErrTemporary when repeating can help at least one object. When the
// promotion failed it is that of CreateGroupTT; later its outcome is tt.Done:
// there is a group, and it is not what was asked for.
func Join(ctx context.Context, sys tt.System, id string, at time.Time, objs ...string) (groupID string, items []tt.ItemResult, err error) {
	if !sys.Capabilities().PromoteGroupTT {
		return "", all(objs, tt.Annotate(tt.ErrUnsupported, "", "", "CreateGroupTT", id)), nil
	}
	groupID, err = sys.CreateGroupTT(ctx, id, at)
	switch {
	case tt.CodeOf(err) == tt.CodeUnsupported:
		return "", all(objs, err), nil
	case err != nil:
		return "", all(objs, err), tt.Annotate(err, "", "", "CreateGroupTT", id)
	case len(objs) == 0:
		return groupID, []tt.ItemResult{}, nil
	}
	items, err = sys.AddToGroupTT(ctx, groupID, objs...)
	switch {
	case tt.CodeOf(err) == tt.CodeUnsupported:
		return groupID, all(objs, err), nil
	case err != nil:
		return groupID, all(objs, err), done(err, "AddToGroupTT", id)
	}
	return groupID, items, worst(id, items)
}
