package tt_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ttkit/ttkit/tt"
)

func TestKeyReadsLikeItsParts(t *testing.T) {
	for _, row := range []struct {
		name  string
		parts []string
		want  string
	}{
		{"no parts give no key", nil, ""},
		{"one part stays as it is", []string{"LinkDown"}, "LinkDown"},
		{"parts are joined with a slash", []string{"noc", "LinkDown", "17"}, "noc/LinkDown/17"},
		{"an empty part is a percent sign", []string{""}, "%"},
		{"empty parts are counted", []string{"", "a", ""}, "%/a/%"},
		{"a slash in a part is escaped", []string{"a/b"}, "a%2Fb"},
		{"a percent sign in a part is escaped", []string{"%"}, "%25"},
		{"white space is escaped", []string{" a\tb "}, "%20a%09b%20"},
		{"control characters are escaped", []string{"a\x00\u0085"}, "a%00%C2%85"},
		{"letters of any script stay", []string{"сеть", "网络", "🔥"}, "сеть/网络/🔥"},
		{"a byte that is no UTF-8 is escaped", []string{"\xff"}, "%FF"},
		{"and differs from the text of its escape", []string{"\x00ff"}, "%00ff"},
	} {
		t.Run(row.name, func(t *testing.T) { assert.Equal(t, row.want, tt.Key(row.parts...)) })
	}
}

func TestLongKeysKeepTheirBeginningAndDiffer(t *testing.T) {
	long := strings.Repeat("é", 300)
	a, b := tt.Key("alarm", long+"1"), tt.Key("alarm", long+"2")
	assert.NotEqual(t, a, b, "they differ in what the cut removed")
	for _, key := range []string{a, b} {
		assert.LessOrEqual(t, len(key), tt.MaxKey)
		assert.True(t, strings.HasPrefix(key, "alarm/éééé"))
		assert.True(t, utf8.ValidString(key))
	}
	odd := tt.Key("alarms", long)
	assert.Len(t, odd, tt.MaxKey-1, "no letter is cut in two")
	assert.True(t, utf8.ValidString(odd))
	assert.Len(t, tt.Key(strings.Repeat("x", tt.MaxKey)), tt.MaxKey, "what just fits is not cut")
	assert.NotContains(t, tt.Key(strings.Repeat("x", tt.MaxKey)), "~")
}

// part draws texts that try to look like the escapes and joins of others.
var part = rapid.OneOf(
	rapid.StringMatching(`[ab/%~ 0F]{0,6}`),
	rapid.String(),
	rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 6), func(b []byte) string { return string(b) }),
	rapid.Map(rapid.IntRange(180, 300), func(n int) string { return strings.Repeat("%", n/3) + strings.Repeat("a", n) }),
)

func TestEveryKeyIsValid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(part, 1, 5).Draw(t, "parts")
		key := tt.Key(parts...)
		require.NoError(t, tt.ValidateKey(key))
		require.True(t, utf8.ValidString(key))
		require.Equal(t, strings.TrimSpace(key), key, "trimming is harmless")
		require.Equal(t, key, tt.Key(parts...))
	})
}

func TestDifferentPartsGiveDifferentKeys(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(part, 0, 4)
		a, b := parts.Draw(t, "a"), parts.Draw(t, "b")
		if rapid.Bool().Draw(t, "same text, split otherwise") && len(a) > 0 {
			joined := strings.Join(a, "")
			cut := rapid.IntRange(0, len(joined)).Draw(t, "cut")
			b = []string{joined[:cut], joined[cut:]}
		}
		require.Equal(t, slices.Equal(a, b), tt.Key(a...) == tt.Key(b...))
	})
}

// A key can be read back from its escapes, which is why no two lists of parts
// share one: the proof beside the search above.
func TestShortKeysCanBeReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(part, 1, 4).Draw(t, "parts")
		key := tt.Key(parts...)
		if strings.Contains(key, "~") {
			return // hashed, which cannot be read back
		}
		require.Equal(t, parts, readBack(key))
	})
}

func readBack(key string) []string {
	var parts []string
	for _, text := range strings.Split(key, "/") {
		var b strings.Builder
		for i := 0; i < len(text); i++ {
			switch {
			case text == "%":
			case text[i] == '%':
				b.WriteByte(unhex(text[i+1])<<4 | unhex(text[i+2]))
				i += 2
			default:
				b.WriteByte(text[i])
			}
		}
		parts = append(parts, b.String())
	}
	return parts
}

func unhex(c byte) byte { return byte(strings.IndexByte("0123456789ABCDEF", c)) }

func TestKeyHashSeparatesNamespaces(t *testing.T) {
	hashes := map[string]string{}
	for _, row := range [][2]string{{"", "k"}, {"", "K"}, {"k", ""}, {"staging", "k"}, {"production", "k"}, {"1", "2"}, {"12", ""}, {"", "12"}, {"a\n", "b"}, {"a", "\nb"}} {
		hash := tt.KeyHash(row[0], row[1])
		assert.Regexp(t, "^[0-9a-f]{32}$", hash)
		assert.NotContains(t, hashes, hash, "%q and %q share a hash", row, hashes[hash])
		hashes[hash] = row[0] + "|" + row[1]
	}
	assert.Equal(t, "e65a96b0d66c0640a439165bc6224956", tt.KeyHash("staging", "noc/LinkDown/17"),
		"the hash is stored in vendors' tickets: it never changes")
}
