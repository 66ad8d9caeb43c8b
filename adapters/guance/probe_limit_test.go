package guance_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/guance"
	"github.com/ttkit/ttkit/adapters/guance/guancetest"
	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/tttest"
)

func TestAProbeFitsIntoTheLimitOfAKey(t *testing.T) {
	limited := func(c *guance.Config) { c.Rate = guance.Rate{} }
	for _, row := range []struct {
		name  string
		limit int
		most  time.Duration
	}{{"the vendor's", 20, time.Minute}, {"a low one", 5, 6 * time.Minute}, {"the lowest", 1, 30 * time.Minute}} {
		t.Run(row.name, func(t *testing.T) {
			probeOn(t, guancetest.Knobs{}, func(c *guance.Config) { limited(c); c.Rate.Requests = row.limit }, func(ctx context.Context, server *guancetest.Server, sys tt.System) {
				server.SetLimits(guancetest.Limits{Key: row.limit})
				began := time.Now()
				_, err := tt.Probe(ctx, sys, probing)
				require.NoError(t, err)
				assert.LessOrEqual(t, time.Since(began), row.most)
				usage := server.Usage(apiKey)
				assert.Zero(t, usage.Refused)
				assert.Equal(t, 20, usage.Calls)
				assert.Empty(t, leftovers(server))
			})
		})
	}
}

// The calls that clean up are in hand, however many others wait for theirs.
func TestAProbeCleansUpBeforeOthersHaveTheirCalls(t *testing.T) {
	probeOn(t, guancetest.Knobs{}, func(c *guance.Config) { c.Rate = guance.Rate{} }, func(ctx context.Context, server *guancetest.Server, sys tt.System) {
		server.SetLimits(guancetest.VendorLimits())
		var others sync.WaitGroup
		server.Before("get", func() {
			for range 40 {
				others.Go(func() { _, _ = sys.ListTTs(ctx, tt.ListRequest{}) })
			}
			time.Sleep(time.Millisecond) // they are in the queue
		})
		server.Inject(tttest.Fault{Kind: tttest.Unauthorized, Route: "modify"})
		began := time.Now()
		_, err := tt.Probe(ctx, sys, probing)
		require.ErrorIs(t, err, tt.ErrUnauthenticated)
		assert.Less(t, time.Since(began), 10*time.Second)
		assert.Empty(t, leftovers(server))
		others.Wait()
		assert.Zero(t, server.Usage(apiKey).Refused)
	})
}

func TestAProbeThatFindsNoRoomInTimeCleansUp(t *testing.T) {
	probeOn(t, guancetest.Knobs{}, func(c *guance.Config) { c.Rate = guance.Rate{} }, func(ctx context.Context, server *guancetest.Server, sys tt.System) {
		for range 4 {
			_, err := sys.ListTTs(ctx, tt.ListRequest{})
			require.NoError(t, err)
		}
		ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
		defer cancel()
		found, err := tt.Probe(ctx, sys, probing)
		require.ErrorIs(t, err, tt.ErrRateLimited)
		assert.NotEmpty(t, found)
		assert.Empty(t, leftovers(server))
	})
}

func TestAProbeTellsOfALimitThatItMet(t *testing.T) {
	probeOn(t, guancetest.Knobs{}, nil, func(ctx context.Context, server *guancetest.Server, sys tt.System) {
		server.Inject(tttest.Fault{Kind: tttest.Throttle, Skip: 7, RetryAfter: time.Second})
		found, err := tt.Probe(ctx, sys, probing)
		require.NoError(t, err)
		assert.Equal(t, "reached, with a time to wait", answerTo(found, "rate limit").Answer)
	})
}
