package guance

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
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
	i := space(text, 0)
	if i >= len(text) || text[i] != '{' {
		return nil, false
	}
	o := make(object, 0, 24)
	for i = space(text, i+1); ; i = space(text, i+1) {
		if len(o) == 0 && i < len(text) && text[i] == '}' {
			return o, true
		}
		end, ok := skip(text, i)
		if !ok || text[i] != '"' {
			return nil, false
		}
		name := text[i:end]
		key, ok := unquote(name)
		if i = space(text, end); !ok || i >= len(text) || text[i] != ':' {
			return nil, false
		}
		i = space(text, i+1)
		if end, ok = skip(text, i); !ok {
			return nil, false
		}
		if at := o.index(key); at >= 0 {
			o[at].value = text[i:end]
		} else {
			o = append(o, field{key, name, text[i:end]})
		}
		if i = space(text, end); i >= len(text) {
			return nil, false
		}
		switch text[i] {
		case '}':
			return o, true
		case ',':
		default:
			return nil, false
		}
	}
}

// parseList splits an array.
func parseList(text []byte) ([][]byte, bool) {
	i := space(text, 0)
	if i >= len(text) || text[i] != '[' {
		return nil, false
	}
	var list [][]byte
	for i = space(text, i+1); ; i = space(text, i+1) {
		if len(list) == 0 && i < len(text) && text[i] == ']' {
			return list, true
		}
		end, ok := skip(text, i)
		if !ok {
			return nil, false
		}
		list = append(list, text[i:end])
		if i = space(text, end); i >= len(text) {
			return nil, false
		}
		switch text[i] {
		case ']':
			return list, true
		case ',':
		default:
			return nil, false
		}
	}
}

var null = []byte("null")

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
	for i < len(text) && bytes.IndexByte([]byte(",:]} \t\r\n"), text[i]) < 0 {
		i++
	}
	return i, i > start
}

// skipText is skip for a text in quotes.
func skipText(text []byte, i int) (end int, ok bool) {
	for i++; i < len(text); i++ {
		switch text[i] {
		case '"':
			return i + 1, true
		case '\\':
			i++
		}
	}
	return len(text), false
}

// unquote reads a JSON text.
func unquote(quoted []byte) (string, bool) {
	if len(quoted) < 2 || quoted[0] != '"' {
		return "", false
	}
	plain := quoted[1 : len(quoted)-1]
	for _, c := range plain {
		if c == '\\' || c < ' ' || c > '~' {
			var text string
			ok := json.Unmarshal(quoted, &text) == nil
			return text, ok
		}
	}
	return string(plain), true
}

// quote writes a JSON text, with nothing escaped that need not be: people read
// it in the console.
func quote(text string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(text) // of a text
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
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
func (o object) number(key string) (n float64, ok bool) {
	value := o.get(key)
	if text, quoted := unquote(value); quoted {
		value = []byte(text)
	}
	n, err := strconv.ParseFloat(string(value), 64)
	return n, err == nil
}

// with returns a copy with another value of a key.
func (o object) with(key string, value []byte) object {
	o = slices.Clone(o)
	if i := o.index(key); i >= 0 {
		o[i].value = value
		return o
	}
	return append(o, field{key, quote(key), value})
}

// text of the object: what came, as it came.
func (o object) append(b []byte) []byte {
	b = append(b, '{')
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
