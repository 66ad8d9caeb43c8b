package tttest

import (
	"context"
	"fmt"
	"time"

	"github.com/ttkit/ttkit/tt"
)

var closeRules = []rule{
	{
		name:  "close/truthful",
		says:  "CloseTT is true only when GetTT would say closed or expired, to every process.",
		check: closeTruthful,
	},
	{
		name:  "close/twice",
		says:  "Closing a closed ticket is true and changes nothing.",
		check: closeTwice,
	},
	{
		name:  "close/text",
		says:  "Subject and Body of a close, when one of them is set, become the ticket's last comment; otherwise there is none.",
		check: closeText,
	},
	{
		name:  "close/all-of-a-key",
		says:  "CloseTT ends every open ticket of its key, and none of another.",
		check: closeAllOfKey,
	},
	{
		name:  "close/late-twin",
		level: Faults,
		says:  "CloseTT also ends the ticket that a lost create of the same key made late.",
		check: closeLateTwin,
	},
	{
		name:  "close/at-once",
		says:  "Several goroutines and processes that close one ticket at once all succeed, and the closing text is there once for each at most.",
		check: closeAtOnce,
	},
}

func closeTruthful(ctx context.Context, e *env) error {
	sys, other, err := e.openTwo(ctx)
	if err != nil {
		return err
	}
	id, err := e.create(ctx, sys, e.object(0), e.key("truth"))
	if err != nil {
		return err
	}
	var lie error
	err = e.eventually(ctx, func() error {
		closed, err := sys.CloseTT(ctx, tt.CloseRequest{ID: id, Body: "over"})
		if err != nil {
			lie = fmt.Errorf("CloseTT %q: expected true or false, got: %w", id, err)
		} else {
			lie = e.confirm(ctx, id, closed, sys, other)
		}
		if lie == nil && !closed {
			return fmt.Errorf("CloseTT %q still says false", id)
		}
		return nil
	})
	if lie != nil {
		return lie
	}
	return err
}

// confirm compares what CloseTT said with what there is.
func (e *env) confirm(ctx context.Context, id string, closed bool, systems ...tt.System) error {
	for _, sys := range systems {
		t, err := e.get(ctx, sys, id)
		switch {
		case err != nil:
			return err
		case closed && !t.State.Ended():
			return fmt.Errorf("CloseTT %q said true, but GetTT says %s", id, t.State)
		case !closed && t.State != tt.StatePending && !t.State.Ended(): // it may have ended by now
			return fmt.Errorf("CloseTT %q said false, which means accepted and pending, but GetTT says %s", id, t.State)
		}
	}
	r, err := e.record(id)
	if err == nil && closed && r.Open {
		err = fmt.Errorf("CloseTT %q said true, but the ticket is open in the backend", id)
	}
	return err
}

func closeTwice(ctx context.Context, e *env) error {
	sys, other, err := e.openTwo(ctx)
	if err != nil {
		return err
	}
	id, err := e.create(ctx, sys, e.object(0), e.key("twice"))
	if err != nil {
		return err
	}
	if err := e.endAs(ctx, sys, tt.CloseRequest{ID: id, Body: "over", Reason: "first"}); err != nil {
		return err
	}
	first, err := e.get(ctx, sys, id)
	if err != nil {
		return err
	}
	if err := e.converge(ctx); err != nil {
		return err
	}
	before, err := e.records()
	if err != nil {
		return err
	}
	for _, sys := range []tt.System{sys, other, sys} {
		closed, err := sys.CloseTT(ctx, tt.CloseRequest{ID: id, Body: "over again", Reason: "second"})
		if err != nil || !closed {
			return fmt.Errorf("CloseTT %q of a closed ticket: expected true and no error, got %t, %w", id, closed, orNone(err))
		}
	}
	t, err := e.get(ctx, other, id)
	if err != nil {
		return err
	}
	if t.FinalReason != first.FinalReason || !t.ClosedAt.Equal(first.ClosedAt) || len(t.Comments) != len(first.Comments) {
		return fmt.Errorf("CloseTT %q of a closed ticket: expected the first close (%q at %s, comments %q) to stand, got %q at %s, comments %q",
			id, first.FinalReason, first.ClosedAt, bodies(first), t.FinalReason, t.ClosedAt, bodies(t))
	}
	return e.unchanged(before)
}

func closeText(ctx context.Context, e *env) error {
	sys, err := e.open(ctx)
	if err != nil {
		return err
	}
	for i, req := range []tt.CloseRequest{{}, {Reason: "repaired", Login: "alice"}, {Subject: "Cleared"}, {Body: "It works again.", Login: "alice"}} {
		if req.ID, err = e.create(ctx, sys, e.object(i), e.key("text", i)); err != nil {
			return err
		}
		if err := e.endAs(ctx, sys, req); err != nil {
			return err
		}
		t, err := e.get(ctx, sys, req.ID)
		if err != nil {
			return err
		}
		if req.Subject+req.Body == "" {
			if len(t.Comments) != 0 {
				return fmt.Errorf("CloseTT %+v: without a text: expected no comment, got %+v", req, t.Comments)
			}
			continue
		}
		if len(t.Comments) != 1 || t.Comments[0].Subject != req.Subject || t.Comments[0].Body != req.Body || t.Comments[0].Login != req.Login {
			return fmt.Errorf("CloseTT %+v: expected its text as the one comment, got %+v", req, t.Comments)
		}
	}
	return nil
}

func closeAllOfKey(ctx context.Context, e *env) error {
	a, b, err := e.openTwo(ctx)
	if err != nil {
		return err
	}
	if err := e.needsKeys(a); err != nil {
		return err
	}
	req := e.request(e.object(0), e.key("all"))
	bystander, err := e.create(ctx, a, e.object(0), e.key("all", "but"))
	if err != nil {
		return err
	}
	var made [2]tt.Created
	err = together(2, func(i int) error {
		sys := []tt.System{a, b}[i]
		return e.until(ctx, func() (err error) {
			made[i], err = sys.CreateTT(ctx, req)
			return err
		})
	})
	if err != nil {
		return fmt.Errorf("CreateTT from two processes at once: %w", err)
	}
	if err := e.settle(ctx); err != nil {
		return err
	}
	if err := e.end(ctx, b, made[0].ID); err != nil {
		return err
	}
	if err := e.noneOpen(ctx, req.Key, made[0].ID); err != nil {
		return err
	}
	t, err := e.get(ctx, a, bystander)
	if err == nil && t.State != tt.StateOpen {
		err = fmt.Errorf("CloseTT %q: expected ticket %q of another key to stay open, it is %s", made[0].ID, bystander, t.State)
	}
	return err
}

// noneOpen: the key has no open ticket now, and none comes back.
func (e *env) noneOpen(ctx context.Context, key, id string) error {
	for range 2 {
		open, err := e.openOf(key)
		if err != nil {
			return err
		}
		if len(open) > 0 {
			return fmt.Errorf("CloseTT %q: expected no open ticket of key %q in the backend, it holds %s", id, key, describe(open))
		}
		if err := e.converge(ctx); err != nil {
			return err
		}
	}
	return nil
}

func closeLateTwin(ctx context.Context, e *env) error {
	if err := e.needsFaults(); err != nil {
		return err
	}
	a, b, err := e.openTwo(ctx)
	if err != nil {
		return err
	}
	if err := e.needsKeys(a); err != nil {
		return err
	}
	// The first process loses its create, which commits after the second
	// process, which knows nothing of it, made its own.
	late := e.late()
	req := e.request(e.object(0), e.key("late", "twin"))
	e.inject(Fault{Kind: Late, Writes: true, Delay: late})
	began := time.Now()
	_, _ = a.CreateTT(ctx, req)
	e.clearFaults()
	if err := e.wait(ctx, late/2-time.Since(began)); err != nil {
		return err
	}
	var id string
	err = e.until(ctx, func() error {
		c, err := b.CreateTT(ctx, req)
		id = c.ID
		return err
	})
	if err != nil {
		return fmt.Errorf("CreateTT in a second process, after that of the first was lost: %w", err)
	}
	if err := e.wait(ctx, late-time.Since(began)+e.breath()); err != nil {
		return err
	}
	if err := e.settle(ctx); err != nil {
		return err
	}
	if err := e.end(ctx, b, id); err != nil {
		return err
	}
	return e.noneOpen(ctx, req.Key, id)
}

func closeAtOnce(ctx context.Context, e *env) error {
	a, b, err := e.openTwo(ctx)
	if err != nil {
		return err
	}
	id, err := e.create(ctx, a, e.object(0), e.key("at once"))
	if err != nil {
		return err
	}
	const n = 6
	err = together(n, func(i int) error {
		return e.endAs(ctx, []tt.System{a, b}[i%2], tt.CloseRequest{ID: id, Body: "over"})
	})
	if err != nil {
		return err
	}
	if err := e.converge(ctx); err != nil {
		return err
	}
	t, err := e.get(ctx, a, id)
	if err != nil {
		return err
	}
	if got := len(t.Comments); got < 1 || got > n {
		return fmt.Errorf("%d calls of CloseTT at once: expected 1 to %d closing texts, got %q", n, n, bodies(t))
	}
	return nil
}
