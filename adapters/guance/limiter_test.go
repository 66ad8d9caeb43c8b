package guance

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ttkit/ttkit/tt"
)

// fresh returns a limiter that no other test has.
func fresh(t *testing.T, r rates) *limiter {
	t.Helper()
	return limiterOf("http://"+strings.ReplaceAll(t.Name(), " ", "-")+".test", fmt.Sprintf("key-%p", t), r)
}

// visitor is one operation of a random program.
type visitor struct {
	at       time.Duration // when it comes
	reserved int           // 0: it does not reserve
	calls    []visit
	patience time.Duration // its deadline; 0: none
	leaves   time.Duration // when it loses interest, after it came; 0: never
}

// visit is one call: the server counts it at some time before its reply.
type visit struct{ reach, reply time.Duration }

func drawVisitor(t *rapid.T) visitor {
	seconds := func(name string, most int) time.Duration {
		return time.Duration(rapid.IntRange(0, most*10).Draw(t, name)) * 100 * time.Millisecond
	}
	return visitor{
		at:       seconds("at", 300),
		reserved: rapid.IntRange(0, 4).Draw(t, "reserved"),
		calls: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) visit {
			reach := seconds("reach", 30)
			return visit{reach, reach + seconds("back", 30)}
		}), 0, 5).Draw(t, "calls"),
		patience: rapid.SampledFrom([]time.Duration{0, 0, time.Second, time.Minute, time.Hour}).Draw(t, "patience"),
		leaves:   rapid.SampledFrom([]time.Duration{0, 0, 0, 30 * time.Second, 2 * time.Minute}).Draw(t, "leaves"),
	}
}

// Whatever the operations are and however late and out of order the replies
// come: no window holds one call too many, wherever it begins and whether it
// slides or stands, and whoever stays long enough is served.
func TestNoWindowEverHoldsACallTooMany(t *testing.T) {
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		r := rates{PerMinute: rapid.IntRange(1, 6).Draw(rt, "limit"), Window: rapid.SampledFrom([]time.Duration{0, 10 * time.Second, time.Minute}).Draw(rt, "window")}
		visitors := rapid.SliceOfN(rapid.Custom(drawVisitor), 1, 15).Draw(rt, "visitors")
		pauses := rapid.SliceOfN(rapid.IntRange(0, 400), 0, 2).Draw(rt, "throttled")
		run++
		var err error
		synctest.Test(t, func(t *testing.T) {
			err = receive(limiterOf("http://property.test", fmt.Sprint(run), r), r, visitors, pauses)
		})
		if err != nil {
			rt.Fatal(err)
		}
	})
}

// receive lets the visitors in and checks when their calls reached the server.
func receive(l *limiter, r rates, visitors []visitor, pauses []int) error {
	var (
		group sync.WaitGroup
		mu    sync.Mutex
		seen  []time.Time
		errs  []error
	)
	for _, v := range visitors {
		group.Go(func() {
			time.Sleep(v.at)
			err := v.play(l, func() {
				mu.Lock()
				defer mu.Unlock()
				seen = append(seen, time.Now())
			})
			mu.Lock()
			defer mu.Unlock()
			errs = append(errs, err)
		})
	}
	for _, at := range pauses {
		group.Go(func() {
			time.Sleep(time.Duration(at) * time.Second)
			l.throttled(time.Duration(at%3) * time.Second)
		})
	}
	group.Wait()
	window := r.Window
	if window == 0 {
		window = time.Minute
	}
	errs = append(errs, overfull(seen, r.PerMinute, window))
	time.Sleep(window)
	if used, limit, free := l.state(); used != 0 || limit != r.PerMinute || !free.Equal(time.Now()) {
		errs = append(errs, fmt.Errorf("after a quiet window the state is %d of %d, free in %s", used, limit, time.Until(free)))
	}
	return errors.Join(errs...)
}

func (v visitor) play(l *limiter, seen func()) error {
	ctx := context.Background()
	patient := v.patience == 0 && v.leaves == 0
	if v.patience > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, v.patience)
		defer cancel()
	}
	if v.leaves > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithCancel(ctx)
		defer cancel()
		defer time.AfterFunc(v.leaves, cancel).Stop()
	}
	verdict := func(err error) error {
		var e *tt.Error
		switch {
		case patient, !errors.As(err, &e), e.Outcome != tt.NotDone, e.RetryAfter < 0:
			return fmt.Errorf("%+v: %w", v, err)
		case e.Code == tt.CodeRateLimited && v.patience == 0:
			return fmt.Errorf("nobody was in a hurry: %w", err)
		case e.Code != tt.CodeRateLimited && e.Code != tt.CodeCanceled:
			return fmt.Errorf("the wrong code: %w", err)
		}
		return nil
	}
	ctx, give, err := l.reserve(ctx, v.reserved)
	if err != nil {
		return verdict(err)
	}
	defer give()
	for i, call := range v.calls {
		before := time.Now()
		_, _, free := l.state()
		leave, err := l.enter(ctx)
		if err != nil {
			return verdict(err)
		}
		if i < v.reserved && i < l.log.limit && time.Now().After(before) && !free.After(before) {
			leave()
			return fmt.Errorf("%+v waited for call %d, which it had reserved", v, i)
		}
		time.Sleep(call.reach)
		seen()
		time.Sleep(call.reply - call.reach)
		leave()
		leave()
	}
	return nil
}

// overfull looks at every window there is, without any cleverness.
func overfull(calls []time.Time, limit int, window time.Duration) error {
	slices.SortFunc(calls, time.Time.Compare)
	count := func(from time.Time) (n int) {
		for _, c := range calls {
			if !c.Before(from) && c.Before(from.Add(window)) {
				n++
			}
		}
		return n
	}
	for _, first := range calls { // a fullest window begins with a call
		if n := count(first); n > limit {
			return fmt.Errorf("%d calls within the window from %s", n, first)
		}
	}
	if len(calls) == 0 {
		return nil
	}
	for offset := -window; offset < window; offset += window / 7 { // standing windows, whatever the server's epoch
		for from := calls[0].Truncate(window).Add(offset); !from.After(calls[len(calls)-1]); from = from.Add(window) {
			if n := count(from); n > limit {
				return fmt.Errorf("%d calls within the standing window from %s", n, from)
			}
		}
	}
	for len(calls) > 0 { // windows that begin with the first call after the last one
		n := count(calls[0])
		if n > limit {
			return fmt.Errorf("%d calls within the window that begins at %s", n, calls[0])
		}
		calls = calls[n:]
	}
	return nil
}

// The check above is worth what its judge is worth.
func TestTheJudgeFindsOverfullWindows(t *testing.T) {
	at := func(seconds ...int) (out []time.Time) {
		for _, s := range seconds {
			out = append(out, time.Unix(int64(s), 0))
		}
		return out
	}
	assert.NoError(t, overfull(nil, 1, time.Minute))
	assert.NoError(t, overfull(at(0, 60, 120), 1, time.Minute))
	assert.NoError(t, overfull(at(0, 59, 60, 119, 120), 2, time.Minute))
	assert.ErrorContains(t, overfull(at(30, 89), 1, time.Minute), "2 calls within the window from")
	assert.ErrorContains(t, overfull(at(59, 0, 58), 2, time.Minute), "3 calls")
}

func TestABacklogIsWorkedOffAtTheFullRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := fresh(t, rates{PerMinute: 20})
		start := time.Now()
		var group sync.WaitGroup
		for range 100 {
			group.Go(func() {
				leave, err := l.enter(t.Context())
				if assert.NoError(t, err) {
					leave()
				}
			})
		}
		group.Wait()
		assert.Equal(t, 4*time.Minute, time.Since(start), "20 at once, and 20 after every minute")
	})
}

func TestACallCountsFromItsReply(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := fresh(t, rates{PerMinute: 1})
		start := time.Now()
		leave, err := l.enter(t.Context())
		require.NoError(t, err)
		time.AfterFunc(50*time.Second, leave)
		leave, err = l.enter(t.Context())
		require.NoError(t, err)
		leave()
		assert.Equal(t, 110*time.Second, time.Since(start), "the server may have counted the first call just before it replied")
	})
}

func TestNoLimitLimitsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := fresh(t, rates{})
		l.throttled(time.Hour)
		ctx, give, err := l.reserve(t.Context(), 1000)
		require.NoError(t, err)
		for range 1000 {
			leave, err := l.enter(ctx)
			require.NoError(t, err)
			leave()
		}
		give()
		used, limit, free := l.state()
		assert.Zero(t, used)
		assert.Zero(t, limit)
		assert.True(t, free.IsZero())
	})
}

func TestTheStateTellsWhenTheNextCallCanBeMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := fresh(t, rates{PerMinute: 2})
		now := func() (int, int, time.Duration) {
			used, limit, free := l.state()
			return used, limit, time.Until(free)
		}
		expect := func(wantUsed int, wantFree time.Duration) {
			t.Helper()
			used, limit, free := now()
			assert.Equal(t, wantUsed, used)
			assert.Equal(t, 2, limit)
			assert.Equal(t, wantFree, free)
		}
		expect(0, 0)
		leave, err := l.enter(t.Context())
		require.NoError(t, err)
		expect(1, 0)
		time.Sleep(10 * time.Second)
		leave()
		_, give, err := l.reserve(t.Context(), 1)
		require.NoError(t, err)
		expect(2, time.Minute)
		time.Sleep(15 * time.Second)
		expect(2, 45*time.Second)
		give()
		expect(1, 0)
		l.throttled(7 * time.Second)
		expect(1, 7*time.Second)
	})
}

func TestTheSameKeyOfTheSameServerHasOneLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		base := "http://" + t.Name() + ".test"
		first := limiterOf(base, "key", rates{PerMinute: 3, Window: time.Minute})
		second := limiterOf(base+"/", "key", rates{PerMinute: 2, Window: 2 * time.Minute})
		other := limiterOf(base, "another key", rates{PerMinute: 2})
		elsewhere := limiterOf("http://elsewhere."+t.Name()+".test", "key", rates{PerMinute: 2})
		_, _, err := first.reserve(t.Context(), 1)
		require.NoError(t, err)
		_, _, err = second.reserve(t.Context(), 1)
		require.NoError(t, err)
		for _, l := range []*limiter{first, second} {
			used, limit, free := l.state()
			assert.Equal(t, 2, used)
			assert.Equal(t, 2, limit, "the slowest rate holds for all")
			assert.Equal(t, 2*time.Minute, time.Until(free))
		}
		for _, l := range []*limiter{other, elsewhere} {
			used, _, _ := l.state()
			assert.Zero(t, used)
		}
		limiterOf(base, "key", rates{})
		_, limit, _ := first.state()
		assert.Equal(t, 2, limit, "one without a limit follows the others")
	})
}

// A process that closes a System and opens it again must not forget what it
// has called, and one that opens many must not remember for ever.
func TestALogOutlivesItsSystemsByAWindow(t *testing.T) {
	base := "http://" + t.Name() + ".test"
	names := func() int {
		logs.Lock()
		defer logs.Unlock()
		return len(logs.of)
	}
	before := names()
	func() {
		for i := range 100 {
			l := limiterOf(base, fmt.Sprint("key-", i), rates{PerMinute: 20, Window: 50 * time.Millisecond})
			leave, err := l.enter(t.Context())
			require.NoError(t, err)
			leave()
		}
		l := limiterOf(base, "busy", rates{PerMinute: 20, Window: time.Hour})
		leave, err := l.enter(t.Context())
		require.NoError(t, err)
		leave()
	}()
	assert.Eventually(t, func() bool {
		runtime.GC()
		limiterOf(base, "the next", rates{})
		return names() <= before+2
	}, 10*time.Second, 10*time.Millisecond, "idle logs without a system are dropped")
	used, _, _ := limiterOf(base, "busy", rates{PerMinute: 20, Window: time.Hour}).state()
	assert.Equal(t, 1, used, "a call within the window still counts")
}

func TestTheLogsHoldNoKey(t *testing.T) {
	const secret = "dk-7f0c9d1e2b3a4958"
	l := limiterOf("http://"+t.Name()+".test", secret, rates{PerMinute: 20})
	logs.Lock()
	defer logs.Unlock()
	for _, verb := range []string{"%v", "%+v", "%#v", "%x"} {
		text := fmt.Sprintf(verb, logs.of) + fmt.Sprintf(verb, l) + fmt.Sprintf(verb, l.log)
		assert.NotContains(t, text, secret)
		assert.NotContains(t, text, fmt.Sprintf("%x", secret))
	}
}
