package guance

import (
	"bytes"
	"strings"
)

// JSON that is known to be valid is gone through once, without memory of its
// own. An index past the end, or false, is the answer to a text that is not.

// fields goes through the object that begins at i, and returns the index
// behind it. each is told where a value begins, and returns the index behind
// that, as skip does: so a text is gone through once, however deep it is read.
// It is false when there is no object, or when each returned false.
func fields(text []byte, i int, each func(name []byte, i int) (end int, ok bool)) (end int, ok bool) {
	if i >= len(text) || text[i] != '{' {
		return i, false
	}
	for i = space(text, i+1); i < len(text); i = space(text, i+1) {
		if text[i] == '}' && text[i-1] != ',' {
			return i + 1, true
		}
		end, ok := skip(text, i)
		if !ok || text[i] != '"' {
			return i, false
		}
		name := text[i:end]
		if i = space(text, end); i >= len(text) || text[i] != ':' {
			return i, false
		}
		if i = space(text, i+1); i >= len(text) {
			return i, false
		}
		if end, ok = each(name, i); !ok {
			return end, false
		}
		if i = space(text, end); i >= len(text) || text[i] != ',' {
			return i + 1, i < len(text) && text[i] == '}'
		}
	}
	return i, false
}

// elements goes through the array that begins at i, as fields does through an
// object.
func elements(text []byte, i int, each func(i int) (end int, ok bool)) (end int, ok bool) {
	if i >= len(text) || text[i] != '[' {
		return i, false
	}
	if end = space(text, i+1); end < len(text) && text[end] == ']' {
		return end + 1, true
	}
	for i = space(text, i+1); i < len(text); i = space(text, i+1) {
		if end, ok = each(i); !ok {
			return end, false
		}
		if i = space(text, end); i >= len(text) || text[i] != ',' {
			return i + 1, i < len(text) && text[i] == ']'
		}
	}
	return i, false
}

// space returns the index of the first byte from i on that is no white space.
func space(text []byte, i int) int {
	for i < len(text) && (text[i] == ' ' || text[i] == '\t' || text[i] == '\n' || text[i] == '\r') {
		i++
	}
	return i
}

// skip returns the index behind the value that begins at i.
func skip(text []byte, i int) (end int, ok bool) {
	if i >= len(text) {
		return i, false
	}
	switch text[i] {
	case '"':
		return skipText(text, i)
	case '{', '[':
		for depth := 0; i < len(text); i++ {
			switch text[i] {
			case '"':
				if i, ok = skipText(text, i); !ok {
					return i, false
				}
				i--
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return i + 1, true
				}
			}
		}
		return i, false
	}
	start := i
	for i < len(text) && strings.IndexByte(",:]} \t\r\n", text[i]) < 0 {
		i++
	}
	return i, i > start
}

// skipText is skip for a text in quotes.
func skipText(text []byte, i int) (end int, ok bool) {
	for i++; i < len(text); {
		next := bytes.IndexByte(text[i:], '"')
		if next < 0 {
			break
		}
		at := i + next
		slashes := 0
		for at-slashes > i && text[at-slashes-1] == '\\' {
			slashes++
		}
		if i = at + 1; slashes%2 == 0 {
			return i, true
		}
	}
	return len(text), false
}
