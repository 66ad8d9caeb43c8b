package fake

import (
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// A list holds what was added and not removed, in order, and has at most one
// gap for each id that it holds.
func TestOpenListHoldsWhatWasAdded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var list openList
		held := map[uint64]bool{}
		next := uint64(1)
		t.Repeat(map[string]func(*rapid.T){
			"append": func(*rapid.T) {
				list.add(next, strconv.FormatUint(next, 10))
				held[next] = true
				next++
			},
			"append many": func(t *rapid.T) {
				for range rapid.IntRange(1, 20).Draw(t, "n") {
					list.add(next, strconv.FormatUint(next, 10))
					held[next] = true
					next++
				}
			},
			"add": func(t *rapid.T) {
				n := rapid.Uint64Range(1, next).Draw(t, "number")
				list.add(n, strconv.FormatUint(n, 10))
				held[n] = true
				next = max(next, n+1)
			},
			"remove": func(t *rapid.T) {
				n := rapid.Uint64Range(1, next).Draw(t, "number")
				list.remove(n)
				delete(held, n)
			},
			"": func(t *rapid.T) {
				after := rapid.Uint64Range(0, next).Draw(t, "after")
				var want []string
				for n := after + 1; n < next; n++ {
					if held[n] {
						want = append(want, strconv.FormatUint(n, 10))
					}
				}
				require.Equal(t, want, slices.Collect(list.after(after)))
				require.Equal(t, len(held), list.len())
				require.LessOrEqual(t, len(list.entries), 2*len(held))
			},
		})
	})
}

func TestNoListIsEmpty(t *testing.T) {
	var list *openList
	require.Empty(t, slices.Collect(list.after(0)))
	require.Zero(t, list.len())
}
