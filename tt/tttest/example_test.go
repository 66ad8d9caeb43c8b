package tttest_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/ttkit/ttkit/adapters/fake"
	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/tttest"
)

// harnessOf is what an adapter's author writes: how to start the vendor's
// simulator, and how to open the adapter over it. Here the fake is both.
func harnessOf() tttest.Harness {
	return tttest.Harness{
		Levels:  tttest.Groups | tttest.Updates,
		Objects: []string{"sw1", "sw10", "SW1", "rt1", "rt2", "rt3"},
		Virtual: true,
		Start: func(context.Context) (*tttest.Backend, error) {
			backend := fake.NewBackend()
			return &tttest.Backend{
				Open:    func(context.Context) (tt.System, error) { return backend.Open("test"), nil },
				Records: func() ([]tttest.Record, error) { return held(backend), nil },
			}, nil
		},
	}
}

// held reads what the backend holds, past the adapter.
func held(backend *fake.Backend) (records []tttest.Record) {
	for _, t := range backend.Tickets() {
		r := tttest.Record{ID: t.ID, Key: t.Key, Open: !t.State.Ended(), Objects: t.Objects, Raw: fmt.Sprint(t)}
		for _, c := range t.Comments {
			r.Comments = append(r.Comments, c.Body)
		}
		records = append(records, r)
	}
	return records
}

// The conformance test of an adapter.
func ExampleRun() {
	TestConformance := func(t *testing.T) { tttest.Run(t, harnessOf()) }
	_ = TestConformance
}

// A program that checks a System without the testing package.
func ExampleCheck() {
	if err := tttest.Check(context.Background(), harnessOf()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func ExampleNoSecret() {
	err := errors.New("401 for Authorization: Bearer d41d8cd98f")
	fmt.Println(tttest.NoSecret(err, "d41d8cd98f"))
	// Output: the error of type *errors.errorString: secret number 1 of 1 shows, as it is, when it is printed with %v
}

func ExampleNoSecretIn() {
	fmt.Println(tttest.NoSecretIn("GET /tickets?limit=10", "d41d8cd98f"))
	// Output: <nil>
}
