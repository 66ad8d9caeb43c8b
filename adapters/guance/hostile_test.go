package guance_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/guance"
	"github.com/ttkit/ttkit/adapters/guance/guancetest"
	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/tttest"
)

// rewriter changes answers on their way. A nil body cuts the reply in the
// middle.
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
	next := w.rewrite(r, reply, body)
	if next == nil {
		reply.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body[:len(body)/2]), cut{}))
		return reply, nil
	}
	reply.Body, reply.ContentLength = io.NopCloser(bytes.NewReader(next)), int64(len(next))
	return reply, nil
}

type cut struct{}

func (cut) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// rewriting opens a System whose answers are changed once on is called.
func rewriting(t *testing.T, name string, rewrite func(r *http.Request, reply *http.Response, body []byte) []byte, f func(s scene, on func(bool))) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			server := newServer(guancetest.Knobs{})
			defer server.Close()
			var active atomic.Bool // work in the background asks, too
			cfg := unlimited(server)
			sys, err := guance.New(cfg, tt.WithName("cn1"), tt.WithHTTPClient(&http.Client{Transport: rewriter{server.Client().Transport,
				func(r *http.Request, reply *http.Response, body []byte) []byte {
					if !active.Load() {
						return body
					}
					return rewrite(r, reply, body)
				}}}))
			require.NoError(t, err)
			f(scene{t, context.Background(), server, sys}, active.Store)
			active.Store(false)
			require.NoError(t, sys.Shutdown(context.Background()))
		})
	})
}

// What an answer means, whatever its status says.
func TestAnswers(t *testing.T) {
	for _, row := range []struct {
		name    string
		status  int
		body    string // "": cut in the middle
		code    tt.Code
		outcome tt.Outcome // of a write
		says    string
	}{
		{"a 401 with the code of the key's limit is a limit", 401, `{"code":401,"content":{},"errorCode":"ft.TriggerApiAkCurrentLimiting","message":"slow down","success":false,"traceId":"7"}`,
			tt.CodeRateLimited, tt.NotDone, "rate.requests"},
		{"a 401 with the code of the workspace's limit is a limit", 401, `{"code":401,"content":{},"errorCode":"ft.TriggerApiWorkspaceCurrentLimiting","message":"slow down","success":false,"traceId":"7"}`,
			tt.CodeRateLimited, tt.NotDone, "workspace"},
		{"a limit under 200 is a limit", 200, `{"code":401,"content":{},"errorCode":"ft.TriggerApiAkCurrentLimiting","message":"slow down","success":false}`,
			tt.CodeRateLimited, tt.NotDone, "slow down"},
		{"any other 401 is about the key", 401, `{"code":401,"content":{},"errorCode":"ft.LoginFailed","message":"who are you","success":false}`,
			tt.CodeUnauthenticated, tt.NotDone, "api_key"},
		{"a bad key is about the key, though it is a 403", 403, `{"code":403,"content":{},"errorCode":"ft.InvalidAPIKey","message":"invalid api key","success":false}`,
			tt.CodeUnauthenticated, tt.NotDone, "api_key"},
		{"any other 403 is about rights", 403, `{"code":403,"content":{},"errorCode":"ft.NoPermission","message":"not yours","success":false}`,
			tt.CodePermissionDenied, tt.NotDone, "not yours"},
		{"404 under 200 is not found", 200, `{"code":404,"content":{},"errorCode":"ft.Gone","message":"no such schedule","success":false,"traceId":"TRACE-1"}`,
			tt.CodeNotFound, tt.NotDone, ""},
		{"500 under 200 is trouble", 200, `{"code":500,"content":{},"errorCode":"ft.Internal","message":"stack overflow","success":false}`,
			tt.CodeUnavailable, tt.Unknown, "stack overflow"},
		{"a failure under 200 and code 200 is one all the same", 200, `{"code":200,"content":{},"errorCode":"ft.Strange","message":"half done","success":false}`,
			tt.CodeUnavailable, tt.Unknown, "half done"},
		{"HTML under 200 is a proxy's", 200, "<html><body>Welcome</body></html>", tt.CodeUnavailable, tt.Unknown, "no"},
		{"HTML under 404 is a proxy's", 404, "<html><body>nginx</body></html>", tt.CodeUnavailable, tt.NotDone, "base_url"},
		{"HTML under 502 is a proxy's", 502, "<html><body>bad gateway</body></html>", tt.CodeUnavailable, tt.Unknown, ""},
		{"JSON of another service", 200, `{"status":"ok"}`, tt.CodeUnavailable, tt.Unknown, "base_url"},
		{"an empty answer", 200, " ", tt.CodeUnavailable, tt.Unknown, ""},
		{"an answer that is cut", 200, "", tt.CodeUnavailable, tt.Unknown, ""},
		{"a success without content", 200, `{"code":200,"content":null,"errorCode":"","message":"","success":true}`, "", tt.Unknown, ""},
		{"a success whose content is a truth", 200, `{"code":200,"content":true,"errorCode":"","message":"","success":true}`, "", tt.Unknown, ""},
		{"a success with something else in it", 200, `{"code":200,"content":{"uuid":7,"name":[]},"errorCode":"","message":"","success":true}`, "", tt.Unknown, ""},
	} {
		strange := func(_ *http.Request, reply *http.Response, _ []byte) []byte {
			reply.StatusCode, reply.Status = row.status, fmt.Sprintf("%d %s", row.status, http.StatusText(row.status))
			if row.body == "" {
				return nil
			}
			return []byte(row.body)
		}
		check := func(s scene, err error, outcome tt.Outcome) {
			s.Helper()
			var e *tt.Error
			require.ErrorAs(s, err, &e)
			if row.code != "" {
				assert.Equal(s, row.code, e.Code, err)
			}
			assert.Equal(s, outcome, e.Outcome, err)
			assert.Contains(s, err.Error(), row.says)
			assert.NotContains(s, err.Error(), "\n")
			if e.Code == tt.CodeRateLimited {
				assert.Positive(s, e.RetryAfter)
				assert.NotEmpty(s, e.VendorCode)
			}
			assert.NoError(s, tttest.NoSecret(err, apiKey))
		}
		rewriting(t, row.name+", to a read", strange, func(s scene, on func(bool)) {
			id := s.create("k", "sw-1").ID
			on(true)
			_, err := s.sys.GetTT(s.ctx, id)
			check(s, err, tt.NotDone)
			_, err = s.sys.FindTT(s.ctx, "k")
			require.Error(s, err, "an unsuccessful look-up is never read as none")
			if row.code != tt.CodeNotFound { // which is about no schedule here, and about the route
				assert.NotErrorIs(s, err, tt.ErrNotFound)
			}
			_, err = s.sys.GetObjectTTs(s.ctx, "sw-1")
			require.Error(s, err)
			_, err = s.sys.ListTTs(s.ctx, tt.ListRequest{})
			require.Error(s, err)
		})
		rewriting(t, row.name+", to a write", func(r *http.Request, reply *http.Response, body []byte) []byte {
			if !strings.HasSuffix(r.URL.Path, "/modify") {
				return body
			}
			return strange(r, reply, body)
		}, func(s scene, on func(bool)) {
			id := s.create("k", "sw-1").ID
			on(true)
			ctx, cancel := context.WithTimeout(s.ctx, time.Minute)
			defer cancel()
			err := s.sys.AddComment(ctx, tt.CommentRequest{ID: id, Body: "x", Key: "x"})
			on(false)
			if err != nil { // the server did write: whoever looks again may find it so
				var e *tt.Error
				require.ErrorAs(s, err, &e)
				assert.NoError(s, tttest.NoSecret(err, apiKey))
				require.NoError(s, s.sys.AddComment(s.ctx, tt.CommentRequest{ID: id, Body: "x", Key: "x"}))
			}
			time.Sleep(3 * window)
			assert.Len(s, s.get(id).Comments, 1, "once, whatever the answer was")
		})
		rewriting(t, row.name+", to an add", func(r *http.Request, reply *http.Response, body []byte) []byte {
			if !strings.HasSuffix(r.URL.Path, "/add") {
				return body
			}
			return strange(r, reply, body)
		}, func(s scene, on func(bool)) {
			on(true)
			_, err := s.sys.CreateTT(s.ctx, tt.CreateRequest{Object: "sw-1", Subject: "down", Key: "k"})
			on(false)
			if err != nil {
				assert.NoError(s, tttest.NoSecret(err, apiKey))
			}
			time.Sleep(late + settle + time.Second)
			c := s.create("k", "sw-1")
			time.Sleep(late + settle + 3*window)
			open := inEffect(s.server)
			require.Len(s, open, 1, "the server did make it, whatever it answered")
			assert.Equal(s, c.ID, open[0].UUID)
		})
	}
}

// Lists that are not what was asked for.
func TestStrangeLists(t *testing.T) {
	isList := func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/list") }
	rewriting(t, "a list without end is no list", func(r *http.Request, _ *http.Response, body []byte) []byte {
		if !isList(r) {
			return body
		}
		return fmt.Appendf(nil, `{"code":200,"success":true,"errorCode":"","message":"","pageInfo":{"totalCount":99999999},"content":{"data":[{"uuid":"incsch_%s","name":"[tt"}]}}`,
			r.URL.Query().Get("pageIndex"))
	}, func(s scene, on func(bool)) {
		on(true)
		_, err := s.sys.ListTTs(s.ctx, tt.ListRequest{})
		assert.Error(s, err)
	})
	rewriting(t, "a row that is none does not hide the others", func(r *http.Request, _ *http.Response, body []byte) []byte {
		if !isList(r) {
			return body
		}
		return bytes.Replace(body, []byte(`"data":[`), []byte(`"data":[null,7,"x",{"uuid":null},{"name":"[tt+00000000:0000000000000000] x"},`), 1)
	}, func(s scene, on func(bool)) {
		id := s.create("k", "sw-1").ID
		on(true)
		found, err := s.sys.FindTT(s.ctx, "k")
		require.NoError(s, err)
		assert.Equal(s, id, found)
	})
	rewriting(t, "a page that is too large is read in smaller ones", func(_ *http.Request, _ *http.Response, body []byte) []byte { return body }, func(s scene, on func(bool)) {
		c := s.create("k", "sw-1")
		for i := range 20 {
			s.server.AddSchedule(guancetest.Schedule{Name: fmt.Sprint("[tt large ", i), DimensionFilter: strings.Repeat("x", 1<<20)})
		}
		ids, err := s.sys.GetObjectTTs(s.ctx, "sw-1")
		require.NoError(s, err)
		assert.Equal(s, []string{c.ID}, ids)
	})
}

// Names, journals and times that people wrote, copied or broke.
func TestWhatPeopleWrote(t *testing.T) {
	inBubble(t, "a person's schedule whose name bears a copied mark is no ticket", guancetest.Knobs{}, nil, func(s scene) {
		id := s.create("k", "sw-1").ID
		x := s.schedule(id)
		theirs := s.server.AddSchedule(guancetest.Schedule{Name: x.Name, DimensionFilter: "host:sw-1", Created: time.Now().Add(-time.Hour)})
		found, err := s.sys.FindTT(s.ctx, "k")
		require.NoError(s, err)
		assert.Equal(s, id, found)
		ids, err := s.sys.GetObjectTTs(s.ctx, "sw-1")
		require.NoError(s, err)
		assert.Equal(s, []string{id}, ids)
		s.close(id)
		now := s.schedule(theirs)
		_, end := now.Effective()
		assert.True(s, end.IsZero(), "it is nobody's to end")
		assert.True(s, now.Updated.IsZero())
	})
	inBubble(t, "a ticket whose name a person changed is found by its id, and can be closed", guancetest.Knobs{}, nil, func(s scene) {
		id := s.create("k", "sw-1").ID
		time.Sleep(3 * window)
		s.server.Edit(id, func(x *guancetest.Schedule) { x.Name = "renamed by a person" })
		ticket := s.get(id)
		assert.Equal(s, tt.StateOpen, ticket.State)
		s.close(id)
		assert.Empty(s, inEffect(s.server))
		_, end := s.schedule(id).Effective()
		assert.False(s, end.After(s.server.Now()))
	})
	inBubble(t, "a ticket that a person deleted is not there", guancetest.Knobs{}, nil, func(s scene) {
		id := s.create("k", "sw-1").ID
		time.Sleep(3 * window)
		s.server.Delete(id)
		_, err := s.sys.GetTT(s.ctx, id)
		require.ErrorIs(s, err, tt.ErrNotFound)
		_, err = s.sys.FindTT(s.ctx, "k")
		require.ErrorIs(s, err, tt.ErrNotFound)
		ids, err := s.sys.GetObjectTTs(s.ctx, "sw-1")
		require.NoError(s, err)
		assert.Empty(s, ids)
	})
	inBubble(t, "a ticket that a person ended is closed", guancetest.Knobs{}, nil, func(s scene) {
		id := s.create("k", "sw-1").ID
		time.Sleep(3 * window)
		now := s.server.Now().Unix() // what edits must not call the server
		s.server.Edit(id, func(x *guancetest.Schedule) { x.Extend = endAt(x.Extend, now) })
		time.Sleep(time.Second)
		assert.Equal(s, tt.StateClosed, s.get(id).State)
		list, err := s.sys.ListTTs(s.ctx, tt.ListRequest{})
		require.NoError(s, err)
		assert.Empty(s, list.IDs)
	})
	inBubble(t, "a ticket whose journal is damaged is a ticket yet", guancetest.Knobs{}, nil, func(s scene) {
		id := s.create("k", "sw-1").ID
		time.Sleep(3 * window)
		s.server.Edit(id, func(x *guancetest.Schedule) {
			for i := range x.Strategy {
				x.Strategy[i] = bytes.ReplaceAll(x.Strategy[i], []byte("down"), []byte("Down"))
			}
		})
		_, err := s.sys.GetTT(s.ctx, id)
		require.NoError(s, err)
		again := s.create("k", "sw-1")
		assert.Equal(s, id, again.ID, "no second ticket")
		s.close(id)
		assert.Empty(s, inEffect(s.server))
	})
	inBubble(t, "the built-in rule is not closed by mistake", guancetest.Knobs{EditableDefault: true}, nil, func(s scene) {
		for _, x := range s.server.Schedules() {
			if !x.Default {
				continue
			}
			_, err := s.sys.CloseTT(s.ctx, tt.CloseRequest{ID: x.UUID})
			assert.Error(s, err)
			_, end := s.schedule(x.UUID).Effective()
			assert.True(s, end.IsZero())
		}
	})
}

// No print-out and no record of the log shows the key.
func TestSecrets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newServer(guancetest.Knobs{})
		defer server.Close()
		var log bytes.Buffer
		cfg := unlimited(server)
		sys, err := guance.New(cfg, tt.WithHTTPClient(server.Client()), tt.WithName("cn1"),
			tt.WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))))
		require.NoError(t, err)
		s := scene{t, t.Context(), server, sys}
		s.close(s.create("k", "sw-1").ID)
		server.Inject(tttest.Fault{Kind: tttest.Unauthorized})
		_, err = sys.GetTT(t.Context(), "incsch_0f1e2d3c4b5a69788796a5b4c3d2e1f0")
		require.Error(t, err)
		require.NoError(t, sys.Shutdown(t.Context()))
		text := log.String()
		assert.Contains(t, text, "http request")
		for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
			text += fmt.Sprintf(verb, sys) + fmt.Sprintf(verb, cfg) + fmt.Sprintf(verb, &cfg) + fmt.Sprintf(verb, err)
		}
		assert.NoError(t, tttest.NoSecretIn(text, apiKey))
	})
}
