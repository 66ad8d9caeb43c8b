package tt

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// CutMark ends every text that was cut.
const CutMark = "…[cut]"

// Cut returns s when it has at most limit bytes, and otherwise as much of its
// beginning as fits, cut at a rune boundary and ended by [CutMark]. A limit below
// len(CutMark) leaves no room for text, one of 0 or less cuts nothing. The second result tells whether
// anything was cut.
func Cut(s string, limit int) (string, bool) {
	if limit <= 0 || len(s) <= limit {
		return s, false
	}
	end := limit - len(CutMark)
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:max(end, 0)] + CutMark, true
}

// CleanText makes text that every vendor can carry: what is no UTF-8, and
// control characters other than newline and tab, become U+FFFD, one for one;
// CR LF becomes LF.
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
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return '\uFFFD'
		}
		return r
	}, s)
}
