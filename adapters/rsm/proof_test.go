package rsm_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ttkit/ttkit/adapters/rsm"
	"github.com/ttkit/ttkit/adapters/rsm/rsmtest"
	"github.com/ttkit/ttkit/internal/proof"
	"github.com/ttkit/ttkit/internal/proof/prooftest"
	"github.com/ttkit/ttkit/tt"
)

// lag is of the simulator's lists and creates.
const lag = time.Second

// provable is a simulator for the proof, with Systems that change has changed.
func provable(change func(*rsm.System)) *proof.Backend {
	kit, server := startServer(rsmtest.Knobs{ListLag: lag, CommitDelay: lag, IDs: rsmtest.IDsBlocks}, nil)
	b := &proof.Backend{Backend: *kit, Name: "rsm", Settle: server.Settle}
	b.Open = func(context.Context) (tt.System, error) {
		sys, err := rsm.New(rsm.Config{
			Common: tt.Common{BaseURL: server.URL(), Late: late, Settle: settle, Window: window},
			Token:  tt.NewSecret(token),
		}, tt.WithHTTPClient(&http.Client{Transport: prooftest.Watched(server.Client().Transport, func(r *http.Request) bool {
			return r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/rsm-maintenance")
		})}))
		if err == nil && change != nil {
			change(sys)
		}
		return prooftest.Following(sys), err
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
	return b
}

func TestTheProofMissesEveryProtection(t *testing.T) {
	plan := proof.Plan{
		Episodes: 20, Workers: 3, Objects: objects, Every: time.Second, Parallel: 30,
		Times: proof.Times{Timeout: 30 * time.Second, Call: 5 * time.Minute, Commit: late / 2, Late: late, Settle: settle, Window: window, Lag: lag},
	}
	prooftest.Check(t, plan, provable, []prooftest.Protection[func(*rsm.System)]{
		{Rule: "with all of them a key with one creator is one ticket", Creators: 1},
		{Rule: "and one with several creators becomes one", Creators: 3},
		{Rule: "the look-up before a create", Creators: 1, Without: func(s *rsm.System) { s.WithoutLookUp(prooftest.BeforeCreate) }, Broken: []proof.What{proof.Doubled}},
		{Rule: "the election after a create", Creators: 3, Without: (*rsm.System).WithoutElection, Broken: []proof.What{proof.LeftOpen}},
		{Rule: "the read-back after a change", Creators: 1, Without: (*rsm.System).WithoutReadBack, Broken: []proof.What{proof.RemarkLost}},
	})
}
