package proof_test

import (
	"context"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/ttkit/ttkit/adapters/fake"
	"github.com/ttkit/ttkit/adapters/fake/faketest"
	"github.com/ttkit/ttkit/internal/proof"
	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/middleware"
)

func init() {
	register("fake", system{start: startFake, objects: faketest.Objects()})
}

// startFake starts a backend in this process: its Systems stand for processes.
func startFake(_ uint64, times proof.Times) (*proof.Backend, error) {
	var backend atomic.Pointer[fake.Backend] // the same for every System
	var calls atomic.Int64
	count := func(sys tt.System) tt.System {
		if f, ok := sys.(*fake.System); ok {
			backend.Store(f.Backend())
		}
		return middleware.Intercept(sys, func(ctx context.Context, call middleware.Call, next func(context.Context) error) error {
			if call.Op != "Shutdown" { // which faults spare
				calls.Add(1)
			}
			ctx, cancel := context.WithTimeout(ctx, times.Timeout) // so that a slow reply is a lost one
			defer cancel()
			return next(ctx)
		})
	}
	kit, err := faketest.Harness(count, fake.WithLag(times.Lag), fake.WithLease(time.Hour), fake.WithHistory(0)).Start(context.Background())
	if err != nil {
		return nil, err
	}
	if _, err := kit.Open(context.Background()); err != nil {
		return nil, err
	}
	b := &proof.Backend{Backend: *kit, Enforced: true}
	b.Requests = func() int { return int(calls.Load()) }
	b.Lives = func() ([]proof.Life, error) {
		records, err := kit.Records()
		if err != nil {
			return nil, err
		}
		tickets := backend.Load().Tickets()
		lives := make([]proof.Life, len(records))
		for i, r := range records {
			lives[i] = proof.Life{Record: r, From: tickets[i].OpenedAt, To: tickets[i].ClosedAt}
		}
		return lives, nil
	}
	b.Person = func(r *rand.Rand, _ time.Duration) string {
		var open []string
		for _, t := range backend.Load().Tickets() {
			if t.Key != "" && t.State == tt.StateOpen {
				open = append(open, t.ID)
			}
		}
		if len(open) == 0 {
			return ""
		}
		id := open[r.IntN(len(open))]
		if backend.Load().Console("carol").Comment(id, "a person was here") != nil {
			return ""
		}
		return id
	}
	return b, nil
}
