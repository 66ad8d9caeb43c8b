package zstack_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/zstack/zstacktest"
	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/tttest"
)

// findings are answers by question.
type findings map[string]string

// byDefault is what a probe of the likeliest platform finds.
var byDefault = findings{
	"a job takes":                   "0s",
	"a refused change":              "SYS.1006",
	"a refused creation":            "SYS.1007",
	"a tag that is there":           "SYS.1006",
	"answers without content":       "are empty",
	"clock":                         "the same",
	"dates":                         "Java 8",
	"deletion of what is not there": "accepted",
	"emoji in a tag":                "refused",
	"errors":                        "short",
	"history of a creation":         "none",
	"language of errors":            "Chinese",
	"letter case in conditions":     "does not count",
	"location of an accepted call":  "another host",
	"location of an answer that asks for patience": "unknown",
	"numbers":                        "whole",
	"operators in the history":       "IAM2VirtualID",
	"order without a sort":           "oldest first",
	"quotes in conditions":           "taken",
	"tags of a creation":             "kept",
	"time limit of an accepted call": "there",
	"time zone":                      "Asia/Shanghai",
	"unknown fields":                 "none",
}

// byKnob is what a probe finds otherwise when a knob is turned.
var byKnob = map[string]findings{
	"job-time=150ms":           {"a job takes": "some time", "location of an answer that asks for patience": "missing"},
	"job-time=3s":              {"a job takes": "some time", "location of an answer that asks for patience": "missing"},
	"job-polls=3":              {"location of an answer that asks for patience": "missing", "a job takes": "some time"},
	"job-acts=end,job-time=1s": {"a job takes": "some time", "location of an answer that asks for patience": "missing"},
	"commit-lag=2s":            {"a job takes": "some time"},
	"location=same":            {"location of an accepted call": "the host that was asked"},
	"no-api-timeout":           {"time limit of an accepted call": "missing"},
	"refusals=1006":            {"a refused creation": "SYS.1006"},
	"refusals=1007":            {"a refused change": "SYS.1007"},
	"create-row":               {"history of a creation": "a row"},
	"delete-missing=1003":      {"answers without content": "unknown", "deletion of what is not there": "SYS.1003"},
	"drop-create-tags":         {"tags of a creation": "dropped"},
	"duplicate-tag=tag":        {"a tag that is there": "TAG.1000"},
	"texts=cut":                {"emoji in a tag": "cut"},
	"texts=utf8mb4":            {"emoji in a tag": "kept"},
	"case-sensitive":           {"letter case in conditions": "counts"},
	"refuse-quotes":            {"quotes in conditions": "refused"},
	"dates=9":                  {"dates": "Java 9 and later"},
	"dates=20":                 {"dates": "Java 20 and later"},
	"zone=UTC":                 {"time zone": "UTC"},
	"zone=Asia/Kolkata":        {"time zone": "Asia/Kolkata"},
	"zone=America/Phoenix":     {"time zone": "America/Phoenix"},
	"numbers=float":            {"numbers": "with a fraction"},
	"locale=en_US":             {"language of errors": "English"},
	"errors=full":              {"errors": "full"},
	"errors=cause":             {"errors": "the code is in cause"},
	"errors=causes":            {"errors": "the code is in causes"},
	"operators=iam2":           {"operators in the history": "iam2"},
	"operators=none":           {"operators in the history": "none"},
	"rows=uuid":                {"order without a sort": "by uuid"},
	"rows=reversed":            {"order without a sort": "newest first"},
	"extra-fields":             {"unknown fields": "undocumented, zstackVersion"},
	"success-field":            {"answers without content": "say success"},
	"skew=90s":                 {"clock": "ahead"},
	"skew=-90s":                {"clock": "behind"},
	"skew=20m":                 {"clock": "ahead"},
	"no-date":                  {"clock": "no Date header"},
}

// unseen are the values of knobs that a probe does not find, and why.
var unseen = map[string]string{
	"defaults":            "is what the others are compared with",
	"job-retention=1m":    "takes a wait of hours",
	"restart-jobs=drop":   "takes a restart of the platform",
	"starting=503":        "takes a restart of the platform",
	"repeat-location":     "shows when a job takes its time only; see below",
	"session-timeout=30s": "takes a wait of hours",
	"bad-key=1001":        "takes wrong credentials",
	"bad-key=text":        "takes wrong credentials",
	"account-keys":        "takes an access key",
	"admin-submits":       "takes the administrator's credentials",
	"open-event=reopen":   "takes an event that this package cannot send",
	"update-rejected":     "takes an approver who rejects",
	"check-body":          "takes calls other than those configured",
	"refuse-zero-times":   "takes calls other than those configured",
	"result-row=shared":   "takes an approval",
	"executor-drops-tags": "takes an approval",
	"no-archive":          "takes the deletion of a ticket",
	"burn-uuids":          "takes the deletion of a ticket",
	"keep-tags":           "takes the deletion of a ticket",
	"throttled=503":       "takes a proxy that is overloaded",
}

var probing = tt.ProbeRequest{Objects: []string{"sw-7"}}

func probeOn(t *testing.T, knobs zstacktest.Knobs, play func(ctx context.Context, server *zstacktest.Server, sys tt.System)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		server := zstacktest.New(zstacktest.Options{Knobs: knobs})
		defer server.Close()
		sys := openOn(t, server, nil)
		play(t.Context(), server, sys)
		server.ClearFaults()
		require.NoError(t, sys.Shutdown(context.WithoutCancel(t.Context())))
		require.Zero(t, server.Approvals(), "a probe approves nothing")
	})
}

// pending are the names of the tickets that are open.
func pending(server *zstacktest.Server) []string {
	names := []string{}
	for _, t := range server.Tickets() {
		if t.Status == zstacktest.Pending {
			names = append(names, t.Name)
		}
	}
	return names
}

func TestProbeFindsEveryKnobThatShows(t *testing.T) {
	for _, knobs := range zstacktest.AllKnobs() {
		t.Run(knobs.Name, func(t *testing.T) {
			t.Parallel()
			probeOn(t, knobs.Knobs, func(ctx context.Context, server *zstacktest.Server, sys tt.System) {
				_, err := server.Open(zstacktest.Ticket{Name: "planned work"}, "sw-7")
				require.NoError(t, err)
				ticket, err := sys.CreateTT(ctx, tt.CreateRequest{Object: "sw-7", Subject: "down", Key: "k"})
				require.NoError(t, err)
				before := server.Tickets()

				found, err := tt.Probe(ctx, sys, probing)
				require.NoError(t, err)
				got := findings{}
				for _, f := range found {
					assert.NotContains(t, got, f.Question, "asked twice")
					assert.NotEmpty(t, f.Detail, f.Question)
					got[f.Question] = f.Answer
				}
				if got["a job takes"] != "0s" { // how long depends on when it was asked for
					got["a job takes"] = "some time"
				}
				want := maps.Clone(byDefault)
				maps.Copy(want, byKnob[knobs.Name])
				assert.Equal(t, want, got)
				_, seen := byKnob[knobs.Name]
				assert.NotEqual(t, seen, unseen[knobs.Name] != "", "the knob must be found, or it must be said why not")

				for _, old := range before {
					assert.True(t, slices.ContainsFunc(server.Tickets(), func(now zstacktest.Ticket) bool {
						return assert.ObjectsAreEqual(old, now)
					}), "%s was touched", old.Name)
				}
				assert.ElementsMatch(t, []string{"planned work", "down"}, pending(server), "something was left behind")
				list, err := sys.ListTTs(ctx, tt.ListRequest{})
				require.NoError(t, err)
				assert.Equal(t, []string{ticket.ID}, list.IDs)
			})
		})
	}
}

// Whatever goes wrong at whatever request, nothing is left behind.
func TestAProbeThatFailsCleansUp(t *testing.T) {
	requests, step := 0, 1
	if testing.Short() {
		step = 9
	}
	probeOn(t, zstacktest.Knobs{}, func(ctx context.Context, server *zstacktest.Server, sys tt.System) {
		_, err := tt.Probe(ctx, sys, probing)
		require.NoError(t, err)
		requests = server.RequestCount()
	})
	for _, kind := range []tttest.FaultKind{tttest.Reset, tttest.LoseReply, tttest.Truncate, tttest.StatusBefore, tttest.StatusAfter, tttest.HTML, tttest.Twice} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			for at := 0; at < requests; at += step {
				probeOn(t, zstacktest.Knobs{}, func(ctx context.Context, server *zstacktest.Server, sys tt.System) {
					server.Inject(tttest.Fault{Kind: kind, Skip: at, Status: 503})
					_, err := tt.Probe(ctx, sys, probing)
					if err != nil {
						var e *tt.Error
						require.ErrorAs(t, err, &e)
						assert.Equal(t, "Probe", e.Op)
						assert.NotContains(t, err.Error(), zstacktest.DefaultVirtualIDPassword)
						assert.NotContains(t, err.Error(), "\n")
					}
					assert.Empty(t, pending(server), "%s at request %d: %v", kind, at, err)
				})
			}
		})
	}
}

func TestATicketOfAProbeThatCannotBeCancelledIsNamed(t *testing.T) {
	probeOn(t, zstacktest.Knobs{}, func(ctx context.Context, server *zstacktest.Server, sys tt.System) {
		server.Inject(tttest.Fault{Kind: tttest.StatusBefore, Route: "change", Status: 502, Times: -1})
		found, err := tt.Probe(ctx, sys, probing)
		require.ErrorIs(t, err, tt.ErrTemporary)
		assert.NotEmpty(t, found)
		var e *tt.Error
		require.ErrorAs(t, err, &e)
		assert.Equal(t, tt.Done, e.Outcome)
		assert.ErrorContains(t, err, "cancel it in the console")
		left := pending(server)
		require.Len(t, left, 1)
		assert.True(t, strings.HasPrefix(left[0], "ttkit probe "+e.TicketID[:16]))
	})
}

func TestAProbeIsRefusedBeforeAnythingIsSent(t *testing.T) {
	probeOn(t, zstacktest.Knobs{}, func(ctx context.Context, server *zstacktest.Server, sys tt.System) {
		_, err := sys.(tt.Prober).Probe(ctx, tt.ProbeRequest{})
		require.ErrorIs(t, err, tt.ErrInvalid)
		require.NoError(t, sys.Shutdown(ctx))
		_, err = tt.Probe(ctx, sys, probing)
		require.ErrorIs(t, err, tt.ErrInvalid)
		assert.Zero(t, server.RequestCount())
	})
}

func TestAJobThatTakesItsTimeShowsMore(t *testing.T) {
	probeOn(t, zstacktest.Knobs{JobTime: 10 * time.Second, RepeatLocation: true}, func(ctx context.Context, _ *zstacktest.Server, sys tt.System) {
		found, err := tt.Probe(ctx, sys, probing)
		require.NoError(t, err)
		assert.Contains(t, found, tt.Finding{Question: "location of an answer that asks for patience", Answer: "repeated", Detail: "not needed"})
		i := slices.IndexFunc(found, func(f tt.Finding) bool { return f.Question == "a job takes" })
		assert.Equal(t, "poll.limit", found[i].Setting)
		limit, err := time.ParseDuration(found[i].Value)
		require.NoError(t, err)
		assert.GreaterOrEqual(t, limit, 200*time.Second)
	})
}
