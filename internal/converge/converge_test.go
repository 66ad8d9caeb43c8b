package converge

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ttkit/ttkit/tt"
)

var key = Key{Hash: "0f", Text: "episode"}

func outcome(t *testing.T, err error) *tt.Error {
	t.Helper()
	var e *tt.Error
	require.ErrorAs(t, err, &e)
	return e
}

func TestCreate(t *testing.T) {
	ctx := context.Background()
	bubble := func(name string, f func(t *testing.T, s *store)) {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { f(t, &store{}) })
		})
	}

	bubble("the second create of a key finds the first one's ticket", func(t *testing.T, s *store) {
		p := s.process(testSettings)
		first, err := p.create(ctx, key)
		require.NoError(t, err)
		second, err := p.create(ctx, key)
		require.NoError(t, err)
		assert.False(t, first.Existed)
		assert.True(t, second.Existed)
		assert.Equal(t, first.Ticket.id, second.Ticket.id)
		assert.Equal(t, 1, s.posts)
		require.NoError(t, p.shutdown())
	})

	bubble("what a system reserves for a post lasts until its election is over", func(t *testing.T, s *store) {
		type reserved struct{}
		v := s.vendor()
		find, begun, ended := v.Find, 0, 0
		var held []bool
		v.Find = func(ctx context.Context, key Key) ([]*row, error) {
			held = append(held, ctx.Value(reserved{}) != nil && ended == 0)
			return find(ctx, key)
		}
		v.Begin = func(ctx context.Context) (context.Context, func(), error) {
			begun++
			return context.WithValue(ctx, reserved{}, true), func() { ended++ }, nil
		}
		p := s.processOf(v, testSettings)
		_, err := p.create(ctx, key)
		require.NoError(t, err)
		assert.Equal(t, []bool{false, true}, held, "by the look-up after the post, not by the one before")
		_, err = p.create(ctx, key)
		require.NoError(t, err)
		require.NoError(t, p.shutdown())
		assert.Equal(t, 1, begun, "nothing is reserved for a ticket that exists")
		assert.Equal(t, 1, ended)
	})

	bubble("a post that cannot begin does nothing", func(t *testing.T, s *store) {
		v := s.vendor()
		v.Begin = func(ctx context.Context) (context.Context, func(), error) {
			return ctx, nil, tt.Errorf(tt.CodeRateLimited, tt.NotDone, "no calls are left")
		}
		p := s.processOf(v, testSettings)
		_, err := p.create(ctx, key)
		assert.Equal(t, tt.CodeRateLimited, outcome(t, err).Code)
		assert.Equal(t, tt.NotDone, outcome(t, err).Outcome)
		assert.Zero(t, s.posts)
		v.Begin = nil
		_, err = s.processOf(v, testSettings).create(ctx, key) // and leaves no doubt behind
		require.NoError(t, err)
		require.NoError(t, p.shutdown())
	})

	bubble("a lost reply whose ticket shows is no error", func(t *testing.T, s *store) {
		s.onPost = func(int) behaviour { return behaviour{lose: true} }
		p := s.process(testSettings)
		r, err := p.create(ctx, key)
		require.NoError(t, err)
		assert.Equal(t, 1, r.Ticket.id)
		assert.Equal(t, 1, s.posts)
		require.NoError(t, p.shutdown())
	})

	bubble("after a lost reply without a ticket nothing is posted until it cannot come to light any more", func(t *testing.T, s *store) {
		s.onPost = func(n int) behaviour { return behaviour{lose: n == 1, drop: n == 1} }
		p := s.process(testSettings)
		_, err := p.create(ctx, key)
		e := outcome(t, err)
		assert.Equal(t, tt.Unknown, e.Outcome)
		assert.True(t, e.Temporary())
		assert.Equal(t, 65*time.Second, e.RetryAfter)
		time.Sleep(20 * time.Second)
		_, err = p.create(ctx, key) // another call, the same memory
		assert.Equal(t, 45*time.Second, outcome(t, err).RetryAfter)
		assert.Equal(t, 1, s.posts)
		time.Sleep(45 * time.Second)
		r, err := p.create(ctx, key)
		require.NoError(t, err)
		assert.Equal(t, 2, s.posts)
		assert.Equal(t, 2, r.Ticket.id)
		require.NoError(t, p.shutdown())
	})

	bubble("a short doubt is waited for inside the call", func(t *testing.T, s *store) {
		s.onPost = func(n int) behaviour { return behaviour{lose: n == 1, drop: n == 1} }
		set := testSettings
		set.Late, set.Settle = 3*time.Second, time.Second
		p := s.process(set)
		began := time.Now()
		_, err := p.create(ctx, key)
		require.NoError(t, err)
		assert.GreaterOrEqual(t, time.Since(began), set.Late+set.Settle)
		assert.Equal(t, 2, s.posts)
		require.NoError(t, p.shutdown())
	})

	bubble("a create that commits late is found, not doubled", func(t *testing.T, s *store) {
		s.onPost = func(n int) behaviour { return behaviour{lose: true, late: 50 * time.Second} }
		p := s.process(testSettings)
		_, err := p.create(ctx, key)
		time.Sleep(outcome(t, err).RetryAfter)
		r, err := p.create(ctx, key)
		require.NoError(t, err)
		assert.True(t, r.Existed)
		assert.Equal(t, 1, s.posts)
		require.NoError(t, p.shutdown())
	})

	bubble("a look-up that began within the doubt does not end it", func(t *testing.T, s *store) {
		s.lag, s.slow = 5*time.Second, 2*time.Second
		s.onPost = func(n int) behaviour { return behaviour{lose: n == 1, late: 59 * time.Second} }
		p := s.process(testSettings)
		began := time.Now()
		_, err := p.create(ctx, key)
		require.Error(t, err)
		time.Sleep(time.Until(began.Add(2*time.Second + testSettings.Late + testSettings.Settle - 1500*time.Millisecond)))
		r, err := p.create(ctx, key)
		require.NoError(t, err)
		assert.True(t, r.Existed)
		assert.Equal(t, 1, s.posts)
		require.NoError(t, p.shutdown())
	})

	bubble("best effort does not post again while it knows of a ticket", func(t *testing.T, s *store) {
		s.onFind = func(int) error { return tt.Errorf(tt.CodeUnavailable, tt.NotDone, "down") }
		set := testSettings
		set.BestEffort = true
		p := s.process(set)
		for range 3 {
			_, err := p.create(ctx, key)
			e := outcome(t, err)
			assert.Equal(t, tt.Done, e.Outcome)
			assert.Equal(t, "1", e.TicketID)
			assert.True(t, e.Temporary())
		}
		assert.Equal(t, 1, s.posts)
		s.onFind = nil
		require.NoError(t, p.shutdown())
	})

	bubble("a refused post leaves no doubt behind", func(t *testing.T, s *store) {
		s.onPost = func(n int) behaviour { return behaviour{refuse: n == 1} }
		p := s.process(testSettings)
		_, err := p.create(ctx, key)
		assert.Equal(t, tt.NotDone, outcome(t, err).Outcome)
		_, err = p.create(ctx, key)
		require.NoError(t, err)
		require.NoError(t, p.shutdown())
	})

	bubble("a look-up that failed is no look-up that found nothing", func(t *testing.T, s *store) {
		s.onFind = func(int) error { return tt.Errorf(tt.CodeUnavailable, tt.NotDone, "down") }
		p := s.process(testSettings)
		_, err := p.create(ctx, key)
		assert.Equal(t, tt.NotDone, outcome(t, err).Outcome)
		assert.Zero(t, s.posts)
	})

	bubble("best effort posts without a look-up, and says so", func(t *testing.T, s *store) {
		s.onFind = func(n int) error {
			if n == 1 {
				return tt.Errorf(tt.CodeUnavailable, tt.NotDone, "down")
			}
			return nil
		}
		set := testSettings
		set.BestEffort = true
		p := s.process(set)
		r, err := p.create(ctx, key)
		require.NoError(t, err)
		assert.NotEmpty(t, r.Degraded)
		require.NoError(t, p.shutdown())
	})

	bubble("best effort does not post into a doubt", func(t *testing.T, s *store) {
		s.onPost = func(int) behaviour { return behaviour{lose: true, drop: true} }
		s.onFind = func(n int) error {
			if n > 2 {
				return tt.Errorf(tt.CodeUnavailable, tt.NotDone, "down")
			}
			return nil
		}
		set := testSettings
		set.BestEffort = true
		p := s.process(set)
		_, err := p.create(ctx, key)
		require.Error(t, err)
		_, err = p.create(ctx, key)
		assert.Equal(t, tt.Unknown, outcome(t, err).Outcome)
		assert.Equal(t, 1, s.posts)
	})

	bubble("a ticket that never shows is done, with its id", func(t *testing.T, s *store) {
		s.lag = time.Hour
		p := s.process(testSettings)
		r, err := p.create(ctx, key)
		e := outcome(t, err)
		assert.Equal(t, tt.Done, e.Outcome)
		assert.Equal(t, "1", e.TicketID)
		assert.True(t, e.Temporary())
		assert.Equal(t, 1, r.Ticket.id)
	})

	bubble("a caller who leaves during the post leaves a doubt behind", func(t *testing.T, s *store) {
		s.onPost = func(n int) behaviour { return behaviour{hang: 20 * time.Second, late: 30 * time.Second} }
		p := s.process(testSettings)
		short, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		began := time.Now()
		_, err := p.create(short, key)
		e := outcome(t, err)
		assert.Equal(t, time.Second, time.Since(began))
		assert.Equal(t, tt.CodeCanceled, e.Code)
		assert.Equal(t, tt.Unknown, e.Outcome)
		assert.ErrorIs(t, err, tt.ErrTemporary)
		time.Sleep(15 * time.Second) // the step itself has given up
		_, err = p.create(ctx, key)
		assert.Equal(t, tt.Unknown, outcome(t, err).Outcome)
		time.Sleep(outcome(t, err).RetryAfter)
		_, err = p.create(ctx, key)
		require.NoError(t, err)
		assert.Equal(t, 1, s.posts)
		require.NoError(t, p.shutdown())
	})
}

func TestRacesConverge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{lag: 2 * time.Second}
		var processes []*process
		var wg sync.WaitGroup
		for range 12 {
			p := s.process(testSettings)
			processes = append(processes, p)
			wg.Go(func() {
				_, err := p.create(context.Background(), key)
				assert.NoError(t, err)
			})
		}
		wg.Wait()
		time.Sleep(testSettings.Late + testSettings.Settle + time.Second)
		assert.Equal(t, []int{1}, s.openOf(key))
		for _, p := range processes {
			require.NoError(t, p.shutdown())
		}
	})
}

// Whatever the faults, a key that was created by processes that live and
// repeat as told has exactly one open ticket in the end.
func TestNeverNoneAndOneInTheEnd(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		lag := time.Duration(rapid.IntRange(0, 4).Draw(rt, "lag")) * time.Second
		faults := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) behaviour {
			return behaviour{
				lose: rapid.Bool().Draw(rt, "lose"),
				drop: rapid.IntRange(0, 3).Draw(rt, "drop") == 0,
				late: time.Duration(rapid.IntRange(0, 59).Draw(rt, "late")) * time.Second,
			}
		}), 0, 6).Draw(rt, "faults")
		starts := rapid.SliceOfN(rapid.IntRange(0, 100), 1, 5).Draw(rt, "starts")
		var err error
		synctest.Test(t, func(*testing.T) { err = converges(lag, faults, starts) })
		if err != nil {
			rt.Fatal(err)
		}
	})
}

func converges(lag time.Duration, faults []behaviour, starts []int) error {
	s := &store{lag: lag}
	s.onPost = func(n int) behaviour {
		if n > len(faults) {
			return behaviour{}
		}
		b := faults[n-1]
		if b.drop || b.late > 0 {
			b.lose = true // a reply before the commit would be a lie
		}
		return b
	}
	var wg sync.WaitGroup
	errs := make([]error, len(starts))
	processes := make([]*process, len(starts))
	for i, start := range starts {
		p := s.process(testSettings)
		processes[i] = p
		wg.Go(func() {
			time.Sleep(time.Duration(start) * time.Second)
			for range 20 {
				_, err := p.create(context.Background(), key)
				if errs[i] = err; err == nil {
					return
				}
				var e *tt.Error
				if !errors.As(err, &e) || !e.Temporary() {
					return
				}
				time.Sleep(max(e.RetryAfter, time.Second))
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	time.Sleep(2*testSettings.Late + testSettings.Settle)
	if open := s.openOf(key); len(open) != 1 {
		return fmt.Errorf("%d tickets open in the end: %v", len(open), open)
	}
	for _, p := range processes {
		if err := p.shutdown(); err != nil {
			return err
		}
	}
	return nil
}
