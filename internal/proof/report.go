package proof

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ttkit/ttkit/internal/sim"
)

// Report is what became of a run.
type Report struct {
	Setup
	System     string
	Kills      int // that were made
	Operations int // that were acknowledged
	Tries      int // calls of the System that it took
	Requests   int // that reached the backend
	Faults     int // requests that a fault struck
	Acts       map[sim.Act]int
	Took       time.Duration
	Findings   []Finding
}

// Bound is how long the documentation allows a key to have several tickets
// when no creator is at work on it any more: until Late and Settle after the
// last of its creates.
func (r *Report) Bound() time.Duration { return r.Times.Late + r.Times.Settle }

// Count counts the findings of a kind.
func (r *Report) Count(what What) (n int) {
	for _, f := range r.Findings {
		if f.What == what {
			n++
		}
	}
	return n
}

// Longest is the longest time for which a key had several tickets, and the
// longest after its creators had been told that it has one.
func (r *Report) Longest() (longest, after time.Duration) {
	for _, f := range r.Findings {
		longest, after = max(longest, f.For), max(after, f.After)
	}
	return longest, after
}

// Err returns what breaks the promise; nil: nothing.
func (r *Report) Err() error {
	var broken []error
	for _, f := range r.Findings {
		if f.Promised {
			broken = append(broken, f.error())
		}
	}
	const most = 20
	if len(broken) > most {
		broken = append(broken[:most], fmt.Errorf("and %d more", len(broken)-most))
	}
	return errors.Join(broken...)
}

func (f Finding) error() error {
	text := string(f.What)
	if f.Episode >= 0 {
		text += fmt.Sprintf(", episode %d", f.Episode)
	}
	if f.For > 0 {
		text += fmt.Sprintf(", for %s, %s of it after the last create", f.For.Round(time.Millisecond), f.After.Round(time.Millisecond))
	}
	return errors.New(text + ": " + f.Text)
}

// Columns are the head of the table that Row adds to.
const Columns = "| system | run | operations | faults | lost | doubled | longest | after the last create | left open | remarks lost | requests per operation |\n" +
	"| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"

// Row is the report as a row of a Markdown table.
func (r *Report) Row() string {
	var run []string
	run = append(run, fmt.Sprintf("%d episodes, seed %d", r.Episodes, r.Seed))
	if r.Creators > 1 {
		run = append(run, fmt.Sprintf("%d creators per key", r.Creators))
	} else {
		run = append(run, "one creator per key")
	}
	if r.Setup.Kills > 0 {
		run = append(run, fmt.Sprintf("%d kills", r.Kills))
	}
	longest, after := r.Longest()
	return fmt.Sprintf("| %s | %s | %d | %d | %d | %d | %s | %s | %d | %d | %.1f |",
		r.System, strings.Join(run, ", "), r.Operations, r.Faults, r.Count(Lost), r.Count(Doubled), seconds(longest), seconds(after),
		r.Count(LeftOpen), r.Count(RemarkLost), float64(r.Requests)/float64(max(r.Operations, 1)))
}

func seconds(d time.Duration) string {
	if d == 0 {
		return "—"
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}
