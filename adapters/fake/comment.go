package fake

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ttkit/ttkit/tt"
)

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

// insertComment keeps the order by time, then id.
func (t *ticket) insertComment(c tt.Comment) {
	c.ID = fmt.Sprintf("%06d", len(t.Comments)+1) // so that ids also sort as text
	i, _ := slices.BinarySearchFunc(t.Comments, c, func(a, b tt.Comment) int {
		return cmp.Or(a.At.Compare(b.At), -1) // behind those of the same time: its id is higher
	})
	t.Comments = slices.Insert(t.Comments, i, c)
}

// text cleans and cuts.
func (b *Backend) text(t *ticket, s string, limit int) string {
	s, cut := tt.Cut(tt.CleanText(s), limit)
	t.Truncated = t.Truncated || cut
	return s
}
