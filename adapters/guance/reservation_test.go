package guance

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ttkit/ttkit/tt"
)

// spend makes calls that are answered at once.
func spend(t *testing.T, l *limiter, calls int) {
	t.Helper()
	for range calls {
		leave, err := l.enter(t.Context())
		require.NoError(t, err)
		leave()
	}
}

// rateLimited returns err as the error of a wait that is too long.
func rateLimited(t *testing.T, err error) *tt.Error {
	t.Helper()
	var e *tt.Error
	require.True(t, errors.As(err, &e), "want a *tt.Error, got %v", err)
	assert.Equal(t, tt.CodeRateLimited, e.Code)
	assert.Equal(t, tt.NotDone, e.Outcome)
	assert.ErrorIs(t, err, tt.ErrTemporary)
	return e
}

func TestReservedCallsAreMadeWithoutWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := fresh(t, rates{PerMinute: 4})
		ctx, give, err := l.reserve(t.Context(), 3)
		require.NoError(t, err)
		spend(t, l, 1) // of the one that is left to others
		var group sync.WaitGroup
		group.Go(func() { spend(t, l, 1) }) // comes first, and waits all the same
		synctest.Wait()
		start := time.Now()
		for range 3 {
			leave, err := l.enter(ctx)
			require.NoError(t, err)
			leave()
		}
		assert.Zero(t, time.Since(start))
		leave, err := l.enter(ctx) // a fourth was not reserved
		require.NoError(t, err)
		leave()
		assert.Equal(t, time.Minute, time.Since(start))
		give()
		group.Wait()
	})
}

func TestWhatIsLeftOfAReservationIsFreeAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := fresh(t, rates{PerMinute: 4})
		ctx, give, err := l.reserve(t.Context(), 4)
		require.NoError(t, err)
		leave, err := l.enter(ctx)
		require.NoError(t, err)
		leave()
		start := time.Now()
		var group sync.WaitGroup
		group.Go(func() { spend(t, l, 3) })
		synctest.Wait()
		time.Sleep(time.Second)
		give()
		give()
		group.Wait()
		assert.Equal(t, time.Second, time.Since(start))
		_, _, free := l.state()
		assert.Equal(t, 59*time.Second, time.Until(free), "giving back twice frees nothing twice")
		leave, err = l.enter(ctx) // a step that runs on has none of it
		require.NoError(t, err)
		leave()
		assert.Equal(t, time.Minute, time.Since(start))
	})
}

func TestAReservationWithinOneWaitsForNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := fresh(t, rates{PerMinute: 4})
		ctx, give, err := l.reserve(t.Context(), 3)
		require.NoError(t, err)
		inner, giveInner, err := l.reserve(ctx, 2)
		require.NoError(t, err)
		assert.Equal(t, ctx, inner, "it has enough")
		giveInner()
		used, _, _ := l.state()
		assert.Equal(t, 3, used, "they are the outer one's")
		_, giveInner, err = l.reserve(ctx, 4) // more than is left: nobody waits with calls in hand
		require.NoError(t, err)
		used, _, _ = l.state()
		assert.Equal(t, 4, used)
		giveInner()
		give()
		used, _, _ = l.state()
		assert.Zero(t, used)
	})
}

func TestMoreThanTheLimitIsAsMuchAsTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := fresh(t, rates{PerMinute: 2})
		ctx, give, err := l.reserve(t.Context(), 3)
		require.NoError(t, err)
		defer give()
		start := time.Now()
		for range 3 {
			leave, err := l.enter(ctx)
			require.NoError(t, err)
			leave()
		}
		assert.Equal(t, time.Minute, time.Since(start))
		_, _, err = l.reserve(t.Context(), 0)
		require.NoError(t, err)
	})
}

func TestWhoComesFirstIsServedFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := fresh(t, rates{PerMinute: 5})
		spend(t, l, 3)
		time.Sleep(10 * time.Second)
		var (
			mu    sync.Mutex
			order []int
			group sync.WaitGroup
		)
		for i, calls := range []int{4, 1, 5, 2, 1} {
			group.Go(func() {
				_, _, err := l.reserve(t.Context(), calls)
				require.NoError(t, err)
				mu.Lock()
				defer mu.Unlock()
				order = append(order, i)
				for range calls {
					l.log.mu.Lock()
					l.log.promised--
					l.log.replies = append(l.log.replies, time.Now())
					l.log.wakeNext()
					l.log.mu.Unlock()
				}
			})
			synctest.Wait()
		}
		group.Wait()
		assert.Equal(t, []int{0, 1, 2, 3, 4}, order, "a call that would fit does not overtake four that do not")
	})
}

func TestWhoLeavesTheQueueLetsTheNextOnePass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := fresh(t, rates{PerMinute: 2})
		spend(t, l, 1)
		time.Sleep(20 * time.Second)
		start := time.Now()
		ctx, cancel := context.WithCancel(t.Context())
		var group sync.WaitGroup
		group.Go(func() {
			_, _, err := l.reserve(ctx, 2)
			assert.Equal(t, tt.CodeCanceled, tt.CodeOf(err))
			assert.ErrorIs(t, err, context.Canceled)
			assert.NotErrorIs(t, err, tt.ErrTemporary)
		})
		synctest.Wait()
		group.Go(func() {
			spend(t, l, 1)
			assert.Equal(t, 5*time.Second, time.Since(start))
		})
		time.Sleep(5 * time.Second)
		cancel()
		group.Wait()
	})
}

func TestAWaitBeyondTheDeadlineIsRefusedAtOnce(t *testing.T) {
	for _, test := range []struct {
		name     string
		prepare  func(t *testing.T, l *limiter)
		patience time.Duration
		calls    int
		wait     time.Duration // 0: it is served
	}{
		{"there is room", func(*testing.T, *limiter) {}, time.Nanosecond, 2, 0},
		{"a call ends in time", func(t *testing.T, l *limiter) { spend(t, l, 2); time.Sleep(30 * time.Second) }, 31 * time.Second, 2, 0},
		{"it ends too late", func(t *testing.T, l *limiter) { spend(t, l, 2); time.Sleep(30 * time.Second) }, 29 * time.Second, 2, 30 * time.Second},
		{"one would do, two would not", func(t *testing.T, l *limiter) { spend(t, l, 1); time.Sleep(30 * time.Second); spend(t, l, 1) },
			40 * time.Second, 2, time.Minute},
		{"calls without a reply count from now", func(t *testing.T, l *limiter) {
			for range 2 {
				_, err := l.enter(t.Context())
				require.NoError(t, err)
			}
			time.Sleep(30 * time.Second)
		}, 40 * time.Second, 1, time.Minute},
		{"the queue is before us", func(t *testing.T, l *limiter) {
			spend(t, l, 2)
			go func() { _, _, _ = l.reserve(context.Background(), 2) }()
			synctest.Wait()
		}, 90 * time.Second, 1, 2 * time.Minute},
		{"the server wants a pause", func(_ *testing.T, l *limiter) { l.throttled(20 * time.Second) }, 10 * time.Second, 1, 20 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := fresh(t, rates{PerMinute: 2})
				test.prepare(t, l)
				ctx, cancel := context.WithTimeout(t.Context(), test.patience)
				defer cancel()
				start := time.Now()
				_, give, err := l.reserve(ctx, test.calls)
				give()
				if test.wait == 0 {
					require.NoError(t, err)
				} else {
					assert.Zero(t, time.Since(start), "nobody waits for what cannot be")
					assert.Equal(t, test.wait, rateLimited(t, err).RetryAfter)
				}
				time.Sleep(10 * time.Minute)
			})
		})
	}
}

// A forecast that is too short makes callers come in vain, one that is too
// long makes them come late.
func TestTheForecastComesTrue(t *testing.T) {
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		limit := rapid.IntRange(1, 6).Draw(rt, "limit")
		ahead := rapid.SliceOfN(rapid.IntRange(1, 7), 0, 8).Draw(rt, "ahead")
		gaps := rapid.SliceOfN(rapid.IntRange(0, 90), len(ahead), len(ahead)).Draw(rt, "gaps")
		calls := rapid.IntRange(1, 7).Draw(rt, "calls")
		run++
		var want, got time.Duration
		synctest.Test(t, func(t *testing.T) {
			l := limiterOf("http://forecast.test", time.Duration(run).String(), rates{PerMinute: limit})
			operation := func(calls int) {
				ctx, give, err := l.reserve(t.Context(), calls)
				require.NoError(t, err)
				defer give()
				for range min(calls, limit) {
					leave, err := l.enter(ctx)
					require.NoError(t, err)
					leave()
				}
			}
			for i, calls := range ahead {
				time.Sleep(time.Duration(gaps[i]) * time.Second)
				go operation(calls)
				synctest.Wait()
			}
			l.log.mu.Lock()
			want = l.log.forecast(time.Now(), calls)
			l.log.mu.Unlock()
			start := time.Now()
			_, give, err := l.reserve(t.Context(), calls)
			require.NoError(t, err)
			give()
			got = time.Since(start)
		})
		if got != want {
			rt.Fatalf("the forecast was %s, the wait %s", want, got)
		}
	})
}

func TestAThrottledKeyPauses(t *testing.T) {
	pauseOf := func(t *testing.T, l *limiter, wait time.Duration) time.Duration {
		t.Helper()
		l.throttled(wait)
		_, _, free := l.state()
		return time.Until(free)
	}
	t.Run("as long as the server says, but never longer than a window", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			l := fresh(t, rates{PerMinute: 20})
			assert.Equal(t, 7*time.Second, pauseOf(t, l, 7*time.Second))
			assert.Equal(t, 7*time.Second, pauseOf(t, l, time.Second), "a shorter wait shortens nothing")
			assert.Equal(t, time.Minute, pauseOf(t, l, time.Hour))
		})
	})
	t.Run("longer each time, when the server does not say", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			l := fresh(t, rates{PerMinute: 20})
			full := 3 * time.Second // the time of one call
			for range 8 {
				pause := pauseOf(t, l, 0)
				assert.GreaterOrEqual(t, pause, full/2)
				assert.LessOrEqual(t, pause, full)
				assert.Equal(t, pause, pauseOf(t, l, 0), "calls that were refused together are one refusal")
				time.Sleep(pause)
				full = min(2*full, time.Minute)
			}
			time.Sleep(2 * time.Minute)
			assert.LessOrEqual(t, pauseOf(t, l, 0), 3*time.Second, "a quiet window makes it forget")
		})
	})
	t.Run("with calls in hand, too", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			l := fresh(t, rates{PerMinute: 20})
			ctx, give, err := l.reserve(t.Context(), 2)
			require.NoError(t, err)
			defer give()
			l.throttled(20 * time.Second)
			start := time.Now()
			leave, err := l.enter(ctx)
			require.NoError(t, err)
			leave()
			assert.Equal(t, 20*time.Second, time.Since(start))

			l.throttled(20 * time.Second)
			hurried, cancel := context.WithTimeout(ctx, 10*time.Second)
			defer cancel()
			start = time.Now()
			_, err = l.enter(hurried)
			assert.Equal(t, 20*time.Second, rateLimited(t, err).RetryAfter)
			assert.Contains(t, err.Error(), "the server has refused a call because of its rate")
			assert.Zero(t, time.Since(start))

			gone, leaves := context.WithCancel(t.Context())
			time.AfterFunc(time.Second, leaves)
			_, err = l.enter(gone)
			assert.Equal(t, tt.CodeCanceled, tt.CodeOf(err))
			used, _, _ := l.state()
			assert.Equal(t, 1, used, "calls that were not made are free again")
		})
	})
}

// What is left of a wait that was cut short is the wait of who comes next, and
// does not count the one that has left.
func TestADeadlineInTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := fresh(t, rates{PerMinute: 1})
		leave, err := l.enter(t.Context())
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
		defer cancel()
		time.AfterFunc(80*time.Second, leave) // the forecast was for an answer at once
		_, err = l.enter(ctx)
		assert.Equal(t, 50*time.Second, rateLimited(t, err).RetryAfter)
		used, _, free := l.state()
		assert.Equal(t, 1, used)
		assert.Equal(t, 50*time.Second, time.Until(free))
	})
}

func TestAContextThatHasEndedIsNotServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := fresh(t, rates{PerMinute: 20})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, _, err := l.reserve(ctx, 1)
		assert.Equal(t, tt.CodeCanceled, tt.CodeOf(err))
		late, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
		defer cancel()
		_, err = l.enter(late)
		assert.Equal(t, tt.CodeCanceled, tt.CodeOf(err))
		assert.ErrorIs(t, err, tt.ErrTemporary, "a deadline may be longer next time")
		used, _, _ := l.state()
		assert.Zero(t, used)
	})
}
