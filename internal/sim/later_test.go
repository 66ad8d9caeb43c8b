package sim_test

import (
	"context"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/internal/sim"
	"github.com/ttkit/ttkit/tt/tttest"
)

func TestSlowRepliesAfterItsDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCounter(nil)
		defer c.Close()
		c.Inject(tttest.Fault{Kind: tttest.Slow, Delay: 7 * time.Second})
		began := time.Now()
		go func() {
			time.Sleep(time.Second)
			assert.EqualValues(t, 1, c.effects.Load(), "it acts at once")
		}()
		assert.Equal(t, 201, c.add().status)
		assert.Equal(t, 7*time.Second, time.Since(began))
	})
}

func TestSlowActsAlthoughTheClientGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCounter(nil)
		defer c.Close()
		c.Inject(tttest.Fault{Kind: tttest.Slow, Delay: time.Hour})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, "POST", c.URL()+"/add", nil)
		require.NoError(t, err)
		_, err = c.Client().Do(req)
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.EqualValues(t, 1, c.effects.Load())
	})
}

func TestLateActsAfterItsDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCounter(nil)
		defer c.Close()
		c.Inject(tttest.Fault{Kind: tttest.Late, Delay: 30 * time.Second})
		began := time.Now()
		require.Error(t, c.add().err)
		assert.Zero(t, time.Since(began), "the connection is cut at once")

		time.Sleep(30*time.Second - 1)
		assert.Zero(t, c.effects.Load())
		assert.Zero(t, c.Requests()[0].Acted)
		time.Sleep(2 * time.Nanosecond)
		assert.EqualValues(t, 1, c.effects.Load())
		assert.Equal(t, 1, c.Requests()[0].Acted)
		assert.Equal(t, 201, c.Requests()[0].Result)
		assert.Zero(t, c.Requests()[0].Status, "nobody heard of it")
	})
}

func TestSettleLetsWhatIsLateArriveNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var order []string
		c := newCounter(func(v *sim.Vendor) {
			v.Handler = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				order = append(order, string(body))
			})
		})
		defer c.Close()
		for _, d := range []time.Duration{3 * time.Hour, time.Hour, 2 * time.Hour} {
			c.Inject(tttest.Fault{Kind: tttest.Late, Delay: d})
			require.Error(t, ask(c.Client(), "POST", c.URL()+"/add", d.String()).err)
		}
		began := time.Now()
		c.Settle()
		assert.Zero(t, time.Since(began))
		assert.Equal(t, []string{"1h0m0s", "2h0m0s", "3h0m0s"}, order, "in the order in which they are due")
		time.Sleep(4 * time.Hour)
		assert.Len(t, order, 3, "none arrives again")
	})
}

func TestSettleWaitsForWhatIsArriving(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c *counter
		c = newCounter(func(v *sim.Vendor) {
			act := v.Handler
			v.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if c.Sleep(time.Minute) {
					act.ServeHTTP(w, r)
				}
			})
		})
		defer c.Close()
		c.Inject(tttest.Fault{Kind: tttest.Late, Delay: time.Second})
		require.Error(t, c.add().err)
		time.Sleep(2 * time.Second) // it has begun
		c.Settle()
		assert.EqualValues(t, 1, c.effects.Load())
	})
}

func TestCloseDropsWhatIsStillOnItsWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCounter(nil)
		c.Inject(tttest.Fault{Kind: tttest.Late, Delay: time.Second})
		require.Error(t, c.add().err)
		c.Close()
		c.Settle()
		time.Sleep(time.Minute)
		assert.Zero(t, c.effects.Load())
	})
}
