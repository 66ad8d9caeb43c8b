package sim

import (
	"iter"
	"math/rand/v2"
)

// Dials are the knobs of a simulator whose settings are a K. The zero K is
// its default, and every dial lists the other values of one knob.
type Dials[K any] [][]Value[K]

// Value is one value of a knob.
type Value[K any] struct {
	name string
	set  func(*K)
}

// To makes the value that set sets; name is for a subtest.
func To[K any](name string, set func(*K)) Value[K] { return Value[K]{name, set} }

// All yields the defaults, and after them every other value of every knob
// alone.
func (d Dials[K]) All() iter.Seq2[string, K] {
	return func(yield func(string, K) bool) {
		var defaults K
		if !yield("defaults", defaults) {
			return
		}
		for _, values := range d {
			for _, v := range values {
				var k K
				v.set(&k)
				if !yield(v.name, k) {
					return
				}
			}
		}
	}
}

// Random returns a combination: every knob has its zero value with a
// probability of one half, else any of its others. The same seed gives the
// same combination.
func (d Dials[K]) Random(seed uint64) K {
	r := rand.New(rand.NewPCG(seed, 0))
	var k K
	for _, values := range d {
		if r.IntN(2) == 1 {
			values[r.IntN(len(values))].set(&k)
		}
	}
	return k
}
