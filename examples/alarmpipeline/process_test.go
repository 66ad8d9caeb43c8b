//go:build e2e

package main

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// process is a program that the test started.
type process struct {
	t    *testing.T
	name string
	cmd  *exec.Cmd
	done chan struct{} // closed when the output has ended

	mu      sync.Mutex
	output  []string
	changed chan struct{} // closed and replaced with every line
}

// command starts a program and keeps what it prints. When the test has
// failed, that is shown.
func command(t *testing.T, cmd *exec.Cmd, env ...string) *process {
	t.Helper()
	p := &process{t: t, name: filepath.Base(cmd.Path), cmd: cmd, done: make(chan struct{}), changed: make(chan struct{})}
	read, write, err := os.Pipe()
	require.NoError(t, err)
	cmd.Stdout, cmd.Stderr = write, write
	cmd.Env = append(os.Environ(), env...)
	require.NoError(t, cmd.Start())
	require.NoError(t, write.Close())
	go func() {
		defer close(p.done)
		defer func() { _ = read.Close() }()
		lines := bufio.NewScanner(read)
		for lines.Scan() {
			p.mu.Lock()
			p.output = append(p.output, lines.Text())
			close(p.changed)
			p.changed = make(chan struct{})
			p.mu.Unlock()
		}
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // of no effect on one that has ended
		_ = cmd.Wait()
		<-p.done
		if t.Failed() {
			t.Logf("%s printed:\n%s", p.name, strings.Join(p.output, "\n"))
		}
	})
	return p
}

const patience = 90 * time.Second

// waitFor returns what the pattern's group matches, once a line does.
func (p *process) waitFor(pattern string) string {
	p.t.Helper()
	want := regexp.MustCompile(pattern)
	deadline := time.After(patience)
	for read := 0; ; {
		p.mu.Lock()
		lines, changed := p.output, p.changed
		p.mu.Unlock()
		for ; read < len(lines); read++ {
			if m := want.FindStringSubmatch(lines[read]); m != nil {
				return m[1]
			}
		}
		select {
		case <-changed:
		case <-p.done:
			require.Fail(p.t, p.name+" ended before it was ready")
		case <-deadline:
			require.Fail(p.t, p.name+" is not ready")
		}
	}
}

// kill ends the process as a crash does.
func (p *process) kill() {
	p.t.Helper()
	require.NoError(p.t, p.cmd.Process.Kill())
	<-p.done
	_ = p.cmd.Wait()
}

// stop ends the process with SIGTERM and expects it to succeed.
func (p *process) stop() {
	p.t.Helper()
	require.NoError(p.t, p.cmd.Process.Signal(syscall.SIGTERM))
	killed := time.AfterFunc(patience, func() { _ = p.cmd.Process.Kill() })
	defer killed.Stop()
	<-p.done
	assert.NoError(p.t, p.cmd.Wait(), p.name)
}

func compile(t *testing.T, dir string, programs ...string) {
	t.Helper()
	for _, name := range programs {
		out, err := exec.Command("go", "build", "-o", filepath.Join(dir, name), "github.com/ttkit/ttkit/examples/"+name).CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
}

func writeFile(t *testing.T, dir, name, text string) string {
	path := filepath.Join(dir, name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}
