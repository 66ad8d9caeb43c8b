package sim_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/internal/sim"
	"github.com/ttkit/ttkit/tt/tttest"
)

// The bubble itself proves that no goroutine is left: it fails when one waits
// forever.
func TestCloseEndsEverythingThatIsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCounter(nil)
		c.Inject(
			tttest.Fault{Kind: tttest.Slow, Delay: time.Hour, Times: 10},
			tttest.Fault{Kind: tttest.Late, Delay: time.Hour, Times: 10},
		)
		replies := make(chan reply)
		for range 30 {
			go func() { replies <- c.add() }()
		}
		synctest.Wait()
		began := time.Now()
		go c.Close()
		failed := 0
		for range 30 {
			if r := <-replies; r.err != nil {
				failed++
			}
		}
		assert.Equal(t, 20, failed)
		assert.Zero(t, time.Since(began))
		c.Close() // again
		assert.ErrorIs(t, c.add().err, syscall.ECONNREFUSED, "a closed server refuses")
	})
}

func TestAClosedServerServesNobody(t *testing.T) {
	c := newCounter(nil)
	url, err := c.Listen("localhost:0")
	require.NoError(t, err)
	c.Close()
	assert.Error(t, c.add().err)
	assert.Error(t, ask(http.DefaultClient, "POST", url+"/add", "").err)
	_, err = c.Listen("127.0.0.1:0")
	assert.ErrorContains(t, err, "closed")
	assert.PanicsWithValue(t, http.ErrAbortHandler, func() {
		c.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/add", nil))
	})
	assert.Zero(t, c.effects.Load())
}

func TestListenServesLoopbackOnly(t *testing.T) {
	c := newCounter(nil)
	defer c.Close()
	for _, addr := range []string{":0", "0.0.0.0:0", "[::]:0", "192.0.2.1:0", "example.net:0", "127.0.0.1"} {
		_, err := c.Listen(addr)
		assert.Error(t, err, addr)
	}
}

func TestTheVendorChoosesItsOwnRefusals(t *testing.T) {
	c := newCounter(func(v *sim.Vendor) {
		v.Throttle = func(w http.ResponseWriter, _ *http.Request, wait time.Duration) {
			w.WriteHeader(503)
			_, _ = io.WriteString(w, "wait "+wait.String())
		}
		v.Unauthorized = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(403) }
		v.Fail = func(w http.ResponseWriter, _ *http.Request, status int) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "sorry")
		}
	})
	defer c.Close()
	c.Inject(
		tttest.Fault{Kind: tttest.Throttle, RetryAfter: time.Minute},
		tttest.Fault{Kind: tttest.Unauthorized},
		tttest.Fault{Kind: tttest.StatusAfter},
	)
	throttled := c.add()
	assert.Equal(t, 503, throttled.status)
	assert.Equal(t, "wait 1m0s", throttled.body)
	assert.Equal(t, 403, c.add().status)
	assert.Equal(t, "sorry", c.add().body)
}

func TestRetryAfterIsRoundedUpToSeconds(t *testing.T) {
	c := newCounter(nil)
	defer c.Close()
	c.Inject(
		tttest.Fault{Kind: tttest.Throttle, RetryAfter: 1500 * time.Millisecond},
		tttest.Fault{Kind: tttest.StatusBefore, RetryAfter: time.Second},
		tttest.Fault{Kind: tttest.StatusBefore},
	)
	assert.Equal(t, "2", c.add().header.Get("Retry-After"))
	assert.Equal(t, "1", c.add().header.Get("Retry-After"))
	assert.Empty(t, c.add().header.Values("Retry-After"))
}

func TestTheDateHeaderIsTheVendorsClock(t *testing.T) {
	at, shown := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC), true
	c := newCounter(func(v *sim.Vendor) { v.Date = func() (time.Time, bool) { return at, shown } })
	defer c.Close()
	assert.Equal(t, "Sun, 01 Mar 2026 09:00:00 GMT", c.read().header.Get("Date"))
	c.Inject(tttest.Fault{Kind: tttest.StatusBefore})
	assert.Equal(t, "Sun, 01 Mar 2026 09:00:00 GMT", c.read().header.Get("Date"), "on a fault, too")
	shown = false
	assert.Empty(t, c.read().header.Values("Date"))
}

func TestBeforeRunsOnceBeforeTheRouteActs(t *testing.T) {
	c := newCounter(nil)
	defer c.Close()
	var seen []int32
	c.Before("read", func() { seen = append(seen, c.effects.Load()) })
	c.add()
	c.read()
	c.read()
	assert.Equal(t, []int32{1}, seen)
}
