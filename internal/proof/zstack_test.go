package proof_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/ttkit/ttkit/adapters/zstack"
	"github.com/ttkit/ttkit/adapters/zstack/zstacktest"
	"github.com/ttkit/ttkit/internal/journal/journaltest"
	"github.com/ttkit/ttkit/internal/proof"
	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/tttest"
)

func init() {
	register("zstack", system{start: startZStack, open: openZStack, objects: []string{"sw1", "sw10", "SW1", "rt-7.msk", "свитч-2", "10.0.0.1"}})
}

func openZStack(url string, times proof.Times) (tt.System, error) {
	return zstack.New(zstack.Config{
		Common: tt.Common{
			BaseURL: url, Timeout: times.Timeout,
			Retry: tt.Retry{WaitMin: 20 * time.Millisecond, WaitMax: times.Timeout},
		},
		IAM2: zstack.IAM2{
			VirtualID: zstacktest.DefaultVirtualID, Password: tt.NewSecret(zstacktest.DefaultVirtualIDPassword), Project: zstacktest.DefaultProject,
		},
		ProjectUUID: zstacktest.DefaultProjectUUID, VirtualIDUUID: zstacktest.DefaultVirtualIDUUID,
		Requests: []map[string]any{{
			"requestName": "incident on {{.Object}}", "apiName": zstacktest.CreateVMAPI,
			"apiBody": map[string]any{
				"name": "{{.Subject}}", "imageUuid": "placeholder", "l3NetworkUuids": []any{"placeholder"},
				"systemTags": []any{"ephemeral::validationOnly"},
			},
		}},
		Poll: zstack.Poll{WaitMin: 20 * time.Millisecond, WaitMax: times.Timeout, Limit: times.Late},
	})
}

// startZStack starts a simulator whose sessions end now and then.
func startZStack(_ uint64, times proof.Times) (*proof.Backend, error) {
	server := zstacktest.New(zstacktest.Options{Knobs: zstacktest.Knobs{CommitLag: times.Lag}})
	b := &proof.Backend{Handler: server, Path: "/zstack", Settle: server.Settle, Enforced: true}
	b.Close = server.Close
	b.Inject = func(f tttest.Fault) { server.Inject(f) }
	b.ClearFaults = server.ClearFaults
	b.Records = func() ([]tttest.Record, error) { return recordsOf(ticketLives(server)), nil }
	b.Lives = func() ([]proof.Life, error) { return ticketLives(server), nil }
	b.Foreign = func(obj string) (string, error) { return server.Open(zstacktest.Ticket{Name: obj}, obj) }
	b.Person = func(r *rand.Rand, _ time.Duration) string {
		lives := slices.DeleteFunc(ticketLives(server), func(l proof.Life) bool { return !l.Open || l.Key == "" })
		if len(lives) == 0 {
			return ""
		}
		id := lives[r.IntN(len(lives))].ID
		server.AddTag(id, "seen by carol")
		return id
	}
	b.Restart = server.Restart // running jobs end
	b.Expire = func() func() {
		server.EndSessions()
		return func() {}
	}
	return b, nil
}

// ticketLives reads the simulator's state with the journal alone, past the
// adapter.
func ticketLives(server *zstacktest.Server) []proof.Life {
	tags := map[string][]string{}
	for _, tag := range server.Tags("") {
		tags[tag.ResourceUUID] = append(tags[tag.ResourceUUID], tag.Text)
	}
	var out []proof.Life
	for _, t := range server.Tickets() {
		life := proof.Life{From: t.Created}
		life.ID, life.Open = t.UUID, t.Status.Open()
		life.Raw = fmt.Sprint(t, tags[t.UUID])
		if !life.Open {
			life.To = t.Changed
		}
		journaltest.Read(&life.Record, tags[t.UUID])
		out = append(out, life)
	}
	return out
}
