package rsm_test

import (
	"context"
	"net/http"
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/ttkit/ttkit/adapters/rsm"
	"github.com/ttkit/ttkit/adapters/rsm/rsmtest"
	"github.com/ttkit/ttkit/internal/contest"
	"github.com/ttkit/ttkit/tt"
)

func TestMain(m *testing.M) {
	contest.ReplayIfAsked()
	os.Exit(m.Run())
}

// byHand is the adapter against the bare client. Not in the measure is what
// the adapter does later and in the background: with window 0 nothing is read
// back, and the verification that follows a create is put off by the setting
// late, until long after the end.
var byHand = contest.Contest[*known, *bareClient]{
	Object: "3", Members: [2]string{"11", "12"},
	Simulator: func(testing.TB) contest.Simulator {
		server := rsmtest.New(rsmtest.Options{Tokens: []rsmtest.Token{{Value: token}}})
		return contest.Simulator{URL: server.URL(), Transport: server.Client().Transport, Close: server.Close}
	},
	Library: func(base string, transport http.RoundTripper) (tt.System, error) {
		return rsm.New(rsm.Config{
			Common: tt.Common{BaseURL: base, Window: tt.Off, Late: 24 * time.Hour},
			Token:  tt.NewSecret(token),
		}, tt.WithHTTPClient(&http.Client{Transport: transport}))
	},
	Client: func(base string, client *http.Client) *bareClient {
		return &bareClient{http: client, base: base, token: token}
	},
	Warm: func(ctx context.Context, sys tt.System) error { // the config items, which it remembers
		for _, object := range []string{"3", "11", "12"} {
			if _, err := sys.GetObjectTTs(ctx, object); err != nil {
				return err
			}
		}
		return nil
	},
	ByHand: bareCalls,
	Learn:  learn,
	Mask:   func(x *contest.Exchange) { x.Sent = aTime.ReplaceAllString(x.Sent, "TIME") },
}

var aTime = regexp.MustCompile(`\d{4}-\d\d-\d\dT[0-9:.]+(Z|[+-]\d\d:\d\d)`)

func BenchmarkOperations(b *testing.B) { byHand.Benchmark(b) }

func TestAllocationsAreNearThoseOfABareClient(t *testing.T) { byHand.TestAllocations(t) }

func TestTheBareClientMakesTheRequestsOfTheAdapter(t *testing.T) { byHand.TestRequests(t) }
