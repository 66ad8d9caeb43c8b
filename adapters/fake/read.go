package fake

import (
	"context"

	"github.com/ttkit/ttkit/tt"
)

// GetTT implements tt.System. It reads any ticket, also one that a person
// made, and one of another namespace.
func (s *System) GetTT(ctx context.Context, id string) (*tt.Ticket, error) {
	return do(ctx, s, call{op: "GetTT", id: id}, tt.ValidateID(id), func(*visit) (*tt.Ticket, error) {
		t, err := s.backend.store.find(id)
		if err != nil {
			return nil, err
		}
		return t.read(), nil
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
