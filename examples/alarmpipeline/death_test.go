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
		assert.Empty(t, s.comments(0), "it says the same")
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
	bubble(t, "and lists lag, and the ticket is closed: CreateTT tells", func(t *testing.T) {
		s := newStage(t, fake.WithLag(time.Minute))
		s.fires("a")
		require.NoError(t, s.backend.Console("anna").Close(s.ticket(0).ID, "fixed"))
		s.restart()
		s.fires("a")
		assert.Equal(t, []string{"closed 1 a", "open 2 a"}, s.tickets())
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
		assert.LessOrEqual(t, len(s.backend.History()), 20)
	})
	bubble(t, "a pipeline that lives counts in memory", func(t *testing.T) {
		s := newStage(t)
		for range 10 {
			s.fires("a")
			s.resolves("a")
			s.holdPasses()
		}
		assert.Equal(t, 1, s.calls("FindTT"))
	})
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
