package sim

import (
	"math"
	"math/rand/v2"
	"sort"
	"time"

	"github.com/ttkit/ttkit/tt/tttest"
)

// Mix says what a [Schedule] is made of.
type Mix struct {
	Rate    float64       // the share of requests that faults strike, from 0 to below 1
	Timeout time.Duration // of the clients' attempts: slow replies come later than that
	Late    time.Duration // the longest delay of a late effect
	Twice   bool          // requests are delivered twice, too
	Acts    int           // so many requests lie between two acts on average; 0: there are none
}

// Act is something that happens to a server as a whole, and not to one
// request.
type Act string

// The acts.
const (
	Restart Act = "restart" // the server is restarted: connections are cut, new ones refused for a while
	Expire  Act = "expire"  // the credentials stop working for a while
	Person  Act = "person"  // a person changes a ticket in the vendor's console
)

var acts = []Act{Restart, Expire, Person}

// Schedule is an endless plan of what goes wrong during a run of many
// requests. It is a function of its seed: which request is struck by what does
// not depend on when it arrives or who sends it. It is not safe for concurrent
// use.
type Schedule struct {
	mix    Mix
	faults *rand.Rand
	acts   *rand.Rand
	end    int    // the first request that no fault is planned for yet
	debt   int    // requests of bursts that gaps must make up for
	spans  []span // where faults strike
	due    int    // the request of the next act
}

// span is where one fault strikes, and how many requests were struck when it
// has.
type span struct{ from, to, struck int }

// NewSchedule returns the plan of a seed.
func NewSchedule(seed uint64, mix Mix) *Schedule {
	s := &Schedule{mix: mix, faults: rand.New(rand.NewPCG(seed, 1)), acts: rand.New(rand.NewPCG(seed, 2))}
	s.due = s.pause()
	return s
}

// Faults returns the entries of a fault script for the requests up to number
// n, counted from 0, without those that it has returned before. Each follows
// the one before it ([tttest.Fault.Then]): injected in this order, early
// enough and alone, they strike as planned.
func (s *Schedule) Faults(n int) []tttest.Fault {
	var out []tttest.Fault
	for s.mix.Rate > 0 && s.end < n {
		f := s.draw()
		f.Then = true
		f.Skip = s.gap()
		from := s.end + f.Skip
		s.end = from + f.Times
		struck := f.Times
		if len(s.spans) > 0 {
			struck += s.spans[len(s.spans)-1].struck
		}
		s.spans = append(s.spans, span{from, s.end, struck})
		out = append(out, f)
	}
	return out
}

// Struck returns how many of the first n requests the entries returned so far
// strike.
func (s *Schedule) Struck(n int) int {
	i := sort.Search(len(s.spans), func(i int) bool { return s.spans[i].from >= n })
	if i == 0 {
		return 0
	}
	last := s.spans[i-1]
	return last.struck - max(0, last.to-n)
}

// Acts returns what happens before request number n arrives, without what it
// has returned before.
func (s *Schedule) Acts(n int) []Act {
	var out []Act
	for s.mix.Acts > 0 && s.due < n {
		out = append(out, acts[s.acts.IntN(len(acts))])
		s.due += s.pause()
	}
	return out
}

func (s *Schedule) pause() int {
	return 1 + s.acts.IntN(max(1, 2*s.mix.Acts))
}

// gap is how many requests pass before the next fault. A burst is paid for by
// as many gaps as it strikes requests, so that the rate is right.
func (s *Schedule) gap() int {
	n := 0
	for range 1 + s.debt {
		// Geometric: each request is struck with the same probability.
		n += int(math.Log(1-s.faults.Float64()) / math.Log(1-s.mix.Rate))
	}
	s.debt = 0
	return n
}

// draw returns the next fault. Every class comes up as often as the others.
func (s *Schedule) draw() tttest.Fault {
	classes := []func() tttest.Fault{
		func() tttest.Fault { return s.burst(tttest.Fault{Kind: tttest.Refuse}) },
		func() tttest.Fault { return tttest.Fault{Kind: tttest.Reset} },
		func() tttest.Fault { return tttest.Fault{Kind: tttest.LoseReply} },
		func() tttest.Fault { return tttest.Fault{Kind: tttest.Truncate} },
		func() tttest.Fault {
			return tttest.Fault{Kind: tttest.Slow, Delay: s.mix.Timeout + s.delay(s.mix.Timeout)}
		},
		func() tttest.Fault { return tttest.Fault{Kind: tttest.Late, Delay: s.delay(s.mix.Late)} },
		func() tttest.Fault { return tttest.Fault{Kind: tttest.StatusAfter, Status: 500} },
		func() tttest.Fault {
			return s.burst(tttest.Fault{Kind: tttest.StatusBefore, Status: 502 + s.faults.IntN(3), RetryAfter: s.wait()})
		},
		func() tttest.Fault { return tttest.Fault{Kind: tttest.HTML} },
		func() tttest.Fault { return s.burst(tttest.Fault{Kind: tttest.Throttle, RetryAfter: s.wait()}) },
		func() tttest.Fault { return s.burst(tttest.Fault{Kind: tttest.Unauthorized}) },
	}
	if s.mix.Twice {
		classes = append(classes, func() tttest.Fault { return tttest.Fault{Kind: tttest.Twice} })
	}
	f := classes[s.faults.IntN(len(classes))]()
	f.Times = max(1, f.Times)
	s.debt += f.Times - 1
	return f
}

// burst lets one fault in eight strike several requests in a row: an outage.
func (s *Schedule) burst(f tttest.Fault) tttest.Fault {
	f.Times = 1
	if s.faults.IntN(8) == 0 {
		f.Times = 2 + s.faults.IntN(7)
	}
	return f
}

// wait is a Retry-After: HTTP counts in seconds, and one in three sends one.
func (s *Schedule) wait() time.Duration {
	if s.faults.IntN(3) == 0 {
		return time.Second
	}
	return 0
}

func (s *Schedule) delay(longest time.Duration) time.Duration {
	return time.Duration(s.faults.Int64N(int64(max(longest, 0)) + 1))
}
