package zstack

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/zstack/zstacktest"
	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/tttest"
)

// atWork opens a System over a simulator and tags a ticket of a person: one
// asynchronous call.
func atWork(t *testing.T, opts zstacktest.Options, play func(server *zstacktest.Server, s *System, call func() error)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		server := zstacktest.New(opts)
		defer server.Close()
		id, err := server.Open(zstacktest.Ticket{Name: "a person's"})
		require.NoError(t, err)
		s, err := New(Config{
			Common:        tt.Common{BaseURL: server.URL()},
			IAM2:          IAM2{VirtualID: zstacktest.DefaultVirtualID, Password: tt.NewSecret(zstacktest.DefaultVirtualIDPassword), Project: zstacktest.DefaultProject},
			ProjectUUID:   zstacktest.DefaultProjectUUID,
			VirtualIDUUID: zstacktest.DefaultVirtualIDUUID,
			Requests:      []map[string]any{{"apiName": "x", "apiBody": map[string]any{"systemTags": []any{validationOnly}}}},
		}, tt.WithHTTPClient(server.Client()))
		require.NoError(t, err)
		var body tagBody
		body.Params.Type, body.Params.Resource, body.Params.Tag = ticketResource, id, "x"
		play(server, s, func() error {
			return s.do(s.client.Operation(context.Background()), work{method: http.MethodPost, path: pathUserTags, body: body})
		})
		server.ClearFaults()
		require.NoError(t, s.Shutdown(context.Background()))
	})
}

// polled returns when the job was asked for, after it was accepted.
func polled(server *zstacktest.Server) (at []time.Duration) {
	var accepted time.Time
	for _, r := range server.Requests() {
		switch r.Route {
		case "tag":
			accepted = r.Time
		case "job":
			at = append(at, r.Time.Sub(accepted))
		}
	}
	return at
}

func TestAJobIsAskedForSoonAndThenLessOften(t *testing.T) {
	ms := func(n ...float64) (out []time.Duration) {
		for _, f := range n {
			out = append(out, time.Duration(f*float64(time.Millisecond)))
		}
		return out
	}
	for length, want := range map[time.Duration][]time.Duration{
		0:                      ms(90),
		50 * time.Millisecond:  ms(90),
		150 * time.Millisecond: ms(90, 180),
		600 * time.Millisecond: ms(90, 180, 270, 360, 480, 640),
	} {
		atWork(t, zstacktest.Options{Knobs: zstacktest.Knobs{JobTime: length}}, func(server *zstacktest.Server, _ *System, call func() error) {
			require.NoError(t, call())
			assert.Equal(t, want, polled(server), "a job of %s", length)
		})
	}
	atWork(t, zstacktest.Options{Knobs: zstacktest.Knobs{JobTime: 29 * time.Second}}, func(server *zstacktest.Server, s *System, call func() error) {
		require.NoError(t, call())
		at := polled(server)
		for i := 1; i < len(at); i++ {
			assert.LessOrEqual(t, at[i]-at[i-1], s.poll.WaitMax)
		}
		assert.Less(t, len(at), 30)
	})
}

func TestAJobThatSticksIsNotAskedForForEver(t *testing.T) {
	atWork(t, zstacktest.Options{}, func(server *zstacktest.Server, s *System, call func() error) {
		server.InjectJob(zstacktest.JobFault{Kind: zstacktest.JobSticks})
		began := time.Now()
		err := call()
		require.ErrorIs(t, err, tt.ErrUnavailable)
		assert.Equal(t, tt.Unknown, asError(err).Outcome)
		assert.ErrorContains(t, err, "poll.limit")
		assert.Equal(t, s.poll.Limit, time.Since(began))
	})
}

// What the server has accepted is found by the id that was chosen here,
// however its answer was lost.
func TestAnAcceptedJobIsFoundWithoutItsAnswer(t *testing.T) {
	for _, kind := range []tttest.FaultKind{tttest.LoseReply, tttest.Truncate, tttest.HTML, tttest.StatusAfter, tttest.Twice, tttest.Slow} {
		atWork(t, zstacktest.Options{}, func(server *zstacktest.Server, _ *System, call func() error) {
			server.Inject(tttest.Fault{Kind: kind, Route: "tag", Delay: 40 * time.Second, Status: 500})
			require.NoError(t, call(), "%s", kind)
			assert.Len(t, server.Tags(""), 1)
			ids := map[string]bool{}
			for _, j := range server.Jobs() {
				ids[j.ID] = true
			}
			assert.Len(t, ids, 1, "%s", kind)
		})
	}
}

func TestACallThatWasNeverAcceptedSaysSo(t *testing.T) {
	atWork(t, zstacktest.Options{}, func(server *zstacktest.Server, _ *System, call func() error) {
		server.Inject(tttest.Fault{Kind: tttest.Reset, Route: "tag"})
		err := call()
		require.ErrorIs(t, err, tt.ErrUnavailable)
		assert.Equal(t, tt.Unknown, asError(err).Outcome, "it may still arrive")
		assert.Empty(t, server.Tags(""))
	})
	atWork(t, zstacktest.Options{}, func(server *zstacktest.Server, _ *System, call func() error) {
		server.Inject(tttest.Fault{Kind: tttest.Refuse, Route: "tag", Times: -1})
		err := call()
		require.ErrorIs(t, err, tt.ErrUnavailable)
		assert.Equal(t, tt.NotDone, asError(err).Outcome)
		assert.Empty(t, polled(server), "there is no job to ask for")
	})
}

// Questions about a job are repeated when they fail, and only then.
func TestAPollThatFailsIsRepeated(t *testing.T) {
	for _, kind := range []tttest.FaultKind{tttest.LoseReply, tttest.Truncate, tttest.HTML, tttest.StatusBefore, tttest.Refuse, tttest.Throttle} {
		atWork(t, zstacktest.Options{}, func(server *zstacktest.Server, _ *System, call func() error) {
			server.Inject(tttest.Fault{Kind: kind, Route: "job", Times: 2, Status: 503, RetryAfter: time.Second})
			require.NoError(t, call(), "%s", kind)
		})
	}
	atWork(t, zstacktest.Options{}, func(server *zstacktest.Server, _ *System, call func() error) {
		server.InjectJob(zstacktest.JobFault{Kind: zstacktest.JobFails, Route: "tag"})
		err := call()
		require.Error(t, err)
		assert.Equal(t, codeInternal, asError(err).VendorCode)
		assert.Len(t, polled(server), 1, "the job has spoken")
	})
}
