package tttest

import (
	"context"
	"errors"
	"fmt"
)

var preflightRules = []rule{
	{
		name:  "check/healthy",
		says:  "Check of a healthy system finds everything ok, names every finding, and changes nothing.",
		check: checkHealthy,
	},
	{
		name:  "check/unhealthy",
		level: Faults,
		says:  "Check of a system that cannot be reached says so: a finding that is not ok, with its error, or the error itself.",
		check: checkUnhealthy,
	},
}

func checkHealthy(ctx context.Context, e *env) error {
	sys, _, err := e.ticket(ctx)
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
	results, err := sys.Check(ctx)
	if err != nil {
		return fmt.Errorf("Check: expected results, got: %w", err)
	}
	if len(results) == 0 {
		return errors.New("Check: expected at least one finding, got none")
	}
	for _, r := range results {
		if !r.OK || r.Err != nil || r.Name == "" {
			return fmt.Errorf("Check of a healthy system: expected a named finding that is ok, got %+v", r)
		}
	}
	return e.unchanged(before)
}

func checkUnhealthy(ctx context.Context, e *env) error {
	if err := e.needsFaults(); err != nil {
		return err
	}
	sys, err := e.open(ctx)
	if err != nil {
		return err
	}
	for _, kind := range []FaultKind{Refuse, Unauthorized} {
		e.inject(Fault{Kind: kind, Times: -1})
		results, err := sys.Check(ctx)
		e.clearFaults()
		found := err != nil
		for _, r := range results {
			if r.OK != (r.Err == nil) {
				return fmt.Errorf("Check under %s: expected Err to be set exactly when a finding is not ok, got %+v", kind, r)
			}
			if !r.OK && r.Detail == "" {
				return fmt.Errorf("Check under %s: expected the finding to say what was found, got %+v", kind, r)
			}
			found = found || !r.OK
		}
		if !found {
			return fmt.Errorf("Check under %s: expected a finding that is not ok, or an error, got %+v", kind, results)
		}
	}
	return nil
}
