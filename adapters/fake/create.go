package fake

import (
	"context"
	"time"

	"github.com/ttkit/ttkit/tt"
)

// CreateTT implements tt.System. Keys are enforced: a key has one ticket,
// whatever arrives late or twice.
func (s *System) CreateTT(ctx context.Context, req tt.CreateRequest) (tt.Created, error) {
	c := call{op: "CreateTT", key: req.Key, objects: []string{req.Object}}
	var mine *ticket // of a call without key that arrives twice
	return do(ctx, s, c, req.Validate(), func(v *visit) (tt.Created, error) {
		b := s.backend
		t := mine
		if req.Key != "" {
			t = b.store.byKey[scoped{s.namespace, req.Key}]
		}
		if t != nil {
			v.TicketID = t.ID
			return existing(t, req)
		}
		if err := b.known(req.Object); err != nil {
			return tt.Created{}, err
		}
		t = b.create(v, s.namespace, req)
		mine = t
		v.TicketID, v.Changed = t.ID, true
		return tt.Created{ID: t.ID, ExpiresAt: t.ExpiresAt}, nil
	})
}

func existing(t *ticket, req tt.CreateRequest) (tt.Created, error) {
	if t.Object != req.Object {
		err := tt.Errorf(tt.CodeConflict, tt.NotDone,
			"the key belongs to ticket %s of object %q: a key names one episode of one alarm", t.ID, t.Object)
		err.TicketID = t.ID
		return tt.Created{ID: t.ID}, err
	}
	return tt.Created{
		ID: t.ID, Existed: true, ExpiresAt: t.ExpiresAt,
		Closed: t.State == tt.StateClosed, Expired: t.State == tt.StateExpired,
	}, nil
}

// create makes a ticket as a System does.
func (b *Backend) create(v *visit, namespace string, req tt.CreateRequest) *ticket {
	t := &ticket{namespace: namespace, ours: true, createdAt: v.At}
	t.Queue, t.Object, t.Key = req.Queue, req.Object, req.Key
	t.Owner, t.PreReason = tt.CleanText(req.Login), tt.CleanText(req.Reason)
	t.Subject = b.text(t, req.Subject, b.limits.Subject)
	t.Body = b.text(t, req.Body, b.limits.Body)
	t.OpenedAt = utc(req.Timestamp, v.asked)
	b.insert(t, v.At)
	b.note(t, tt.ActionCreate, v.At, t.Owner, t.Subject, true)
	return t
}

// insert puts a new ticket into the store and starts its lease.
func (b *Backend) insert(t *ticket, now time.Time) {
	t.Objects = []string{t.Object}
	t.State, t.StageAt = tt.StateOpen, now
	b.store.insert(t)
	b.show(t, t.Objects, now)
	if b.lease > 0 {
		b.extend(t, now.Add(b.lease))
	}
}

// utc is how the backend keeps times: without zone and monotonic clock. The
// zero time becomes now.
func utc(t, now time.Time) time.Time {
	if t.IsZero() {
		return now
	}
	return t.UTC().Round(0)
}
