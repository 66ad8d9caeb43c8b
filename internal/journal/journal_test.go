package journal_test

import (
	"bytes"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ttkit/ttkit/internal/journal"
	"github.com/ttkit/ttkit/tt"
)

func encode(t testing.TB, e journal.Entry, limit int) []string {
	t.Helper()
	pieces, err := journal.Encode(e, limit)
	require.NoError(t, err)
	return texts(pieces)
}

func texts(pieces []journal.Piece) []string {
	out := make([]string, len(pieces))
	for i, p := range pieces {
		out[i] = p.Text
	}
	return out
}

func decode(texts ...string) ([]journal.Entry, []journal.Damage) {
	return journal.Decode(slices.Values(texts))
}

func entry(kind byte, id, data string) journal.Entry {
	return journal.Entry{Kind: kind, ID: id, Data: []byte(data)}
}

// longData needs several pieces at every limit used here.
var longData = `{"subject":"канал упал","body":"` + strings.Repeat("link 7 is down, 漢字 и 🚨; ", 30) + `"}`

func TestEncodeThenDecodeIsTheIdentity(t *testing.T) {
	for name, data := range map[string]string{
		"empty data":                          "",
		"one byte":                            "x",
		"JSON":                                `{"at":"2025-03-01T10:00:00Z","body":"a\nb\\c\"d"}`,
		"long text of several scripts":        longData,
		"white space at both ends":            " \t\n text \n ",
		"only white space":                    strings.Repeat(" ", 300),
		"every ASCII control character":       controls(0, 0x20) + "\x7f",
		"C1 control characters":               controls(0x80, 0xa0),
		"carets":                              "^ ^^ ^0a ^5e",
		"a text of the journal itself":        "ttj1 c a 1/1 0 00000000  00000000",
		"emoji only":                          strings.Repeat("👩‍👩‍👧", 60),
		"line separators of JSON and of HTML": "a\u2028b\u2029c<br>&amp;",
		"a byte order mark":                   "\ufefftext\ufeff",
	} {
		t.Run(name, func(t *testing.T) {
			for _, limit := range []int{journal.MinLimit, 65, 66, 67, 100, 255, 4096} {
				e := entry('c', "id1", data)
				got, damage := decode(encode(t, e, limit)...)
				assert.Empty(t, damage)
				require.Len(t, got, 1)
				assert.Equal(t, e.Kind, got[0].Kind)
				assert.Equal(t, e.ID, got[0].ID)
				assert.Equal(t, data, string(got[0].Data))
			}
		})
	}
}

func controls(from, to rune) string {
	var b strings.Builder
	for r := from; r < to; r++ {
		b.WriteRune(r)
	}
	return b.String()
}

var (
	validName = regexp.MustCompile(`^tt_[a-z0-9_]{1,29}$`)
	header    = regexp.MustCompile(`^ttj1 [a-z] [a-z0-9]{1,16} \d{1,3}/\d{1,3} \d{1,6} [0-9a-f]{8} `)
)

// checkPiece checks what every piece keeps, whatever it holds.
func checkPiece(t interface {
	assert.TestingT
	Helper()
}, p journal.Piece, limit int) {
	t.Helper()
	assert.LessOrEqual(t, len(p.Text), limit, "length")
	assert.True(t, utf8.ValidString(p.Text), "UTF-8")
	assert.False(t, strings.ContainsFunc(p.Text, unicode.IsControl), "control characters in %q", p.Text)
	assert.Equal(t, strings.TrimSpace(p.Text), p.Text, "white space at an end")
	assert.Regexp(t, validName, p.Name)
	assert.Regexp(t, header, p.Text)
}

func TestAnyEntriesInAnyOrderComeBackSorted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(journal.MinLimit, 400).Draw(t, "limit")
		entries := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) journal.Entry {
			return journal.Entry{
				Kind: rapid.ByteRange('a', 'z').Draw(t, "kind"),
				ID:   rapid.StringMatching(`[a-z0-9]{1,16}`).Draw(t, "id"),
				Data: []byte(rapid.StringN(0, 300, 1000).Draw(t, "data")),
			}
		}), 0, 6, func(e journal.Entry) string { return string(e.Kind) + e.ID }).Draw(t, "entries")

		all := []string{"a text of somebody else", "", "ttj"}
		names := map[string]bool{}
		for _, e := range entries {
			pieces, err := journal.Encode(e, limit)
			require.NoError(t, err)
			for _, p := range pieces {
				checkPiece(t, p, limit)
				assert.False(t, names[p.Name], "%s names two pieces", p.Name)
				names[p.Name] = true
			}
			all = append(all, texts(pieces)...)
		}
		all = append(all, all[:rapid.IntRange(0, len(all)).Draw(t, "repeated")]...)
		all = rapid.Permutation(all).Draw(t, "order")

		slices.SortFunc(entries, func(a, b journal.Entry) int {
			return strings.Compare(string(a.Kind)+" "+a.ID, string(b.Kind)+" "+b.ID)
		})
		got, damage := decode(all...)
		assert.Empty(t, damage)
		require.Len(t, got, len(entries))
		for i, e := range entries {
			assert.Equal(t, e.Kind, got[i].Kind)
			assert.Equal(t, e.ID, got[i].ID)
			assert.Equal(t, string(e.Data), string(got[i].Data))
		}
	})
}

func TestEncodeKeepsTheLimitWhateverIsCut(t *testing.T) {
	for _, data := range []string{strings.Repeat("x", 700), strings.Repeat("я", 400), strings.Repeat("漢", 300), strings.Repeat("🚨", 200), strings.Repeat("\x00", 200)} {
		for limit := journal.MinLimit; limit < 260; limit++ {
			pieces, err := journal.Encode(entry('z', "abcdefghij123456", data), limit)
			require.NoError(t, err)
			for _, p := range pieces {
				checkPiece(t, p, limit)
			}
		}
	}
}

func TestNamedKnowsTheNamesOfAnEntry(t *testing.T) {
	for _, id := range []string{"a", "id1", "abcdefghijklmnop"} {
		pieces, err := journal.Encode(journal.Entry{Kind: 'c', ID: id, Data: bytes.Repeat([]byte("x"), 500)}, journal.MinLimit)
		require.NoError(t, err)
		for _, p := range pieces {
			assert.True(t, journal.Named(p.Name, 'c', id), p.Name)
			assert.True(t, journal.Named(p.Name, 'c', ""), p.Name)
			assert.False(t, journal.Named(p.Name, 'd', id), p.Name)
			assert.False(t, journal.Named(p.Name, 'c', id[:len(id)-1]+"z"), p.Name)
			assert.False(t, journal.Named(p.Name, 'c', id+"0"), p.Name)
		}
	}
	for _, foreign := range []string{"", "tt_", "tt_c", "tt_key", "c_a_001", "tt_ca_001"} {
		assert.False(t, journal.Named(foreign, 'c', ""), foreign)
		assert.False(t, journal.Named(foreign, 'c', "a"), foreign)
	}
}

func TestNamesFollowFromKindIDAndNumber(t *testing.T) {
	short, err := journal.Encode(entry('c', "id1", longData[:40]), 255)
	require.NoError(t, err)
	long, err := journal.Encode(entry('c', "id1", strings.Repeat(longData, 4)), 64)
	require.NoError(t, err)
	assert.Equal(t, "tt_c_id1_001", short[0].Name)
	assert.Equal(t, short[0].Name, long[0].Name)
	assert.Equal(t, "tt_c_id1_012", long[11].Name)

	names := make([]string, len(long))
	for i, p := range long {
		names[i] = p.Name
	}
	assert.Greater(t, len(names), 100)
	assert.True(t, slices.IsSorted(names), "names sort like numbers")
}

func TestEncodeRefusesWhatItCouldNotRead(t *testing.T) {
	for name, c := range map[string]struct {
		entry journal.Entry
		limit int
		want  string
	}{
		"a limit that is too small":        {entry('c', "a", "x"), 63, "at least 64"},
		"a kind that is no letter":         {entry('C', "a", "x"), 255, "kind"},
		"no kind":                          {entry(0, "a", "x"), 255, "kind"},
		"no id":                            {entry('c', "", "x"), 255, "id"},
		"an id in upper case":              {entry('c', "A", "x"), 255, "id"},
		"an id with a blank":               {entry('c', "a b", "x"), 255, "id"},
		"an id of 17 bytes":                {entry('c', "12345678901234567", "x"), 255, "id"},
		"data that is no UTF-8":            {entry('c', "a", "\xff"), 255, "UTF-8"},
		"data that ends in half a rune":    {entry('c', "a", "я"[:1]), 255, "UTF-8"},
		"more data than the format counts": {entry('c', "a", strings.Repeat("x", journal.MaxData+1)), 1 << 20, "999999"},
		"more pieces than the format has":  {entry('c', "a", strings.Repeat("x", 999*64)), 64, "999 texts of 64 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			pieces, err := journal.Encode(c.entry, c.limit)
			assert.Nil(t, pieces)
			require.ErrorIs(t, err, tt.ErrInvalid)
			assert.ErrorContains(t, err, c.want)
		})
	}
}

func TestEncodeTakesTheMostThatTheFormatCounts(t *testing.T) {
	e := entry('c', "abcdefghij123456", strings.Repeat("x", journal.MaxData))
	limit := journal.MaxData/journal.MaxPieces + 60
	pieces := encode(t, e, limit)
	assert.Greater(t, len(pieces), 990)
	rand.Shuffle(len(pieces), func(i, j int) { pieces[i], pieces[j] = pieces[j], pieces[i] })
	got, damage := decode(pieces...)
	assert.Empty(t, damage)
	assert.Equal(t, []journal.Entry{e}, got)
}

func TestIDIsAlwaysTheSameAndValid(t *testing.T) {
	assert.Equal(t, "4oymiquy7qobjgx3", journal.ID(""), "stored ids must be found again: never change this")
	seen := map[string]bool{}
	for _, key := range []string{"", "a", "A", "a ", "длинный ключ", strings.Repeat("k", 1000)} {
		id := journal.ID(key)
		assert.Regexp(t, `^[a-z0-9]{16}$`, id)
		assert.False(t, seen[id])
		seen[id] = true
		encode(t, entry('c', id, "x"), 64)
	}
}
