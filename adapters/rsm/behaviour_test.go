package rsm_test

import (
	"context"
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

// scene is a simulator and a System over it, in a bubble.
type scene struct {
	*testing.T
	ctx    context.Context
	server *rsmtest.Server
	sys    *rsm.System
}

func inBubble(t *testing.T, name string, opts rsmtest.Options, change func(*rsm.Config), f func(s scene)) {
	t.Run(name, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			server := rsmtest.New(opts)
			defer server.Close()
			s := scene{t, context.Background(), server, openOn(t, server, change)}
			f(s)
			require.NoError(t, s.sys.Shutdown(s.ctx))
		})
	})
}

func (s scene) create(key, obj string) tt.Created {
	s.Helper()
	c, err := s.sys.CreateTT(s.ctx, tt.CreateRequest{Queue: "net", Object: obj, Subject: "down", Key: key})
	require.NoError(s, err)
	return c
}

func (s scene) get(id string) *tt.Ticket {
	s.Helper()
	t, err := s.sys.GetTT(s.ctx, id)
	require.NoError(s, err)
	return t
}

func TestClosing(t *testing.T) {
	refusing := rsmtest.Options{Knobs: rsmtest.Knobs{CancelRunning: rsmtest.CancelRejected}}

	inBubble(t, "where a running mode cannot be cancelled, its end is moved and waited for", refusing, nil, func(s scene) {
		c := s.create("k", "1")
		began := time.Now()
		closed, err := s.sys.CloseTT(s.ctx, tt.CloseRequest{ID: c.ID, Reason: "cable"})
		require.NoError(t, err)
		assert.True(t, closed)
		assert.NotZero(t, time.Since(began))
		ticket := s.get(c.ID)
		assert.Equal(t, tt.StateClosed, ticket.State)
		assert.Equal(t, "cable", ticket.FinalReason)
	})

	inBubble(t, "a lease renewed right before the close is not put back", refusing, nil, func(s scene) {
		c := s.create("k", "1")
		require.NoError(t, s.sys.RenewTT(s.ctx, c.ID, time.Now().Add(400*time.Hour)))
		closed, err := s.sys.CloseTT(s.ctx, tt.CloseRequest{ID: c.ID})
		require.NoError(t, err)
		assert.True(t, closed)
		time.Sleep(time.Minute)
		assert.Equal(t, tt.StateClosed, s.get(c.ID).State)
	})

	inBubble(t, "a mode that a person cancelled is closed, not expired", rsmtest.Options{}, nil, func(s scene) {
		c := s.create("k", "1")
		s.cancelInConsole(c.ID)
		assert.Equal(t, tt.StateClosed, s.get(c.ID).State)
	})

	inBubble(t, "a mode that ran out is expired, and stays so when it is closed", rsmtest.Options{}, nil, func(s scene) {
		c := s.create("k", "1")
		time.Sleep(169 * time.Hour)
		assert.Equal(t, tt.StateExpired, s.get(c.ID).State)
		closed, err := s.sys.CloseTT(s.ctx, tt.CloseRequest{ID: c.ID})
		require.NoError(t, err)
		assert.True(t, closed)
		assert.Equal(t, tt.StateExpired, s.get(c.ID).State)
	})
}

// cancelInConsole cancels a mode past the adapter.
func (s scene) cancelInConsole(id string) {
	s.Helper()
	request(s, s.server, "PATCH", "/api/public/sm/v1/rsm-maintenance/"+id, `{"cancel":true}`)
}

func TestAnchor(t *testing.T) {
	anchored := func(c *rsm.Config) { c.AnchorCI = map[string]string{"net": "5", "*": "6"} }

	inBubble(t, "the mode is on the anchor, the object in the labels, whatever its name", rsmtest.Options{}, anchored, func(s scene) {
		c := s.create("k", "core-sw.msk/eth0")
		mode := s.server.Modes()[0]
		assert.EqualValues(t, 5, mode.Items[0].CI)
		assert.Equal(t, "core-sw.msk/eth0", s.get(c.ID).Object)
		ids, err := s.sys.GetObjectTTs(s.ctx, "core-sw.msk/eth0")
		require.NoError(t, err)
		assert.Equal(t, []string{c.ID}, ids)
		ids, err = s.sys.GetObjectTTs(s.ctx, "core-sw.msk/eth")
		require.NoError(t, err)
		assert.Empty(t, ids, "a prefix is another object")
	})

	inBubble(t, "members of a group are in the labels too", rsmtest.Options{}, anchored, func(s scene) {
		c := s.create("k", "a")
		_, err := s.sys.CreateGroupTT(s.ctx, c.ID, time.Time{})
		require.NoError(t, err)
		items, err := s.sys.AddToGroupTT(s.ctx, c.ID, "b", "a")
		require.NoError(t, err)
		for _, item := range items {
			assert.NoError(t, item.Err)
		}
		ids, err := s.sys.GetObjectTTs(s.ctx, "b")
		require.NoError(t, err)
		assert.Equal(t, []string{c.ID}, ids)
		assert.Len(t, s.server.Modes()[0].Items, 1)
	})

	inBubble(t, "a queue without an anchor is invalid when there is no other", rsmtest.Options{}, func(c *rsm.Config) {
		c.AnchorCI = map[string]string{"core": "5"}
	}, func(s scene) {
		_, err := s.sys.CreateTT(s.ctx, tt.CreateRequest{Queue: "net", Object: "a", Subject: "down"})
		require.ErrorIs(t, err, tt.ErrInvalid)
		assert.ErrorContains(t, err, "anchor_ci")
		assert.Empty(t, s.server.Requests())
	})
}

func TestObjects(t *testing.T) {
	cis := []rsmtest.CI{
		{ID: 1, Name: "sw-1", Labels: map[string]any{"noc_id": "4711"}},
		{ID: 2, Name: "sw-2", Labels: map[string]any{"noc_id": []string{"x", "y"}}},
		{ID: 3, Name: "twin"}, {ID: 4, Name: "twin"},
	}
	by := func(how string) func(*rsm.Config) { return func(c *rsm.Config) { c.ObjectBy = how } }
	for _, row := range []struct {
		name, by, obj string
		ci            int64
		code          tt.Code
	}{
		{"by name", "name", "sw-2", 2, ""},
		{"by a name that no item has", "name", "sw-9", 0, tt.CodeNotFound},
		{"by a name that two items have", "name", "twin", 0, tt.CodeConflict},
		{"by label", "label:noc_id", "4711", 1, ""},
		{"by a label's value that no item has", "label:noc_id", "4712", 0, tt.CodeNotFound},
		{"by id", "id", "3", 3, ""},
	} {
		inBubble(t, row.name, rsmtest.Options{CIs: cis}, by(row.by), func(s scene) {
			_, err := s.sys.CreateTT(s.ctx, tt.CreateRequest{Object: row.obj, Subject: "down", Key: "k"})
			assert.Equal(t, row.code, tt.CodeOf(err))
			if row.code == "" {
				assert.Equal(t, row.ci, s.server.Modes()[0].Items[0].CI)
			} else {
				assert.Empty(t, s.server.Modes())
			}
		})
	}
}

// A duplicate that commits late is ended, and what was done to either ticket
// is on the one that stays.
func TestALateTwin(t *testing.T) {
	inBubble(t, "comments and members move to the winner, and the loser stands for it", rsmtest.Options{}, nil, func(s scene) {
		mine := s.create("k", "1")
		s.twin(mine.ID, 5)
		require.NoError(t, s.sys.AddComment(s.ctx, tt.CommentRequest{ID: mine.ID, Body: "on my way"}))
		_, err := s.sys.CreateGroupTT(s.ctx, mine.ID, time.Time{})
		require.NoError(t, err)
		_, err = s.sys.AddToGroupTT(s.ctx, mine.ID, "2")
		require.NoError(t, err)
		time.Sleep(2 * time.Minute)
		assert.False(t, s.modeOf(mine.ID).Open())
		assert.True(t, s.modeOf(5).Open())
		ticket := s.get(mine.ID)
		assert.Equal(t, "5", ticket.ID)
		assert.Equal(t, tt.StateOpen, ticket.State)
		assert.Equal(t, []string{"1", "2"}, ticket.Objects)
		assert.Equal(t, ticket.ID, ticket.Group)
		require.Len(t, ticket.Comments, 1)
	})

	inBubble(t, "an episode that was closed stays closed", rsmtest.Options{}, nil, func(s scene) {
		other := openOn(t, s.server, nil)
		s.server.Inject(tttest.Fault{Kind: tttest.Late, Route: "create", Delay: 30 * time.Second})
		_, err := other.CreateTT(s.ctx, tt.CreateRequest{Object: "1", Subject: "down", Key: "k"})
		require.ErrorIs(t, err, tt.ErrTemporary)
		mine := s.create("k", "1")
		closed, err := s.sys.CloseTT(s.ctx, tt.CloseRequest{ID: mine.ID, Body: "fixed"})
		require.NoError(t, err)
		assert.True(t, closed)
		time.Sleep(2 * time.Minute)
		for _, m := range s.server.Modes() {
			assert.False(t, m.Open(), "mode %d", m.ID)
		}
		require.NoError(t, other.Shutdown(s.ctx))
	})
}

func TestWriting(t *testing.T) {
	inBubble(t, "comments that wait for one ticket travel together", rsmtest.Options{}, nil, func(s scene) {
		c := s.create("k", "1")
		before := len(s.server.Requests())
		s.server.Inject(tttest.Fault{Kind: tttest.Slow, Route: "get", Delay: time.Second})
		done := make(chan error)
		for range 20 {
			go func() { done <- s.sys.AddComment(s.ctx, tt.CommentRequest{ID: c.ID, Body: "x"}) }()
		}
		for range 20 {
			require.NoError(t, <-done)
		}
		assert.Len(t, s.get(c.ID).Comments, 20)
		assert.LessOrEqual(t, len(s.server.Requests())-before, 2+2+1)
	})

	inBubble(t, "what another program overwrote is put back", rsmtest.Options{}, nil, func(s scene) {
		c := s.create("k", "1")
		before := s.server.Modes()[0].Labels
		require.NoError(t, s.sys.AddComment(s.ctx, tt.CommentRequest{ID: c.ID, Body: "mine"}))
		request(s, s.server, "PATCH", "/api/public/sm/v1/rsm-maintenance/"+c.ID, labelsBody(before))
		assert.Empty(t, s.get(c.ID).Comments)
		time.Sleep(5 * time.Second)
		require.Len(t, s.get(c.ID).Comments, 1)
	})

	inBubble(t, "a write whose reply was lost, and which lands late, takes nothing away", rsmtest.Options{}, nil, func(s scene) {
		c := s.create("k", "1")
		s.server.Inject(tttest.Fault{Kind: tttest.Late, Route: "patch", Delay: 30 * time.Second})
		require.NoError(t, s.sys.AddComment(s.ctx, tt.CommentRequest{ID: c.ID, Body: "first", Key: "1"}))
		require.NoError(t, s.sys.AddComment(s.ctx, tt.CommentRequest{ID: c.ID, Body: "second", Key: "2"}))
		time.Sleep(2 * time.Minute)
		assert.Len(t, s.get(c.ID).Comments, 2)
	})
}
