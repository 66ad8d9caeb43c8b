// Package prooftest shows that every protection of an adapter is needed: a run
// of the proof in which it is missing breaks the promise, and for the reason
// that it is there.
//
// The runs are made inside of a testing/synctest bubble, where the simulator
// and the Systems live in the test's process and waiting costs nothing.
package prooftest

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/internal/proof"
)

// Protection is a row of the table. Without takes the protection out of
// whatever the adapter's tests make their Systems of; its zero value takes
// nothing out.
type Protection[Without any] struct {
	Rule     string
	Creators int // of each key, at a time
	Without  Without
	Broken   []proof.What // what may come of it; none: the run is as promised
}

// How many runs are made of a row. In some of them no fault strikes where a
// protection is needed.
const (
	kept    = uint64(3)  // all of them, where the promise holds
	missing = uint64(10) // at most, until one breaks it
)

// Check makes the runs of every row over backends that start makes.
func Check[Without any](t *testing.T, plan proof.Plan, start func(Without) *proof.Backend, rows []Protection[Without]) {
	kept := kept
	if testing.Short() {
		kept = 1
	}
	for _, row := range rows {
		t.Run(row.Rule, func(t *testing.T) {
			runs := missing
			if len(row.Broken) == 0 {
				runs = kept
			}
			for seed := range runs {
				plan.Seed, plan.Creators = seed, row.Creators
				var report *proof.Report
				synctest.Test(t, func(t *testing.T) { report = run(t, plan, start(row.Without)) })
				err := report.Err()
				switch {
				case len(row.Broken) == 0:
					require.NoError(t, err)
				case err != nil:
					found := slices.ContainsFunc(row.Broken, func(w proof.What) bool { return strings.Contains(err.Error(), string(w)) })
					assert.True(t, found, "not %v: %v", row.Broken, err)
					return
				}
			}
			assert.Empty(t, row.Broken, "nothing was missed")
		})
	}
}

func run(t *testing.T, plan proof.Plan, b *proof.Backend) *proof.Report {
	t.Helper()
	defer b.Close()
	report, err := proof.Run(t.Context(), b, proof.Setup{
		Plan: plan, Rate: 0.3, Dir: t.TempDir(),
		Slack: 3 * time.Minute, // the requests that end a duplicate are struck, too, and each may take half a minute
	})
	require.NoError(t, err)
	t.Log("\n" + proof.Columns + "\n" + report.Row())
	return report
}
