package guance_test

import (
	"context"
	"fmt"
	"os"

	"github.com/ttkit/ttkit/adapters/guance"
	"github.com/ttkit/ttkit/adapters/guance/guancetest"
	"github.com/ttkit/ttkit/tt"
)

// The life of a ticket, against the simulator in memory. In earnest BaseURL is
// the site of the workspace, such as https://openapi.guance.com, and there is
// no need of an HTTP client.
func ExampleNew() {
	ctx := context.Background()
	server := guancetest.New(guancetest.Options{})
	defer server.Close()
	sys, err := guance.New(guance.Config{
		Common:  tt.Common{BaseURL: server.URL()},
		APIKey:  tt.NewSecret(guancetest.DefaultKey),
		Targets: []string{"notify_noc"},
	}, tt.WithName("cn1"), tt.WithHTTPClient(server.Client()))
	if err != nil {
		fmt.Println(err)
		return
	}

	alarm := tt.CreateRequest{Object: "agg-1", Subject: "uplink down", Key: tt.Key("uplink", "agg-1", "2026-11-21")}
	created, err := sys.CreateTT(ctx, alarm)
	fmt.Println(created.Existed, err)
	again, err := sys.CreateTT(ctx, alarm) // by whatever process
	fmt.Println(again.ID == created.ID, again.Existed, err)

	incident := guancetest.Event{Dimensions: map[string]string{"host": "agg-1"}}
	for _, notice := range server.Notified(incident, server.Now()) {
		fmt.Println("an incident of agg-1 now reaches", notice.Target)
	}
	closed, err := sys.CloseTT(ctx, tt.CloseRequest{ID: created.ID, Reason: "fibre repaired"})
	fmt.Println("closed", closed, err)
	// Output:
	// false <nil>
	// true true <nil>
	// an incident of agg-1 now reaches notify_noc
	// closed true <nil>
}

// Dark tickets change nothing about who is notified of incidents. Queues have
// targets of their own, which the vendor wants even so.
func ExampleConfig() {
	ctx := context.Background()
	server := guancetest.New(guancetest.Options{})
	defer server.Close()
	sys, err := guance.New(guance.Config{
		Common: tt.Common{BaseURL: server.URL(), Namespace: "staging"},
		APIKey: tt.NewSecret(guancetest.DefaultKey),
		Queues: map[string][]string{"network": {"group_network"}, "*": {"notify_noc"}},
		Dark:   true,
		Rate:   guance.Rate{Requests: 200}, // what this customer has agreed with the vendor
	}, tt.WithHTTPClient(server.Client()))
	if err != nil {
		fmt.Println(err)
		return
	}

	created, err := sys.CreateTT(ctx, tt.CreateRequest{Queue: "network", Object: "agg-1", Subject: "uplink down", Key: "uplink/agg-1/17"})
	if err != nil {
		fmt.Println(err)
		return
	}
	ticket, err := sys.GetTT(ctx, created.ID)
	fmt.Println(ticket.Object, ticket.State, err)
	x, _ := server.Schedule(created.ID)
	fmt.Println("its schedule is in effect:", x.InEffect(server.Now()))
	// Output:
	// agg-1 open <nil>
	// its schedule is in effect: false
}

// With settings, as a configuration file holds them.
func ExampleSystem() {
	ctx := context.Background()
	server := guancetest.New(guancetest.Options{})
	defer server.Close()
	_ = os.Setenv("GUANCE_KEY", guancetest.DefaultKey)
	sys, err := tt.OpenConfig(ctx, tt.Config{Name: "cn1", Adapter: "guance", Settings: map[string]any{
		"base_url": server.URL(),
		"api_key":  os.Getenv("GUANCE_KEY"),
		"targets":  []any{"notify_noc"},
	}, HTTPClient: server.Client()})
	if err != nil {
		fmt.Println(err)
		return
	}

	checks, err := sys.Check(ctx)
	for _, c := range checks {
		fmt.Println(c.Name, c.OK)
	}
	fmt.Println(err)
	// Output:
	// address true
	// API key true
	// list of schedules true
	// workspace true
	// one schedule true
	// clock true
	// rate limit true
	// effects true
	// <nil>
}

// What a help text says about the settings of this adapter alone.
func ExampleOptions() {
	for _, o := range guance.Options() {
		if o.Required || o.Secret() {
			fmt.Println(o.Name, o.Type, o.Help)
		}
	}
	// Output:
	// base_url string the server's root, such as https://tickets.example.net
	// api_key secret API key of the workspace
}
