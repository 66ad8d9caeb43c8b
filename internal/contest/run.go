package contest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// Benchmark compares every operation, and prints the table of ratios. ns/op
// and allocs/op are the adapter's, bare-ns/op and bare-allocs/op the other's.
func (c *Contest[P, B]) Benchmark(b *testing.B) {
	const turn = 5
	all := c.pairs(b)
	table := []string{tableHead}
	for _, p := range all {
		b.Run(strings.ReplaceAll(p.name, ", ", "_"), func(b *testing.B) {
			var ours, theirs cost
			for b.Loop() {
				p.turns(b, turn, &ours, &theirs)
			}
			r := compare(&ours, &theirs)
			ns, allocs := ours.perCall()
			b.ReportMetric(ns, "ns/op")
			b.ReportMetric(allocs, "allocs/op")
			ns, allocs = theirs.perCall()
			b.ReportMetric(ns, "bare-ns/op")
			b.ReportMetric(allocs, "bare-allocs/op")
			b.ReportMetric(r.time, "time-ratio")
			b.ReportMetric(r.allocs, "allocs-ratio")
			if ours.calls > turn { // not the trial run
				table = append(table, r.row(p.name, p.requests))
			}
		})
	}
	fmt.Println("\n" + strings.Join(table, "\n"))
}

// TestAllocations fails when an operation allocates more than
// [MaxAllocations] allow. Time is not tested.
func (c *Contest[P, B]) TestAllocations(t *testing.T) {
	for _, p := range c.pairs(t) {
		t.Run(p.name, func(t *testing.T) {
			var ours, theirs cost
			for range 10 {
				p.turns(t, 10, &ours, &theirs)
			}
			if r := compare(&ours, &theirs); r.allocs > MaxAllocations {
				_, a := ours.perCall()
				_, b := theirs.perCall()
				t.Errorf("%.0f allocations, and %.0f by hand: %.2f times as many, and %.2f is the most", a, b, r.allocs, MaxAllocations)
			}
		})
	}
}

// turns lets each side make n calls.
func (p pair) turns(t testing.TB, n int, ours, theirs *cost) {
	if err := ours.take(n, p.library); err != nil {
		t.Fatal(err)
	}
	if err := theirs.take(n, p.bare); err != nil {
		t.Fatal("by hand:", err)
	}
}

// TestRequests fails unless both sides make the same requests: only then is
// the comparison fair.
func (c *Contest[P, B]) TestRequests(t *testing.T) {
	for _, op := range c.operations() {
		t.Run(op.name, func(t *testing.T) {
			ours, theirs, err := c.sent(t, op)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(ours, theirs) {
				t.Errorf("the adapter asks\n\n%s\n\nand the client by hand\n\n%s", strings.Join(ours, "\n\n"), strings.Join(theirs, "\n\n"))
			}
		})
	}
}

// sent returns the requests of both sides, as texts.
func (c *Contest[P, B]) sent(t testing.TB, op operation[P, B]) (ours, theirs []string, err error) {
	r, err := c.record(t, op)
	if err != nil {
		return nil, nil, fmt.Errorf("record: %w", err)
	}
	const base = "http://localhost/0/" + bare
	tape := newTape(base, inProcess{newPlayer(map[string]recording{"0": r.recording})})
	if err := op.bare(t.Context(), c.Client(base, &http.Client{Transport: tape}), r.known); err != nil {
		return nil, nil, fmt.Errorf("by hand: %w", err)
	}
	if ours, err = requests(r.Steps, r.Together, c.Mask); err != nil {
		return nil, nil, err
	}
	theirs, err = requests(tape.cut(), r.Together, c.Mask)
	return ours, theirs, err
}

// inProcess is a transport that asks a handler of this process.
type inProcess struct{ handler http.Handler }

func (h inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		r.Body = http.NoBody
	}
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	return w.Result(), nil
}
