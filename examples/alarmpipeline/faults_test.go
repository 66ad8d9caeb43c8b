package main

import (
	"context"
	"fmt"
	"net/http"
	"testing"
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

func TestAnUncertainCreateIsRepeatedAsItWas(t *testing.T) {
	bubble(t, "also when another alert leads by then", func(t *testing.T) {
		s := newStage(t)
		s.backend.Inject(fake.Fault{Kind: fake.CommitLate, Op: "CreateTT", Delay: time.Minute})
		require.Equal(t, http.StatusServiceUnavailable, s.post(payload(alerts{"a": "firing", "b": "firing"})).Code)
		s.tell(payload(alerts{"a": "resolved", "b": "firing"}))
		time.Sleep(2 * time.Minute)
		assert.Equal(t, []string{"open 1 a+b"}, s.tickets())
		assert.Equal(t, []string{"Firing: 1 alert"}, s.comments(0))
	})
	bubble(t, "and a certain failure leaves the lead to who fires now", func(t *testing.T) {
		s := newStage(t)
		s.backend.Inject(fake.Fault{Kind: fake.FailBefore, Op: "CreateTT"})
		require.Equal(t, http.StatusServiceUnavailable, s.post(payload(alerts{"a": "firing", "b": "firing"})).Code)
		s.tell(payload(alerts{"a": "resolved", "b": "firing"}))
		assert.Equal(t, []string{"open 1 b"}, s.tickets())
	})
}

// odd is a system that answers reads with what hook makes of them.
type odd struct {
	*fake.System
	hook   func(*tt.Ticket, error) (*tt.Ticket, error)
	closed []string
}

func (o *odd) GetTT(ctx context.Context, id string) (*tt.Ticket, error) {
	return o.hook(o.System.GetTT(ctx, id))
}

func (o *odd) CloseTT(ctx context.Context, req tt.CloseRequest) (bool, error) {
	o.closed = append(o.closed, req.ID)
	return true, nil
}

func TestTicketsThatAreNotWhereTheyWere(t *testing.T) {
	for _, row := range []struct {
		name    string
		hook    func(*tt.Ticket, error) (*tt.Ticket, error)
		creates int
		closed  string
	}{
		{"another one won the election: that one is the episode's", func(t *tt.Ticket, err error) (*tt.Ticket, error) {
			t.ID = "winner"
			return t, err
		}, 1, "winner"},
		{"it is gone: the key leads to another, or makes one", func() func(*tt.Ticket, error) (*tt.Ticket, error) {
			reads := 0
			return func(t *tt.Ticket, err error) (*tt.Ticket, error) {
				if reads++; reads == 1 {
					return nil, tt.Errorf(tt.CodeNotFound, tt.NotDone, "no such ticket")
				}
				return t, err
			}
		}(), 2, "1"},
	} {
		bubble(t, row.name, func(t *testing.T) {
			s := newStage(t)
			sys := &odd{System: s.backend.Open("odd"), hook: row.hook}
			p, err := New(sys, s.config)
			require.NoError(t, err)
			s.pipeline = p
			s.fires("a")
			s.fires("a")
			assert.Equal(t, row.creates, s.calls("CreateTT"))
			s.resolves("a")
			s.holdPasses()
			assert.Len(t, s.tickets(), 1)
			assert.Equal(t, []string{row.closed}, sys.closed)
		})
	}
	bubble(t, "a person closes it between our read and our write: the repeat begins an episode", func(t *testing.T) {
		s := newStage(t)
		s.fires("a")
		s.backend.Inject(fake.Fault{Kind: fake.FailBefore, Op: "AddComment", Err: tt.ErrClosed})
		require.Equal(t, http.StatusServiceUnavailable, s.post(payload(alerts{"a": "firing", "b": "firing"})).Code)
		require.NoError(t, s.backend.Console("anna").Close(s.ticket(0).ID, "fixed"))
		s.fires("a", "b")
		assert.Equal(t, []string{"closed 1 a+b", "open 2 a+b"}, s.tickets())
	})
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
