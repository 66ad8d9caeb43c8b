package rest

import (
	"context"
	"math"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ttkit/ttkit/tt"
)

func TestRetryAfterIsHonouredOnEveryStatusAndNeverUnbounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// A row sees the time at which it runs as NOW.
		const inThree = "Retry-After: NOW+3s"
		for _, test := range []struct {
			name    string
			status  int
			headers []string
			least   time.Duration // waited before the repeat
			most    time.Duration // 0: no repeat
			after   time.Duration // told to the caller when there is no repeat
		}{
			{"503 in seconds", 503, []string{"Retry-After: 3"}, 3 * time.Second, 4 * time.Second, 0},
			{"500", 500, []string{"Retry-After: 3"}, 3 * time.Second, 4 * time.Second, 0},
			{"408", 408, []string{"Retry-After: 3"}, 3 * time.Second, 4 * time.Second, 0},
			{"429", 429, []string{"Retry-After: 3"}, 3 * time.Second, 4 * time.Second, 0},
			{"425", 425, []string{"Retry-After: 3"}, 3 * time.Second, 4 * time.Second, 0},
			{"a date", 503, []string{inThree}, 3 * time.Second, 4 * time.Second, 0},
			{"a date by a clock that is an hour behind", 503,
				[]string{"Retry-After: NOW-59m57s", "Date: NOW-1h"},
				3 * time.Second, 4 * time.Second, 0},
			{"a date in the past", 503, []string{"Retry-After: Sat, 01 Jan 2000 00:00:00 GMT"}, 100 * time.Millisecond, 200 * time.Millisecond, 0},
			{"zero", 503, []string{"Retry-After: 0"}, 100 * time.Millisecond, 200 * time.Millisecond, 0},
			{"less than nothing", 503, []string{"Retry-After: -5"}, 100 * time.Millisecond, 200 * time.Millisecond, 0},
			{"nonsense", 503, []string{"Retry-After: soon"}, 100 * time.Millisecond, 200 * time.Millisecond, 0},
			{"exactly the longest wait", 503, []string{"Retry-After: 10"}, 10 * time.Second, 10 * time.Second, 0},
			{"a little more than the longest wait", 503, []string{"Retry-After: 11"}, 0, 0, 11 * time.Second},
			{"an hour", 429, []string{"Retry-After: 3600"}, 0, 0, time.Hour},
			{"for ever", 503, []string{"Retry-After: 9223372036854775807"}, 0, 0, 30 * 24 * time.Hour},
			{"a date in a thousand years", 503, []string{"Retry-After: Fri, 01 Jan 3000 00:00:00 GMT"}, 0, 0, 30 * 24 * time.Hour},
			{"on a status that is not repeated", 400, []string{"Retry-After: 7"}, 0, 0, 7 * time.Second},
		} {
			t.Log(test.name)
			time.Sleep(time.Until(time.Now().Add(time.Second).Truncate(time.Second))) // headers have whole seconds
			for i, h := range test.headers {
				if name, offset, ok := strings.Cut(h, "NOW"); ok {
					d, err := time.ParseDuration(offset)
					require.NoError(t, err)
					test.headers[i] = name + time.Now().Add(d).UTC().Format(http.TimeFormat)
				}
			}
			a := &answers{replies: []string{reply(test.status, "words", test.headers...), reply(200, "{}")}}
			c := newClient(t, a.network().client(t))
			start := time.Now()
			_, err := c.Do(t.Context(), Request{Path: "/x"})
			if test.most == 0 {
				e := failure(t, err)
				assert.Equal(t, test.after, e.RetryAfter)
				assert.Zero(t, time.Since(start), "nobody sleeps for it")
				assert.Len(t, a.requests(), 1)
				continue
			}
			require.NoError(t, err)
			assert.GreaterOrEqual(t, time.Since(start), test.least)
			assert.LessOrEqual(t, time.Since(start), test.most)
			assert.Len(t, a.requests(), 2)
		}
	})
}

func TestBackoffGrowsIsCappedAndJittered(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		low := time.Duration(rapid.Int64Range(1, int64(time.Minute)).Draw(t, "wait_min"))
		high := low + time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "more"))
		c := &Client{retry: tt.Retry{WaitMin: low, WaitMax: high}}
		attempt := rapid.IntRange(1, 1000).Draw(t, "attempt")
		full := time.Duration(min(float64(low)*math.Pow(2, float64(attempt-1)), float64(high)))
		wait := c.backoff(attempt, 0)
		if wait > full || wait < full/2 {
			t.Fatalf("%s is not between half of %s and all of it", wait, full)
		}
		asked := time.Duration(rapid.Int64Range(1, int64(high)).Draw(t, "asked"))
		if wait := c.backoff(attempt, asked); wait < asked || wait > high {
			t.Fatalf("%s is not between the %s asked for and the longest wait, %s", wait, asked, high)
		}
	})
	c := &Client{retry: tt.Retry{WaitMin: time.Second, WaitMax: time.Minute}}
	for _, asked := range []time.Duration{0, 2 * time.Second} {
		seen := map[time.Duration]bool{}
		for range 100 {
			seen[c.backoff(3, asked)] = true
		}
		assert.Greater(t, len(seen), 50, "clients that failed together must not come back together")
	}
}

func TestTheWaitsOfACallAddUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &answers{replies: []string{reply(503, "busy")}}
		c := newClient(t, a.network().client(t), func(cfg *Config) {
			cfg.Retry = tt.Retry{MaxAttempts: 4, WaitMin: time.Second, WaitMax: 2 * time.Second}
		})
		_, err := c.Do(t.Context(), Request{Path: "/x"})
		e := failure(t, err)
		assert.Contains(t, e.Error(), "busy", "the last answer's words are kept")
		assert.Equal(t, 503, e.Status)
		got := a.requests()
		require.Len(t, got, 4)
		for i, full := range []time.Duration{time.Second, 2 * time.Second, 2 * time.Second} {
			wait := got[i+1].at.Sub(got[i].at)
			assert.LessOrEqual(t, wait, full)
			assert.GreaterOrEqual(t, wait, full/2)
		}
	})
}

func TestPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, nil)
		start := time.Now()
		require.NoError(t, c.Pause(t.Context(), 1, 0))
		assert.LessOrEqual(t, time.Since(start), 200*time.Millisecond)
		assert.GreaterOrEqual(t, time.Since(start), 100*time.Millisecond)

		start = time.Now()
		require.NoError(t, c.Pause(t.Context(), 1, 4*time.Second))
		assert.GreaterOrEqual(t, time.Since(start), 4*time.Second)

		start = time.Now()
		e := failure(t, c.Pause(t.Context(), 1, 11*time.Second))
		assert.Equal(t, tt.CodeUnavailable, e.Code)
		assert.Equal(t, 11*time.Second, e.RetryAfter)
		assert.Zero(t, time.Since(start))

		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		err := c.Pause(ctx, 1, 0)
		e = failure(t, err)
		assert.Equal(t, tt.CodeCanceled, e.Code)
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, time.Millisecond, time.Since(start))
	})
}

// silent accepts connections and never answers.
func silent() *network {
	return &network{peer: func(_ int, conn net.Conn) {
		defer conn.Close()
		buffer := make([]byte, 1<<10)
		for {
			if _, err := conn.Read(buffer); err != nil {
				return
			}
		}
	}}
}

func TestTheEndOfACall(t *testing.T) {
	cancelAfter := func(d time.Duration) func(context.Context) (context.Context, context.CancelFunc) {
		return func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(d, cancel)
			return ctx, cancel
		}
	}
	deadline := func(d time.Duration) func(context.Context) (context.Context, context.CancelFunc) {
		return func(ctx context.Context) (context.Context, context.CancelFunc) { return context.WithTimeout(ctx, d) }
	}
	canceled := func(ctx context.Context) (context.Context, context.CancelFunc) {
		ctx, cancel := context.WithCancel(ctx)
		cancel()
		return ctx, cancel
	}
	slowDial := func() *network {
		n := silent()
		n.wait = time.Hour
		return n
	}
	busy := func() *network { return (&answers{replies: []string{reply(503, "busy now")}}).network() }
	cut := func() *network {
		return &network{peer: func(_ int, conn net.Conn) {
			defer conn.Close()
			_, _ = conn.Read(make([]byte, 4<<10))
			_, _ = conn.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{"))
			_, _ = conn.Read(make([]byte, 1))
		}}
	}
	for _, test := range []struct {
		name    string
		network func() *network
		ctx     func(context.Context) (context.Context, context.CancelFunc)
		took    time.Duration
		code    tt.Code
		outcome tt.Outcome
		is      error
		says    string
	}{
		{"canceled before it began", silent, canceled, 0, tt.CodeCanceled, tt.NotDone, context.Canceled, "nothing was sent"},
		{"canceled while connecting", slowDial, cancelAfter(time.Second), time.Second, tt.CodeCanceled, tt.NotDone, context.Canceled, ""},
		{"canceled while the server thinks", silent, cancelAfter(time.Second), time.Second, tt.CodeCanceled, tt.Unknown, context.Canceled, ""},
		{"canceled in the middle of the reply", cut, cancelAfter(time.Second), time.Second, tt.CodeCanceled, tt.Unknown, context.Canceled, "in the middle of the reply"},
		{"canceled while waiting to repeat", busy, cancelAfter(time.Second), time.Second, tt.CodeCanceled, tt.Unknown, context.Canceled, "busy now"},
		{"the caller's deadline passes", silent, deadline(time.Second), time.Second, tt.CodeCanceled, tt.Unknown, context.DeadlineExceeded, ""},
		{"the caller's deadline comes before the wait would end", busy, deadline(time.Second), 0, tt.CodeUnavailable, tt.Unknown, nil, "busy now"},
		{"the attempt's own limit passes", silent, nil, 30 * time.Second, tt.CodeUnavailable, tt.Unknown, nil, "no answer within 30s"},
		{"the attempt's own limit passes while connecting", slowDial, nil, 30 * time.Second, tt.CodeUnavailable, tt.NotDone, nil, "no connection within 30s"},
		{"the attempt's own limit passes in the middle of the reply", cut, nil, 30 * time.Second, tt.CodeUnavailable, tt.Unknown, nil, "did not end within 30s"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newClient(t, test.network().client(t), func(cfg *Config) {
					cfg.Retry = tt.Retry{MaxAttempts: 1}
					if test.says == "busy now" {
						cfg.Retry = tt.Retry{WaitMin: time.Minute, WaitMax: time.Minute}
					}
				})
				ctx := t.Context()
				if test.ctx != nil {
					var cancel context.CancelFunc
					ctx, cancel = test.ctx(ctx)
					defer cancel()
				}
				start := time.Now()
				_, err := c.Do(ctx, Request{Method: "PUT", Path: "/x", Body: []byte("{}")})
				e := failure(t, err)
				assert.Equal(t, test.took, time.Since(start))
				assert.Equal(t, test.code, e.Code)
				assert.Equal(t, test.outcome, e.Outcome)
				if test.is != nil {
					assert.ErrorIs(t, err, test.is)
				} else {
					assert.NotErrorIs(t, err, context.DeadlineExceeded)
				}
				assert.Equal(t, test.is != context.Canceled, e.Temporary())
				assert.Contains(t, e.Error(), test.says)
			})
		})
	}
}

func TestATimeOutOfTheTransportIsNotTheCallersDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := silent()
		n.err = func(int) error { return &net.OpError{Op: "dial", Net: "tcp", Err: context.DeadlineExceeded} }
		c := newClient(t, n.client(t), func(cfg *Config) { cfg.Retry.MaxAttempts = 1 })
		_, err := c.Do(t.Context(), Request{Method: "POST", Path: "/x", Class: Guarded})
		e := failure(t, err)
		assert.Equal(t, tt.CodeUnavailable, e.Code)
		assert.Equal(t, tt.NotDone, e.Outcome)
		assert.NotErrorIs(t, err, context.DeadlineExceeded)
		assert.Contains(t, e.Error(), "dial tcp")
	})
	synctest.Test(t, func(t *testing.T) {
		hc := silent().client(t)
		hc.Transport.(*http.Transport).ResponseHeaderTimeout = time.Second
		c := newClient(t, hc, func(cfg *Config) { cfg.Retry.MaxAttempts = 1 })
		_, err := c.Do(t.Context(), Request{Method: "POST", Path: "/x", Class: Guarded})
		assert.Equal(t, tt.Unknown, failure(t, err).Outcome)
		assert.NotErrorIs(t, err, context.DeadlineExceeded)
	})
}

func TestACanceledWaitSaysSoAlsoWhenItsWordsHadToBeChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &answers{replies: []string{reply(503, "", "Retry-After: 9")}}
		c := newClient(t, a.network().client(t), func(cfg *Config) {
			cfg.Fail = func(*Response) *tt.Error { return tt.Errorf(tt.CodeUnavailable, tt.Unknown, "down: %s", token) }
		})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		_, err := c.Do(ctx, Request{Method: "PUT", Path: "/x"})
		e := failure(t, err)
		assert.ErrorIs(t, err, context.Canceled)
		assert.Equal(t, tt.Unknown, e.Outcome)
		assert.Equal(t, 9*time.Second, e.RetryAfter)
		assert.Contains(t, e.Error(), "context canceled while waiting to repeat after: down: [secret]")
	})
}

func TestAnAttemptThatTimedOutIsRepeatedWithoutARace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := silent()
		c := newClient(t, n.client(t), func(cfg *Config) { cfg.Timeout = time.Second })
		_, err := c.Do(t.Context(), Request{Method: "PUT", Path: "/x", Body: make([]byte, 1<<20)})
		assert.Equal(t, tt.CodeUnavailable, failure(t, err).Code)
		assert.EqualValues(t, 5, n.dials.Load())
	})
}
