package fake

import (
	"context"
	"strconv"

	"github.com/ttkit/ttkit/tt"
)

// GetTT implements tt.System. It reads any ticket, also one that a person
// made, or another namespace.
func (s *System) GetTT(ctx context.Context, id string) (*tt.Ticket, error) {
	return do(ctx, s, call{op: "GetTT", id: id}, tt.ValidateID(id), func(*visit) (*tt.Ticket, error) {
		t, err := s.backend.store.find(id)
		if err != nil {
			return nil, err
		}
		return t.read(), nil
	})
}

// GetObjectTTs implements tt.System. It lists what this library made in this
// namespace.
func (s *System) GetObjectTTs(ctx context.Context, obj string) ([]string, error) {
	c := call{op: "GetObjectTTs", objects: []string{obj}}
	return do(ctx, s, c, tt.ValidateObject(obj), func(*visit) ([]string, error) {
		if err := s.backend.known(obj); err != nil {
			return nil, err
		}
		list := s.backend.store.byObject[scoped{s.namespace, obj}]
		ids := make([]string, 0, list.len())
		for id := range list.after(0) {
			ids = append(ids, id)
		}
		return ids, nil
	})
}

// known reports ErrNotFound for an object that is not in the inventory.
func (b *Backend) known(obj string) error {
	if _, ok := b.inventory[obj]; !ok && b.inventory != nil {
		return tt.Errorf(tt.CodeNotFound, tt.NotDone, "there is no object %q", obj)
	}
	return nil
}

// FindTT implements tt.System.
func (s *System) FindTT(ctx context.Context, key string) (string, error) {
	return do(ctx, s, call{op: "FindTT", key: key}, tt.ValidateKey(key), func(v *visit) (string, error) {
		t := s.backend.store.byKey[scoped{s.namespace, key}]
		if t == nil || t.createdAt.Add(s.backend.lag).After(v.At) {
			return "", tt.Errorf(tt.CodeNotFound, tt.NotDone, "there is no ticket of key %q", key)
		}
		v.TicketID = t.ID
		return t.ID, nil
	})
}

const pageSize = 100 // where the request does not say

// ListTTs implements tt.System.
func (s *System) ListTTs(ctx context.Context, req tt.ListRequest) (tt.List, error) {
	after, invalid := uint64(0), req.Validate()
	if invalid == nil {
		after, invalid = parseCursor(req.After)
	}
	return do(ctx, s, call{op: "ListTTs"}, invalid, func(*visit) (tt.List, error) {
		limit := req.Limit
		if limit == 0 {
			limit = pageSize
		}
		open := s.backend.store.open[s.namespace]
		page := tt.List{IDs: make([]string, 0, min(limit, open.len()))}
		for id := range open.after(after) {
			if len(page.IDs) == limit { // there is another one
				page.Next = page.IDs[limit-1]
				break
			}
			page.IDs = append(page.IDs, id)
		}
		return page, nil
	})
}

// parseCursor reads what ListTTs and GetUpdates return as Next: the number of
// the last thing delivered. "" is 0.
func parseCursor(cursor string) (uint64, error) {
	if cursor == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(cursor, 10, 63)
	if err != nil {
		return 0, tt.Errorf(tt.CodeInvalid, tt.NotDone, "after is no cursor of this system: pass the Next of an earlier answer, or nothing")
	}
	return n, nil
}
