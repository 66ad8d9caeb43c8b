package tt

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// CutMark ends every text that was cut.
const CutMark = "…[cut]"

// Cut returns s when it has at most limit bytes, and otherwise as much of its
// beginning as fits, cut at a rune boundary and ended by [CutMark]. A limit
// below len(CutMark) leaves room for a part of the mark only; one of 0 or less
// cuts nothing. The second result tells whether anything was cut.
func Cut(s string, limit int) (string, bool) {
	switch {
	case limit <= 0 || len(s) <= limit:
		return s, false
	case limit < len(CutMark):
		return head(CutMark, limit), true
	}
	return head(s, limit-len(CutMark)) + CutMark, true
}

// head returns at most limit bytes of the beginning of a longer s, in whole
// runes.
func head(s string, limit int) string {
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}

// CleanText makes text that every vendor can carry: each byte that is no
// UTF-8, and each control character other than newline and tab, becomes
// U+FFFD; CR LF becomes LF.
func CleanText(s string) string {
	clean := true
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= utf8.RuneSelf || c == 0x7f || c < ' ' && c != '\n' && c != '\t' {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return '\uFFFD'
		}
		return r
	}, s)
}
