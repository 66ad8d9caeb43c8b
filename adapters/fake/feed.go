package fake

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/ttkit/ttkit/tt"
)

// note appends to the feed. Own is the marker that a real adapter would leave
// in the vendor's record.
func (b *Backend) note(t *ticket, action tt.Action, at time.Time, login, message string, own bool) {
	if b.noUpdates {
		return
	}
	b.feed = append(b.feed, tt.Change{
		ID:       fmt.Sprintf("%012d", len(b.feed)+1), // so that ids also sort as text
		TicketID: t.ID, Action: action, Login: login, At: at, Message: message, Own: own,
	})
}

// GetUpdates implements tt.System.
func (s *System) GetUpdates(ctx context.Context, req tt.UpdatesRequest) (tt.Updates, error) {
	cursor, invalid := uint64(0), req.Validate()
	switch {
	case s.backend.noUpdates:
		invalid = tt.Errorf(tt.CodeUnsupported, tt.NotDone, "there is no feed of changes here")
	case invalid == nil:
		cursor, invalid = parseCursor(req.After)
	}
	ids := slices.Clone(req.IDs)
	return do(ctx, s, call{op: "GetUpdates"}, invalid, func(*visit) (tt.Updates, error) {
		b := s.backend
		after, end := cursor, uint64(len(b.feed))
		if req.After == "" {
			after = end
		}
		if after > end {
			return tt.Updates{}, tt.Errorf(tt.CodeInvalid, tt.NotDone, "after is a cursor of another backend")
		}
		limit := req.Limit
		if limit == 0 {
			limit = pageSize
		}
		batch := tt.Updates{}
		for ; after < end && len(batch.Changes) < limit; after++ {
			if c := b.feed[after]; s.follows(c, req.All, ids) {
				batch.Changes = append(batch.Changes, c)
			}
		}
		batch.Next = strconv.FormatUint(after, 10)
		return batch, nil
	})
}

// follows reports whether a change is one of those asked for.
func (s *System) follows(c tt.Change, all bool, ids []string) bool {
	if slices.Contains(ids, c.TicketID) {
		return true
	}
	t, err := s.backend.store.find(c.TicketID)
	return all && err == nil && t.ours && t.namespace == s.namespace
}
