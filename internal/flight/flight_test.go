package flight

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/tt"
)

func inBubble(t *testing.T, name string, f func(t *testing.T, g *Group)) {
	t.Run(name, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { f(t, &Group{}) })
	})
}

func TestRun(t *testing.T) {
	inBubble(t, "a step that lands in time gives its result", func(t *testing.T, g *Group) {
		v, err := Run(t.Context(), g, &Status{}, func(context.Context) (int, error) { return 7, nil })
		require.NoError(t, err)
		assert.Equal(t, 7, v)
	})

	inBubble(t, "a caller who leaves learns what is known, and the step runs on", func(t *testing.T, g *Group) {
		ctx, cancel := context.WithCancel(t.Context())
		var status Status
		landed := false
		time.AfterFunc(time.Second, cancel)
		began := time.Now()
		_, err := Run(ctx, g, &status, func(ctx context.Context) (int, error) {
			status.Set(tt.Done, "731")
			time.Sleep(5 * time.Second)
			landed = ctx.Err() == nil
			return 0, nil
		})
		assert.Equal(t, time.Second, time.Since(began))
		var e *tt.Error
		require.ErrorAs(t, err, &e)
		assert.Equal(t, tt.CodeCanceled, e.Code)
		assert.Equal(t, tt.Done, e.Outcome)
		assert.Equal(t, "731", e.TicketID)
		assert.ErrorIs(t, err, context.Canceled)
		assert.NotErrorIs(t, err, tt.ErrTemporary)
		require.NoError(t, g.Wait(t.Context()))
		assert.True(t, landed)
	})

	inBubble(t, "the step ends when its grace is over", func(t *testing.T, g *Group) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		_, err := Run(ctx, g, &Status{}, func(ctx context.Context) (int, error) {
			<-ctx.Done()
			return 0, ctx.Err()
		})
		assert.ErrorIs(t, err, tt.ErrTemporary, "a deadline may be longer next time")
		require.NoError(t, g.Wait(t.Context()))
		assert.Equal(t, time.Second+Grace, time.Since(began))
	})

	inBubble(t, "Abort ends the step at once", func(t *testing.T, g *Group) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		began := time.Now()
		_, err := Run(ctx, g, &Status{}, func(ctx context.Context) (int, error) {
			<-ctx.Done()
			return 0, ctx.Err()
		})
		require.Error(t, err)
		g.Abort()
		require.NoError(t, g.Wait(t.Context()))
		assert.Zero(t, time.Since(began))
	})
}

func TestGroup(t *testing.T) {
	inBubble(t, "Wait gives up with its context", func(t *testing.T, g *Group) {
		done := g.Add()
		defer done()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		assert.ErrorIs(t, g.Wait(ctx), context.DeadlineExceeded)
	})

	inBubble(t, "Wait sees work that begins while it waits", func(t *testing.T, g *Group) {
		done := g.Add()
		began := time.Now()
		time.AfterFunc(time.Second, func() {
			more := g.Add()
			done()
			time.AfterFunc(time.Second, more)
		})
		require.NoError(t, g.Wait(t.Context()))
		assert.Equal(t, 2*time.Second, time.Since(began))
	})

	inBubble(t, "Wait waits for a call that has entered", func(t *testing.T, g *Group) {
		require.NoError(t, g.Enter())
		time.AfterFunc(time.Second, g.Leave)
		began := time.Now()
		g.Close()
		require.NoError(t, g.Wait(t.Context()))
		assert.Equal(t, time.Second, time.Since(began))
	})

	inBubble(t, "after Close nothing begins", func(t *testing.T, g *Group) {
		require.NoError(t, g.Enter())
		g.Leave()
		assert.True(t, g.Close())
		assert.False(t, g.Close())
		assert.True(t, errors.Is(g.Enter(), tt.ErrInvalid))
	})
}
