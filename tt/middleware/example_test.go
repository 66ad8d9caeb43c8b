package middleware_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/ttkit/ttkit/adapters/fake"
	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/middleware"
)

// A gate: a program that may look at tickets and change none.
func ExampleIntercept() {
	readOnly := func(sys tt.System) tt.System {
		return middleware.Intercept(sys, func(ctx context.Context, call middleware.Call, next func(context.Context) error) error {
			if !call.ReadOnly && call.Op != "Shutdown" {
				return tt.Errorf(tt.CodePermissionDenied, tt.NotDone, "this program only reads")
			}
			return next(ctx)
		})
	}
	sys := readOnly(fake.New())
	ctx := context.Background()

	_, err := sys.CreateTT(ctx, tt.CreateRequest{Object: "sw1", Subject: "link down"})
	fmt.Println(err)
	ids, err := sys.GetObjectTTs(ctx, "sw1")
	fmt.Println(len(ids), err)
	// Output:
	// tt: permission_denied: this program only reads
	// 0 <nil>
}

// A retry: only what can do nothing twice, only where waiting helps. Adapters
// repeat by themselves within seconds; this is for longer outages.
func ExampleIntercept_retry() {
	patient := func(sys tt.System, attempts int, wait time.Duration) tt.System {
		return middleware.Intercept(sys, func(ctx context.Context, _ middleware.Call, next func(context.Context) error) error {
			for attempt := 1; ; attempt++ {
				err := next(ctx)
				if err == nil || attempt == attempts || !tt.IsTemporary(err) || !tt.SafeToRetry(err) {
					return err
				}
				pause := wait
				var e *tt.Error
				if errors.As(err, &e) {
					pause = max(wait, e.RetryAfter)
				}
				select {
				case <-time.After(pause):
				case <-ctx.Done():
					return err
				}
			}
		})
	}
	backend := fake.NewBackend()
	backend.Inject(fake.Fault{Kind: fake.FailAfter, Op: "CreateTT"}) // made, but the reply is lost
	sys := patient(backend.Open("msk"), 3, time.Millisecond)

	created, err := sys.CreateTT(context.Background(), tt.CreateRequest{Object: "sw1", Subject: "link down", Key: "LinkDown/17"})
	fmt.Println(created.ID, created.Existed, err)
	fmt.Println("tickets:", len(backend.Tickets()))
	// Output:
	// 1 true <nil>
	// tickets: 1
}

func ExampleLogging() {
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: withoutTimes}))
	sys := middleware.Logging(fake.New(), logger.With("system", "msk"))
	ctx := context.Background()

	_, _ = sys.CreateTT(ctx, tt.CreateRequest{Object: "sw1", Subject: "link down", Key: "LinkDown/17"})
	_, _ = sys.GetTT(ctx, "1") // at debug
	_, _ = sys.CloseTT(ctx, tt.CloseRequest{ID: "1", Reason: "fibre"})
	// Output:
	// level=INFO msg="ticket call" system=msk op=CreateTT tt_id=1 key=LinkDown/17 obj=sw1
	// level=INFO msg="ticket call" system=msk op=CloseTT tt_id=1 closed=true
}

// withoutTimes makes the example's output the same every time.
func withoutTimes(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey || a.Key == "duration" {
		return slog.Attr{}
	}
	return a
}

func ExampleCall_Result() {
	made := 0
	sys := middleware.Intercept(fake.New(), func(ctx context.Context, call middleware.Call, next func(context.Context) error) error {
		err := next(ctx)
		if created, ok := call.Result().(tt.Created); ok && err == nil && !created.Existed {
			made++
		}
		return err
	})
	for range 3 {
		_, _ = sys.CreateTT(context.Background(), tt.CreateRequest{Object: "sw1", Subject: "link down", Key: "LinkDown/17"})
	}
	fmt.Println("tickets made:", made)
	// Output: tickets made: 1
}
