package fake

import (
	"cmp"
	"context"
	"time"

	"github.com/ttkit/ttkit/tt"
)

// closing is an accepted close that has not taken effect.
type closing struct{ reason, login, message string }

// CloseTT implements tt.System. As keys are enforced, the ticket is the only
// one of its key.
func (s *System) CloseTT(ctx context.Context, req tt.CloseRequest) (bool, error) {
	return do(ctx, s, call{op: "CloseTT", id: req.ID}, req.Validate(), func(v *visit) (bool, error) {
		b := s.backend
		t, err := b.store.find(req.ID)
		if err != nil {
			return false, err
		}
		if t.State.Ended() || t.State == tt.StatePending {
			return t.State.Ended(), nil
		}
		v.Changed = true
		login := tt.CleanText(req.Login)
		if req.Subject != "" || req.Body != "" {
			at := v.At
			if n := len(t.Comments); n > 0 && t.Comments[n-1].At.After(at) {
				at = t.Comments[n-1].At // it is the last one, whatever clocks say
			}
			b.comment(t, tt.CommentRequest{Subject: req.Subject, Body: req.Body, Login: login}, at)
		}
		c := &closing{reason: tt.CleanText(req.Reason), login: login, message: tt.CleanText(cmp.Or(req.Body, req.Subject))}
		if !b.asyncClose {
			b.close(t, c, v.At, true)
			return true, nil
		}
		t.State, t.StageAt, t.closing = tt.StatePending, v.At, c
		b.note(t, tt.ActionOther, v.At, login, "a close was accepted and is pending", true)
		if b.closeAfter > 0 {
			b.agenda.plan(v.At.Add(b.closeAfter), func(at time.Time) {
				if t.closing == c { // neither refused nor confirmed meanwhile
					b.close(t, c, at, true)
					b.history.add(&Event{At: at, Op: "close", TicketID: t.ID, Changed: true})
				}
			})
		}
		return false, nil
	})
}

// close ends the ticket as c says.
func (b *Backend) close(t *ticket, c *closing, now time.Time, own bool) {
	t.FinalReason = c.reason
	b.end(t, tt.StateClosed, now)
	b.note(t, tt.ActionClose, now, c.login, c.message, own)
}

// end closes or expires the ticket.
func (b *Backend) end(t *ticket, state tt.State, now time.Time) {
	t.State, t.ClosedAt, t.StageAt, t.closing = state, now, now, nil
	if b.lag == 0 {
		b.store.unlist(t)
		return
	}
	b.agenda.plan(now.Add(b.lag), func(time.Time) { b.store.unlist(t) })
}
