package fake

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/ttkit/ttkit/tt"
)

var errNoGroups = tt.Errorf(tt.CodeUnsupported, tt.NotDone, "there are no group tickets here")

// CreateGroupTT implements tt.System.
func (s *System) CreateGroupTT(ctx context.Context, id string, at time.Time) (string, error) {
	return do(ctx, s, call{op: "CreateGroupTT", id: id}, s.groups(id), func(v *visit) (string, error) {
		b := s.backend
		t, err := b.store.find(id)
		switch {
		case err != nil:
			return "", err
		case t.Group != "":
			return t.Group, nil
		case t.State.Ended():
			return "", tt.Errorf(tt.CodeClosed, tt.NotDone, "the ticket is %s and cannot become a group", t.State)
		}
		v.Changed = true
		t.Group = t.ID
		t.members = map[string]struct{}{t.Object: {}}
		b.note(t, tt.ActionPromote, v.At, "", "escalated at "+utc(at, v.asked).Format(time.RFC3339), true)
		return t.ID, nil
	})
}

// groups says why a group call on id cannot be made.
func (s *System) groups(id string) error {
	if s.backend.noGroups {
		return errNoGroups
	}
	return tt.ValidateID(id)
}

// AddToGroupTT implements tt.System. When the reply is lost, every item is
// temp: some or all may have joined, and repeating the call tells.
func (s *System) AddToGroupTT(ctx context.Context, groupID string, objs ...string) ([]tt.ItemResult, error) {
	objs = slices.Clone(objs)
	c := call{op: "AddToGroupTT", id: groupID, objects: objs}
	items, err := do(ctx, s, c, s.groups(groupID), func(v *visit) ([]tt.ItemResult, error) {
		b := s.backend
		t, err := b.store.find(groupID)
		switch {
		case err != nil:
			return nil, err
		case t.Group == "":
			return nil, tt.Errorf(tt.CodeConflict, tt.NotDone, "the ticket is no group: call CreateGroupTT first")
		case t.State.Ended():
			return nil, tt.Errorf(tt.CodeClosed, tt.NotDone, "the group is %s and takes no more objects", t.State)
		}
		items := make([]tt.ItemResult, len(objs))
		for i, obj := range objs {
			items[i] = tt.ItemOf(obj, s.failed(b.join(v, t, obj), c, groupID))
		}
		return items, nil
	})
	var e *tt.Error
	if errors.As(err, &e) && e.Outcome != tt.NotDone && e.Code != tt.CodeCanceled { // something was tried
		items = make([]tt.ItemResult, len(objs))
		for i, obj := range objs {
			items[i] = tt.ItemOf(obj, err)
		}
		return items, nil
	}
	return items, err
}

// join makes obj a member of the group.
func (b *Backend) join(v *visit, t *ticket, obj string) error {
	if err := tt.ValidateObject(obj); err != nil {
		return err
	}
	if v.fault.failsItem(obj) {
		return v.fault.error()
	}
	if _, member := t.members[obj]; member {
		return nil
	}
	if err := b.known(obj); err != nil {
		return err
	}
	v.Changed = true
	t.members[obj] = struct{}{}
	t.Objects = append(t.Objects, obj)
	b.show(t, []string{obj}, v.At)
	b.note(t, tt.ActionAdd, v.At, "", obj, true)
	return nil
}
