package fake

import (
	"context"
	"time"

	"github.com/ttkit/ttkit/tt"
)

// RenewTT implements tt.System.
func (s *System) RenewTT(ctx context.Context, id string, until time.Time) error {
	_, err := do(ctx, s, call{op: "RenewTT", id: id}, tt.ValidateID(id), func(v *visit) (struct{}, error) {
		b := s.backend
		if b.lease == 0 {
			return struct{}{}, tt.Errorf(tt.CodeUnsupported, tt.NotDone, "tickets have no lease here")
		}
		t, err := b.store.find(id)
		switch {
		case err != nil:
		case t.State.Ended():
			err = tt.Errorf(tt.CodeClosed, tt.NotDone, "the ticket is %s and cannot be renewed", t.State)
		case until.After(t.ExpiresAt):
			v.Changed = true
			b.extend(t, utc(until, v.At))
			b.note(t, tt.ActionRenew, v.At, "", "until "+t.ExpiresAt.Format(time.RFC3339), true)
		}
		return struct{}{}, err
	})
	return err
}

// extend sets the end of the lease.
func (b *Backend) extend(t *ticket, until time.Time) {
	t.ExpiresAt = until
	b.agenda.plan(until, func(at time.Time) {
		if t.State.Ended() || t.ExpiresAt.After(at) { // renewed meanwhile
			return
		}
		b.end(t, tt.StateExpired, at)
		b.note(t, tt.ActionOther, at, "", "the lease lapsed", false)
		b.history.add(&Event{At: at, Op: "expire", TicketID: t.ID, Changed: true})
	})
}
