package tt_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ttkit/ttkit/tt"
)

func TestCut(t *testing.T) {
	for _, row := range []struct {
		name  string
		text  string
		limit int
		want  string
		cut   bool
	}{
		{"a text that fits stays", "link down", 9, "link down", false},
		{"a limit of 0 cuts nothing", "link down", 0, "link down", false},
		{"a limit below 0 cuts nothing", "link down", -1, "link down", false},
		{"one byte too many makes room for the mark", "link is down", 11, "lin" + tt.CutMark, true},
		{"no rune is split", "дом дом дом", 13, "до" + tt.CutMark, true},
		{"an emoji stays whole or goes", "🔥🔥🔥🔥", 13, "🔥" + tt.CutMark, true},
		{"the mark alone fills a limit of its length", "link is down", len(tt.CutMark), tt.CutMark, true},
		{"a smaller limit cuts the mark", "link is down", 5, "…[c", true},
		{"and leaves nothing where not even its first rune fits", "link is down", 2, "", true},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, cut := tt.Cut(row.text, row.limit)
			assert.Equal(t, row.want, got)
			assert.Equal(t, row.cut, cut)
		})
	}
}

func TestCutKeepsWhatFits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		limit := rapid.IntRange(1, 60).Draw(t, "limit")
		got, cut := tt.Cut(text, limit)
		require.LessOrEqual(t, len(got), limit)
		require.True(t, utf8.ValidString(got))
		require.Equal(t, len(text) > limit, cut)
		if !cut {
			require.Equal(t, text, got)
			return
		}
		if limit < len(tt.CutMark) {
			require.True(t, strings.HasPrefix(tt.CutMark, got))
			return
		}
		kept, marked := strings.CutSuffix(got, tt.CutMark)
		require.True(t, marked)
		require.True(t, strings.HasPrefix(text, kept))
		require.Greater(t, len(got)+utf8.UTFMax, limit, "no rune more would have fitted")
	})
}

func TestCleanText(t *testing.T) {
	for _, row := range []struct{ name, text, want string }{
		{"plain text stays", "link down\n\tport 7", "link down\n\tport 7"},
		{"any script and emoji stay", "сеть 网络 🔥 e\u0301", "сеть 网络 🔥 e\u0301"},
		{"CR LF becomes LF", "a\r\nb\r\n", "a\nb\n"},
		{"a lone CR is a control character", "a\rb", "a\ufffdb"},
		{"NUL, escape and delete are replaced", "\x00\x1b\x7f", "\ufffd\ufffd\ufffd"},
		{"so are the controls above ASCII", "a\u0085b", "a\ufffdb"},
		{"each byte that is no UTF-8 is replaced", "a\xff\xfeb", "a\ufffd\ufffdb"},
		{"half a rune is replaced byte for byte", "\xf0\x9f\x94", "\ufffd\ufffd\ufffd"},
	} {
		t.Run(row.name, func(t *testing.T) { assert.Equal(t, row.want, tt.CleanText(row.text)) })
	}
}

func TestCleanTextIsCleanAndStaysClean(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")) + rapid.String().Draw(t, "text")
		clean := tt.CleanText(text)
		require.True(t, utf8.ValidString(clean))
		require.NotContains(t, clean, "\r")
		require.Equal(t, clean, tt.CleanText(clean))
		require.Equal(t, utf8.RuneCountInString(text)-strings.Count(text, "\r\n"), utf8.RuneCountInString(clean), "one for one")
	})
}
