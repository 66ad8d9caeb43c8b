package guance_test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
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

// findings are answers by question.
type findings map[string]string

// byDefault is what a probe of the likeliest server finds.
var byDefault = findings{
	"a change takes":             "at once",
	"a create takes":             "at once",
	"a deleted schedule":         "is gone",
	"a filter as an array":       "refused",
	"a filter in parentheses":    "refused",
	"a name twice":               "accepted",
	"a page out of range":        "empty",
	"a time without a start":     "refused",
	"a uuid that is none":        "status 404",
	"a verb that is not served":  "unknown",
	"an empty uuid of a rule":    "is replaced",
	"clock":                      "the same",
	"dates":                      "whole seconds",
	"delete of a schedule":       "by path and in a batch",
	"empty fields":               "empty",
	"errors":                     "by HTTP status",
	"extend as it was sent":      "kept",
	"extend in a change":         "replaced whole",
	"hours over midnight":        "accepted",
	"language":                   "English",
	"list of schedules":          "by GET and POST",
	"lists":                      "at once",
	"names":                      "256 characters",
	"names of rules":             "1024 characters or more",
	"no targets":                 "refused",
	"omitted fields in a change": "reset",
	"one schedule":               "a route",
	"order of a list":            "newest first",
	"order of ids":               "rising",
	"page info":                  "beside content",
	"rate limit":                 "not reached",
	"reads by id":                "at once",
	"row id":                     "not in the answer of add",
	"rows of a list":             "in data",
	"rules without levels":       "accepted",
	"search":                     "honoured, in any letter case",
	"trace ids":                  "a word and a UUID",
	"unknown fields":             "none",
	"unknown keys":               "dropped",
	"what was never changed":     "null in the answer of add, -1 later",
}

// byKnob is what a probe finds otherwise when a knob is turned.
var byKnob = map[string]findings{
	"list=get":                  {"a verb that is not served": "status 405", "list of schedules": "by GET"},
	"list=post":                 {"a verb that is not served": "status 405", "list of schedules": "by POST"},
	"list=get,wrong-verb=404":   {"a verb that is not served": "status 404", "list of schedules": "by GET"},
	"list=post,wrong-verb=404":  {"a verb that is not served": "status 404", "list of schedules": "by POST"},
	"delete=batch":              {"delete of a schedule": "in a batch"},
	"delete=path":               {"delete of a schedule": "by path"},
	"delete=none":               {"a deleted schedule": "unknown", "delete of a schedule": "no route"},
	"no-get":                    {"a deleted schedule": "unknown", "a uuid that is none": "unknown", "one schedule": "no route", "reads by id": "unknown"},
	"bad-uuid=400":              {"a uuid that is none": "status 400"},
	"omitted=keep":              {"omitted fields in a change": "kept"},
	"extend=merge":              {"extend in a change": "merged"},
	"unknown-keys=keep":         {"unknown keys": "kept"},
	"unknown-keys=refuse":       {"unknown keys": "refused"},
	"keep-empty-uuid":           {"an empty uuid of a rule": "stays empty"},
	"normalize":                 {"extend as it was sent": "written anew"},
	"length=bytes":              {"names": "256 bytes"},
	"length=utf16":              {"names": "256 UTF-16 units"},
	"rule-name-limit=256":       {"names of rules": "255 characters or more, less than 1024"},
	"refuse-empty-rules":        {"an empty uuid of a rule": "unknown", "rules without levels": "refused"},
	"empty-targets":             {"no targets": "accepted"},
	"loose-times":               {"a time without a start": "accepted"},
	"forward-hours":             {"hours over midnight": "refused"},
	"dimension-array":           {"a filter as an array": "accepted"},
	"unchecked-filter":          {"a filter in parentheses": "accepted"},
	"unique-names":              {"a name twice": "refused"},
	"list-lag=2s":               {"lists": "3.5s late"},
	"list-lag=2s,get-lag":       {"lists": "3.5s late", "reads by id": "not before lists"},
	"commit-delay=1s":           {"a create takes": "1s", "order of ids": "that of the answers"},
	"ids=early,commit-delay=1s": {"a create takes": "1s", "order of ids": "that of the requests"},
	"ids=blocks":                {"order of ids": "mixed"},
	"ids=reversed":              {"order of ids": "falling"},
	"errors=not-found":          {"errors": "not found under HTTP 200"},
	"errors=all":                {"errors": "under HTTP 200"},
	"row-id=always":             {"row id": "always shown"},
	"row-id=never":              {"order of ids": "unknown", "row id": "never shown"},
	"unset=minus":               {"what was never changed": "-1 in the answer of add, -1 later"},
	"unset=null":                {"what was never changed": "null in the answer of add, null later"},
	"rows=array":                {"rows of a list": "content itself"},
	"page-info=content":         {"page info": "in content"},
	"page-info=none":            {"page info": "none"},
	"float-times":               {"dates": "with fractions of seconds"},
	"null-empty":                {"empty fields": "null"},
	"extra-fields":              {"unknown fields": "declaration, effectiveTimeInfos, inEffectNotifyTargetsInfos, notifyTargetsInfos"},
	"trace=digits":              {"trace ids": "other"},
	"language=zh":               {"language": "Chinese"},
	"search=case":               {"search": "honoured, letter for letter"},
	"search=ignored":            {"search": "ignored"},
	"sort=oldest":               {"order of a list": "oldest first"},
	"sort=updated":              {"order of a list": "changed last first"},
	"last-page":                 {"a page out of range": "the last page"},
	"show-deleted":              {"a deleted schedule": "can be read"},
	"skew=90s":                  {"clock": "ahead"},
	"skew=-90s":                 {"clock": "behind"},
	"no-date":                   {"clock": "no Date header"},
}

// unseen are the values of knobs that a probe does not find, and why.
var unseen = map[string]string{
	"defaults":             "is what the others are compared with",
	"no-issues":            "this adapter does not use the older Issue API",
	"refuse-teams":         "takes a team of the workspace",
	"editable-default":     "takes a change of what the probe did not make",
	"issue-extend":         "this adapter does not use the older Issue API",
	"bare-incident":        "takes an incident, which only monitors make",
	"window=fixed":         "takes more calls than the limit allows",
	"window=first":         "takes more calls than the limit allows",
	"count-refused":        "takes more calls than the limit allows",
	"limit-wait":           "takes more calls than the limit allows",
	"filter-match=either":  "takes an incident, which only monitors make",
	"left-to-right":        "takes an incident, which only monitors make",
	"sleeping-claims":      "takes an incident, which only monitors make",
	"off-days=last":        "takes an incident, which only monitors make",
	"level-clock=previous": "takes an incident, which only monitors make",
	"workspace=empty":      "is what people have made, and no question about the server",
	"workspace=people":     "is what people have made, and no question about the server",
	"workspace=crowded":    "is what people have made, and no question about the server",
}

var probing = tt.ProbeRequest{Objects: []string{"sw-7"}, Queue: "net"}

func probeOn(t *testing.T, knobs guancetest.Knobs, change func(*guance.Config), play func(ctx context.Context, server *guancetest.Server, sys tt.System)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		server := newServer(knobs)
		defer server.Close()
		sys := openOn(t, server, change)
		play(t.Context(), server, sys)
		server.ClearFaults()
		require.NoError(t, sys.Shutdown(context.WithoutCancel(t.Context())))
	})
}

// leftovers are the schedules of probes that are still there.
func leftovers(server *guancetest.Server) []guancetest.Schedule {
	return slices.DeleteFunc(server.Schedules(), func(x guancetest.Schedule) bool {
		return !x.Alive() || !strings.HasPrefix(x.Name, "ttkit probe ")
	})
}

// harmless asserts that a schedule is over, and matches nothing.
func harmless(t *testing.T, x guancetest.Schedule, now time.Time) {
	t.Helper()
	_, end := x.Effective()
	assert.False(t, end.IsZero() || end.After(now), "%s ends at %s", x.Name, end)
	assert.Contains(t, x.DimensionFilter, ".ttkit.invalid", x.Name)
	assert.Empty(t, x.TagFilter)
}

func TestProbeFindsEveryKnobThatShows(t *testing.T) {
	for _, knobs := range guancetest.AllKnobs() {
		t.Run(knobs.Name, func(t *testing.T) {
			t.Parallel()
			probeOn(t, knobs.Knobs, nil, func(ctx context.Context, server *guancetest.Server, sys tt.System) {
				ticket, err := sys.CreateTT(ctx, tt.CreateRequest{Object: "sw-7", Subject: "down", Key: "k"})
				require.NoError(t, err)
				time.Sleep(2 * time.Minute) // what lags has caught up, and the ticket was verified
				before := server.Schedules()

				found, err := tt.Probe(ctx, sys, probing)
				require.NoError(t, err)
				got := findings{}
				for _, f := range found {
					assert.NotContains(t, got, f.Question, "asked twice")
					assert.NotEmpty(t, f.Detail, f.Question)
					got[f.Question] = f.Answer
				}
				want := maps.Clone(byDefault)
				maps.Copy(want, byKnob[knobs.Name])
				assert.Equal(t, want, got)
				_, seen := byKnob[knobs.Name]
				assert.NotEqual(t, seen, unseen[knobs.Name] != "", "the knob must be found, or it must be said why not")

				after := server.Schedules()
				assert.Equal(t, before, after[:len(before)], "something else was touched")
				for _, x := range leftovers(server) {
					assert.Equal(t, guancetest.DeleteNone, knobs.Knobs.Delete, "%s was left behind", x.Name)
					harmless(t, x, server.Now())
				}
				time.Sleep(time.Minute)
				list, err := sys.ListTTs(ctx, tt.ListRequest{})
				require.NoError(t, err)
				assert.Equal(t, []string{ticket.ID}, list.IDs)
			})
		})
	}
}

func TestNothingOfAProbeEverTakesEffect(t *testing.T) {
	for _, knobs := range []guancetest.Knobs{{}, {Omitted: guancetest.OmittedKept}, {LooseTimes: true, DimensionArray: true, UncheckedFilter: true, ForwardHours: true}} {
		probeOn(t, knobs, nil, func(ctx context.Context, server *guancetest.Server, sys tt.System) {
			looks := 0
			var look func()
			look = func() {
				looks++
				for _, x := range leftovers(server) {
					harmless(t, x, server.Now())
				}
				ids, err := sys.GetObjectTTs(ctx, "sw-7")
				assert.NoError(t, err)
				assert.Empty(t, ids, "no ticket")
				server.Before("modify", look)
			}
			server.Before("modify", look)
			_, err := tt.Probe(ctx, sys, probing)
			require.NoError(t, err)
			assert.Greater(t, looks, 4)
		})
	}
}

func TestQuestionsStayTheSame(t *testing.T) {
	var questions [2][]string
	for i, knobs := range []guancetest.Knobs{{}, {NoGet: true, Delete: guancetest.DeleteNone, ListLag: time.Hour, RefuseEmptyRules: true, UniqueNames: true, UnknownKeys: guancetest.UnknownRefused}} {
		probeOn(t, knobs, nil, func(ctx context.Context, _ *guancetest.Server, sys tt.System) {
			found, err := tt.Probe(ctx, sys, probing)
			require.NoError(t, err)
			for _, f := range found {
				questions[i] = append(questions[i], f.Question)
			}
		})
	}
	assert.Equal(t, questions[0], questions[1])
	assert.Len(t, questions[0], len(byDefault))
}

func TestAProbeFitsIntoTheLimitOfAKey(t *testing.T) {
	limited := func(c *guance.Config) { c.Rate = guance.Rate{} }
	for _, row := range []struct {
		name  string
		limit int
		most  time.Duration
	}{{"the vendor's", 20, time.Minute}, {"a low one", 5, 6 * time.Minute}, {"the lowest", 1, 30 * time.Minute}} {
		t.Run(row.name, func(t *testing.T) {
			probeOn(t, guancetest.Knobs{}, func(c *guance.Config) { limited(c); c.Rate.Requests = row.limit }, func(ctx context.Context, server *guancetest.Server, sys tt.System) {
				server.SetLimits(guancetest.Limits{Key: row.limit})
				began := time.Now()
				_, err := tt.Probe(ctx, sys, probing)
				require.NoError(t, err)
				assert.LessOrEqual(t, time.Since(began), row.most)
				usage := server.Usage(apiKey)
				assert.Zero(t, usage.Refused)
				assert.Equal(t, 20, usage.Calls)
				assert.Empty(t, leftovers(server))
			})
		})
	}
}

// The calls that clean up are in hand, however many others wait for theirs.
func TestAProbeCleansUpBeforeOthersHaveTheirCalls(t *testing.T) {
	probeOn(t, guancetest.Knobs{}, func(c *guance.Config) { c.Rate = guance.Rate{} }, func(ctx context.Context, server *guancetest.Server, sys tt.System) {
		server.SetLimits(guancetest.VendorLimits())
		var others sync.WaitGroup
		server.Before("get", func() {
			for range 40 {
				others.Go(func() { _, _ = sys.ListTTs(ctx, tt.ListRequest{}) })
			}
			time.Sleep(time.Millisecond) // they are in the queue
		})
		server.Inject(tttest.Fault{Kind: tttest.Unauthorized, Route: "modify"})
		began := time.Now()
		_, err := tt.Probe(ctx, sys, probing)
		require.ErrorIs(t, err, tt.ErrUnauthenticated)
		assert.Less(t, time.Since(began), 10*time.Second)
		assert.Empty(t, leftovers(server))
		others.Wait()
		assert.Zero(t, server.Usage(apiKey).Refused)
	})
}

func TestAProbeThatFindsNoRoomInTimeCleansUp(t *testing.T) {
	probeOn(t, guancetest.Knobs{}, func(c *guance.Config) { c.Rate = guance.Rate{} }, func(ctx context.Context, server *guancetest.Server, sys tt.System) {
		for range 4 {
			_, err := sys.ListTTs(ctx, tt.ListRequest{})
			require.NoError(t, err)
		}
		ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
		defer cancel()
		found, err := tt.Probe(ctx, sys, probing)
		require.ErrorIs(t, err, tt.ErrRateLimited)
		assert.NotEmpty(t, found)
		assert.Empty(t, leftovers(server))
	})
}

func TestAProbeTellsOfALimitThatItMet(t *testing.T) {
	probeOn(t, guancetest.Knobs{}, nil, func(ctx context.Context, server *guancetest.Server, sys tt.System) {
		server.Inject(tttest.Fault{Kind: tttest.Throttle, Skip: 7, RetryAfter: time.Second})
		found, err := tt.Probe(ctx, sys, probing)
		require.NoError(t, err)
		assert.Equal(t, "reached, with a time to wait", answerTo(found, "rate limit").Answer)
	})
}

func answerTo(found []tt.Finding, question string) tt.Finding {
	i := slices.IndexFunc(found, func(f tt.Finding) bool { return f.Question == question })
	if i < 0 {
		return tt.Finding{}
	}
	return found[i]
}

func TestRouteToDelete(t *testing.T) {
	const path, batch = "POST /api/v1/incidents/schedule/{uuid}/delete", "POST /api/v1/incidents/schedule/delete"
	for _, row := range []struct {
		name, setting string
		server        guancetest.DeleteRoute
		answer, value string
		left          int
	}{
		{"a path is found", "", guancetest.DeletePath, "by path", path, 0},
		{"a batch is found", "", guancetest.DeleteBatch, "in a batch", batch, 0},
		{"a path is set", "GET /api/v1/incidents/schedule/{schedule_uuid}/delete", guancetest.DeleteBoth, "by path", strings.Replace(path, "POST", "GET", 1), 0},
		{"a batch is set", batch, guancetest.DeleteBoth, "in a batch", batch, 0},
		{"a batch is set by GET", strings.Replace(batch, "POST", "GET", 1), guancetest.DeleteBoth, "in a batch", strings.Replace(batch, "POST", "GET", 1), 0},
		{"another than the server has is set", path, guancetest.DeleteBatch, "no route", "", 4},
	} {
		t.Run(row.name, func(t *testing.T) {
			set := func(c *guance.Config) { c.Routes.Delete = row.setting }
			probeOn(t, guancetest.Knobs{Delete: row.server}, set, func(ctx context.Context, server *guancetest.Server, sys tt.System) {
				found, err := tt.Probe(ctx, sys, probing)
				require.NoError(t, err)
				f := answerTo(found, "delete of a schedule")
				assert.Equal(t, row.answer, f.Answer)
				assert.Equal(t, row.value, f.Value)
				left := leftovers(server)
				require.Len(t, left, row.left)
				for _, x := range left {
					assert.Contains(t, f.Detail, x.UUID)
					harmless(t, x, server.Now())
				}
			})
		})
	}
}

// obliging answers every deletion with success, and does nothing.
type obliging struct{ http.RoundTripper }

func (o obliging) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(r.URL.Path, "/delete") {
		return o.RoundTripper.RoundTrip(r)
	}
	const fine = `{"code":200,"content":true,"errorCode":"","message":"","success":true,"traceId":"1"}`
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(fine)), Request: r}, nil
}

func TestAServerThatSaysItDeletedIsNotBelieved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newServer(guancetest.Knobs{})
		defer server.Close()
		sys, err := guance.New(unlimited(server), tt.WithHTTPClient(&http.Client{Transport: obliging{server.Client().Transport}}))
		require.NoError(t, err)
		found, err := tt.Probe(t.Context(), sys, probing)
		require.NoError(t, err)
		f := answerTo(found, "a deleted schedule")
		assert.Equal(t, "is still there", f.Answer)
		assert.Contains(t, f.Detail, "ttkit probe")
		for _, x := range leftovers(server) {
			harmless(t, x, server.Now())
		}
		require.NoError(t, sys.Shutdown(t.Context()))
	})
}

// Whatever goes wrong at whatever request, nothing is left behind, or it is
// named, and it is harmless.
func TestAProbeThatFailsCleansUp(t *testing.T) {
	requests, step := 0, 1
	if testing.Short() {
		step = 5
	}
	probeOn(t, guancetest.Knobs{}, nil, func(ctx context.Context, server *guancetest.Server, sys tt.System) {
		_, err := tt.Probe(ctx, sys, probing)
		require.NoError(t, err)
		requests = server.RequestCount()
	})
	for _, kind := range []tttest.FaultKind{tttest.Reset, tttest.LoseReply, tttest.Truncate, tttest.StatusBefore, tttest.StatusAfter, tttest.HTML, tttest.Late, tttest.Unauthorized, tttest.Twice} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			for at := 0; at < requests; at += step {
				probeOn(t, guancetest.Knobs{}, nil, func(ctx context.Context, server *guancetest.Server, sys tt.System) {
					server.Inject(tttest.Fault{Kind: kind, Skip: at, Status: 503, Delay: 2 * time.Second})
					_, err := tt.Probe(ctx, sys, probing)
					if err != nil {
						var e *tt.Error
						require.ErrorAs(t, err, &e)
						assert.Equal(t, "Probe", e.Op)
						assert.NotContains(t, err.Error(), apiKey)
						assert.NotContains(t, err.Error(), "\n")
					}
					server.Settle()
					for _, x := range leftovers(server) {
						harmless(t, x, server.Now())
						assert.Contains(t, []tttest.FaultKind{tttest.Late}, kind, "%s was left behind by request %d: %v", x.Name, at, err)
					}
				})
			}
		})
	}
}

func TestAProbeThatIsCancelledCleansUp(t *testing.T) {
	for after := range 10 {
		probeOn(t, guancetest.Knobs{ListLag: 2 * time.Second, CommitDelay: time.Second}, nil, func(ctx context.Context, server *guancetest.Server, sys tt.System) {
			ctx, cancel := context.WithTimeout(ctx, time.Duration(after)*400*time.Millisecond+time.Millisecond)
			defer cancel()
			found, err := tt.Probe(ctx, sys, probing)
			require.ErrorIs(t, err, tt.ErrCanceled)
			assert.Less(t, len(found), len(byDefault))
			time.Sleep(10 * time.Second)
			for _, x := range leftovers(server) { // of a create that was still under way
				harmless(t, x, server.Now())
			}
		})
	}
}

func TestWhatCannotBeDeletedIsNamed(t *testing.T) {
	probeOn(t, guancetest.Knobs{}, nil, func(ctx context.Context, server *guancetest.Server, sys tt.System) {
		server.Inject(tttest.Fault{Kind: tttest.StatusBefore, Route: "delete", Status: 500, Times: -1})
		found, err := tt.Probe(ctx, sys, probing)
		require.ErrorIs(t, err, tt.ErrTemporary)
		assert.NotEmpty(t, found)
		var e *tt.Error
		require.ErrorAs(t, err, &e)
		assert.Equal(t, tt.Done, e.Outcome)
		assert.ErrorContains(t, err, "delete them in the console")
		assert.NotContains(t, err.Error(), "\n")
		left := leftovers(server)
		require.Len(t, left, 4)
		assert.True(t, slices.ContainsFunc(left, func(x guancetest.Schedule) bool { return x.UUID == e.TicketID }))
		for _, x := range left {
			assert.Contains(t, err.Error(), x.UUID)
			harmless(t, x, server.Now())
		}
	})
}

func TestAProbeIsRefusedBeforeAnythingIsSent(t *testing.T) {
	probeOn(t, guancetest.Knobs{}, func(c *guance.Config) { c.Targets, c.Queues = nil, map[string][]string{"net": {"acnt_noc"}} }, func(ctx context.Context, server *guancetest.Server, sys tt.System) {
		for _, req := range []tt.ProbeRequest{{}, {Objects: []string{"sw-7"}, Queue: "other"}} {
			_, err := sys.(tt.Prober).Probe(ctx, req)
			require.ErrorIs(t, err, tt.ErrInvalid)
		}
		require.NoError(t, sys.Shutdown(ctx))
		_, err := tt.Probe(ctx, sys, probing)
		require.ErrorIs(t, err, tt.ErrInvalid)
		assert.Zero(t, server.RequestCount())
	})
}

func TestSettingsThatFollow(t *testing.T) {
	for _, row := range []struct {
		name  string
		knobs guancetest.Knobs
		want  map[string]string
	}{
		{"nothing takes its time", guancetest.Knobs{}, map[string]string{"settle": "5s", "late": "1m", "window": "2s"}},
		{"lists lag", guancetest.Knobs{ListLag: 2 * time.Second}, map[string]string{"settle": "11s", "late": "1m", "window": "2s"}},
		{"creates are slow", guancetest.Knobs{CommitDelay: 10 * time.Second}, map[string]string{"settle": "5s", "late": "5m", "window": "2s"}},
		{"one verb", guancetest.Knobs{List: guancetest.ListPost}, map[string]string{"settle": "5s", "late": "1m", "window": "2s", "routes.list": "POST /api/v1/incidents/schedule/list"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			probeOn(t, row.knobs, func(c *guance.Config) { c.Window = 0 }, func(ctx context.Context, _ *guancetest.Server, sys tt.System) {
				found, err := tt.Probe(ctx, sys, probing)
				require.NoError(t, err)
				got := map[string]string{}
				for _, f := range found {
					if f.Setting != "" {
						got[f.Setting] = f.Value
					}
				}
				assert.Equal(t, row.want, got, fmt.Sprint(found))
			})
		})
	}
}
