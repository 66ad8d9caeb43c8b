//go:build e2e

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/ttkit/ttkit/examples/internal/config"
	"github.com/ttkit/ttkit/tt"
)

// The whole way, in processes of their own: a real Alertmanager, alarmpipeline
// as it is built, and a vendor's simulator, which loses the reply to every
// fifth request of each kind after acting on it. 20 alerts in 5 groups fire,
// 10 first and 10 that join, resolve one half after the other, and do it all
// again as a second episode.
//
// TTKIT_ALERTMANAGER names Alertmanager's program; .ci/alertmanager sets it.
func TestARealAlertmanager(t *testing.T) {
	alertmanager := os.Getenv("TTKIT_ALERTMANAGER")
	require.NotEmpty(t, alertmanager, "set TTKIT_ALERTMANAGER to Alertmanager's program, or run .ci/alertmanager")
	programs := t.TempDir()
	compile(t, programs, "simulators", "alarmpipeline")
	const (
		patient   = "{wait_min: 50ms, wait_max: 1s}" // the adapter repeats what is lost
		impatient = "{max_attempts: 1}"              // only Alertmanager repeats
	)
	for _, row := range []struct {
		name    string
		adapter string
		retry   string
		dies    bool
	}{
		{"rsm", "rsm", patient, false},
		{"rsm, and the pipeline is killed in each episode", "rsm", impatient, true},
		{"zstack", "zstack", patient, false},
		{"zstack, and the pipeline is killed in each episode", "zstack", impatient, true},
		{"guance", "guance", patient, false},
		{"guance, and the pipeline is killed in each episode", "guance", impatient, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			tellTwoEpisodes(t, alertmanager, programs, row.adapter, row.retry, row.dies)
		})
	}
}

func tellTwoEpisodes(t *testing.T, alertmanager, programs, adapter, retry string, dies bool) {
	dir := t.TempDir()
	simulator := startSimulator(t, programs, adapter)
	configPath := writeFile(t, dir, "systems.yaml", simulator.config(retry))
	simulator.sys = openSystem(t, configPath)
	const token = "e2e-webhook-token"
	start := func(listen string) *process {
		return command(t, exec.Command(filepath.Join(programs, "alarmpipeline"),
			"--config", configPath, "--listen", listen, "--object-label", "ci", "--hold", "2s"), "ALARMPIPELINE_TOKEN="+token)
	}
	pipeline := start("127.0.0.1:0")
	webhook := pipeline.waitFor(`msg=listening address=(\S+)`)
	am := command(t, exec.Command(alertmanager,
		"--config.file="+writeFile(t, dir, "alertmanager.yml", fmt.Sprintf(alertmanagerConfig, webhook, token)),
		"--storage.path="+filepath.Join(dir, "data"), "--web.listen-address=127.0.0.1:0", "--cluster.listen-address="))
	api := am.waitFor(`msg="Listening on" address=(\S+)`)

	for range 2 {
		began := time.Now()
		first, second := allAlerts()[:10], allAlerts()[10:]
		fire(t, api, began, "", first)
		if dies {
			eventually(t, "a group has a ticket", func() bool { return simulator.openWith(0) > 0 })
			pipeline.kill()
			pipeline = start(webhook)
		}
		eventually(t, "each group has an open ticket with its first two members", func() bool { return simulator.openWith(2) == 5 })
		fire(t, api, began, "", second)
		eventually(t, "and the two that joined", func() bool { return simulator.openWith(4) == 5 })
		fire(t, api, began, "smoke, too", first[:5])
		resolve(t, api, began, first[5:])
		time.Sleep(2 * time.Second) // lets some of that be told; how much makes no difference in the end
		resolve(t, api, began, slices.Concat(first[:5], second))
		eventually(t, "no ticket is open", func() bool { return simulator.openWith(0) == 0 })
	}
	am.stop()
	pipeline.stop()

	ids := simulator.held()
	assert.Len(t, ids, 10, "two episodes of five groups, and no doubles, not even closed ones")
	var keys []string
	for _, id := range ids {
		ticket := simulator.read(id)
		keys = append(keys, ticket.Key)
		assert.Equal(t, tt.StateClosed, ticket.State, ticket.Key)
		assert.Equal(t, "resolved", ticket.FinalReason, ticket.Key)
		assert.NotEmpty(t, ticket.Group, ticket.Key)
		group := regexp.MustCompile(`/group/(\d)/`).FindStringSubmatch(ticket.Key)
		require.NotNil(t, group, ticket.Key)
		assert.ElementsMatch(t, objectsOf(group[1]), ticket.Objects, ticket.Key)
		told := ticket.Body
		for _, c := range ticket.Comments {
			assert.NotEqual(t, told, c.Body, "a comment of %s repeats what was told before it", ticket.Key)
			told = c.Body
		}
		assert.Equal(t, "All alerts of the group are resolved.", told, ticket.Key)
	}
	var wanted []string
	for group := 1; group <= 5; group++ {
		for episode := 1; episode <= 2; episode++ {
			wanted = append(wanted, fmt.Sprintf("alertmanager/ops/group/%d/%d", group, episode))
		}
	}
	assert.ElementsMatch(t, wanted, keys)
	simulator.stop()
}

const alertmanagerConfig = `
route: {receiver: ops, group_by: [group], group_wait: 300ms, group_interval: 1s, repeat_interval: 1h}
receivers:
- name: ops
  webhook_configs:
  - url: http://%s/alertmanager
    http_config: {authorization: {credentials: %s}}
`

// apiAlert is an alert in Alertmanager's own API, version 2.
type apiAlert struct {
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	StartsAt    time.Time         `json:"startsAt,omitzero"`
	EndsAt      time.Time         `json:"endsAt,omitzero"`
}

// allAlerts are 20 alerts on the simulator's 20 config items. The first ten
// are two of each group.
func allAlerts() []apiAlert {
	alerts := make([]apiAlert, 20)
	for i := range alerts {
		alerts[i].Labels = map[string]string{
			"alertname": "Down", "severity": "critical", "group": fmt.Sprint(i%5 + 1), "ci": fmt.Sprint(i + 1),
		}
	}
	return alerts
}

func objectsOf(group string) []string {
	var objects []string
	for _, a := range allAlerts() {
		if a.Labels["group"] == group {
			objects = append(objects, a.Labels["ci"])
		}
	}
	return objects
}

func fire(t *testing.T, api string, at time.Time, more string, alerts []apiAlert) {
	send(t, api, alerts, func(a *apiAlert) {
		a.StartsAt, a.EndsAt = at, at.Add(time.Hour)
		a.Annotations = map[string]string{"summary": "group " + a.Labels["group"] + " is down", "detail": "связь потеряна " + more}
	})
}

func resolve(t *testing.T, api string, began time.Time, alerts []apiAlert) {
	send(t, api, alerts, func(a *apiAlert) { a.StartsAt, a.EndsAt = began, time.Now() })
}

func send(t *testing.T, api string, alerts []apiAlert, change func(*apiAlert)) {
	t.Helper()
	alerts = slices.Clone(alerts)
	for i := range alerts {
		change(&alerts[i])
	}
	body, err := json.Marshal(alerts)
	require.NoError(t, err)
	answer, err := http.Post("http://"+api+"/api/v2/alerts", "application/json", bytes.NewReader(body))
	require.NoError(t, err)
	defer func() { _ = answer.Body.Close() }()
	text, _ := io.ReadAll(answer.Body)
	require.Equal(t, http.StatusOK, answer.StatusCode, "%s", text)
}

// simulator is the process that stands for the vendor, and the system that
// reads it as alarmpipeline does.
type simulator struct {
	*process
	adapter string
	ready   struct {
		Settings map[string]any `json:"settings"`
		Control  string         `json:"control"`
	}
	sys tt.System
}

func startSimulator(t *testing.T, programs, adapter string) *simulator {
	s := &simulator{
		process: command(t, exec.Command(filepath.Join(programs, "simulators"), "--only", adapter, "--lose-reply", "5")),
		adapter: adapter,
	}
	require.NoError(t, json.Unmarshal([]byte(s.waitFor(`^(\{.*\})$`)), &s.ready))
	return s
}

// config is the file for alarmpipeline. The times are lowered to what the
// simulator and a loopback network need.
func (s *simulator) config(retry string) string {
	var settings bytes.Buffer // YAML holds JSON
	for name, value := range s.ready.Settings {
		text, err := json.Marshal(value)
		require.NoError(s.t, err)
		fmt.Fprintf(&settings, "    %s: %s\n", name, text)
	}
	return fmt.Sprintf(`
systems:
  %[1]s:
    adapter: %[1]s
%[2]s    late: 1s
    settle: 500ms
    window: 200ms
    timeout: 5s
    retry: %[3]s
`, s.adapter, settings.String(), retry)
}

// held are the ids of all tickets in the simulator, read past the adapter:
// a double counts even when it has been closed.
func (s *simulator) held() []string {
	s.t.Helper()
	holds := map[string]struct{ list, id string }{
		"rsm":    {"modes", "ID"},
		"zstack": {"tickets", "UUID"},
		"guance": {"schedules", "UUID"},
	}[s.adapter]
	answer, err := http.Get(s.ready.Control + "/_sim/" + holds.list)
	require.NoError(s.t, err)
	defer func() { _ = answer.Body.Close() }()
	var records []map[string]any
	require.NoError(s.t, json.NewDecoder(answer.Body).Decode(&records))
	var ids []string
	for _, record := range records {
		if record["Default"] != true { // the vendor's own schedule
			ids = append(ids, fmt.Sprint(record[holds.id]))
		}
	}
	return ids
}

// openWith counts the open tickets that have so many objects, the leader
// included; 0 stands for any number.
func (s *simulator) openWith(objects int) int {
	s.t.Helper()
	n := 0
	for _, id := range s.held() {
		ticket := s.read(id)
		isOpen := ticket.State == tt.StateOpen || ticket.State == tt.StatePending
		if isOpen && (objects == 0 || len(ticket.Objects) == objects) {
			n++
		}
	}
	return n
}

// read reads a ticket; the simulator goes on losing replies.
func (s *simulator) read(id string) *tt.Ticket {
	s.t.Helper()
	var ticket *tt.Ticket
	eventually(s.t, "the ticket can be read", func() bool {
		var err error
		ticket, err = s.sys.GetTT(s.t.Context(), id)
		if err != nil {
			require.ErrorIs(s.t, err, tt.ErrTemporary)
		}
		return err == nil
	})
	return ticket
}

// eventually asks until it is so. (require.Eventually asks in a goroutine of
// its own, where a test must not fail.)
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !is(); time.Sleep(100 * time.Millisecond) {
		require.True(t, time.Now().Before(deadline), what)
	}
}

// openSystem opens the system as alarmpipeline does, to read what it made.
func openSystem(t *testing.T, path string) tt.System {
	cfg, err := config.Load(path, "")
	require.NoError(t, err)
	sys, err := tt.OpenConfig(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, sys.Shutdown(context.Background())) })
	return sys
}
