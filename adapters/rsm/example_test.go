package rsm_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/ttkit/ttkit/adapters/rsm"
	"github.com/ttkit/ttkit/adapters/rsm/rsmtest"
	"github.com/ttkit/ttkit/tt"
)

// The life of a ticket, against the simulator in memory. In earnest BaseURL is
// the server's root, and there is no need of an HTTP client.
func ExampleNew() {
	ctx := context.Background()
	server := rsmtest.New(rsmtest.Options{})
	defer server.Close()
	sys, err := rsm.New(rsm.Config{
		Common: tt.Common{BaseURL: server.URL()},
		Token:  tt.NewSecret(rsmtest.DefaultToken),
	}, tt.WithName("msk"), tt.WithHTTPClient(server.Client()))
	if err != nil {
		fmt.Println(err)
		return
	}

	alarm := tt.CreateRequest{Object: "7", Subject: "uplink down", Key: tt.Key("uplink", "7", "2026-11-21")}
	created, err := sys.CreateTT(ctx, alarm)
	fmt.Println(created.ID, created.Existed, err)
	again, err := sys.CreateTT(ctx, alarm) // by whatever process
	fmt.Println(again.ID, again.Existed, err)
	closed, err := sys.CloseTT(ctx, tt.CloseRequest{ID: created.ID, Reason: "fibre repaired"})
	fmt.Println("closed", closed, err)

	mode := server.Modes()[0]
	fmt.Printf("service mode %d on %d: %s\n", mode.ID, mode.Items[0].CI, mode.Items[0].State)
	// Output:
	// 1001 false <nil>
	// 1001 true <nil>
	// closed true <nil>
	// service mode 1001 on 7: Completed
}

// Tickets stand on a config item that was made for them, one for each queue,
// so that monitoring of the object in trouble goes on. The object may then be
// any name.
func ExampleConfig() {
	ctx := context.Background()
	server := rsmtest.New(rsmtest.Options{})
	defer server.Close()
	sys, err := rsm.New(rsm.Config{
		Common:   tt.Common{BaseURL: server.URL(), Namespace: "staging"},
		Token:    tt.NewSecret(rsmtest.DefaultToken),
		Lease:    24 * time.Hour,
		AnchorCI: map[string]string{"network": "19", "*": "20"},
	}, tt.WithHTTPClient(server.Client()))
	if err != nil {
		fmt.Println(err)
		return
	}

	created, err := sys.CreateTT(ctx, tt.CreateRequest{Queue: "network", Object: "sw-7", Subject: "uplink down", Key: "uplink/sw-7/17"})
	if err != nil {
		fmt.Println(err)
		return
	}
	ticket, err := sys.GetTT(ctx, created.ID)
	fmt.Println(ticket.Object, ticket.State, err)
	fmt.Println("mutes the config item", server.Modes()[0].Items[0].CI)
	// Output:
	// sw-7 open <nil>
	// mutes the config item 19
}

// With a connection URL, in earnest such as
// "rsm://monq.example.net?token=${MONQ_TOKEN}". The token comes from the
// environment, because a URL ends up in logs.
func ExampleSystem() {
	ctx := context.Background()
	server := rsmtest.New(rsmtest.Options{})
	defer server.Close()
	_ = os.Setenv("MONQ_TOKEN", rsmtest.DefaultToken)
	url := "rsm+" + server.URL() + "?token=${MONQ_TOKEN}" // plain http: the simulator is on loopback
	sys, err := tt.Open(ctx, "msk", url, tt.WithHTTPClient(server.Client()))
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
	// credentials and permission to view modes true
	// permission to view config items true
	// clock true
	// effects true
	// <nil>
}

// What a help text says about the settings of this adapter alone.
func ExampleOptions() {
	for _, o := range rsm.Options() {
		if o.Required || o.Secret() {
			fmt.Println(o.Name, o.Type, o.Help)
		}
	}
	// Output:
	// base_url string the server's root, such as https://tickets.example.net
	// token secret personal API token, from the user profile's API Access
}
