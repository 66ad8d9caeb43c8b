package rest

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// view is a text with escapes taken back, and where each of its bytes came
// from in the text as it was.
type view struct {
	text  string
	spans []span // of each byte of text; nil: the text is the original
}

// source is the part of the original that bytes from to to came from.
func (v view) source(from, to int) span {
	if v.spans == nil {
		return span{from, to}
	}
	return span{v.spans[from].from, v.spans[to-1].to}
}

// escape reads the escape at the beginning of a text: what it stands for and
// how long it is, 0 when there is none.
type escape struct {
	marks string // the bytes that an escape can begin with
	read  func(text string) (plain string, length int)
}

var escapes = []escape{
	{`\`, readBackslash},
	{"%", readPercent},
	{"&", readEntity},
}

var plusSpace = escape{"%+", func(text string) (string, int) {
	if text[0] == '+' {
		return " ", 1
	}
	return readPercent(text)
}}

// views returns the text as it is, and every different reading of it by one
// escape, or by two, one inside the other.
func (s *scrubber) views(text string) []view {
	all := []view{{text: text}}
	kinds := escapes
	if s.spaces {
		kinds = append(kinds[:len(kinds):len(kinds)], plusSpace)
	}
	begin := 0
	for range 2 {
		end := len(all)
		for _, v := range all[begin:end] {
			for _, kind := range kinds {
				if plain, changed := kind.undo(v); changed {
					all = append(all, plain)
				}
			}
		}
		begin = end
	}
	return all
}

// undo returns v with all escapes of this kind taken back.
func (e escape) undo(v view) (view, bool) {
	next := strings.IndexAny(v.text, e.marks)
	if next < 0 {
		return v, false
	}
	var b strings.Builder
	spans := make([]span, 0, len(v.text))
	changed := false
	for i := 0; i < len(v.text); {
		plain, length := v.text[i:i+1], 1
		if strings.IndexByte(e.marks, v.text[i]) >= 0 {
			if p, n := e.read(v.text[i:]); n > 0 {
				plain, length, changed = p, n, true
			}
		}
		b.WriteString(plain)
		from := v.source(i, i+length)
		for range len(plain) {
			spans = append(spans, from)
		}
		i += length
	}
	return view{b.String(), spans}, changed
}

// readBackslash reads the escapes of JSON, and \xNN.
func readBackslash(text string) (string, int) {
	if len(text) < 2 {
		return "", 0
	}
	switch c := text[1]; c {
	case 'u':
		r, ok := hex(text, 2, 4)
		if !ok {
			return "", 0
		}
		if utf16.IsSurrogate(r) && len(text) >= 8 && text[6:8] == `\u` {
			if low, ok := hex(text, 8, 4); ok {
				if both := utf16.DecodeRune(r, low); both != utf8.RuneError {
					return string(both), 12
				}
			}
		}
		return string(r), 6
	case 'x':
		if r, ok := hex(text, 2, 2); ok {
			return string([]byte{byte(r)}), 4
		}
	case '"', '\'', '\\', '/':
		return text[1:2], 2
	default:
		if i := strings.IndexByte("bfnrt", c); i >= 0 {
			return "\b\f\n\r\t"[i : i+1], 2
		}
	}
	return "", 0
}

// readPercent reads %NN.
func readPercent(text string) (string, int) {
	r, ok := hex(text, 1, 2)
	if !ok {
		return "", 0
	}
	return string([]byte{byte(r)}), 3
}

// readEntity reads numeric entities and those that every escaper writes.
func readEntity(text string) (string, int) {
	end := strings.IndexByte(text[:min(len(text), 12)], ';')
	if end < 0 {
		return "", 0
	}
	name := text[1:end]
	if plain, ok := entities[name]; ok {
		return plain, end + 1
	}
	digits, isNumber := strings.CutPrefix(name, "#")
	base := 10
	if d, isHex := strings.CutPrefix(strings.ToLower(digits), "x"); isHex {
		digits, base = d, 16
	}
	n, err := strconv.ParseUint(digits, base, 21)
	if !isNumber || err != nil {
		return "", 0
	}
	return string(rune(n)), end + 1
}

var entities = map[string]string{"amp": "&", "lt": "<", "gt": ">", "quot": `"`, "apos": "'"}

// hex reads so many hexadecimal digits.
func hex(text string, from, digits int) (rune, bool) {
	if len(text) < from+digits {
		return 0, false
	}
	n, err := strconv.ParseUint(text[from:from+digits], 16, 32)
	return rune(n), err == nil
}
