package main

import (
	"bufio"
	"bytes"
	"context"
	"flag"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func environment(pairs map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) { value, set := pairs[name]; return value, set }
}

func configFile(t *testing.T, text string) string {
	path := filepath.Join(t.TempDir(), "systems.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestWrongCommandLinesEndWith64(t *testing.T) {
	fake := configFile(t, "systems: {one: {adapter: fake}}")
	for _, row := range []struct {
		name string
		args []string
		says string
	}{
		{"no configuration", nil, "--config is missing"},
		{"a file that is not there", []string{"--config", "no-such-file.yaml"}, "no-such-file.yaml"},
		{"a system that is not there", []string{"--config", fake, "--system", "two"}, `no system "two"`},
		{"an unknown flag", []string{"--conf", fake}, "flag provided but not defined"},
		{"an argument", []string{"--config", fake, "now"}, `unexpected argument "now"`},
		{"a hold that is no duration", []string{"--config", fake, "--hold", "30"}, "invalid value"},
		{"a negative hold", []string{"--config", fake, "--hold", "-1s"}, "negative"},
		{"a default object that is none", []string{"--config", fake, "--default-object", " "}, "object is empty"},
		{"an unknown setting", []string{"--config", configFile(t, "systems: {one: {adapter: fake, tokn: hunter2}}")}, "tokn"},
		{"every address without a token", []string{"--config", fake, "--listen", ":9095"}, "ALARMPIPELINE_TOKEN"},
		{"a public address without a token", []string{"--config", fake, "--listen", "192.0.2.1:9095", "--token-env", "HOOK"}, "HOOK"},
	} {
		t.Run(row.name, func(t *testing.T) {
			var stderr bytes.Buffer
			assert.Equal(t, exitUsage, run(t.Context(), row.args, environment(nil), &stderr))
			assert.Contains(t, stderr.String(), row.says)
			assert.NotContains(t, stderr.String(), "hunter2")
		})
	}
}

func TestHelpIsNoFailure(t *testing.T) {
	var stderr bytes.Buffer
	assert.Equal(t, exitDone, run(t.Context(), []string{"--help"}, environment(nil), &stderr))
	assert.Contains(t, stderr.String(), "-hold duration")
}

func TestTheManualNamesEveryFlagAndItsDefault(t *testing.T) {
	manual, err := os.ReadFile("README.md")
	require.NoError(t, err)
	newFlags(&options{}).VisitAll(func(f *flag.Flag) {
		row := "| `--" + f.Name + "` |"
		if f.DefValue != "" && f.DefValue != "false" {
			row += " `" + f.DefValue + "` |"
		}
		assert.Contains(t, string(manual), row)
	})
}

func TestAnAddressThatIsTakenEndsWith1(t *testing.T) {
	path := configFile(t, "systems: {one: {adapter: fake}}")
	address, stop := start(t, []string{"--config", path}, nil)
	defer stop()
	var stderr bytes.Buffer
	assert.Equal(t, exitFailed, run(t.Context(), []string{"--config", path, "--listen", address}, environment(nil), &stderr))
	assert.Contains(t, stderr.String(), address)
}

// start runs the program on a port of the kernel's choice. stop ends it and
// returns its exit status and log.
func start(t *testing.T, args []string, env map[string]string) (address string, stop func() (int, string)) {
	ctx, cancel := context.WithCancel(t.Context())
	read, write := io.Pipe()
	done := make(chan int, 1)
	go func() {
		done <- run(ctx, append([]string{"--listen", "127.0.0.1:0"}, args...), environment(env), write)
		_ = write.Close()
	}()
	lines := bufio.NewScanner(read)
	var log strings.Builder
	for address == "" && lines.Scan() {
		log.WriteString(lines.Text() + "\n")
		if m := regexp.MustCompile(`msg=listening address=(\S+)`).FindStringSubmatch(lines.Text()); m != nil {
			address = m[1]
		}
	}
	require.NotEmpty(t, address, log.String())
	rest := make(chan struct{})
	go func() {
		defer close(rest)
		for lines.Scan() {
			log.WriteString(lines.Text() + "\n")
		}
	}()
	return address, func() (int, string) {
		cancel()
		status := <-done
		<-rest
		return status, log.String()
	}
}

func TestTheProgramServesUntilItIsStopped(t *testing.T) {
	const token = "s3cret-t0ken"
	path := configFile(t, "systems: {one: {adapter: fake}, two: {adapter: fake}}")
	address, stop := start(t, []string{"--config", path, "--system", "two", "--object-label", "ci", "--token-env", "HOOK"}, map[string]string{"HOOK": token})

	post := func(body, token string) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address+"/alertmanager", strings.NewReader(body))
		require.NoError(t, err)
		r.Header.Set("Authorization", "Bearer "+token)
		answer, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		defer func() { _ = answer.Body.Close() }()
		text, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		return answer.StatusCode, string(text)
	}
	status, text := post(real, token)
	assert.Equal(t, http.StatusOK, status, text)
	status, text = post(strings.ReplaceAll(real, `"status":"firing"`, `"status":"resolved"`), token)
	assert.Equal(t, http.StatusOK, status, text)
	status, _ = post(real, "guess")
	assert.Equal(t, http.StatusUnauthorized, status)

	exit, log := stop()
	assert.Equal(t, exitDone, exit, log)
	assert.Contains(t, log, "episode has a ticket")
	assert.Contains(t, log, "episode is over: all alerts are resolved", "the hold is not waited for")
	assert.NotContains(t, log, token)
}
