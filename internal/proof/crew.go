package proof

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/ttkit/ttkit/tt"
)

// jobVariable carries a worker's job into its process.
const jobVariable = "TTKIT_PROOF_JOB"

// job is what a worker's process is told.
type job struct {
	System  string // the name of its backend
	URL     string
	Number  int
	Journal string
	Plan    Plan
}

// Main makes the process a worker when it was started as one, and does not
// return then. A test binary calls it first of all.
func Main(open map[string]func(url string, times Times) (tt.System, error)) {
	text := os.Getenv(jobVariable)
	if text == "" {
		return
	}
	go func() { // the end of the parent is ours
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(3)
	}()
	if err := serve(text, open); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	os.Exit(0)
}

func serve(text string, open map[string]func(string, Times) (tt.System, error)) error {
	var j job
	if err := json.Unmarshal([]byte(text), &j); err != nil {
		return err
	}
	sys, err := open[j.System](j.URL, j.Plan.Times)
	if err != nil {
		return err
	}
	return workFrom(context.Background(), sys, j.Plan, j.Number, j.Journal)
}

// workFrom works from what the journal knows.
func workFrom(ctx context.Context, sys tt.System, plan Plan, number int, path string) error {
	past, err := ReadJournal(path, plan.Times.Late+plan.Times.Settle)
	if err != nil {
		return err
	}
	journal, err := OpenJournal(path)
	if err != nil {
		return err
	}
	defer func() { _ = journal.Close() }()
	return Work(ctx, sys, plan, number, journal, past)
}

// process is a worker in a process of its own, which may be killed and started
// again.
type process struct {
	job job

	mu      sync.Mutex
	running *exec.Cmd // nil between two lives
	killed  bool
	done    bool
}

// live runs the worker until it has done its job, however often it is killed.
func (p *process) live(ctx context.Context) error {
	for {
		err := p.once(ctx)
		p.mu.Lock()
		killed := p.killed
		p.killed, p.running = false, nil
		p.done = !killed
		p.mu.Unlock()
		if !killed || ctx.Err() != nil {
			return err
		}
		if err := p.bury(); err != nil {
			return err
		}
	}
}

// bury writes the worker's death down.
func (p *process) bury() error {
	journal, err := OpenJournal(p.job.Journal)
	if err != nil {
		return err
	}
	return errors.Join(journal.write(wordKill), journal.Close())
}

// once starts the process and waits for its end.
func (p *process) once(ctx context.Context) error {
	text, err := json.Marshal(p.job)
	if err != nil {
		return err
	}
	program, err := os.Executable()
	if err != nil {
		return err
	}
	var words bytes.Buffer
	cmd := exec.CommandContext(ctx, program)
	cmd.Env = append(os.Environ(), jobVariable+"="+string(text))
	cmd.Stderr = &words
	cmd.WaitDelay = time.Second
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	defer func() { _ = stdin.Close() }()
	p.mu.Lock()
	err = cmd.Start()
	p.running = cmd
	p.mu.Unlock()
	if err != nil {
		return err
	}
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("worker %d: %w: %s", p.job.Number, err, bytes.TrimSpace(words.Bytes()))
	}
	return nil
}

// kill ends the process with SIGKILL, and reports whether it was running.
func (p *process) kill() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running == nil || p.killed || p.done {
		return false
	}
	p.killed = p.running.Process.Kill() == nil
	return p.killed
}
