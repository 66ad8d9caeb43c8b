package tttest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ttkit/ttkit/tt"
)

var outageRules = []rule{
	{
		name:  "outage/create",
		level: Faults,
		says: "While a fault lasts, creates with a key fail and say so, however often they are repeated; " +
			"when it is over, one more call leaves exactly one open ticket.",
		check: outageCreate,
	},
	{
		name:  "outage/bounded",
		level: Faults,
		says:  "A call that cannot reach its server ends by itself, unavailable and NotDone, with a bounded number of requests.",
		check: outageBounded,
	},
	{
		name:  "outage/retry-after",
		level: Faults,
		says:  "A server's demand to wait longer than the System would itself is passed to the caller at once, in RetryAfter.",
		check: outageRetryAfter,
	},
	{
		name:  "outage/unauthenticated",
		level: Faults,
		says:  "Credentials that are not accepted are ErrUnauthenticated and NotDone, which is not temporary; nothing is made.",
		check: outageUnauthenticated,
	},
	{
		name:  "outage/late-write",
		level: Faults,
		says: "A comment that was acknowledged stays, although an older write of the same System, whose reply was lost, lands after it, " +
			"and although meanwhile, for however long, the server could not be read or did not accept the credentials.",
		check: outageLateWrite,
	},
}

// outageLateWrite lets a write land late during an outage: what it overwrote,
// where writes overwrite, can be put back only afterwards.
func outageLateWrite(ctx context.Context, e *env) error {
	if err := e.needsFaults(); err != nil {
		return err
	}
	outage, recovery := e.late()+e.breath(), e.breath()
	if e.h.Virtual {
		outage, recovery = time.Hour, 2*time.Minute
	}
	for _, kind := range []FaultKind{StatusBefore, Unauthorized} {
		sys, err := e.open(ctx)
		if err != nil {
			return err
		}
		id, err := e.create(ctx, sys, e.object(0), e.key("ticket", kind))
		if err != nil {
			return err
		}
		if err := e.converge(ctx); err != nil {
			return err
		}
		e.inject(e.fault(Late, Fault{Writes: true}))
		want := []string{"first", "second"}
		for _, body := range want {
			req := tt.CommentRequest{ID: id, Body: body, Key: body}
			if err := e.until(ctx, func() error { return sys.AddComment(ctx, req) }); err != nil {
				return fmt.Errorf("AddComment %q: %w", id, err)
			}
		}
		e.inject(e.fault(kind, Fault{Times: -1}))
		if err := e.wait(ctx, outage); err != nil {
			return err
		}
		if _, err := sys.GetTT(ctx, id); err == nil || !fits(kind, err) {
			return fmt.Errorf("GetTT %q with %s at every request: expected its error, got: %w", id, kind, err)
		}
		e.clearFaults()
		if err := e.wait(ctx, recovery); err != nil {
			return err
		}
		if err := e.converge(ctx); err != nil {
			return err
		}
		if err := e.commentsAre(ctx, sys, id, want); err != nil {
			return fmt.Errorf("after an outage by %s, in which a write from before landed late: %w", kind, err)
		}
	}
	return nil
}

func outageCreate(ctx context.Context, e *env) error {
	if err := e.needsFaults(); err != nil {
		return err
	}
	var broken []error
	for _, kind := range kinds {
		err := e.stage(ctx, operations[0], func(ctx context.Context, e *env, sys tt.System, t trial) error {
			e.inject(e.fault(kind, Fault{Times: -1}))
			var first error
			for range 3 {
				if err := t.call(ctx, sys); err != nil {
					first = err
					if !fits(kind, err) {
						return fmt.Errorf("expected nil or a temporary error, got: %w", err)
					}
				}
				// An impatient caller, who does not wait as long as the error says.
				if err := e.wait(ctx, e.breath()); err != nil {
					return err
				}
			}
			e.clearFaults()
			return e.conclude(ctx, sys, t, first)
		})
		var skip skipped
		if errors.As(err, &skip) || ctx.Err() != nil {
			return err
		}
		if err != nil {
			broken = append(broken, fmt.Errorf("three creates with one key, %s at every request: %w", kind, err))
		}
	}
	return errors.Join(broken...)
}

// muchTraffic is more than any sensible number of repeats of one call.
const muchTraffic = 50

func outageBounded(ctx context.Context, e *env) error {
	if err := e.needsFaults(); err != nil {
		return err
	}
	for _, op := range operations {
		for _, kind := range []FaultKind{Refuse, StatusBefore} {
			err := e.stage(ctx, op, func(ctx context.Context, e *env, sys tt.System, t trial) error {
				e.inject(e.fault(kind, Fault{Times: -1}))
				sent := e.requests()
				err := t.call(ctx, sys)
				n := e.requests() - sent
				e.clearFaults()
				if err == nil {
					return errors.New("expected an error, got nil")
				}
				if n > muchTraffic {
					return fmt.Errorf("expected a bounded number of requests, %d arrived", n)
				}
				if op.name == "AddToGroupTT" || kind == StatusBefore { // an item, or what a proxy hides, may be less certain
					return expect("the call", err, tt.ErrUnavailable)
				}
				return refused("the call", err, tt.ErrUnavailable)
			})
			var skip skipped
			if err != nil && !errors.As(err, &skip) {
				return fmt.Errorf("%s with %s at every request: %w", op.name, kind, err)
			}
		}
	}
	return nil
}

func outageRetryAfter(ctx context.Context, e *env) error {
	if err := e.needsFaults(); err != nil {
		return err
	}
	const demand = 10 * time.Minute
	for _, op := range operations {
		err := e.stage(ctx, op, func(ctx context.Context, e *env, sys tt.System, t trial) error {
			e.inject(Fault{Kind: Throttle, Times: -1, RetryAfter: demand})
			began := time.Now()
			err := t.call(ctx, sys)
			took := time.Since(began)
			e.clearFaults()
			var failure *tt.Error
			switch {
			case !errors.As(err, &failure) || !errors.Is(err, tt.ErrRateLimited):
				return expect("the call", err, tt.ErrRateLimited)
			case failure.RetryAfter < demand-time.Minute || failure.RetryAfter > demand+time.Minute:
				return fmt.Errorf("the server asked for a wait of %s: expected it in RetryAfter, got %s: %w", demand, failure.RetryAfter, err)
			case took > demand/2:
				return fmt.Errorf("the server asked for a wait of %s: expected the call to return at once, it took %s", demand, took)
			case failure.Outcome == tt.Done:
				return fmt.Errorf("the server refused everything: expected the outcome not_done, got %s: %w", failure.Outcome, err)
			}
			if t.effects == nil {
				return nil
			}
			n, err := t.effects(ctx)
			if err == nil && n != 0 {
				err = fmt.Errorf("the server refused everything, but the effect is there %d times", n)
			}
			return err
		})
		var skip skipped
		if err != nil && !errors.As(err, &skip) {
			return fmt.Errorf("%s with %s at every request: %w", op.name, Throttle, err)
		}
	}
	return nil
}

func outageUnauthenticated(ctx context.Context, e *env) error {
	if err := e.needsFaults(); err != nil {
		return err
	}
	for _, op := range operations {
		err := e.stage(ctx, op, func(ctx context.Context, e *env, sys tt.System, t trial) error {
			before, err := e.records()
			if err != nil {
				return err
			}
			e.inject(Fault{Kind: Unauthorized, Times: -1})
			err = t.call(ctx, sys)
			e.clearFaults()
			if err := refused("the call", err, tt.ErrUnauthenticated); err != nil {
				return err
			}
			if tt.IsTemporary(err) {
				return fmt.Errorf("expected an error that is not temporary: waiting mends no credentials; got: %w", err)
			}
			return e.unchanged(before)
		})
		var skip skipped
		if err != nil && !errors.As(err, &skip) {
			return fmt.Errorf("%s with %s at every request: %w", op.name, Unauthorized, err)
		}
	}
	return nil
}
