package tttest_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/ttkit/ttkit/adapters/fake"
	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/tttest"
)

const everyLevel = tttest.Groups | tttest.Updates | tttest.Faults

// objects hold a prefix of another, and two that differ in letter case.
var objects = []string{"sw1", "sw10", "SW1", "rt-7.msk", "свитч-2", "10.0.0.1"}

// onFake is a harness over the fake; wrap may break its Systems.
func onFake(wrap func(tt.System) tt.System, options ...fake.Option) tttest.Harness {
	return tttest.Harness{
		Levels: everyLevel, Objects: objects, Secrets: []string{"hunter2/+secret"}, Virtual: true,
		Start: func(context.Context) (*tttest.Backend, error) {
			b := fake.NewBackend(options...)
			open := func(options ...fake.OpenOption) (tt.System, error) { return wrap(b.Open("kit", options...)), nil }
			return &tttest.Backend{
				Open: func(context.Context) (tt.System, error) { return open() },
				OpenNamespace: func(_ context.Context, namespace string) (tt.System, error) {
					return open(fake.WithNamespace(namespace))
				},
				Records:     func() ([]tttest.Record, error) { return recordsOf(b), nil },
				Requests:    func() int { return requestsOf(b) },
				Inject:      func(f tttest.Fault) { b.Inject(scripted(f)) },
				ClearFaults: b.ClearFaults,
				Foreign:     func(obj string) (string, error) { return b.Console("carol").Create(obj, "made by hand") },
				Remark:      func(id, body string) error { return b.Console("carol").Comment(id, body) },
			}, nil
		},
	}
}

// twinMark begins what a broken System adds to a key, so that the fake, which
// enforces keys, takes a second ticket of it.
const twinMark = "\ue000"

func honest(sys tt.System) tt.System { return sys }

func recordsOf(b *fake.Backend) []tttest.Record {
	var records []tttest.Record
	for _, t := range b.Tickets() {
		raw, _ := t.MarshalJSON()
		key, _, _ := strings.Cut(t.Key, twinMark)
		r := tttest.Record{ID: t.ID, Key: key, Open: !t.State.Ended(), Objects: t.Objects, Raw: string(raw)}
		for _, c := range t.Comments {
			r.Comments = append(r.Comments, c.Body)
		}
		records = append(records, r)
	}
	return records
}

// requestsOf counts the calls that reached the backend: not what people, the
// clock and late commits did.
func requestsOf(b *fake.Backend) (n int) {
	for _, event := range b.History() {
		if event.Login == "" && !event.Late && event.Op != "expire" && event.Op != "close" {
			n++
		}
	}
	return n
}

// scripted turns a fault of a network into one of the fake.
func scripted(f tttest.Fault) fake.Fault {
	unknown := tt.Errorf(tt.CodeUnavailable, tt.Unknown, "connection reset by peer")
	out := fake.Fault{Writes: f.Writes, Skip: f.Skip, Times: f.Times, Delay: f.Delay, RetryAfter: f.RetryAfter}
	switch f.Kind {
	case tttest.Refuse:
		out.Kind = fake.FailBefore
	case tttest.Reset, tttest.StatusBefore:
		out.Kind, out.Err = fake.FailBefore, unknown
	case tttest.LoseReply, tttest.Truncate, tttest.StatusAfter, tttest.HTML:
		out.Kind = fake.FailAfter
	case tttest.Slow:
		out.Kind = fake.Slow
	case tttest.Late:
		out.Kind = fake.CommitLate
	case tttest.Throttle:
		out.Kind = fake.Throttle
	case tttest.Twice:
		out.Kind = fake.Twice
	case tttest.Unauthorized:
		out.Kind, out.Err = fake.FailBefore, tt.Errorf(tt.CodeUnauthenticated, tt.NotDone, "the token has expired")
	}
	return out
}

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
