package fake

import (
	"cmp"
	"iter"
	"slices"
)

// openList holds the ids of open tickets, oldest first. They mostly come at
// the end and leave anywhere: one that leaves makes a gap, and the list is
// compacted when more than half of it is gaps, so that a change costs O(log n)
// on average, and reading the whole costs at most twice what it holds. The ids are kept here because following a
// pointer for each would cost a cache miss for each.
type openList struct {
	entries []entry
	open    int
}

type entry struct {
	number uint64 // of the ticket
	id     string // "" in a gap
}

func (l *openList) search(number uint64) (int, bool) {
	return slices.BinarySearchFunc(l.entries, number, func(e entry, n uint64) int { return cmp.Compare(e.number, n) })
}

func (l *openList) add(number uint64, id string) {
	i, found := len(l.entries), false
	if i > 0 && l.entries[i-1].number >= number { // reopened, or joined late
		i, found = l.search(number)
	}
	switch {
	case !found:
		l.entries = slices.Insert(l.entries, i, entry{number, id})
		l.open++
	case l.entries[i].id == "":
		l.entries[i].id = id
		l.open++
	}
}

func (l *openList) remove(number uint64) {
	i, found := l.search(number)
	if !found || l.entries[i].id == "" {
		return
	}
	l.entries[i].id = ""
	l.open--
	gap := 0
	for gap < len(l.entries) && l.entries[gap].id == "" { // the oldest mostly leave first
		gap++
	}
	l.entries = l.entries[gap:]
	if len(l.entries) > 2*l.open {
		l.entries = slices.DeleteFunc(l.entries, func(e entry) bool { return e.id == "" })
	}
}

// after yields the ids of the open tickets with a higher number. A nil list
// is empty.
func (l *openList) after(number uint64) iter.Seq[string] {
	return func(yield func(string) bool) {
		if l == nil {
			return
		}
		i, _ := l.search(number + 1)
		for _, e := range l.entries[i:] {
			if e.id != "" && !yield(e.id) {
				return
			}
		}
	}
}

func (l *openList) len() int {
	if l == nil {
		return 0
	}
	return l.open
}
