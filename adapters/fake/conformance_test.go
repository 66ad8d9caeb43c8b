package fake_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/ttkit/ttkit/adapters/fake"
	"github.com/ttkit/ttkit/tt"
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
		{name: "an inventory", options: []fake.Option{fake.WithInventory(kitObjects...)}, unknown: "sw99"},
		{name: "no groups", options: []fake.Option{fake.WithoutGroups()}, lacks: tttest.Groups},
		{name: "no updates", options: []fake.Option{fake.WithoutUpdates()}, lacks: tttest.Updates},
		{name: "several at once", options: []fake.Option{
			fake.WithLease(time.Hour), fake.WithLag(lag), fake.WithoutCommentsAfterClose(),
			fake.WithLimits(fake.Limits{Subject: 100, Body: 200, Comment: 150, Comments: 20}), fake.WithInventory(kitObjects...),
		}, lag: lag, unknown: "sw99"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			tttest.Run(t, tttest.Harness{
				Levels:        (tttest.Groups | tttest.Updates | tttest.Faults) &^ test.lacks,
				Objects:       kitObjects,
				UnknownObject: test.unknown,
				Settle:        test.lag,
				Virtual:       true,
				Start: func(context.Context) (*tttest.Backend, error) {
					return kitBackend(fake.NewBackend(test.options...)), nil
				},
			})
		})
	}
}

var kitObjects = []string{"sw1", "sw10", "SW1", "rt-7.msk", "свитч-2", "10.0.0.1"}

// kitBackend shows a backend to the kit.
func kitBackend(b *fake.Backend) *tttest.Backend {
	person := b.Console("carol")
	return &tttest.Backend{
		Open: func(context.Context) (tt.System, error) { return b.Open("kit"), nil },
		OpenNamespace: func(_ context.Context, namespace string) (tt.System, error) {
			return b.Open("kit", fake.WithNamespace(namespace)), nil
		},
		Records:     func() ([]tttest.Record, error) { return kitRecords(b), nil },
		Requests:    func() int { return kitRequests(b) },
		Inject:      func(f tttest.Fault) { b.Inject(kitFault(f)) },
		ClearFaults: b.ClearFaults,
		Foreign:     func(obj string) (string, error) { return person.Create(obj, "made by hand") },
		Remark:      person.Comment,
	}
}

func kitRecords(b *fake.Backend) []tttest.Record {
	var records []tttest.Record
	for _, t := range b.Tickets() {
		r := tttest.Record{
			ID: t.ID, Key: t.Key, Open: !t.State.Ended(), Objects: t.Objects, Raw: fmt.Sprintf("%+v", t),
		}
		for _, c := range t.Comments {
			r.Comments = append(r.Comments, c.Body)
		}
		records = append(records, r)
	}
	return records
}

// kitRequests counts the calls: what people and the clock did has no System,
// and a late commit is the second event of its call.
func kitRequests(b *fake.Backend) (n int) {
	for _, event := range b.History() {
		if event.System != "" && !event.Late {
			n++
		}
	}
	return n
}

// kitFault turns a fault of a network into one of the fake.
func kitFault(f tttest.Fault) fake.Fault {
	g := fake.Fault{Writes: f.Writes, Skip: f.Skip, Times: f.Times, Delay: f.Delay, RetryAfter: f.RetryAfter}
	unavailable := func(what string) error { return tt.Errorf(tt.CodeUnavailable, tt.Unknown, "%s", what) }
	switch f.Kind {
	case tttest.Refuse:
		g.Kind = fake.FailBefore
	case tttest.Reset:
		g.Kind, g.Err = fake.FailBefore, unavailable("connection reset")
	case tttest.StatusBefore:
		g.Kind, g.Err = fake.FailBefore, unavailable("503 from a proxy")
	case tttest.LoseReply, tttest.Truncate:
		g.Kind = fake.FailAfter
	case tttest.StatusAfter:
		g.Kind, g.Err = fake.FailAfter, unavailable("500 from the server")
	case tttest.HTML:
		g.Kind, g.Err = fake.FailAfter, tt.Errorf(tt.CodeInternal, tt.Unknown, "the answer is no JSON")
	case tttest.Slow:
		g.Kind = fake.Slow
	case tttest.Late:
		g.Kind = fake.CommitLate
	case tttest.Throttle:
		g.Kind = fake.Throttle
	case tttest.Twice:
		g.Kind = fake.Twice
	case tttest.Unauthorized:
		g.Kind, g.Err = fake.FailBefore, tt.ErrUnauthenticated
	}
	return g
}
