package contest

import (
	"fmt"
	"runtime"
	"slices"
	"time"
)

// MaxAllocations is how often an operation of an adapter may allocate for each
// allocation of the client by hand.
const MaxAllocations = 1.6

// cost is what a side has used so far, in turns of as many calls each.
type cost struct {
	turns  []time.Duration
	calls  int
	allocs uint64
}

// take adds a turn of n calls. Allocations are those of the whole process: the
// server has one of its own, and what the adapter does in the background
// counts.
func (c *cost) take(n int, call func() error) error {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	for range n {
		if err := call(); err != nil {
			return err
		}
	}
	c.turns = append(c.turns, time.Since(start))
	runtime.ReadMemStats(&after)
	c.calls += n
	c.allocs += after.Mallocs - before.Mallocs
	return nil
}

// typical is the median turn: a turn in which the machine did something else
// says nothing.
func (c *cost) typical() time.Duration {
	sorted := slices.Sorted(slices.Values(c.turns))
	return sorted[len(sorted)/2]
}

// perCall returns the nanoseconds of a call in the median turn, and the mean
// number of allocations.
func (c *cost) perCall() (ns, allocs float64) {
	turn := float64(c.calls) / float64(len(c.turns))
	return float64(c.typical()) / turn, float64(c.allocs) / float64(c.calls)
}

// ratios compare the library with the client by hand.
type ratios struct{ time, allocs float64 }

func compare(library, bare *cost) ratios {
	time, allocs := library.perCall()
	bareTime, bareAllocs := bare.perCall()
	return ratios{time / bareTime, allocs / bareAllocs}
}

// tableHead and row write the table of a benchmark, in Markdown.
const tableHead = "| operation | requests | time | allocations |\n|---|---|---|---|"

func (r ratios) row(operation string, requests int) string {
	return fmt.Sprintf("| %s | %d | %.2f | %.2f |", operation, requests, r.time, r.allocs)
}
