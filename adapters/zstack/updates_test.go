package zstack_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/zstack/zstacktest"
	"github.com/ttkit/ttkit/tt"
)

// now is a cursor from now on.
func (s scene) now() string {
	s.Helper()
	u, err := s.sys.GetUpdates(s.ctx, tt.UpdatesRequest{All: true})
	require.NoError(s, err)
	return u.Next
}

// follow reads the feed until it has told nothing twice in a row, and returns
// the ids of what it told.
func (s scene) follow(req tt.UpdatesRequest) (told map[string]bool, last string) {
	s.Helper()
	told = map[string]bool{}
	for idle := 0; idle < 2; {
		u, err := s.sys.GetUpdates(s.ctx, req)
		require.NoError(s, err)
		if idle++; len(u.Changes) > 0 {
			idle = 0
		}
		for _, c := range u.Changes {
			told[c.ID] = true
		}
		req.After = u.Next
	}
	return told, req.After
}

// flap cancels and reopens a ticket as its submitter would.
func (s scene) flap(id string, times int, wait time.Duration) {
	s.Helper()
	for i := range times {
		require.NoError(s, s.server.Act(id, []zstacktest.Event{zstacktest.Cancel, zstacktest.Reopen}[i%2], ""))
		time.Sleep(wait)
	}
}

func TestABacklogIsToldWhole(t *testing.T) {
	zone, err := time.LoadLocation("America/New_York")
	require.NoError(t, err)
	inBubble(t, "of the hour that the server's clock shows twice", zstacktest.Options{Location: zone}, nil, func(s scene) {
		time.Sleep(time.Until(time.Date(2000, time.October, 29, 5, 30, 0, 0, time.UTC)))
		id := s.create("k", "web-1").ID
		after := s.now()
		s.flap(id, 720, 5*time.Second)
		told, _ := s.follow(tt.UpdatesRequest{All: true, After: after})
		for _, row := range s.server.Histories(id) {
			assert.Contains(s, told, fmt.Sprintf("h%d", row.Sequence))
		}
	})

	inBubble(t, "when a ticket is deleted between two pages", zstacktest.Options{}, nil, func(s scene) {
		gone, kept := s.create("k", "web-1").ID, s.create("l", "web-2").ID
		after := s.now()
		time.Sleep(time.Minute)
		say := func(id string) {
			require.NoError(s, s.sys.AddComment(s.ctx, tt.CommentRequest{ID: id, Body: "still down"}))
		}
		for range 20 {
			say(gone)
		}
		for range 600 {
			say(kept)
			time.Sleep(time.Second)
		}
		s.server.Before("tags", func() { // the first page
			s.server.Before("tags", func() { s.server.Delete(gone) })
		})
		u, err := s.sys.GetUpdates(s.ctx, tt.UpdatesRequest{All: true, After: after, Limit: 10_000})
		require.NoError(s, err)
		of := map[string]int{}
		for _, c := range u.Changes {
			of[c.TicketID]++
		}
		assert.Equal(s, 600, of[kept])
	})
}

func TestAFeedOfManyTicketsDoesNotReadTheOthersAgainAndAgain(t *testing.T) {
	inBubble(t, "more ids than a query takes", zstacktest.Options{}, nil, func(s scene) {
		mine, other := s.create("k", "web-1").ID, s.create("l", "web-2").ID
		ids := []string{mine}
		for n := range 150 {
			ids = append(ids, fmt.Sprintf("%032x", n))
		}
		after := s.now()
		s.flap(other, 1200, 0)
		s.flap(mine, 2, time.Second)
		req := tt.UpdatesRequest{IDs: ids, After: after}
		told := 0
		for range 5 {
			u, err := s.sys.GetUpdates(s.ctx, req)
			require.NoError(s, err)
			req.After, told = u.Next, told+len(u.Changes)
		}
		assert.Equal(s, 2, told)
		before := s.asked("histories")
		_, err := s.sys.GetUpdates(s.ctx, req)
		require.NoError(s, err)
		assert.Equal(s, 1, s.asked("histories")-before, "it has caught up")
	})
}
