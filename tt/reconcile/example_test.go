package reconcile_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/ttkit/ttkit/adapters/fake"
	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/reconcile"
)

func Example() {
	ctx := context.Background()
	clock := time.Now().Add(-time.Hour)
	sys := fake.New(fake.WithClock(func() time.Time { return clock }))
	_, _ = sys.CreateTT(ctx, tt.CreateRequest{Object: "sw-7", Subject: "link down", Key: "LinkDown/sw-7/20:15"})

	alarms, err := reconcile.ReadLines(strings.NewReader(
		`{"key":"PowerLost/core-1/20:40","object":"core-1","members":["sw-8"],"subject":"power lost"}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	diff, err := reconcile.Plan(ctx, sys, alarms, reconcile.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, item := range diff.Items {
		fmt.Println(item)
	}
	results, _ := reconcile.Apply(ctx, sys, diff, reconcile.Limits{})
	for _, r := range results {
		fmt.Println(r.Action, r.TicketID, r.Status)
	}
	// Output:
	// open   key PowerLost/core-1/20:40, object core-1: the alarm is active and has no ticket
	// close  ticket 1, key LinkDown/sw-7/20:15, object sw-7: no alarm asks for it
	// open 2 ok
	// close 1 ok
}

func ExampleReadLines() {
	_, err := reconcile.ReadLines(strings.NewReader(`{"key":"k1","object":"sw-7","subject":"down"}
{"key":"k2","objct":"sw-8","subject":"down"}`))
	fmt.Println(err)
	// Output:
	// tt: invalid: line 2: unknown name "objct"
}
