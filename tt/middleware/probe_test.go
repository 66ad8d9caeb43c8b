package middleware_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/fake"
	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/middleware"
)

// prober is a System with an optional interface.
type prober struct {
	tt.Unimplemented
	asked int
}

func (p *prober) Probe(context.Context, tt.ProbeRequest) ([]tt.Finding, error) {
	p.asked++
	return []tt.Finding{{Question: "lists", Answer: "at once"}}, nil
}

var probing = tt.ProbeRequest{Objects: []string{"sw-1"}}

func TestAProberStaysOneUnderDecorators(t *testing.T) {
	p := &prober{}
	var seen middleware.Call
	sys := middleware.Intercept(middleware.Intercept(p, through), func(ctx context.Context, call middleware.Call, next func(context.Context) error) error {
		err := next(ctx)
		seen = call
		return err
	})
	found, err := tt.Probe(t.Context(), sys, probing)
	require.NoError(t, err)
	assert.Equal(t, []tt.Finding{{Question: "lists", Answer: "at once"}}, found)
	assert.Equal(t, found, seen.Result())
	assert.Equal(t, probing, seen.Request)
	assert.Equal(t, "Probe", seen.Op)
	assert.False(t, seen.ReadOnly, "it makes something, and removes it")
}

func TestAShutGateKeepsAProbeOut(t *testing.T) {
	p := &prober{}
	shut := tt.Errorf(tt.CodePermissionDenied, tt.NotDone, "shut")
	sys := middleware.Intercept(p, func(context.Context, middleware.Call, func(context.Context) error) error { return shut })
	_, err := tt.Probe(t.Context(), sys, probing)
	assert.Same(t, shut, err)
	assert.Zero(t, p.asked)
}

func TestADecoratorMakesNoProber(t *testing.T) {
	_, err := tt.Probe(t.Context(), middleware.Intercept(fake.New(), through), probing)
	assert.ErrorIs(t, err, tt.ErrUnsupported)
}

func TestLoggingOfAProbeCountsItsFindings(t *testing.T) {
	p := &prober{}
	lines := loggedOver(t, p, func(ctx context.Context, sys tt.System) { _, _ = tt.Probe(ctx, sys, probing) })
	assert.Equal(t, []string{"level=INFO op=Probe duration=0s count=1"}, lines)
}
