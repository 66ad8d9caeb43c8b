package main

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ttkit/ttkit/adapters/fake"
	"pgregory.net/rapid"
)

// step is one thing that happens in a random story.
type step struct {
	kind  string // tell, die, wait, fault
	say   alerts
	wait  time.Duration
	fault fake.Fault
}

func randomStep() *rapid.Generator[step] {
	return rapid.Custom(func(t *rapid.T) step {
		s := step{kind: rapid.SampledFrom([]string{"tell", "tell", "tell", "tell", "wait", "fault", "die"}).Draw(t, "kind")}
		switch s.kind {
		case "tell":
			s.say = rapid.MapOfN(rapid.SampledFrom([]string{"a", "b", "c"}),
				rapid.SampledFrom([]string{"firing", "firing", "firing worse", "resolved"}), 1, 3).Draw(t, "say")
		case "wait":
			s.wait = time.Duration(rapid.IntRange(1, 600).Draw(t, "seconds")) * time.Second
		case "fault":
			kinds := []fake.Kind{fake.FailBefore, fake.FailAfter, fake.CommitLate, fake.Twice, fake.Throttle}
			s.fault = fake.Fault{
				Kind: rapid.SampledFrom(kinds).Draw(t, "fault"), Delay: 15 * time.Second,
				Skip: rapid.IntRange(0, 8).Draw(t, "skip"), Times: rapid.IntRange(1, 3).Draw(t, "times"),
			}
		}
		return s
	})
}

// Whatever the order of alerts, faults and deaths: a group never has two open
// tickets, its episodes are numbered without gaps, and once everything is
// resolved and the ticket system answers, everything is closed.
func TestRandomStories(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		steps := rapid.SliceOfN(randomStep(), 1, 40).Draw(r, "steps")
		var options []fake.Option
		if rapid.Bool().Draw(r, "leases lapse") {
			options = append(options, fake.WithLease(20*time.Minute))
		}
		if rapid.Bool().Draw(r, "no comments after close") {
			options = append(options, fake.WithoutCommentsAfterClose())
		}
		if rapid.Bool().Draw(r, "lists lag") {
			options = append(options, fake.WithLag(5*time.Second))
		}
		var violation string
		synctest.Test(t, func(t *testing.T) { violation = tellStory(newStage(t, options...), steps) })
		if violation != "" {
			r.Fatal(violation)
		}
	})
}

// tellStory returns what went wrong, "" for nothing.
func tellStory(s *stage, steps []step) string {
	for _, step := range steps {
		switch step.kind {
		case "tell":
			s.post(payload(step.say))
		case "wait":
			time.Sleep(step.wait)
		case "fault":
			s.backend.Inject(step.fault)
		case "die":
			s.restart()
		}
		if open := s.open(); open > 1 {
			return fmt.Sprintf("%d tickets are open: %v", open, s.tickets())
		}
	}
	s.backend.ClearFaults()
	time.Sleep(time.Minute) // what was to come late has come
	s.fires("a", "b", "c")
	if open := s.open(); open != 1 {
		return fmt.Sprintf("the group fires and has %d open tickets: %v", open, s.tickets())
	}
	s.resolves("a", "b", "c")
	s.holdPasses()
	for i, line := range s.tickets() {
		if strings.HasPrefix(line, "open") || !strings.Contains(line, fmt.Sprintf(" %d ", i+1)) {
			return fmt.Sprintf("in the end there are %v", s.tickets())
		}
	}
	return ""
}

// open counts open tickets.
func (s *stage) open() int {
	open := 0
	for _, line := range s.tickets() {
		if strings.HasPrefix(line, "open") {
			open++
		}
	}
	return open
}
