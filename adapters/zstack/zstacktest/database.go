package zstacktest

import (
	"strings"
	"unicode/utf8"
)

// columnBytes is the size of a TEXT column of the database.
const columnBytes = 65535

// store returns a text as its column keeps it: the column holds limit bytes
// (0: any number) of three-byte utf8, in which runes above U+FFFF do not
// exist.
func (k Knobs) store(column, text string, limit int) (string, *refusal) {
	text = strings.ToValidUTF8(text, "?")
	wide := strings.IndexFunc(text, func(r rune) bool { return r > 0xffff })
	long := limit > 0 && len(text) > limit
	switch {
	case k.Texts == TextsCut:
		if wide >= 0 {
			text = text[:wide]
		}
		if limit > 0 && len(text) > limit {
			for limit > 0 && !utf8.RuneStart(text[limit]) {
				limit--
			}
			text = text[:limit]
		}
	case wide >= 0 && k.Texts != TextsWide:
		return "", internal(textIncorrect, column)
	case long:
		return "", internal(textDataTooLong, column)
	}
	return text, nil
}

// collate is a text as the database compares it: without regard to letter
// case, and to spaces at its end.
func (k Knobs) collate(text string) string {
	if k.CaseSensitive {
		return text
	}
	return strings.ToLower(strings.TrimRight(text, " "))
}

// like matches a text with a pattern in which % stands for any runes, _ for
// one, and \ takes the meaning from either.
func (k Knobs) like(text, pattern string) bool {
	if !k.CaseSensitive {
		text, pattern = strings.ToLower(text), strings.ToLower(pattern)
	}
	var (
		t       = []rune(text)
		p, wild = wildcards(pattern)
		i, j    int
		star    = -1
		mark    int
	)
	for i < len(t) {
		switch {
		case j < len(p) && wild[j] && p[j] == '%':
			star, mark = j, i
			j++
		case j < len(p) && (wild[j] || p[j] == t[i]):
			i++
			j++
		case star >= 0:
			mark++
			i, j = mark, star+1
		default:
			return false
		}
	}
	for j < len(p) && wild[j] && p[j] == '%' {
		j++
	}
	return j == len(p)
}

// wildcards resolves the backslashes of a pattern; wild tells which of its
// runes are wildcards.
func wildcards(pattern string) (runes []rune, wild []bool) {
	escaped := false
	for _, r := range pattern {
		if r == '\\' && !escaped {
			escaped = true
			continue
		}
		runes = append(runes, r)
		wild = append(wild, !escaped && (r == '%' || r == '_'))
		escaped = false
	}
	if escaped {
		runes, wild = append(runes, '\\'), append(wild, false)
	}
	return runes, wild
}
