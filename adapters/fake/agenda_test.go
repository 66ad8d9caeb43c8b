package fake

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestTheAgendaRunsWhatIsDueInItsOrder(t *testing.T) {
	start := time.Date(2026, 5, 1, 10, 15, 0, 0, time.UTC)
	at := func(minutes int) time.Time { return start.Add(time.Duration(minutes) * time.Minute) }
	var a agenda
	var done []string
	plan := func(minutes int, what string) {
		a.plan(at(minutes), func(now time.Time) {
			assert.Equal(t, at(minutes), now, "it happens when it was due")
			done = append(done, what)
		})
	}
	plan(3, "third")
	plan(1, "first")
	plan(2, "second, planned first")
	plan(2, "second, planned next")
	plan(5, "not yet")
	a.plan(at(1), func(time.Time) { plan(4, "planned meanwhile") })

	a.run(at(4))
	assert.Equal(t, []string{"first", "second, planned first", "second, planned next", "third", "planned meanwhile"}, done)
	a.run(at(4))
	assert.Len(t, done, 5, "nothing happens twice")
	a.run(at(6))
	assert.Equal(t, "not yet", done[5])
}
