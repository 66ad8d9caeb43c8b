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
	"github.com/ttkit/ttkit/adapters/fake"
)

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
	bubble(t, "an alarm that returns while its hold waits for a worker is not closed", func(t *testing.T) {
		s := newStage(t).with(func(c *Config) { c.Workers = 1 })
		s.fires("a")
		s.resolves("a")
		time.Sleep(testHold - time.Second)
		s.backend.Inject(fake.Fault{Kind: fake.Slow, Delay: 10 * time.Second, Op: "CreateTT"})
		var work sync.WaitGroup
		work.Go(func() { s.tell(payload(alerts{"b": "firing"}, group(1))) }) // has the worker
		synctest.Wait()
		work.Go(func() { s.fires("a") }) // has the turn
		synctest.Wait()
		time.Sleep(5 * time.Second) // the hold is over
		work.Wait()
		s.holdPasses()
		assert.Equal(t, []string{"open 1 a", "open 1 b"}, s.tickets())
	})
	bubble(t, "an Alertmanager that hangs up does not undo the work", func(t *testing.T) {
		s := newStage(t)
		s.backend.Inject(fake.Fault{Kind: fake.Slow, Delay: 10 * time.Second, Op: "CreateTT"})
		ctx, hangUp := context.WithCancel(context.Background())
		var work sync.WaitGroup
		work.Go(func() { _ = s.pipeline.notify(ctx, payload(alerts{"a": "firing", "b": "firing"})) })
		synctest.Wait()
		hangUp()
		work.Wait()
		assert.Equal(t, []string{"open 1 a+b"}, s.tickets())
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
