package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ttkit/ttkit/tt"
)

// hold is the wait between the last "resolved" and the close.
type hold struct {
	timer *time.Timer
	tries int
}

// clear begins the hold of a group in which nothing fires any more.
func (p *Pipeline) clear(ctx context.Context, g *group, n *notification) error {
	if n.TruncatedAlerts > 0 {
		// Alertmanager makes the status from the alerts that it sends, so what
		// it left out may well fire.
		p.log.WarnContext(ctx, "a truncated notification closes nothing: set max_alerts of the receiver to 0",
			"group", g.name, "left_out", n.TruncatedAlerts)
		return nil
	}
	if g.episode == nil {
		if err := p.find(ctx, g, p.objectsOf(g, n)); err != nil || g.episode == nil {
			return err // nil: no open ticket, nothing to close
		}
	}
	if g.episode.id == "" {
		if g.episode.request == nil { // every attempt failed before it could do anything
			g.episode = nil
			return nil
		}
		// A create whose reply was lost may still come to pass. The alarm did
		// fire: it gets its ticket, and the ticket is closed.
		created, err := p.attempt(ctx, g, *g.episode.request)
		if err != nil {
			return err
		}
		g.episode.id = created.ID
	}
	if g.hold == nil { // a repeat, or the other Alertmanager of a pair, does not begin it again
		h := &hold{}
		h.timer = time.AfterFunc(p.cfg.Hold, func() { p.holdPassed(g, h) })
		g.hold = h
	}
	return nil
}

// fireAgain ends the hold: whoever says firing is believed, also when it was
// the slower Alertmanager of a pair, whose "resolved" then follows and begins
// the hold again. The other way round, an alarm could be left without ticket.
func (g *group) fireAgain() {
	if g.hold != nil {
		g.hold.timer.Stop()
		g.hold = nil
	}
}

// holdPassed closes the ticket, and tries again until it is closed, the group
// fires again, or the pipeline stops.
func (p *Pipeline) holdPassed(g *group, h *hold) {
	p.mu.Lock()
	if p.stopping {
		p.mu.Unlock()
		return // Close closes it
	}
	g.users++
	p.working.Add(1)
	p.mu.Unlock()
	if p.take(context.Background(), g) != nil {
		p.quit(g)
		return
	}
	defer p.leave(g)
	if g.hold != h {
		return // fired again while this waited for its turn
	}
	ctx, cancel := context.WithTimeout(context.Background(), p.cfg.Timeout)
	defer cancel()
	if err := p.closeTicket(ctx, g); err != nil {
		wait := min(time.Second<<min(h.tries, 6), time.Minute)
		var e *tt.Error
		if errors.As(err, &e) {
			wait = max(wait, min(e.RetryAfter, time.Minute))
		}
		h.tries++
		h.timer.Reset(wait)
		p.log.WarnContext(ctx, "ticket not closed yet", "error", err, "again_in", wait)
	}
}

// closeNow waits for the work on the group to end, and closes its ticket if
// it is in its hold.
func (p *Pipeline) closeNow(ctx context.Context, g *group) error {
	if err := p.take(ctx, g); err != nil {
		return fmt.Errorf("%s: still in work: %w", g.name, err)
	}
	defer func() { <-p.workers; g.turn <- struct{}{} }()
	if g.hold == nil {
		return nil
	}
	g.hold.timer.Stop()
	if err := p.closeTicket(ctx, g); err != nil {
		return fmt.Errorf("ticket %s is resolved and stays open: %w", g.episode.id, err)
	}
	return nil
}

// closeTicket ends the episode of a group that is resolved.
func (p *Pipeline) closeTicket(ctx context.Context, g *group) error {
	closed, err := p.sys.CloseTT(ctx, tt.CloseRequest{
		ID: g.episode.id, Subject: "Resolved", Body: "All alerts of the group are resolved.", Reason: statusResolved, Login: login,
	})
	if err != nil && !errors.Is(err, tt.ErrNotFound) && !errors.Is(err, tt.ErrClosed) {
		return err
	}
	note := "closed"
	switch {
	case err != nil:
		note = err.Error()
	case !closed:
		note = "the close is accepted and pending"
	}
	p.log.InfoContext(ctx, "episode is over: all alerts are resolved", "ticket", g.episode.id, "note", note)
	g.hold = nil
	g.end()
	return nil
}
