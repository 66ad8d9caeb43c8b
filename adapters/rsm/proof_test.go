package rsm_test

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/rsm"
	"github.com/ttkit/ttkit/adapters/rsm/rsmtest"
	"github.com/ttkit/ttkit/internal/proof"
	"github.com/ttkit/ttkit/tt"
)

// posting follows one CreateTT: posted is set when it has sent a create.
type posting struct{ posted atomic.Bool }

type postingKey struct{}

// following is a System whose creates can be followed.
type following struct{ *rsm.System }

func (f following) CreateTT(ctx context.Context, req tt.CreateRequest) (tt.Created, error) {
	return f.System.CreateTT(context.WithValue(ctx, postingKey{}, &posting{}), req)
}

// follower is the transport that sees creates being sent.
type follower struct{ http.RoundTripper }

func (f follower) RoundTrip(r *http.Request) (*http.Response, error) {
	if p, ok := r.Context().Value(postingKey{}).(*posting); ok && r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/rsm-maintenance") {
		p.posted.Store(true)
	}
	return f.RoundTripper.RoundTrip(r)
}

// beforePost reports whether a look-up comes before the call has sent a create.
func beforePost(ctx context.Context) bool {
	p, ok := ctx.Value(postingKey{}).(*posting)
	return ok && !p.posted.Load()
}

// run makes a run of the proof in this process, where time costs nothing, with
// Systems that change has changed.
func run(t *testing.T, seed uint64, creators int, change func(*rsm.System)) *proof.Report {
	t.Helper()
	const lag = time.Second
	kit, server := startServer(rsmtest.Knobs{ListLag: lag, CommitDelay: lag, IDs: rsmtest.IDsBlocks}, nil)
	defer server.Close()
	b := &proof.Backend{Backend: *kit, Name: "rsm", Settle: server.Settle}
	b.Open = func(context.Context) (tt.System, error) {
		sys, err := rsm.New(rsm.Config{
			Common: tt.Common{BaseURL: server.URL(), Late: late, Settle: settle, Window: window},
			Token:  tt.NewSecret(token),
		}, tt.WithHTTPClient(&http.Client{Transport: follower{server.Client().Transport}}))
		if err == nil && change != nil {
			change(sys)
		}
		return following{sys}, err
	}
	b.Lives = func() ([]proof.Life, error) {
		var lives []proof.Life
		modes := server.Modes()
		for i, r := range records(server) {
			life := proof.Life{Record: r, From: modes[i].Created, To: modes[i].Ended}
			if !r.Open && life.To.IsZero() {
				life.To = modes[i].End
			}
			lives = append(lives, life)
		}
		return lives, nil
	}
	report, err := proof.Run(t.Context(), b, proof.Setup{
		Plan: proof.Plan{
			Seed: seed, Episodes: 60, Workers: 3, Creators: creators, Objects: objects, Every: time.Second, Parallel: 30,
			Times: proof.Times{Timeout: 30 * time.Second, Call: 5 * time.Minute, Commit: late / 2, Late: late, Settle: settle, Window: window, Lag: lag},
		},
		Rate: 0.3, Dir: t.TempDir(),
		Slack: 3 * time.Minute, // the requests that end a duplicate are struck, too, and each may take half a minute
	})
	require.NoError(t, err)
	t.Log("\n" + proof.Columns + "\n" + report.Row())
	return report
}

// Each protection is needed: a run fails without it, and for the reason that
// it is there.
func TestTheProofMissesEveryProtection(t *testing.T) {
	for _, row := range []struct {
		rule     string
		creators int
		change   func(*rsm.System)
		broken   proof.What // "": the run is as promised
	}{
		{"with all of them a key with one creator is one ticket", 1, nil, ""},
		{"and one with several creators becomes one", 3, nil, ""},
		{"the look-up before a create", 1, func(s *rsm.System) { s.WithoutLookUp(beforePost) }, proof.Doubled},
		{"the election after a create", 3, (*rsm.System).WithoutElection, proof.LeftOpen},
		{"the read-back after a change", 1, (*rsm.System).WithoutReadBack, proof.RemarkLost},
	} {
		t.Run(row.rule, func(t *testing.T) {
			// In some runs no fault strikes where the protection is missing.
			for seed := range uint64(10) {
				var report *proof.Report
				synctest.Test(t, func(t *testing.T) { report = run(t, seed, row.creators, row.change) })
				if row.broken == "" {
					assert.NoError(t, report.Err())
					return
				}
				if report.Err() != nil {
					assert.ErrorContains(t, report.Err(), string(row.broken))
					return
				}
			}
			t.Error("nothing was missed")
		})
	}
}
