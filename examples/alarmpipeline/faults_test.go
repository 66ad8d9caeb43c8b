package main

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/ttkit/ttkit/adapters/fake"
	"github.com/ttkit/ttkit/tt"
)

// story is an episode that needs every call that the pipeline makes: create,
// promote, add, comment, close. It is told as by Alertmanager.
var story = []alerts{
	{"a": "firing", "b": "firing"},
	{"a": "firing", "b": "firing", "c": "firing"},
	{"a": "resolved", "b": "firing", "c": "firing"},
	{"b": "resolved", "c": "resolved"},
}

// storyEnds is what the ticket system holds in the end, whatever happened on
// the way.
func storyEnds(t *testing.T, s *stage) {
	t.Helper()
	require.Equal(t, []string{"closed 1 a+b+c"}, s.tickets())
	assert.Equal(t, []string{"Firing: 3 alerts", "Firing: 2 alerts", "All alerts of the group are resolved."}, s.comments(0))
	assert.Equal(t, s.ticket(0).ID, s.ticket(0).Group)
}

func TestEveryCallCanFailAndNothingIsLostOrDoubled(t *testing.T) {
	for _, fault := range []fake.Fault{
		{Kind: fake.FailBefore}, {Kind: fake.FailAfter}, {Kind: fake.Throttle, RetryAfter: 3 * time.Second},
		{Kind: fake.CommitLate, Delay: 20 * time.Second}, {Kind: fake.Twice}, {Kind: fake.Slow, Delay: 3 * time.Second},
	} {
		for skip := range 24 { // more than the story has calls
			bubble(t, fmt.Sprintf("%s at call %d", fault.Kind, skip), func(t *testing.T) {
				s := newStage(t)
				fault.Skip = skip
				s.backend.Inject(fault)
				for _, say := range story {
					s.tell(payload(say))
				}
				time.Sleep(2 * time.Minute) // the hold, and what comes late
				storyEnds(t, s)
			})
		}
	}
	bubble(t, "the reply of every third call is lost", func(t *testing.T) {
		s := newStage(t)
		for i := range 100 {
			s.backend.Inject(fake.Fault{Kind: fake.FailAfter, Skip: 3 * i})
		}
		for _, say := range story {
			s.tell(payload(say))
		}
		time.Sleep(10 * time.Minute)
		storyEnds(t, s)
	})
	bubble(t, "one member fails for now: it is added when Alertmanager repeats", func(t *testing.T) {
		s := newStage(t)
		s.backend.Inject(fake.Fault{Kind: fake.FailItems, Objects: []string{"b"}})
		assert.Equal(t, http.StatusServiceUnavailable, s.post(payload(alerts{"a": "firing", "b": "firing", "c": "firing"})).Code)
		assert.Equal(t, []string{"open 1 a+c"}, s.tickets())
		s.fires("a", "b", "c")
		assert.Equal(t, []string{"open 1 a+c+b"}, s.tickets())
	})
	bubble(t, "a member that is refused for good is no reason to repeat", func(t *testing.T) {
		s := newStage(t, fake.WithInventory("a", "c"))
		assert.Equal(t, http.StatusOK, s.post(payload(alerts{"a": "firing", "b": "firing", "c": "firing"})).Code)
		assert.Equal(t, []string{"open 1 a+c"}, s.tickets())
	})
}

func TestAPipelineThatDiesGoesOn(t *testing.T) {
	for _, dies := range []struct {
		name  string
		fault fake.Kind
	}{
		{"before", fake.FailBefore},
		{"right after", fake.FailAfter},
	} {
		for call := range 24 {
			bubble(t, fmt.Sprintf("%s call %d", dies.name, call), func(t *testing.T) {
				s := newStage(t)
				s.backend.Inject(
					fake.Fault{Kind: dies.fault, Skip: call},                 // the call that it dies at,
					fake.Fault{Kind: fake.FailBefore, Skip: call, Times: -1}, // and nothing reaches the system any more
				)
				for _, say := range story {
					if s.post(payload(say)).Code != http.StatusOK {
						s.backend.ClearFaults()
						s.restart()
						s.tell(payload(say))
					}
				}
				s.holdPasses()
				if s.ticket(0).State == tt.StateOpen {
					// It died at the close. The ticket stays open until the
					// group fires and resolves again.
					s.backend.ClearFaults()
					s.restart()
					s.tell(payload(story[2]))
					s.tell(payload(story[3]))
					s.holdPasses()
				}
				storyEnds(t, s)
			})
		}
	}
	bubble(t, "in the middle of the hold: the ticket stays open, and the alarm that returns goes on in it", func(t *testing.T) {
		s := newStage(t)
		s.fires("a", "b")
		s.resolves("a", "b")
		s.restart()
		time.Sleep(time.Hour)
		require.Equal(t, []string{"open 1 a+b"}, s.tickets())
		s.fires("b", "c")
		assert.Equal(t, []string{"open 1 a+b+c"}, s.tickets())
		s.resolves("b", "c")
		s.holdPasses()
		assert.Equal(t, []string{"closed 1 a+b+c"}, s.tickets())
	})
	bubble(t, "and the next thing it hears is resolved: the ticket is closed", func(t *testing.T) {
		s := newStage(t)
		s.fires("a", "b")
		s.restart()
		s.resolves("b")
		s.holdPasses()
		assert.Equal(t, []string{"closed 1 a+b"}, s.tickets())
	})
	bubble(t, "and none of the alerts of now stands on the ticket: its key leads to it", func(t *testing.T) {
		s := newStage(t)
		s.fires("a")
		s.restart()
		s.fires("b")
		assert.Equal(t, []string{"open 1 a+b"}, s.tickets())
	})
	bubble(t, "and lists lag: the key still leads to the same ticket", func(t *testing.T) {
		s := newStage(t, fake.WithLag(time.Minute))
		s.fires("a", "b")
		s.restart()
		s.tell(payload(alerts{"a": "firing", "b": "firing"}, secondAlertmanager)) // with another leader, even
		assert.Equal(t, []string{"open 1 a+b"}, s.tickets())
	})
	bubble(t, "while a create is on its way, whose ticket comes later", func(t *testing.T) {
		s := newStage(t)
		s.backend.Inject(fake.Fault{Kind: fake.CommitLate, Op: "CreateTT", Delay: time.Minute})
		require.Equal(t, http.StatusServiceUnavailable, s.post(payload(alerts{"a": "firing"})).Code)
		s.restart()
		s.fires("a")
		time.Sleep(2 * time.Minute)
		assert.Equal(t, []string{"open 1 a"}, s.tickets())
	})
	bubble(t, "after many episodes: the next number is found in a few look-ups", func(t *testing.T) {
		s := newStage(t)
		for range 100 {
			s.fires("a")
			s.resolves("a")
			s.holdPasses()
		}
		s.restart()
		s.backend.ClearHistory()
		s.fires("a")
		require.Len(t, s.tickets(), 101)
		assert.Equal(t, "open 101 a", s.tickets()[100])
		assert.LessOrEqual(t, s.calls("FindTT"), 14)
	})
}

func TestTheAlarmResolvesWhileTheCreateIsUncertain(t *testing.T) {
	for _, row := range []struct {
		name  string
		fault fake.Fault
		want  []string
	}{
		{"the ticket was made: it is closed", fake.Fault{Kind: fake.FailAfter, Op: "CreateTT"}, []string{"closed 1 a"}},
		{"the ticket comes late: it is closed", fake.Fault{Kind: fake.CommitLate, Op: "CreateTT", Delay: 10 * time.Second}, []string{"closed 1 a"}},
		{"nothing was made: nothing is made", fake.Fault{Kind: fake.FailBefore, Op: "CreateTT"}, nil},
	} {
		bubble(t, row.name, func(t *testing.T) {
			s := newStage(t)
			s.backend.Inject(row.fault)
			require.Equal(t, http.StatusServiceUnavailable, s.post(payload(alerts{"a": "firing"})).Code)
			s.resolves("a")
			s.holdPasses()
			assert.Equal(t, row.want, s.tickets())
		})
	}
}

func TestWhileTheTicketSystemIsDown(t *testing.T) {
	down := func(s *stage) { s.backend.Inject(fake.Fault{Kind: fake.FailBefore, Times: -1}) }
	bubble(t, "firing is answered 503 until there is a ticket", func(t *testing.T) {
		s := newStage(t)
		down(s)
		for range 5 {
			w := s.post(payload(alerts{"a": "firing"}))
			assert.Equal(t, http.StatusServiceUnavailable, w.Code)
			assert.Equal(t, "5", w.Header().Get("Retry-After"))
		}
		s.backend.ClearFaults()
		s.fires("a")
		assert.Equal(t, []string{"open 1 a"}, s.tickets())
	})
	bubble(t, "the system's own wait is passed on", func(t *testing.T) {
		s := newStage(t)
		s.backend.Inject(fake.Fault{Kind: fake.Throttle, RetryAfter: 41500 * time.Millisecond})
		w := s.post(payload(alerts{"a": "firing"}))
		assert.Equal(t, http.StatusServiceUnavailable, w.Code)
		assert.Equal(t, "42", w.Header().Get("Retry-After"))
	})
	bubble(t, "a repeat is not answered 200 from memory: the ticket may be closed by now", func(t *testing.T) {
		s := newStage(t)
		s.fires("a")
		down(s)
		assert.Equal(t, http.StatusServiceUnavailable, s.post(payload(alerts{"a": "firing"})).Code)
	})
	bubble(t, "a close is tried until it succeeds", func(t *testing.T) {
		s := newStage(t)
		s.fires("a")
		s.resolves("a")
		down(s)
		time.Sleep(time.Hour)
		assert.Equal(t, []string{"open 1 a"}, s.tickets())
		assert.Less(t, s.calls("CloseTT"), 80, "about once a minute")
		s.backend.ClearFaults()
		time.Sleep(time.Minute)
		assert.Equal(t, []string{"closed 1 a"}, s.tickets())
	})
	bubble(t, "an alarm that returns meanwhile stops the close", func(t *testing.T) {
		s := newStage(t)
		s.fires("a")
		s.resolves("a")
		down(s)
		time.Sleep(testHold + 500*time.Millisecond) // the first try has failed, the second comes a second later
		s.backend.ClearFaults()
		s.fires("a")
		time.Sleep(time.Hour)
		assert.Equal(t, []string{"open 1 a"}, s.tickets())
	})
	for _, row := range []struct {
		name string
		err  error
		want int
	}{
		{"credentials that are not accepted: 500, so that Alertmanager keeps the alarm until they are", tt.ErrUnauthenticated, 500},
		{"a missing permission: 500 likewise", tt.ErrPermissionDenied, 500},
		{"a vendor that is broken: 500 likewise", tt.Errorf(tt.CodeInternal, tt.NotDone, "nil pointer"), 500},
	} {
		bubble(t, row.name, func(t *testing.T) {
			s := newStage(t)
			s.backend.Inject(fake.Fault{Kind: fake.FailBefore, Op: "CreateTT", Err: row.err})
			w := s.post(payload(alerts{"a": "firing"}))
			assert.Equal(t, row.want, w.Code)
			assert.Contains(t, w.Body.String(), "CreateTT")
			s.fires("a")
			assert.Equal(t, []string{"open 1 a"}, s.tickets())
		})
	}
}

func TestStopping(t *testing.T) {
	bubble(t, "in the hold closes at once", func(t *testing.T) {
		s := newStage(t)
		s.fires("a")
		s.resolves("a")
		s.close()
		assert.Equal(t, []string{"closed 1 a"}, s.tickets())
		assert.Equal(t, http.StatusServiceUnavailable, s.post(payload(alerts{"a": "firing"})).Code)
	})
	bubble(t, "leaves what fires open", func(t *testing.T) {
		s := newStage(t)
		s.fires("a")
		s.close()
		assert.Equal(t, []string{"open 1 a"}, s.tickets())
	})
	bubble(t, "waits for what is in work, and then closes what it resolved", func(t *testing.T) {
		s := newStage(t)
		s.fires("a")
		s.backend.Inject(fake.Fault{Kind: fake.Slow, Delay: 10 * time.Second})
		var work sync.WaitGroup
		work.Go(func() { s.tell(payload(alerts{"a": "firing", "b": "firing"})) })
		synctest.Wait()
		work.Go(func() { s.resolves("a", "b") }) // waits for its turn
		synctest.Wait()
		s.close()
		work.Wait()
		assert.Equal(t, []string{"closed 1 a+b"}, s.tickets())
	})
	bubble(t, "says what stays open", func(t *testing.T) {
		s := newStage(t)
		s.fires("a")
		s.resolves("a")
		s.backend.Inject(fake.Fault{Kind: fake.FailBefore, Times: -1})
		err := s.pipeline.Close(context.Background())
		assert.ErrorContains(t, err, "ticket "+s.ticket(0).ID+" is resolved and stays open")
	})
	bubble(t, "does not wait longer than it may", func(t *testing.T) {
		s := newStage(t)
		s.backend.Inject(fake.Fault{Kind: fake.Slow, Delay: 30 * time.Second})
		var work sync.WaitGroup
		work.Go(func() { s.tell(payload(alerts{"a": "firing"})) })
		synctest.Wait()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		assert.ErrorIs(t, s.pipeline.Close(ctx), context.DeadlineExceeded)
		work.Wait()
		assert.Equal(t, []string{"open 1 a"}, s.tickets(), "hanging up loses nothing")
	})
}

func TestBounds(t *testing.T) {
	group := func(i int) func(*notification) {
		return func(n *notification) { n.GroupLabels = map[string]string{"n": fmt.Sprint(i)} }
	}
	bubble(t, "so many groups are worked on at once, and no more", func(t *testing.T) {
		s := newStage(t).with(func(c *Config) { c.Workers = 3 })
		s.backend.Inject(fake.Fault{Kind: fake.Slow, Delay: time.Second, Op: "CreateTT", Times: -1})
		start := time.Now()
		var work sync.WaitGroup
		for i := range 12 {
			work.Go(func() { s.tell(payload(alerts{"a": "firing"}, group(i))) })
		}
		work.Wait()
		assert.Len(t, s.tickets(), 12)
		assert.Equal(t, 4*time.Second, time.Since(start))
	})
	bubble(t, "what cannot wait is sent away, and comes back", func(t *testing.T) {
		s := newStage(t).with(func(c *Config) { c.Workers, c.Waiting = 1, 2 })
		s.backend.Inject(fake.Fault{Kind: fake.Slow, Delay: time.Second, Op: "CreateTT", Times: -1})
		var work sync.WaitGroup
		for i := range 3 { // one in work, two wait
			work.Go(func() { s.tell(payload(alerts{"a": "firing"}, group(i))) })
			synctest.Wait()
		}
		w := s.post(payload(alerts{"a": "firing"}, group(3)))
		assert.Equal(t, http.StatusServiceUnavailable, w.Code)
		assert.Contains(t, w.Body.String(), "too much to do")
		work.Wait()
		s.tell(payload(alerts{"a": "firing"}, group(3)))
		assert.Len(t, s.tickets(), 4)
	})
	bubble(t, "a group that hangs does not stop the others", func(t *testing.T) {
		s := newStage(t).with(func(c *Config) { c.Workers = 2 })
		s.backend.Inject(fake.Fault{Kind: fake.Slow, Delay: 50 * time.Second, Op: "CreateTT"})
		var work sync.WaitGroup
		for range 5 {
			work.Go(func() { s.tell(payload(alerts{"a": "firing"}, group(1))) })
			synctest.Wait()
		}
		start := time.Now()
		s.tell(payload(alerts{"a": "firing"}, group(2)))
		assert.Zero(t, time.Since(start))
		work.Wait()
		assert.Len(t, s.tickets(), 2)
	})
	bubble(t, "a ticket system that hangs is given up after the time-out", func(t *testing.T) {
		s := newStage(t).with(func(c *Config) { c.Timeout = 20 * time.Second })
		s.backend.Inject(fake.Fault{Kind: fake.Slow, Delay: time.Hour, Op: "CreateTT"})
		start := time.Now()
		assert.Equal(t, http.StatusServiceUnavailable, s.post(payload(alerts{"a": "firing"})).Code)
		assert.Equal(t, 20*time.Second, time.Since(start))
		s.fires("a")
		assert.Equal(t, []string{"open 1 a"}, s.tickets())
	})
	bubble(t, "groups without a ticket are forgotten when there are too many", func(t *testing.T) {
		s := newStage(t)
		for i := range remembered + 10 {
			s.tell(payload(alerts{"a": "resolved"}, group(i)))
		}
		assert.Len(t, s.pipeline.groups, remembered)
	})
}
