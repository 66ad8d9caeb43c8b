package reconcile_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/fake"
	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/reconcile"
)

// A plan over 1,000 tickets of which half have an alarm, and what it costs
// beside the answers of the system.
func BenchmarkPlan(b *testing.B) {
	clock := time.Now().Add(-time.Hour)
	sys := fake.New(fake.WithClock(func() time.Time { return clock }), fake.WithHistory(0))
	var alarms []reconcile.Alarm
	for n := range 1000 {
		key := fmt.Sprintf("k%d", n)
		_, err := sys.CreateTT(b.Context(), tt.CreateRequest{Object: "a", Subject: "s", Key: key})
		require.NoError(b, err)
		if n%2 == 0 {
			alarms = append(alarms, alarm(key, "a"))
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		diff, err := reconcile.Plan(b.Context(), sys, alarms, reconcile.Options{})
		if err != nil || diff.Count(reconcile.ActionClose) != 500 {
			b.Fatal(diff, err)
		}
	}
}
