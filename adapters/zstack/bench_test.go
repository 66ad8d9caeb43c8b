package zstack_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What the adapter may cost, as ratios to a hand-written client that makes
// the same requests. The time is printed by the benchmark and not asserted.
const maxAllocs = 1.6

// contest is the adapter and the bare client, ready to carry out each
// operation against the process that replays its answers. Both have a
// transport of their own to the same server.
type contest struct {
	bare, adapter func() error
	requests      int
}

// contests records every operation and starts the server.
func contests(t testing.TB) map[string]contest {
	recordings, plays := map[string]recording{}, map[string]*play{}
	for i, op := range operations {
		recordings[strconv.Itoa(i)], plays[op.name] = record(t, op)
	}
	base := startReplay(t, recordings)
	all := map[string]contest{}
	for i, op := range operations {
		name, p := strconv.Itoa(i), plays[op.name]
		sys := openAt(t, base+"/"+name+"/ours", transport(t))
		require.NoError(t, warm(context.Background(), sys))
		client := &bareClient{
			http: &http.Client{Transport: transport(t), Timeout: 30 * time.Second},
			base: base + "/" + name + "/bare",
		}
		c := contest{
			adapter:  func() error { return op.adapter(context.Background(), sys, p) },
			bare:     func() error { return op.bare(context.Background(), client, p) },
			requests: len(recordings[name].Steps),
		}
		for range 10 { // connections
			require.NoError(t, c.adapter(), op.name)
			require.NoError(t, c.bare(), op.name)
		}
		all[op.name] = c
	}
	return all
}

func transport(t testing.TB) http.RoundTripper {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	t.Cleanup(transport.CloseIdleConnections)
	return transport
}

// cost is what a side has used so far.
type cost struct {
	turns  []time.Duration // each of as many calls
	allocs uint64
}

// typical is the median of the turns: a turn in which the machine did
// something else says nothing.
func (c *cost) typical() time.Duration {
	slices.Sort(c.turns)
	return c.turns[len(c.turns)/2]
}

// add runs an operation n times. Allocations are those of the whole process:
// the server has one of its own.
func (c *cost) add(t testing.TB, n int, run func() error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	for range n {
		if err := run(); err != nil {
			t.Fatal(err)
		}
	}
	c.turns = append(c.turns, time.Since(start))
	runtime.ReadMemStats(&after)
	c.allocs += after.Mallocs - before.Mallocs
}

// BenchmarkOperations compares every operation with the bare client making
// the same requests. The two take turns of a few calls, so that whatever else
// the machine does meets both. ns/op and allocs/op are the adapter's. A job has
// ended by the time of its first poll.
func BenchmarkOperations(b *testing.B) {
	const turn = 5
	all := contests(b)
	table := []string{"| operation | requests | time | allocations |", "|---|---|---|---|"}
	for _, op := range operations {
		b.Run(strings.ReplaceAll(op.name, ", ", "_"), func(b *testing.B) {
			c := all[op.name]
			var ours, bare cost
			calls := 0
			for b.Loop() {
				ours.add(b, turn, c.adapter)
				bare.add(b, turn, c.bare)
				calls += turn
			}
			times := float64(ours.typical()) / float64(bare.typical())
			allocs := float64(ours.allocs) / float64(bare.allocs)
			b.ReportMetric(float64(ours.typical())/turn, "ns/op")
			b.ReportMetric(float64(ours.allocs)/float64(calls), "allocs/op")
			b.ReportMetric(float64(bare.typical())/turn, "bare-ns/op")
			b.ReportMetric(float64(bare.allocs)/float64(calls), "bare-allocs/op")
			b.ReportMetric(times, "time-ratio")
			b.ReportMetric(allocs, "allocs-ratio")
			if calls > turn { // not the trial run
				table = append(table, fmt.Sprintf("| %s | %d | %.2f | %.2f |", op.name, c.requests, times, allocs))
			}
		})
	}
	fmt.Println("\n" + strings.Join(table, "\n"))
}

func TestAllocationsAreNearThoseOfABareClient(t *testing.T) {
	all := contests(t)
	for _, op := range operations {
		t.Run(op.name, func(t *testing.T) {
			var ours, bare cost
			for range 10 {
				ours.add(t, 10, all[op.name].adapter)
				bare.add(t, 10, all[op.name].bare)
			}
			ratio := float64(ours.allocs) / float64(bare.allocs)
			assert.LessOrEqual(t, ratio, maxAllocs, "%d allocations, and %d by hand", ours.allocs/100, bare.allocs/100)
		})
	}
}

// The comparison is fair only if both clients ask the same, in the same
// order, but for what is in flight together.
func TestTheBareClientMakesTheRequestsOfTheAdapter(t *testing.T) {
	for _, op := range operations {
		t.Run(op.name, func(t *testing.T) {
			r, p := record(t, op)
			bare := &tape{next: handlerTransport{newPlayer(map[string]recording{"0": r})}}
			client := &bareClient{http: &http.Client{Transport: bare}, base: "http://localhost/0/bare"}
			require.NoError(t, op.bare(t.Context(), client, p))
			ours, theirs := requests(t, r.Steps), requests(t, bare.rest())
			if op.together {
				slices.Sort(ours)
				slices.Sort(theirs)
			}
			assert.Equal(t, ours, theirs)
		})
	}
}

// requests writes requests down for comparison, without the ids of jobs that
// clients choose.
func requests(t *testing.T, steps []exchange) []string {
	var lines []string
	for _, s := range steps {
		body := s.Sent
		if body != "" { // fields in one order
			var fields map[string]any
			require.NoError(t, json.Unmarshal([]byte(body), &fields))
			text, err := json.Marshal(fields)
			require.NoError(t, err)
			body = string(text)
		}
		s.Header.Del("User-Agent")
		if id := s.Header.Get("X-Job-Uuid"); id != "" {
			require.Len(t, id, 32)
			s.Header.Set("X-Job-Uuid", "JOB")
		}
		lines = append(lines, fmt.Sprintf("%s %s?%s\n%v\n%s", s.Method, strings.TrimPrefix(s.Path, "/0/bare"), s.Query, s.Header, body))
	}
	return lines
}
