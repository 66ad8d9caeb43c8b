package tttest

import (
	"context"
	"errors"
	"fmt"

	"github.com/ttkit/ttkit/tt"
)

// asked measures how many requests an operation makes when nothing disturbs
// it; without Backend.Requests it guesses high, since a fault that finds no
// request does no harm.
func (e *env) asked(ctx context.Context, op operation) (n int, err error) {
	if e.b.Requests == nil {
		return 4, nil
	}
	err = e.stage(ctx, op, func(ctx context.Context, e *env, sys tt.System, t trial) error {
		before := e.requests()
		if err := t.call(ctx, sys); err != nil {
			return fmt.Errorf("%s, undisturbed: expected nil, got: %w", op.name, err)
		}
		n = e.requests() - before
		return nil
	})
	return n, err
}

// stage prepares an operation over a fresh backend, lets everything come to
// rest, and hands f a System that has made no call yet.
func (e *env) stage(ctx context.Context, op operation, f func(context.Context, *env, tt.System, trial) error) error {
	return e.scene(ctx, e.rule, func(ctx context.Context, e *env) error {
		maker, err := e.open(ctx)
		if err != nil {
			return err
		}
		if op.needs != nil && !op.needs(maker.Capabilities()) {
			return skipped("the System's Capabilities do not claim it")
		}
		t, err := op.prepare(ctx, e, maker)
		if err != nil {
			return fmt.Errorf("before any fault: %w", err)
		}
		if err := e.converge(ctx); err != nil {
			return err
		}
		if err := e.shutdownAll(ctx); err != nil {
			return err
		}
		sys, err := e.open(ctx)
		if err != nil {
			return err
		}
		return f(ctx, e, sys, t)
	})
}

// conclude repeats a disturbed call until it succeeds, where that is safe,
// waits, and expects the effect to be there once: nothing lost, nothing
// doubled.
func (e *env) conclude(ctx context.Context, sys tt.System, t trial, first error) error {
	repeat := first != nil
	if repeat && t.keyless && outcomeOf(first) != tt.NotDone {
		repeat = false // the caller cannot know, and must not repeat
	}
	if repeat {
		if err := e.wait(ctx, e.pause(first)); err != nil {
			return err
		}
		if err := e.until(ctx, func() error { return t.call(ctx, sys) }); err != nil {
			return fmt.Errorf("the call failed (%w); then it was repeated: %w", first, err)
		}
	}
	if err := e.converge(ctx); err != nil {
		return err
	}
	if t.effects != nil {
		n, err := e.settledEffects(ctx, t, first == nil || repeat)
		if err != nil {
			return err
		}
		if n > 1 || n == 0 && (first == nil || repeat) {
			return fmt.Errorf("expected the effect once in the backend, found it %d times; the first call returned: %w", n, orNone(first))
		}
	}
	if t.proof == nil {
		return nil
	}
	other, err := e.open(ctx)
	if err != nil {
		return err
	}
	for name, sys := range sorted(map[string]tt.System{"the same process": sys, "another process": other}) {
		if err := t.proof(ctx, sys); err != nil {
			return fmt.Errorf("in the end, in %s: %w; the first call returned: %w", name, err, orNone(first))
		}
	}
	return nil
}

// settledEffects counts effects; one that is accepted and pending gets time.
func (e *env) settledEffects(ctx context.Context, t trial, due bool) (n int, err error) {
	errPending := errors.New("not yet")
	looked := e.eventually(ctx, func() error {
		if n, err = t.effects(ctx); err == nil && n == 0 && due {
			return errPending
		}
		return nil
	})
	if looked != nil && !errors.Is(looked, errPending) {
		return n, looked
	}
	return n, err
}
