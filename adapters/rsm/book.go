package rsm

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

// Labels with a plain value, for searches. Everything else is journal pieces.
const (
	labelKey       = "tt_key" // hash of namespace and key
	labelNamespace = "tt_ns"  // the same for every ticket of a namespace
	labelObject    = "tt_obj" // hash of the object
	labelMade      = "tt_at"  // when the create was sent, in Unix milliseconds: ids need not grow with time
	void           = "void"   // as tt_key: the mode is no ticket
)

// Limits of what is put into labels. A label's value stays within 255 bytes;
// the server's limits are not documented, and these are far below what one
// request can carry.
const (
	maxValue    = 255
	maxTitle    = 200 // runes: the title is for people, the subject is in the labels
	maxSubject  = 1 << 10
	maxBody     = 16 << 10
	maxComment  = 8 << 10
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
	kindRenewed   = 'r'
)

// header is what CreateTT was given. The names are short because they are
// paid for in label values.
type header struct {
	Key       string    `json:"k,omitempty"`
	Queue     string    `json:"q,omitempty"`
	Object    string    `json:"o"`
	Reason    string    `json:"r,omitempty"`
	Login     string    `json:"l,omitempty"`
	Opened    time.Time `json:"t"`
	Subject   string    `json:"s"`
	Body      string    `json:"b,omitempty"`
	Until     time.Time `json:"u"`           // end of the first lease
	Item      int64     `json:"ci"`          // the config item of the scope
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
	Truncated bool      `json:"x,omitempty"`
	id        string
}

type member struct {
	Object string    `json:"o"`
	Item   int64     `json:"ci,omitempty"`
	At     time.Time `json:"t"`
}

type stamp struct {
	At time.Time `json:"t"`
}

// book is what the labels of a mode say.
type book struct {
	ours      bool // it carries our header
	header    header
	comments  []remark
	members   []member
	closed    *remark
	duplicate *remark
	lease     time.Time // the latest end of the lease that was written down
}

// decode reads the journal in the labels, as far as their names are wanted.
func (m *mode) decode(wanted func(name string) bool) []journal.Entry {
	entries, _ := journal.Decode(func(yield func(string) bool) {
		for name, text := range texts(m.Labels) {
			if wanted(name) && !yield(text) {
				return
			}
		}
	})
	return entries
}

// entries returns all that is in the labels.
func (m *mode) entries() []journal.Entry {
	return m.decode(func(name string) bool { return strings.HasPrefix(name, "tt_") })
}

// has reports whether the labels hold the whole entry, whatever its data; an
// id of "" is any. Most modes lack what they are asked for, and the names of
// their labels tell; of those that seem to have it, the texts decide.
func (m *mode) has(kind byte, id string) bool {
	for name := range texts(m.Labels) {
		if journal.Named(name, kind, id) {
			entries := m.decode(func(name string) bool { return journal.Named(name, kind, id) })
			return slices.ContainsFunc(entries, func(e journal.Entry) bool {
				return e.Kind == kind && (id == "" || e.ID == id)
			})
		}
	}
	return false
}

// count tells, for a limit, about how many entries of a kind there are.
func (m *mode) count(kind byte) int {
	n := 0
	for name := range texts(m.Labels) {
		if journal.Named(name, kind, "") && strings.HasSuffix(name, "_001") {
			n++ // the first text of one
		}
	}
	return n
}

// read returns what the labels say. It is decoded once, although a mode may be
// shared by several goroutines.
func (m *mode) read() *book {
	m.open.Do(func() {
		b := &book{}
		for _, e := range m.entries() {
			b.take(e)
		}
		slices.SortFunc(b.comments, func(x, y remark) int {
			return cmp.Or(x.At.Compare(y.At), strings.Compare(x.id, y.id))
		})
		slices.SortFunc(b.members, func(x, y member) int {
			return cmp.Or(x.At.Compare(y.At), strings.Compare(x.Object, y.Object))
		})
		m.book = b
	})
	return m.book
}

// key returns the key of the ticket; ours tells whether it carries our header.
// Look-ups compare it, and want nothing else of the header.
func (m *mode) key() (key string, ours bool) {
	var h struct {
		Key    string `json:"k"`
		Object string `json:"o"`
	}
	for _, e := range m.decode(func(name string) bool { return journal.Named(name, kindHeader, "") }) {
		if e.Kind == kindHeader {
			ours = json.Unmarshal(e.Data, &h) == nil && h.Object != ""
		}
	}
	return h.Key, ours
}

// take reads one entry. One that is no JSON of ours says nothing.
func (b *book) take(e journal.Entry) {
	switch e.Kind {
	case kindHeader:
		if json.Unmarshal(e.Data, &b.header) == nil && b.header.Object != "" {
			b.ours = true
			b.extend(b.header.Until)
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
	case kindRenewed:
		var s stamp
		if json.Unmarshal(e.Data, &s) == nil {
			b.extend(s.At)
		}
	}
}

func (b *book) extend(until time.Time) {
	if until.After(b.lease) {
		b.lease = until
	}
}

// entry makes a journal entry; v is one of the types above.
func entry(kind byte, id string, v any) journal.Entry {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false) // people read it in the console
	_ = enc.Encode(v)        // of structs of texts, numbers and times between 1970 and 9999
	return journal.Entry{Kind: kind, ID: id, Data: bytes.TrimSuffix(buf.Bytes(), []byte("\n"))}
}

// addTo writes entries into a set of labels.
func addTo(set map[string]string, entries ...journal.Entry) error {
	for _, e := range entries {
		pieces, err := journal.Encode(e, maxValue)
		if err != nil {
			return tt.Errorf(tt.CodeInternal, tt.NotDone, "writing labels: %w", err)
		}
		for _, p := range pieces {
			set[p.Name] = p.Text
		}
	}
	return nil
}

// objectHash is an object in the name or the value of a label, to search for:
// 16 hexadecimal digits.
func (s *System) objectHash(obj string) string {
	return tt.KeyHash(s.cfg.Namespace, "object:"+obj)[:16]
}

// fit cleans a text and cuts it; cut is set when something was lost.
func fit(text string, limit int, cut *bool) string {
	text, shorter := tt.Cut(tt.CleanText(text), limit)
	*cut = *cut || shorter
	return text
}
