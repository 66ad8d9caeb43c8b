package sim

import (
	"slices"
	"strconv"
	"sync"

	"github.com/ttkit/ttkit/tt/tttest"
)

// script is the list of faults that wait for a request.
type script struct {
	mu      sync.Mutex
	entries []entry
}

type entry struct {
	fault tttest.Fault
	skip  int
	left  int // strikes left; below 0: always
}

// kinds are the faults that a server knows.
var kinds = []tttest.FaultKind{
	tttest.Refuse, tttest.Reset, tttest.LoseReply, tttest.Truncate, tttest.Slow, tttest.Late,
	tttest.StatusBefore, tttest.StatusAfter, tttest.Throttle, tttest.HTML, tttest.Twice, tttest.Unauthorized,
}

// add panics on a kind that it does not know: the test is wrong.
func (s *script) add(faults ...tttest.Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range faults {
		if !slices.Contains(kinds, f.Kind) {
			panic("sim: unknown kind of fault " + strconv.Quote(string(f.Kind)))
		}
		left := f.Times
		if left == 0 {
			left = 1
		}
		s.entries = append(s.entries, entry{fault: f, skip: f.Skip, left: left})
	}
}

func (s *script) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.entries = nil
}

func (s *script) empty() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.entries) == 0
}

// take returns the fault that strikes a request of this route. A request that
// an entry lets pass (Skip) may be struck by a later one; a request that is
// struck is not counted by the entries behind.
func (s *script) take(route string, writes bool) (f tttest.Fault, struck bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.entries {
		e := &s.entries[i]
		if e.fault.Then && i > 0 {
			continue
		}
		if e.fault.Route != "" && e.fault.Route != route || e.fault.Writes && !writes {
			continue
		}
		if e.skip > 0 {
			e.skip--
			continue
		}
		f = e.fault
		if e.left > 0 {
			if e.left--; e.left == 0 {
				s.remove(i)
			}
		}
		return f, true
	}
	return tttest.Fault{}, false
}

// remove takes an entry out. A long schedule mostly loses its first.
func (s *script) remove(i int) {
	if i == 0 {
		s.entries = s.entries[1:]
		return
	}
	s.entries = slices.Delete(s.entries, i, i+1)
}
