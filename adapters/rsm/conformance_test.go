package rsm_test

import (
	"context"
	"flag"
	"fmt"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/ttkit/ttkit/adapters/rsm"
	"github.com/ttkit/ttkit/adapters/rsm/rsmtest"
	"github.com/ttkit/ttkit/internal/journal/journaltest"
	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/tttest"
)

var (
	rounds = flag.Int("rounds", 0, "how often the conformance suite runs under each knob; 0: once, under the defaults alone")
	seeds  = flag.Int("seeds", 2, "under how many random combinations of knobs it runs once")
)

const token = "monq-token-d41d8cd98f00b204"

// objects are config items of the simulator: 10 is a prefix of 100 and 1001.
var objects = []string{"10", "100", "1001", "11", "12", "13", "14", "15"}

// limits of the test systems: short, so that much happens.
const (
	late   = 20 * time.Second
	settle = 5 * time.Second
	window = 2 * time.Second
)

func TestConformance(t *testing.T) {
	knobs := rsmtest.AllKnobs()
	if *rounds == 0 {
		knobs = knobs[:1] // the defaults
	}
	for _, k := range knobs {
		t.Run(k.Name, func(t *testing.T) {
			t.Parallel()
			for range max(*rounds, 1) {
				tttest.Run(t, harness(k.Knobs, nil))
			}
		})
	}
}

func TestConformanceUnderRandomKnobs(t *testing.T) {
	n := *seeds
	if testing.Short() {
		n = min(n, 1)
	}
	for seed := range n {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			t.Parallel()
			tttest.Run(t, harness(rsmtest.RandomKnobs(uint64(seed)), nil))
		})
	}
}

// With anchors the objects are the caller's own names, in labels alone.
func TestConformanceAnchored(t *testing.T) {
	h := harness(rsmtest.Knobs{}, func(c *rsm.Config) { c.AnchorCI = map[string]string{"*": objects[0]} })
	h.Objects = []string{"sw", "sw-1", "sw-10", "SW-1", "узел/7", "交换机 7", "a:b", "eth0%2F1"}
	h.UnknownObject = ""
	h.Start = func(context.Context) (*tttest.Backend, error) {
		b := start(rsmtest.Knobs{}, func(c *rsm.Config) { c.AnchorCI = map[string]string{"*": objects[0]} })
		b.Foreign = nil // a person's mode is on a config item, not on one of these
		return b, nil
	}
	tttest.Run(t, h)
}

// harness is the simulator for the kit.
func harness(knobs rsmtest.Knobs, change func(*rsm.Config)) tttest.Harness {
	return tttest.Harness{
		Levels:        tttest.Groups | tttest.Faults,
		Objects:       objects,
		UnknownObject: "999999",
		Secrets:       []string{token},
		Late:          late, Settle: settle, Window: window,
		Virtual: true,
		Start: func(context.Context) (*tttest.Backend, error) {
			return start(knobs, change), nil
		},
	}
}

func start(knobs rsmtest.Knobs, change func(*rsm.Config)) *tttest.Backend {
	b, _ := startServer(knobs, change)
	return b
}

func startServer(knobs rsmtest.Knobs, change func(*rsm.Config)) (*tttest.Backend, *rsmtest.Server) {
	var cis []rsmtest.CI
	for i, obj := range objects {
		var id int64
		_, _ = fmt.Sscan(obj, &id)
		cis = append(cis, rsmtest.CI{ID: id, Name: fmt.Sprintf("sw-%d", i)})
	}
	server := rsmtest.New(rsmtest.Options{CIs: cis, Tokens: []rsmtest.Token{{Value: token}}, Knobs: knobs})
	open := func(_ context.Context, namespace string) (tt.System, error) {
		cfg := rsm.Config{
			Common: tt.Common{BaseURL: server.URL(), Namespace: namespace, Late: late, Settle: settle, Window: window},
			Token:  tt.NewSecret(token),
		}
		if change != nil {
			change(&cfg)
		}
		return rsm.New(cfg, tt.WithHTTPClient(server.Client()), tt.WithName("test"))
	}
	b := &tttest.Backend{
		Open:          func(ctx context.Context) (tt.System, error) { return open(ctx, "") },
		OpenNamespace: open,
		Records:       func() ([]tttest.Record, error) { return records(server), nil },
		Requests:      server.RequestCount,
		Inject:        func(f tttest.Fault) { server.Inject(f) },
		ClearFaults:   server.ClearFaults,
		Foreign: func(obj string) (string, error) {
			var ci int64
			if _, err := fmt.Sscan(obj, &ci); err != nil {
				return "", err
			}
			id := server.AddMode(rsmtest.Mode{
				Title: "planned work", End: server.Now().Add(24 * time.Hour),
				Items:  []rsmtest.Item{{CI: ci}},
				Labels: map[string]any{"made_by": "a person"},
			})
			return fmt.Sprint(id), nil
		},
		Close: server.Close,
	}
	return b, server
}

// records reads the simulator's state with the journal alone, past the
// adapter.
func records(server *rsmtest.Server) []tttest.Record {
	var out []tttest.Record
	for _, m := range server.Modes() {
		r := tttest.Record{ID: fmt.Sprint(m.ID), Open: m.Open(), Raw: fmt.Sprint(m.Title, m.Start, m.End, m.Items, sorted(m.Labels))}
		var texts []string
		for name, value := range m.Labels {
			if text, ok := value.(string); ok && strings.HasPrefix(strings.ToLower(name), "tt_") {
				texts = append(texts, text)
			}
		}
		journaltest.Read(&r, texts)
		out = append(out, r)
	}
	return out
}

func sorted(labels map[string]any) string {
	var lines []string
	for name, value := range labels {
		lines = append(lines, fmt.Sprintf("%s=%v", name, value))
	}
	sort.Strings(lines)
	return strings.Join(lines, "\n")
}
