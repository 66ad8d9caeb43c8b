package middleware_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/ttkit/ttkit/adapters/fake"
	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/middleware"
	"github.com/ttkit/ttkit/tt/tttest"
)

// What Logging decorates keeps every rule of the contract, and whatever the
// kit does is in the log, in lines that can be read.
func TestADecoratedSystemKeepsEveryRule(t *testing.T) {
	var out bytes.Buffer // which slog writes to under a lock
	logger := slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	tttest.Run(t, tttest.Harness{
		Levels:  tttest.Groups | tttest.Updates | tttest.Faults,
		Objects: []string{"sw1", "sw10", "SW1", "rt-7.msk", "свитч-2", "10.0.0.1"},
		Virtual: true,
		Start: func(context.Context) (*tttest.Backend, error) {
			b := fake.NewBackend()
			return &tttest.Backend{
				Open: func(context.Context) (tt.System, error) {
					return middleware.Logging(b.Open("kit"), logger), nil
				},
				Records:     func() ([]tttest.Record, error) { return records(b), nil },
				Inject:      func(f tttest.Fault) { b.Inject(scripted(f)) },
				ClearFaults: b.ClearFaults,
			}, nil
		},
	})

	seen := map[string]bool{}
	for lines := json.NewDecoder(&out); lines.More(); {
		var line map[string]any
		if !assert.NoError(t, lines.Decode(&line)) {
			break
		}
		op, _ := line["op"].(string)
		seen[op] = true
	}
	for _, method := range methods() {
		assert.True(t, seen[method.Name], "%s is in the log", method.Name)
	}
}

func records(b *fake.Backend) []tttest.Record {
	var list []tttest.Record
	for _, ticket := range b.Tickets() {
		raw, _ := ticket.MarshalJSON()
		r := tttest.Record{ID: ticket.ID, Key: ticket.Key, Open: !ticket.State.Ended(), Objects: ticket.Objects, Raw: string(raw)}
		for _, comment := range ticket.Comments {
			r.Comments = append(r.Comments, comment.Body)
		}
		list = append(list, r)
	}
	return list
}

// scripted turns a fault of a network into one of the fake.
func scripted(f tttest.Fault) fake.Fault {
	out := fake.Fault{Writes: f.Writes, Skip: f.Skip, Times: f.Times, Delay: f.Delay, RetryAfter: f.RetryAfter, Kind: fake.FailAfter}
	switch f.Kind {
	case tttest.Refuse:
		out.Kind = fake.FailBefore
	case tttest.Reset, tttest.StatusBefore:
		out.Kind, out.Err = fake.FailBefore, tt.Errorf(tt.CodeUnavailable, tt.Unknown, "connection reset by peer")
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
