package guance_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ttkit/ttkit/adapters/guance"
	"github.com/ttkit/ttkit/adapters/guance/guancetest"
	"github.com/ttkit/ttkit/internal/proof"
	"github.com/ttkit/ttkit/internal/proof/prooftest"
	"github.com/ttkit/ttkit/tt"
)

// lag is of the simulator's lists and creates.
const lag = time.Second

// provable is a simulator for the proof, with Systems that change has changed.
func provable(change func(*guance.System)) *proof.Backend {
	kit, server := startServer(guancetest.Knobs{ListLag: lag, CommitDelay: lag}, nil)
	b := &proof.Backend{Backend: *kit, Name: "guance", Settle: server.Settle}
	b.Open = func(context.Context) (tt.System, error) {
		sys, err := guance.New(unlimited(server), tt.WithHTTPClient(&http.Client{
			Transport: prooftest.Watched(server.Client().Transport, func(r *http.Request) bool {
				return r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/schedule/add")
			}),
		}))
		if err == nil && change != nil {
			change(sys)
		}
		return prooftest.Following(sys), err
	}
	b.Lives = func() ([]proof.Life, error) {
		var lives []proof.Life
		all, err := b.Records()
		for _, r := range all {
			life := proof.Life{Record: r}
			x, _ := server.Schedule(r.ID)
			life.From = x.Created
			if !r.Open {
				_, life.To = x.Effective()
			}
			lives = append(lives, life)
		}
		return lives, err
	}
	return b
}

func TestTheProofMissesEveryProtection(t *testing.T) {
	plan := proof.Plan{
		Episodes: 20, Workers: 3, Objects: objects[:6], Every: time.Second, Parallel: 30,
		Times: proof.Times{Timeout: 30 * time.Second, Call: 5 * time.Minute, Commit: late / 2, Late: late, Settle: settle, Window: window, Lag: lag},
	}
	prooftest.Check(t, plan, provable, []prooftest.Protection[func(*guance.System)]{
		{Rule: "with all of them a key with one creator is one ticket", Creators: 1},
		{Rule: "and one with several creators becomes one", Creators: 3},
		{Rule: "the look-up before a create", Creators: 1, Without: func(s *guance.System) { s.WithoutLookUp(prooftest.BeforeCreate) }, Broken: []proof.What{proof.Doubled}},
		{Rule: "the election after a create", Creators: 3, Without: (*guance.System).WithoutElection, Broken: []proof.What{proof.LeftOpen}},
		{Rule: "the read-back after a change", Creators: 1, Without: (*guance.System).WithoutReadBack, Broken: []proof.What{proof.RemarkLost, proof.LeftOpen}},
	})
}
