package converge

import (
	"context"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ttkit/ttkit/internal/flight"
	"github.com/ttkit/ttkit/tt"
)

// store is a vendor without compare-and-swap, in memory: what is posted may
// commit late, show late, and lose its reply.
type store struct {
	mu    sync.Mutex
	next  int
	rows  []*row
	posts int
	finds int
	lists int

	lag    time.Duration         // a row shows in look-ups so long after its commit
	onPost func(n int) behaviour // of the n-th post, from 1
	onFind func(n int) error     // of the n-th look-up, from 1
	slow   time.Duration         // an answer to a look-up takes so long
}

type behaviour struct {
	refuse bool          // nothing was done, and the client knows
	lose   bool          // the reply never comes
	late   time.Duration // the commit comes so much later than the post
	hang   time.Duration // the reply comes so much later than the commit
	drop   bool          // never commits
}

type row struct {
	id, loserTo int
	key         Key
	committed   time.Time
	open        bool
}

func errLost() error { return tt.Errorf(tt.CodeUnavailable, tt.Unknown, "reply lost") }

func (s *store) post(ctx context.Context, key Key) (*row, error) {
	s.mu.Lock()
	s.posts++
	b := behaviour{}
	if s.onPost != nil {
		b = s.onPost(s.posts)
	}
	if b.refuse {
		s.mu.Unlock()
		return nil, tt.Errorf(tt.CodePermissionDenied, tt.NotDone, "refused")
	}
	s.next++
	r := &row{id: s.next, key: key, open: true}
	s.mu.Unlock()
	commit := func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		r.committed = time.Now()
		s.rows = append(s.rows, r)
	}
	switch {
	case b.drop:
	case b.late > 0:
		time.AfterFunc(b.late, commit)
	default:
		commit()
	}
	if b.hang > 0 {
		select {
		case <-time.After(b.hang):
		case <-ctx.Done():
			return nil, errLost()
		}
	}
	if b.lose {
		return nil, errLost()
	}
	return s.copyOf(r), nil
}

func (s *store) asked() (finds, lists int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.finds, s.lists
}

func (s *store) copyOf(r *row) *row {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := *r
	return &c
}

func (s *store) shown(match func(*row) bool) []*row {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []*row
	for _, r := range s.rows {
		if match(r) && !r.committed.Add(s.lag).After(time.Now()) {
			c := *r
			out = append(out, &c)
		}
	}
	return out
}

func (s *store) openOf(key Key) []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ids []int
	for _, r := range s.rows {
		if r.key.Hash == key.Hash && r.open {
			ids = append(ids, r.id)
		}
	}
	slices.Sort(ids)
	return ids
}

func (s *store) vendor() Vendor[*row] {
	return Vendor[*row]{
		ID:   func(r *row) string { return strconv.Itoa(r.id) },
		Hash: func(r *row) string { return r.key.Hash },
		Less: func(a, b *row) bool { return a.id < b.id },
		Find: func(ctx context.Context, key Key) ([]*row, error) {
			s.mu.Lock()
			s.finds++
			n := s.finds
			s.mu.Unlock()
			if ctx.Err() != nil {
				return nil, flight.Canceled(ctx, tt.NotDone, "")
			}
			if s.onFind != nil {
				if err := s.onFind(n); err != nil {
					return nil, err
				}
			}
			rows := s.shown(func(r *row) bool { return r.key.Hash == key.Hash })
			time.Sleep(s.slow)
			return rows, nil
		},
		Open: func(context.Context) ([]*row, error) {
			s.mu.Lock()
			s.lists++
			s.mu.Unlock()
			return s.shown(func(r *row) bool { return r.open }), nil
		},
		Resolve: func(_ context.Context, copies []*row) (*row, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			for _, loser := range copies[1:] {
				for _, r := range s.rows {
					if r.id == loser.id {
						r.open, r.loserTo = false, copies[0].id
					}
				}
			}
			return copies[0], nil
		},
	}
}

// budget lets so many repeats through.
type budget struct{ left atomic.Int32 }

func (b *budget) Spend(context.Context) bool                    { return b.left.Add(-1) >= 0 }
func (b *budget) Operation(ctx context.Context) context.Context { return ctx }

// process is one engine over a store, as another process would have it.
type process struct {
	engine  *Engine[*row]
	flights *flight.Group
	store   *store
}

var testSettings = Settings{Late: time.Minute, Settle: 5 * time.Second, WaitMax: 10 * time.Second}

func (s *store) process(set Settings) *process { return s.processOf(s.vendor(), set) }

func (s *store) processOf(v Vendor[*row], set Settings) *process {
	p := &process{flights: &flight.Group{}, store: s}
	b := &budget{}
	b.left.Store(4)
	p.engine = New(v, set, b, p.flights, slog.New(slog.DiscardHandler))
	return p
}

func (p *process) create(ctx context.Context, key Key) (Result[*row], error) {
	return p.engine.Create(ctx, key, func(ctx context.Context, _ string) (*row, error) { return p.store.post(ctx, key) })
}

func (p *process) shutdown() error {
	if err := p.flights.Wait(context.Background()); err != nil {
		return err
	}
	return p.engine.Shutdown(context.Background())
}
