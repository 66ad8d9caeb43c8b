package fake

import (
	"cmp"
	"iter"
	"slices"
)

// openList holds open tickets, oldest first. Tickets mostly come at the end
// and go anywhere: a removed one leaves a gap, and the list is compacted when
// more than half of it is gaps, so that adding and removing cost O(log n),
// and reading costs what is read.
type openList struct {
	entries []entry
	open    int
}

type entry struct {
	number uint64
	ticket *ticket // nil: a gap
}

func (l *openList) search(number uint64) (int, bool) {
	return slices.BinarySearchFunc(l.entries, number, func(e entry, n uint64) int { return cmp.Compare(e.number, n) })
}

func (l *openList) add(t *ticket) {
	i, found := len(l.entries), false
	if i > 0 && l.entries[i-1].number >= t.number { // reopened, or joined late
		i, found = l.search(t.number)
	}
	switch {
	case !found:
		l.entries = slices.Insert(l.entries, i, entry{t.number, t})
		l.open++
	case l.entries[i].ticket == nil:
		l.entries[i].ticket = t
		l.open++
	}
}

func (l *openList) remove(t *ticket) {
	i, found := l.search(t.number)
	if !found || l.entries[i].ticket == nil {
		return
	}
	l.entries[i].ticket = nil
	l.open--
	gap := 0
	for gap < len(l.entries) && l.entries[gap].ticket == nil { // the oldest ones mostly go first
		gap++
	}
	l.entries = l.entries[gap:]
	if len(l.entries) > 2*l.open {
		l.entries = slices.DeleteFunc(l.entries, func(e entry) bool { return e.ticket == nil })
	}
}

// after yields the open tickets with a higher number, in order.
func (l *openList) after(number uint64) iter.Seq[*ticket] {
	return func(yield func(*ticket) bool) {
		if l == nil {
			return
		}
		i, _ := l.search(number + 1)
		for _, e := range l.entries[i:] {
			if e.ticket != nil && !yield(e.ticket) {
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
