package sim_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/internal/sim"
	"github.com/ttkit/ttkit/tt/tttest"
)

var storm = sim.Mix{Rate: 0.3, Timeout: time.Second, Late: 5 * time.Second, Acts: 100}

func TestAScheduleIsAFunctionOfItsSeed(t *testing.T) {
	one, other := sim.NewSchedule(7, storm), sim.NewSchedule(7, storm)
	whole := one.Faults(3000)
	var pieces []tttest.Fault
	for n := range 3001 {
		pieces = append(pieces, other.Faults(n)...)
	}
	assert.Equal(t, whole, pieces, "however it is asked")
	assert.Equal(t, one.Acts(3000), other.Acts(3000))
	assert.NotEqual(t, whole, sim.NewSchedule(8, storm).Faults(3000))
	assert.Empty(t, one.Faults(3000), "what was returned is not returned again")
}

func TestAScheduleHasEveryClassAndItsRate(t *testing.T) {
	s := sim.NewSchedule(1, storm)
	struck := map[tttest.FaultKind]int{}
	waits, bursts, statuses := 0, 0, map[int]bool{}
	for _, f := range s.Faults(100_000) {
		struck[f.Kind] += f.Times
		assert.LessOrEqual(t, f.Delay, map[tttest.FaultKind]time.Duration{tttest.Slow: 2 * storm.Timeout, tttest.Late: storm.Late}[f.Kind])
		if f.Kind == tttest.Slow {
			assert.GreaterOrEqual(t, f.Delay, storm.Timeout, "later than the client waits")
		}
		if f.RetryAfter > 0 {
			waits++
		}
		if f.Times > 1 {
			bursts++
		}
		statuses[f.Status] = true
	}
	assert.ElementsMatch(t, []tttest.FaultKind{
		tttest.Refuse, tttest.Reset, tttest.LoseReply, tttest.Truncate, tttest.Slow, tttest.Late,
		tttest.StatusAfter, tttest.StatusBefore, tttest.HTML, tttest.Throttle, tttest.Unauthorized,
	}, slices.Collect(maps.Keys(struck)))
	assert.InDelta(t, 30_000, s.Struck(100_000), 1000)
	assert.Positive(t, waits)
	assert.Positive(t, bursts)
	assert.Equal(t, map[int]bool{0: true, 500: true, 502: true, 503: true, 504: true}, statuses)

	happened := map[sim.Act]int{}
	for _, act := range s.Acts(100_000) {
		happened[act]++
	}
	for _, act := range []sim.Act{sim.Restart, sim.Expire, sim.Person} {
		assert.InDelta(t, 333, happened[act], 100, act)
	}
}

func TestAScheduleWithTwiceDeliversTwice(t *testing.T) {
	mix := storm
	mix.Twice = true
	assert.True(t, slices.ContainsFunc(sim.NewSchedule(1, mix).Faults(1000), func(f tttest.Fault) bool { return f.Kind == tttest.Twice }))
}

func TestAScheduleOfNothingIsEmpty(t *testing.T) {
	s := sim.NewSchedule(1, sim.Mix{})
	assert.Empty(t, s.Faults(1000))
	assert.Empty(t, s.Acts(1000))
	assert.Zero(t, s.Struck(1000))
}

// Each request is struck as the plan says, when the plan is injected piece by
// piece, ahead of the requests.
func TestAServerFollowsASchedule(t *testing.T) {
	c := newCounter(nil)
	defer c.Close()
	s := sim.NewSchedule(3, sim.Mix{Rate: 0.3, Timeout: time.Microsecond, Late: time.Microsecond})
	struck := 0
	for n := range 600 {
		if n%100 == 0 {
			c.Inject(s.Faults(n + 150)...)
		}
		before := s.Struck(n)
		got := c.add()
		planned := s.Struck(n+1) > before
		seen := got.err != nil || got.status != 201 || got.body != "answer to one"
		if planned {
			struck++
		} else {
			require.False(t, seen, "request %d: %v", n, got)
		}
	}
	assert.Equal(t, s.Struck(600), struck)
	assert.InDelta(t, 180, struck, 60)
	failed := 0
	for _, r := range c.Requests() {
		if r.Fault != "" {
			failed++
		}
	}
	refused := 600 - len(c.Requests()) // leave no entry
	assert.Equal(t, struck, failed+refused)
}
