package zstack_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/zstack"
	"github.com/ttkit/ttkit/adapters/zstack/zstacktest"
	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/tttest"
)

// A job that never ends is given up after poll.limit, and the ticket is asked.
func TestAStuckJob(t *testing.T) {
	inBubble(t, "that has acted", zstacktest.Options{}, nil, func(s scene) {
		s.create("first", "web-1")
		s.server.InjectJob(zstacktest.JobFault{Kind: zstacktest.JobSticksAfter, Route: "create"})
		began := time.Now()
		c := s.create("k", "web-1")
		assert.LessOrEqual(t, time.Since(began), 3*time.Minute)
		assert.Equal(t, tt.StateOpen, s.get(c.ID).State)
		assert.Len(t, s.server.Tickets(), 2)
	})
	inBubble(t, "that has not acted: another one is made", zstacktest.Options{}, func(c *zstack.Config) { c.Poll.Limit = 10 * time.Second }, func(s scene) {
		s.create("first", "web-1")
		s.server.InjectJob(zstacktest.JobFault{Kind: zstacktest.JobSticks, Route: "create"})
		began := time.Now()
		s.create("k", "web-1")
		assert.LessOrEqual(t, time.Since(began), 30*time.Second)
		assert.Len(t, s.server.Tickets(), 2)
		ids := map[string]bool{}
		for _, j := range s.server.Jobs() {
			assert.False(t, ids[j.ID])
			ids[j.ID] = true
		}
	})
	inBubble(t, "and internal errors after it may be its doing: that may pass", zstacktest.Options{}, func(c *zstack.Config) { c.Poll.Limit = 10 * time.Second }, func(s scene) {
		s.server.InjectJob(
			zstacktest.JobFault{Kind: zstacktest.JobSticks, Route: "create"},
			zstacktest.JobFault{Kind: zstacktest.JobFails, Route: "create", Times: 4},
		)
		req := tt.CreateRequest{Object: "web-1", Subject: "down", Key: "k"}
		_, err := s.sys.CreateTT(s.ctx, req)
		var e *tt.Error
		require.ErrorAs(s, err, &e)
		assert.Equal(s, tt.Unknown, e.Outcome, "of the first attempt nothing is known")
		assert.True(s, e.Temporary())
		_, err = s.sys.CreateTT(s.ctx, req)
		require.NoError(s, err)
		assert.Len(s, s.server.Tickets(), 1)
	})

	inBubble(t, "of a close that has acted", zstacktest.Options{}, func(c *zstack.Config) { c.Poll.Limit = 10 * time.Second }, func(s scene) {
		c := s.create("k", "web-1")
		s.server.InjectJob(zstacktest.JobFault{Kind: zstacktest.JobSticksAfter, Route: "change"})
		closed, err := s.sys.CloseTT(s.ctx, tt.CloseRequest{ID: c.ID, Body: "fixed"})
		require.NoError(t, err)
		assert.True(t, closed)
		assert.Len(t, s.server.Histories(c.ID), 1)
	})
}

// A restart between the create and its poll.
func TestARestartBetweenCreateAndPoll(t *testing.T) {
	for _, k := range []struct {
		name  string
		knobs zstacktest.Knobs
	}{
		{"the job sticks", zstacktest.Knobs{JobTime: time.Second, JobActs: zstacktest.ActsAtEnd}},
		{"the job is forgotten", zstacktest.Knobs{JobTime: time.Second, JobActs: zstacktest.ActsAtEnd, RestartJobs: zstacktest.RestartDrops}},
		{"the job has acted", zstacktest.Knobs{JobTime: time.Second}},
	} {
		inBubble(t, k.name, zstacktest.Options{Knobs: k.knobs}, nil, func(s scene) {
			s.server.Before("job", func() { s.server.Restart(5 * time.Second) })
			var c tt.Created
			var err error
			for range 20 {
				if c, err = s.sys.CreateTT(s.ctx, tt.CreateRequest{Object: "web-1", Subject: "down", Key: "k"}); !tt.IsTemporary(err) {
					break
				}
				time.Sleep(5 * time.Second)
			}
			require.NoError(t, err)
			assert.Len(t, s.server.Tickets(), 1)
			assert.Equal(t, "web-1", s.get(c.ID).Object)
		})
	}
}

// A reply of 200 with HTML, after every kind of call.
func TestAProxyThatTalksHTML(t *testing.T) {
	inBubble(t, "every call", zstacktest.Options{}, nil, func(s scene) {
		for n := range 12 {
			s.server.Inject(tttest.Fault{Kind: tttest.HTML, Skip: n})
			for range 10 {
				_, err := s.sys.CreateTT(s.ctx, tt.CreateRequest{Object: "web-1", Subject: "down", Key: fmt.Sprint("k", n)})
				if err == nil {
					break
				}
				require.ErrorIs(t, err, tt.ErrTemporary)
				time.Sleep(5 * time.Second)
			}
			s.server.ClearFaults()
			assert.Len(t, s.server.Tickets(), n+1)
		}
	})
}

// A refusal is no news while nobody can see what became of the ticket: it may
// be refused because it has ended.
func TestARefusedCloseThatNobodyCanLookAt(t *testing.T) {
	hide := func(s scene) {
		s.server.EndSessions()
		s.server.Inject(
			tttest.Fault{Route: "get", Kind: tttest.Unauthorized},
			tttest.Fault{Route: "login", Kind: tttest.Unauthorized, Times: 50},
		)
	}
	inBubble(t, "somebody ended the ticket a moment before", zstacktest.Options{}, nil, func(s scene) {
		c := s.create("k", "web-1")
		s.server.Before("job", func() { hide(s) }) // the job's answer needs no session
		s.server.Before("change", func() { assert.NoError(s, s.server.Act(c.ID, zstacktest.Reject, "no")) })
		_, err := s.sys.CloseTT(s.ctx, tt.CloseRequest{ID: c.ID})
		var e *tt.Error
		require.ErrorAs(s, err, &e)
		assert.Equal(s, tt.CodeUnauthenticated, e.Code, "what must be mended first")
		assert.Equal(s, tt.Unknown, e.Outcome)
		assert.True(s, e.Repeatable)
		assert.NotContains(s, err.Error(), "still open")
		s.server.ClearFaults()
		time.Sleep(time.Minute)
		closed, err := s.sys.CloseTT(s.ctx, tt.CloseRequest{ID: c.ID})
		require.NoError(s, err)
		assert.True(s, closed)
	})
}
