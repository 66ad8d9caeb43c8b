package rsm_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/rsm"
	"github.com/ttkit/ttkit/adapters/rsm/rsmtest"
	"github.com/ttkit/ttkit/tt"
)

// Each of these is one clear line that says what to change, and nothing is
// sent.
func TestWrongSettings(t *testing.T) {
	for _, row := range []struct {
		name     string
		settings map[string]any
		says     []string
	}{
		{"an unknown setting is named", map[string]any{"base_url": "https://h", "token": "t0psecret", "colour": "red"}, []string{"colour"}},
		{"a missing token is named", map[string]any{"base_url": "https://h"}, []string{"token"}},
		{"a missing base_url is named", map[string]any{"token": "t0psecret"}, []string{"base_url"}},
		{"plain http to a remote host says how to allow it", map[string]any{"base_url": "http://monq.example.net", "token": "t0psecret"}, []string{"https", "allow_http"}},
		{"object_by must be one of three", map[string]any{"base_url": "https://h", "token": "t0psecret", "object_by": "serial"}, []string{"object_by", "label:KEY"}},
		{"an anchor must be a number", map[string]any{"base_url": "https://h", "token": "t0psecret", "anchor_ci": map[string]any{"net": "sw-7"}}, []string{"anchor_ci.net", "number"}},
		{"a lease must be a duration", map[string]any{"base_url": "https://h", "token": "t0psecret", "lease": "a week"}, []string{"lease", "duration"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := tt.OpenConfig(context.Background(), tt.Config{Name: "msk", Adapter: "rsm", Settings: row.settings})
			require.ErrorIs(t, err, tt.ErrInvalid)
			for _, part := range row.says {
				assert.ErrorContains(t, err, part)
			}
			assert.ErrorContains(t, err, `rsm "msk": Open: invalid:`)
			assert.NotContains(t, err.Error(), "t0psecret")
			assert.NotContains(t, err.Error(), "\n")
		})
	}
}

// Bad arguments are refused; nothing is written, and except for the object's
// look-up nothing is sent.
func TestBadInput(t *testing.T) {
	ctx := context.Background()
	good := tt.CreateRequest{Object: "1", Subject: "down", Key: "k"}
	with := func(change func(*tt.CreateRequest)) tt.CreateRequest {
		r := good
		change(&r)
		return r
	}
	for _, row := range []struct {
		name  string
		call  func(s *rsm.System) error
		code  tt.Code
		says  string
		sends string // routes that may be asked
	}{
		{"an object that is no config item", func(s *rsm.System) error {
			_, err := s.CreateTT(ctx, with(func(r *tt.CreateRequest) { r.Object = "4711" }))
			return err
		}, tt.CodeNotFound, `no config item for object "4711"`, "ci"},
		{"an object that is no number", func(s *rsm.System) error {
			_, err := s.CreateTT(ctx, with(func(r *tt.CreateRequest) { r.Object = "sw-7" }))
			return err
		}, tt.CodeInvalid, "object_by", ""},
		{"an empty object", func(s *rsm.System) error {
			_, err := s.CreateTT(ctx, with(func(r *tt.CreateRequest) { r.Object = "" }))
			return err
		}, tt.CodeInvalid, "object is empty", ""},
		{"an empty subject", func(s *rsm.System) error {
			_, err := s.CreateTT(ctx, with(func(r *tt.CreateRequest) { r.Subject = " \n" }))
			return err
		}, tt.CodeInvalid, "subject is empty", ""},
		{"a ticket id that is a path", func(s *rsm.System) error {
			_, err := s.GetTT(ctx, "../../x")
			return err
		}, tt.CodeInvalid, "no ticket id", ""},
		{"a ticket id with leading zeros", func(s *rsm.System) error {
			_, err := s.CloseTT(ctx, tt.CloseRequest{ID: "007"})
			return err
		}, tt.CodeInvalid, "no ticket id", ""},
		{"a ticket id beyond any number", func(s *rsm.System) error {
			return s.AddComment(ctx, tt.CommentRequest{ID: strings.Repeat("9", 30), Body: "x"})
		}, tt.CodeInvalid, "no ticket id", ""},
		{"an empty comment", func(s *rsm.System) error {
			return s.AddComment(ctx, tt.CommentRequest{ID: "1001", Body: "  "})
		}, tt.CodeInvalid, "comment is empty", ""},
		{"a lease until the year 20000", func(s *rsm.System) error {
			return s.RenewTT(ctx, "1001", time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC))
		}, tt.CodeInvalid, "9998", ""},
		{"a cursor of something else", func(s *rsm.System) error {
			_, err := s.ListTTs(ctx, tt.ListRequest{After: "page2"})
			return err
		}, tt.CodeInvalid, "Next", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			server := rsmtest.New(rsmtest.Options{})
			defer server.Close()
			s := openOn(t, server, nil)
			err := row.call(s)
			var e *tt.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, row.code, e.Code, err.Error())
			assert.Equal(t, tt.NotDone, e.Outcome)
			assert.ErrorContains(t, err, row.says)
			for _, r := range server.Requests() {
				assert.Equal(t, row.sends, r.Route)
			}
			assert.Empty(t, server.Modes())
			require.NoError(t, s.Shutdown(ctx))
		})
	}
}

// openOn opens a System over a simulator.
func openOn(t *testing.T, server *rsmtest.Server, change func(*rsm.Config)) *rsm.System {
	t.Helper()
	cfg := rsm.Config{Common: tt.Common{BaseURL: server.URL()}, Token: tt.NewSecret(rsmtest.DefaultToken)}
	if change != nil {
		change(&cfg)
	}
	s, err := rsm.New(cfg, tt.WithHTTPClient(server.Client()), tt.WithName("msk"))
	require.NoError(t, err)
	return s
}

// request makes a request as a person's browser, or another program, would.
func request(t require.TestingT, server *rsmtest.Server, method, path, body string) {
	r, err := http.NewRequest(method, server.URL()+path, strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+rsmtest.DefaultToken)
	r.Header.Set("Content-Type", "application/json")
	reply, err := server.Client().Do(r)
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, reply.Body)
	require.NoError(t, err)
	require.NoError(t, reply.Body.Close())
	require.Equal(t, http.StatusOK, reply.StatusCode)
}

func labelsBody(labels map[string]any) string {
	body, _ := json.Marshal(map[string]any{"labels": labels})
	return string(body)
}
