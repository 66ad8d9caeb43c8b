package tttest_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/fake"
	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/tttest"
)

func TestCheckFindsNothingInAnHonestSystem(t *testing.T) {
	for name, options := range map[string][]fake.Option{"without a lease": nil, "with a lease": leased} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				require.NoError(t, tttest.Check(t.Context(), onFake(honest, options...)))
			})
		})
	}
}

func TestCheckReturnsEveryViolationWithItsPromise(t *testing.T) {
	h := broken{spoil: changeTickets(func(t *tt.Ticket) { t.PreReason = "" })}.over()
	h.Levels = tttest.Core
	synctest.Test(t, func(t *testing.T) {
		err := tttest.Check(t.Context(), h)
		var v *tttest.Violation
		require.ErrorAs(t, err, &v)
		assert.Equal(t, "fields/round-trip", v.Rule, "the first that is about it")
		assert.Equal(t, "GetTT returns everything that CreateTT was given, in every process.", v.Promise)
		assert.ErrorContains(t, v.Err, `PreReason: expected "link down", got ""`)
		joined, ok := err.(interface{ Unwrap() []error }) //nolint:errorlint // how errors.Join shows its parts
		require.True(t, ok)
		assert.Greater(t, len(joined.Unwrap()), 1, "the rules about content look at the reason too")
	})
}

func TestCheckStopsWhenItsContextEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	h := onFake(honest)
	starts := 0
	start := h.Start
	h.Start = func(ctx context.Context) (*tttest.Backend, error) {
		if starts++; starts == 2 {
			cancel()
		}
		return start(ctx)
	}
	err := tttest.Check(ctx, h)
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, 2, starts)
}

func TestAHarnessThatCannotWorkIsNoSilentPass(t *testing.T) {
	good := func(context.Context) (*tttest.Backend, error) { return nil, errors.New("no such server") }
	for name, row := range map[string]struct {
		harness tttest.Harness
		says    string
	}{
		"no way to start":        {tttest.Harness{Objects: objects}, "Harness.Start is nil"},
		"too few objects":        {tttest.Harness{Start: good, Objects: objects[:5]}, "fewer than six objects"},
		"a start that fails":     {tttest.Harness{Start: good, Objects: objects}, "could not start a backend: no such server"},
		"no backend at all":      {tttest.Harness{Start: func(context.Context) (*tttest.Backend, error) { return nil, nil }, Objects: objects}, "a Backend without Open or Records"},
		"a backend that is bare": {tttest.Harness{Start: bare, Objects: objects}, "a Backend without Open or Records"},
	} {
		t.Run(name, func(t *testing.T) {
			require.ErrorContains(t, tttest.Check(t.Context(), row.harness), row.says)
		})
	}
}

func bare(context.Context) (*tttest.Backend, error) { return &tttest.Backend{}, nil }

// poor is a harness that can do no more than it must.
func poor(levels tttest.Level) tttest.Harness {
	h := onFake(honest)
	start := h.Start
	h.Levels = levels
	h.Start = func(ctx context.Context) (*tttest.Backend, error) {
		b, err := start(ctx)
		return &tttest.Backend{Open: b.Open, Records: b.Records}, err
	}
	return h
}

func TestAPoorHarnessSkipsWhatItCannotDo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		found, skips, err := tttest.Broken(t.Context(), poor(tttest.Groups))
		require.NoError(t, err)
		assert.Empty(t, found)
		assert.Subset(t, skips, []string{"lists/namespaces", "foreign/readable", "foreign/remarks"})
	})
}

func TestTheLevelFaultsNeedsFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		found, _, err := tttest.Broken(t.Context(), poor(tttest.Faults))
		require.NoError(t, err)
		require.Len(t, found, 1)
		require.ErrorContains(t, found["capabilities/levels"], "expected a Backend with Inject and ClearFaults")
	})
}

func TestLevelsAddRules(t *testing.T) {
	core := tttest.RuleNames(tttest.Core)
	all := tttest.RuleNames(everyLevel)
	assert.Subset(t, all, core)
	assert.Contains(t, core, "keys/sequential")
	assert.NotContains(t, core, "groups/promote")
	assert.NotContains(t, tttest.RuleNames(tttest.Groups|tttest.Updates), "faults/CreateTT")
	seen := map[string]bool{}
	for _, name := range all {
		assert.False(t, seen[name], "two rules are called %s", name)
		assert.Regexp(t, `^[a-z]+/[A-Za-z -]+$`, name)
		seen[name] = true
	}
}
