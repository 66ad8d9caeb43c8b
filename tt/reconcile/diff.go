package reconcile

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/ttkit/ttkit/tt"
)

// Action is how one difference is repaired.
type Action string

// The actions, in the order in which Apply takes them.
const (
	ActionOpen  Action = "open"  // make the ticket that an alarm lacks
	ActionRenew Action = "renew" // move the end of the ticket's lease
	ActionJoin  Action = "join"  // add members that the group ticket lacks
	ActionElect Action = "elect" // end the duplicates of a key
	ActionClose Action = "close" // close a ticket that no alarm asks for
)

// Item is one difference that Apply can repair.
type Item struct {
	Action     Action    `json:"action"`
	TicketID   string    `json:"tt_id,omitempty"` // "" for open, until it is applied
	Key        string    `json:"key,omitempty"`
	Object     string    `json:"obj,omitempty"`
	Subject    string    `json:"subject,omitempty"`
	Members    []string  `json:"members,omitempty"`    // of open and join: the objects to add
	Duplicates []string  `json:"duplicates,omitempty"` // of elect: the other open tickets of the key
	Until      time.Time `json:"until,omitzero"`       // of renew
	Why        string    `json:"why"`                  // for people

	alarm *Alarm    // of open
	seen  *snapshot // of close: what the plan was made upon
}

// String is the item on one line.
func (i Item) String() string {
	return fmt.Sprintf("%-5s  %s", i.Action, describe(i.TicketID, i.Key, i.Object, i.Why))
}

// Left is something that Apply leaves as it is.
type Left struct {
	TicketID string `json:"tt_id,omitempty"`
	Key      string `json:"key,omitempty"` // or the series, where no episode is known
	Object   string `json:"obj,omitempty"`
	Why      string `json:"why"`

	// Differs is true where alarms and tickets do differ and only a person can
	// help. It is false where nothing is wrong, or it is too early to tell.
	Differs bool `json:"differs"`
}

// String is the entry on one line.
func (l Left) String() string {
	return fmt.Sprintf("%-5s  %s", "left", describe(l.TicketID, l.Key, l.Object, l.Why))
}

func describe(id, key, obj, why string) string {
	var parts []string
	for _, part := range []struct{ name, value string }{{"ticket", id}, {"key", key}, {"object", obj}} {
		if part.value != "" {
			parts = append(parts, part.name+" "+part.value)
		}
	}
	return strings.Join(parts, ", ") + ": " + why
}

// Diff is what [Plan] found.
type Diff struct {
	At      time.Time // when the alarms were listed
	Alarms  int       // how many alarms there were
	Tickets int       // how many open tickets were compared with them
	Outside int       // how many open tickets Options.Owns left out

	Items []Item // what Apply repairs, in the order in which it does
	Left  []Left // what it leaves
}

// Differs reports whether anything differs, repairable or not.
func (d *Diff) Differs() bool {
	if len(d.Items) > 0 {
		return true
	}
	for _, l := range d.Left {
		if l.Differs {
			return true
		}
	}
	return false
}

// Count returns how many items have the action.
func (d *Diff) Count(action Action) int {
	n := 0
	for _, i := range d.Items {
		if i.Action == action {
			n++
		}
	}
	return n
}

// String sums the difference up: "2 to open, 1 to close, 1 for a person".
func (d *Diff) String() string {
	var parts []string
	add := func(n int, words string) {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, words))
		}
	}
	add(d.Count(ActionOpen), "to open")
	add(d.Count(ActionRenew), "to renew")
	add(d.Count(ActionJoin), "to add members to")
	add(d.Count(ActionElect), "with duplicates to end")
	add(d.Count(ActionClose), "to close")
	person := 0
	for _, l := range d.Left {
		if l.Differs {
			person++
		}
	}
	add(person, "for a person")
	if len(parts) == 0 {
		return "nothing differs"
	}
	return strings.Join(parts, ", ")
}

// Result is what became of one item.
type Result struct {
	Item
	Status tt.ItemStatus // as of a group's item: ok, temp, fail or skip
	Err    error         // nil exactly when Status is ok
	Note   string        // what there is to say about an item that is ok; mostly ""
}

// MarshalJSON writes the item's keys, and status, error and note beside them.
func (r Result) MarshalJSON() ([]byte, error) {
	text := ""
	if r.Err != nil {
		text = r.Err.Error()
	}
	return json.Marshal(struct {
		Item
		Status tt.ItemStatus `json:"status"`
		Error  string        `json:"error"`
		Note   string        `json:"note,omitempty"`
	}{r.Item, r.Status, text, r.Note})
}
