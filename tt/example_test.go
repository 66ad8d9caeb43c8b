package tt_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/ttkit/ttkit/adapters/fake"
	"github.com/ttkit/ttkit/tt"
)

// The life of a ticket, from the alarm to its end.
func Example() {
	ctx := context.Background()
	sys, err := tt.Open(ctx, "test", "fake:") // in memory; a vendor's URL in earnest
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = sys.Shutdown(ctx) }()

	began := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	created, err := sys.CreateTT(ctx, tt.CreateRequest{
		Object:    "sw1",
		Subject:   "link down",
		Timestamp: began,
		Key:       tt.Key("LinkDown", "sw1", began.Format(time.RFC3339)),
	})
	fmt.Println("created", created.ID, err)

	err = sys.AddComment(ctx, tt.CommentRequest{ID: created.ID, Body: "still down", Key: "12:05"})
	fmt.Println("commented", err)

	closed, err := sys.CloseTT(ctx, tt.CloseRequest{ID: created.ID, Reason: "link is up"})
	fmt.Println("closed", closed, err)

	ticket, err := sys.GetTT(ctx, created.ID)
	fmt.Println(ticket.State, ticket.FinalReason, ticket.Comments[0].Body, err)
	// Output:
	// created 1 <nil>
	// commented <nil>
	// closed true <nil>
	// closed link is up still down <nil>
}

// Repeating a create whose reply was lost finds the ticket that it made.
func Example_lostReply() {
	backend := fake.NewBackend()
	backend.Inject(fake.Fault{Kind: fake.FailAfter, Op: "CreateTT"})
	sys := backend.Open("test")
	alarm := tt.CreateRequest{Object: "sw1", Subject: "link down", Key: "LinkDown/17"}

	_, err := sys.CreateTT(context.Background(), alarm)
	fmt.Println(tt.CodeOf(err), tt.IsTemporary(err), tt.SafeToRetry(err))

	created, err := sys.CreateTT(context.Background(), alarm)
	fmt.Println(created.ID, created.Existed, err)
	fmt.Println("tickets:", len(backend.Tickets()))
	// Output:
	// unavailable true true
	// 1 true <nil>
	// tickets: 1
}

func ExampleOpen() {
	// In earnest: "rsm://monq.example.net/api?token=${MONQ_TOKEN}&retry.max_attempts=3".
	sys, err := tt.Open(context.Background(), "msk", "fake:?lease=24h",
		tt.WithHTTPClient(&http.Client{}),
		tt.WithLogger(slog.Default()),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(sys.Capabilities().Lease)

	_, err = tt.Open(context.Background(), "spb", "fake:?laese=24h")
	fmt.Println(err)
	// Output:
	// 24h0m0s
	// tt "spb": Open: invalid: connection: fake has no setting "laese"
}

// What a configuration file holds, after it is parsed.
func ExampleOpenConfig() {
	file := `{"msk": {"adapter": "fake", "lease": "24h"}}`
	var systems map[string]map[string]any
	if err := json.Unmarshal([]byte(file), &systems); err != nil {
		fmt.Println(err)
		return
	}
	for name, settings := range systems {
		adapter, _ := settings["adapter"].(string)
		delete(settings, "adapter")
		settings, err := tt.ExpandEnv(settings, os.LookupEnv)
		if err != nil {
			fmt.Println(err)
			return
		}
		sys, err := tt.OpenConfig(context.Background(), tt.Config{Name: name, Adapter: adapter, Settings: settings})
		fmt.Println(sys, err)
	}
	// Output: fake "msk" <nil>
}

func ExampleParseConnection() {
	cfg, err := tt.ParseConnection("fake:?namespace=staging&lease=24h")
	fmt.Println(cfg.Adapter, cfg.Settings["namespace"], cfg.Settings["lease"], err)
	fmt.Println(cfg) // never a value
	// Output:
	// fake staging 24h <nil>
	// tt.Config{fake "" settings [lease namespace]}
}

func ExampleExpandEnv() {
	env := map[string]string{"MONQ_TOKEN": "from the environment"}
	lookup := func(name string) (string, bool) { value, set := env[name]; return value, set }

	settings, err := tt.ExpandEnv(map[string]any{"token": "${MONQ_TOKEN}", "title": "$${literal}"}, lookup)
	fmt.Println(settings["token"], settings["title"], err)

	_, err = tt.ExpandEnv(map[string]any{"account": map[string]any{"password": "${ZSTACK_PASSWORD}"}}, lookup)
	fmt.Println(err)
	// Output:
	// from the environment ${literal} <nil>
	// tt: invalid: setting "account.password": environment variable ZSTACK_PASSWORD is not set
}

func ExampleAdapters() {
	for _, name := range tt.Adapters() {
		if name == "fake" {
			fmt.Println("fake is imported")
		}
	}
	// Output: fake is imported
}

func ExampleOptions() {
	options, err := tt.Options("fake")
	fmt.Println(options[0].Name, options[0].Type, options[0].Secret(), err)
	// Output: namespace string false <nil>
}

// An episode of an alarm: what it is about, and when it began. The parts may
// hold anything.
func ExampleKey() {
	fmt.Println(tt.Key("noc", "LinkDown", "sw1", "2026-03-01T12:00:00Z"))
	fmt.Println(tt.Key("rack 12/7", ""))
	fmt.Println(len(tt.Key("a very long label", fmt.Sprintf("%01000d", 7))))
	// Output:
	// noc/LinkDown/sw1/2026-03-01T12:00:00Z
	// rack%2012%2F7/%
	// 255
}

func ExampleKeyHash() {
	fmt.Println(tt.KeyHash("staging", "noc/LinkDown/17"))
	fmt.Println(tt.KeyHash("production", "noc/LinkDown/17"))
	// Output:
	// e65a96b0d66c0640a439165bc6224956
	// e9eef062360e0a479c095d7fb5025d82
}

func ExampleCut() {
	text, cut := tt.Cut("сбой на узле связи", 24)
	fmt.Println(text, cut, len(text))
	// Output: сбой на у…[cut] true 24
}

func ExampleCleanText() {
	fmt.Printf("%+q\n", tt.CleanText("link\x00 down\r\nport 7"))
	// Output: "link\ufffd down\nport 7"
}

func ExampleSecret() {
	account := struct {
		Name  string
		Token tt.Secret
	}{"noc", tt.NewSecret("hunter2")}

	fmt.Printf("%+v\n", account)
	text, err := json.Marshal(account)
	fmt.Println(string(text), err)
	fmt.Println(account.Token.Reveal())
	// Output:
	// {Name:noc Token:[secret]}
	// {"Name":"noc","Token":"[secret]"} <nil>
	// hunter2
}

func ExampleTicket() {
	ticket := tt.Ticket{
		ID: "731", Object: "sw1", Objects: []string{"sw1", "sw2"}, Group: "731", State: tt.StateExpired,
		OpenedAt: time.Date(2026, 3, 1, 15, 0, 0, 0, time.FixedZone("MSK", 3*60*60)), Subject: "link down",
	}
	text, err := json.Marshal(ticket)
	fmt.Println(string(text), err)
	fmt.Println(ticket.Resolved(), ticket.State.Ended())
	// Output:
	// {"tt_id":"731","queue":"","obj":"sw1","objs":["sw1","sw2"],"group":"731","key":"","state":"expired","open_ts":"2026-03-01T12:00:00Z","subject":"link down","body":"","comments":[],"resolved":false} <nil>
	// false true
}

func ExampleCapabilities() {
	sys := fake.New(fake.WithoutGroups())
	if !sys.Capabilities().PromoteGroupTT {
		fmt.Println("each object gets a ticket of its own")
	}
	// Output: each object gets a ticket of its own
}

// Reading every open ticket, page by page.
func ExampleSystem_listTTs() {
	ctx, sys := context.Background(), fake.New()
	for _, obj := range []string{"sw1", "sw2", "sw3"} {
		_, _ = sys.CreateTT(ctx, tt.CreateRequest{Object: obj, Subject: "link down"})
	}
	request := tt.ListRequest{Limit: 2}
	for {
		page, err := sys.ListTTs(ctx, request)
		if err != nil {
			fmt.Println(err) // an unfinished list is no list
			return
		}
		fmt.Println(page.IDs)
		if page.Next == "" {
			return
		}
		request.After = page.Next
	}
	// Output:
	// [1 2]
	// [3]
}
