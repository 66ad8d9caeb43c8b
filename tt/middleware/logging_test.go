package middleware_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/fake"
	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/middleware"
)

// logged runs calls over a fake with a Logging decorator, and returns the
// lines without their times.
func logged(t *testing.T, backend *fake.Backend, calls func(ctx context.Context, sys tt.System)) []string {
	t.Helper()
	return loggedOver(t, backend.Open("msk"), calls)
}

// loggedOver is logged over any system.
func loggedOver(t *testing.T, inside tt.System, calls func(ctx context.Context, sys tt.System)) []string {
	t.Helper()
	var out bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey || a.Key == slog.MessageKey && a.Value.String() == "ticket call" {
			return slog.Attr{}
		}
		return a
	}}))
	synctest.Test(t, func(t *testing.T) { // where a call takes no time
		calls(t.Context(), middleware.Logging(inside, logger))
	})
	return strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
}

var request = tt.CreateRequest{Object: "sw1", Subject: "link down", Body: "port 7 of rack 12", Login: "ivanov", Key: "LinkDown/17"}

func TestLoggingWritesOneLinePerCall(t *testing.T) {
	lines := logged(t, fake.NewBackend(), func(ctx context.Context, sys tt.System) {
		_, _ = sys.CreateTT(ctx, request)
		_, _ = sys.CreateTT(ctx, request)
		_, _ = sys.FindTT(ctx, "LinkDown/17")
		_, _ = sys.GetTT(ctx, "1")
		_, _ = sys.GetObjectTTs(ctx, "sw1")
		_, _ = sys.ListTTs(ctx, tt.ListRequest{})
		_ = sys.AddComment(ctx, tt.CommentRequest{ID: "1", Body: "still down", Key: "c1"})
		_, _ = sys.CreateGroupTT(ctx, "1", time.Time{})
		_, _ = sys.AddToGroupTT(ctx, "1", "sw2", "sw3")
		_, _ = sys.CloseTT(ctx, tt.CloseRequest{ID: "1", Body: "repaired", Reason: "fibre"})
		_, _ = sys.CreateTT(ctx, request)
		_ = sys.Shutdown(ctx)
	})
	assert.Equal(t, []string{
		"level=INFO op=CreateTT tt_id=1 key=LinkDown/17 obj=sw1 duration=0s",
		"level=INFO op=CreateTT tt_id=1 key=LinkDown/17 obj=sw1 duration=0s existed=true",
		"level=DEBUG op=FindTT tt_id=1 key=LinkDown/17 duration=0s",
		"level=DEBUG op=GetTT tt_id=1 duration=0s",
		"level=DEBUG op=GetObjectTTs obj=sw1 duration=0s count=1",
		"level=DEBUG op=ListTTs duration=0s count=1",
		"level=INFO op=AddComment tt_id=1 key=c1 duration=0s",
		"level=INFO op=CreateGroupTT tt_id=1 duration=0s",
		"level=INFO op=AddToGroupTT tt_id=1 duration=0s ok=2",
		"level=INFO op=CloseTT tt_id=1 duration=0s closed=true",
		"level=INFO op=CreateTT tt_id=1 key=LinkDown/17 obj=sw1 duration=0s existed=true closed=true",
		"level=INFO op=Shutdown duration=0s",
	}, lines, "no subject, body, reason or login is among them")
}

func TestLoggingTellsHowBadAFailureIs(t *testing.T) {
	for _, row := range []struct {
		name  string
		fault fake.Fault
		do    func(ctx context.Context, sys tt.System)
		want  string
	}{
		{"a lost reply is a warning", fake.Fault{Kind: fake.FailAfter}, create,
			`level=WARN op=CreateTT key=LinkDown/17 obj=sw1 duration=0s code=unavailable outcome=unknown error="fake \"msk\": CreateTT: unavailable: the reply was lost (injected fault) (it may have happened; repeating the same call is safe)"`},
		{"a throttled call is a warning that says how long", fake.Fault{Kind: fake.Throttle, RetryAfter: time.Minute}, create,
			`level=WARN op=CreateTT key=LinkDown/17 obj=sw1 duration=0s code=rate_limited outcome=not_done retry_after=1m0s error="fake \"msk\": CreateTT: rate_limited: too many requests (injected fault) (try again in 1m0s)"`},
		{"the id of a half-made ticket is there", fake.Fault{Kind: fake.FailAfter, Err: tt.Errorf(tt.CodeUnavailable, tt.Done, "tagging failed")}, create,
			`level=WARN op=CreateTT tt_id=1 key=LinkDown/17 obj=sw1 duration=0s code=unavailable outcome=done error="fake \"msk\": CreateTT 1: unavailable: tagging failed (the ticket exists or changed; repeating the call finishes the rest)"`},
		{"a refusal is an error", fake.Fault{Kind: fake.FailBefore, Err: tt.Errorf(tt.CodePermissionDenied, tt.NotDone, "this login may not")}, create,
			`level=ERROR op=CreateTT key=LinkDown/17 obj=sw1 duration=0s code=permission_denied outcome=not_done error="fake \"msk\": CreateTT: permission_denied: this login may not"`},
		{"a failed read is a warning too", fake.Fault{Kind: fake.FailBefore}, func(ctx context.Context, sys tt.System) { _, _ = sys.GetTT(ctx, "1") },
			`level=WARN op=GetTT tt_id=1 duration=0s code=unavailable outcome=not_done error="fake \"msk\": GetTT 1: unavailable: connection refused (injected fault)"`},
		{"finding nothing is no failure", fake.Fault{}, func(ctx context.Context, sys tt.System) { _, _ = sys.FindTT(ctx, "k") },
			`level=DEBUG op=FindTT key=k duration=0s code=not_found outcome=not_done error="fake \"msk\": FindTT: not_found: `},
		{"closing what is not there is", fake.Fault{}, func(ctx context.Context, sys tt.System) { _, _ = sys.CloseTT(ctx, tt.CloseRequest{ID: "9"}) },
			`level=ERROR op=CloseTT tt_id=9 duration=0s code=not_found`},
		{"what is not supported is no failure", fake.Fault{}, func(ctx context.Context, sys tt.System) { _ = sys.RenewTT(ctx, "1", time.Now()) },
			`level=INFO op=RenewTT tt_id=1 duration=0s code=unsupported`},
		{"a call that its caller gave up is a warning", fake.Fault{}, func(ctx context.Context, sys tt.System) {
			ended, cancel := context.WithCancel(ctx)
			cancel()
			create(ended, sys)
		}, `level=WARN op=CreateTT key=LinkDown/17 obj=sw1 duration=0s code=canceled outcome=not_done`},
	} {
		t.Run(row.name, func(t *testing.T) {
			backend := fake.NewBackend()
			if row.fault.Kind != "" {
				backend.Inject(row.fault)
			}
			lines := logged(t, backend, row.do)
			require.Len(t, lines, 1)
			assert.True(t, strings.HasPrefix(lines[0], row.want), "%s\nshould begin\n%s", lines[0], row.want)
		})
	}
}

func create(ctx context.Context, sys tt.System) { _, _ = sys.CreateTT(ctx, request) }

func TestLoggingOfAGroupIsAsBadAsItsWorstObject(t *testing.T) {
	for _, row := range []struct {
		name  string
		fault fake.Fault
		objs  []string
		want  string
	}{
		{"all are in", fake.Fault{}, []string{"sw2"}, "level=INFO op=AddToGroupTT tt_id=1 duration=0s ok=1"},
		{"one failed for now", fake.Fault{Kind: fake.FailItems, Objects: []string{"sw3"}}, []string{"sw2", "sw3"},
			`level=WARN op=AddToGroupTT tt_id=1 duration=0s ok=1 temp=1 error="sw3: `},
		{"one failed for good", fake.Fault{Kind: fake.FailItems, Objects: []string{"sw3"}}, []string{"sw404", "sw2", "sw3"},
			`level=ERROR op=AddToGroupTT tt_id=1 duration=0s ok=1 temp=1 fail=1 error="sw404: `},
	} {
		t.Run(row.name, func(t *testing.T) {
			backend := fake.NewBackend(fake.WithInventory("sw1", "sw2", "sw3"))
			if row.fault.Kind != "" {
				backend.Inject(row.fault)
			}
			lines := logged(t, backend, func(ctx context.Context, sys tt.System) {
				create(ctx, sys)
				_, _ = sys.CreateGroupTT(ctx, "1", time.Time{})
				_, _ = sys.AddToGroupTT(ctx, "1", row.objs...)
			})
			require.Len(t, lines, 3)
			assert.True(t, strings.HasPrefix(lines[2], row.want), lines[2])
		})
	}
}

// findings answers Check and GetUpdates.
type findings struct{ tt.Unimplemented }

func (findings) Check(context.Context) ([]tt.CheckResult, error) {
	return []tt.CheckResult{{Name: "address", OK: true}, {Name: "clock", Detail: "5m fast"}}, nil
}

func (findings) GetUpdates(context.Context, tt.UpdatesRequest) (tt.Updates, error) {
	return tt.Updates{Changes: make([]tt.Change, 3)}, nil
}

func TestLoggingOfWhatOnlyAsks(t *testing.T) {
	var out bytes.Buffer
	sys := middleware.Logging(findings{}, slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})))
	_, err := sys.Check(t.Context())
	require.NoError(t, err)
	_, err = sys.GetUpdates(t.Context(), tt.UpdatesRequest{All: true})
	require.NoError(t, err)

	lines := json.NewDecoder(&out)
	var check, updates map[string]any
	require.NoError(t, lines.Decode(&check))
	require.NoError(t, lines.Decode(&updates))
	assert.Equal(t, "ticket call", check["msg"])
	assert.Equal(t, "WARN", check["level"], "a failed check is a warning")
	assert.Equal(t, "clock: 5m fast", check["error"])
	assert.Equal(t, "DEBUG", updates["level"])
	assert.EqualValues(t, 3, updates["count"])
}

func TestLoggingMeasuresTheCallAndChangesNothing(t *testing.T) {
	backend := fake.NewBackend()
	backend.Inject(fake.Fault{Kind: fake.Slow, Delay: 3 * time.Second})
	lines := logged(t, backend, func(ctx context.Context, sys tt.System) {
		created, err := sys.CreateTT(ctx, request)
		assert.NoError(t, err)
		assert.Equal(t, "1", created.ID)
	})
	assert.Contains(t, lines[0], "duration=3s")
}

func TestLoggingToNoLoggerIsNoDecorator(t *testing.T) {
	sys := fake.New()
	assert.Same(t, sys, middleware.Logging(sys, nil))
}

func TestLoggingKeepsTheError(t *testing.T) {
	backend := fake.NewBackend()
	backend.Inject(fake.Fault{Kind: fake.Throttle, RetryAfter: time.Minute})
	logged(t, backend, func(ctx context.Context, sys tt.System) {
		_, err := sys.GetTT(ctx, "1")
		var e *tt.Error
		assert.True(t, errors.As(err, &e) && e.RetryAfter == time.Minute)
		assert.ErrorIs(t, err, tt.ErrTemporary)
	})
}
