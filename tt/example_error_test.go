package tt_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/ttkit/ttkit/adapters/fake"
	"github.com/ttkit/ttkit/tt"
)

// What a caller can ask an error.
func ExampleError() {
	backend := fake.NewBackend()
	backend.Inject(fake.Fault{Kind: fake.Throttle, RetryAfter: 30 * time.Second})
	sys := backend.Open("msk")

	_, err := sys.CreateTT(context.Background(), tt.CreateRequest{Object: "sw1", Subject: "link down", Key: "LinkDown/17"})
	var e *tt.Error
	switch {
	case err == nil:
	case errors.Is(err, tt.ErrUnsupported):
		fmt.Println("skip it")
	case errors.As(err, &e) && e.Temporary():
		fmt.Println("once more in", e.RetryAfter, "- so far:", e.Outcome)
	default:
		fmt.Println("tell a person:", err)
	}
	// Output: once more in 30s - so far: not_done
}

// The loop around a call, for outages that outlast the adapter's own repeats.
func ExampleSafeToRetry() {
	backend := fake.NewBackend()
	backend.Inject(fake.Fault{Kind: fake.FailAfter, Op: "CreateTT", Times: 2})
	sys := backend.Open("msk")

	create := func(key string) (id string, attempts int, err error) {
		for {
			attempts++
			created, err := sys.CreateTT(context.Background(), tt.CreateRequest{Object: "sw1", Subject: "link down", Key: key})
			if err == nil || attempts == 5 || !tt.IsTemporary(err) || !tt.SafeToRetry(err) {
				return created.ID, attempts, err
			}
			// In earnest: wait here, at least for Error.RetryAfter.
		}
	}
	fmt.Println(create("LinkDown/17"))
	backend.Inject(fake.Fault{Kind: fake.FailAfter, Op: "CreateTT"})
	_, attempts, err := create("")
	fmt.Println(attempts)
	fmt.Println(err)
	// Output:
	// 1 3 <nil>
	// 1
	// fake "msk": CreateTT: unavailable: the reply was lost (injected fault) (it may have happened; look before repeating, a repeat could double it)
}

func ExampleIsTemporary() {
	fmt.Println(tt.IsTemporary(tt.Errorf(tt.CodeUnavailable, tt.Unknown, "connection reset")))
	fmt.Println(tt.IsTemporary(tt.Errorf(tt.CodePermissionDenied, tt.NotDone, "no right to create")))
	fmt.Println(tt.IsTemporary(context.DeadlineExceeded))
	// Output:
	// true
	// false
	// true
}

func ExampleCodeOf() {
	_, err := fake.New().GetTT(context.Background(), "731")
	fmt.Println(tt.CodeOf(err))
	fmt.Println(tt.CodeOf(context.Canceled))
	fmt.Println(tt.CodeOf(io.EOF))
	// Output:
	// not_found
	// canceled
	// internal
}

// An adapter says what happened, and names the operation once, at its border.
func ExampleAnnotate() {
	get := func() error {
		return tt.Errorf(tt.CodeUnavailable, tt.NotDone, "reading the reply: %w", io.ErrUnexpectedEOF)
	}
	err := tt.Annotate(get(), "acme", "msk", "GetTT", "731")
	fmt.Println(err)
	fmt.Println(errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, tt.ErrUnavailable))
	// Output:
	// acme "msk": GetTT 731: unavailable: reading the reply: unexpected EOF
	// true true
}

func ExampleErrorf() {
	err := tt.Errorf(tt.CodeNotFound, tt.NotDone, "no config item is named %q", "sw1")
	fmt.Println(err)
	fmt.Println(errors.Is(err, tt.ErrNotFound), err.Outcome)
	// Output:
	// tt: not_found: no config item is named "sw1"
	// true not_done
}

func ExampleItemOf() {
	for _, err := range []error{
		nil,
		tt.Errorf(tt.CodeUnavailable, tt.Unknown, "connection reset"),
		tt.Errorf(tt.CodeNotFound, tt.NotDone, "no such item"),
		tt.ErrUnsupported,
	} {
		fmt.Println(tt.ItemOf("sw1", err).Status)
	}
	// Output:
	// ok
	// temp
	// fail
	// skip
}

func ExampleCreateRequest_Validate() {
	fmt.Println(tt.CreateRequest{Object: "sw1 ", Subject: "link down"}.Validate())
	fmt.Println(tt.CreateRequest{Object: "sw1"}.Validate())
	fmt.Println(tt.CreateRequest{Object: "sw1", Subject: "link down"}.Validate())
	// Output:
	// tt: invalid: object "sw1 " begins or ends with white space
	// tt: invalid: subject is empty: give the ticket one line of text
	// <nil>
}
