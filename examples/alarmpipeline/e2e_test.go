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
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/ttkit/ttkit/adapters/rsm/rsmtest"
	"github.com/ttkit/ttkit/examples/internal/config"
	"github.com/ttkit/ttkit/tt"
)

// The whole way, in processes of their own: a real Alertmanager, alarmpipeline
// as it is built, and the RSM simulator, which loses the reply to every fifth
// request of each kind after acting on it. 20 alerts in 5 groups fire,
// 10 first and 10 that join, resolve one half after the other, and do it all
// again as a second episode.
//
// TTKIT_ALERTMANAGER names Alertmanager's program; .ci/alertmanager sets it.
func TestARealAlertmanager(t *testing.T) {
	alertmanager := os.Getenv("TTKIT_ALERTMANAGER")
	require.NotEmpty(t, alertmanager, "set TTKIT_ALERTMANAGER to Alertmanager's program, or run .ci/alertmanager")
	programs := t.TempDir()
	compile(t, programs, "simulators", "alarmpipeline")
	for _, row := range []struct {
		name  string
		retry string
		dies  bool
	}{
		{"the adapter repeats what is lost", "{wait_min: 50ms, wait_max: 1s}", false},
		{"only Alertmanager repeats, and the pipeline is killed in each episode", "{max_attempts: 1}", true},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			tellTwoEpisodes(t, alertmanager, programs, row.retry, row.dies)
		})
	}
}

func tellTwoEpisodes(t *testing.T, alertmanager, programs, retry string, dies bool) {
	dir := t.TempDir()
	simulator := startSimulator(t, programs)
	configPath := writeFile(t, dir, "systems.yaml", simulator.config(retry))
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
			simulator.eventually("a group has a ticket", func(modes []rsmtest.Mode) bool {
				return slices.ContainsFunc(modes, rsmtest.Mode.Open)
			})
			pipeline.kill()
			pipeline = start(webhook)
		}
		simulator.eventually("each group has an open ticket with its first two members", func(modes []rsmtest.Mode) bool {
			return count(modes, 2) == 5
		})
		fire(t, api, began, "", second)
		simulator.eventually("and the two that joined", func(modes []rsmtest.Mode) bool { return count(modes, 4) == 5 })
		fire(t, api, began, "smoke, too", first[:5])
		resolve(t, api, began, first[5:])
		time.Sleep(2 * time.Second) // lets some of that be told; how much makes no difference in the end
		resolve(t, api, began, slices.Concat(first[:5], second))
		simulator.eventually("no ticket is open", func(modes []rsmtest.Mode) bool {
			return !slices.ContainsFunc(modes, rsmtest.Mode.Open)
		})
	}
	am.stop()
	pipeline.stop()

	modes := simulator.modes()
	assert.Len(t, modes, 10, "two episodes of five groups, and no doubles, not even closed ones")
	sys := openSystem(t, configPath)
	var keys []string
	for _, mode := range modes {
		ticket := read(t, sys, mode.ID)
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

// count counts open tickets with so many members, the leader included.
func count(modes []rsmtest.Mode, members int) int {
	n := 0
	for _, m := range modes {
		if m.Open() && len(m.Items) == members {
			n++
		}
	}
	return n
}

// simulator is the process that stands for the vendor.
type simulator struct {
	*process
	baseURL, token, control string
}

func startSimulator(t *testing.T, programs string) *simulator {
	s := &simulator{process: command(t, exec.Command(filepath.Join(programs, "simulators"), "--only", "rsm", "--lose-reply", "5"))}
	var ready struct {
		Settings struct {
			BaseURL string `json:"base_url"`
			Token   string `json:"token"`
		} `json:"settings"`
		Control string `json:"control"`
	}
	require.NoError(t, json.Unmarshal([]byte(s.waitFor(`^(\{.*\})$`)), &ready))
	s.baseURL, s.token, s.control = ready.Settings.BaseURL, ready.Settings.Token, ready.Control
	return s
}

// config is the file for alarmpipeline. The times are lowered to what the
// simulator and a loopback network need.
func (s *simulator) config(retry string) string {
	return fmt.Sprintf(`
systems:
  rsm:
    adapter: rsm
    base_url: %s
    token: %s
    late: 1s
    settle: 500ms
    window: 200ms
    timeout: 5s
    retry: %s
`, s.baseURL, strconv.Quote(s.token), retry)
}

// modes reads what the simulator holds, past the adapter.
func (s *simulator) modes() []rsmtest.Mode {
	s.t.Helper()
	answer, err := http.Get(s.control + "/_sim/modes")
	require.NoError(s.t, err)
	defer func() { _ = answer.Body.Close() }()
	var modes []rsmtest.Mode
	require.NoError(s.t, json.NewDecoder(answer.Body).Decode(&modes))
	return modes
}

func (s *simulator) eventually(what string, is func([]rsmtest.Mode) bool) {
	s.t.Helper()
	eventually(s.t, what, func() bool { return is(s.modes()) })
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

// read reads a ticket; the simulator goes on losing replies.
func read(t *testing.T, sys tt.System, id int64) *tt.Ticket {
	var ticket *tt.Ticket
	eventually(t, "the ticket can be read", func() bool {
		var err error
		ticket, err = sys.GetTT(t.Context(), strconv.FormatInt(id, 10))
		if err != nil {
			require.ErrorIs(t, err, tt.ErrTemporary)
		}
		return err == nil
	})
	return ticket
}
