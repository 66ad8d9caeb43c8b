package proof_test

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/internal/proof"
	"github.com/ttkit/ttkit/tt"
)

var (
	episodes = flag.Int("proof.episodes", 60, "alarm episodes of each run")
	seed     = flag.Uint64("proof.seed", 1, "of the plan and of the faults")
	workers  = flag.Int("proof.workers", 4, "processes")
	kills    = flag.Int("proof.kills", 10, "how often a worker is killed in the run with deaths")
	rate     = flag.Float64("proof.rate", 0.3, "share of requests that a fault strikes")
	late     = flag.Duration("proof.late", 1200*time.Millisecond, "the setting late; the other times are in proportion")
	every    = flag.Duration("proof.every", 10*time.Millisecond, "time between two alarms")
	parallel = flag.Int("proof.parallel", 48, "episodes that a worker has in hand at once")
	only     = flag.String("proof.system", "", "the one system to prove; empty: all")
)

// system is a system under proof.
type system struct {
	start func(seed uint64, times proof.Times) (*proof.Backend, error)
	open  func(url string, times proof.Times) (tt.System, error) // for a worker's process; nil: workers live in this one
	// objects that the vendor knows
	objects []string
}

var systems = map[string]system{}

func register(name string, s system) { systems[name] = s }

func TestMain(m *testing.M) {
	open := map[string]func(string, proof.Times) (tt.System, error){}
	for name, s := range systems {
		open[name] = s.open
	}
	proof.Main(open)
	os.Exit(m.Run())
}

// rows of the table, from tests that run at once.
type rows struct {
	mu   sync.Mutex
	rows []string
}

func (r *rows) add(row string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rows = append(r.rows, row)
}

func (r *rows) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(slices.Sorted(slices.Values(r.rows)), "\n")
}

func TestProof(t *testing.T) {
	if testing.Short() {
		*episodes = min(*episodes, 25)
	}
	var table rows
	t.Cleanup(func() { fmt.Println(proof.Columns + "\n" + table.String()) })
	for _, name := range slices.Sorted(maps.Keys(systems)) {
		if *only != "" && *only != name {
			continue
		}
		s := systems[name]
		for _, kind := range []struct {
			name            string
			creators, kills int
		}{
			{"one creator per key", 1, 0},
			{"several creators per key", 3, 0},
			{"deaths", 1, *kills},
		} {
			if kind.kills > 0 && s.open == nil {
				continue // its workers are no processes
			}
			t.Run(name+"/"+kind.name, func(t *testing.T) {
				t.Parallel() // they mostly wait
				times := proof.Scaled(*late)
				b, err := s.start(*seed, times)
				require.NoError(t, err)
				if b.Close != nil {
					defer b.Close()
				}
				b.Name, b.OpenURL = name, s.open
				report, err := proof.Run(context.Background(), b, proof.Setup{
					Plan: proof.Plan{
						Seed: *seed, Episodes: *episodes, Workers: *workers, Creators: kind.creators,
						Objects: s.objects, Every: *every, Parallel: *parallel, Times: times,
					},
					Rate: *rate, Kills: kind.kills, Pause: 300 * time.Millisecond, Acts: 400, Dir: t.TempDir(),
					Slack: 30 * time.Second, // in real time, on a machine that may be busy
				})
				require.NoError(t, err)
				table.add(report.Row())
				t.Logf("%s: %d tries, %d requests, acts %v", report.Took.Round(time.Millisecond), report.Tries, report.Requests, report.Acts)
				for _, f := range report.Findings {
					if !f.Promised {
						t.Logf("allowed: %+v", f)
					}
				}
				assert.NoError(t, report.Err())
				assert.Equal(t, kind.kills, report.Kills, "deaths")
				assert.InDelta(t, *rate, float64(report.Faults)/float64(report.Requests), 0.05, "the rate of faults")
			})
		}
	}
}
