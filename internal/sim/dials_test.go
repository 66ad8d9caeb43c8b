package sim

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestDials(t *testing.T) {
	type knobs struct{ a, b int }
	d := Dials[knobs]{
		{To("a=1", func(k *knobs) { k.a = 1 }), To("a=2", func(k *knobs) { k.a = 2 })},
		{To("b=1", func(k *knobs) { k.b = 1 })},
	}
	assert.Equal(t, map[string]knobs{"defaults": {}, "a=1": {a: 1}, "a=2": {a: 2}, "b=1": {b: 1}}, maps.Collect(d.All()),
		"the defaults, and every other value alone")

	seen := map[knobs]bool{}
	for seed := range uint64(200) {
		assert.Equal(t, d.Random(seed), d.Random(seed), "a seed is a combination")
		seen[d.Random(seed)] = true
	}
	assert.Len(t, seen, 6, "every combination comes up")
}
