package guance_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/guance"
	"github.com/ttkit/ttkit/adapters/guance/guancetest"
	"github.com/ttkit/ttkit/tt"
)

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

func answerTo(found []tt.Finding, question string) tt.Finding {
	i := slices.IndexFunc(found, func(f tt.Finding) bool { return f.Question == question })
	if i < 0 {
		return tt.Finding{}
	}
	return found[i]
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
