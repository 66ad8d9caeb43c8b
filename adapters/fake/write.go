package fake

import (
	"cmp"
	"context"
	"time"

	"github.com/ttkit/ttkit/tt"
)

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

// AddComment implements tt.System.
func (s *System) AddComment(ctx context.Context, req tt.CommentRequest) error {
	made := false // by a call without key that arrives twice
	_, err := do(ctx, s, call{op: "AddComment", id: req.ID, key: req.Key}, req.Validate(), func(v *visit) (struct{}, error) {
		b := s.backend
		t, err := b.store.find(req.ID)
		if err != nil {
			return struct{}{}, err
		}
		if _, again := t.commentKeys[req.Key]; again || made {
			return struct{}{}, nil
		}
		switch {
		case t.State.Ended() && b.noLateComments:
			err = tt.Errorf(tt.CodeClosed, tt.NotDone, "the ticket is %s and takes no comment", t.State)
		case b.limits.Comments > 0 && len(t.Comments) >= b.limits.Comments:
			err = tt.Errorf(tt.CodeInvalid, tt.NotDone, "the ticket has %d comments and takes no more", len(t.Comments))
		default:
			made, v.Changed = true, true
			c := b.comment(t, req, utc(req.At, v.asked))
			b.note(t, tt.ActionComment, v.At, c.Login, cmp.Or(c.Body, c.Subject), true)
			if req.Key != "" {
				if t.commentKeys == nil {
					t.commentKeys = map[string]struct{}{}
				}
				t.commentKeys[req.Key] = struct{}{}
			}
		}
		return struct{}{}, err
	})
	return err
}

func (b *Backend) comment(t *ticket, req tt.CommentRequest, at time.Time) tt.Comment {
	c := tt.Comment{
		ReplyTo: tt.CleanText(req.ReplyTo),
		At:      at,
		Login:   tt.CleanText(req.Login),
		Subject: b.text(t, req.Subject, b.limits.Subject),
		Body:    b.text(t, req.Body, b.limits.Comment),
	}
	t.insertComment(c)
	return c
}

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
