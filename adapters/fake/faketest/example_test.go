package faketest_test

import (
	"log/slog"
	"testing"

	"github.com/ttkit/ttkit/adapters/fake/faketest"
	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/middleware"
	"github.com/ttkit/ttkit/tt/tttest"
)

func quietly(sys tt.System) tt.System { return middleware.Logging(sys, slog.New(slog.DiscardHandler)) }

// The conformance test of a decorator.
func ExampleHarness() {
	_ = func(t *testing.T) {
		tttest.Run(t, faketest.Harness(quietly))
	}
}
