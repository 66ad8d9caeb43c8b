package reconcile_test

import (
	"slices"
	"strings"
	"time"

	"github.com/ttkit/ttkit/adapters/guance"
	"github.com/ttkit/ttkit/adapters/guance/guancetest"
	"github.com/ttkit/ttkit/tt"
)

// guanceWorld is a workspace whose tickets have no lease.
func guanceWorld() (*world, func()) {
	server := guancetest.New(guancetest.Options{Knobs: guancetest.Knobs{ListLag: 2 * time.Second}})
	theirs := func(x guancetest.Schedule) bool { // a person's, or of the namespace "staging"
		return x.Name == "by hand" || slices.ContainsFunc(keys, func(key string) bool {
			return strings.Contains(x.Name, ":"+tt.KeyHash("staging", key)[:16]+"]")
		})
	}
	return &world{
		open: func(namespace string) tt.System {
			sys, err := guance.New(guance.Config{
				Common:  tt.Common{BaseURL: server.URL(), Namespace: namespace, Late: 20 * time.Second},
				APIKey:  tt.NewSecret(guancetest.DefaultKey),
				Targets: []string{"acnt_noc"},
				Rate:    guance.Rate{Requests: tt.Off},
			}, tt.WithHTTPClient(server.Client()), tt.WithName("cn1"))
			must(err)
			return sys
		},
		inject: injector(server.Inject),
		clear:  server.ClearFaults,
		person: func() {
			server.AddSchedule(guancetest.Schedule{Name: "by hand", DimensionFilter: "host:a"})
		},
		others: func() any {
			return slices.DeleteFunc(server.Schedules(), func(x guancetest.Schedule) bool { return !theirs(x) })
		},
	}, server.Close
}
