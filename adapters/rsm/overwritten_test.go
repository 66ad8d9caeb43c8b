package rsm_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"path"
	"sync/atomic"
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

// overwrite puts labels back as they were, as another program does that read
// them then.
func (s scene) overwrite(id string, labels map[string]any) {
	s.Helper()
	request(s, s.server, "PATCH", "/api/public/sm/v1/rsm-maintenance/"+id, labelsBody(labels))
}

func TestWhatWasOverwritten(t *testing.T) {
	inBubble(t, "is put back although the credentials were dead when it was read back", rsmtest.Options{}, nil, func(s scene) {
		c := s.create("k", "1")
		before := s.modeOf(c.ID).Labels
		require.NoError(t, s.sys.AddComment(s.ctx, tt.CommentRequest{ID: c.ID, Body: "mine"}))
		s.overwrite(c.ID, before)
		s.server.Revoke(rsmtest.DefaultToken)
		time.Sleep(20 * time.Second)
		s.server.SetToken(rsmtest.Token{Value: rsmtest.DefaultToken})
		time.Sleep(20 * time.Second)
		assert.Len(t, s.get(c.ID).Comments, 1)
	})

	inBubble(t, "is put back after an outage, however long", rsmtest.Options{}, nil, func(s scene) {
		c := s.create("k", "1")
		before := s.modeOf(c.ID).Labels
		require.NoError(t, s.sys.AddComment(s.ctx, tt.CommentRequest{ID: c.ID, Body: "mine"}))
		s.overwrite(c.ID, before)
		s.server.Inject(tttest.Fault{Kind: tttest.StatusBefore, Times: -1})
		time.Sleep(time.Hour)
		s.server.ClearFaults()
		time.Sleep(2 * time.Minute)
		assert.Len(t, s.get(c.ID).Comments, 1)
	})

	inBubble(t, "is given up when the System is shut down in an outage", rsmtest.Options{}, nil, func(s scene) {
		c := s.create("k", "1")
		time.Sleep(2 * time.Minute) // its verification is over
		require.NoError(t, s.sys.AddComment(s.ctx, tt.CommentRequest{ID: c.ID, Body: "mine"}))
		s.server.Inject(tttest.Fault{Kind: tttest.StatusBefore, Times: -1})
		time.Sleep(time.Hour)
		began := time.Now()
		assert.ErrorIs(t, s.sys.Shutdown(s.ctx), tt.ErrTemporary)
		assert.Less(t, time.Since(began), 5*time.Minute)
	})

	inBubble(t, "is put back although the read-back was answered too late to tell", rsmtest.Options{}, func(c *rsm.Config) { c.Late = 20 * time.Second }, func(s scene) {
		c := s.create("k", "1")
		time.Sleep(time.Minute)
		s.server.Inject(tttest.Fault{Kind: tttest.Late, Route: "patch", Delay: 15 * time.Second})
		require.NoError(t, s.sys.AddComment(s.ctx, tt.CommentRequest{ID: c.ID, Body: "first"}))
		require.NoError(t, s.sys.AddComment(s.ctx, tt.CommentRequest{ID: c.ID, Body: "second"}))
		s.server.Inject(tttest.Fault{Kind: tttest.Slow, Route: "get", Delay: 25 * time.Second})
		time.Sleep(time.Minute)
		assert.Len(t, s.get(c.ID).Comments, 2)
	})

	// lost makes a group with a comment and a member, and takes both away, and
	// the member's config item out of the inventory.
	lost := func(s scene) (id string) {
		id = s.create("k", "1").ID
		_, err := s.sys.CreateGroupTT(s.ctx, id, time.Time{})
		require.NoError(s, err)
		time.Sleep(2 * time.Minute)
		before := s.modeOf(id)
		require.NoError(s, s.sys.AddComment(s.ctx, tt.CommentRequest{ID: id, Body: "mine"}))
		items, err := s.sys.AddToGroupTT(s.ctx, id, "2")
		require.NoError(s, err)
		require.NoError(s, items[0].Err)
		require.True(s, s.server.Edit(before.ID, func(m *rsmtest.Mode) { m.Labels, m.Items = before.Labels, before.Items }))
		s.server.RemoveCI(2)
		return id
	}
	inBubble(t, "is put back although the config item of a member has left the inventory", rsmtest.Options{}, nil, func(s scene) {
		id := lost(s)
		time.Sleep(time.Minute)
		ticket := s.get(id)
		assert.Len(s, ticket.Comments, 1)
		assert.Equal(s, []string{"1", "2"}, ticket.Objects)
		calls := s.server.RequestCount()
		time.Sleep(time.Hour)
		assert.Equal(s, calls, s.server.RequestCount(), "and that is all")
	})
	inBubble(t, "which keeps no other change out", rsmtest.Options{}, nil, func(s scene) {
		id := lost(s)
		require.NoError(s, s.sys.AddComment(s.ctx, tt.CommentRequest{ID: id, Body: "another"}))
		assert.Len(s, s.get(id).Comments, 2)
	})

	inBubble(t, "still counts: a group ticket that was just promoted takes members", rsmtest.Options{}, nil, func(s scene) {
		c := s.create("k", "1")
		before := s.modeOf(c.ID).Labels
		_, err := s.sys.CreateGroupTT(s.ctx, c.ID, time.Time{})
		require.NoError(t, err)
		s.overwrite(c.ID, before)
		items, err := s.sys.AddToGroupTT(s.ctx, c.ID, "2")
		require.NoError(t, err)
		require.NoError(t, items[0].Err)
		ticket := s.get(c.ID)
		assert.Equal(t, c.ID, ticket.Group)
		assert.Equal(t, []string{"1", "2"}, ticket.Objects)
	})

	inBubble(t, "was not, by this process, when it is the only writer", rsmtest.Options{}, func(c *rsm.Config) { c.Window = tt.Off }, func(s scene) {
		c := s.create("k", "1")
		s.server.Inject(tttest.Fault{Kind: tttest.Slow, Route: "get", Delay: 5 * time.Second})
		renewed := make(chan error)
		go func() { renewed <- s.sys.RenewTT(s.ctx, c.ID, time.Now().Add(400*time.Hour)) }()
		time.Sleep(time.Second) // it has read, and waits for the answer
		require.NoError(t, s.sys.AddComment(s.ctx, tt.CommentRequest{ID: c.ID, Body: "meanwhile"}))
		require.NoError(t, <-renewed)
		assert.Len(t, s.get(c.ID).Comments, 1)
	})
}

// A ticket that is over takes nothing back.
func TestAWriteWithoutAnAnswerThatLandsRightBeforeTheEnd(t *testing.T) {
	inBubble(t, "takes no comment away", rsmtest.Options{}, nil, func(s scene) {
		c := s.create("k", "1")
		s.server.Inject(tttest.Fault{Kind: tttest.Late, Route: "patch", Delay: time.Hour}) // it would land when the hook says
		require.NoError(t, s.sys.AddComment(s.ctx, tt.CommentRequest{ID: c.ID, Body: "first"}))
		stale := s.modeOf(c.ID).Labels
		require.NoError(t, s.sys.AddComment(s.ctx, tt.CommentRequest{ID: c.ID, Body: "second"}))
		time.Sleep(5 * time.Second)
		s.server.Before("patch", func() { // the closing note
			s.server.Before("patch", func() { // the cancel
				s.server.Edit(s.modeOf(c.ID).ID, func(m *rsmtest.Mode) { m.Labels = stale })
			})
		})
		closed, err := s.sys.CloseTT(s.ctx, tt.CloseRequest{ID: c.ID, Body: "fixed"})
		require.NoError(t, err)
		require.True(t, closed)
		assert.Len(t, s.get(c.ID).Comments, 3)
	})
}

// Somebody else has ended the loser of an election, and whether that is so
// cannot be read: the election has not failed for good.
func TestARefusalThatCannotBeLookedInto(t *testing.T) {
	for kind, want := range map[tttest.FaultKind]error{
		tttest.StatusBefore: tt.ErrUnavailable,
		tttest.Unauthorized: tt.ErrUnauthenticated,
	} {
		inBubble(t, "is the failure of the look: "+string(kind), rsmtest.Options{}, nil, func(s scene) {
			mine := s.create("k", "1")
			s.twin(mine.ID, 5)
			s.server.Before("patch", func() { s.server.Finish(s.modeOf(mine.ID).ID) })
			s.server.Inject(tttest.Fault{Kind: kind, Route: "get", Skip: 3, Times: 10})
			_, err := s.sys.FindTT(s.ctx, "k")
			require.ErrorIs(s, err, want)
			s.server.ClearFaults()
			id, err := s.sys.FindTT(s.ctx, "k")
			require.NoError(s, err)
			assert.Equal(s, "5", id)
		})
	}
}

// refusing refuses every change of one mode.
type refusing struct {
	http.RoundTripper
	id atomic.Value // of the mode
}

func (r *refusing) RoundTrip(req *http.Request) (*http.Response, error) {
	if id, ok := r.id.Load().(string); !ok || req.Method != http.MethodPatch || path.Base(req.URL.Path) != id {
		return r.RoundTripper.RoundTrip(req)
	}
	answer := httptest.NewRecorder()
	http.Error(answer, `{"message":"no"}`, http.StatusBadRequest)
	return answer.Result(), nil
}

func TestWhatCannotBePutBackKeepsNoDuplicateOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := rsmtest.New(rsmtest.Options{})
		defer server.Close()
		transport := &refusing{RoundTripper: server.Client().Transport}
		sys, err := rsm.New(
			rsm.Config{Common: tt.Common{BaseURL: server.URL()}, Token: tt.NewSecret(rsmtest.DefaultToken)},
			tt.WithHTTPClient(&http.Client{Transport: transport}))
		require.NoError(t, err)
		s := scene{t, context.Background(), server, sys}
		mine, other := s.create("k", "1"), s.create("k2", "2")
		s.twin(mine.ID, 5)
		before := s.modeOf(other.ID).Labels
		require.NoError(t, sys.AddComment(s.ctx, tt.CommentRequest{ID: other.ID, Body: "lost"}))
		s.overwrite(other.ID, before)
		transport.id.Store(other.ID)
		require.ErrorIs(t, sys.Shutdown(s.ctx), tt.ErrInvalid)
		assert.True(t, s.modeOf("5").Open())
		assert.False(t, s.modeOf(mine.ID).Open())
	})
}
