package zstack_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/zstack"
	"github.com/ttkit/ttkit/adapters/zstack/zstacktest"
	"github.com/ttkit/ttkit/internal/contest"
	"github.com/ttkit/ttkit/tt"
)

// benchPause is what both clients wait before they ask for a job: nothing, but
// as one waits. The job has ended by the time of its first poll.
const benchPause = time.Nanosecond

// benchSession stands for the session, which each simulator names otherwise.
const benchSession = "5e5510e5e5510e45e5510e5e5510e500"

// byHand is the adapter against the bare client. Both have a session that is
// open, and a zone that is known.
var byHand = contest.Contest[*known, *bareClient]{
	Object: "sw-3", Members: [2]string{"sw-11", "sw-12"},
	Simulator: func(t testing.TB) contest.Simulator {
		server := zstacktest.New(zstacktest.Options{})
		session, err := login(server)
		require.NoError(t, err)
		return contest.Simulator{URL: server.URL(), Transport: sessionTransport{server.Client().Transport, session}, Close: server.Close}
	},
	Library: func(base string, transport http.RoundTripper) (tt.System, error) {
		return zstack.New(zstack.Config{
			Common:        tt.Common{BaseURL: base},
			Session:       tt.NewSecret(benchSession),
			ProjectUUID:   zstacktest.DefaultProjectUUID,
			VirtualIDUUID: zstacktest.DefaultVirtualIDUUID,
			Requests:      template(),
			TimeZone:      "Asia/Shanghai",
			Poll:          zstack.Poll{WaitMin: benchPause},
		}, tt.WithHTTPClient(&http.Client{Transport: transport}))
	},
	Client: func(base string, client *http.Client) *bareClient { return &bareClient{http: client, base: base} },
	Warm: func(ctx context.Context, sys tt.System) error { // the first create looks at more
		created, err := sys.CreateTT(ctx, tt.CreateRequest{Queue: "noc", Object: "sw-1", Subject: "first", Key: "first"})
		if err != nil {
			return err
		}
		_, err = sys.CloseTT(ctx, tt.CloseRequest{ID: created.ID, Body: "not needed"})
		return err
	},
	ByHand:       bareCalls,
	JoinTogether: true,
	Learn:        learn,
	Mask: func(x *contest.Exchange) {
		if id := x.Header.Get("X-Job-Uuid"); len(id) == 32 { // the client chooses it
			x.Header.Set("X-Job-Uuid", "JOB")
		}
	},
}

// sessionTransport puts the simulator's session in the place of benchSession.
type sessionTransport struct {
	next    http.RoundTripper
	session string
}

func (s sessionTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "OAuth "+s.session)
	return s.next.RoundTrip(r)
}

func BenchmarkOperations(b *testing.B) { byHand.Benchmark(b) }

func TestAllocationsAreNearThoseOfABareClient(t *testing.T) { byHand.TestAllocations(t) }

func TestTheBareClientMakesTheRequestsOfTheAdapter(t *testing.T) { byHand.TestRequests(t) }
