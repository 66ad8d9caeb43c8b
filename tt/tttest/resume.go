package tttest

import (
	"context"
	"errors"
	"fmt"

	"github.com/ttkit/ttkit/tt"
)

var resumeRules = []rule{
	{
		name:  "resume/other-process",
		level: Faults,
		says: "A create that failed at any of its requests, in any way, is finished by another process with the same key: " +
			"one open ticket, with every field.",
		check: resumeOtherProcess,
	},
	{
		name:  "resume/worse",
		level: Faults,
		says:  "A create whose repeats fail as well is finished when the trouble ends: one open ticket, with every field.",
		check: resumeWorse,
	},
}

func resumeOtherProcess(ctx context.Context, e *env) error {
	if err := e.needsFaults(); err != nil {
		return err
	}
	create := operations[0]
	n, err := e.asked(ctx, create)
	if err != nil {
		return err
	}
	var broken []error
	for _, kind := range kinds {
		for k := range n {
			err := e.stage(ctx, create, func(ctx context.Context, e *env, sys tt.System, t trial) error {
				e.inject(e.fault(kind, Fault{Skip: k}))
				first := t.call(ctx, sys)
				e.clearFaults()
				next, err := e.open(ctx)
				if err != nil {
					return err
				}
				if first == nil {
					first = errors.New("nothing, it was repaired within the call")
				}
				return e.conclude(ctx, next, t, first)
			})
			var skip skipped
			if errors.As(err, &skip) || ctx.Err() != nil {
				return err
			}
			if err != nil {
				broken = append(broken, fmt.Errorf("CreateTT with %s at request %d of %d, repeated by another process: %w", kind, k+1, n, err))
				break
			}
		}
	}
	return errors.Join(broken...)
}

// resumeWorse lets faults follow each other closely: each strikes the request
// after the one that the fault before struck.
func resumeWorse(ctx context.Context, e *env) error {
	if err := e.needsFaults(); err != nil {
		return err
	}
	for i, kind := range kinds {
		next := kinds[(i+5)%len(kinds)]
		err := e.stage(ctx, operations[0], func(ctx context.Context, e *env, sys tt.System, t trial) error {
			e.inject(e.fault(kind, Fault{Writes: true}))
			e.inject(e.fault(next, Fault{}))
			e.inject(e.fault(kind, Fault{Writes: true}))
			first := t.call(ctx, sys)
			if first != nil {
				if err := e.wait(ctx, e.pause(first)); err != nil {
					return err
				}
				_ = t.call(ctx, sys) // the remaining faults may strike here
			}
			e.clearFaults()
			return e.conclude(ctx, sys, t, first)
		})
		if err != nil {
			return fmt.Errorf("CreateTT with %s, %s and %s in a row: %w", kind, next, kind, err)
		}
	}
	return nil
}

// finish repeats a create until it succeeds and expects one open ticket.
func (e *env) finish(ctx context.Context, sys tt.System, req tt.CreateRequest) error {
	err := e.until(ctx, func() error { _, err := sys.CreateTT(ctx, req); return err })
	if err != nil {
		return fmt.Errorf("CreateTT with key %q: %w", req.Key, err)
	}
	if err := e.converge(ctx); err != nil {
		return err
	}
	r, err := e.oneOpen(req.Key)
	if err != nil {
		return err
	}
	t, err := e.get(ctx, sys, r.ID)
	if err != nil {
		return err
	}
	if err := holds(t, req); err != nil {
		return fmt.Errorf("GetTT %q: %w", r.ID, err)
	}
	return nil
}
