package rsm_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/rsm"
	"github.com/ttkit/ttkit/adapters/rsm/rsmtest"
	"github.com/ttkit/ttkit/tt"
)

// modeOf is the mode with an id, as the server holds it.
func (s scene) modeOf(id any) rsmtest.Mode {
	s.Helper()
	modes := s.server.Modes()
	i := slices.IndexFunc(modes, func(m rsmtest.Mode) bool { return fmt.Sprint(m.ID) == fmt.Sprint(id) })
	require.GreaterOrEqual(s, i, 0)
	return modes[i]
}

// twin adds what another creator of the ticket's key made, which commits late
// under a lower id.
func (s scene) twin(of string, id int64) {
	s.Helper()
	m := s.modeOf(of)
	labels := map[string]any{}
	for _, name := range []string{"tt_key", "tt_ns", "tt_obj", "tt_at", "tt_h_0_001"} {
		require.Contains(s, m.Labels, name)
		labels[name] = m.Labels[name]
	}
	s.server.AddMode(rsmtest.Mode{ID: id, Start: m.Start, End: m.End, Items: []rsmtest.Item{{CI: m.Items[0].CI}}, Labels: labels})
}

// People copy labels, rename them and write their own.
func TestLabelsThatPeopleWrote(t *testing.T) {
	inBubble(t, "a person's mode with a copied tt_key is no ticket, although its id is lower", rsmtest.Options{}, nil, func(s scene) {
		first := s.create("k", "1")
		labels := s.modeOf(first.ID).Labels
		closed, err := s.sys.CloseTT(s.ctx, tt.CloseRequest{ID: first.ID})
		require.NoError(t, err)
		require.True(t, closed)
		id := s.server.AddMode(rsmtest.Mode{
			ID: 5, Title: "planned work", Items: []rsmtest.Item{{CI: 1}},
			Labels: map[string]any{"tt_key": labels["tt_key"], "tt_ns": labels["tt_ns"], "tt_obj": labels["tt_obj"]},
		})
		again := s.create("k", "1")
		assert.Equal(t, first.ID, again.ID)
		assert.True(t, s.modeOf(id).Open())
		ids, err := s.sys.GetObjectTTs(s.ctx, "1")
		require.NoError(t, err)
		assert.Empty(t, ids)
		list, err := s.sys.ListTTs(s.ctx, tt.ListRequest{})
		require.NoError(t, err)
		assert.Empty(t, list.IDs)
		second := s.create("other", "1")
		closed, err = s.sys.CloseTT(s.ctx, tt.CloseRequest{ID: fmt.Sprint(id)})
		require.NoError(t, err)
		assert.True(t, closed)
		assert.Equal(t, tt.StateOpen, s.get(second.ID).State)
	})

	inBubble(t, "a copy of a ticket that a person made for another day is no ticket", rsmtest.Options{}, nil, func(s scene) {
		c := s.create("k", "1")
		m := s.modeOf(c.ID)
		copied := s.server.AddMode(rsmtest.Mode{
			Title: m.Title, Start: m.Start.Add(48 * time.Hour), End: m.End.Add(48 * time.Hour),
			Items: []rsmtest.Item{{CI: 1}}, Labels: m.Labels,
		})
		list, err := s.sys.ListTTs(s.ctx, tt.ListRequest{})
		require.NoError(t, err)
		assert.Equal(t, []string{c.ID}, list.IDs)
		closed, err := s.sys.CloseTT(s.ctx, tt.CloseRequest{ID: c.ID})
		require.NoError(t, err)
		assert.True(t, closed)
		assert.True(t, s.modeOf(copied).Open())
	})

	inBubble(t, "a mode whose labels were taken off is left alone, although a search still shows them",
		rsmtest.Options{Knobs: rsmtest.Knobs{ListLag: 4 * time.Second}}, nil, func(s scene) {
			c := s.create("k", "1")
			s.twin(c.ID, 2000)
			time.Sleep(5 * time.Second)
			require.True(t, s.server.Edit(2000, func(m *rsmtest.Mode) { m.Labels = map[string]any{"mine": "now"} }))
			id, err := s.sys.FindTT(s.ctx, "k")
			require.NoError(t, err)
			assert.Equal(t, c.ID, id)
			assert.True(t, s.modeOf(2000).Open())
		})

	inBubble(t, "what a label is called does not make it what it is not", rsmtest.Options{}, nil, func(s scene) {
		c := s.create("k", "1")
		require.NoError(t, s.sys.AddComment(s.ctx, tt.CommentRequest{ID: c.ID, Body: "x", Key: "x"}))
		var id int64
		_, _ = fmt.Sscan(c.ID, &id)
		require.True(t, s.server.Edit(id, func(m *rsmtest.Mode) {
			for name, text := range m.Labels {
				if strings.HasPrefix(name, "tt_c_") {
					m.Labels["tt_d_0123456789abcdef_001"] = text
					m.Labels["tt_x_0123456789abcdef_001"] = text
				}
			}
		}))
		assert.Equal(t, tt.StateOpen, s.get(c.ID).State)
		ids, err := s.sys.GetObjectTTs(s.ctx, "1")
		require.NoError(t, err)
		assert.Equal(t, []string{c.ID}, ids)
		require.NoError(t, s.sys.AddComment(s.ctx, tt.CommentRequest{ID: c.ID, Body: "y"}))
		require.NoError(t, s.sys.RenewTT(s.ctx, c.ID, time.Now().Add(400*time.Hour)))
	})

	inBubble(t, "a ticket whose header is damaged still has its key and its object", rsmtest.Options{}, nil, func(s scene) {
		c := s.create("k", "1")
		var id int64
		_, _ = fmt.Sscan(c.ID, &id)
		require.True(t, s.server.Edit(id, func(m *rsmtest.Mode) {
			for name := range m.Labels {
				if strings.HasPrefix(name, "tt_h_") {
					m.Labels[name] = "oops"
				}
			}
		}))
		again := s.create("k", "1")
		assert.True(t, again.Existed)
		assert.Equal(t, c.ID, again.ID)
		_, err := s.sys.CreateTT(s.ctx, tt.CreateRequest{Object: "2", Subject: "down", Key: "k"})
		assert.ErrorIs(t, err, tt.ErrConflict)
	})
}

// rewriter changes answers on their way.
type rewriter struct {
	http.RoundTripper
	rewrite func(r *http.Request, reply *http.Response, body []byte) []byte
}

func (w rewriter) RoundTrip(r *http.Request) (*http.Response, error) {
	reply, err := w.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(reply.Body)
	_ = reply.Body.Close()
	if err != nil {
		return nil, err
	}
	body = w.rewrite(r, reply, body)
	reply.Body, reply.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return reply, nil
}

func rewriting(t *testing.T, name string, rewrite func(r *http.Request, reply *http.Response, body []byte) []byte, f func(s scene)) {
	t.Run(name, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			server := rsmtest.New(rsmtest.Options{})
			defer server.Close()
			sys, err := rsm.New(
				rsm.Config{Common: tt.Common{BaseURL: server.URL()}, Token: tt.NewSecret(rsmtest.DefaultToken)},
				tt.WithHTTPClient(&http.Client{Transport: rewriter{server.Client().Transport, rewrite}}))
			require.NoError(t, err)
			f(scene{t, context.Background(), server, sys})
			require.NoError(t, sys.Shutdown(context.Background()))
		})
	})
}

// Answers that are not what was asked for.
func TestStrangeAnswers(t *testing.T) {
	rewriting(t, "a create answered without its items is no denial", func(r *http.Request, reply *http.Response, body []byte) []byte {
		if reply.StatusCode == http.StatusCreated {
			return bytes.Replace(body, []byte(`"configItems":[`), []byte(`"configItems":null,"was":[`), 1)
		}
		return body
	}, func(s scene) {
		s.create("k", "1")
		assert.True(s, s.server.Modes()[0].Open())
	})

	var foreign int64
	rewriting(t, "a create answered with another mode ends nothing", func(r *http.Request, reply *http.Response, body []byte) []byte {
		if reply.StatusCode == http.StatusCreated {
			return fmt.Appendf(nil, `{"id":%d,"configItems":[{"id":2}],"labels":{}}`, foreign)
		}
		return body
	}, func(s scene) {
		foreign = s.server.AddMode(rsmtest.Mode{Items: []rsmtest.Item{{CI: 2}}})
		c := s.create("k", "1")
		assert.NotEqual(s, fmt.Sprint(foreign), c.ID)
		assert.True(s, s.modeOf(foreign).Open())
		assert.Len(s, s.server.Modes(), 2)
	})

	rewriting(t, "a change answered with nothing is looked after", func(r *http.Request, reply *http.Response, body []byte) []byte {
		if r.Method == http.MethodPatch {
			return []byte(`{}`)
		}
		return body
	}, func(s scene) {
		c := s.create("k", "1")
		require.NoError(s, s.sys.AddComment(s.ctx, tt.CommentRequest{ID: c.ID, Body: "x"}))
		closed, err := s.sys.CloseTT(s.ctx, tt.CloseRequest{ID: c.ID})
		require.NoError(s, err)
		assert.True(s, closed)
	})

	rewriting(t, "dates with an escaped plus sign are dates", func(r *http.Request, reply *http.Response, body []byte) []byte {
		return bytes.ReplaceAll(body, []byte("+"), []byte(`\u002B`))
	}, func(s scene) {
		c := s.create("k", "1")
		assert.False(s, c.ExpiresAt.IsZero())
	})

	rewriting(t, "a list without end is no list", func(r *http.Request, reply *http.Response, body []byte) []byte {
		reply.Header.Set("X-Total-Pages", "99999999")
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "filter") && strings.Contains(r.URL.Path, "maintenance") {
			return fmt.Appendf(nil, `[{"id":%s}]`, r.URL.Query().Get("page"))
		}
		return body
	}, func(s scene) {
		_, err := s.sys.ListTTs(s.ctx, tt.ListRequest{})
		assert.Error(s, err)
	})

	inBubble(t, "a page that is too large is read in smaller ones", rsmtest.Options{}, nil, func(s scene) {
		c := s.create("k", "1")
		labels := s.modeOf(c.ID).Labels
		for range 20 {
			s.server.AddMode(rsmtest.Mode{Items: []rsmtest.Item{{CI: 1}}, Labels: map[string]any{"tt_ns": labels["tt_ns"], "notes": strings.Repeat("x", 1<<20)}})
		}
		ids, err := s.sys.GetObjectTTs(s.ctx, "1")
		require.NoError(t, err)
		assert.Equal(t, []string{c.ID}, ids)
		list, err := s.sys.ListTTs(s.ctx, tt.ListRequest{})
		require.NoError(t, err)
		assert.Equal(t, []string{c.ID}, list.IDs)
	})
}

func TestALeaseIsNoMoment(t *testing.T) {
	for _, lease := range []time.Duration{-time.Hour, time.Second} {
		_, err := rsm.New(rsm.Config{Common: tt.Common{BaseURL: "https://h"}, Token: tt.NewSecret("t"), Lease: lease})
		require.ErrorIs(t, err, tt.ErrInvalid)
		assert.ErrorContains(t, err, "lease")
	}
}
