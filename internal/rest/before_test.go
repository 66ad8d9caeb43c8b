package rest

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/tt"
)

// gate is a Config.Before that keeps a diary.
type gate struct {
	diary []string
	wait  time.Duration
	errs  []error // of each call in turn; nil lets it pass, the last one stays
}

func (g *gate) before(ctx context.Context) (func(), error) {
	var err error
	if n := len(g.errs); n > 0 {
		err = g.errs[min(len(g.diary)/2, n-1)]
	}
	g.diary = append(g.diary, "before")
	select {
	case <-time.After(g.wait):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	return func() { g.diary = append(g.diary, "after") }, nil
}

func TestBeforeIsAskedForEveryAttemptAndToldOfEveryEnd(t *testing.T) {
	for _, test := range []struct {
		name    string
		replies []string
		want    []string
	}{
		{"a success", []string{reply(200, "{}")}, []string{"before", "after"}},
		{"a refusal", []string{reply(400, "no")}, []string{"before", "after"}},
		{"a lost reply, and a repeat", []string{"", reply(200, "{}")}, []string{"before", "after", "before", "after"}},
		{"two that were busy", []string{reply(503, ""), reply(503, ""), reply(200, "{}")},
			[]string{"before", "after", "before", "after", "before", "after"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := &gate{}
				a := &answers{replies: test.replies}
				c := newClient(t, a.network().client(t), func(cfg *Config) { cfg.Before = g.before })
				_, _ = c.Do(t.Context(), Request{Path: "/x"})
				assert.Equal(t, test.want, g.diary)
				assert.Len(t, a.requests(), len(test.replies))
			})
		})
	}
}

func TestTheReplyIsInWhenAfterIsCalled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &answers{replies: []string{reply(200, `{"id":7}`)}}
		var took time.Duration
		slow := &slowly{t: a.network().client(t).Transport, by: 3 * time.Second}
		c := newClient(t, &http.Client{Transport: slow}, func(cfg *Config) {
			cfg.Before = func(context.Context) (func(), error) {
				began := time.Now()
				return func() { took = time.Since(began) }, nil
			}
		})
		_, err := c.Do(t.Context(), Request{Path: "/x"})
		require.NoError(t, err)
		assert.Equal(t, 3*time.Second, took)
	})
}

// slowly is a transport that takes its time.
type slowly struct {
	t  http.RoundTripper
	by time.Duration
}

func (s *slowly) RoundTrip(r *http.Request) (*http.Response, error) {
	time.Sleep(s.by)
	return s.t.RoundTrip(r)
}

func TestWaitingInBeforeIsNotTheAttemptsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{wait: time.Hour}
		a := &answers{replies: []string{reply(200, "{}")}}
		c := newClient(t, a.network().client(t), func(cfg *Config) { cfg.Before, cfg.Timeout = g.before, time.Second })
		_, err := c.Do(t.Context(), Request{Path: "/x"})
		require.NoError(t, err)
	})
}

func TestWhatBeforeRefusesIsNotSent(t *testing.T) {
	mine := &tt.Error{Code: tt.CodeRateLimited, Outcome: tt.NotDone, RetryAfter: 42 * time.Second, Err: errors.New("the limit is used up")}
	for _, test := range []struct {
		name    string
		errs    []error
		outcome tt.Outcome
		code    tt.Code
		sent    int
	}{
		{"its *tt.Error is returned as it is, and not repeated", []error{mine}, tt.NotDone, tt.CodeRateLimited, 0},
		{"after an attempt that may have acted the outcome is unknown", []error{nil, mine}, tt.Unknown, tt.CodeRateLimited, 1},
		{"any other error is a mistake of the adapter", []error{errors.New("broken")}, tt.NotDone, tt.CodeInternal, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := &answers{replies: []string{""}}
				g := &gate{errs: test.errs}
				c := newClient(t, a.network().client(t), func(cfg *Config) { cfg.Before = g.before })
				_, err := c.Do(t.Context(), Request{Method: "PUT", Path: "/x", Body: []byte("{}")})
				e := failure(t, err)
				assert.Equal(t, test.code, e.Code)
				assert.Equal(t, test.outcome, e.Outcome)
				assert.Len(t, a.requests(), test.sent)
				if test.code == tt.CodeRateLimited {
					assert.Equal(t, 42*time.Second, e.RetryAfter)
					assert.Equal(t, "rsm", e.Adapter, "the call's system is named")
					assert.Empty(t, mine.Adapter, "an error that may be shared is not changed")
				}
			})
		})
	}
}

func TestBeforeIsBoundedByTheCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &answers{replies: []string{reply(200, "{}")}}
		g := &gate{wait: time.Hour}
		c := newClient(t, a.network().client(t), func(cfg *Config) { cfg.Before = g.before })
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		start := time.Now()
		_, err := c.Do(ctx, Request{Method: "POST", Path: "/x", Body: []byte("{}"), Class: Guarded})
		e := failure(t, err)
		assert.Equal(t, time.Minute, time.Since(start))
		assert.Equal(t, tt.CodeCanceled, e.Code)
		assert.Equal(t, tt.NotDone, e.Outcome)
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Empty(t, a.requests())
	})
}
