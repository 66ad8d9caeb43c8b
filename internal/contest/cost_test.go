package contest

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRatios(t *testing.T) {
	side := func(calls int, allocs uint64, turns ...time.Duration) *cost {
		return &cost{turns: turns, calls: calls, allocs: allocs}
	}
	for _, row := range []struct {
		name          string
		library, bare *cost
		want          string
	}{
		{"both the same", side(5, 50, 100), side(5, 50, 100), "| it | 3 | 1.00 | 1.00 |"},
		{"the library is dearer", side(5, 75, 125), side(5, 50, 100), "| it | 3 | 1.25 | 1.50 |"},
		{"the library is cheaper", side(5, 25, 50), side(5, 50, 100), "| it | 3 | 0.50 | 0.50 |"},
		{"one turn met something else", side(15, 30, 300, 9000, 100), side(15, 30, 200, 100, 300), "| it | 3 | 1.50 | 1.00 |"},
		{"one side took more turns", side(10, 20, 100, 100), side(5, 10, 100), "| it | 3 | 1.00 | 1.00 |"},
	} {
		t.Run(row.name, func(t *testing.T) {
			assert.Equal(t, row.want, compare(row.library, row.bare).row("it", 3))
		})
	}
}

var kept []*[100]int

func TestATurnCountsItsCalls(t *testing.T) {
	var c cost
	calls := 0
	call := func() error {
		calls++
		kept = append(kept[:0], new([100]int))
		return nil
	}
	require.NoError(t, c.take(5, call))
	require.NoError(t, c.take(5, call))
	assert.Equal(t, 10, calls)
	assert.Equal(t, 10, c.calls)
	assert.Len(t, c.turns, 2)
	_, allocs := c.perCall()
	assert.GreaterOrEqual(t, allocs, 1.0)
}

func TestATurnEndsWithTheFirstError(t *testing.T) {
	var c cost
	calls := 0
	err := c.take(5, func() error { calls++; return errors.New("out of order") })
	require.ErrorContains(t, err, "out of order")
	assert.Equal(t, 1, calls)
	assert.Empty(t, c.turns)
}
