package guance_test

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
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
