package tttest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/ttkit/ttkit/tt"
)

var fieldRules = []rule{
	{
		name:  "fields/round-trip",
		says:  "GetTT returns everything that CreateTT was given, in every process.",
		check: fieldsRoundTrip,
	},
	{
		name:  "fields/defaults",
		says:  "A ticket made from Object and Subject alone is open, has no other text, and was opened now.",
		check: fieldsDefaults,
	},
	{
		name:  "fields/times",
		says:  "Times are in UTC and exact to the second, in whatever zone they were given.",
		check: fieldsTimes,
	},
	{
		name:  "fields/stage",
		says:  "StageAt of an open ticket, where it is set, is when the ticket was made, not when its alarm was raised.",
		check: fieldsStage,
	},
	{
		name:  "fields/url",
		says:  "Ticket.URL is empty or a whole http or https address without credentials.",
		check: fieldsURL,
	},
	{
		name:  "fields/closed",
		says:  "A closed ticket is resolved, says when and why it was closed, and still holds everything else.",
		check: fieldsClosed,
	},
}

func fieldsRoundTrip(ctx context.Context, e *env) error {
	sys, other, err := e.openTwo(ctx)
	if err != nil {
		return err
	}
	req := e.request(e.object(1), e.key("round", "trip"))
	req.Timestamp = time.Now().Add(-time.Hour)
	c, err := e.createAs(ctx, sys, req)
	if err != nil {
		return err
	}
	for name, sys := range sorted(map[string]tt.System{"the creator": sys, "another process": other}) {
		t, err := e.get(ctx, sys, c.ID)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := holds(t, req); err != nil {
			return fmt.Errorf("%s: GetTT %q: %w", name, c.ID, err)
		}
		if t.State != tt.StateOpen || t.Group != "" || len(t.Comments) != 0 || !t.ClosedAt.IsZero() || t.Truncated {
			return fmt.Errorf("%s: GetTT %q: expected an open ticket without group, comments and closing time, and not truncated, got %+v",
				name, c.ID, *t)
		}
	}
	r, err := e.record(c.ID)
	if err == nil && (!r.Open || r.Key != req.Key && req.Key != "" || !slices.Equal(r.Objects, []string{req.Object})) {
		err = fmt.Errorf("expected the backend to hold an open ticket of key %q and object %q, it holds %s",
			req.Key, req.Object, describe([]Record{r}))
	}
	return err
}

// holds compares a ticket with the request that made it.
func holds(t *tt.Ticket, req tt.CreateRequest) error {
	var wrong []error
	for _, field := range []struct{ name, got, want string }{
		{"Queue", t.Queue, req.Queue},
		{"Object", t.Object, req.Object},
		{"PreReason", t.PreReason, req.Reason},
		{"Subject", t.Subject, req.Subject},
		{"Body", t.Body, req.Body},
		{"Key", t.Key, req.Key},
	} {
		if field.got != field.want {
			wrong = append(wrong, fmt.Errorf("%s: expected %.200q, got %.200q", field.name, field.want, field.got))
		}
	}
	if req.Login != "" && t.Owner == "" { // the vendor may have an owner of its own
		wrong = append(wrong, fmt.Errorf("Ticket.Owner: expected %q or the vendor's own owner, got none", req.Login))
	}
	if len(t.Objects) == 0 || t.Objects[0] != req.Object {
		wrong = append(wrong, fmt.Errorf("Ticket.Objects: expected %q first, got %q", req.Object, t.Objects))
	}
	if !req.Timestamp.IsZero() && !sameSecond(t.OpenedAt, req.Timestamp) {
		wrong = append(wrong, fmt.Errorf("OpenedAt: expected %s, got %s", req.Timestamp.UTC(), t.OpenedAt))
	}
	return errors.Join(wrong...)
}

func fieldsDefaults(ctx context.Context, e *env) error {
	sys, err := e.open(ctx)
	if err != nil {
		return err
	}
	req := tt.CreateRequest{Queue: e.h.Queue, Object: e.object(2), Subject: "Fan"}
	c, err := e.createAs(ctx, sys, req)
	if err != nil {
		return err
	}
	if c.Existed || c.Closed || c.Expired {
		return fmt.Errorf("CreateTT of a new ticket: expected neither Existed nor Closed nor Expired, got %+v", c)
	}
	t, err := e.get(ctx, sys, c.ID)
	if err != nil {
		return err
	}
	if req.Queue == "" {
		t.Queue = "" // the vendor may have a default
	}
	if err := holds(t, req); err != nil {
		return fmt.Errorf("GetTT %q: %w", c.ID, err)
	}
	if t.State != tt.StateOpen || t.Resolved() {
		return fmt.Errorf("GetTT %q: expected the state open, got %s", c.ID, t.State)
	}
	// The vendor's clock may be off, by hours when its zone is set wrong.
	if off := time.Since(t.OpenedAt).Abs(); off > 24*time.Hour {
		return fmt.Errorf("GetTT %q: a zero Timestamp means now, got OpenedAt %s, which is %s away", c.ID, t.OpenedAt, off)
	}
	return nil
}

func fieldsTimes(ctx context.Context, e *env) error {
	sys, err := e.open(ctx)
	if err != nil {
		return err
	}
	now := time.Now()
	for i, at := range []time.Time{
		now.Add(-time.Hour).Truncate(time.Second).Add(400 * time.Millisecond).In(time.FixedZone("east", 5*3600+1800)),
		now.Add(-40 * 24 * time.Hour).Truncate(time.Second).In(time.FixedZone("west", -9*3600)),
		now.Add(10 * time.Minute).Truncate(time.Second), // the clock of the alarm's source is ahead
	} {
		req := e.request(e.object(i), e.key("times", i))
		req.Timestamp = at
		c, err := e.createAs(ctx, sys, req)
		if err != nil {
			return err
		}
		comment := tt.CommentRequest{ID: c.ID, Body: "at", At: at.Add(time.Minute)}
		if err := e.comment(ctx, sys, comment); err != nil {
			return err
		}
		t, err := e.get(ctx, sys, c.ID)
		if err != nil {
			return err
		}
		if !sameSecond(t.OpenedAt, at) || t.State != tt.StateOpen {
			return fmt.Errorf("GetTT %q: Timestamp was %s: expected an open ticket with that time, got %s of %s", c.ID, at, t.State, t.OpenedAt)
		}
		if err := e.listIs(ctx, sys, req.Object, c.ID); err != nil {
			return fmt.Errorf("CreateRequest.Timestamp was %s: %w", at, err)
		}
		if len(t.Comments) != 1 || !sameSecond(t.Comments[0].At, comment.At) {
			return fmt.Errorf("GetTT %q: a comment was made at %s, got %+v", c.ID, comment.At, t.Comments)
		}
		if err := e.end(ctx, sys, c.ID); err != nil {
			return err
		}
		if t, err = e.get(ctx, sys, c.ID); err != nil {
			return err
		}
		if err := allUTC(t); err != nil {
			return fmt.Errorf("GetTT %q: %w", c.ID, err)
		}
	}
	return nil
}

// allUTC checks the location of every time in a ticket.
func allUTC(t *tt.Ticket) error {
	times := map[string]time.Time{"OpenedAt": t.OpenedAt, "ClosedAt": t.ClosedAt, "StageAt": t.StageAt, "ExpiresAt": t.ExpiresAt}
	for _, c := range t.Comments {
		times["Comment.At"] = c.At
	}
	for name, at := range times {
		if at.Location() != time.UTC {
			return fmt.Errorf("%s: expected UTC, got %s", name, at)
		}
	}
	return nil
}

func fieldsStage(ctx context.Context, e *env) error {
	sys, _, err := e.openTwo(ctx)
	if err != nil {
		return err
	}
	req := e.request(e.object(1), e.key("stage"))
	raised := time.Now().Add(-3 * time.Hour)
	req.Timestamp = raised
	c, err := e.createAs(ctx, sys, req)
	if err != nil {
		return err
	}
	t, err := e.get(ctx, sys, c.ID)
	if err == nil && !t.StageAt.IsZero() && t.StageAt.Before(raised.Add(2*time.Hour)) { // the server's clock may be wrong
		err = fmt.Errorf("GetTT %q: the ticket was made now for an alarm of %s: expected StageAt to be now, got %s", c.ID, raised.UTC(), t.StageAt)
	}
	return err
}

func fieldsURL(ctx context.Context, e *env) error {
	sys, id, err := e.ticket(ctx)
	if err != nil {
		return err
	}
	t, err := e.get(ctx, sys, id)
	if err != nil || t.URL == "" {
		return err
	}
	u, err := url.Parse(t.URL)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
		return fmt.Errorf("GetTT %q: expected a whole address without credentials in URL, got %q", id, t.URL)
	}
	if err := NoSecretIn(t.URL, e.h.Secrets...); err != nil {
		return fmt.Errorf("GetTT %q: URL: %w", id, err)
	}
	return nil
}

func fieldsClosed(ctx context.Context, e *env) error {
	sys, other, err := e.openTwo(ctx)
	if err != nil {
		return err
	}
	req := e.request(e.object(3), e.key("closed"))
	req.Timestamp = time.Now().Add(-time.Hour)
	c, err := e.createAs(ctx, sys, req)
	if err != nil {
		return err
	}
	if err := e.comment(ctx, sys, tt.CommentRequest{ID: c.ID, Body: "before", At: time.Now().Add(-time.Minute)}); err != nil {
		return err
	}
	closing := tt.CloseRequest{ID: c.ID, Subject: "Cleared", Body: "Uplink is back", Reason: "cable replaced", Login: "alice"}
	if err := e.endAs(ctx, sys, closing); err != nil {
		return err
	}
	for name, sys := range sorted(map[string]tt.System{"the closer": sys, "another process": other}) {
		t, err := e.get(ctx, sys, c.ID)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := holds(t, req); err != nil {
			return fmt.Errorf("%s: GetTT %q after the close: %w", name, c.ID, err)
		}
		switch {
		case t.State != tt.StateClosed || !t.Resolved():
			err = fmt.Errorf("expected the state closed, got %s", t.State)
		case t.FinalReason != closing.Reason:
			err = fmt.Errorf("FinalReason: expected %q, got %q", closing.Reason, t.FinalReason)
		case t.ClosedAt.Before(t.OpenedAt.Truncate(time.Second)):
			err = fmt.Errorf("ClosedAt: expected a time after OpenedAt %s, got %s", t.OpenedAt, t.ClosedAt)
		case !slices.Equal(bodies(t), []string{"before", closing.Body}):
			err = fmt.Errorf("expected the closing text to be the last of two comments, got %+v", t.Comments)
		case t.Comments[1].Subject != closing.Subject || t.Comments[1].Login != closing.Login:
			err = fmt.Errorf("expected the closing comment's subject %q and login %q, got %+v", closing.Subject, closing.Login, t.Comments[1])
		}
		if err != nil {
			return fmt.Errorf("%s: GetTT %q after the close: %w", name, c.ID, err)
		}
	}
	return nil
}
