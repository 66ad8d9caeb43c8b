package rest

import (
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/tt"
)

func TestOneBudgetForAllRequestsOfAnOperation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &answers{replies: []string{reply(503, "busy")}}
		c := newClient(t, a.network().client(t)) // 5 attempts: 4 repeats
		ctx := c.Operation(t.Context())
		assert.Equal(t, ctx, c.Operation(ctx), "an operation inside an operation has the same budget")

		require.True(t, c.Spend(ctx))
		_, err := c.Do(ctx, Request{Path: "/first"})
		failure(t, err)
		assert.Len(t, a.requests(), 4, "one repeat was spent before")
		_, err = c.Do(ctx, Request{Path: "/second"})
		failure(t, err)
		assert.Len(t, a.requests(), 5, "a request is made, its repeats are used up")
		assert.False(t, c.Spend(ctx))

		_, err = c.Do(c.Operation(t.Context()), Request{Path: "/other"})
		failure(t, err)
		assert.Len(t, a.requests(), 10, "the next operation has its own budget")

		other := newClient(t, a.network().client(t))
		_, err = other.Do(ctx, Request{Path: "/x"})
		failure(t, err)
		assert.Len(t, a.requests(), 15, "another system's operation has its own budget")
	})
}

func TestAStormsRepeatsStayUnderATenth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &answers{replies: []string{reply(503, "busy")}}
		c := newClient(t, a.network().client(t), func(cfg *Config) { cfg.Retry.MaxAttempts = 2 })
		for range 100 {
			_, err := c.Do(t.Context(), Request{Path: "/x"})
			failure(t, err)
		}
		assert.Len(t, a.requests(), 110, "ten repeats for a hundred failures")
		ctx := c.Operation(t.Context())
		require.False(t, c.Spend(ctx))
		require.False(t, c.Spend(ctx), "an empty bucket takes nothing from the operation")

		a.mu.Lock()
		a.replies = []string{reply(200, "")}
		a.mu.Unlock()
		for range 9 {
			_, err := c.Do(t.Context(), Request{Path: "/x"})
			require.NoError(t, err)
		}
		assert.False(t, c.Spend(t.Context()), "nine successes earn no repeat")
		_, err := c.Do(t.Context(), Request{Path: "/x"})
		require.NoError(t, err)
		assert.True(t, c.Spend(ctx), "ten earn one")
		assert.False(t, c.Spend(ctx))
		for range 1000 {
			_, err := c.Do(t.Context(), Request{Path: "/x"})
			require.NoError(t, err)
		}
		n := 0
		for c.Spend(t.Context()) {
			n++
		}
		assert.Equal(t, 10, n, "the bucket holds ten")
	})
}

func TestBudgetsAreExactUnderConcurrency(t *testing.T) {
	c := newClient(t, nil, func(cfg *Config) { cfg.Retry = tt.Retry{MaxAttempts: 8} })
	ctx := c.Operation(t.Context())
	var granted atomic.Int32
	var work sync.WaitGroup
	for range 16 {
		work.Go(func() {
			for range 4 {
				if c.Spend(ctx) {
					granted.Add(1)
				}
				c.bucket.refill()
			}
		})
	}
	work.Wait()
	assert.EqualValues(t, 7, granted.Load())
}
