package main

import (
	"context"
	"errors"

	"github.com/ttkit/ttkit/tt"
)

// find looks for the group's open ticket where the memory has none: after a
// restart, or because a person opened it again. It leaves the group with the
// episode of that ticket, or with none and the number of the last one.
func (p *Pipeline) find(ctx context.Context, g *group, objects []string) error {
	read := map[string]bool{}
	for _, obj := range objects {
		ids, err := p.sys.GetObjectTTs(ctx, obj)
		switch {
		case unknownObject(err):
			continue // what the system does not know has no ticket
		case err != nil:
			return err
		}
		for _, id := range ids {
			if read[id] {
				continue
			}
			read[id] = true
			if err := p.goOn(ctx, g, id); err != nil || g.episode != nil {
				return err
			}
		}
	}
	if g.ended > 0 {
		return nil
	}
	return p.count(ctx, g)
}

// goOn makes the ticket's episode the group's, if it is one of the group's
// and open.
func (p *Pipeline) goOn(ctx context.Context, g *group, id string) error {
	t, err := p.sys.GetTT(ctx, id)
	switch {
	case errors.Is(err, tt.ErrNotFound):
		return nil // deleted between two requests
	case err != nil:
		return err
	}
	number, ours := g.episodeOf(t.Key)
	switch {
	case !ours:
		return nil
	case over(t):
		g.ended = max(g.ended, number)
		return nil
	}
	// A death may have left the create half done. Created again, with the key
	// and the object it has, the ticket becomes whole; the texts stay.
	g.episode = &episode{number: number, request: &tt.CreateRequest{
		Queue: t.Queue, Object: t.Object, Reason: t.PreReason, Subject: t.Subject, Body: t.Body,
		Login: login, Timestamp: t.OpenedAt, Key: t.Key,
	}}
	return nil
}

// count finds the group's last episode by its key. It finds what the lists of
// objects do not show: a ticket that lists show late, one whose objects have
// all left the group, and those that are over. Episodes are numbered without
// gaps, so that doubling and halving needs few look-ups; where somebody
// deleted tickets, a lower number serves as well as long as it is free, and
// CreateTT tells when it is not.
func (p *Pipeline) count(ctx context.Context, g *group) error {
	last, lastID := 0, ""
	exists := func(number int) (bool, error) {
		id, err := p.sys.FindTT(ctx, g.key(number))
		switch {
		case errors.Is(err, tt.ErrNotFound):
			return false, nil
		case err != nil:
			return false, err
		}
		last, lastID = number, id
		return true, nil
	}
	free := 1
	for {
		found, err := exists(free)
		if err != nil {
			return err
		}
		if !found {
			break
		}
		free *= 2
	}
	for free-last > 1 {
		middle := last + (free-last)/2
		found, err := exists(middle)
		if err != nil {
			return err
		}
		if !found {
			free = middle
		}
	}
	if last == 0 {
		return nil
	}
	return p.goOn(ctx, g, lastID)
}

// over reports whether the ticket's episode has ended. A ticket whose close
// is pending is about to be gone, and no place for an alarm.
func over(t *tt.Ticket) bool { return t.State.Ended() || t.State == tt.StatePending }

// unknownObject reports whether a call failed because the ticket system does
// not accept its object. Nothing was done then.
func unknownObject(err error) bool {
	var e *tt.Error
	return errors.As(err, &e) && e.Outcome == tt.NotDone && (e.Code == tt.CodeNotFound || e.Code == tt.CodeInvalid)
}
