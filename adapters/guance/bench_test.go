package guance_test

import (
	"fmt"
	"net/http"
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/ttkit/ttkit/adapters/guance"
	"github.com/ttkit/ttkit/adapters/guance/guancetest"
	"github.com/ttkit/ttkit/internal/contest"
	"github.com/ttkit/ttkit/tt"
)

func TestMain(m *testing.M) {
	contest.ReplayIfAsked()
	base := os.Getenv(creator)
	if base == "" {
		os.Exit(m.Run())
	}
	if err := createOnce(base, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// byHand is the adapter against the bare client. Not in the measure is what
// the adapter does later and in the background: with window 0 nothing is read
// back, and the verification that follows a create is put off by the setting
// late, until long after the end.
var byHand = contest.Contest[*known, *bareClient]{
	Object: "sw-3.msk.example.net", Members: [2]string{"sw-11.msk.example.net", "sw-12.msk.example.net"},
	Simulator: func(testing.TB) contest.Simulator {
		server := newServer(guancetest.Knobs{})
		return contest.Simulator{URL: server.URL(), Transport: server.Client().Transport, Close: server.Close}
	},
	Library: func(base string, transport http.RoundTripper) (tt.System, error) {
		return guance.New(guance.Config{
			Common: tt.Common{BaseURL: base, Window: tt.Off, Late: 24 * time.Hour},
			APIKey: tt.NewSecret(apiKey), Targets: []string{benchTarget},
			Rate: guance.Rate{Requests: tt.Off},
		}, tt.WithHTTPClient(&http.Client{Transport: transport}))
	},
	Client: func(base string, client *http.Client) *bareClient {
		return &bareClient{http: client, base: base, key: apiKey}
	},
	ByHand: bareCalls,
	Learn:  learn,
	Mask:   func(x *contest.Exchange) { x.Sent = aTime.ReplaceAllString(x.Sent, `"$1":TIME`) },
}

var aTime = regexp.MustCompile(`"(start|end)":\d+`)

func BenchmarkOperations(b *testing.B) { byHand.Benchmark(b) }

func TestAllocationsAreNearThoseOfABareClient(t *testing.T) { byHand.TestAllocations(t) }

func TestTheBareClientMakesTheRequestsOfTheAdapter(t *testing.T) { byHand.TestRequests(t) }
