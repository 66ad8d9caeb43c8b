package reconcile

import (
	"context"
	"errors"
	"fmt"

	"github.com/ttkit/ttkit/tt"
)

// finding is what the look-up of an alarm without a listed ticket came to: one
// of the fields is set, or none when there is nothing to say.
type finding struct {
	alarm  *Alarm
	ticket *open // open, and the list did not show it
	open   *Item
	left   *Left
	err    error
}

// search looks for the ticket of an alarm that the list does not show.
func (p *planner) search(ctx context.Context, a *Alarm) finding {
	f := finding{alarm: a}
	number, id := 0, ""
	if a.Key != "" {
		id, f.err = find(ctx, p.sys, a.Key)
	} else {
		number, id, f.err = p.last(ctx, a.Series)
	}
	var t *tt.Ticket
	if f.err == nil && id != "" {
		t, f.err = p.sys.GetTT(ctx, id)
		if errors.Is(f.err, tt.ErrNotFound) { // deleted, or not visible yet: CreateTT can tell, by the key
			t, f.err = nil, nil
			number = max(number-1, 0)
		}
	}
	if f.err != nil {
		f.err = because(f.err, fmt.Sprintf("the ticket of %q could not be looked up", cut(a.name())))
		return f
	}
	if t != nil && !t.State.Ended() && t.State != tt.StatePending {
		f.ticket = &open{Ticket: t}
		return f
	}
	key := a.Key
	if key == "" {
		key = episodeKey(a.Series, number+1)
	}
	why := "the alarm is active and has no ticket"
	left := func(differs bool, format string, args ...any) finding {
		f.left = &Left{Key: a.name(), Object: a.Object, Differs: differs, Why: fmt.Sprintf(format, args...)}
		if t != nil {
			f.left.TicketID = t.ID
		}
		return f
	}
	switch {
	case t != nil && a.Key != "" && t.State == tt.StateExpired && !a.KeepOnly:
		return left(true, "the alarm is active and its ticket lapsed at %s: give the alarm the key of a new episode", stamp(t.ClosedAt))
	case t != nil && a.Key != "":
		return left(false, "the ticket of this episode is %s: an alarm that was raised again needs a key of its own", t.State)
	case a.KeepOnly:
		return f
	case t != nil && p.young(t.StageAt):
		return left(false, "its last ticket ended at %s: too late for a list of %s", stamp(t.StageAt), stamp(p.options.At))
	case t != nil:
		why = fmt.Sprintf("the alarm is active and its last ticket, %s, is %s", t.ID, t.State)
	case !a.Timestamp.IsZero() && p.young(a.Timestamp):
		return left(false, "the alarm was raised at %s: too late for a list of %s", stamp(a.Timestamp), stamp(p.options.At))
	}
	f.open = &Item{
		Action: ActionOpen, Key: key, Object: a.Object, Subject: a.Subject, Members: a.objects()[1:], Why: why, alarm: a.clone(),
	}
	return f
}

// find is FindTT; "" means that there is none, or that the system cannot look
// keys up: CreateTT then does.
func find(ctx context.Context, sys tt.System, key string) (string, error) {
	id, err := sys.FindTT(ctx, key)
	if errors.Is(err, tt.ErrNotFound) || errors.Is(err, tt.ErrUnsupported) {
		return "", nil
	}
	return id, err
}

// last finds the last episode of a series and its ticket; 0 when there is
// none. Episodes are numbered without gaps, so that doubling and halving needs
// few look-ups; where somebody deleted tickets a lower number serves as well.
func (p *planner) last(ctx context.Context, series string) (number int, id string, err error) {
	exists := func(n int) (bool, error) {
		found, err := find(ctx, p.sys, episodeKey(series, n))
		if found != "" {
			number, id = n, found
		}
		return found != "", err
	}
	free := 1
	for {
		found, err := exists(free)
		if err != nil {
			return 0, "", err
		}
		if !found {
			break
		}
		free *= 2
	}
	for low := number; free-low > 1; {
		middle := low + (free-low)/2
		found, err := exists(middle)
		if err != nil {
			return 0, "", err
		}
		if found {
			low = middle
		} else {
			free = middle
		}
	}
	return number, id, nil
}
