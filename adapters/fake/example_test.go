package fake_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ttkit/ttkit/adapters/fake"
	"github.com/ttkit/ttkit/tt"
)

// raise is the code under test: it opens the ticket of an alarm and repeats
// the call while repeating is safe and may help (a real one waits in between).
func raise(ctx context.Context, sys tt.System, object, episode string) (string, error) {
	for {
		created, err := sys.CreateTT(ctx, tt.CreateRequest{
			Object: object, Subject: "link down", Key: tt.Key("link-down", object, episode),
		})
		if err == nil || !tt.SafeToRetry(err) || !errors.Is(err, tt.ErrTemporary) {
			return created.ID, err
		}
	}
}

// The reply is lost after the ticket was made. The handler repeats the call
// with the same key, and there is one ticket.
func ExampleBackend_Inject() {
	backend := fake.NewBackend()
	backend.Inject(fake.Fault{Kind: fake.FailAfter, Op: "CreateTT"})

	id, err := raise(context.Background(), backend.Open("msk"), "sw1", "10:15")
	fmt.Println(id, err)

	for _, event := range backend.History() {
		fmt.Println(event)
	}
	fmt.Println("tickets:", len(backend.Tickets()), "faults left:", backend.FaultsLeft())
	// Output:
	// 1 <nil>
	// CreateTT 1 sw1 key=link-down/sw1/10:15 [fail-after] changed: unavailable
	// CreateTT 1 sw1 key=link-down/sw1/10:15
	// tickets: 1 faults left: 0
}

// The server is busy, then down, then forbids it: Err decides what the caller
// gets.
func ExampleFault() {
	backend := fake.NewBackend()
	backend.Inject(
		fake.Fault{Kind: fake.Throttle, RetryAfter: 30 * time.Second},
		fake.Fault{Kind: fake.FailBefore},
		fake.Fault{Kind: fake.FailBefore, Err: tt.ErrPermissionDenied},
	)
	sys := backend.Open("msk")
	for range 4 {
		_, err := sys.GetObjectTTs(context.Background(), "sw1")
		fmt.Println(err)
	}
	// Output:
	// fake "msk": GetObjectTTs: rate_limited: too many requests (injected fault) (try again in 30s)
	// fake "msk": GetObjectTTs: unavailable: connection refused (injected fault)
	// fake "msk": GetObjectTTs: permission_denied: injected fault: tt: permission_denied
	// <nil>
}

// The create fails and commits half a minute later, when the repeat has long
// made the ticket: the late one is dropped, because keys are enforced.
func ExampleFault_commitLate() {
	now := time.Date(2026, 5, 1, 10, 15, 0, 0, time.UTC)
	backend := fake.NewBackend(fake.WithClock(func() time.Time { return now }))
	backend.Inject(fake.Fault{Kind: fake.CommitLate, Op: "CreateTT", Delay: 30 * time.Second})

	id, err := raise(context.Background(), backend.Open("msk"), "sw1", "10:15")
	fmt.Println(id, err)

	now = now.Add(time.Minute)
	for _, event := range backend.History() {
		fmt.Println(event.At.Format(time.TimeOnly), event)
	}
	fmt.Println("tickets:", len(backend.Tickets()))
	// Output:
	// 1 <nil>
	// 10:15:00 CreateTT sw1 key=link-down/sw1/10:15 [commit-late]: unavailable
	// 10:15:00 CreateTT 1 sw1 key=link-down/sw1/10:15 changed
	// 10:15:30 CreateTT 1 sw1 key=link-down/sw1/10:15 [commit-late] [arrived late]
	// tickets: 1
}

// One object of three cannot join the group for now.
func ExampleFault_failItems() {
	ctx := context.Background()
	backend := fake.NewBackend()
	backend.Inject(fake.Fault{Kind: fake.FailItems, Objects: []string{"sw3"}})
	sys := backend.Open("msk")

	created, _ := sys.CreateTT(ctx, tt.CreateRequest{Object: "sw1", Subject: "uplink down"})
	group, _ := sys.CreateGroupTT(ctx, created.ID, time.Time{})
	for range 2 {
		items, err := sys.AddToGroupTT(ctx, group, "sw2", "sw3", "sw4")
		for _, item := range items {
			fmt.Print(item.Object, " ", item.Status, ", ")
		}
		fmt.Println(err)
	}
	// Output:
	// sw2 ok, sw3 temp, sw4 ok, <nil>
	// sw2 ok, sw3 ok, sw4 ok, <nil>
}

// A person answers in the vendor's console. The program sees it, and can tell
// it from its own comment.
func ExampleBackend_Console() {
	ctx := context.Background()
	backend := fake.NewBackend()
	sys := backend.Open("msk")
	created, _ := sys.CreateTT(ctx, tt.CreateRequest{Object: "sw1", Subject: "link down"})
	start, _ := sys.GetUpdates(ctx, tt.UpdatesRequest{All: true})

	_ = sys.AddComment(ctx, tt.CommentRequest{ID: created.ID, Body: "still down"})
	_ = backend.Console("alice").Comment(created.ID, "on my way")
	_ = backend.Console("alice").Close(created.ID, "cable replaced")

	updates, _ := sys.GetUpdates(ctx, tt.UpdatesRequest{All: true, After: start.Next})
	for _, change := range updates.Changes {
		fmt.Printf("%s %s own=%t %q\n", change.TicketID, change.Action, change.Own, change.Message)
	}
	// Output:
	// 1 comment own=true "still down"
	// 1 comment own=false "on my way"
	// 1 close own=false "cable replaced"
}

// The lease of a ticket that nobody renews lapses: it is expired, not closed,
// and no longer listed as open.
func ExampleWithLease() {
	ctx := context.Background()
	now := time.Date(2026, 5, 1, 10, 15, 0, 0, time.UTC)
	backend := fake.NewBackend(fake.WithLease(24*time.Hour), fake.WithClock(func() time.Time { return now }))
	sys := backend.Open("msk")
	created, _ := sys.CreateTT(ctx, tt.CreateRequest{Object: "sw1", Subject: "link down"})

	now = now.Add(25 * time.Hour)
	ticket, _ := sys.GetTT(ctx, created.ID)
	open, _ := sys.GetObjectTTs(ctx, "sw1")
	fmt.Println(ticket.State, ticket.Resolved(), ticket.ClosedAt.Format(time.DateTime), open)
	// Output:
	// expired false 2026-05-02 10:15:00 []
}

// A close needs an approval.
func ExampleWithPendingClose() {
	ctx := context.Background()
	backend := fake.NewBackend(fake.WithPendingClose(0))
	sys := backend.Open("msk")
	created, _ := sys.CreateTT(ctx, tt.CreateRequest{Object: "sw1", Subject: "link down"})

	closed, err := sys.CloseTT(ctx, tt.CloseRequest{ID: created.ID, Reason: "alarm cleared"})
	fmt.Println(closed, err)
	_ = backend.Console("alice").Close(created.ID, "")
	ticket, _ := sys.GetTT(ctx, created.ID)
	fmt.Println(ticket.State, ticket.FinalReason)
	// Output:
	// false <nil>
	// closed alarm cleared
}

// Lists lag behind writes: a handler that looks for an open ticket before it
// creates one finds none, and only the key keeps it from a second.
func ExampleWithLag() {
	ctx := context.Background()
	backend := fake.NewBackend(fake.WithLag(time.Hour))
	sys := backend.Open("msk")
	req := tt.CreateRequest{Object: "sw1", Subject: "link down", Key: tt.Key("link-down", "sw1", "10:15")}
	_, _ = sys.CreateTT(ctx, req)

	open, _ := sys.GetObjectTTs(ctx, "sw1")
	again, _ := sys.CreateTT(ctx, req)
	fmt.Println(open, again.ID, again.Existed)
	// Output:
	// [] 1 true
}

// Two processes share a server.
func ExampleBackend_Open() {
	ctx := context.Background()
	backend := fake.NewBackend()
	a, b := backend.Open("a"), backend.Open("b")
	req := tt.CreateRequest{Object: "sw1", Subject: "link down", Key: "episode-7"}

	first, _ := a.CreateTT(ctx, req)
	second, _ := b.CreateTT(ctx, req)
	fmt.Println(first.ID, second.ID, second.Existed)
	// Output:
	// 1 1 true
}

// A System of its own, where one is enough.
func ExampleNew() {
	sys := fake.New(fake.WithInventory("sw1", "sw2"))
	_, err := sys.CreateTT(context.Background(), tt.CreateRequest{Object: "sw9", Subject: "link down"})
	fmt.Println(err)
	fmt.Println(len(sys.Backend().Tickets()))
	// Output:
	// fake: CreateTT: not_found: there is no object "sw9"
	// 0
}

// A handler under test, and what it left behind.
func ExampleNewBackend() {
	backend := fake.NewBackend()
	_, _ = raise(context.Background(), backend.Open("msk"), "sw1", "10:15")

	for _, ticket := range backend.Tickets() {
		fmt.Println(ticket.ID, ticket.Object, ticket.State, ticket.Key)
	}
	// Output: 1 sw1 open link-down/sw1/10:15
}

// A test without a testing/synctest bubble has a clock of its own.
func ExampleWithClock() {
	now := time.Date(2026, 5, 1, 10, 15, 0, 0, time.UTC)
	sys := fake.New(fake.WithClock(func() time.Time { return now }))
	created, _ := sys.CreateTT(context.Background(), tt.CreateRequest{Object: "sw1", Subject: "link down"})

	ticket, _ := sys.GetTT(context.Background(), created.ID)
	fmt.Println(ticket.OpenedAt)
	// Output: 2026-05-01 10:15:00 +0000 UTC
}

// Long texts are cut where the vendor would cut them.
func ExampleWithLimits() {
	sys := fake.New(fake.WithLimits(fake.Limits{Subject: 18}))
	created, _ := sys.CreateTT(context.Background(), tt.CreateRequest{Object: "sw1", Subject: "связь с узлом пропала"})

	ticket, _ := sys.GetTT(context.Background(), created.ID)
	fmt.Println(ticket.Subject, ticket.Truncated)
	// Output: связь…[cut] true
}

// The vendor knows its objects: any other is refused.
func ExampleWithInventory() {
	sys := fake.New(fake.WithInventory("sw1", "sw2"))
	_, err := sys.GetObjectTTs(context.Background(), "sw9")
	fmt.Println(errors.Is(err, tt.ErrNotFound))
	// Output: true
}

// A system that runs for weeks keeps what it needs of its history.
func ExampleWithHistory() {
	backend := fake.NewBackend(fake.WithHistory(0))
	_, _ = raise(context.Background(), backend.Open("msk"), "sw1", "10:15")
	fmt.Println(len(backend.History()), len(backend.Tickets()))
	// Output: 0 1
}

// A vendor without group tickets: each object needs a ticket of its own.
func ExampleWithoutGroups() {
	sys := fake.New(fake.WithoutGroups())
	_, err := sys.CreateGroupTT(context.Background(), "1", time.Time{})
	fmt.Println(sys.Capabilities().PromoteGroupTT, errors.Is(err, tt.ErrUnsupported))
	// Output: false true
}

// A vendor without a feed: a program that watches has to read instead.
func ExampleWithoutUpdates() {
	sys := fake.New(fake.WithoutUpdates())
	_, err := sys.GetUpdates(context.Background(), tt.UpdatesRequest{All: true})
	fmt.Println(sys.Capabilities().Updates, errors.Is(err, tt.ErrUnsupported))
	// Output: false true
}

// A vendor that freezes what is closed.
func ExampleWithoutCommentsAfterClose() {
	ctx := context.Background()
	sys := fake.New(fake.WithoutCommentsAfterClose())
	created, _ := sys.CreateTT(ctx, tt.CreateRequest{Object: "sw1", Subject: "link down"})
	_, _ = sys.CloseTT(ctx, tt.CloseRequest{ID: created.ID})

	err := sys.AddComment(ctx, tt.CommentRequest{ID: created.ID, Body: "it was the cable"})
	fmt.Println(errors.Is(err, tt.ErrClosed))
	// Output: true
}

// Staging and production share a server: one key, two tickets.
func ExampleWithNamespace() {
	ctx := context.Background()
	backend := fake.NewBackend()
	staging := backend.Open("staging", fake.WithNamespace("staging"))
	production := backend.Open("production")

	id, _ := raise(ctx, staging, "sw1", "10:15")
	other, _ := raise(ctx, production, "sw1", "10:15")
	fmt.Println(id, other)
	// Output: 1 2
}
