package proof

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/ttkit/ttkit/internal/sim"
)

// lab lets the schedule of faults strike a backend while workers use it.
type lab struct {
	backend  *Backend
	port     *sim.Port // nil: the workers are in this process
	schedule *sim.Schedule
	plan     Plan
	rand     *rand.Rand
	acts     map[sim.Act]int

	mu      sync.Mutex
	shared  map[string]bool   // tickets that people wrote to
	foreign map[string]string // tickets of people, as they are
	pending sync.WaitGroup
}

const (
	ahead   = 2000 // requests for which faults are planned before they arrive
	often   = 2 * time.Millisecond
	foreign = 20 // tickets of people, made before the run
)

func (l *lab) requests() int {
	if l.port != nil {
		return l.port.Requests()
	}
	return l.backend.Requests()
}

// prepare lets people make tickets, and plans the first faults.
func (l *lab) prepare() error {
	l.shared, l.foreign, l.acts = map[string]bool{}, map[string]string{}, map[sim.Act]int{}
	for i := range foreign {
		id, err := l.backend.Foreign(l.plan.Objects[i%len(l.plan.Objects)])
		if err != nil {
			return err
		}
		l.foreign[id] = ""
	}
	records, err := l.backend.Records()
	if err != nil {
		return err
	}
	for _, r := range records {
		l.foreign[r.ID] = r.Raw
	}
	l.feed()
	return nil
}

func (l *lab) feed() int {
	n := l.requests()
	for _, f := range l.schedule.Faults(n + ahead) {
		l.backend.Inject(f)
	}
	return n
}

// run follows the schedule until ctx ends.
func (l *lab) run(ctx context.Context) (err error) {
	for ctx.Err() == nil {
		for _, act := range l.schedule.Acts(l.feed()) {
			err = errors.Join(err, l.perform(act))
		}
		_ = pause(ctx, often)
	}
	l.pending.Wait()
	return err
}

func (l *lab) perform(act sim.Act) error {
	down := l.plan.Times.Timeout/2 + time.Duration(l.rand.Int64N(int64(l.plan.Times.Timeout)))
	switch act {
	case sim.Restart:
		if l.port == nil {
			return nil // it would end with this process
		}
		if l.backend.Restart != nil {
			l.backend.Restart(down)
		}
		if err := l.port.Restart(down); err != nil {
			return fmt.Errorf("the server did not come up again: %w", err)
		}
	case sim.Expire:
		if l.backend.Expire == nil {
			return nil
		}
		renew := l.backend.Expire()
		l.pending.Go(func() {
			time.Sleep(down)
			renew()
		})
	case sim.Person:
		if l.backend.Person == nil {
			return nil
		}
		hold := time.Duration(l.rand.Int64N(int64(l.plan.Times.Window)/2 + 1))
		r := rand.New(rand.NewPCG(l.rand.Uint64(), 0))
		l.pending.Go(func() {
			if id := l.backend.Person(r, hold); id != "" {
				l.mu.Lock()
				defer l.mu.Unlock()
				l.shared[id] = true
			}
		})
	}
	l.acts[act]++
	return nil
}
