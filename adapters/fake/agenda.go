package fake

import (
	"container/heap"
	"time"
)

// agenda holds what will happen by the backend's clock. Nothing runs on its
// own: whoever enters the backend first runs what is due, at the time at
// which it was due, so that no goroutine and no timer outlives a test and any
// clock will do.
type agenda struct {
	items appointments
	count uint64
}

type appointment struct {
	at    time.Time
	order uint64 // of the plan: what is due at the same time happens in this order
	do    func(at time.Time)
}

func (a *agenda) plan(at time.Time, do func(at time.Time)) {
	a.count++
	heap.Push(&a.items, appointment{at, a.count, do})
}

// run does what is due at now, including what it plans meanwhile.
func (a *agenda) run(now time.Time) {
	for len(a.items) > 0 && !a.items[0].at.After(now) {
		next := heap.Pop(&a.items).(appointment)
		next.do(next.at)
	}
}

type appointments []appointment

func (h appointments) Len() int { return len(h) }
func (h appointments) Less(i, j int) bool {
	if !h[i].at.Equal(h[j].at) {
		return h[i].at.Before(h[j].at)
	}
	return h[i].order < h[j].order
}
func (h appointments) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *appointments) Push(x any)   { *h = append(*h, x.(appointment)) }
func (h *appointments) Pop() any {
	last := len(*h) - 1
	x := (*h)[last]
	(*h)[last] = appointment{} // lets the garbage collector have the function
	*h = (*h)[:last]
	return x
}
