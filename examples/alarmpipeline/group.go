package main

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/ttkit/ttkit/examples/internal/alertgroup"
	"github.com/ttkit/ttkit/tt"
)

// group is what the pipeline remembers of one group of alerts. The ticket
// holds what matters; a group can be forgotten whenever it has no episode.
type group struct {
	name string
	turn chan struct{} // holds one token: who has it works on the group, and nobody else

	users int // who has, or waits for, the turn; guarded by Pipeline.mu

	// The rest belongs to whoever has the turn.

	receiver string
	labels   map[string]string // Alertmanager's group labels

	firing map[string]*firingAlert
	order  int // counts alerts, so that firing can be listed in the order of arrival

	episode *episode // nil: no open ticket is known
	ended   int      // number of the last episode that is known to be over; 0: not known
	hold    *hold    // not nil: everything is resolved, and the ticket is about to be closed
}

// firingAlert is an alert that fires, as last told.
type firingAlert struct {
	alert
	object string // "" when the alert names none
	route  string // groupKey of the notification that told it last
	order  int
}

// episode is one firing episode of a group: one ticket.
type episode struct {
	number int
	id     string // the ticket; "" until CreateTT has returned nil

	// request is what CreateTT was called with, to be repeated as it is: set
	// from the first attempt on that may have made a ticket.
	request *tt.CreateRequest
}

func newGroup(name string, n *notification) *group {
	g := &group{
		name: name, turn: make(chan struct{}, 1),
		receiver: n.Receiver, labels: n.GroupLabels, firing: map[string]*firingAlert{},
	}
	g.turn <- struct{}{}
	return g
}

// groupName is the beginning of the keys of the group's tickets.
func groupName(receiver string, labels map[string]string) string {
	return alertgroup.Series(receiver, labels)
}

// key returns the key of an episode. Counting keeps it the same when a
// process dies between sending a create and remembering that it did: the next
// one comes to the same number, and the ticket system to the same ticket.
func (g *group) key(number int) string { return g.name + "/" + strconv.Itoa(number) }

// episodeOf reads the number back from a ticket's key; false for the key of
// another group or another program.
func (g *group) episodeOf(key string) (int, bool) {
	digits, ours := strings.CutPrefix(key, g.name+"/")
	number, err := strconv.Atoi(digits)
	return number, ours && err == nil && number > 0 && strconv.Itoa(number) == digits
}

// end records that the episode is over.
func (g *group) end() {
	g.ended = max(g.ended, g.episode.number)
	g.episode = nil
}

// learn brings the memory of what fires up to date with a notification.
//
// An alert stops firing when a notification says resolved, and also when a
// complete notification of the same route no longer names it: it was silenced,
// or was resolved while it was. Of alerts that came by another route with the
// same receiver and group labels a notification says nothing.
func (g *group) learn(n *notification, objectOf func(alert) string) {
	if n.TruncatedAlerts == 0 {
		named := make(map[string]bool, len(n.Alerts))
		for _, a := range n.Alerts {
			named[a.identity()] = true
		}
		maps.DeleteFunc(g.firing, func(id string, f *firingAlert) bool {
			return f.route == n.GroupKey && !named[id]
		})
	}
	for _, a := range n.Alerts {
		id := a.identity()
		if a.Status == statusResolved {
			delete(g.firing, id)
			continue
		}
		order := g.order
		if known := g.firing[id]; known != nil {
			order = known.order
		} else {
			g.order++
		}
		g.firing[id] = &firingAlert{alert: a, object: objectOf(a), route: n.GroupKey, order: order}
	}
}

// alerts lists what fires, in the order of arrival.
func (g *group) alerts() []*firingAlert {
	return slices.SortedFunc(maps.Values(g.firing), func(a, b *firingAlert) int { return a.order - b.order })
}

// objects lists the objects of what fires, each once, in the order of arrival.
func (g *group) objects() []string {
	var objects []string
	for _, f := range g.alerts() {
		if f.object != "" && !slices.Contains(objects, f.object) {
			objects = append(objects, f.object)
		}
	}
	return objects
}
