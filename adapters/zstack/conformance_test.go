package zstack_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ttkit/ttkit/adapters/zstack"
	"github.com/ttkit/ttkit/adapters/zstack/zstacktest"
	"github.com/ttkit/ttkit/internal/journal"
	"github.com/ttkit/ttkit/internal/journal/journaltest"
	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/tttest"
)

var (
	rounds = flag.Int("rounds", 0, "how often the conformance suite runs under each knob; 0: once, under the defaults alone")
	seeds  = flag.Int("seeds", 2, "under how many random combinations of knobs it runs once")
)

// objects are names that a careless query would mix up: prefixes, letter
// case, wildcards, the operators of the query language, other alphabets.
var objects = []string{"web", "web-1", "web-10", "WEB-1", "web_1", "web%1", "a!=b", "x?=y,z", "узел/7", "交换机 7", `it's\here`, "a::b is null"}

func TestConformance(t *testing.T) {
	knobs := zstacktest.AllKnobs()
	if *rounds == 0 {
		knobs = knobs[:1] // the defaults
	}
	for _, k := range knobs {
		t.Run(k.Name, func(t *testing.T) {
			t.Parallel()
			for range max(*rounds, 1) {
				tttest.Run(t, harness(k.Knobs, byPassword))
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
			tttest.Run(t, harness(zstacktest.RandomKnobs(uint64(seed)), byPassword))
		})
	}
}

// The contract is the same whoever logs in.
func TestConformanceOfEveryLogin(t *testing.T) {
	for i, row := range []struct {
		name   string
		knobs  zstacktest.Knobs
		login  credentials
		levels tttest.Level
	}{
		{"an account that may submit for the virtual ID", zstacktest.Knobs{AdminSubmits: true}, byAccount, all},
		{"an access key of the virtual ID", zstacktest.Knobs{}, byKey, all},
		{"an access key, with a server whose clock is wrong", zstacktest.Knobs{Skew: 5 * time.Minute, Zone: zstacktest.ZonePhoenix}, byKey, all},
		{"a session that somebody else made, and that nobody can replace", zstacktest.Knobs{}, bySession, all &^ tttest.Faults},
	} {
		if testing.Short() && i > 0 {
			break // the defaults log in by password, this one by account
		}
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			h := harness(row.knobs, row.login)
			h.Levels &= row.levels
			tttest.Run(t, h)
		})
	}
}

const all = tttest.Groups | tttest.Updates | tttest.Faults

// credentials completes settings that have none.
type credentials func(server *zstacktest.Server, c *zstack.Config) error

func byPassword(_ *zstacktest.Server, c *zstack.Config) error {
	c.IAM2 = zstack.IAM2{VirtualID: zstacktest.DefaultVirtualID, Password: tt.NewSecret(zstacktest.DefaultVirtualIDPassword), Project: zstacktest.DefaultProject}
	return nil
}

func byAccount(_ *zstacktest.Server, c *zstack.Config) error {
	c.Account = zstack.Account{Name: zstacktest.AdminName, Password: tt.NewSecret(zstacktest.AdminPassword)}
	return nil
}

func byKey(_ *zstacktest.Server, c *zstack.Config) error {
	c.AccessKey = zstack.AccessKey{ID: zstacktest.DefaultAccessKeyID, Secret: tt.NewSecret(zstacktest.DefaultAccessKeySecret)}
	return nil
}

func bySession(server *zstacktest.Server, c *zstack.Config) error {
	session, err := login(server)
	c.Session = tt.NewSecret(session)
	return err
}

// harness is the simulator for the kit.
func harness(knobs zstacktest.Knobs, login credentials) tttest.Harness {
	return tttest.Harness{
		Levels:  all,
		Objects: objects,
		Secrets: []string{
			zstacktest.DefaultVirtualIDPassword, sha512Hex(zstacktest.DefaultVirtualIDPassword),
			zstacktest.AdminPassword, sha512Hex(zstacktest.AdminPassword), zstacktest.DefaultAccessKeySecret,
		},
		Virtual: true,
		Start: func(context.Context) (*tttest.Backend, error) {
			b, _ := startServer(zstacktest.Options{Knobs: knobs}, login)
			return b, nil
		},
	}
}

func startServer(opts zstacktest.Options, login credentials) (*tttest.Backend, *zstacktest.Server) {
	server := zstacktest.New(opts)
	open := func(_ context.Context, namespace string) (tt.System, error) {
		cfg := config(server)
		cfg.Namespace, cfg.IAM2 = namespace, zstack.IAM2{}
		if err := login(server, &cfg); err != nil {
			return nil, err
		}
		return zstack.New(cfg, tt.WithHTTPClient(server.Client()), tt.WithName("test"))
	}
	b := &tttest.Backend{
		Open:          func(ctx context.Context) (tt.System, error) { return open(ctx, "") },
		OpenNamespace: open,
		Records:       func() ([]tttest.Record, error) { return records(server), nil },
		Requests:      server.RequestCount,
		Inject:        func(f tttest.Fault) { server.Inject(f) },
		ClearFaults:   server.ClearFaults,
		Foreign:       func(obj string) (string, error) { return server.Open(zstacktest.Ticket{Name: obj}, obj) },
		Remark: func(id, body string) error {
			err := server.Remark(id, body)
			time.Sleep(server.Knobs().CommitLag) // it is there when it has committed
			return err
		},
		Close: func() {
			if server.Approvals() > 0 {
				panic("an approval was sent")
			}
			server.Close()
		},
	}
	return b, server
}

// records reads the simulator's state with the journal alone, past the
// adapter.
func records(server *zstacktest.Server) []tttest.Record {
	var out []tttest.Record
	tags, remarks := map[string][]string{}, map[string][]string{}
	for _, tag := range server.Tags("") {
		tags[tag.ResourceUUID] = append(tags[tag.ResourceUUID], tag.Text)
	}
	history := map[string][]zstacktest.History{}
	for _, h := range server.Histories("") {
		history[h.TicketUUID] = append(history[h.TicketUUID], h)
		if r := remarkIn(h.Comment); r != "" {
			remarks[h.TicketUUID] = append(remarks[h.TicketUUID], r)
		}
	}
	for _, t := range server.Tickets() {
		slices.Sort(tags[t.UUID])
		r := tttest.Record{ID: t.UUID, Open: t.Status.Open(), Comments: remarks[t.UUID], Raw: fmt.Sprint(t, tags[t.UUID], history[t.UUID])}
		journaltest.Read(&r, tags[t.UUID])
		if r.Key == "" && server.Knobs().DropCreateTags {
			journaltest.Read(&r, sentTags(server, t.UUID)) // the ticket is there, whether it has them yet or not
		}
		out = append(out, r)
	}
	return out
}

// sentTags are the tags that came with the creation of a ticket.
func sentTags(server *zstacktest.Server, uuid string) []string {
	for _, r := range server.Requests() {
		if r.Route != "create" {
			continue
		}
		var sent struct {
			Params struct {
				UUID string `json:"resourceUuid"`
			} `json:"params"`
			UserTags []string `json:"userTags"`
		}
		if json.Unmarshal([]byte(r.Body), &sent) == nil && sent.Params.UUID == uuid {
			return sent.UserTags
		}
	}
	return nil
}

// remarkIn is the body of a comment in the history: a person's is all of it,
// the adapter's ends with a journal text.
func remarkIn(comment string) string {
	at := strings.LastIndex("\n"+comment, "\nttj1 ")
	if at < 0 {
		return comment
	}
	entries, _ := journal.Decode(slices.Values([]string{comment[at:]}))
	if len(entries) != 1 {
		return comment
	}
	return journaltest.Fields(entries[0])["b"]
}
