package main

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/rsm"
	"github.com/ttkit/ttkit/adapters/rsm/rsmtest"
	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/tttest"
)

// past is a simulated server on which some tickets were opened an hour ago.
func past(t *testing.T, keys ...string) (*rsmtest.Server, string) {
	var ago atomic.Int64
	ago.Store(int64(time.Hour))
	server := rsmtest.New(rsmtest.Options{
		Tokens: []rsmtest.Token{{Value: token}},
		Now:    func() time.Time { return time.Now().Add(-time.Duration(ago.Load())) },
	})
	t.Cleanup(server.Close)
	url, err := server.Listen("127.0.0.1:0")
	require.NoError(t, err)
	sys := direct(t, url)
	for _, key := range keys {
		_, err := sys.CreateTT(t.Context(), tt.CreateRequest{Object: "7", Subject: "down", Key: key})
		require.NoError(t, err)
	}
	require.NoError(t, sys.Shutdown(t.Context()))
	ago.Store(0)
	return server, rsmFile(t, url)
}

// direct is another process that opens tickets on the server.
func direct(t *testing.T, url string) tt.System {
	sys, err := rsm.New(rsm.Config{
		Common: tt.Common{BaseURL: url, Late: 200 * time.Millisecond, Window: tt.Off}, Token: tt.NewSecret(token),
	}, tt.WithName("other"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = sys.Shutdown(context.Background()) })
	return sys
}

// openKeys are the keys of the modes that are open, by the adapter's reading.
func openKeys(t *testing.T, config string) []string {
	t.Helper()
	keys := []string{}
	for _, id := range regexp.MustCompile(`\d+`).FindAllString(rsmctl(t, config, "list").stdout, -1) {
		keys = append(keys, regexp.MustCompile(`"key":"([^"]*)"`).FindStringSubmatch(rsmctl(t, config, "get", id).stdout)[1])
	}
	return keys
}

func TestReconcileOnRSMWhateverHappensBetweenPlanAndApply(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name    string
		between func(t *testing.T, server *rsmtest.Server, config string)
		status  int // of the first run with --apply
	}{
		{"nothing", func(*testing.T, *rsmtest.Server, string) {}, 0},
		{"a person ends the orphan", func(_ *testing.T, server *rsmtest.Server, _ string) {
			server.Before("patch", func() { server.Finish(1001) })
		}, 0},
		{"a pipeline opens the missing ticket", func(t *testing.T, server *rsmtest.Server, config string) {
			text, err := os.ReadFile(config)
			require.NoError(t, err)
			sys := direct(t, regexp.MustCompile(`http://\S+`).FindString(string(text)))
			server.Before("create", func() {
				_, err := sys.CreateTT(context.Background(), tt.CreateRequest{Object: "7", Subject: "down", Key: "new"})
				assert.NoError(t, err)
			})
		}, 0},
		{"the reply to the create is lost", func(_ *testing.T, server *rsmtest.Server, _ string) {
			server.Inject(tttest.Fault{Kind: tttest.LoseReply, Route: "create"})
		}, 0},
		{"the server breaks down before the first write", func(_ *testing.T, server *rsmtest.Server, _ string) {
			server.Inject(tttest.Fault{Kind: tttest.StatusBefore, Writes: true, Times: -1})
		}, 75},
		{"the server takes writes and answers with an error page: reads tell", func(_ *testing.T, server *rsmtest.Server, _ string) {
			server.Inject(tttest.Fault{Kind: tttest.StatusAfter, Route: "patch", Times: 12})
		}, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			server, config := past(t, "old", "kept")
			foreign := server.AddMode(rsmtest.Mode{Title: "planned work", Items: []rsmtest.Item{{CI: 7}}})
			untouched, _ := server.Mode(foreign)
			alarms := written(t, alarmLine("kept", "7"), alarmLine("new", "7"))
			row.between(t, server, config)
			got := rsmctl(t, config, "reconcile", "--alarms", alarms, "--apply")
			assert.Equal(t, row.status, got.status, got.stdout+got.stderr)
			server.ClearFaults()
			for range 20 {
				if got.status == 0 {
					break
				}
				time.Sleep(300 * time.Millisecond) // longer than late: the system waits no longer for what was lost
				got = rsmctl(t, config, "reconcile", "--alarms", alarms, "--apply")
			}
			require.Zero(t, got.status, got.stderr)
			got = rsmctl(t, config, "reconcile", "--alarms", alarms)
			assert.Zero(t, got.status, got.stdout)
			assert.Equal(t, "", readDifference(t, got).items())
			assert.ElementsMatch(t, []string{"kept", "new"}, openKeys(t, config))
			after, _ := server.Mode(foreign)
			assert.Equal(t, untouched, after, "a person's mode was touched")
		})
	}
}

// pipeline is a running alarmpipeline.
type pipeline struct {
	webhook string
	cmd     *exec.Cmd
}

func startPipeline(t *testing.T, config string) *pipeline {
	path := filepath.Join(t.TempDir(), "alarmpipeline")
	out, err := exec.Command("go", "build", "-o", path, "../alarmpipeline").CombinedOutput()
	require.NoError(t, err, string(out))
	p := &pipeline{cmd: exec.Command(path, "--config", config, "--listen", "127.0.0.1:0", "--hold", "10m")}
	p.cmd.Env = []string{"MONQ_TOKEN=" + token}
	stderr, err := p.cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, p.cmd.Start())
	t.Cleanup(p.kill)
	for lines := bufio.NewScanner(stderr); p.webhook == "" && lines.Scan(); {
		if found := regexp.MustCompile(`msg=listening address=(\S+)`).FindStringSubmatch(lines.Text()); found != nil {
			p.webhook = "http://" + found[1] + "/alertmanager"
		}
	}
	require.NotEmpty(t, p.webhook)
	go func() { // so that it never waits for a reader
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			continue
		}
	}()
	return p
}

// kill ends the program as a machine that loses power would.
func (p *pipeline) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

// notify sends what Alertmanager would, for a group of two alerts.
func (p *pipeline) notify(t *testing.T) {
	response, err := http.Post(p.webhook, "application/json", strings.NewReader(`{"version":"4","groupKey":"{}","status":"firing","receiver":"tickets/msk",
		"groupLabels":{"alertname":"LinkDown","path":"a/b"},"alerts":[
		{"status":"firing","labels":{"alertname":"LinkDown","path":"a/b","instance":"7:9100"},"startsAt":"2020-01-01T00:00:00Z"},
		{"status":"firing","labels":{"alertname":"LinkDown","path":"a/b","instance":"8:9100"},"startsAt":"2020-01-01T00:00:01Z"}]}`))
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusOK, response.StatusCode)
}

func TestAlarmpipelineAndReconcileMeanTheSameTickets(t *testing.T) {
	t.Parallel()
	server, config := past(t)
	alert := func(host string) string {
		return fmt.Sprintf(`{"labels":{"alertname":"LinkDown","path":"a/b","instance":"%s:9100"},"startsAt":"2020-01-01T00:00:00Z","status":{"state":"active"}}`, host)
	}
	fires := written(t, `[{"labels":{"alertname":"LinkDown","path":"a/b"},"receiver":{"name":"tickets/msk"},"alerts":[`+alert("7")+`,`+alert("8")+`]}]`)
	grown := written(t, `[{"labels":{"alertname":"LinkDown","path":"a/b"},"receiver":{"name":"tickets/msk"},"alerts":[`+alert("7")+`,`+alert("8")+`,`+alert("9")+`]}]`)
	reconcile := func(groups string, more ...string) ran {
		return rsmctl(t, config, append([]string{"reconcile", "--alert-groups", groups, "--receiver", "tickets/msk"}, more...)...)
	}
	const series = "alertmanager/tickets%2Fmsk/alertname/LinkDown/path/a%2Fb"

	p := startPipeline(t, config)
	p.notify(t)
	got := reconcile(fires)
	assert.Zero(t, got.status, "the ticket of the pipeline is the group's: %s", got.stdout)
	assert.Equal(t, 1, readDifference(t, got).Tickets)
	got = reconcile(grown, "--apply")
	assert.Equal(t, "join "+series+"/1 ok", readDifference(t, got).items(), got.stderr)

	// The pipeline dies before it is told that the group is resolved.
	p.kill()
	got = reconcile(written(t, "[]"), "--allow-empty", "--apply")
	assert.Equal(t, "", readDifference(t, got).items(), "what the pipeline did just now is not judged")
	time.Sleep(1100 * time.Millisecond) // the grace of the next run: dates are whole seconds
	got = reconcile(written(t, "[]"), "--allow-empty", "--apply", "--grace", "1s")
	assert.Equal(t, "close "+series+"/1 ok", readDifference(t, got).items(), got.stderr)

	// The group fires again, and reconcile is there before the pipeline.
	time.Sleep(1100 * time.Millisecond)
	now := time.Now()
	require.NoError(t, os.Chtimes(fires, now, now)) // Alertmanager's answer of now, not of then
	got = reconcile(fires, "--apply", "--grace", "1s")
	assert.Equal(t, "open "+series+"/2 ok", readDifference(t, got).items(), got.stderr)
	startPipeline(t, config).notify(t)
	assert.Equal(t, []string{series + "/2"}, openKeys(t, config))
	assert.Len(t, server.Modes(), 2, "two episodes, two tickets")
}
