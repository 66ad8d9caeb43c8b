package reconcile_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/rsm"
	"github.com/ttkit/ttkit/adapters/rsm/rsmtest"
	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/reconcile"
)

// openRSM opens a process over a simulated server. Its tickets stand on an
// anchor, so that objects can have any name.
func openRSM(server *rsmtest.Server, namespace string) tt.System {
	sys, err := rsm.New(rsm.Config{
		Common:   tt.Common{BaseURL: server.URL(), Namespace: namespace, Late: 20 * time.Second},
		Token:    tt.NewSecret(rsmtest.DefaultToken),
		Lease:    day,
		AnchorCI: map[string]string{"*": "1"},
	}, tt.WithHTTPClient(server.Client()), tt.WithName("msk"))
	must(err)
	return sys
}

func rsmWorld() (*world, func()) {
	server := rsmtest.New(rsmtest.Options{Knobs: rsmtest.Knobs{ListLag: 2 * time.Second}})
	staging := tt.KeyHash("staging", "ttkit namespace")
	return &world{
		open:   func(namespace string) tt.System { return openRSM(server, namespace) },
		inject: injector(server.Inject),
		clear:  server.ClearFaults,
		person: func() {
			server.AddMode(rsmtest.Mode{Title: "by hand", Items: []rsmtest.Item{{CI: 1}}, End: server.Now().Add(240 * time.Hour)})
		},
		others: func() any {
			return slices.DeleteFunc(server.Modes(), func(m rsmtest.Mode) bool { return m.Title != "by hand" && m.Label("tt_ns") != staging })
		},
	}, server.Close
}

func TestDuplicatesOfAKeyAreEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := rsmtest.New(rsmtest.Options{})
		defer server.Close()
		ctx := t.Context()
		sys := openRSM(server, "")
		for _, key := range []string{"k1", "k2"} {
			_, err := sys.CreateTT(ctx, tt.CreateRequest{Object: "sw-1", Subject: "down", Key: key})
			require.NoError(t, err)
		}
		time.Sleep(time.Hour)
		for _, copied := range server.Modes() { // by a person, or by a create that committed very late
			copied.ID = 0
			server.AddMode(copied)
		}

		alarms := []reconcile.Alarm{alarm("k1", "sw-1")}
		diff, err := reconcile.Plan(ctx, sys, alarms, reconcile.Options{})
		require.NoError(t, err)
		assert.Equal(t, []string{"elect 1001 k1 sw-1 1003", "close 1002 k2 sw-1"}, lines(diff))
		assert.Equal(t, "the key has several open tickets: 1001, 1003", diff.Items[0].Why)
		results, err := reconcile.Apply(ctx, sys, diff, reconcile.Limits{})
		require.NoError(t, err)
		assert.Equal(t, []string{"elect 1001 ok: the ticket of the key is 1001", "close 1002 ok"}, outcomes(results))
		for i, open := range []bool{true, false, false, false} {
			assert.Equal(t, open, server.Modes()[i].Open(), "mode %d", server.Modes()[i].ID)
		}
		diff, err = reconcile.Plan(ctx, sys, alarms, reconcile.Options{})
		require.NoError(t, err)
		assert.False(t, diff.Differs())
		require.NoError(t, sys.Shutdown(context.WithoutCancel(ctx)))
	})
}

// The time of an alarm is not when its ticket was made: a pipeline that was cut
// off opens tickets late.
func TestATicketMadeJustNowForAnOldAlarmIsNotClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := rsmtest.New(rsmtest.Options{})
		defer server.Close()
		sys := openRSM(server, "")
		_, err := sys.CreateTT(t.Context(), tt.CreateRequest{Object: "sw-1", Subject: "down", Key: "k1", Timestamp: time.Now().Add(-day)})
		require.NoError(t, err)
		diff, err := reconcile.Plan(t.Context(), sys, nil, reconcile.Options{AllowEmpty: true})
		require.NoError(t, err)
		assert.Empty(t, diff.Items)
		time.Sleep(time.Hour)
		diff, err = reconcile.Plan(t.Context(), sys, nil, reconcile.Options{AllowEmpty: true})
		require.NoError(t, err)
		assert.Equal(t, []string{"close 1001 k1 sw-1"}, lines(diff))
		require.NoError(t, sys.Shutdown(context.WithoutCancel(t.Context())))
	})
}
