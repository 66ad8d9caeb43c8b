package rsm

import (
	"encoding/json"
	"strconv"
	"strings"
)

// labels keeps the labels whose value is text; siblings of this API answer
// lists and nulls too.
//
// They are most of a mode, and of a list of modes. So they are read by hand:
// in one pass, and without a copy of any name or value that has no escapes.
type labels map[string]string

// UnmarshalJSON is given valid JSON, as every json.Unmarshaler is.
func (l *labels) UnmarshalJSON(text []byte) error {
	*l = nil
	if len(text) == 0 || text[0] != '{' {
		return nil
	}
	rest := string(text[1:]) // names and values are parts of it
	*l = make(labels, strings.Count(rest, `":"`))
	for {
		rest = strings.TrimLeft(rest, " \t\r\n,")
		if rest[0] == '}' {
			return nil
		}
		var name string
		name, rest = literal(rest)
		rest = strings.TrimLeft(rest, " \t\r\n:")
		if rest[0] != '"' {
			delete(*l, name) // of the same name, the last counts
			rest = afterValue(rest)
			continue
		}
		(*l)[name], rest = literal(rest)
	}
}

// literal reads the JSON string that text begins with.
func literal(text string) (value, rest string) {
	end := 1
	for text[end] != '"' {
		if text[end] == '\\' {
			end++
		}
		end++
	}
	quoted, rest := text[:end+1], text[end+1:]
	value, err := strconv.Unquote(quoted)
	if err != nil { // \/ and surrogates are JSON's alone
		value = unquoteJSON(quoted)
	}
	return value, rest
}

func unquoteJSON(quoted string) (value string) {
	_ = json.Unmarshal([]byte(quoted), &value)
	return value
}

// afterValue skips the value that text begins with, which is a member of an
// object.
func afterValue(text string) string {
	for depth := 0; ; {
		switch text[0] {
		case '"':
			_, text = literal(text)
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return text
			}
			depth--
		case ',':
			if depth == 0 {
				return text
			}
		}
		text = text[1:]
	}
}
