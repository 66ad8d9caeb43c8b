package rsm_test

import (
	"context"
	"fmt"
	"maps"
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
	"github.com/ttkit/ttkit/tt/tttest"
)

// findings are answers by question.
type findings map[string]string

// byDefault is what a probe of the likeliest server finds.
var byDefault = findings{
	"errors": "message and fields", "missing credentials": "empty", "refused media type": "message", "an id that is no number": "status 400",
	"language": "as asked for", "punctuation": "none", "clock": "the same", "names of config items": "letter case counts",
	"a beginning in the past": "kept", "fractions of seconds": "0 digits", "time zone": "+00:00", "default depth": "0",
	"label keys": "as given", "empty labels": "an object", "unknown fields": "none",
	"a create takes": "at once", "reads by id": "at once", "lists": "at once", "states": "at once", "a change takes": "at once",
	"state of a running mode": "Active", "state of a cancelled mode": "Cancelled",
	"search in values of labels": "honoured", "search in names of labels": "honoured", "search for what nothing holds": "honoured",
	"filter by config item": "honoured", "filter by the end, earlier": "honoured", "filter by the end, later": "honoured", "page headers": "sent",
	"labels in a change": "replace", "label values": "16384 bytes or more", "titles": "1024 characters or more", "dates that end in Z": "accepted",
	"a config item that joins": "begins when it joins", "config items in a change": "replace",
	"batchValidate": "honoured", "order of ids": "rising",
	"other fields beside a cancel": "kept", "dates of a planned mode after a cancel": "none moves",
	"cancel of a running mode": "completes it", "dates of a running mode after a cancel": "all move",
}

// byKnob is what a probe finds otherwise when a knob is turned.
var byKnob = map[string]findings{
	"profile=6.7":               {"fractions of seconds": "7 digits", "default depth": "-1"},
	"labels=merge":              {"labels in a change": "merge"},
	"items=merge":               {"config items in a change": "merge"},
	"scope=plain":               {"a config item that joins": "begins with the mode"},
	"cancel-running=cancel":     {"cancel of a running mode": "cancels it"},
	"cancel-running=reject":     {"cancel of a running mode": "refused", "dates of a running mode after a cancel": "unknown"},
	"cancel-dates=items":        {"dates of a running mode after a cancel": "those of config items move"},
	"cancel-dates=states":       {"dates of a running mode after a cancel": "none moves"},
	"cancel-dates=all":          {"dates of a planned mode after a cancel": "all move"},
	"cancel-fields=drop":        {"other fields beside a cancel": "dropped"},
	"past-start=move":           {"a beginning in the past": "moved"},
	"ignore-validate":           {"batchValidate": "ignored"},
	"refuse-z":                  {"dates that end in Z": "refused"},
	"label-limit=255":           {"label values": "less than 256 bytes"},
	"title-limit=200":           {"titles": "less than 201 characters"},
	"tick=3s":                   {"states": "late"},
	"list-lag=2s":               {"lists": "2s late"},
	"list-lag=2s,get-lag":       {"lists": "2s late", "reads by id": "2s late"},
	"commit-delay=1s":           {"a create takes": "1s", "order of ids": "that of the answers"},
	"ids=early,commit-delay=1s": {"a create takes": "1s", "order of ids": "that of the requests"},
	"ids=blocks":                {"order of ids": "mixed"},
	"ids=reversed":              {"order of ids": "falling"},
	"running=InProgress":        {"state of a running mode": "InProgress"},
	"running=Started":           {"state of a running mode": "Started"},
	"running=Running":           {"state of a running mode": "Running"},
	"cancelled=Canceled":        {"state of a cancelled mode": "Canceled"},
	"fraction=7":                {"fractions of seconds": "7 digits"},
	"zone=+03:00":               {"time zone": "+03:00"},
	"zone=Z":                    {"time zone": "Z"},
	"zone=given":                {"time zone": "as given"},
	"default-depth=-1":          {"default depth": "-1"},
	"lower-label-keys":          {"label keys": "first letter lowered"},
	"null-empty":                {"empty labels": "null"},
	"extra-fields":              {"unknown fields": "createdBy, name, revision"},
	"no-paging":                 {"page headers": "not sent"},
	"language=ru":               {"language": "Russian"},
	"language=en":               {"language": "English"},
	"period":                    {"punctuation": "full stop"},
	"errors=message":            {"errors": "message"},
	"errors=stack":              {"errors": "message and stack trace"},
	"errors=empty":              {"errors": "empty", "language": "unknown", "punctuation": "unknown"},
	"errors=problem":            {"errors": "problem details (RFC 7807)"},
	"denials=fields":            {"missing credentials": "message"},
	"denials=stack":             {"missing credentials": "message and stack trace", "refused media type": "message and stack trace"},
	"denials=empty":             {"refused media type": "empty"},
	"denials=problem":           {"missing credentials": "problem details (RFC 7807)", "refused media type": "problem details (RFC 7807)"},
	"bad-id=404":                {"an id that is no number": "status 404"},
	"fold-names":                {"names of config items": "letter case does not count"},
	"skew=90s":                  {"clock": "ahead"},
	"skew=-90s":                 {"clock": "behind"},
	"no-date":                   {"clock": "no Date header"},
}

// unseen are the values of knobs that cannot be seen from outside, and why.
var unseen = map[string]string{
	"defaults":        "is what the others are compared with",
	"fraction=0":      "is what version 8.3 does anyway",
	"hide-items":      "takes a second token with other rights",
	"expand-children": "takes a mode over the children of a config item, which are somebody's",
	"token-lag=5s":    "takes the end of the token",
}

// settingsBy are the settings that follow, where they are not the defaults.
var settingsBy = map[string]map[string]string{
	"list-lag=2s":         {"settle": "6s"},
	"list-lag=2s,get-lag": {"settle": "6s"},
}

// onServer runs a test over a server with one System.
func onServer(t *testing.T, knobs rsmtest.Knobs, change func(*rsm.Config), play func(ctx context.Context, server *rsmtest.Server, sys tt.System)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		server := rsmtest.New(rsmtest.Options{Knobs: knobs, Tokens: []rsmtest.Token{{Value: token}}})
		defer server.Close()
		cfg := rsm.Config{Common: tt.Common{BaseURL: server.URL()}, Token: tt.NewSecret(token)}
		if change != nil {
			change(&cfg)
		}
		sys, err := rsm.New(cfg, tt.WithHTTPClient(server.Client()), tt.WithName("test"))
		require.NoError(t, err)
		play(t.Context(), server, sys)
		require.NoError(t, sys.Shutdown(context.WithoutCancel(t.Context())))
	})
}

var probing = tt.ProbeRequest{Objects: []string{"7", "8"}}

// openModes lists the titles of the modes that are open.
func openModes(server *rsmtest.Server) []string {
	titles := []string{}
	for _, m := range server.Modes() {
		if m.Open() {
			titles = append(titles, m.Title)
		}
	}
	return titles
}

// modesByID shows every mode in a line.
func modesByID(server *rsmtest.Server) map[int64]string {
	all := map[int64]string{}
	for _, m := range server.Modes() {
		all[m.ID] = fmt.Sprint(m.Title, m.Start, m.End, m.Labels, m.Open(), m.Items)
	}
	return all
}

func TestProbeFindsEveryKnob(t *testing.T) {
	for _, knobs := range rsmtest.AllKnobs() {
		t.Run(knobs.Name, func(t *testing.T) {
			t.Parallel()
			onServer(t, knobs.Knobs, nil, func(ctx context.Context, server *rsmtest.Server, sys tt.System) {
				server.AddMode(rsmtest.Mode{Title: "planned work", Items: []rsmtest.Item{{CI: 7}}, End: server.Now().Add(time.Hour)})
				ticket, err := sys.CreateTT(ctx, tt.CreateRequest{Object: "7", Subject: "down", Key: "k"})
				require.NoError(t, err)
				time.Sleep(9 * time.Second) // what lags has caught up
				before := modesByID(server)

				found, err := tt.Probe(ctx, sys, probing)
				require.NoError(t, err)
				got, settings := findings{}, map[string]string{}
				for _, f := range found {
					assert.NotContains(t, got, f.Question, "asked twice")
					assert.NotEmpty(t, f.Detail, f.Question)
					got[f.Question] = f.Answer
					if f.Setting != "" {
						settings[f.Setting] = f.Value
					}
				}
				if strings.HasSuffix(got["states"], "s late") { // how late depends on where in the tick the mode was made
					got["states"] = "late"
					assert.NotEqual(t, "5s", settings["settle"], "a close waits for the tick")
					settings["settle"] = "5s"
				}
				want := maps.Clone(byDefault)
				maps.Copy(want, byKnob[knobs.Name])
				assert.Equal(t, want, got)
				wanted := map[string]string{"settle": "5s", "late": "1m", "window": "2s"}
				maps.Copy(wanted, settingsBy[knobs.Name])
				assert.Equal(t, wanted, settings)
				_, seen := byKnob[knobs.Name]
				assert.NotEqual(t, seen, unseen[knobs.Name] != "", "the knob must be found, or it must be said why not")

				time.Sleep(10 * time.Second) // an end that had to be moved has passed
				after := modesByID(server)
				for id, mode := range before {
					assert.Equal(t, mode, after[id], "something else was touched")
				}
				assert.ElementsMatch(t, []string{"planned work", "down"}, openModes(server), "something was left behind")
				list, err := sys.ListTTs(ctx, tt.ListRequest{})
				require.NoError(t, err)
				assert.Equal(t, []string{ticket.ID}, list.IDs)
			})
		})
	}
}

func TestNothingOfAProbeIsATicket(t *testing.T) {
	onServer(t, rsmtest.Knobs{}, nil, func(ctx context.Context, server *rsmtest.Server, sys tt.System) {
		checked := 0
		server.Before("patch", func() { // while the probe runs
			list, err := sys.ListTTs(ctx, tt.ListRequest{})
			assert.NoError(t, err)
			assert.Empty(t, list.IDs)
			ids, err := sys.GetObjectTTs(ctx, "7")
			assert.NoError(t, err)
			assert.Empty(t, ids)
			checked++
			for _, m := range server.Modes() {
				assert.LessOrEqual(t, m.End.Sub(server.Now()), 15*time.Minute, "it would not run out soon")
				assert.True(t, strings.HasPrefix(m.Title, "ttkit probe "), m.Title)
			}
		})
		_, err := tt.Probe(ctx, sys, probing)
		require.NoError(t, err)
		assert.Equal(t, 1, checked)
		for _, m := range server.Modes() {
			for _, it := range m.Items {
				assert.Contains(t, []int64{7, 8}, it.CI)
			}
		}
	})
}

func TestAProbeWithAnchorsTouchesNothingElse(t *testing.T) {
	anchored := func(c *rsm.Config) { c.AnchorCI = map[string]string{"net": "3"} }
	onServer(t, rsmtest.Knobs{}, anchored, func(ctx context.Context, server *rsmtest.Server, sys tt.System) {
		found, err := tt.Probe(ctx, sys, tt.ProbeRequest{Objects: []string{"sw-7", "sw-8"}, Queue: "net"})
		require.NoError(t, err)
		for _, m := range server.Modes() {
			for _, it := range m.Items {
				assert.EqualValues(t, 3, it.CI)
			}
		}
		i := slices.IndexFunc(found, func(f tt.Finding) bool { return f.Question == "config items in a change" })
		require.GreaterOrEqual(t, i, 0)
		assert.Equal(t, tt.AnswerUnknown, found[i].Answer)
		assert.Contains(t, found[i].Detail, "anchor_ci")
		_, err = tt.Probe(ctx, sys, tt.ProbeRequest{Objects: []string{"sw-7"}, Queue: "other"})
		assert.ErrorIs(t, err, tt.ErrInvalid, "a queue without an anchor")
	})
}

func TestQuestionsStayTheSame(t *testing.T) {
	var questions [2][]string
	for i, req := range []tt.ProbeRequest{probing, {Objects: []string{"7"}, Wait: time.Second}} {
		onServer(t, rsmtest.Knobs{}, nil, func(ctx context.Context, _ *rsmtest.Server, sys tt.System) {
			found, err := tt.Probe(ctx, sys, req)
			require.NoError(t, err)
			for _, f := range found {
				questions[i] = append(questions[i], f.Question)
			}
		})
	}
	assert.Equal(t, questions[0], questions[1])
	assert.Len(t, questions[0], len(byDefault))
}

func TestWhatIsSlowerThanTheWaitIsUnknown(t *testing.T) {
	onServer(t, rsmtest.Knobs{ListLag: 20 * time.Second}, nil, func(ctx context.Context, _ *rsmtest.Server, sys tt.System) {
		found, err := tt.Probe(ctx, sys, tt.ProbeRequest{Objects: []string{"7"}, Wait: 3 * time.Second})
		require.NoError(t, err)
		i := slices.IndexFunc(found, func(f tt.Finding) bool { return f.Question == "lists" })
		assert.Equal(t, tt.Finding{Question: "lists", Answer: "unknown", Setting: "settle", Value: "9s",
			Detail: "not within 3s: probe again with a longer wait"}, found[i])
	})
}

// Whatever goes wrong at whatever request, nothing is left behind, or it is
// named.
func TestAProbeThatFailsCleansUp(t *testing.T) {
	requests, step := 0, 1
	if testing.Short() {
		step = 17
	}
	onServer(t, rsmtest.Knobs{}, nil, func(ctx context.Context, server *rsmtest.Server, sys tt.System) {
		_, err := tt.Probe(ctx, sys, probing)
		require.NoError(t, err)
		requests = server.RequestCount()
	})
	for _, kind := range []tttest.FaultKind{tttest.Reset, tttest.LoseReply, tttest.Truncate, tttest.StatusBefore, tttest.StatusAfter, tttest.HTML, tttest.Late, tttest.Unauthorized, tttest.Twice} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			for at := 0; at < requests; at += step {
				onServer(t, rsmtest.Knobs{}, nil, func(ctx context.Context, server *rsmtest.Server, sys tt.System) {
					server.Inject(tttest.Fault{Kind: kind, Skip: at, Status: 503, Delay: 2 * time.Second})
					_, err := tt.Probe(ctx, sys, probing)
					if err != nil {
						var e *tt.Error
						require.ErrorAs(t, err, &e)
						assert.Equal(t, "Probe", e.Op)
						assert.NotContains(t, err.Error(), token)
					}
					if tt.CodeOf(err) == tt.CodeUnauthenticated {
						return // cleaning up was refused, too
					}
					time.Sleep(time.Hour)
					assert.Empty(t, openModes(server), "%s at request %d: %v", kind, at, err)
				})
			}
		})
	}
}

func TestAProbeThatIsCancelledCleansUp(t *testing.T) {
	for after := range 12 {
		t.Run(fmt.Sprint(after), func(t *testing.T) {
			onServer(t, rsmtest.Knobs{}, nil, func(ctx context.Context, server *rsmtest.Server, sys tt.System) {
				ctx, cancel := context.WithTimeout(ctx, time.Duration(after)*200*time.Millisecond+time.Millisecond)
				defer cancel()
				found, err := tt.Probe(ctx, sys, probing)
				if err != nil {
					require.ErrorIs(t, err, tt.ErrCanceled)
					assert.ErrorIs(t, err, tt.ErrTemporary, "its time was over")
					assert.Less(t, len(found), len(byDefault))
				}
				time.Sleep(10 * time.Second)
				assert.Empty(t, openModes(server))
			})
		})
	}
}

func TestWhatCannotBeEndedIsNamed(t *testing.T) {
	onServer(t, rsmtest.Knobs{}, nil, func(ctx context.Context, server *rsmtest.Server, sys tt.System) {
		server.Inject(tttest.Fault{Kind: tttest.StatusBefore, Route: "patch", Status: 500, Times: -1})
		found, err := tt.Probe(ctx, sys, probing)
		require.ErrorIs(t, err, tt.ErrTemporary)
		assert.NotEmpty(t, found)
		var e *tt.Error
		require.ErrorAs(t, err, &e)
		assert.Equal(t, "1001", e.TicketID)
		assert.Equal(t, tt.Done, e.Outcome)
		assert.ErrorContains(t, err, "run out by themselves")
		assert.NotContains(t, err.Error(), "\n")
		time.Sleep(time.Hour)
		assert.Empty(t, openModes(server), "and they do")
	})
}

func TestAProbeThatCannotBeginMakesNothing(t *testing.T) {
	onServer(t, rsmtest.Knobs{}, nil, func(ctx context.Context, server *rsmtest.Server, sys tt.System) {
		for _, row := range []struct {
			name string
			req  tt.ProbeRequest
			want error
		}{
			{"no object", tt.ProbeRequest{}, tt.ErrInvalid},
			{"an object that is no config item", tt.ProbeRequest{Objects: []string{"999"}}, tt.ErrNotFound},
			{"an object that is no id", tt.ProbeRequest{Objects: []string{"sw-7"}}, tt.ErrInvalid},
			{"a second one that is none", tt.ProbeRequest{Objects: []string{"7", "999"}}, tt.ErrNotFound},
		} {
			_, err := sys.(tt.Prober).Probe(ctx, row.req)
			require.ErrorIs(t, err, row.want, row.name)
		}
		require.NoError(t, sys.Shutdown(ctx))
		_, err := tt.Probe(ctx, sys, probing)
		require.ErrorIs(t, err, tt.ErrInvalid)
		assert.Empty(t, server.Modes())
	})
}
