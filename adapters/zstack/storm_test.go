package zstack_test

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/zstack/zstacktest"
	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/tttest"
)

var stormSeed = flag.Uint64("storm-seed", 1, "seed of the storm's faults")

// disaster is one way in which a create goes wrong.
type disaster struct {
	name   string
	strike func(s *zstacktest.Server, dice *rand.Rand)
}

func injected(f tttest.Fault) func(*zstacktest.Server, *rand.Rand) {
	return func(s *zstacktest.Server, dice *rand.Rand) {
		f := f
		f.Times = 1 + dice.IntN(2)
		s.Inject(f)
	}
}

func jobFault(kind zstacktest.JobFaultKind) func(*zstacktest.Server, *rand.Rand) {
	return func(s *zstacktest.Server, _ *rand.Rand) {
		s.InjectJob(zstacktest.JobFault{Kind: kind, Route: "create"})
	}
}

// disasters are all that can happen to a create.
var disasters = []disaster{
	{"the connection is refused", injected(tttest.Fault{Kind: tttest.Refuse})},
	{"reply of the create lost, before acting", injected(tttest.Fault{Kind: tttest.Reset, Route: "create"})},
	{"reply of the create lost, after acting", injected(tttest.Fault{Kind: tttest.LoseReply, Route: "create"})},
	{"reply of the create cut in the middle", injected(tttest.Fault{Kind: tttest.Truncate, Route: "create"})},
	{"reply of the create lost, acting 20 s later", injected(tttest.Fault{Kind: tttest.Late, Route: "create", Delay: 20 * time.Second})},
	{"500 after acting", injected(tttest.Fault{Kind: tttest.StatusAfter, Route: "create", Status: http.StatusInternalServerError})},
	{"HTML with 200 after acting", injected(tttest.Fault{Kind: tttest.HTML, Route: "create"})},
	{"503 from a proxy, to any request", injected(tttest.Fault{Kind: tttest.StatusBefore, Status: http.StatusServiceUnavailable})},
	{"503 from a proxy, with Retry-After", injected(tttest.Fault{Kind: tttest.StatusBefore, Status: http.StatusServiceUnavailable, RetryAfter: 3 * time.Second})},
	{"503 from a proxy after acting", injected(tttest.Fault{Kind: tttest.StatusAfter, Route: "create", Status: http.StatusServiceUnavailable})},
	{"reply of a poll lost", injected(tttest.Fault{Kind: tttest.LoseReply, Route: "job"})},
	{"the session expired", func(s *zstacktest.Server, _ *rand.Rand) { s.EndSessions() }},
	{"the session dies in the job", jobFault(zstacktest.JobSessionDies)},
	{"duplicate job id: the request is delivered twice", injected(tttest.Fault{Kind: tttest.Twice, Route: "create"})},
	{"the job sticks, nothing was done", jobFault(zstacktest.JobSticks)},
	{"the job sticks, after acting", jobFault(zstacktest.JobSticksAfter)},
	{"the job's result is forgotten", jobFault(zstacktest.JobExpires)},
	{"the job fails, nothing was done", jobFault(zstacktest.JobFails)},
	{"the job times out, after acting", jobFault(zstacktest.JobFailsAfter)},
	{"the server restarts between create and poll", func(s *zstacktest.Server, _ *rand.Rand) {
		s.Before("job", func() { s.Restart(5 * time.Second) })
	}},
}

// figures are what a storm did.
type figures struct {
	sync.Mutex
	strikes map[string]int
	calls   int
	errors  map[tt.Code]int
	times   []time.Duration
}

// A thousand alarms, two of three in trouble: a thousand tickets, one each,
// and nothing approved.
func TestAStormMakesExactlyOneTicketPerAlarm(t *testing.T) {
	for _, row := range []struct {
		name  string
		knobs zstacktest.Knobs
	}{
		{"jobs act on arrival", zstacktest.Knobs{}},
		{"jobs act at their end", zstacktest.Knobs{JobActs: zstacktest.ActsAtEnd}},
		{"restarts forget jobs, tags of a create are dropped", zstacktest.Knobs{JobActs: zstacktest.ActsAtEnd, RestartJobs: zstacktest.RestartDrops, Starting: zstacktest.StartingNotReady, DropCreateTags: true, Texts: zstacktest.TextsCut}},
	} {
		t.Run(row.name, func(t *testing.T) {
			alarms := 1000
			if testing.Short() {
				alarms = 100
			}
			synctest.Test(t, func(t *testing.T) { storm(t, row.knobs, alarms) })
		})
	}
}

func storm(t *testing.T, knobs zstacktest.Knobs, alarms int) {
	dice := rand.New(rand.NewPCG(*stormSeed, 0))
	var lock sync.Mutex
	jobTime := func(string) time.Duration {
		lock.Lock()
		defer lock.Unlock()
		return []time.Duration{50 * time.Millisecond, 150 * time.Millisecond, 600 * time.Millisecond, 3 * time.Second}[dice.IntN(4)]
	}
	server := zstacktest.New(zstacktest.Options{Knobs: knobs, JobTime: jobTime})
	defer server.Close()
	witness := &witness{RoundTripper: server.Client().Transport}
	sys := openBy(t, server, &http.Client{Transport: witness}, nil)
	fig := &figures{strikes: map[string]int{}, errors: map[tt.Code]int{}}
	const workers = 8
	ids := make([]string, alarms)
	began := time.Now()
	var done sync.WaitGroup
	for w := range workers {
		done.Add(1)
		go func() {
			defer done.Done()
			for n := w; n < alarms; n += workers {
				lock.Lock()
				if dice.IntN(3) > 0 {
					d := disasters[dice.IntN(len(disasters))]
					d.strike(server, dice)
					fig.strikes[d.name]++
				}
				lock.Unlock()
				ids[n] = insistOnTicket(t, sys, n, fig)
			}
		}()
	}
	done.Wait()
	took := time.Since(began)
	server.ClearFaults()
	server.Settle() // what is late arrives
	time.Sleep(5 * time.Minute)
	require.NoError(t, sys.Shutdown(context.Background()))

	tickets := server.Tickets()
	assert.Equal(t, alarms, len(tickets), "tickets")
	assert.Equal(t, alarms, len(slices.Compact(slices.Sorted(slices.Values(ids)))), "ids")
	byKey := map[string]string{}
	for _, r := range records(server) {
		byKey[r.Key] = r.ID
		assert.True(t, r.Open, r.ID)
	}
	for n, id := range ids {
		assert.Equal(t, id, byKey[stormKey(n)], "the ticket of %s", stormKey(n))
	}
	assert.Zero(t, server.Approvals())
	assert.Empty(t, server.Executions())
	for _, body := range witness.bodies {
		require.NotContains(t, strings.ToLower(body), `"approve"`)
	}
	fig.print(t, alarms, len(tickets), server.RequestCount(), took)
}

func stormKey(n int) string { return fmt.Sprintf("storm/%d", n) }

// insistOnTicket repeats a create as its errors allow.
func insistOnTicket(t *testing.T, sys tt.System, n int, fig *figures) string {
	began := time.Now()
	for range 50 {
		c, err := sys.CreateTT(context.Background(), tt.CreateRequest{Queue: "net", Object: fmt.Sprint("sw-", n), Subject: "down", Key: stormKey(n)})
		fig.Lock()
		fig.calls++
		if err != nil {
			fig.errors[tt.CodeOf(err)]++
		} else {
			fig.times = append(fig.times, time.Since(began))
		}
		fig.Unlock()
		var e *tt.Error
		if err == nil {
			return c.ID
		}
		if !errors.As(err, &e) || !e.Temporary() || !e.Repeatable {
			t.Errorf("alarm %d: not to be repeated: %v", n, err)
			return ""
		}
		time.Sleep(max(e.RetryAfter, time.Second))
	}
	t.Errorf("alarm %d: no ticket after 50 calls", n)
	return ""
}

func (f *figures) print(t *testing.T, alarms, tickets, requests int, took time.Duration) {
	slices.Sort(f.times)
	at := func(q float64) time.Duration {
		return f.times[int(q*float64(len(f.times)-1))].Round(time.Millisecond)
	}
	t.Logf("%d alarms, %d tickets, %d calls of CreateTT, %d requests (%.1f per alarm), %s of virtual time; time to the id: median %s, 95%% %s, longest %s; errors on the way: %v",
		alarms, tickets, f.calls, requests, float64(requests)/float64(alarms), took.Round(time.Second), at(.5), at(.95), at(1), f.errors)
	names := slices.SortedFunc(maps.Keys(f.strikes), func(a, b string) int { return cmp.Compare(f.strikes[b], f.strikes[a]) })
	for _, name := range names {
		t.Logf("%4d × %s", f.strikes[name], name)
	}
}
