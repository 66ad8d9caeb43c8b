package guance

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/ttkit/ttkit/internal/journal"
	"github.com/ttkit/ttkit/tt"
)

// Limits of what is put into the names of rules, in bytes. The server's limits
// are not documented; every list answers whole schedules, so a ticket should
// not be large.
const (
	maxSubject  = 1 << 10
	maxBody     = 8 << 10
	maxComment  = 4 << 10
	maxComments = 500
	maxShort    = 255 // reason and login
)

// Kinds of journal entries.
const (
	kindHeader    = 'h' // what CreateTT was given
	kindComment   = 'c'
	kindMember    = 'm' // an object of the group
	kindPromoted  = 'g'
	kindClosed    = 'x' // the closing note
	kindDuplicate = 'd' // this ticket lost an election
)

// header is what CreateTT was given. The names are short because they are
// paid for in every list.
type header struct {
	Key       string    `json:"k,omitempty"`
	Queue     string    `json:"q,omitempty"`
	Object    string    `json:"o"`
	Reason    string    `json:"r,omitempty"`
	Login     string    `json:"l,omitempty"`
	Opened    time.Time `json:"t"`
	Subject   string    `json:"s"`
	Body      string    `json:"b,omitempty"`
	Hash      string    `json:"h"`           // of the key, as in the name
	Namespace string    `json:"n"`           // its marker
	Made      int64     `json:"at"`          // when the create was sent, Unix milliseconds
	Dark      bool      `json:"d,omitempty"` // the filter names no object
	Truncated bool      `json:"x,omitempty"` // something was cut
}

// remark is a comment, a closing note or a note on a duplicate.
type remark struct {
	At        time.Time `json:"t"`
	Login     string    `json:"l,omitempty"`
	Subject   string    `json:"s,omitempty"`
	Body      string    `json:"b,omitempty"`
	ReplyTo   string    `json:"re,omitempty"`
	Reason    string    `json:"r,omitempty"`
	Winner    string    `json:"w,omitempty"` // of a duplicate
	After     time.Time `json:"af,omitzero"` // of a closing note: the latest comment before it
	Truncated bool      `json:"x,omitempty"`
	id        string
}

type member struct {
	Object string    `json:"o"`
	At     time.Time `json:"t"`
}

type stamp struct {
	At time.Time `json:"t"`
}

// book is what the rules of a schedule say beside what they are for.
type book struct {
	entries   []journal.Entry
	texts     []string // names of rules that are pieces of entries
	ours      bool     // it carries our header
	damaged   bool     // it carries what is left of one
	header    header
	comments  []remark
	members   []member
	closed    *remark
	duplicate *remark
}

// read returns what the rules say. They are decoded once, although a schedule
// may be shared by several goroutines.
func (x *schedule) read() *book {
	x.open.Do(func() {
		b := &book{texts: make([]string, 0, len(x.rules))}
		for _, rule := range x.rules {
			if text, ok := pieceOf(rule); ok {
				b.texts = append(b.texts, text)
			}
		}
		entries, damage := journal.Decode(slices.Values(b.texts))
		b.entries = entries
		b.damaged = slices.ContainsFunc(damage, func(d journal.Damage) bool { return d.Kind == kindHeader })
		for _, e := range b.entries {
			b.take(e)
		}
		slices.SortFunc(b.comments, func(x, y remark) int {
			return cmp.Or(x.At.Compare(y.At), strings.Compare(x.id, y.id))
		})
		slices.SortFunc(b.members, func(x, y member) int {
			return cmp.Or(x.At.Compare(y.At), strings.Compare(x.Object, y.Object))
		})
		b.ours = b.ours && !x.copied(b.header)
		x.book = b
	})
	return x.book
}

// copied reports whether the schedule was made too far from when its ticket
// was made to be that ticket: somebody copied it.
func (x *schedule) copied(h header) bool {
	return x.created > 0 && x.createdAt().Sub(time.UnixMilli(h.Made)).Abs() > sameTicket
}

// sameTicket is far beyond what a late create or a wrong clock can make of a
// beginning.
const sameTicket = 24 * time.Hour

// take reads one entry. One that is no JSON of ours says nothing.
func (b *book) take(e journal.Entry) {
	switch e.Kind {
	case kindHeader:
		if json.Unmarshal(e.Data, &b.header) == nil && b.header.Object != "" {
			b.ours = true
		} else {
			b.header = header{}
		}
	case kindComment, kindClosed, kindDuplicate:
		r := remark{id: e.ID}
		if json.Unmarshal(e.Data, &r) != nil {
			return
		}
		switch {
		case e.Kind == kindComment:
			b.comments = append(b.comments, r)
		case e.Kind == kindClosed && (b.closed == nil || r.At.Before(b.closed.At)):
			b.closed = &r // of two that closed at once, the first speaks
		case e.Kind == kindDuplicate && b.duplicate == nil:
			b.duplicate = &r
		}
	case kindMember:
		var m member
		if json.Unmarshal(e.Data, &m) == nil && m.Object != "" {
			b.members = append(b.members, m)
		}
	}
}

// has reports whether the journal holds an entry; an id of "" is any.
func (b *book) has(kind byte, id string) bool {
	return slices.ContainsFunc(b.entries, func(e journal.Entry) bool {
		return e.Kind == kind && (id == "" || e.ID == id)
	})
}

// hash is that of the ticket's key; "" for a schedule that is no ticket. People
// copy names and whole schedules, so a name alone does not make one: a ticket
// has a header, however damaged.
func (x *schedule) hash() string {
	switch b := x.read(); {
	case b.ours:
		return b.header.Hash
	case b.damaged && b.header.Object == "": // else it is a copy
		return x.tag.key
	}
	return ""
}

// ticket reports whether the schedule is a ticket of the namespace.
func (x *schedule) ticket(marker string) bool {
	b := x.read()
	return b.ours && b.header.Namespace == marker
}

// entry makes a journal entry; v is one of the types above.
func entry(kind byte, id string, v any) journal.Entry {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false) // people read it in the console
	_ = enc.Encode(v)        // of structs of texts, numbers and times between 1970 and 9999
	return journal.Entry{Kind: kind, ID: id, Data: bytes.TrimSuffix(buf.Bytes(), []byte("\n"))}
}

// fit cleans a text and cuts it; cut is set when something was lost.
func fit(text string, limit int, cut *bool) string {
	text, shorter := tt.Cut(tt.CleanText(text), limit)
	*cut = *cut || shorter
	return text
}
