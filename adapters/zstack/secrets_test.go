package zstack_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/zstack"
	"github.com/ttkit/ttkit/adapters/zstack/zstacktest"
	"github.com/ttkit/ttkit/tt"
)

// echo answers some requests with everything that was in them, as a careless
// proxy's error page does.
type echo struct {
	http.RoundTripper
	path   string // the end of the paths that it answers
	status int
	json   bool
}

func (e echo) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(r.URL.Path, e.path) {
		return e.RoundTripper.RoundTrip(r)
	}
	var sent bytes.Buffer
	_ = r.Header.Write(&sent)
	if r.Body != nil {
		_, _ = io.Copy(&sent, r.Body)
		_ = r.Body.Close()
	}
	text := "you said " + r.Method + " " + r.URL.String() + "\n" + sent.String()
	if e.json {
		raw, _ := json.Marshal(map[string]any{"error": map[string]any{"code": "SYS.1007", "description": text, "details": text}})
		text = string(raw)
	}
	return &http.Response{
		StatusCode: e.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{}, Body: io.NopCloser(strings.NewReader(text)), ContentLength: int64(len(text)), Request: r,
	}, nil
}

// everything calls every method, and returns what they said.
func everything(ctx context.Context, sys tt.System, id string) []string {
	_, created := sys.CreateTT(ctx, tt.CreateRequest{Object: "web-1", Subject: "down", Key: "k"})
	_, got := sys.GetTT(ctx, id)
	_, object := sys.GetObjectTTs(ctx, "web-1")
	_, found := sys.FindTT(ctx, "k")
	_, list := sys.ListTTs(ctx, tt.ListRequest{})
	_, closed := sys.CloseTT(ctx, tt.CloseRequest{ID: id, Body: "x"})
	commented := sys.AddComment(ctx, tt.CommentRequest{ID: id, Body: "x", Key: "x"})
	_, group := sys.CreateGroupTT(ctx, id, time.Time{})
	items, added := sys.AddToGroupTT(ctx, id, "a", "b")
	_, updates := sys.GetUpdates(ctx, tt.UpdatesRequest{All: true})
	checks, checked := sys.Check(ctx)
	shut := sys.Shutdown(ctx)
	var out []string
	for _, v := range []any{
		created, got, object, found, list, closed, commented, group, items, added, updates, checks, checked, shut, sys,
	} {
		for _, verb := range []string{"%v", "%+v", "%#v"} {
			out = append(out, fmt.Sprintf(verb, v))
		}
	}
	for _, item := range items {
		out = append(out, fmt.Sprint(item.Err))
	}
	for _, check := range checks {
		out = append(out, check.Detail, fmt.Sprint(check.Err))
	}
	return out
}

// No error, no log line and no print-out shows a password, its hash, a
// session or a signature, even where the server repeats what it was sent.
func TestNothingShowsASecret(t *testing.T) {
	paths := []string{
		"/login", "/tickets", "/api-jobs/", "/user-tags", "/archives", "/histories", "/platform-timezone", "/actions", "/ready", "",
	}
	for _, who := range []struct {
		name  string
		login credentials
	}{
		{"a virtual ID", byPassword},
		{"an account", byAccount},
		{"an access key", byKey},
		{"a session", bySession},
	} {
		for _, path := range paths {
			for _, shape := range []echo{{status: 400}, {status: 503, json: true}, {status: 500}, {status: 200}} {
				name := fmt.Sprintf("%s, %s answered %d", who.name, strings.ReplaceAll(path, "/", "."), shape.status)
				t.Run(name, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						server := zstacktest.New(zstacktest.Options{Knobs: zstacktest.Knobs{AdminSubmits: true}})
						defer server.Close()
						id, err := server.Open(zstacktest.Ticket{Name: "x"})
						require.NoError(t, err)
						cfg := config(server)
						cfg.IAM2 = zstack.IAM2{}
						require.NoError(t, who.login(server, &cfg))
						shape.RoundTripper, shape.path = server.Client().Transport, path
						watch := &witness{RoundTripper: shape}
						logs := &lines{}
						sys, err := zstack.New(cfg, tt.WithHTTPClient(&http.Client{Transport: watch}), tt.WithName("cloud"),
							tt.WithLogger(slog.New(slog.NewTextHandler(logs, &slog.HandlerOptions{Level: slog.LevelDebug}))))
						require.NoError(t, err)
						said := append(everything(t.Context(), sys, id), logs.String())

						secrets := append(watch.seen(),
							zstacktest.DefaultVirtualIDPassword, sha512Hex(zstacktest.DefaultVirtualIDPassword),
							zstacktest.AdminPassword, sha512Hex(zstacktest.AdminPassword), zstacktest.DefaultAccessKeySecret)
						for _, text := range said {
							for _, secret := range secrets {
								require.NotContains(t, text, secret)
							}
						}
					})
				})
			}
		}
	}
}

// lines collects what is logged.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// A Config that is printed shows no secret either.
func TestAConfigShowsNoSecret(t *testing.T) {
	cfg := zstack.Config{
		Session:   tt.NewSecret("hunter2"),
		Account:   zstack.Account{Name: "admin", Password: tt.NewSecret("hunter2")},
		IAM2:      zstack.IAM2{VirtualID: "bob", Password: tt.NewSecret("hunter2"), Project: "noc"},
		AccessKey: zstack.AccessKey{ID: "key", Secret: tt.NewSecret("hunter2")},
	}
	for _, v := range []any{cfg, &cfg, cfg.Account, cfg.IAM2, cfg.AccessKey} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
			assert.NotContains(t, fmt.Sprintf(verb, v), "hunter2")
		}
		raw, err := json.Marshal(v)
		require.NoError(t, err)
		assert.NotContains(t, string(raw), "hunter2")
	}
}
