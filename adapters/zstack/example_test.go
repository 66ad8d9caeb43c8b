package zstack_test

import (
	"context"
	"fmt"

	"github.com/ttkit/ttkit/adapters/zstack"
	"github.com/ttkit/ttkit/adapters/zstack/zstacktest"
	"github.com/ttkit/ttkit/tt"
)

// The life of a ticket, against the simulator in memory. In earnest BaseURL is
// the management node, and there is no need of an HTTP client.
func ExampleNew() {
	ctx := context.Background()
	server := zstacktest.New(zstacktest.Options{})
	defer server.Close()
	sys, err := zstack.New(zstack.Config{
		Common: tt.Common{BaseURL: server.URL()},
		IAM2: zstack.IAM2{
			VirtualID: zstacktest.DefaultVirtualID,
			Password:  tt.NewSecret(zstacktest.DefaultVirtualIDPassword),
			Project:   zstacktest.DefaultProject,
		},
		ProjectUUID:   zstacktest.DefaultProjectUUID,
		VirtualIDUUID: zstacktest.DefaultVirtualIDUUID,
		Requests: []map[string]any{{ // checked by the platform and never carried out
			"requestName": "incident on {{.Object}}",
			"apiName":     "org.zstack.header.vm.APICreateVmInstanceMsg",
			"apiBody": map[string]any{
				"name":       "{{.Subject}}",
				"systemTags": []any{"ephemeral::validationOnly"},
			},
		}},
	}, tt.WithName("cloud"), tt.WithHTTPClient(server.Client()))
	if err != nil {
		fmt.Println(err)
		return
	}

	alarm := tt.CreateRequest{Object: "web-1", Subject: "uplink down", Key: tt.Key("uplink", "web-1", "2026-11-21")}
	created, err := sys.CreateTT(ctx, alarm)
	fmt.Println(len(created.ID), created.Existed, err)
	again, err := sys.CreateTT(ctx, alarm) // by whatever process
	fmt.Println(again.ID == created.ID, again.Existed, err)
	closed, err := sys.CloseTT(ctx, tt.CloseRequest{ID: created.ID, Reason: "fibre repaired"})
	fmt.Println("closed", closed, err)
	fmt.Println("logged out", sys.Shutdown(ctx), len(server.Sessions()))

	for _, t := range server.Tickets() {
		fmt.Println(t.Name, t.Status, t.Requests[0].Name)
	}
	fmt.Println("approvals:", server.Approvals())
	// Output:
	// 32 false <nil>
	// true true <nil>
	// closed true <nil>
	// logged out <nil> 0
	// uplink down Cancelled incident on web-1
	// approvals: 0
}

// As a file of settings says it: lists and maps need OpenConfig.
func ExampleSystem() {
	ctx := context.Background()
	server := zstacktest.New(zstacktest.Options{})
	defer server.Close()
	sys, err := tt.OpenConfig(ctx, tt.Config{Name: "cloud", Adapter: zstack.Name, HTTPClient: server.Client(), Settings: map[string]any{
		"base_url": server.URL(),
		"iam2": map[string]any{
			"virtual_id": zstacktest.DefaultVirtualID, "password": zstacktest.DefaultVirtualIDPassword, "project": zstacktest.DefaultProject,
		},
		"project_uuid":    zstacktest.DefaultProjectUUID,
		"virtual_id_uuid": zstacktest.DefaultVirtualIDUUID,
		"queues":          map[string]any{"network": zstacktest.TwoStepCollectionUUID}, // whose approvers see the tickets of that queue
		"requests": []any{map[string]any{
			"apiName": "org.zstack.header.vm.APICreateVmInstanceMsg",
			"apiBody": map[string]any{"name": "{{.Object}}", "systemTags": []any{"ephemeral::validationOnly"}},
		}},
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = sys.Shutdown(ctx) }()

	created, err := sys.CreateTT(ctx, tt.CreateRequest{Queue: "network", Object: "web-1", Subject: "uplink down", Key: "uplink/web-1/17"})
	if err != nil {
		fmt.Println(err)
		return
	}
	ticket, err := sys.GetTT(ctx, created.ID)
	fmt.Println(ticket.Object, ticket.Queue, ticket.State, err)
	// Output:
	// web-1 network open <nil>
}

// What a help text says about the settings that have to be given.
func ExampleOptions() {
	for _, o := range zstack.Options() {
		if o.Required {
			fmt.Println(o.Name, o.Type)
		}
	}
	// Output:
	// base_url string
	// project_uuid string
	// virtual_id_uuid string
	// requests list
}

// A request that is written without its tag would be executed when somebody
// approves the ticket, so it needs the setting that says so.
func ExampleConfig() {
	_, err := zstack.New(zstack.Config{
		Common:        tt.Common{BaseURL: "https://cloud.example.net"},
		Session:       tt.NewSecret("0f3c5a1e7b2d4c6e8a901b2c3d4e5f60"),
		ProjectUUID:   zstacktest.DefaultProjectUUID,
		VirtualIDUUID: zstacktest.DefaultVirtualIDUUID,
		Requests: []map[string]any{{
			"apiName": "org.zstack.header.vm.APICreateVmInstanceMsg",
			"apiBody": map[string]any{"name": "{{.Object}}"},
		}},
	})
	fmt.Println(err)
	// Output:
	// zstack: Open: invalid: setting "requests[0]" would be executed once somebody approves the ticket: add "ephemeral::validationOnly" to the list systemTags in its apiBody, or set allow_execution to true
}
