package proof

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"time"

	"github.com/ttkit/ttkit/internal/sim"
)

// Setup is a run.
type Setup struct {
	Plan
	Rate  float64       // the share of requests that faults strike
	Kills int           // so often a worker is killed
	Pause time.Duration // between two kills, on average
	Acts  int           // so many requests lie between two acts, on average
	Dir   string        // for the journals; empty at first

	// Slack is what is allowed beyond [Report.Bound]: the requests that end an
	// extra ticket then are struck by faults like any other, and made again.
	Slack time.Duration
}

// Run lets workers carry out the plan over the backend while faults strike,
// and reports what became of it. Its error says that the run could not be
// made; what is wrong with its result is in the report.
func Run(ctx context.Context, b *Backend, s Setup) (*Report, error) {
	l := &lab{
		backend: b, plan: s.Plan,
		schedule: sim.NewSchedule(s.Seed, sim.Mix{
			Rate: s.Rate, Timeout: s.Times.Timeout, Late: s.Times.Commit, Acts: s.Acts,
			// A proxy that delivers a create twice is a second creator.
			Twice: b.Enforced || s.Creators > 1,
		}),
		rand: rand.New(rand.NewPCG(s.Seed, 3)),
	}
	url := ""
	if b.Handler != nil {
		port, err := sim.NewPort(b.Handler)
		if err != nil {
			return nil, err
		}
		defer port.Close()
		l.port, url = port, port.URL()+b.Path
	}
	if err := l.prepare(); err != nil {
		return nil, err
	}
	s.Start = time.Now()

	weather, calm := context.WithCancel(ctx)
	defer calm()
	var failed error
	var struck sync.WaitGroup
	struck.Go(func() { failed = l.run(weather) })
	kills, err := work(ctx, b, s, url)
	requests := l.requests()
	calm()
	struck.Wait()
	b.ClearFaults()
	if b.Settle != nil {
		b.Settle()
	}
	if err := errors.Join(err, failed); err != nil {
		return nil, err
	}
	if err := pause(ctx, s.Times.Late+s.Times.Settle); err != nil {
		return nil, err
	}
	r := &Report{System: b.Name, Setup: s, Kills: kills, Requests: requests, Faults: l.schedule.Struck(requests), Acts: l.acts, Took: time.Since(s.Start)}
	return r, r.audit(ctx, l, url)
}

func (s Setup) journal(number int) string {
	return filepath.Join(s.Dir, fmt.Sprintf("worker-%d", number))
}

// work lets all workers do their part, and returns how often one was killed.
func work(ctx context.Context, b *Backend, s Setup, url string) (kills int, err error) {
	failed := make([]error, s.Workers)
	processes := make([]*process, 0, s.Workers)
	var all sync.WaitGroup
	for n := range s.Workers {
		if b.Handler == nil {
			all.Go(func() {
				sys, err := b.Open(ctx)
				if err == nil {
					err = workFrom(ctx, sys, s.Plan, n, s.journal(n))
				}
				failed[n] = err
			})
			continue
		}
		p := &process{job: job{System: b.Name, URL: url, Number: n, Journal: s.journal(n), Plan: s.Plan}}
		processes = append(processes, p)
		all.Go(func() { failed[n] = p.live(ctx) })
	}
	ended := make(chan struct{})
	var killer sync.WaitGroup
	if len(processes) > 0 {
		killer.Go(func() { kills = s.killSome(processes, ended) })
	}
	all.Wait()
	close(ended)
	killer.Wait()
	return kills, errors.Join(failed...)
}

// killSome kills workers at random moments.
func (s Setup) killSome(processes []*process, ended <-chan struct{}) (kills int) {
	r := rand.New(rand.NewPCG(s.Seed, 4))
	for kills < s.Kills {
		select {
		case <-time.After(time.Duration(r.Int64N(int64(2*s.Pause) + 1))):
		case <-ended:
			return kills
		}
		if processes[r.IntN(len(processes))].kill() {
			kills++
		}
	}
	return kills
}
