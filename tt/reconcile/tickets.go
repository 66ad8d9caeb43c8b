package reconcile

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/ttkit/ttkit/tt"
)

// open is an open ticket as the plan sees it.
type open struct {
	*tt.Ticket
	listed int      // its place in the list: the oldest has 0
	losers []string // other ids that stand for it
}

// maxPages ends a list that a broken system never ends.
const maxPages = 100_000

// list returns the ids of all open tickets. There is no result beside an error.
func list(ctx context.Context, sys tt.System) ([]string, error) {
	var ids []string
	seen := map[string]bool{}
	after := ""
	for range maxPages {
		page, err := sys.ListTTs(ctx, tt.ListRequest{After: after})
		if err != nil {
			return nil, because(err, "the list of tickets could not be read whole")
		}
		for _, id := range page.IDs {
			if !seen[id] {
				seen[id] = true
				ids = append(ids, id)
			}
		}
		if page.Next == "" {
			return ids, nil
		}
		if page.Next == after {
			break
		}
		after = page.Next
	}
	return nil, tt.Errorf(tt.CodeInternal, tt.NotDone, "the list of tickets does not end")
}

// read reads the tickets of a list. Those that have ended since are not among
// the result. unread are those that the system will never show, with the
// reason; one that it cannot show for now is an error.
func read(ctx context.Context, sys tt.System, ids []string, workers int) (tickets []*open, unread []Left, err error) {
	answers := make([]*tt.Ticket, len(ids))
	errs := make([]error, len(ids))
	each(ctx, len(ids), workers, func(i int) { answers[i], errs[i] = sys.GetTT(ctx, ids[i]) })
	if ctx.Err() != nil {
		return nil, nil, because(ctx.Err(), "the tickets could not be read")
	}
	byID := map[string]*open{}
	for i, id := range ids {
		t, err := answers[i], errs[i]
		switch {
		case errors.Is(err, tt.ErrNotFound):
			continue // deleted since
		case err != nil && (tt.IsTemporary(err) || tt.CodeOf(err) == tt.CodeCanceled):
			return nil, nil, because(err, "the ticket could not be read, so it is not known what differs")
		case err != nil:
			unread = append(unread, Left{TicketID: id, Differs: true, Why: "it cannot be read: " + err.Error()})
			continue
		case t.State.Ended():
			continue
		}
		o := byID[t.ID]
		if o == nil {
			o = &open{Ticket: t, listed: i}
			byID[t.ID] = o
			tickets = append(tickets, o)
		}
		if id != t.ID {
			o.losers = append(o.losers, id)
		}
	}
	return merge(tickets), unread, nil
}

// merge takes several open tickets of one key for one with duplicates: which
// of them wins is for the system to say.
func merge(tickets []*open) []*open {
	first := map[string]*open{}
	return slices.DeleteFunc(tickets, func(o *open) bool {
		if o.Key == "" {
			return false
		}
		winner := first[o.Key]
		if winner == nil {
			first[o.Key] = o
			return false
		}
		winner.losers = append(append(winner.losers, o.ID), o.losers...)
		return true
	})
}

// because puts words before those of an error, and keeps everything else of it.
func because(err error, words string) error {
	var e *tt.Error
	if !errors.As(err, &e) {
		return fmt.Errorf("%s: %w", words, err)
	}
	c := *e
	c.Err = fmt.Errorf("%s: %w", words, e.Err)
	return &c
}

// snapshot is what must not have changed when a ticket is closed.
type snapshot struct {
	key      string
	state    tt.State
	objects  int
	comments int
	expires  time.Time
}

func snap(t *tt.Ticket) *snapshot {
	return &snapshot{t.Key, t.State, len(t.Objects), len(t.Comments), t.ExpiresAt}
}

func (s *snapshot) equal(t *snapshot) bool {
	return s.key == t.key && s.state == t.state && s.objects == t.objects && s.comments == t.comments && s.expires.Equal(t.expires)
}

// touched is when something last happened to an open ticket, as far as it
// tells: it was opened, its lease was renewed, somebody commented.
func touched(t *tt.Ticket, lease time.Duration, now time.Time) time.Time {
	last := t.OpenedAt
	later := func(at time.Time) {
		if at.After(last) {
			last = at
		}
	}
	later(t.StageAt)
	if renewed := t.ExpiresAt.Add(-lease); lease > 0 && !t.ExpiresAt.IsZero() && !renewed.After(now) {
		later(renewed)
	}
	for _, c := range t.Comments {
		if !c.At.After(now) {
			later(c.At)
		}
	}
	return last
}

// each calls f for 0 to n-1, some at once, and returns when all have returned.
// When ctx ends the rest is left out.
func each(ctx context.Context, n, workers int, f func(i int)) {
	next := make(chan int)
	var work sync.WaitGroup
	for range min(n, workers) {
		work.Go(func() {
			for i := range next {
				f(i)
			}
		})
	}
	for i := range n {
		if ctx.Err() != nil {
			break
		}
		next <- i
	}
	close(next)
	work.Wait()
}
