package guance_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/guance"
	"github.com/ttkit/ttkit/adapters/guance/guancetest"
	"github.com/ttkit/ttkit/tt"
)

// Each of these is one clear line that says what to change, and nothing is
// sent.
func TestWrongSettings(t *testing.T) {
	targets := []any{"acnt_noc"}
	with := func(name string, value any) map[string]any {
		return map[string]any{"base_url": "https://h", "api_key": "t0psecret", "targets": targets, name: value}
	}
	for _, row := range []struct {
		name     string
		settings map[string]any
		says     []string
	}{
		{"an unknown setting is named", with("colour", "red"), []string{"colour"}},
		{"a missing key is named", map[string]any{"base_url": "https://h", "targets": targets}, []string{"api_key"}},
		{"a missing base_url is named", map[string]any{"api_key": "t0psecret", "targets": targets}, []string{"base_url"}},
		{"nobody to notify", map[string]any{"base_url": "https://h", "api_key": "t0psecret"}, []string{"targets", "queues"}},
		{"a queue that notifies nobody", with("queues", map[string]any{"net": []any{}}), []string{"queues.net"}},
		{"a target with a space", with("targets", []any{"acnt_a, acnt_b"}), []string{"targets", "acnt_"}},
		{"plain http to a remote host says how to allow it", with("base_url", "http://openapi.example.net"), []string{"https", "allow_http"}},
		{"a dimension that filters do not have", with("dimension", "rack"), []string{"dimension", "host", "pod_name"}},
		{"an hour that is none", with("start", "25:00"), []string{"start", "HH:MM"}},
		{"an end before the start", map[string]any{"base_url": "https://h", "api_key": "t0psecret", "targets": targets, "start": "20:00", "end": "08:00"}, []string{"end", "later than start"}},
		{"a time zone with a space", with("timezone", "Asia / Shanghai"), []string{"timezone", "IANA"}},
		{"a time zone of no length", with("timezone", strings.Repeat("x", 49)), []string{"timezone"}},
		{"a rate that is no number", with("rate", map[string]any{"requests": "many"}), []string{"rate.requests", "number"}},
		{"a rate below nothing", with("rate", map[string]any{"requests": -20}), []string{"rate.requests"}},
		{"a period below nothing", with("rate", map[string]any{"per": "-1m"}), []string{"rate.per"}},
		{"a route without a verb", with("routes", map[string]any{"list": "/api/v1/list"}), []string{"routes.list", "GET or POST"}},
		{"a route with another verb", with("routes", map[string]any{"list": "DELETE /api/v1/list"}), []string{"routes.list", "GET or POST"}},
		{"a route to delete that is none", with("routes", map[string]any{"delete": "DELETE everything"}), []string{"routes.delete", "GET or POST"}},
		{"a route for one schedule without a place for its uuid", with("routes", map[string]any{"get": "GET /api/v1/get"}), []string{"routes.get", "uuid"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := tt.OpenConfig(context.Background(), tt.Config{Name: "cn1", Adapter: "guance", Settings: row.settings})
			require.ErrorIs(t, err, tt.ErrInvalid)
			for _, part := range row.says {
				assert.ErrorContains(t, err, part)
			}
			assert.ErrorContains(t, err, `guance "cn1": Open: invalid:`)
			assert.NotContains(t, err.Error(), "t0psecret")
			assert.NotContains(t, err.Error(), "\n")
		})
	}
}

// Both forms are taken, whichever the server has.
func TestARouteToDeleteIsTaken(t *testing.T) {
	for _, route := range []string{"POST /api/v1/incidents/schedule/delete", "GET /api/v1/incidents/schedule/{schedule_uuid}/delete"} {
		_, err := guance.New(guance.Config{
			Common: tt.Common{BaseURL: "https://h"}, APIKey: tt.NewSecret(apiKey), Targets: []string{"acnt_a"},
			Routes: guance.Routes{Delete: route},
		})
		assert.NoError(t, err, route)
	}
}

// Bad arguments are refused, and nothing is sent.
func TestBadInput(t *testing.T) {
	ctx := context.Background()
	create := func(change func(*tt.CreateRequest)) func(s *guance.System) error {
		r := tt.CreateRequest{Object: "sw-1", Subject: "down", Key: "k"}
		change(&r)
		return func(s *guance.System) error { _, err := s.CreateTT(ctx, r); return err }
	}
	const some = "incsch_0f1e2d3c4b5a69788796a5b4c3d2e1f0"
	for _, row := range []struct {
		name string
		call func(s *guance.System) error
		says string
	}{
		{"an empty object, which would be the workspace's default rule", create(func(r *tt.CreateRequest) { r.Object = "" }), "object is empty"},
		{"an object of white space", create(func(r *tt.CreateRequest) { r.Object = " \n" }), "object"},
		{"an object without end", create(func(r *tt.CreateRequest) { r.Object = strings.Repeat("x", 1<<20) }), "object"},
		{"an empty subject", create(func(r *tt.CreateRequest) { r.Subject = " \n" }), "subject is empty"},
		{"a key without end", create(func(r *tt.CreateRequest) { r.Key = strings.Repeat("k", 256) }), "key"},
		{"a moment that no date can hold", create(func(r *tt.CreateRequest) { r.Timestamp = time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC) }), ""},
		{"a ticket id that is a path", func(s *guance.System) error { _, err := s.GetTT(ctx, "../../x"); return err }, "id"},
		{"a ticket id that is a query", func(s *guance.System) error { _, err := s.GetTT(ctx, some+"?x=1"); return err }, "id"},
		{"a ticket id that is a word of the API", func(s *guance.System) error { _, err := s.GetTT(ctx, "add"); return err }, "id"},
		{"an empty ticket id", func(s *guance.System) error { _, err := s.CloseTT(ctx, tt.CloseRequest{}); return err }, "id"},
		{"a ticket id without end", func(s *guance.System) error {
			return s.AddComment(ctx, tt.CommentRequest{ID: "incsch_" + strings.Repeat("0", 100), Body: "x"})
		}, "id"},
		{"an empty comment", func(s *guance.System) error { return s.AddComment(ctx, tt.CommentRequest{ID: some, Body: "  "}) }, "comment is empty"},
		{"a cursor of something else", func(s *guance.System) error { _, err := s.ListTTs(ctx, tt.ListRequest{After: "page2"}); return err }, "Next"},
		{"an empty key", func(s *guance.System) error { _, err := s.FindTT(ctx, ""); return err }, "key"},
		{"tickets of no object", func(s *guance.System) error { _, err := s.GetObjectTTs(ctx, ""); return err }, "object"},
	} {
		t.Run(row.name, func(t *testing.T) {
			server := newServer(guancetest.Knobs{})
			defer server.Close()
			s := openOn(t, server, nil)
			err := row.call(s)
			var e *tt.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, tt.CodeInvalid, e.Code, err.Error())
			assert.Equal(t, tt.NotDone, e.Outcome)
			assert.ErrorContains(t, err, row.says)
			assert.Less(t, len(err.Error()), 1000)
			assert.Empty(t, server.Requests())
			require.NoError(t, s.Shutdown(ctx))
		})
	}
}

// A queue that has no targets is a mistake of the settings, seen before
// anything is made.
func TestAQueueWithoutTargets(t *testing.T) {
	inBubble(t, "is refused", guancetest.Knobs{}, func(c *guance.Config) {
		c.Targets, c.Queues = nil, map[string][]string{"core": {"acnt_core"}}
	}, func(s scene) {
		_, err := s.sys.CreateTT(s.ctx, tt.CreateRequest{Queue: "net", Object: "sw-1", Subject: "down"})
		require.ErrorIs(s, err, tt.ErrInvalid)
		assert.ErrorContains(s, err, "queues")
		assert.Empty(s, tickets(s.server))
	})
	inBubble(t, "takes those of the star, and a named one its own", guancetest.Knobs{}, func(c *guance.Config) {
		c.Queues = map[string][]string{"core": {"acnt_core"}, "*": {"acnt_rest"}}
	}, func(s scene) {
		_, err := s.sys.CreateTT(s.ctx, tt.CreateRequest{Queue: "core", Object: "sw-1", Subject: "down", Key: "1"})
		require.NoError(s, err)
		_, err = s.sys.CreateTT(s.ctx, tt.CreateRequest{Queue: "net", Object: "sw-2", Subject: "down", Key: "2"})
		require.NoError(s, err)
		made := tickets(s.server)
		require.Len(s, made, 2)
		assert.Equal(s, []string{"acnt_core"}, made[0].NotifyTargets)
		assert.Equal(s, []string{"acnt_rest"}, made[1].NotifyTargets)
	})
}

// Names that could change the meaning of a filter never get into one.
func TestHostileObjects(t *testing.T) {
	for _, obj := range []string{
		"a OR host:b", "a*", "*", "(a)", "a) OR (host:b", `a" OR "b`, "OR", "and", "not", "a\tOR\thost:b", "a\nb", `a\`, "host:", ":a", "a\u2028b", "-a", "a,b", "a b", "а́", "a\u200bb",
	} {
		inBubble(t, obj, guancetest.Knobs{}, nil, func(s scene) {
			c, err := s.sys.CreateTT(s.ctx, tt.CreateRequest{Object: obj, Subject: "down", Key: "k"})
			if tt.CodeOf(err) == tt.CodeInvalid { // a name that the contract does not allow
				assert.Empty(s, tickets(s.server))
				return
			}
			require.NoError(s, err)
			assert.NotEmpty(s, c.Degraded)
			x := s.schedule(c.ID)
			for _, host := range []string{"a", "b", "", "x", "OR", obj} {
				got := s.server.Notified(guancetest.Event{Dimensions: map[string]string{"host": host}}, s.server.Now())
				for _, n := range got {
					assert.NotEqual(s, c.ID, n.Schedule, "host %q reaches it by %q", host, x.DimensionFilter)
				}
			}
			assert.Equal(s, obj, s.get(c.ID).Object)
			time.Sleep(settle)
			ids, err := s.sys.GetObjectTTs(s.ctx, obj)
			require.NoError(s, err)
			assert.Equal(s, []string{c.ID}, ids)
		})
	}
}
