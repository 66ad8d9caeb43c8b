package tttest

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// rule is one promise of the contract, and the way to see whether it is kept.
type rule struct {
	name  string // subject/promise
	level Level
	says  string // the promise: the sentence that explains a violation
	check func(ctx context.Context, e *env) error
}

// allRules returns every rule, in the order in which they run. Those about
// errors are last, because they judge every error that was seen.
func allRules() []rule {
	return slices.Concat(
		idRules, fieldRules, listRules, pageRules, keyRules, closeRules, commentRules, concurrencyRules,
		contentRules, inputRules, leaseRules, groupRules, groupErrorRules, updateRules, foreignRules,
		memoryRules, capabilityRules, limitRules, preflightRules, shutdownRules,
		resumeRules, cancelRules, faultRules, outageRules, errorRules,
	)
}

// Violation is a broken rule.
type Violation struct {
	Rule    string // its name, such as "keys/sequential"
	Promise string // what the contract promises, in a sentence
	Err     error  // what was expected, and what was seen
}

// Error prints the rule, the promise, and what was seen instead.
func (v *Violation) Error() string {
	return fmt.Sprintf("%s: broken promise: %s Seen: %v", v.Rule, v.Promise, v.Err)
}

// Unwrap returns Err.
func (v *Violation) Unwrap() error { return v.Err }

// skipped is returned by a rule that this harness or this System has no use
// for; its text says why.
type skipped string

func (s skipped) Error() string { return string(s) }

// Check runs every rule of the harness's levels, one after the other, and
// returns the violations joined, each a [*Violation], or nil. It runs on the
// clock that it finds. It stops between two rules when ctx ends, with the
// error of ctx.
func Check(ctx context.Context, h Harness) error {
	h.Virtual = false // waiting may cost real time here
	s, err := newSuite(h)
	if err != nil {
		return err
	}
	var broken []error
	for _, r := range s.rules() {
		if err := ctx.Err(); err != nil {
			return errors.Join(append(broken, fmt.Errorf("tttest: stopped before %s: %w", r.name, err))...)
		}
		var skip skipped
		if err := s.run(ctx, r); err != nil && !errors.As(err, &skip) {
			broken = append(broken, err)
		}
	}
	return errors.Join(broken...)
}

// Run runs every rule of the harness's levels as a subtest. With h.Virtual
// each has a testing/synctest bubble of its own.
func Run(t *testing.T, h Harness) {
	t.Helper()
	s, err := newSuite(h)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range s.rules() {
		t.Run(r.name, func(t *testing.T) {
			judge := func(t *testing.T) {
				var skip skipped
				switch err := s.run(t.Context(), r); {
				case errors.As(err, &skip):
					t.Skip(skip.Error())
				case err != nil:
					t.Error(err)
				}
			}
			if h.Virtual {
				synctest.Test(t, judge)
			} else {
				judge(t)
			}
		})
	}
}

// suite is one run of the kit.
type suite struct {
	h        Harness
	log      *errorLog // of every error seen, for the rules about errors
	provoked bool      // the rules about errors have made the calls that fail
}

func newSuite(h Harness) (*suite, error) {
	switch {
	case h.Start == nil:
		return nil, errors.New("tttest: Harness.Start is nil")
	case len(h.Objects) < 6:
		return nil, errors.New("tttest: Harness.Objects names fewer than six objects")
	}
	return &suite{h: h, log: &errorLog{secrets: h.Secrets}}, nil
}

func (s *suite) rules() []rule {
	return slices.DeleteFunc(allRules(), func(r rule) bool { return r.level&^s.h.Levels != 0 })
}

// run checks one rule over a fresh backend and returns nil, a skipped, or a
// *Violation.
func (s *suite) run(ctx context.Context, r rule) error {
	err := s.scene(ctx, r.name, r.check)
	var skip skipped
	if err == nil || errors.As(err, &skip) {
		return err
	}
	return &Violation{Rule: r.name, Promise: r.says, Err: err}
}

// scene runs f over a fresh backend, shuts down every System that f opened,
// and ends the backend. A panic of a System is an error like any other.
func (s *suite) scene(ctx context.Context, name string, f func(ctx context.Context, e *env) error) (err error) {
	b, err := s.h.Start(ctx)
	if err != nil {
		return fmt.Errorf("the harness could not start a backend: %w", err)
	}
	if b == nil || b.Open == nil || b.Records == nil {
		return errors.New("the harness made a Backend without Open or Records")
	}
	e := &env{suite: s, h: s.h, b: b, rule: name}
	if b.Close != nil {
		defer b.Close()
	}
	defer func() {
		// The clean-up must not be hindered by what the rule did to ctx or to
		// the network.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUp)
		defer cancel()
		e.clearFaults()
		if failed := e.shutdownAll(ctx); err == nil {
			err = failed
		}
	}()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return f(ctx, e)
}

// cleanUp bounds the Shutdown at the end of a rule.
const cleanUp = 10 * time.Minute
