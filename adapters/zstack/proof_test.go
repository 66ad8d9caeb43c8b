package zstack_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ttkit/ttkit/adapters/zstack"
	"github.com/ttkit/ttkit/adapters/zstack/zstacktest"
	"github.com/ttkit/ttkit/internal/proof"
	"github.com/ttkit/ttkit/internal/proof/prooftest"
	"github.com/ttkit/ttkit/tt"
)

// nothing is the uuid of no ticket and of no job.
const nothing = "0123456789ab4cdef0123456789abcde"

// blind says which questions of a System get the answer that there is nothing.
type blind struct {
	jobs    bool // of calls whose answer was lost
	tickets func(context.Context) bool
}

// blinded is a transport that asks for nothing instead.
type blinded struct {
	blind
	base http.RoundTripper
	lost sync.Map // the jobs of calls whose answers were lost
}

func (b *blinded) RoundTrip(r *http.Request) (*http.Response, error) {
	if path, job, ok := strings.Cut(r.URL.Path, "/v1/api-jobs/"); ok && b.jobs {
		if _, lost := b.lost.Load(job); lost {
			r = asking(r, path+"/v1/api-jobs/"+nothing)
		}
	}
	if path, _, ok := strings.Cut(r.URL.Path, "/v1/tickets/"); ok && r.Method == http.MethodGet && b.tickets != nil && b.tickets(r.Context()) {
		r = asking(r, path+"/v1/tickets/"+nothing)
	}
	resp, err := b.base.RoundTrip(r)
	if job := r.Header.Get("X-Job-Uuid"); job != "" && (err != nil || resp.StatusCode >= http.StatusInternalServerError) {
		b.lost.Store(job, true)
	}
	return resp, err
}

func asking(r *http.Request, path string) *http.Request {
	other := r.Clone(r.Context())
	other.URL.Path = path
	return other
}

// provable is a simulator for the proof, with Systems that are blind.
func provable(b blind) *proof.Backend {
	const lag = time.Second
	kit, server := startServer(zstacktest.Options{Knobs: zstacktest.Knobs{CommitLag: lag, JobTime: lag}}, byPassword)
	backend := &proof.Backend{Backend: *kit, Name: "zstack", Settle: server.Settle, Enforced: true}
	backend.Open = func(context.Context) (tt.System, error) {
		transport := prooftest.Watched(&blinded{blind: b, base: server.Client().Transport}, func(r *http.Request) bool {
			return r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/v1/tickets")
		})
		sys, err := zstack.New(config(server), tt.WithHTTPClient(&http.Client{Transport: transport}))
		return prooftest.Following(sys), err
	}
	backend.Lives = func() ([]proof.Life, error) {
		var lives []proof.Life
		tickets := server.Tickets()
		for i, r := range records(server) {
			life := proof.Life{Record: r, From: tickets[i].Created}
			if !r.Open {
				life.To = tickets[i].Changed
			}
			lives = append(lives, life)
		}
		return lives, nil
	}
	return backend
}

// The server refuses a second ticket of a key, so nothing is ever doubled. What
// looking protects from is a create that fails for good although it worked:
// the job, the ticket, and the look-up of the next call each suffice.
func TestTheProofMissesEveryProtection(t *testing.T) {
	plan := proof.Plan{
		Episodes: 20, Workers: 3, Objects: objects[:6], Every: time.Second, Parallel: 30,
		Times: proof.Times{Timeout: 30 * time.Second, Call: 5 * time.Minute, Commit: 10 * time.Second, Late: 20 * time.Second, Settle: 5 * time.Second, Window: 2 * time.Second, Lag: time.Second},
	}
	prooftest.Check(t, plan, provable, []prooftest.Protection[blind]{
		{Rule: "with all of them a key with one creator is one ticket", Creators: 1},
		{Rule: "and so is one with several creators", Creators: 3},
		{Rule: "without the job, the ticket is looked for", Creators: 1, Without: blind{jobs: true}},
		{Rule: "without the ticket, the job is asked for", Creators: 1, Without: blind{tickets: prooftest.AfterCreate}},
		{Rule: "without either, the next call finds the ticket", Creators: 1, Without: blind{jobs: true, tickets: prooftest.AfterCreate}},
		{Rule: "every look", Creators: 1, Without: blind{jobs: true, tickets: prooftest.Creating}, Broken: []proof.What{proof.Refused}},
	})
}
