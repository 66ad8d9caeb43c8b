package reconcile_test

import (
	"slices"
	"sync"

	"github.com/ttkit/ttkit/adapters/zstack"
	"github.com/ttkit/ttkit/adapters/zstack/zstacktest"
	"github.com/ttkit/ttkit/tt"
)

// zstackWorld is a platform whose tickets have no lease.
func zstackWorld() (*world, func()) {
	server := zstacktest.New(zstacktest.Options{})
	open := func(namespace string) tt.System {
		sys, err := zstack.New(zstack.Config{
			Common: tt.Common{BaseURL: server.URL(), Namespace: namespace},
			IAM2: zstack.IAM2{
				VirtualID: zstacktest.DefaultVirtualID, Password: tt.NewSecret(zstacktest.DefaultVirtualIDPassword), Project: zstacktest.DefaultProject,
			},
			ProjectUUID: zstacktest.DefaultProjectUUID, VirtualIDUUID: zstacktest.DefaultVirtualIDUUID,
			Requests: []map[string]any{{
				"requestName": "incident", "apiName": zstacktest.CreateVMAPI,
				"apiBody": map[string]any{"name": "{{.Object}}", "systemTags": []any{"ephemeral::validationOnly"}},
			}},
		}, tt.WithHTTPClient(server.Client()), tt.WithName("cloud"))
		must(err)
		return sys
	}
	// What is not of the namespace "" is what was there before its first
	// reconciliation and is not in its list.
	var once sync.Once
	var foreign []string
	return &world{
		open:   open,
		inject: injector(server.Inject),
		clear:  server.ClearFaults,
		person: func() {
			_, err := server.Open(zstacktest.Ticket{Name: "by hand"}, "a")
			must(err)
		},
		others: func() any {
			once.Do(func() {
				own := listed(open(""))
				for _, t := range server.Tickets() {
					if t.Status == zstacktest.Pending && !slices.Contains(own, t.UUID) {
						foreign = append(foreign, t.UUID)
					}
				}
			})
			return slices.DeleteFunc(server.Tickets(), func(t zstacktest.Ticket) bool { return !slices.Contains(foreign, t.UUID) })
		},
	}, server.Close
}
