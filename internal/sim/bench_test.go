package sim_test

import "testing"

// One request over the in-memory network: the price that a conformance suite
// pays thousands of times.
func BenchmarkRequestInMemory(b *testing.B) {
	c := newCounter(nil)
	defer c.Close()
	b.ReportAllocs()
	for b.Loop() {
		if r := c.add(); r.err != nil {
			b.Fatal(r.err)
		}
	}
}
