package guance_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/guance"
	"github.com/ttkit/ttkit/adapters/guance/guancetest"
	"github.com/ttkit/ttkit/tt"
)

// A storm under the vendor's limits: 200 alarms on 40 objects within one
// minute, through one API key. Each is raised by a caller that waits as long
// as patience for one answer, and calls again when its error says.
func TestAStormWithinTheVendorsLimits(t *testing.T) {
	for _, row := range []struct {
		name     string
		knobs    guancetest.Knobs
		patience time.Duration // 0: no deadline
		systems  int           // in one process, over the same key
	}{
		{"callers with a deadline of 30 seconds", guancetest.Knobs{}, 30 * time.Second, 1},
		{"callers without a deadline", guancetest.Knobs{}, 0, 1},
		{"two systems of a process share the key", guancetest.Knobs{}, 30 * time.Second, 2},
		{"a window that stands", guancetest.Knobs{Window: guancetest.WindowFixed, CountRefused: true}, 30 * time.Second, 1},
		{"a window that begins with a call", guancetest.Knobs{Window: guancetest.WindowFirst, CountRefused: true}, 30 * time.Second, 1},
		{"lists that lag", guancetest.Knobs{ListLag: 2 * time.Second}, 30 * time.Second, 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := guancetest.New(guancetest.Options{
					Keys: []guancetest.Key{{Value: apiKey}}, Limits: guancetest.VendorLimits(), Knobs: row.knobs,
				})
				defer server.Close()
				var systems []*guance.System
				for range row.systems {
					systems = append(systems, openOn(t, server, func(c *guance.Config) { c.Rate, c.Late = guance.Rate{}, 0 }))
				}
				storm(t, server, systems, row.patience)
				for _, sys := range systems {
					require.NoError(t, sys.Shutdown(t.Context()))
				}
				usage := server.Usage(apiKey)
				assert.LessOrEqual(t, usage.Peak, 20)
				assert.Zero(t, usage.Refused, "not a single call too many")
				assert.Len(t, inEffect(server), alarms)
			})
		})
	}
}

const (
	alarms = 200
	things = 40
)

func alarm(n int) tt.CreateRequest {
	return tt.CreateRequest{
		Queue: "net", Object: fmt.Sprintf("sw-%d", n%things), Subject: "link down",
		Body: "the interface went down", Key: tt.Key("link", fmt.Sprint(n)),
	}
}

// storm raises the alarms and looks at what the server then holds.
func storm(t *testing.T, server *guancetest.Server, systems []*guance.System, patience time.Duration) {
	var (
		group   sync.WaitGroup
		mu      sync.Mutex
		made    = map[string]string{} // ticket of each key
		repeats int
	)
	start := time.Now()
	for n := range alarms {
		group.Go(func() {
			time.Sleep(time.Duration(n) * time.Minute / alarms)
			for {
				c, err := raise(t.Context(), systems[n%len(systems)], alarm(n), patience)
				if err == nil {
					mu.Lock()
					defer mu.Unlock()
					made[alarm(n).Key] = c.ID
					return
				}
				var e *tt.Error
				if !errors.As(err, &e) || !e.Temporary() || !e.Repeatable {
					assert.NoError(t, err)
					return
				}
				mu.Lock()
				repeats++
				mu.Unlock()
				time.Sleep(max(e.RetryAfter, time.Second))
			}
		})
	}
	group.Wait()
	took, calls := time.Since(start), server.Usage(apiKey).Calls
	time.Sleep(10 * time.Minute) // the late verifications
	t.Logf("%d alarms on %d objects: all have tickets after %s, %d calls, %.2f per alarm; %d later calls verify them; callers repeated %d times",
		alarms, things, took.Round(time.Second), calls, float64(calls)/alarms, server.Usage(apiKey).Calls-calls, repeats)

	open := map[string]string{} // schedule of each key
	for _, r := range records(server, nil) {
		assert.True(t, r.Open, "no duplicate was ever made: %v", r)
		assert.NotContains(t, open, r.Key, "doubled")
		open[r.Key] = r.ID
	}
	assert.Equal(t, made, open, "every alarm has one ticket, and its callers know it")
}

func raise(ctx context.Context, sys tt.System, request tt.CreateRequest, patience time.Duration) (tt.Created, error) {
	if patience > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, patience)
		defer cancel()
	}
	return sys.CreateTT(ctx, request)
}

// Somebody else uses the key, so that calls are refused: nothing is lost or
// doubled then, either.
func TestAStormThroughAKeyThatOthersUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := guancetest.New(guancetest.Options{
			Keys: []guancetest.Key{{Value: apiKey}}, Limits: guancetest.Limits{Key: 10}, Knobs: guancetest.Knobs{CountRefused: true},
		})
		defer server.Close()
		sys := openOn(t, server, func(c *guance.Config) { c.Rate, c.Late = guance.Rate{}, 0 }) // it believes in 20
		storm(t, server, []*guance.System{sys}, 30*time.Second)
		require.NoError(t, sys.Shutdown(t.Context()))
		usage := server.Usage(apiKey)
		assert.NotZero(t, usage.Refused)
		t.Logf("%d of %d calls were refused", usage.Refused, usage.Calls)
	})
}
