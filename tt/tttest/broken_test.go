package tttest_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/fake"
	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/tttest"
)

// broken is a System that breaks one promise, and the rules that are meant to
// notice.
type broken struct {
	how     string
	caught  []string // by these rules
	spoil   func(s *spoiled, shared *state)
	wrap    func(s *spoiled) tt.System // may put it into something else
	options []fake.Option
	harness func(h *tttest.Harness) // may change the harness
	backend func(b *tttest.Backend) // may break the backend instead
}

// allBroken are the deliberately broken Systems.
func allBroken() []broken {
	return slices.Concat(brokenIDs, brokenFields, brokenLists, brokenPages, brokenKeys, brokenCloses, brokenComments, brokenTexts,
		brokenInputs, brokenLeases, brokenGroups, brokenUpdates, brokenForeign, brokenMemory, brokenCapabilities, brokenLives,
		brokenErrors, brokenRepeats)
}

func (b broken) over() tttest.Harness {
	h := onFake(honest, b.options...)
	start := h.Start
	h.Start = func(ctx context.Context) (*tttest.Backend, error) {
		backend, err := start(ctx)
		if err != nil {
			return nil, err
		}
		shared := &state{}
		wrap := func(sys tt.System, err error) (tt.System, error) {
			s := spoil(sys)
			if b.spoil != nil {
				b.spoil(s, shared)
			}
			if b.wrap != nil {
				return b.wrap(s), err
			}
			return s, err
		}
		open, openNamespace := backend.Open, backend.OpenNamespace
		backend.Open = func(ctx context.Context) (tt.System, error) { return wrap(open(ctx)) }
		backend.OpenNamespace = func(ctx context.Context, ns string) (tt.System, error) { return wrap(openNamespace(ctx, ns)) }
		if b.backend != nil {
			b.backend(backend)
		}
		return backend, nil
	}
	if b.harness != nil {
		b.harness(&h)
	}
	return h
}

func TestEveryBrokenSystemIsCaughtByTheRuleMeantForIt(t *testing.T) {
	for _, b := range allBroken() {
		t.Run(b.how, func(t *testing.T) {
			require.NotEmpty(t, b.caught)
			synctest.Test(t, func(t *testing.T) {
				found, skips, err := tttest.Broken(t.Context(), b.over(), b.caught...)
				require.NoError(t, err)
				assert.Empty(t, skips)
				assert.ElementsMatch(t, b.caught, slices.Collect(maps.Keys(found)), "the rules that caught a System that %s", b.how)
				for rule, err := range found {
					assert.NotContains(t, err.Error(), "panic:", rule)
					assert.True(t, strings.HasPrefix(err.Error(), rule+": broken promise: "), err)
				}
			})
		})
	}
}

func TestEveryRuleCatchesABrokenSystem(t *testing.T) {
	var caught []string
	for _, b := range allBroken() {
		caught = append(caught, b.caught...)
	}
	for _, rule := range tttest.RuleNames(everyLevel) {
		assert.Contains(t, caught, rule, "no broken System shows that this rule notices anything")
	}
}

func TestAnUnspoiledSystemBreaksNoRule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		found, skips, err := tttest.Broken(t.Context(), broken{}.over())
		require.NoError(t, err)
		assert.Empty(t, found)
		assert.ElementsMatch(t, []string{ // what the fake's default options leave out
			"lists/unknown-object", "lease/expires-at", "lease/renew-lengthens", "lease/renew-closed", "lease/expired", "lease/renewed-lives",
			"groups/unknown-object", "faults/RenewTT", "cancel/RenewTT",
		}, skips)
	})
}

func TestASystemThatPanicsIsAViolationNotACrash(t *testing.T) {
	h := broken{spoil: func(s *spoiled, _ *state) {
		s.get = func(context.Context, string) (*tt.Ticket, error) { panic("index out of range") }
	}}.over()
	synctest.Test(t, func(t *testing.T) {
		found, _, err := tttest.Broken(t.Context(), h, "fields/round-trip")
		require.NoError(t, err)
		require.ErrorContains(t, found["fields/round-trip"], "panic: index out of range")
	})
}

// Names that rules, tables and messages share.
func ruleNames(prefix string, names ...string) []string {
	for i, name := range names {
		names[i] = fmt.Sprint(prefix, "/", name)
	}
	return names
}
