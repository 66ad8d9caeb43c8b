package zstack

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ttkit/ttkit/internal/journal"
	"github.com/ttkit/ttkit/internal/rest"
	"github.com/ttkit/ttkit/tt"
)

// column is the size of a TEXT column.
const column = 65535

func wide(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return r > maxRune })
}

// The worst that can be written is one tag that fits its column.
func TestTheLongestTextsFitTheDatabase(t *testing.T) {
	s := &System{project: strings.Repeat("a", 32), virtualID: strings.Repeat("b", 32), client: &rest.Client{}}
	for _, row := range []struct{ name, char string }{
		{"letters", "x"}, {"emoji", "🔥"}, {"Cyrillic", "щ"}, {"quotes", `"`}, {"backslashes", `\`}, {"carets", "^"}, {"newlines", "\n"},
		{"line separators", "\u2028"}, {"no UTF-8", "\xff"}, {"markup", "<"},
	} {
		t.Run(row.name, func(t *testing.T) {
			long := strings.Repeat(row.char, maxBody+10)
			name := strings.ToValidUTF8(strings.Repeat(row.char, tt.MaxObject/len(row.char)), "?")
			h := header{Key: name, Queue: name, Object: name, Opened: time.Now(), Maker: randomHex(8)}
			h.Subject, h.Body = fit(long, maxSubject, &h.Truncated), fit(long, maxBody, &h.Truncated)
			h.Reason, h.Login = fit(long, maxShort, &h.Truncated), fit(long, maxShort, &h.Truncated)
			r := remark{At: time.Now(), ReplyTo: name, id: "0"}
			r.Subject, r.Body = fit(long, maxSubject, &r.Truncated), fit(long, maxComment, &r.Truncated)
			r.Reason, r.Login = fit(long, maxShort, &r.Truncated), fit(long, maxShort, &r.Truncated)
			for _, e := range []journal.Entry{entry(kindHeader, s.objectID(name), h), entry(kindComment, "0", r), entry(kindMember, "0", member{name, time.Now()})} {
				texts, err := tagTexts(e)
				require.NoError(t, err)
				require.Len(t, texts, 1)
				assert.LessOrEqual(t, len(texts[0]), column)
				assert.False(t, wide(texts[0]))
			}
			note := noteComment(r)
			assert.LessOrEqual(t, len(note), column)
			assert.False(t, wide(note))
			back, _, own := readNote(note)
			assert.True(t, own)
			assert.Equal(t, r.Body, back.Body)
			p, err := s.plan(s.newUUID(), tt.CreateRequest{Object: "x", Subject: long, Body: long}, "")
			require.NoError(t, err)
			for _, text := range []string{p.body.Params.Name, p.body.Params.Description} {
				assert.False(t, wide(text))
			}
			assert.LessOrEqual(t, len([]rune(p.body.Params.Name)), 255)
			assert.LessOrEqual(t, len([]rune(p.body.Params.Description)), 2048)
		})
	}
}

// What is written into tags is read back from them, beside whatever people
// have written.
func TestTagsAreReadAsTheyAreWritten(t *testing.T) {
	s := &System{}
	rapid.Check(t, func(rt *rapid.T) {
		text := func(name string) string { return tt.CleanText(rapid.String().Draw(rt, name)) }
		h := header{Object: "o" + text("object"), Subject: text("subject"), Body: text("body"), Opened: time.Unix(1_700_000_000, 0).UTC(), Maker: "m"}
		c := remark{At: time.Unix(1_700_000_001, 0).UTC(), Body: text("comment"), Login: text("login")}
		rows := []tagRow{{Text: s.mark()}, {Text: text("foreign")}, {Text: "ttj1 c damaged"}}
		for _, e := range []journal.Entry{entry(kindHeader, s.objectID(h.Object), h), entry(kindComment, "c1", c), entry(kindMember, "m1", member{Object: "other"})} {
			texts, err := tagTexts(e)
			if err != nil {
				rt.Fatal(err)
			}
			for _, text := range texts {
				rows = append(rows, tagRow{Text: text}, tagRow{Text: text + "x"})
			}
		}
		order := rapid.Permutation(rows).Draw(rt, "order")
		b := s.readBook(order)
		c.id = "c1"
		if !b.ours || !b.marked || b.header != h || !slices.Equal(b.comments, []remark{c}) || !slices.Equal(b.objects(), []string{h.Object, "other"}) {
			rt.Fatalf("%+v", b)
		}
	})
}

func TestNotesAreReadAsTheyAreWritten(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := func(name string) string { return tt.CleanText(rapid.String().Draw(rt, name)) }
		want := remark{At: time.Unix(1_700_000_000, 0).UTC(), Subject: text("subject"), Body: text("body"), Reason: text("reason"), Login: text("login"), id: "abc"}
		got, _, own := readNote(noteComment(want))
		if !own || got != want {
			rt.Fatalf("%+v", got)
		}
	})
	for _, comment := range []string{"", "no note", "ttj1 x", "a person quotes\nttj1 x abc 1/1 2 00000000 {} 00000000", "text\nttj1 c a 1/1 2 0 {} 0"} {
		_, text, own := readNote(comment)
		assert.False(t, own, comment)
		assert.Equal(t, comment, text)
	}
}

// What is searched for survives a database that compares without letter case,
// and a query language that looks for operators everywhere.
func TestSearchedTextsHaveASafeAlphabet(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := &System{project: rapid.String().Draw(rt, "project"), namespace: rapid.String().Draw(rt, "namespace")}
		texts := []string{
			s.mark(), strings.TrimSuffix(strings.TrimPrefix(s.objectTags(rapid.String().Draw(rt, "object")), "ttj1 _ "), " 1/%"),
			s.keyUUID(rapid.String().Draw(rt, "key")), s.newUUID(),
		}
		for _, text := range texts {
			if strings.Trim(text, "abcdefghijklmnopqrstuvwxyz0123456789:") != "" {
				rt.Fatalf("%q", text)
			}
		}
	})
}

// The uuid of a key is one that the platform takes, belongs to its namespace
// and project, and is no other's.
func TestTheUUIDOfAKey(t *testing.T) {
	a, b, c := &System{project: "p"}, &System{project: "p", namespace: "staging"}, &System{project: "q"}
	seen := map[string]bool{}
	for _, s := range []*System{a, b, c} {
		for _, key := range []string{"k", "K", "k ", "another"} {
			uuid := s.keyUUID(key)
			assert.Regexp(t, `^[0-9a-f]{12}5[0-9a-f]{3}[89ab][0-9a-f]{15}$`, uuid)
			assert.Equal(t, uuid, s.keyUUID(key))
			assert.False(t, seen[uuid])
			seen[uuid] = true
			for _, other := range []*System{a, b, c} {
				assert.Equal(t, s == other, other.own(uuid))
			}
		}
		assert.Regexp(t, `^[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}$`, s.newUUID())
		assert.True(t, s.own(s.newUUID()))
		assert.False(t, s.own(randomUUID()))
		assert.False(t, s.own("x"))
	}
}
