package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/ttkit/ttkit/adapters/fake"
	"github.com/ttkit/ttkit/tt"
)

// stage is a fake ticket system with a pipeline before it. Tests run in
// synctest bubbles, where holds and leases pass at once.
type stage struct {
	t        *testing.T
	backend  *fake.Backend
	config   Config
	pipeline *Pipeline
}

const testHold = 30 * time.Second

func newStage(t *testing.T, options ...fake.Option) *stage {
	s := &stage{t: t, backend: fake.NewBackend(options...), config: Config{Hold: testHold}}
	s.restart()
	return s
}

// with changes the configuration, and restarts.
func (s *stage) with(change func(*Config)) *stage {
	change(&s.config)
	s.restart()
	return s
}

// restart puts another process in the place of the pipeline. The old one is
// not closed: it died.
func (s *stage) restart() {
	if s.pipeline != nil {
		s.kill()
	}
	p, err := New(s.backend.Open("test"), s.config)
	require.NoError(s.t, err)
	s.pipeline = p
}

// kill takes from the old pipeline what a death takes: its timers.
func (s *stage) kill() {
	s.pipeline.mu.Lock()
	defer s.pipeline.mu.Unlock()
	s.pipeline.stopping = true
	for _, g := range s.pipeline.groups {
		g.fireAgain()
	}
}

// alerts are what one Alertmanager says of one group, as a caller writes it
// down: object → state and, after a space, summary.
type alerts map[string]string

// payload makes the webhook's body. Alerts named "web-1" stand on the object
// web-1, and are known by it.
func payload(say alerts, change ...func(*notification)) *notification {
	n := &notification{
		Version: "4", GroupKey: `{}:{alertname="Down"}`, Receiver: "ops", Status: statusResolved,
		GroupLabels: map[string]string{"alertname": "Down"},
	}
	for _, name := range sorted(say) {
		status, summary, _ := strings.Cut(say[name], " ")
		a := alert{
			Status:      status,
			Labels:      map[string]string{"alertname": "Down", "instance": name + ":9100", "severity": "critical"},
			Annotations: map[string]string{"summary": "unreachable"},
			StartsAt:    time.Now().Add(-time.Minute),
		}
		if summary != "" {
			a.Annotations["summary"] = summary
		}
		if status == statusFiring {
			n.Status = statusFiring
		}
		n.Alerts = append(n.Alerts, a)
	}
	for _, f := range change {
		f(n)
	}
	return n
}

func sorted(m alerts) []string { return slices.Sorted(maps.Keys(m)) }

// post sends a notification once.
func (s *stage) post(n *notification) *httptest.ResponseRecorder {
	body, err := json.Marshal(n)
	require.NoError(s.t, err)
	return s.postBody(string(body))
}

func (s *stage) postBody(body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.pipeline.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/alertmanager", strings.NewReader(body)))
	return w
}

// tell sends a notification as Alertmanager does: again after a 5xx, with
// growing pauses, for as long as its group_interval lasts.
func (s *stage) tell(n *notification) {
	s.t.Helper()
	wait := 500 * time.Millisecond
	deadline := time.Now().Add(5 * time.Minute)
	for {
		w := s.post(n)
		if w.Code == http.StatusOK {
			return
		}
		require.GreaterOrEqual(s.t, w.Code, 500, w.Body.String())
		if w.Code == http.StatusServiceUnavailable {
			seconds, err := strconv.Atoi(w.Header().Get("Retry-After"))
			require.NoError(s.t, err)
			require.Positive(s.t, seconds)
		}
		require.True(s.t, time.Now().Before(deadline), "Alertmanager gave up: %s", w.Body)
		time.Sleep(wait)
		wait += wait / 2
	}
}

func (s *stage) fires(names ...string) {
	s.t.Helper()
	say := alerts{}
	for _, name := range names {
		say[name] = statusFiring
	}
	s.tell(payload(say))
}

func (s *stage) resolves(names ...string) {
	s.t.Helper()
	say := alerts{}
	for _, name := range names {
		say[name] = statusResolved
	}
	s.tell(payload(say))
}

// holdPasses waits until the hold is over and the close that follows is done.
func (s *stage) holdPasses() {
	time.Sleep(testHold + time.Second)
	synctest.Wait()
}

// tickets shows every ticket on a line: state, key's episode, objects.
func (s *stage) tickets() []string {
	var lines []string
	for _, t := range s.backend.Tickets() {
		lines = append(lines, fmt.Sprintf("%s %s %s", t.State, t.Key[strings.LastIndexByte(t.Key, '/')+1:], strings.Join(t.Objects, "+")))
	}
	return lines
}

// comments shows the first line of every comment of a ticket.
func (s *stage) comments(index int) []string {
	var lines []string
	for _, c := range s.ticket(index).Comments {
		line, _, _ := strings.Cut(c.Body, "\n")
		line, _, _ = strings.Cut(line, " [") // the checksum
		lines = append(lines, line)
	}
	return lines
}

func (s *stage) ticket(index int) tt.Ticket {
	all := s.backend.Tickets()
	require.Greater(s.t, len(all), index)
	return all[index]
}

// calls counts what reached the ticket system.
func (s *stage) calls(op string) int {
	count := 0
	for _, e := range s.backend.History() {
		if e.Op == op {
			count++
		}
	}
	return count
}

func (s *stage) close() {
	s.t.Helper()
	assert.NoError(s.t, s.pipeline.Close(context.Background()))
}
