package tttest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ttkit/ttkit/tt"
)

// faultRules has a rule for each operation: every kind of fault strikes every
// one of its requests.
var faultRules = func() []rule {
	var rules []rule
	for _, op := range operations {
		rules = append(rules, rule{
			name:  "faults/" + op.name,
			level: Faults,
			says: "Whatever fails at whichever request of " + op.name + ": the error says what is known, its outcome agrees with the backend, " +
				"a look-up that failed is never read as none, and when the call is repeated as the error allows, nothing is lost and nothing is doubled.",
			check: func(ctx context.Context, e *env) error { return e.everyFault(ctx, op) },
		})
	}
	return rules
}()

// kinds are all faults.
var kinds = []FaultKind{Refuse, Reset, LoseReply, Truncate, Slow, Late, StatusBefore, StatusAfter, Throttle, HTML, Twice, Unauthorized}

// fault completes a fault with the delays and statuses that go with its kind.
func (e *env) fault(kind FaultKind, f Fault) Fault {
	f.Kind = kind
	switch kind {
	case Slow:
		f.Delay = e.slow()
	case Late:
		f.Delay = e.late()
	case StatusBefore:
		f.Status = 503
	case StatusAfter:
		f.Status = 500
	case Throttle:
		f.RetryAfter = time.Second
	}
	return f
}

// slow is longer than the usual limit of one attempt, where time costs
// nothing.
func (e *env) slow() time.Duration {
	if e.h.Virtual {
		return 45 * time.Second
	}
	return time.Second
}

// late is when a late effect comes: well within the setting.
func (e *env) late() time.Duration {
	if e.h.Late == 0 {
		return e.breath()
	}
	return e.h.Late / 2
}

// everyFault disturbs every request of an operation in every way.
func (e *env) everyFault(ctx context.Context, op operation) error {
	if err := e.needsFaults(); err != nil {
		return err
	}
	n, err := e.asked(ctx, op)
	if err != nil {
		return err
	}
	var broken []error
	for _, kind := range kinds {
		for k := range n {
			err := e.stage(ctx, op, func(ctx context.Context, e *env, sys tt.System, t trial) error {
				e.inject(e.fault(kind, Fault{Skip: k}))
				err := t.call(ctx, sys)
				e.clearFaults()
				if err := e.judge(ctx, t, kind, err); err != nil {
					return err
				}
				if kind == Twice && op.name == "AddComment without a key" {
					return nil // a proxy that repeats is a second call, where nothing names the first
				}
				return e.conclude(ctx, sys, t, err)
			})
			var skip skipped
			if errors.As(err, &skip) || ctx.Err() != nil {
				return err
			}
			if err != nil {
				broken = append(broken, fmt.Errorf("%s with %s at request %d of %d: %w", op.name, kind, k+1, n, err))
				break // the next request would most likely say the same
			}
		}
	}
	return errors.Join(broken...)
}

// judge compares the error of a disturbed call with the fault and with what
// the backend holds.
func (e *env) judge(ctx context.Context, t trial, kind FaultKind, err error) error {
	var result *wrongResult
	switch {
	case err == nil:
		return nil
	case errors.As(err, &result):
		return err
	case !fits(kind, err):
		return fmt.Errorf("expected nil or a temporary error, as of a network or a server in trouble, got %s: %w", tt.CodeOf(err), err)
	}
	outcome := outcomeOf(err)
	if t.effects == nil {
		if outcome == tt.Done && !t.settled {
			return fmt.Errorf("what only reads has done nothing, but the outcome is %s: %w", outcome, err)
		}
		return nil
	}
	if kind == Late && outcome == tt.NotDone {
		if err := e.wait(ctx, e.late()+e.breath()); err != nil {
			return err
		}
	}
	n, failed := t.effects(ctx)
	switch {
	case failed != nil:
		return failed
	case outcome == tt.NotDone && n > 0:
		return fmt.Errorf("the outcome is %s, but the backend shows the effect: %w", outcome, err)
	case outcome == tt.Done && n == 0:
		return fmt.Errorf("the outcome is %s, but the backend shows no effect: %w", outcome, err)
	}
	return nil
}

// fits tells whether an error is what a fault of that kind can lead to.
func fits(kind FaultKind, err error) bool {
	switch kind {
	case Unauthorized:
		return errors.Is(err, tt.ErrUnauthenticated) || tt.IsTemporary(err)
	case HTML: // the server is there and talks nonsense
		return errors.Is(err, tt.ErrInternal) || tt.IsTemporary(err)
	}
	return tt.IsTemporary(err)
}
