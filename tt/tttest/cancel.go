package tttest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ttkit/ttkit/tt"
)

var cancelRules = append([]rule{
	{
		name:  "cancel/before",
		says:  "A call whose context has ended already is ErrCanceled and NotDone, and nothing is sent.",
		check: cancelBefore,
	},
	{
		name:  "cancel/deadline",
		level: Faults,
		says:  "A call that the caller's deadline ends is canceled, and temporary: the same call with more time may succeed.",
		check: cancelDeadline,
	},
}, cancelDuring()...)

// cancelDuring has a rule for each operation.
func cancelDuring() []rule {
	var rules []rule
	for _, op := range operations {
		rules = append(rules, rule{
			name:  "cancel/" + op.name,
			level: Faults,
			says: "A cancelled " + op.name + " returns at once, whichever request is under way, as ErrCanceled with an outcome that agrees with the backend; " +
				"repeated as the error allows, it loses and doubles nothing.",
			check: func(ctx context.Context, e *env) error { return e.cancelAtEveryStep(ctx, op) },
		})
	}
	return rules
}

func cancelBefore(ctx context.Context, e *env) error {
	var broken []error
	for _, op := range operations {
		err := e.stage(ctx, op, func(ctx context.Context, e *env, sys tt.System, t trial) error {
			before, err := e.records()
			if err != nil {
				return err
			}
			sent := e.requests()
			gone, cancel := context.WithCancel(ctx)
			cancel()
			if err := refused(op.name+" with a cancelled context", t.call(gone, sys), tt.ErrCanceled); err != nil {
				return err
			}
			if n := e.requests() - sent; n != 0 {
				return fmt.Errorf("%s with a cancelled context: expected no request, %d arrived", op.name, n)
			}
			return e.unchanged(before)
		})
		var skip skipped
		if err != nil && !errors.As(err, &skip) {
			broken = append(broken, err)
		}
	}
	return errors.Join(broken...)
}

// promptly is how soon a cancelled call has to return; in real time the
// machine may be busy.
func (e *env) promptly() time.Duration {
	if e.h.Virtual {
		return time.Second
	}
	return 1500 * time.Millisecond
}

// hold is how long a reply is held back from a call that is cancelled
// meanwhile. A step in flight has ten seconds: once it ends in time, and once
// it does not.
func (e *env) hold() []time.Duration {
	if e.h.Virtual {
		return []time.Duration{3 * time.Second, 20 * time.Second}
	}
	return []time.Duration{2 * time.Second}
}

const beforeCancel = 100 * time.Millisecond

func (e *env) cancelAtEveryStep(ctx context.Context, op operation) error {
	if err := e.needsFaults(); err != nil {
		return err
	}
	n, err := e.asked(ctx, op)
	if err != nil {
		return err
	}
	for _, held := range e.hold() {
		for k := range n {
			err := e.stage(ctx, op, func(ctx context.Context, e *env, sys tt.System, t trial) error {
				e.inject(Fault{Kind: Slow, Skip: k, Delay: held})
				ending, cancel := context.WithCancel(ctx)
				timer := time.AfterFunc(beforeCancel, cancel)
				defer timer.Stop()
				defer cancel()
				first, err := e.interrupted(ending, sys, t)
				if err != nil {
					return err
				}
				if first != nil && tt.IsTemporary(first) {
					return fmt.Errorf("the caller gave up, so repeating is the caller's own decision: expected an error that is not temporary, got: %w", first)
				}
				e.clearFaults()
				if err := e.judge(ctx, t, Slow, temporary(first)); err != nil {
					return err
				}
				if err := e.wait(ctx, held); err != nil {
					return err
				}
				return e.conclude(ctx, sys, t, first)
			})
			if err != nil {
				return fmt.Errorf("%s, cancelled while request %d of %d was answered after %s: %w", op.name, k+1, n, held, err)
			}
		}
	}
	return nil
}

// interrupted makes a call whose context ends under way, and expects it to
// return at once.
func (e *env) interrupted(ctx context.Context, sys tt.System, t trial) (first, violation error) {
	began := time.Now()
	first = t.call(ctx, sys)
	took := time.Since(began)
	var result *wrongResult
	switch {
	case took > beforeCancel+e.promptly():
		return first, fmt.Errorf("expected the call to return at once when its context ended after %s, it took %s and returned: %w",
			beforeCancel, took, orNone(first))
	case errors.As(first, &result):
		return first, first
	case first != nil:
		return first, expect("the call", first, tt.ErrCanceled)
	}
	return nil, nil // a request that nobody waits for was held back
}

// canceled is a cancelled call's error in the eyes of judge, which expects
// temporary ones.
type canceled struct{ error }

func (c canceled) Unwrap() error        { return c.error }
func (c canceled) Is(target error) bool { return target == tt.ErrTemporary }

func temporary(err error) error {
	if err == nil {
		return nil
	}
	return canceled{err}
}

func cancelDeadline(ctx context.Context, e *env) error {
	if err := e.needsFaults(); err != nil {
		return err
	}
	for _, op := range operations {
		err := e.stage(ctx, op, func(ctx context.Context, e *env, sys tt.System, t trial) error {
			held := e.hold()[0]
			e.inject(Fault{Kind: Slow, Delay: held})
			ending, cancel := context.WithTimeout(ctx, beforeCancel)
			defer cancel()
			first, err := e.interrupted(ending, sys, t)
			if err != nil {
				return err
			}
			e.clearFaults()
			if first == nil {
				return nil
			}
			if !errors.Is(first, tt.ErrTemporary) || !errors.Is(first, context.DeadlineExceeded) {
				return fmt.Errorf("expected an error that is tt.ErrTemporary and wraps context.DeadlineExceeded, got: %w", first)
			}
			if err := e.wait(ctx, held); err != nil {
				return err
			}
			return e.conclude(ctx, sys, t, first)
		})
		var skip skipped
		if err != nil && !errors.As(err, &skip) {
			return fmt.Errorf("%s with a deadline of %s, whose first request was answered later: %w", op.name, beforeCancel, err)
		}
	}
	return nil
}
