package guancetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

// Weeks and weekdays are counted by arithmetic; a walk over the days counts
// the same.
func TestDaysAreCountedAsAWalkCountsThem(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from := time.Date(1999, 12, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 60).Draw(t, "from"))
		n := rapid.IntRange(0, 400).Draw(t, "days")
		mondays, ends, works := 0, 0, 0
		for i := range n + 1 {
			day := from.AddDate(0, 0, i)
			if i > 0 && day.Weekday() == time.Monday {
				mondays++
			}
			if day.Weekday() == time.Saturday || day.Weekday() == time.Sunday {
				ends++
			} else {
				works++
			}
		}
		to := from.AddDate(0, 0, n)
		assert.Equal(t, n, days(from, to))
		assert.Equal(t, mondays, weeks(from, to))
		assert.Equal(t, ends, weekdays(from, to, true))
		assert.Equal(t, works, weekdays(from, to, false))
	})
}
