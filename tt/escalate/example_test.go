package escalate_test

import (
	"context"
	"fmt"
	"time"

	"github.com/ttkit/ttkit/adapters/fake"
	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/escalate"
)

// A switch is down, and with it two others that hang on it.
func ExampleCreate() {
	sys := fake.New()
	result, err := escalate.Create(context.Background(), sys, escalate.Request{
		CreateRequest: tt.CreateRequest{Object: "core-sw1", Subject: "core-sw1 is down", Key: tt.Key("SwitchDown", "core-sw1", "2026-03-01T12:00:00Z")},
		Members:       []string{"sw17", "sw18"},
	})
	fmt.Println(result.TicketID, result.GroupID, err)
	for _, item := range result.Items {
		fmt.Println(item.Object, item.Status)
	}
	// Output:
	// 1 1 <nil>
	// core-sw1 ok
	// sw17 ok
	// sw18 ok
}

// The ticket is made and its promotion fails: the id is there, and the same
// call with the same key finishes the rest without a second ticket.
func ExampleCreate_resume() {
	backend := fake.NewBackend()
	backend.Inject(fake.Fault{Kind: fake.FailBefore, Op: "CreateGroupTT"})
	sys := backend.Open("msk")
	request := escalate.Request{
		CreateRequest: tt.CreateRequest{Object: "core-sw1", Subject: "core-sw1 is down", Key: "SwitchDown/17"},
		Members:       []string{"sw17"},
	}

	result, err := escalate.Create(context.Background(), sys, request)
	fmt.Println(result.TicketID, tt.IsTemporary(err), tt.SafeToRetry(err))
	fmt.Println(result.Items[1].Object, result.Items[1].Status)

	result, err = escalate.Create(context.Background(), sys, request)
	fmt.Println(result.TicketID, err)
	fmt.Println(result.Items[1].Object, result.Items[1].Status)
	fmt.Println("tickets:", len(backend.Tickets()))
	// Output:
	// 1 true true
	// sw17 temp
	// 1 <nil>
	// sw17 ok
	// tickets: 1
}

// An alarm that came later joins the ticket of an earlier one.
func ExampleJoin() {
	sys := fake.New()
	ctx := context.Background()
	created, err := sys.CreateTT(ctx, tt.CreateRequest{Object: "core-sw1", Subject: "core-sw1 is down", Key: "SwitchDown/17"})
	if err != nil {
		fmt.Println(err)
		return
	}
	group, items, err := escalate.Join(ctx, sys, created.ID, time.Time{}, "sw17")
	fmt.Println(group, items[0].Object, items[0].Status, err)
	// Output: 1 sw17 ok <nil>
}
