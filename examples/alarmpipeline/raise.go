package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/escalate"
)

// raise gives a firing group its ticket: opens or finds it, adds the objects
// that are missing, notes what changed, and renews its lease. Every step looks
// at what the ticket holds and does what is missing, so that it makes no
// difference how far an earlier call came.
func (p *Pipeline) raise(ctx context.Context, g *group, n *notification) error {
	g.fireAgain()
	t, err := p.open(ctx, g, n)
	if err != nil {
		return err
	}
	return p.update(ctx, g, t)
}

// open returns the group's open ticket. A ticket that has ended, because a
// person closed it or its lease lapsed, ends the episode: the group fires and
// has no open ticket, so the next episode begins.
func (p *Pipeline) open(ctx context.Context, g *group, n *notification) (*tt.Ticket, error) {
	for {
		if g.episode == nil {
			if err := p.find(ctx, g, p.objectsOf(g, n)); err != nil {
				return nil, err
			}
		}
		if g.episode == nil {
			g.episode = &episode{number: g.ended + 1}
		}
		if g.episode.id == "" {
			created, err := p.create(ctx, g)
			if err != nil {
				return nil, err
			}
			g.episode.id = created.ID
			p.log.InfoContext(ctx, "episode has a ticket", "ticket", created.ID, "key", g.episode.request.Key,
				"existed", created.Existed, "degraded", created.Degraded)
			if !created.Existed {
				r := g.episode.request
				return &tt.Ticket{
					ID: created.ID, Object: r.Object, Objects: []string{r.Object}, Key: r.Key,
					State: tt.StateOpen, ExpiresAt: created.ExpiresAt, Subject: r.Subject, Body: r.Body,
				}, nil
			}
		}
		t, err := p.sys.GetTT(ctx, g.episode.id)
		switch {
		case errors.Is(err, tt.ErrNotFound):
			// Deleted, or not visible yet: CreateTT can tell, by the key.
			g.episode.id = ""
			return nil, tt.Errorf(tt.CodeUnavailable, tt.NotDone, "the group's ticket is not there: %w", err)
		case err != nil:
			return nil, err
		case over(t):
			p.log.InfoContext(ctx, "episode is over: its ticket has ended", "ticket", t.ID, "state", t.State)
			g.end()
			continue
		}
		g.episode.id = t.ID // of the ticket that won, where there were two
		return t, nil
	}
}

// create calls CreateTT for the group's episode. The leader is the object of
// the alert that came first; where the ticket system does not know it, the
// next one. Once an attempt may have made a ticket, exactly that attempt is
// repeated.
func (p *Pipeline) create(ctx context.Context, g *group) (tt.Created, error) {
	if g.episode.request != nil {
		return p.attempt(ctx, g, *g.episode.request)
	}
	objects := g.objects()
	if d := p.cfg.DefaultObject; d != "" && !slices.Contains(objects, d) {
		objects = append(objects, d)
	}
	var why error
	for _, obj := range objects {
		created, err := p.attempt(ctx, g, p.request(g, obj))
		if !unknownObject(err) {
			return created, err
		}
		p.log.WarnContext(ctx, "the ticket system refuses a leader", "object", obj, "error", err)
		if why == nil {
			why = err
		}
	}
	if why == nil {
		why = errors.New("no alert that fires names an object")
	}
	return tt.Created{}, refusal{fmt.Errorf("no ticket for %s: %w", g.name, why)}
}

// attempt is one CreateTT. A key that exists with another leader was used by
// a process that died; its ticket is the episode's.
func (p *Pipeline) attempt(ctx context.Context, g *group, req tt.CreateRequest) (tt.Created, error) {
	created, err := p.sys.CreateTT(ctx, req)
	if errors.Is(err, tt.ErrConflict) && created.ID != "" {
		t, getErr := p.sys.GetTT(ctx, created.ID)
		if getErr != nil {
			return created, getErr
		}
		req.Object = t.Object
		created, err = p.sys.CreateTT(ctx, req)
	}
	var e *tt.Error
	if err == nil || !errors.As(err, &e) || e.Outcome != tt.NotDone {
		g.episode.request = &req
	}
	return created, err
}

// request describes the ticket of an episode that begins now.
func (p *Pipeline) request(g *group, leader string) tt.CreateRequest {
	alerts := g.alerts()
	r := tt.CreateRequest{
		Queue: p.cfg.Queue, Object: leader, Reason: common(alerts, p.cfg.ReasonLabel),
		Subject: subjectOf(g), Body: textOf(g), Login: login, Key: g.key(g.episode.number),
	}
	if r.Queue == "" {
		r.Queue = g.receiver
	}
	// When the alarm was raised is for people to read. It is no part of the
	// key: it differs between Alertmanagers, and moves.
	for _, f := range alerts {
		if f.StartsAt.Year() >= 1970 && (r.Timestamp.IsZero() || f.StartsAt.Before(r.Timestamp)) {
			r.Timestamp = f.StartsAt
		}
	}
	if r.Timestamp.After(time.Now()) {
		r.Timestamp = time.Time{} // a clock that is ahead; zero means now
	}
	return r
}

// update brings an open ticket in line with what fires.
func (p *Pipeline) update(ctx context.Context, g *group, t *tt.Ticket) error {
	var missing []string
	for _, obj := range g.objects() {
		if !slices.Contains(t.Objects, obj) {
			missing = append(missing, obj)
		}
	}
	if len(missing) > 0 {
		_, items, err := escalate.Join(ctx, p.sys, t.ID, time.Time{}, missing...)
		for _, item := range items {
			if item.Status == tt.ItemFail || item.Status == tt.ItemSkip {
				p.log.WarnContext(ctx, "object cannot join the ticket", "ticket", t.ID, "object", item.Object, "error", item.Err)
			}
		}
		if err != nil && !refused(err) && !errors.Is(err, tt.ErrNotFound) { // not found is an object here
			return err
		}
	}
	if err := p.comment(ctx, g, t); err != nil {
		return err
	}
	return p.renew(ctx, t)
}

// refused reports whether the system will never do what it was asked. Asking
// again is of no use then: the alarm has its ticket, and the log says what
// that lacks.
func refused(err error) bool {
	return errors.Is(err, tt.ErrInvalid) || errors.Is(err, tt.ErrPermissionDenied) || errors.Is(err, tt.ErrUnsupported)
}

// comment notes what fires now, unless the ticket says so already: in the
// newest of our comments, or in its body when there is none. The key holds
// how many there are, so that a text may return but a repeat adds nothing.
func (p *Pipeline) comment(ctx context.Context, g *group, t *tt.Ticket) error {
	text := textOf(g)
	told, count := t.Body, 0
	for _, c := range t.Comments {
		if firstLine.MatchString(c.Body) {
			told, count = c.Body, count+1
		}
	}
	if revision(told) == revision(text) {
		return nil
	}
	err := p.sys.AddComment(ctx, tt.CommentRequest{
		ID: t.ID, Subject: "Alerts changed", Body: text, Login: login,
		Key: tt.Key("alarmpipeline", fmt.Sprint(count+1), revision(text)),
	})
	if refused(err) {
		p.log.WarnContext(ctx, "comment refused", "ticket", t.ID, "error", err)
		return nil
	}
	return err
}

// renew lengthens the lease of a ticket whose alarm goes on. Half of it is
// left for an Alertmanager that repeats rarely.
func (p *Pipeline) renew(ctx context.Context, t *tt.Ticket) error {
	lease := p.sys.Capabilities().Lease
	if lease <= 0 || t.ExpiresAt.IsZero() || time.Until(t.ExpiresAt) >= lease/2 {
		return nil
	}
	err := p.sys.RenewTT(ctx, t.ID, time.Now().Add(lease))
	if refused(err) {
		p.log.WarnContext(ctx, "lease not renewed", "ticket", t.ID, "expires", t.ExpiresAt, "error", err)
		return nil
	}
	return err
}

// objectsOf lists the objects on which the group's ticket may stand: those of
// what fires, and those that the notification says are resolved.
func (p *Pipeline) objectsOf(g *group, n *notification) []string {
	objects := g.objects()
	for _, a := range n.Alerts {
		if obj := p.objectOf(a); obj != "" && !slices.Contains(objects, obj) {
			objects = append(objects, obj)
		}
	}
	return objects
}
