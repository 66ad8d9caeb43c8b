package guance_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ttkit/ttkit/adapters/guance"
	"github.com/ttkit/ttkit/adapters/guance/guancetest"
	"github.com/ttkit/ttkit/internal/journal/journaltest"
	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/tttest"
)

var (
	rounds = flag.Int("rounds", 0, "how often the conformance suite runs under each knob; 0: once, under the defaults alone")
	seeds  = flag.Int("seeds", 2, "under how many random combinations of knobs it runs once")
)

const apiKey = "df-key-d41d8cd98f00b204e9800998"

// objects are hosts: one is a prefix of another, two differ in letter case,
// and some cannot stand in a filter.
var objects = []string{"sw", "sw-1", "sw-10", "SW-1", "10.0.0.1", "fe80::1", "交换机 7", "a*b", "узел/7", "OR"}

// limits of the test systems: short, so that much happens.
const (
	late   = 20 * time.Second
	settle = 5 * time.Second
	window = 2 * time.Second
)

func TestConformance(t *testing.T) {
	knobs := guancetest.AllKnobs()
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
			tttest.Run(t, harness(guancetest.RandomKnobs(uint64(seed)), nil))
		})
	}
}

// Dark schedules notify nobody, and are tickets like others.
func TestConformanceInTheDark(t *testing.T) {
	tttest.Run(t, harness(guancetest.Knobs{}, func(c *guance.Config) { c.Dark = true }))
}

// harness is the simulator for the kit.
func harness(knobs guancetest.Knobs, change func(*guance.Config)) tttest.Harness {
	return tttest.Harness{
		Levels:  tttest.Groups | tttest.Faults,
		Objects: objects,
		Secrets: []string{apiKey},
		Late:    late, Settle: settle, Window: window,
		Virtual: true,
		Start: func(context.Context) (*tttest.Backend, error) {
			b, _ := startServer(knobs, change)
			return b, nil
		},
	}
}

// unlimited is a Config for a server, without a limit of calls.
func unlimited(server *guancetest.Server) guance.Config {
	return guance.Config{
		Common:  tt.Common{BaseURL: server.URL(), Late: late, Settle: settle, Window: window},
		APIKey:  tt.NewSecret(apiKey),
		Targets: []string{"acnt_noc", "notify_hook"},
		Rate:    guance.Rate{Requests: tt.Off},
	}
}

func startServer(knobs guancetest.Knobs, change func(*guance.Config)) (*tttest.Backend, *guancetest.Server) {
	server := guancetest.New(guancetest.Options{Keys: []guancetest.Key{{Value: apiKey}}, Knobs: knobs})
	var (
		mu      sync.Mutex
		foreign []string
	)
	open := func(_ context.Context, namespace string) (tt.System, error) {
		cfg := unlimited(server)
		cfg.Namespace = namespace
		if change != nil {
			change(&cfg)
		}
		return guance.New(cfg, tt.WithHTTPClient(server.Client()), tt.WithName("test"))
	}
	b := &tttest.Backend{
		Open:          func(ctx context.Context) (tt.System, error) { return open(ctx, "") },
		OpenNamespace: open,
		Records: func() ([]tttest.Record, error) {
			mu.Lock()
			defer mu.Unlock()
			return records(server, foreign), nil
		},
		Requests:    server.RequestCount,
		Inject:      func(f tttest.Fault) { server.Inject(f) },
		ClearFaults: server.ClearFaults,
		Foreign: func(obj string) (string, error) {
			x := personsRule
			x.DimensionFilter = "host:" + obj + " OR service:pay"
			id := server.AddSchedule(x)
			mu.Lock()
			defer mu.Unlock()
			foreign = append(foreign, id)
			return id, nil
		},
		Close: server.Close,
	}
	return b, server
}

// personsRule is a schedule as people have them.
var personsRule = guancetest.Schedule{
	Name: "day shift", Timezone: "Asia/Shanghai", Start: "08:00", End: "20:00",
	TagFilter:     []string{"tag_7"},
	NotifyTargets: []string{"acnt_a", "acnt_b", "notify_3"},
	Extend: json.RawMessage(`{"enableRotateNotification":true,"rotationCycle":"week",` +
		`"effectiveTime":{"start":946684000,"end":4070908800},"colour":{"z":1,"a":[1.50,"\u00e9"]}}`),
	Strategy: []json.RawMessage{
		json.RawMessage(`{"uuid":"9a1d4a44-0c2e-11f0-8a55-0d6a7c1e2f30","name":"primary","strategy":[{"level":0,"notifyConfig":[{"notifyObjectType":"member",` +
			`"notifyObject":["watchkeeper"],"notifyMethod":["email"]}],"ifRepeatNotify":false,"repeatNotifyInterval":null},{"level":1,"levelUpTime":900,` +
			`"notifyConfig":[{"notifyObjectType":"group","notifyObject":["group_3"],"notifyMethod":["mobile"]}],"ifRepeatNotify":true,` +
			`"repeatNotifyInterval":600,"incidentsLevel":["system_level_1"],"incidentsStatus":["open"],"tone":"\u00fc"}],"sticky":1.0}`),
	},
}

// records reads the simulator's state with the journal alone, past the
// adapter: the schedules that bear our mark, and the named ones.
func records(server *guancetest.Server, named []string) []tttest.Record {
	var out []tttest.Record
	now := server.Now()
	for _, x := range server.Schedules() {
		if !marked(x) && !slices.Contains(named, x.UUID) {
			continue
		}
		_, end := x.Effective()
		r := tttest.Record{
			ID:   x.UUID,
			Open: x.Alive() && (end.IsZero() || end.After(now)),
			Raw:  raw(x),
		}
		journaltest.Read(&r, texts(x))
		out = append(out, r)
	}
	return out
}

// marked reports whether the name bears the mark of a ticket, open or closed.
func marked(x guancetest.Schedule) bool { return mark.MatchString(x.Name) }

var mark = regexp.MustCompile(`^\[t(t|tg|c)\+[0-9a-f]{8}:[0-9a-f]{16}[].]`)

// texts are the names of a schedule's strategies: the journal is among them.
func texts(x guancetest.Schedule) []string {
	var out []string
	for _, element := range x.Strategy {
		var rule struct{ Name string }
		if json.Unmarshal(element, &rule) == nil {
			out = append(out, rule.Name)
		}
	}
	return out
}

// raw is everything that a schedule holds.
func raw(x guancetest.Schedule) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%q %s %s-%s %q %q %q\n%s\n", x.Name, x.Timezone, x.Start, x.End, x.TagFilter, x.DimensionFilter, x.NotifyTargets, x.Extend)
	for _, element := range x.Strategy {
		fmt.Fprintf(&b, "%s\n", element)
	}
	for _, name := range slices.Sorted(maps.Keys(x.Extra)) {
		fmt.Fprintf(&b, "%s=%s\n", name, x.Extra[name])
	}
	fmt.Fprint(&b, x.Status, x.Default, x.Creator, x.Updator, x.Created.UnixNano(), x.Updated.UnixNano(), x.Deleted.UnixNano(), x.Rotation.UnixNano())
	return b.String()
}
