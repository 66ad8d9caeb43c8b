package tttest_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/ttkit/ttkit/adapters/fake"
	"github.com/ttkit/ttkit/adapters/fake/faketest"
	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/tttest"
)

const everyLevel = tttest.Groups | tttest.Updates | tttest.Faults

var objects = faketest.Objects()

// onFake is a harness over the fake; wrap may break its Systems.
func onFake(wrap func(tt.System) tt.System, options ...fake.Option) tttest.Harness {
	h := faketest.Harness(wrap, options...)
	h.Secrets = []string{"hunter2/+secret"}
	start := h.Start
	h.Start = func(ctx context.Context) (*tttest.Backend, error) {
		b, err := start(ctx)
		if err != nil {
			return nil, err
		}
		records := b.Records
		b.Records = func() ([]tttest.Record, error) {
			all, err := records()
			for i := range all {
				all[i].Key, _, _ = strings.Cut(all[i].Key, twinMark)
			}
			return all, err
		}
		return b, nil
	}
	return h
}

// twinMark begins what a broken System adds to a key, so that the fake, which
// enforces keys, takes a second ticket of it.
const twinMark = "\ue000"

func honest(sys tt.System) tt.System { return sys }

func TestTheFakeKeepsEveryRule(t *testing.T) { tttest.Run(t, onFake(honest)) }

func TestTheFakeKeepsEveryRuleWhateverItsOptions(t *testing.T) {
	for name, options := range map[string][]fake.Option{
		"lease":                   {fake.WithLease(168 * time.Hour)},
		"pending close":           {fake.WithPendingClose(5 * time.Second)},
		"no groups and updates":   {fake.WithoutGroups(), fake.WithoutUpdates()},
		"comments end with close": {fake.WithoutCommentsAfterClose()},
		"inventory":               {fake.WithInventory(objects...)},
		"limits":                  {fake.WithLimits(fake.Limits{Subject: 200, Body: 1000, Comment: 500, Comments: 40})},
		"lag":                     {fake.WithLag(4 * time.Second)},
	} {
		t.Run(name, func(t *testing.T) {
			h := onFake(honest, options...)
			switch name {
			case "no groups and updates":
				h.Levels = tttest.Faults
			case "inventory":
				h.UnknownObject = "no-such-object"
			case "lag":
				h.Settle = 5 * time.Second
			}
			tttest.Run(t, h)
		})
	}
}
