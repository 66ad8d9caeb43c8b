package guancetest

import (
	"bytes"
	"encoding/json"
	"slices"
)

// object is a JSON object that remembers the order of its keys and the bytes
// of its values, so that what the server stores for others is shown as it
// came.
type object []member

type member struct {
	key    string
	quoted []byte // the key as it came
	raw    json.RawMessage
}

func pair(key string, raw json.RawMessage) member { return member{key, encode(key), raw} }

// parseObject reads an object. Of a key that comes twice the last value
// counts.
func parseObject(raw []byte) (o object, ok bool) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, false
	}
	o = object{}
	for dec.More() {
		before := dec.InputOffset()
		key, err := dec.Token()
		if err != nil {
			return nil, false
		}
		quoted := bytes.TrimLeft(raw[before:dec.InputOffset()], ", \t\r\n")
		var v json.RawMessage
		if dec.Decode(&v) != nil {
			return nil, false
		}
		o.add(member{key.(string), quoted, v})
	}
	_, err := dec.Token()
	return o, err == nil
}

func (o object) index(key string) int {
	return slices.IndexFunc(o, func(m member) bool { return m.key == key })
}

func (o object) get(key string) (raw json.RawMessage, ok bool) {
	if i := o.index(key); i >= 0 {
		return o[i].raw, true
	}
	return nil, false
}

// add adds a key, or changes its value where it stands.
func (o *object) add(m member) {
	if i := o.index(m.key); i >= 0 {
		(*o)[i].raw = m.raw
		return
	}
	*o = append(*o, m)
}

func (o *object) set(key string, raw json.RawMessage) { o.add(pair(key, raw)) }

// put sets a key to a value.
func (o *object) put(key string, v any) { o.set(key, encode(v)) }

func (o object) clone() object { return slices.Clone(o) }

// bytes writes the object; values are not touched.
func (o object) bytes() []byte {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(m.quoted)
		b.WriteByte(':')
		b.Write(m.raw)
	}
	b.WriteByte('}')
	return b.Bytes()
}

// encode is v as compact JSON with nothing escaped that need not be.
func encode(v any) json.RawMessage {
	switch v := v.(type) {
	case json.RawMessage:
		return v
	case object:
		return v.bytes()
	case []object:
		rows := make([]json.RawMessage, len(v))
		for i, o := range v {
			rows[i] = o.bytes()
		}
		return list(rows)
	case string:
		if plain(v) {
			return json.RawMessage(`"` + v + `"`)
		}
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic("guancetest: a value that JSON cannot hold: " + err.Error())
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// plain reports whether a string needs no escapes.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// list is a JSON array of elements that are not touched.
func list(elements []json.RawMessage) json.RawMessage {
	b := []byte{'['}
	for i, e := range elements {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, e...)
	}
	return append(b, ']')
}

// compact is raw without white space between its tokens.
func compact(raw []byte) json.RawMessage {
	var b bytes.Buffer
	if err := json.Compact(&b, raw); err != nil {
		panic("guancetest: no JSON: " + err.Error())
	}
	return b.Bytes()
}

// normal is raw as a database writes it that does not keep the text: keys
// sorted, escapes resolved, numbers as they were.
func normal(raw []byte) json.RawMessage {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		panic("guancetest: no JSON: " + err.Error())
	}
	return encode(v)
}
