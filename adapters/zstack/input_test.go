package zstack_test

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/zstack"
	"github.com/ttkit/ttkit/adapters/zstack/zstacktest"
	"github.com/ttkit/ttkit/tt"
)

// settingsWith are good settings, changed; nil removes one.
func settingsWith(change map[string]any) map[string]any {
	in := map[string]any{
		"base_url":        "https://cloud.example.net:8080",
		"iam2":            map[string]any{"virtual_id": "bob", "password": "t0psecret", "project": "noc"},
		"project_uuid":    zstacktest.DefaultProjectUUID,
		"virtual_id_uuid": zstacktest.DefaultVirtualIDUUID,
		"requests": []any{map[string]any{
			"requestName": "incident", "apiName": zstacktest.CreateVMAPI,
			"apiBody": map[string]any{"name": "{{.Object}}", "systemTags": []any{"ephemeral::validationOnly"}},
		}},
	}
	maps.Copy(in, change)
	for name, v := range in {
		if v == nil {
			delete(in, name)
		}
	}
	return in
}

func requestsWith(body map[string]any) []any {
	return []any{map[string]any{"apiName": zstacktest.CreateVMAPI, "apiBody": body}}
}

// Each of these is one clear line that says what to change, and nothing is
// sent.
func TestWrongSettings(t *testing.T) {
	for _, row := range []struct {
		name     string
		settings map[string]any
		says     []string
	}{
		{"an unknown setting is named", map[string]any{"colour": "red"}, []string{"colour"}},
		{"a missing base_url is named", map[string]any{"base_url": nil}, []string{"base_url"}},
		{"a missing project is named", map[string]any{"project_uuid": nil}, []string{"project_uuid"}},
		{"a missing virtual ID is named", map[string]any{"virtual_id_uuid": nil}, []string{"virtual_id_uuid"}},
		{"missing requests are named", map[string]any{"requests": nil}, []string{"requests"}},
		{"plain http to a remote host says how to allow it", map[string]any{"base_url": "http://cloud.example.net"}, []string{"https", "allow_http"}},
		{"a project must be a uuid", map[string]any{"project_uuid": "noc"}, []string{"project_uuid", "uuid"}},
		{"a virtual ID must be a uuid", map[string]any{"virtual_id_uuid": "../admin"}, []string{"virtual_id_uuid", "uuid"}},
		{"a queue's approval process must be a uuid", map[string]any{"queues": map[string]any{"net": "default"}}, []string{"queues", "net", "uuid"}},
		{"nobody logs in", map[string]any{"iam2": nil}, []string{"session", "account", "iam2", "access_key"}},
		{"two ways to log in", map[string]any{"session": "t0psecret"}, []string{"session", "iam2"}},
		{"a virtual ID without a password", map[string]any{"iam2": map[string]any{"virtual_id": "bob", "project": "noc"}}, []string{"iam2.password"}},
		{"a virtual ID without a project", map[string]any{"iam2": map[string]any{"virtual_id": "bob", "password": "t0psecret"}}, []string{"iam2.project"}},
		{"an account without a name", map[string]any{"iam2": nil, "account": map[string]any{"password": "t0psecret"}}, []string{"account.name"}},
		{"an access key without a secret", map[string]any{"iam2": nil, "access_key": map[string]any{"id": "t0psecret"}}, []string{"access_key.secret"}},
		{"closing by approval is no setting", map[string]any{"close_event": "approve"}, []string{"close_event", "cancel", "reject"}},
		{"closing by Cancel in another spelling", map[string]any{"close_event": "Cancel"}, []string{"close_event", "cancel"}},
		{"a time zone that nobody knows", map[string]any{"timezone": "Moon/Tranquility"}, []string{"timezone", "Asia/Shanghai"}},
		{"a poll that ends before it begins", map[string]any{"poll": map[string]any{"wait_min": "10s", "wait_max": "1s"}}, []string{"poll.wait_m"}},
		{"a poll limit must be a duration", map[string]any{"poll": map[string]any{"limit": "long"}}, []string{"poll.limit", "duration"}},
		{"requests that would be executed", map[string]any{"requests": requestsWith(map[string]any{"name": "t0psecret"})}, []string{"requests[0]", "allow_execution", "ephemeral::validationOnly"}},
		{"a placeholder that names a resource", map[string]any{"requests": requestsWith(map[string]any{"hostUuid": "{{.Object}}"})}, []string{"requests[0].apiBody.hostUuid", "placeholder"}},
		{"a placeholder that is not known", map[string]any{"requests": requestsWith(map[string]any{"name": "t0psecret {{.Body}}"})}, []string{"requests[0].apiBody.name", "{{.Object}}"}},
		{"requests that are no list", map[string]any{"requests": "t0psecret"}, []string{"requests", "list"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := tt.OpenConfig(context.Background(), tt.Config{Name: "cloud", Adapter: zstack.Name, Settings: settingsWith(row.settings)})
			require.ErrorIs(t, err, tt.ErrInvalid)
			for _, part := range row.says {
				assert.ErrorContains(t, err, part)
			}
			assert.ErrorContains(t, err, `zstack "cloud": Open: invalid:`)
			assert.NotContains(t, err.Error(), "t0psecret")
			assert.NotContains(t, err.Error(), "\n")
		})
	}
}

func TestGoodSettings(t *testing.T) {
	for _, row := range []struct {
		name     string
		settings map[string]any
	}{
		{"a virtual ID", nil},
		{"an account", map[string]any{"iam2": nil, "account": map[string]any{"name": "admin", "password": "t0psecret"}}},
		{"an access key", map[string]any{"iam2": nil, "access_key": map[string]any{"id": "x", "secret": "t0psecret"}}},
		{"a session", map[string]any{"iam2": nil, "session": "t0psecret"}},
		{"everything else", map[string]any{
			"namespace": "staging", "close_event": "reject", "timezone": "Asia/Shanghai", "queues": map[string]any{"*": zstacktest.TwoStepCollectionUUID},
			"poll": map[string]any{"wait_min": "10ms", "wait_max": "1s", "limit": "30s"},
		}},
		{"an offset for a time zone", map[string]any{"timezone": "GMT+8"}},
		{"requests that would be executed, on purpose", map[string]any{"requests": requestsWith(map[string]any{"name": "x"}), "allow_execution": true}},
	} {
		t.Run(row.name, func(t *testing.T) {
			sys, err := tt.OpenConfig(context.Background(), tt.Config{Name: "cloud", Adapter: zstack.Name, Settings: settingsWith(row.settings)})
			require.NoError(t, err)
			for _, text := range []string{fmt.Sprint(sys), fmt.Sprintf("%+v", sys), fmt.Sprintf("%#v", sys)} {
				assert.NotContains(t, text, "t0psecret")
			}
			require.NoError(t, sys.Shutdown(context.Background()))
		})
	}
}

// A system that was never used has nothing to log out of: it sends nothing.
func TestOpeningSendsNothing(t *testing.T) {
	inBubble(t, "open and shut", zstacktest.Options{}, nil, func(s scene) {
		require.NoError(t, s.sys.Shutdown(s.ctx))
		assert.Empty(t, s.server.Requests())
	})
}

const someID = "0f3c5a1e7b2d5c6e8a901b2c3d4e5f60"

// Bad arguments are refused, and nothing is sent.
func TestBadInput(t *testing.T) {
	ctx := context.Background()
	create := func(change func(*tt.CreateRequest)) func(*zstack.System) error {
		r := tt.CreateRequest{Object: "web-1", Subject: "down", Key: "k"}
		change(&r)
		return func(s *zstack.System) error { _, err := s.CreateTT(ctx, r); return err }
	}
	get := func(id string) func(*zstack.System) error {
		return func(s *zstack.System) error { _, err := s.GetTT(ctx, id); return err }
	}
	for _, row := range []struct {
		name string
		call func(s *zstack.System) error
		code tt.Code
		says string
	}{
		{"an empty object", create(func(r *tt.CreateRequest) { r.Object = "" }), tt.CodeInvalid, "object is empty"},
		{"an object with a newline", create(func(r *tt.CreateRequest) { r.Object = "a\nb" }), tt.CodeInvalid, "control characters"},
		{"an empty subject", create(func(r *tt.CreateRequest) { r.Subject = " \n" }), tt.CodeInvalid, "subject is empty"},
		{"a key that is too long", create(func(r *tt.CreateRequest) { r.Key = strings.Repeat("k", 256) }), tt.CodeInvalid, "key is longer"},
		{"a queue with a control character", create(func(r *tt.CreateRequest) { r.Queue = "a\x00" }), tt.CodeInvalid, "control characters"},
		{"a ticket id that is a path", get("../../x"), tt.CodeInvalid, "no ticket id"},
		{"a ticket id that is a query", get(someID + "?q=uuid!=x"), tt.CodeInvalid, "no ticket id"},
		{"a ticket id with an operator", get("uuid!=" + someID[:10]), tt.CodeNotFound, "32"},
		{"a ticket id in capitals", get(strings.ToUpper(someID)), tt.CodeNotFound, "32"},
		{"a ticket id with dashes", get("0f3c5a1e-7b2d-5c6e-8a90-1b2c3d4e5f60"), tt.CodeNotFound, "32"},
		{"a ticket id that is a route", get("histories"), tt.CodeNotFound, "32"},
		{"a ticket id that is too long", get(someID + "0"), tt.CodeNotFound, "32"},
		{"an empty ticket id", get(""), tt.CodeInvalid, "empty"},
		{"closing a path", func(s *zstack.System) error {
			_, err := s.CloseTT(ctx, tt.CloseRequest{ID: someID + "/../x"})
			return err
		}, tt.CodeInvalid, "no ticket id"},
		{"promoting what is no uuid", func(s *zstack.System) error { _, err := s.CreateGroupTT(ctx, "web-1", time.Time{}); return err }, tt.CodeNotFound, "32"},
		{"adding to what is no uuid", func(s *zstack.System) error { _, err := s.AddToGroupTT(ctx, "%25", "a"); return err }, tt.CodeInvalid, "no ticket id"},
		{"an empty comment", func(s *zstack.System) error {
			return s.AddComment(ctx, tt.CommentRequest{ID: someID, Body: "  "})
		}, tt.CodeInvalid, "comment is empty"},
		{"a lease", func(s *zstack.System) error { return s.RenewTT(ctx, someID, time.Now().Add(time.Hour)) }, tt.CodeUnsupported, ""},
		{"a list's cursor of something else", func(s *zstack.System) error {
			_, err := s.ListTTs(ctx, tt.ListRequest{After: "page2"})
			return err
		}, tt.CodeInvalid, "Next"},
		{"a negative limit", func(s *zstack.System) error {
			_, err := s.ListTTs(ctx, tt.ListRequest{Limit: -1})
			return err
		}, tt.CodeInvalid, "limit"},
		{"updates of nothing", func(s *zstack.System) error {
			_, err := s.GetUpdates(ctx, tt.UpdatesRequest{})
			return err
		}, tt.CodeInvalid, "no ids"},
		{"an updates' cursor of something else", func(s *zstack.System) error {
			_, err := s.GetUpdates(ctx, tt.UpdatesRequest{All: true, After: "yesterday"})
			return err
		}, tt.CodeInvalid, "Next"},
		{"an object of nobody", func(s *zstack.System) error { _, err := s.GetObjectTTs(ctx, ""); return err }, tt.CodeInvalid, "object is empty"},
		{"a key of nobody", func(s *zstack.System) error { _, err := s.FindTT(ctx, ""); return err }, tt.CodeInvalid, "key is empty"},
	} {
		inBubble(t, row.name, zstacktest.Options{}, nil, func(s scene) {
			err := row.call(s.sys)
			var e *tt.Error
			require.ErrorAs(s, err, &e)
			assert.Equal(s, row.code, e.Code, err.Error())
			assert.Equal(s, tt.NotDone, e.Outcome)
			assert.ErrorContains(s, err, row.says)
			assert.Empty(s, s.server.Requests())
		})
	}
}

// After Shutdown everything is refused, and nothing is sent.
func TestAfterShutdown(t *testing.T) {
	inBubble(t, "shut", zstacktest.Options{}, nil, func(s scene) {
		c := s.create("k", "web-1")
		require.NoError(t, s.sys.Shutdown(s.ctx))
		assert.Empty(t, s.server.Sessions(), "it logged out")
		before := s.server.RequestCount()
		_, err := s.sys.GetTT(s.ctx, c.ID)
		require.ErrorIs(t, err, tt.ErrInvalid)
		require.NoError(t, s.sys.Shutdown(s.ctx), "again")
		assert.Equal(t, before, s.server.RequestCount())
	})
}

// Without a path, base_url names the host; with one, the path is what a proxy
// or an installation made of it.
func TestThePathOfTheAPI(t *testing.T) {
	for _, row := range []struct{ name, serves, base string }{
		{"no path means the vendor's", "", "http://localhost"},
		{"a slash is no path", "", "http://localhost/"},
		{"the vendor's own", "", "http://localhost/zstack"},
		{"another one", "/cloud/api", "http://localhost/cloud/api/"},
	} {
		t.Run(row.name, func(t *testing.T) {
			server := zstacktest.New(zstacktest.Options{ContextPath: row.serves})
			t.Cleanup(server.Close)
			sys := openOn(t, server, func(c *zstack.Config) { c.BaseURL = row.base })
			t.Cleanup(func() { _ = sys.Shutdown(context.Background()) })
			_, err := sys.ListTTs(t.Context(), tt.ListRequest{})
			require.NoError(t, err)
		})
	}
}
