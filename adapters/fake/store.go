package fake

import (
	"strconv"
	"time"

	"github.com/ttkit/ttkit/tt"
)

// ticket is one record of the store. Its tt.Ticket never leaves it but as a
// copy.
type ticket struct {
	tt.Ticket
	number      uint64 // the id, and the order of creation
	namespace   string
	ours        bool      // made through a System, not by a person
	createdAt   time.Time // by the backend's clock
	members     map[string]struct{}
	commentKeys map[string]struct{}
	closing     *closing // while the state is pending
}

func (t *ticket) read() *tt.Ticket {
	c := t.Clone()
	c.StageID, c.Stage = string(t.State), string(t.State)
	return c
}

// scoped is a name within a namespace: a key, or an object.
type scoped struct{ namespace, name string }

type store struct {
	tickets  []*ticket // by number, from 1
	byKey    map[scoped]*ticket
	byObject map[scoped]*openList
	open     map[string]*openList // by namespace
}

func newStore() store {
	return store{byKey: map[scoped]*ticket{}, byObject: map[scoped]*openList{}, open: map[string]*openList{}}
}

func (s *store) find(id string) (*ticket, error) {
	if n, err := strconv.ParseUint(id, 10, 63); err == nil && n > 0 && n <= uint64(len(s.tickets)) {
		if t := s.tickets[n-1]; t.ID == id { // "01" is not "1"
			return t, nil
		}
	}
	return nil, tt.Errorf(tt.CodeNotFound, tt.NotDone, "there is no ticket %s", id)
}

func (s *store) insert(t *ticket) {
	t.number = uint64(len(s.tickets)) + 1
	t.ID = strconv.FormatUint(t.number, 10)
	s.tickets = append(s.tickets, t)
	if t.Key != "" {
		s.byKey[scoped{t.namespace, t.Key}] = t
	}
}

// list shows the ticket among the open ones, and among those of the objects.
// What people made is in no list.
func (s *store) list(t *ticket, objects []string) {
	if !t.ours {
		return
	}
	if s.open[t.namespace] == nil {
		s.open[t.namespace] = &openList{}
	}
	s.open[t.namespace].add(t.number, t.ID)
	for _, obj := range objects {
		key := scoped{t.namespace, obj}
		if s.byObject[key] == nil {
			s.byObject[key] = &openList{}
		}
		s.byObject[key].add(t.number, t.ID)
	}
}

// unlist takes the ticket out of the lists.
func (s *store) unlist(t *ticket) {
	if !t.ours {
		return
	}
	s.open[t.namespace].remove(t.number)
	for _, obj := range t.Objects {
		key := scoped{t.namespace, obj}
		if l := s.byObject[key]; l != nil {
			if l.remove(t.number); l.open == 0 {
				delete(s.byObject, key)
			}
		}
	}
}
