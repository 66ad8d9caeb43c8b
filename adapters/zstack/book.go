package zstack

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"

	"github.com/ttkit/ttkit/internal/journal"
	"github.com/ttkit/ttkit/tt"
)

// Limits. A user tag and the comment of a transition are TEXT columns of
// 65,535 bytes; what a header or a comment takes stays below that even when
// each of its bytes is escaped.
const (
	maxText    = 60_000 // bytes of a tag
	maxSubject = 1 << 10
	maxBody    = 16 << 10
	maxComment = 8 << 10
	maxShort   = 255 // reason and login
	maxName    = 200 // runes of a ticket's name, which is for people
	maxDesc    = 2000
)

// Kinds of journal entries.
const (
	kindHeader   = 'h' // what CreateTT was given; its id is that of the object
	kindComment  = 'c'
	kindMember   = 'm' // an object of the group; its id is that of the object
	kindPromoted = 'g'
	kindClosed   = 'x' // the closing note, in the comment of the transition
)

// header is what CreateTT was given.
type header struct {
	Key       string    `json:"k,omitempty"`
	Queue     string    `json:"q,omitempty"`
	Object    string    `json:"o"`
	Reason    string    `json:"r,omitempty"`
	Login     string    `json:"l,omitempty"`
	Opened    time.Time `json:"t"`
	Subject   string    `json:"s"`
	Body      string    `json:"b,omitempty"`
	Maker     string    `json:"by"`          // the call that made it
	Truncated bool      `json:"x,omitempty"` // something was cut
}

// remark is a comment or a closing note.
type remark struct {
	At        time.Time `json:"t"`
	Login     string    `json:"l,omitempty"`
	Subject   string    `json:"s,omitempty"`
	Body      string    `json:"b,omitempty"`
	ReplyTo   string    `json:"re,omitempty"`
	Reason    string    `json:"r,omitempty"`
	Truncated bool      `json:"x,omitempty"`
	id        string
}

func (r remark) comment() tt.Comment {
	return tt.Comment{ID: r.id, ReplyTo: r.ReplyTo, At: r.At.UTC(), Login: r.Login, Subject: r.Subject, Body: r.Body}
}

type member struct {
	Object string    `json:"o"`
	At     time.Time `json:"t"`
}

type stamp struct {
	At time.Time `json:"t"`
}

// book is what the tags of a ticket say.
type book struct {
	ours     bool // it carries our header
	marked   bool // and the mark of this namespace
	header   header
	comments []remark
	members  []member
	promoted bool
	foreign  []string // tags of people
	held     map[string]bool
}

// readBook reads the tags of one ticket. Anybody can add tags: what is damaged
// or no JSON of ours says nothing.
func (s *System) readBook(tags []tagRow) *book {
	b := &book{held: make(map[string]bool, len(tags))}
	mark := s.mark()
	var texts []string
	for _, t := range tags {
		switch {
		case strings.HasPrefix(t.Text, headerPrefix):
			// One by one: what was copied from another ticket of the object
			// has the same id, and Decode would take one for the other.
			entries, _ := journal.Decode(slices.Values([]string{t.Text}))
			for _, e := range entries {
				if h, ok := readHeader(e); ok && !s.stray(t.Resource, h) {
					b.begin(e, h)
				}
			}
		case strings.HasPrefix(t.Text, journalPrefix):
			texts = append(texts, t.Text)
		case strings.HasPrefix(t.Text, markPrefix):
			b.marked = b.marked || t.Text == mark
		default:
			b.foreign = append(b.foreign, t.Text)
		}
	}
	entries, _ := journal.Decode(slices.Values(texts))
	for _, e := range entries {
		b.take(e)
	}
	slices.SortFunc(b.comments, func(x, y remark) int {
		return cmp.Or(x.At.Compare(y.At), strings.Compare(x.id, y.id))
	})
	slices.SortFunc(b.members, func(x, y member) int {
		return cmp.Or(x.At.Compare(y.At), strings.Compare(x.Object, y.Object))
	})
	slices.Sort(b.foreign)
	return b
}

// stray reports whether a header was copied to a ticket of this namespace,
// whose uuid tells its key. A header is one text, whatever is in it.
func (s *System) stray(uuid string, h header) bool {
	switch {
	case !s.own(uuid):
		return false
	case h.Key == "":
		return uuid[versionAt] == versionKeyed
	}
	return s.keyUUID(h.Key) != uuid
}

func readHeader(e journal.Entry) (h header, ok bool) {
	ok = json.Unmarshal(e.Data, &h) == nil && h.Object != ""
	return h, ok
}

// begin takes the header of the ticket; of several the first one counts.
func (b *book) begin(e journal.Entry, h header) {
	if !b.ours {
		b.ours, b.header = true, h
		b.held[entryName(e)] = true
	}
}

// take reads one entry.
func (b *book) take(e journal.Entry) {
	ok := false
	switch e.Kind {
	case kindHeader:
		if h, ours := readHeader(e); ours {
			b.begin(e, h)
		}
	case kindComment:
		r := remark{id: e.ID}
		if ok = json.Unmarshal(e.Data, &r) == nil; ok {
			b.comments = append(b.comments, r)
		}
	case kindMember:
		var m member
		if ok = json.Unmarshal(e.Data, &m) == nil && m.Object != ""; ok {
			b.members = append(b.members, m)
		}
	case kindPromoted:
		b.promoted, ok = true, true
	}
	if ok {
		b.held[entryName(e)] = true
	}
}

// has reports whether the tags hold the whole entry, whatever its data.
func (b *book) has(e journal.Entry) bool { return b.held[entryName(e)] }

func entryName(e journal.Entry) string { return string(e.Kind) + " " + e.ID }

// objects are the objects of the ticket, the leader first.
func (b *book) objects() []string {
	if !b.ours {
		return slices.Clone(b.foreign)
	}
	objs := []string{b.header.Object}
	for _, m := range b.members {
		if !slices.Contains(objs, m.Object) {
			objs = append(objs, m.Object)
		}
	}
	return objs
}

const (
	journalPrefix = "ttj1 "
	headerPrefix  = journalPrefix + "h "
	markPrefix    = "ttkit:"
)

// mark is the tag of every ticket of this namespace. The database compares
// tags without regard to letter case, so what is searched for is hexadecimal
// or base32 in lower case.
func (s *System) mark() string { return markPrefix + tt.KeyHash(s.scope(), "tickets") }

// objectID is an object in the tags that name it.
func (s *System) objectID(obj string) string {
	return journal.ID(tt.KeyHash(s.scope(), "object:"+obj))
}

// objectTags is the pattern of the tags that name an object: the first text
// of a header or of a member.
func (s *System) objectTags(obj string) string {
	return journalPrefix + "_ " + s.objectID(obj) + " 1/%"
}

// entry makes a journal entry; v is one of the types above.
func entry(kind byte, id string, v any) journal.Entry {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false) // people read it in the console
	_ = enc.Encode(v)        // of structs of texts and times between 1970 and 9999
	return journal.Entry{Kind: kind, ID: id, Data: narrow(bytes.TrimSuffix(buf.Bytes(), []byte("\n")))}
}

// narrow writes runes above U+FFFF in JSON as the two escapes of their
// surrogates: the database's utf8 has three bytes.
func narrow(data []byte) []byte {
	if !bytes.ContainsFunc(data, func(r rune) bool { return r > maxRune }) {
		return data
	}
	var out bytes.Buffer
	for _, r := range string(data) {
		if r <= maxRune {
			out.WriteRune(r)
			continue
		}
		high, low := utf16.EncodeRune(r)
		fmt.Fprintf(&out, `\u%04x\u%04x`, high, low)
	}
	return out.Bytes()
}

// tagTexts are the tags of an entry.
func tagTexts(e journal.Entry) ([]string, error) {
	pieces, err := journal.Encode(e, maxText)
	if err != nil {
		return nil, tt.Errorf(tt.CodeInternal, tt.NotDone, "writing tags: %w", err)
	}
	texts := make([]string, len(pieces))
	for i, p := range pieces {
		texts[i] = p.Text
	}
	return texts, nil
}

// fit cleans a text and cuts it; cut is set when something was lost.
func fit(text string, limit int, cut *bool) string {
	text, shorter := tt.Cut(tt.CleanText(text), limit)
	*cut = *cut || shorter
	return text
}

// shown is a text as the ticket's own fields can hold it, for people: of at
// most so many runes, and none above U+FFFF.
func shown(text string, limit int) string {
	runes := []rune(strings.TrimSpace(text))
	for i, r := range runes {
		if r > maxRune {
			runes[i] = unicode.ReplacementChar
		}
	}
	if len(runes) > limit {
		runes = append(runes[:limit-1], '…')
	}
	return string(runes)
}

// noteComment is the comment of a transition: the text for people, and below
// it the note as a journal text, which tells whose transition it is.
func noteComment(r remark) string {
	var lines []string
	for _, line := range []string{r.Subject, r.Body, r.Reason} {
		if line = shown(line, maxComment); line != "" {
			lines = append(lines, line)
		}
	}
	texts, err := tagTexts(entry(kindClosed, r.id, r))
	if err == nil {
		lines = append(lines, texts...)
	}
	return strings.Join(lines, "\n")
}

// readNote finds the note in the comment of a transition; ok is false when the
// transition is not ours.
func readNote(comment string) (r remark, text string, ok bool) {
	at := strings.LastIndex("\n"+comment, "\n"+journalPrefix)
	if at < 0 {
		return remark{}, comment, false
	}
	entries, _ := journal.Decode(slices.Values([]string{comment[at:]}))
	if len(entries) != 1 || entries[0].Kind != kindClosed || json.Unmarshal(entries[0].Data, &r) != nil {
		return remark{}, comment, false
	}
	r.id = entries[0].ID
	return r, strings.TrimSpace(comment[:at]), true
}
