package rsm

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/ttkit/ttkit/internal/journal"
)

// Paths of the public API; unchanged from version 6.7 to 8.6.
const (
	pathModes       = "/api/public/sm/v1/rsm-maintenance"
	pathModesFilter = pathModes + "/filter"
	pathItemsFilter = "/api/public/sm/v2/rsm/config-items/filter"
)

// wireTime is how dates are sent: with a numeric offset, which every version
// reads, whereas "Z" is not documented.
const wireTime = "2006-01-02T15:04:05-07:00"

// mode is a service mode as the server answers it.
type mode struct {
	ID          int64     `json:"id"`
	DateStart   date      `json:"dateStart"`
	DateEnd     date      `json:"dateEnd"`
	Title       *string   `json:"title"`
	ConfigItems []item    `json:"configItems"`
	Labels      labels    `json:"labels"`
	readAt      time.Time // when it was asked for
	wroteAt     time.Time // when it was answered to a write of ours; zero: it was only read

	open sync.Once // of book
	book *book     // what the labels say; see read
}

// item is one config item's part in a mode. An item taken out of the scope
// stays in the list as history, and may come back as another entry.
type item struct {
	ID        int64  `json:"id"`
	Scope     string `json:"scope"`
	Depth     int    `json:"depth"`
	State     string `json:"state"`
	DateStart date   `json:"dateStart"`
	DateEnd   date   `json:"dateEnd"`
}

// scopeItem is an item as it is sent.
type scopeItem struct {
	ID    int64  `json:"id"`
	Scope string `json:"scope"`
	Depth int    `json:"depth"`
}

// createBody is sent to make a mode.
type createBody struct {
	Title       string            `json:"title"`
	DateStart   string            `json:"dateStart"`
	DateEnd     string            `json:"dateEnd"`
	ConfigItems []scopeItem       `json:"configItems"`
	Labels      map[string]string `json:"labels"`
}

// patchBody is sent to change a mode. What is absent stays as it is. labels
// and configItems are always whole: whether the server merges or replaces
// them is not documented, and a whole list is right for both.
type patchBody struct {
	DateEnd     string            `json:"dateEnd,omitempty"`
	ConfigItems []scopeItem       `json:"configItems,omitempty"`
	Labels      map[string]string `json:"labels,omitempty"`
	Cancel      bool              `json:"cancel,omitempty"`
}

// filterBody selects modes. An empty list counts as not set, so a list is
// either filled or absent.
type filterBody struct {
	ConfigItemIDs []int64    `json:"configItemIds,omitempty"`
	DateEnd       *dateRange `json:"dateEnd,omitempty"`
}

type dateRange struct {
	MoreThanOrEqual string `json:"moreThanOrEqual"`
}

// date reads RFC 3339 with 0 to 7 fractional digits. What it cannot read is
// the zero time: states then decide alone.
type date struct{ time.Time }

func (d *date) UnmarshalJSON(text []byte) error {
	d.Time = time.Time{}
	if len(text) < 2 || text[0] != '"' {
		return nil
	}
	if bytes.IndexByte(text, '\\') >= 0 { // some encoders escape the plus sign
		var plain string
		if json.Unmarshal(text, &plain) != nil {
			return nil
		}
		text = []byte(`"` + plain + `"`)
	}
	text = text[1 : len(text)-1]
	if d.UnmarshalText(text) == nil {
		d.Time = d.UTC()
	} else if t, err := time.Parse("2006-01-02T15:04:05.999999999", string(text)); err == nil {
		d.Time = t
	}
	return nil
}

// final reports whether the item's part in the mode is over. The literals of
// running and cancelled items are not documented, so an unknown state is
// decided by its dates.
func (i item) final(now time.Time) bool {
	return i.cancelled() || strings.EqualFold(i.State, "completed") ||
		!i.DateEnd.IsZero() && !now.Before(i.DateEnd.Time)
}

func (i item) cancelled() bool {
	return strings.EqualFold(i.State, "cancelled") || strings.EqualFold(i.State, "canceled")
}

// ended reports whether the mode is over, and changes no more.
func (m *mode) ended(now time.Time) bool {
	if !m.DateEnd.IsZero() && !now.Before(m.DateEnd.Time) {
		return true
	}
	for _, i := range m.ConfigItems {
		if !i.final(now) {
			return false
		}
	}
	return len(m.ConfigItems) > 0
}

// end is when an ended mode ended, as far as its dates tell: known is false
// when its dates are still those that were planned.
func (m *mode) end(now time.Time) (end time.Time, known bool) {
	for _, i := range m.ConfigItems {
		if i.DateEnd.After(end) {
			end = i.DateEnd.Time
		}
	}
	if end.IsZero() || !m.DateEnd.IsZero() && m.DateEnd.Before(end) {
		end = m.DateEnd.Time
	}
	return end, !end.After(now)
}

// expires is when the mode ends by itself.
func (m *mode) expires() time.Time {
	end := m.DateEnd.Time
	for _, i := range m.ConfigItems {
		if i.DateEnd.After(end) {
			end = i.DateEnd.Time
		}
	}
	return end
}

// holds reports whether the config item has, or had, a part in the mode.
func (m *mode) holds(ci int64) bool {
	return slices.ContainsFunc(m.ConfigItems, func(i item) bool { return i.ID == ci })
}

// covers reports whether the config item has a part in the mode that is not
// over.
func (m *mode) covers(ci int64, now time.Time) bool {
	for _, i := range m.ConfigItems {
		if i.ID == ci && !i.final(now) {
			return true
		}
	}
	return false
}

func (m *mode) id() string { return strconv.FormatInt(m.ID, 10) }

// hash is the hash of the ticket's key; "" for a mode that is no ticket. People
// copy labels and whole modes, so tt_key alone does not make one: a ticket has
// a header, however damaged, and began when it says that it was made.
func (m *mode) hash() string {
	hash := m.label(labelKey)
	if hash == "" || hash == void || m.copied() {
		return ""
	}
	for name := range texts(m.Labels) {
		if journal.Named(name, kindHeader, "") {
			return hash
		}
	}
	return ""
}

// copied reports whether the mode begins too far from when its ticket was made
// to be that ticket: somebody copied it for another day.
func (m *mode) copied() bool {
	made, err := strconv.ParseInt(m.label(labelMade), 10, 64)
	return err == nil && !m.DateStart.IsZero() && m.DateStart.Sub(time.UnixMilli(made)).Abs() > sameTicket
}

// sameTicket is far beyond what a late create, a wrong clock, or a date
// without its offset can make of a beginning.
const sameTicket = 24 * time.Hour

func (m *mode) label(name string) string {
	text, _ := labelOf(m.Labels, name)
	return text
}
