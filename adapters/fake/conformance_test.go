package fake_test

import (
	"testing"
	"time"

	"github.com/ttkit/ttkit/adapters/fake"
	"github.com/ttkit/ttkit/adapters/fake/faketest"
	"github.com/ttkit/ttkit/tt/tttest"
)

// TestConformance runs the kit over every kind of backend that the options
// make.
func TestConformance(t *testing.T) {
	const lag = 7 * time.Second
	tests := []struct {
		name    string
		options []fake.Option
		lacks   tttest.Level
		lag     time.Duration
		unknown string
	}{
		{name: "default"},
		{name: "lease", options: []fake.Option{fake.WithLease(time.Hour)}},
		{name: "lists that lag", options: []fake.Option{fake.WithLag(lag)}, lag: lag},
		{name: "closes that are pending for a while", options: []fake.Option{fake.WithPendingClose(2 * time.Second)}},
		{name: "no comments after close", options: []fake.Option{fake.WithoutCommentsAfterClose()}},
		{name: "limits", options: []fake.Option{fake.WithLimits(fake.Limits{Subject: 100, Body: 200, Comment: 150, Comments: 20})}},
		{name: "an inventory", options: []fake.Option{fake.WithInventory(faketest.Objects()...)}, unknown: "sw99"},
		{name: "no groups", options: []fake.Option{fake.WithoutGroups()}, lacks: tttest.Groups},
		{name: "no updates", options: []fake.Option{fake.WithoutUpdates()}, lacks: tttest.Updates},
		{name: "several at once", options: []fake.Option{
			fake.WithLease(time.Hour), fake.WithLag(lag), fake.WithoutCommentsAfterClose(),
			fake.WithLimits(fake.Limits{Subject: 100, Body: 200, Comment: 150, Comments: 20}), fake.WithInventory(faketest.Objects()...),
		}, lag: lag, unknown: "sw99"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h := faketest.Harness(nil, test.options...)
			h.Levels &^= test.lacks
			h.UnknownObject, h.Settle = test.unknown, test.lag
			tttest.Run(t, h)
		})
	}
}
