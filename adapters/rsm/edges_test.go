package rsm_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/rsm"
	"github.com/ttkit/ttkit/adapters/rsm/rsmtest"
	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/tttest"
)

func TestGroups(t *testing.T) {
	inBubble(t, "adding the leader to a ticket that was never promoted is a conflict", rsmtest.Options{}, nil, func(s scene) {
		c := s.create("k", "1")
		_, err := s.sys.AddToGroupTT(s.ctx, c.ID, "1")
		assert.ErrorIs(t, err, tt.ErrConflict)
	})

	inBubble(t, "a member whose config item is gone does not keep others out", rsmtest.Options{}, nil, func(s scene) {
		c := s.create("k", "1")
		_, err := s.sys.CreateGroupTT(s.ctx, c.ID, time.Time{})
		require.NoError(t, err)
		_, err = s.sys.AddToGroupTT(s.ctx, c.ID, "2")
		require.NoError(t, err)
		s.server.RemoveCI(2)
		time.Sleep(time.Minute)
		items, err := s.sys.AddToGroupTT(s.ctx, c.ID, "3", "4")
		require.NoError(t, err)
		for _, item := range items {
			assert.NoError(t, item.Err)
		}
		assert.Equal(t, []string{"1", "2", "3", "4"}, s.get(c.ID).Objects)
		ids, err := s.sys.GetObjectTTs(s.ctx, "4")
		require.NoError(t, err)
		assert.Equal(t, []string{c.ID}, ids)
	})

	inBubble(t, "more members than the inventory shows on one page", rsmtest.Options{}, nil, func(s scene) {
		for id := int64(2); id <= 1200; id++ {
			s.server.AddCI(rsmtest.CI{ID: id})
		}
		c := s.create("k", "1")
		_, err := s.sys.CreateGroupTT(s.ctx, c.ID, time.Time{})
		require.NoError(t, err)
		var objs []string
		for id := 2; id <= 1200; id++ {
			objs = append(objs, fmt.Sprint(id))
		}
		items, err := s.sys.AddToGroupTT(s.ctx, c.ID, objs...)
		require.NoError(t, err)
		for _, item := range items {
			require.NoError(t, item.Err)
		}
	})

	inBubble(t, "a moment that no date can hold is refused", rsmtest.Options{}, nil, func(s scene) {
		c := s.create("k", "1")
		_, err := s.sys.CreateGroupTT(s.ctx, c.ID, time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC))
		assert.ErrorIs(t, err, tt.ErrInvalid)
	})
}

func TestClosingAmongOthers(t *testing.T) {
	inBubble(t, "a ticket that another process closes meanwhile is closed", rsmtest.Options{}, nil, func(s scene) {
		other := openOn(t, s.server, nil)
		c := s.create("k", "1")
		s.server.Inject(tttest.Fault{Kind: tttest.Slow, Route: "list", Delay: 5 * time.Second})
		go func() {
			time.Sleep(time.Second)
			_, _ = other.CloseTT(s.ctx, tt.CloseRequest{ID: c.ID, Body: "theirs"})
		}()
		closed, err := s.sys.CloseTT(s.ctx, tt.CloseRequest{ID: c.ID, Body: "mine"})
		require.NoError(t, err)
		assert.True(t, closed)
		require.NoError(t, other.Shutdown(s.ctx))
	})

	inBubble(t, "a member that cannot move to the winner does not keep the episode open", rsmtest.Options{}, nil, func(s scene) {
		mine := s.create("k", "1")
		s.twin(mine.ID, 5)
		_, err := s.sys.CreateGroupTT(s.ctx, mine.ID, time.Time{})
		require.NoError(t, err)
		_, err = s.sys.AddToGroupTT(s.ctx, mine.ID, "2")
		require.NoError(t, err)
		s.server.RemoveCI(2)
		closed, err := s.sys.CloseTT(s.ctx, tt.CloseRequest{ID: mine.ID})
		require.NoError(t, err)
		assert.True(t, closed)
		for _, m := range s.server.Modes() {
			assert.False(t, m.Open())
		}
		assert.Equal(t, []string{"1", "2"}, s.get(mine.ID).Objects)
	})

	inBubble(t, "a loser whose winner is no ticket any more is a ticket like another", rsmtest.Options{}, nil, func(s scene) {
		mine := s.create("k", "1")
		s.twin(mine.ID, 5)
		s.server.Inject(tttest.Fault{Kind: tttest.StatusBefore, Route: "patch", Skip: 1, Times: -1}) // noted, and not ended
		_, err := s.sys.FindTT(s.ctx, "k")
		require.ErrorIs(t, err, tt.ErrTemporary)
		s.server.ClearFaults()
		require.True(t, s.modeOf(mine.ID).Open())
		require.True(t, s.server.Edit(5, func(m *rsmtest.Mode) { m.Labels = nil }))
		require.NoError(t, s.sys.AddComment(s.ctx, tt.CommentRequest{ID: mine.ID, Body: "x"}))
		closed, err := s.sys.CloseTT(s.ctx, tt.CloseRequest{ID: mine.ID})
		require.NoError(t, err)
		assert.True(t, closed)
		assert.ErrorIs(t, s.sys.AddComment(s.ctx, tt.CommentRequest{ID: mine.ID, Body: "y"}), tt.ErrClosed)
		assert.True(t, s.modeOf(5).Open())
	})

	inBubble(t, "a planned mode is cancelled, and does not teach how far an end must lie ahead",
		rsmtest.Options{Knobs: rsmtest.Knobs{CancelRunning: rsmtest.CancelRejected}}, nil, func(s scene) {
			first, second := s.create("a", "1"), s.create("b", "1")
			closed, err := s.sys.CloseTT(s.ctx, tt.CloseRequest{ID: first.ID})
			require.NoError(t, err)
			require.True(t, closed)
			planned := s.server.AddMode(rsmtest.Mode{Start: s.server.Now().Add(20 * time.Minute), Items: []rsmtest.Item{{CI: 1}}})
			closed, err = s.sys.CloseTT(s.ctx, tt.CloseRequest{ID: fmt.Sprint(planned)})
			require.NoError(t, err)
			assert.True(t, closed)
			closed, err = s.sys.CloseTT(s.ctx, tt.CloseRequest{ID: second.ID})
			require.NoError(t, err)
			assert.True(t, closed)
		})

	inBubble(t, "an operation on a loser whose winner cannot be found was not done", rsmtest.Options{}, nil, func(s scene) {
		mine := s.create("k", "1")
		s.twin(mine.ID, 5)
		require.Equal(t, "5", s.create("k", "1").ID)
		s.twin(mine.ID, 4) // another election is due
		s.server.Inject(tttest.Fault{Kind: tttest.StatusBefore, Route: "get", Skip: 1, Times: -1})
		err := s.sys.AddComment(s.ctx, tt.CommentRequest{ID: mine.ID, Body: "x"})
		var e *tt.Error
		require.ErrorAs(t, err, &e)
		assert.Equal(t, tt.NotDone, e.Outcome, err)
		s.server.ClearFaults()
	})
}

func TestBestEffort(t *testing.T) {
	inBubble(t, "one ticket of a key, however often the look-up fails", rsmtest.Options{}, func(c *rsm.Config) { c.Lookup = "best_effort" }, func(s scene) {
		s.server.Inject(tttest.Fault{Kind: tttest.StatusBefore, Route: "list", Times: -1}, tttest.Fault{Kind: tttest.StatusBefore, Route: "filter", Times: -1})
		for range 10 {
			_, err := s.sys.CreateTT(s.ctx, tt.CreateRequest{Object: "1", Subject: "down", Key: "k"})
			var e *tt.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, tt.Done, e.Outcome)
			assert.NotEmpty(t, e.TicketID)
			time.Sleep(20 * time.Second)
		}
		assert.Len(t, s.server.Modes(), 1)
		s.server.ClearFaults()
		c := s.create("k", "1")
		assert.True(t, c.Existed)
	})
}

func TestShutdown(t *testing.T) {
	t.Run("its context ends it while the server hangs", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			server := rsmtest.New(rsmtest.Options{})
			defer server.Close()
			s := scene{t, context.Background(), server, openOn(t, server, nil)}
			c := s.create("k", "1")
			require.NoError(t, s.sys.AddComment(s.ctx, tt.CommentRequest{ID: c.ID, Body: "x"}))
			server.Inject(tttest.Fault{Kind: tttest.Slow, Times: -1, Delay: 5 * time.Minute})
			ctx, cancel := context.WithTimeout(s.ctx, 4*time.Second)
			defer cancel()
			began := time.Now()
			assert.Error(t, s.sys.Shutdown(ctx))
			assert.LessOrEqual(t, time.Since(began), 5*time.Second)
		})
	})

	t.Run("it waits for a call that has not written yet", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			server := rsmtest.New(rsmtest.Options{})
			defer server.Close()
			s := scene{t, context.Background(), server, openOn(t, server, nil)}
			server.Inject(tttest.Fault{Kind: tttest.Slow, Route: "ci", Delay: 5 * time.Second})
			done := make(chan error, 1)
			go func() {
				_, err := s.sys.CreateTT(s.ctx, tt.CreateRequest{Object: "1", Subject: "down", Key: "k"})
				done <- err
			}()
			time.Sleep(time.Second)
			require.NoError(t, s.sys.Shutdown(s.ctx))
			select {
			case err := <-done:
				assert.NoError(t, err)
			default:
				t.Error("Shutdown has returned and the call has not")
			}
		})
	})
}
