//go:build e2e

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestARealAlertmanager reads what a real Alertmanager answers: of two alerts
// in a group, one is silenced. TTKIT_ALERTMANAGER names the program.
func TestARealAlertmanager(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "alertmanager.yml")
	require.NoError(t, os.WriteFile(config, []byte(`{"route":{"receiver":"tickets","group_by":["alertname"],"group_wait":"100ms"},"receivers":[{"name":"tickets"}]}`), 0o600))
	cmd := exec.Command(os.Getenv("TTKIT_ALERTMANAGER"), "--config.file="+config, "--storage.path="+dir, "--web.listen-address=127.0.0.1:0", "--cluster.listen-address=")
	stderr, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	base := ""
	lines := bufio.NewScanner(stderr)
	for base == "" && lines.Scan() {
		if found := regexp.MustCompile(`msg="Listening on" address=(\S+)`).FindStringSubmatch(lines.Text()); found != nil {
			base = "http://" + found[1]
		}
	}
	require.NotEmpty(t, base)
	go func() {
		for lines.Scan() {
			continue
		}
	}()
	post := func(path, body string) {
		response, err := http.Post(base+path, "application/json", bytes.NewReader([]byte(body)))
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, http.StatusOK, response.StatusCode)
	}
	now := time.Now().UTC()
	post("/api/v2/silences", fmt.Sprintf(`{"matchers":[{"name":"instance","value":"sw-8","isRegex":false,"isEqual":true}],"startsAt":%q,"endsAt":%q,"createdBy":"t","comment":"t"}`,
		now.Format(time.RFC3339), now.Add(time.Hour).Format(time.RFC3339)))
	post("/api/v2/alerts", `[{"labels":{"alertname":"LinkDown","instance":"sw-7:9100"}},{"labels":{"alertname":"LinkDown","instance":"sw-8"}},{"labels":{"alertname":"FanFailed","instance":"sw-8"}}]`)

	am, err := newAlertmanager(base, "")
	require.NoError(t, err)
	_, err = am.groups(t.Context(), time.Hour)
	require.ErrorContains(t, err, "it has run for")
	require.Eventually(t, func() bool {
		text, err := am.groups(t.Context(), 0)
		require.NoError(t, err)
		groups, err := readGroups(text)
		require.NoError(t, err)
		alarms, odd := groupReading{receivers: []string{"tickets"}, objectLabel: "instance"}.alarms(groups)
		require.Empty(t, odd)
		found := 0
		for _, a := range alarms {
			switch {
			case a.Series == "alertmanager/tickets/alertname/LinkDown" && a.Object == "sw-7" && len(a.Members) == 0 && !a.KeepOnly:
				found++
			case a.Series == "alertmanager/tickets/alertname/FanFailed" && a.KeepOnly:
				found++
			}
		}
		return found == 2 && len(alarms) == 2
	}, 20*time.Second, 100*time.Millisecond)

	script(t)
	got := ttctl(t, "reconcile", "--alertmanager", base, "--receiver", "tickets", "--grace", "0", "--apply")
	assert.Zero(t, got.status, got.stderr)
	assert.Equal(t, "open alertmanager/tickets/alertname/LinkDown/1 ok", readDifference(t, got).items())
}
