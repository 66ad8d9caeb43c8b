package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// program is the built ttctl.
var program string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "ttctl")
	if err != nil {
		panic(err)
	}
	program = filepath.Join(dir, "ttctl")
	status := 1
	if out, err := exec.Command("go", "build", "-buildvcs=false", "-o", program, ".").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "go build: %v\n%s", err, out)
	} else {
		status = m.Run()
	}
	os.RemoveAll(dir)
	os.Exit(status)
}

// process prepares the program. Nothing of the test's environment reaches it.
func process(t *testing.T, config string, args ...string) *exec.Cmd {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = []string{"TTCTL_CONFIG=" + config}
	return cmd
}

// finish runs a prepared program to its end.
func finish(t *testing.T, cmd *exec.Cmd) ran {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if cmd.Stdout == nil {
		cmd.Stdout = &stdout
	}
	cmd.Stderr = &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		require.NoError(t, err)
	}
	return ran{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// On the fake every process begins with an empty system.
func TestTheProgramOnTheFake(t *testing.T) {
	t.Parallel()
	config := configFile(t, "systems: {one: {adapter: fake}}")
	for _, row := range []struct {
		name   string
		args   []string
		status int
		stdout string  // exactly
		line   failure // Message: what it contains
	}{
		{name: "create prints the id", args: []string{"create", "--object", "sw-7", "--subject", "-5", "--body", "--weird", "--key=-a"}, stdout: `{"tt_id":"1"}`},
		{name: "create takes the body from standard input", args: []string{"create", "--object", "sw-7", "--subject", "s", "--body", "-"}, stdout: `{"tt_id":"1"}`},
		{name: "list of nothing is empty", args: []string{"list"}, stdout: `{"tt_ids":[]}`},
		{name: "list of an object is empty", args: []string{"list", "--object", "sw-7"}, stdout: `{"tt_ids":[]}`},
		{name: "escalate prints its items", args: []string{"escalate", "--object", "a", "--object", "b,c", "--subject", "s"},
			stdout: `{"tt_id":"1","group_id":"1","items":[{"obj":"a","status":"ok","error":""},{"obj":"b,c","status":"ok","error":""}]}`},
		{name: "check is good", args: []string{"check"}, stdout: `{"ok":true,"checks":[{"name":"backend","ok":true,"detail":"in memory, 0 tickets"}]}`},
		{name: "capabilities prints every field", args: []string{"capabilities"},
			stdout: `{"promote_group_tt":true,"key_guarantee":"enforced","lease":"0s","async_close":false,"comments_after_close":true,"updates":true,` +
				`"max_subject":0,"max_body":0,"max_comment":0,"max_comments":0,"effects":""}`},
		{name: "version is there", args: []string{"version"}, stdout: `{"version":"(devel)"}`},
		{name: "version needs no configuration", args: []string{"version", "--config", ""}, stdout: `{"version":"(devel)"}`},
		{name: "text is there on request", args: []string{"list", "--output", "text"}, stdout: ``},

		{name: "find of nothing", args: []string{"find", "--key", "k"}, status: 1, line: failure{System: "one", Op: "FindTT", Code: "not_found"}},
		{name: "get of nothing", args: []string{"get", "7", "--output", "json"}, status: 1, line: failure{System: "one", Op: "GetTT", TicketID: "7", Code: "not_found"}},
		{name: "close of nothing", args: []string{"close", "7"}, status: 1, line: failure{System: "one", Op: "CloseTT", TicketID: "7", Code: "not_found"}},
		{name: "comment on nothing", args: []string{"comment", "7", "--body", "b"}, status: 1, line: failure{System: "one", Op: "AddComment", TicketID: "7", Code: "not_found"}},
		{name: "promote nothing", args: []string{"promote", "7"}, status: 1, line: failure{System: "one", Op: "CreateGroupTT", TicketID: "7", Code: "not_found"}},
		{name: "add to nothing", args: []string{"add", "7", "a"}, status: 1, line: failure{System: "one", Op: "AddToGroupTT", TicketID: "7", Code: "not_found"}},
		{name: "renew without a lease", args: []string{"renew", "7", "--until", "2030-01-01T00:00:00Z"}, status: 1, line: failure{System: "one", Op: "RenewTT", TicketID: "7", Code: "unsupported"}},

		{name: "an id that is a path", args: []string{"get", "../../x"}, status: 64, line: failure{System: "one", Op: "GetTT", TicketID: "../../x", Code: "invalid", Message: "no ticket id"}},
		{name: "an empty subject", args: []string{"create", "--object", "a", "--subject", ""}, status: 64, line: failure{System: "one", Op: "CreateTT", Code: "invalid", Message: "subject is empty"}},
		{name: "an empty object", args: []string{"create", "--object", "", "--subject", "s"}, status: 64, line: failure{System: "one", Op: "CreateTT", Code: "invalid", Message: "object is empty"}},
		{name: "an unknown command", args: []string{"destroy"}, status: 64, line: failure{Code: "invalid", Message: "destroy"}},
		{name: "an unknown flag", args: []string{"get", "7", "--bogus"}, status: 64, line: failure{Code: "invalid", Message: "--bogus"}},
		{name: "no command", status: 64, line: failure{Code: "invalid", Message: "create"}},
		{name: "a system that is not there", args: []string{"list", "--system", "two"}, status: 64, line: failure{System: "two", Op: "Open", Code: "invalid", Message: `no system "two"`}},
		{name: "a file that is not there", args: []string{"list", "--config", "no-such-file"}, status: 64, line: failure{Op: "Open", Code: "invalid", Message: "no-such-file"}},
		{name: "no file", args: []string{"list", "--config", ""}, status: 64, line: failure{Code: "invalid", Message: "TTCTL_CONFIG"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			cmd := process(t, config, row.args...)
			cmd.Stdin = strings.NewReader("a body\n")
			got := finish(t, cmd)
			assert.Equal(t, row.status, got.status, got.stderr)
			if row.status == 0 {
				if row.stdout != "" {
					row.stdout += "\n"
				}
				assert.Equal(t, row.stdout, got.stdout)
				assert.Empty(t, got.stderr)
				return
			}
			assert.Empty(t, got.stdout)
			line := got.failure(t)
			assert.Contains(t, line.Message, row.line.Message)
			row.line.Message, row.line.Outcome = line.Message, "not_done"
			assert.Equal(t, row.line, line)
		})
	}
}

func TestTheConfigurationIsRefusedByKeyAndSystemNeverByValue(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, yaml string
		says       []string
	}{
		{"an unknown setting", "systems: {one: {adapter: fake, tokne: hunter2}}", []string{`"one"`, `tokne`}},
		{"an unknown nested setting", "systems: {one: {adapter: fake, retry: {tokne: hunter2}}}", []string{`"one"`, `retry`}},
		{"an unknown adapter", "systems: {one: {adapter: hunter2}}", []string{`"one"`, "unknown adapter", "fake"}},
		{"an unset variable", "systems: {one: {adapter: fake, namespace: 'hunter2${NO_SUCH_VARIABLE}'}}", []string{`"one"`, `"namespace"`, "NO_SUCH_VARIABLE"}},
		{"a system that stands twice", "systems:\n  one: {adapter: fake}\n  one: {adapter: fake, token: hunter2}", []string{"systems.one", "line 3"}},
		{"an unknown top-level key", "systems: {one: {adapter: fake}}\nsecrets: hunter2", []string{`"secrets"`}},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := finish(t, process(t, configFile(t, row.yaml), "list", "--verbose"))
			assert.Equal(t, exitUsage, got.status)
			line := got.failure(t)
			assert.Equal(t, "invalid", line.Code)
			assert.Equal(t, "not_done", line.Outcome)
			for _, part := range row.says {
				assert.Contains(t, line.Message, part)
			}
			assert.NotContains(t, got.stdout+got.stderr, "hunter2")
		})
	}
}

// The body comes from a pipe that stays open and empty, so that the program
// waits for as long as we like.
func TestTheProgramStopsWhenItIsTold(t *testing.T) {
	t.Parallel()
	config := configFile(t, "systems: {one: {adapter: fake}}")
	for _, row := range []struct {
		name   string
		signal os.Signal
		args   []string
		says   string
	}{
		{"by a signal from the keyboard", os.Interrupt, nil, "interrupt"},
		{"by a signal from the system", syscall.SIGTERM, nil, "terminated"},
		{"by --timeout", nil, []string{"--timeout", "50ms"}, "--timeout 50ms is over"},
	} {
		t.Run(row.name, func(t *testing.T) {
			cmd := process(t, config, append([]string{"--verbose", "create", "--object", "a", "--subject", "s", "--body", "-"}, row.args...)...)
			stdin, stdinWriter, err := os.Pipe()
			require.NoError(t, err)
			defer stdinWriter.Close()
			var stdout, stderr bytes.Buffer
			cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, &stdout, &stderr
			require.NoError(t, cmd.Start())
			require.NoError(t, stdin.Close())
			if row.signal != nil {
				// More than a pipe holds: when it is written, the program reads.
				_, err := stdinWriter.Write(make([]byte, 1<<20))
				require.NoError(t, err)
				require.NoError(t, cmd.Process.Signal(row.signal))
			}
			_ = cmd.Wait() // the status says it
			got := ran{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
			assert.Equal(t, exitForNow, got.status, got.stderr)
			assert.Empty(t, got.stdout)
			line := got.failure(t)
			assert.Contains(t, line.Message, row.says)
			line.Message = ""
			assert.Equal(t, failure{System: "one", Op: "CreateTT", Code: "canceled", Outcome: "not_done", Temporary: true}, line)
		})
	}
}

func TestABrokenStandardOutputIsAnError(t *testing.T) {
	t.Parallel()
	config := configFile(t, "systems: {one: {adapter: fake}}")
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	require.NoError(t, err)
	defer full.Close()
	reader, closed, err := os.Pipe()
	require.NoError(t, err)
	require.NoError(t, reader.Close())
	defer closed.Close()
	for _, row := range []struct {
		name string
		out  *os.File
		args []string
		want failure
	}{
		{"a full disk, after a read", full, []string{"list"}, failure{Outcome: "not_done", Message: "no space left"}},
		{"a reader that went away, after a read", closed, []string{"list"}, failure{Outcome: "not_done", Message: "broken pipe"}},
		{"a full disk, after a create", full, []string{"create", "--object", "a", "--subject", "s", "--key", "k"}, failure{Outcome: "done", TicketID: "1", Message: "no space left"}},
		{"a reader that went away, after a create", closed, []string{"create", "--object", "a", "--subject", "s"}, failure{Outcome: "done", TicketID: "1", Message: "broken pipe"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			cmd := process(t, config, row.args...)
			cmd.Stdout = row.out
			got := finish(t, cmd)
			assert.Equal(t, exitForGood, got.status, got.stderr)
			line := got.failure(t)
			assert.Contains(t, line.Message, row.want.Message)
			row.want.System, row.want.Code, row.want.Message = "one", "internal", line.Message
			assert.Equal(t, row.want, line)
		})
	}
	for _, args := range [][]string{{"version"}, {"--help"}} {
		t.Run(args[0], func(t *testing.T) {
			cmd := process(t, config, args...)
			cmd.Stdout = full
			assert.Equal(t, exitForGood, finish(t, cmd).status)
		})
	}
}

func TestHelpListsTheSettingsOfEveryAdapter(t *testing.T) {
	t.Parallel()
	got := finish(t, process(t, "", "--help"))
	assert.Zero(t, got.status)
	assert.Empty(t, got.stderr)
	for _, part := range []string{"escalate", "Exit status", "${MONQ_TOKEN}", "Settings of the adapter fake"} {
		assert.Contains(t, got.stdout, part)
	}
}

// The version that a release shows is proved where releases are tried; in a
// clone it is a placeholder, in json.
func TestTheVersionIsJSON(t *testing.T) {
	t.Parallel()
	var v version
	require.NoError(t, json.Unmarshal([]byte(finish(t, process(t, "", "version")).stdout), &v))
	assert.NotEmpty(t, v.Version)
}
