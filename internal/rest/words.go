package rest

import (
	"encoding/json"
	"html"
	"strings"
)

const (
	maxWords   = 4 << 10  // bytes of a server's words in an error
	readableOf = 16 << 10 // bytes of a body that words are looked for in
)

// Words returns what a person should read of the answer's body: on one line,
// at most 4 KiB, without control characters and secrets. A JSON object that
// only wraps one message gives that message, other JSON is given whole, and
// HTML without its tags.
func (r *Response) Words() string { return r.scrub.with(r.own).words(r.Body) }

func (s *scrubber) words(body []byte) string {
	size, reach := readableOf, 0
	if s != nil {
		reach = s.reach
	}
	size += 2 * reach
	if len(body) <= size {
		return s.line(legible(s.hide(string(body))), maxWords)
	}
	// The end may be half a secret: it is looked at, and not shown.
	text := s.hide(string(body[:size]))
	text = text[:max(len(text)-2*reach, 0)]
	return s.line(legible(text), maxWords)
}

// legible takes the wrapping off a text.
func legible(text string) string {
	text = strings.TrimSpace(text)
	switch {
	case strings.HasPrefix(text, "<"):
		return withoutTags(text)
	case strings.HasPrefix(text, "{"), strings.HasPrefix(text, "["), strings.HasPrefix(text, `"`):
		return plainJSON(text)
	}
	return text
}

// plainJSON rewrites JSON without needless escapes, so that Cyrillic can be
// read. What is no JSON stays as it is.
func plainJSON(text string) string {
	var v any
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if d.Decode(&v) != nil || d.More() {
		return text
	}
	if message, ok := onlyMessage(v); ok {
		return message
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(v) != nil {
		return text
	}
	return b.String()
}

// onlyMessage returns the message of {"detail":"…"}, {"error":{"message":"…"}}
// and the like. Where there is anything else beside it, nothing may be lost.
func onlyMessage(v any) (string, bool) {
	for {
		switch x := v.(type) {
		case string:
			return x, true
		case map[string]any:
			if len(x) != 1 {
				return "", false
			}
			for name, value := range x {
				switch name {
				case "message", "msg", "detail", "details", "error", "errors", "description", "title":
					v = value
				default:
					return "", false
				}
			}
		case []any:
			if len(x) != 1 {
				return "", false
			}
			v = x[0]
		default:
			return "", false
		}
	}
}

// withoutTags returns the text of a page: no tags, scripts or styles.
func withoutTags(page string) string {
	var b strings.Builder
	for page != "" {
		text, rest, _ := strings.Cut(page, "<")
		b.WriteString(text)
		b.WriteByte(' ')
		tag, after, closed := strings.Cut(rest, ">")
		page = after
		if !closed {
			break
		}
		for _, unread := range []string{"script", "style"} {
			if name, _, _ := strings.Cut(strings.ToLower(tag), " "); name == unread {
				end := strings.Index(strings.ToLower(page), "</"+unread)
				if end < 0 {
					end = len(page)
				}
				page = page[end:]
			}
		}
	}
	return html.UnescapeString(b.String())
}
