package guance

import (
	"bytes"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// A modify replaces the whole schedule, and much of a schedule belongs to
// other people: so what was read is kept as it came, and sent back byte for
// byte but for the fields that change.

// object is a JSON object that keeps the order of its fields and the bytes of
// their values.
type object []field

type field struct {
	key   string
	name  []byte // the key as it came, in quotes
	value []byte
}

// parseObject splits an object. What is inside values is not looked at: text
// that was not valid JSON may be split somehow, or not at all. Of a key that
// comes twice the last value counts.
func parseObject(text []byte) (object, bool) {
	o, _, ok := objectAt(text, space(text, 0))
	return o, ok
}

// objectAt splits the object that begins at i. One that is no object of this
// API's, by the number of its fields, is refused: they are looked up one by
// one.
func objectAt(text []byte, i int) (o object, end int, ok bool) {
	if i >= len(text) || text[i] != '{' {
		return nil, i, false
	}
	o = make(object, 0, usualFields)
	end, ok = fields(text, i, func(name []byte, i int) (int, bool) {
		end, ok := skip(text, i)
		key, isText := unquote(name)
		switch at := o.index(key); {
		case at >= 0:
			o[at].value = text[i:end]
		case len(o) == mostFields:
			return end, false
		default:
			o = append(o, field{key, name, text[i:end]})
		}
		return end, ok && isText
	})
	if !ok {
		return nil, end, false
	}
	return o, end, true
}

const (
	usualFields   = 24 // of a schedule
	mostFields    = 1000
	usualElements = 8 // rules: a header and a few comments
)

// valueOf is the value of a key that needs no escapes; nil when the object has
// none. What comes behind it is not looked at.
func valueOf(text []byte, key string) (value []byte) {
	fields(text, space(text, 0), func(name []byte, i int) (int, bool) {
		end, ok := skip(text, i)
		if ok && string(name[1:len(name)-1]) == key {
			value = text[i:end]
		}
		return end, ok && value == nil
	})
	return value
}

// parseList splits an array.
func parseList(text []byte) ([][]byte, bool) {
	list := make([][]byte, 0, usualElements)
	_, ok := elements(text, space(text, 0), func(i int) (int, bool) {
		end, ok := skip(text, i)
		list = append(list, text[i:end])
		return end, ok
	})
	if !ok {
		return nil, false
	}
	return list, true
}

var null = []byte("null")

// unquote reads a JSON text.
func unquote(quoted []byte) (string, bool) {
	if len(quoted) < 2 || quoted[0] != '"' {
		return "", false
	}
	plain := quoted[1 : len(quoted)-1]
	if name, ok := usualNames[string(plain)]; ok {
		return name, true
	}
	if plainASCII(plain) < len(plain) {
		return unescape(plain)
	}
	return string(plain), true
}

// plainASCII is how many bytes at the beginning of a text stand for
// themselves.
func plainASCII(text []byte) int {
	for i, c := range text {
		if c == '\\' || c < ' ' || c > '~' {
			return i
		}
	}
	return len(text)
}

// usualNames are the keys that every schedule has, so that they need not be
// made again for each.
var usualNames = func() map[string]string {
	names := map[string]string{}
	for _, name := range slices.Concat(answeredOnly, []string{
		"name", "timezone", "start", "end", "tagFilter", "dimensionFilter", "notifyTargets", "extend",
	}) {
		names[name] = name
	}
	return names
}()

// unescape reads a JSON text with escapes, as encoding/json does: what is no
// UTF-8, or half a pair of surrogates, becomes U+FFFD.
func unescape(text []byte) (string, bool) {
	var short [512]byte // most texts fit, and need no memory of their own
	out := short[:0]
	for i := 0; i < len(text); {
		c := text[i]
		if plain := plainASCII(text[i:]); plain > 0 {
			out = append(out, text[i:i+plain]...)
			i += plain
			continue
		}
		if c != '\\' {
			if c < ' ' {
				return "", false
			}
			r, size := utf8.DecodeRune(text[i:])
			out = utf8.AppendRune(out, r)
			i += size
			continue
		}
		if i+1 >= len(text) {
			return "", false
		}
		if text[i+1] == 'u' {
			r, ok := hexRune(text, i)
			if !ok {
				return "", false
			}
			i += 6
			if utf16.IsSurrogate(r) {
				if low, ok := hexRune(text, i); ok && utf16.DecodeRune(r, low) != utf8.RuneError {
					r = utf16.DecodeRune(r, low)
					i += 6
				}
			}
			out = utf8.AppendRune(out, r) // half a pair is no rune
			continue
		}
		at := strings.IndexByte(`"\/bfnrt`, text[i+1])
		if at < 0 {
			return "", false
		}
		out = append(out, "\"\\/\b\f\n\r\t"[at])
		i += 2
	}
	return string(out), true
}

// hexRune reads a \u escape at i.
func hexRune(text []byte, i int) (r rune, ok bool) {
	if i+6 > len(text) || text[i] != '\\' || text[i+1] != 'u' {
		return 0, false
	}
	for _, c := range text[i+2 : i+6] {
		digit := strings.IndexByte("0123456789abcdef", c|0x20)
		if digit < 0 || c == 0x10 {
			return 0, false
		}
		r = r<<4 | rune(digit)
	}
	return r, true
}

// quote writes a JSON text, with nothing escaped that need not be: people read
// it in the console.
func quote(text string) []byte {
	const digits = "0123456789abcdef"
	text = strings.ToValidUTF8(text, "\uFFFD")
	out := append(make([]byte, 0, len(text)+len(text)/4+2), '"')
	for i := range len(text) {
		switch c := text[i]; {
		case c == '"', c == '\\':
			out = append(out, '\\', c)
		case c < ' ':
			out = append(out, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		default:
			out = append(out, c)
		}
	}
	return append(out, '"')
}

func (o object) index(key string) int {
	return slices.IndexFunc(o, func(f field) bool { return f.key == key })
}

// get returns the value of a key; nil when there is none, or null.
func (o object) get(key string) []byte {
	if i := o.index(key); i >= 0 && !bytes.Equal(o[i].value, null) {
		return o[i].value
	}
	return nil
}

// text returns the value of a key that is text; "" for anything else.
func (o object) text(key string) string {
	text, _ := unquote(o.get(key))
	return text
}

// number returns the value of a key that is a number, or text that holds one.
func (o object) number(key string) (n float64, ok bool) { return numberOf(o.get(key)) }

func numberOf(value []byte) (n float64, ok bool) {
	value = bytes.Trim(value, `"`)
	if len(value) == 0 {
		return 0, false
	}
	if len(value) < 16 { // most are whole
		whole, ok := 0, true
		for _, c := range value {
			whole = whole*10 + int(c-'0')
			ok = ok && '0' <= c && c <= '9'
		}
		if ok {
			return float64(whole), true
		}
	}
	n, err := strconv.ParseFloat(string(value), 64)
	return n, err == nil && !math.IsInf(n, 0) && !math.IsNaN(n)
}

// set gives a key another value, in place.
func (o *object) set(key string, value []byte) {
	if i := o.index(key); i >= 0 {
		(*o)[i].value = value
		return
	}
	*o = append(*o, field{key, quote(key), value})
}

// append writes the object: what came, as it came.
func (o object) append(b []byte) []byte {
	size := 2
	for _, f := range o {
		size += len(f.name) + len(f.value) + len(":,")
	}
	b = append(slices.Grow(b, size), '{')
	for i, f := range o {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, f.name...)
		b = append(b, ':')
		b = append(b, f.value...)
	}
	return append(b, '}')
}

// joinList writes an array of elements as they are.
func joinList(elements [][]byte) []byte {
	size := 2 + len(elements)
	for _, e := range elements {
		size += len(e)
	}
	b := append(make([]byte, 0, size), '[')
	for i, e := range elements {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, e...)
	}
	return append(b, ']')
}
