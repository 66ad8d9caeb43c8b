package rest

import (
	"cmp"
	"encoding/base64"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/ttkit/ttkit/tt"
)

const (
	mask        = "[secret]" // as tt.Secret prints itself
	shortSecret = 4          // bytes; below, a secret is part of ordinary words
	escapedByte = 12         // bytes that one byte of a secret grows to at most: \u0041, escaped twice
)

// scrubber blots secrets out of texts. It looks for each secret as it is and
// in base64 at any offset, in the text as it is and in the text with JSON, URL
// and HTML escapes taken back, up to two of them one inside the other. So it
// does not matter which characters a server chose to escape, or how.
//
// A nil scrubber knows no secrets.
type scrubber struct {
	needles func() []needle // a function, so that no dump of a Client shows them
	reach   int             // the longest form of a secret in an escaped text
	spaces  bool            // some secret holds a space, which a query shows as +
}

type needle struct {
	text   string
	base64 bool // an inner part of an encoding: its neighbours belong to it
}

func newScrubber(secrets []tt.Secret) *scrubber {
	var needles []needle
	s := &scrubber{}
	for _, secret := range secrets {
		text := secret.Reveal()
		if len(text) < shortSecret {
			continue
		}
		needles = append(needles, needle{text: text})
		for offset := range 3 {
			for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
				needles = append(needles, needle{innerBase64(encoding, text, offset), true})
			}
		}
		s.spaces = s.spaces || strings.Contains(text, " ")
		s.reach = max(s.reach, 2*len(text)*escapedByte)
	}
	if needles == nil {
		return nil
	}
	slices.SortFunc(needles, func(a, b needle) int { return strings.Compare(a.text, b.text) })
	needles = slices.Compact(needles)
	s.needles = func() []needle { return needles }
	return s
}

// with knows one secret more.
func (s *scrubber) with(secret string) *scrubber {
	if s != nil && slices.ContainsFunc(s.needles(), func(n needle) bool { return n.text == secret }) {
		return s
	}
	more := newScrubber([]tt.Secret{tt.NewSecret(secret)})
	if s == nil || more == nil {
		return cmp.Or(more, s)
	}
	needles := slices.Concat(s.needles(), more.needles())
	return &scrubber{
		needles: func() []needle { return needles },
		reach:   max(s.reach, more.reach),
		spaces:  s.spaces || more.spaces,
	}
}

// innerBase64 is the part of an encoding of text that does not depend on what
// stands before and after it, when so many bytes modulo 3 stand before.
func innerBase64(encoding *base64.Encoding, text string, offset int) string {
	whole := encoding.EncodeToString(append(make([]byte, offset), text...))
	first := (offset*8 + 5) / 6
	end := (offset + len(text)) * 8 / 6
	return whole[first:end]
}

// line makes a text fit for an error or a log line: without secrets and
// control characters, on one line, and then cut to limit bytes.
func (s *scrubber) line(text string, limit int) string {
	text = s.hide(text)
	if flat := strings.Join(strings.Fields(tt.CleanText(text)), " "); flat != text {
		text = s.hide(flat) // what was apart may have come together
	}
	text, _ = tt.Cut(text, limit)
	if s.holds(text) {
		return "" // a secret that our own marks complete
	}
	return text
}

func (s *scrubber) holds(text string) bool {
	if s == nil {
		return false
	}
	return slices.ContainsFunc(s.needles(), func(n needle) bool {
		return !n.base64 && strings.Contains(text, n.text)
	})
}

// hide replaces every form of every secret.
func (s *scrubber) hide(text string) string {
	if s == nil {
		return text
	}
	var found []span
	for _, v := range s.views(text) {
		for _, n := range s.needles() {
			for at := 0; ; {
				i := strings.Index(v.text[at:], n.text)
				if i < 0 {
					break
				}
				at += i
				hit := v.source(at, at+len(n.text)).characters(text)
				if n.base64 {
					hit = hit.widen(text)
					at += len(n.text)
				} else {
					at++ // an echo may overlap with itself
				}
				found = append(found, hit)
			}
		}
	}
	if found == nil {
		return text
	}
	slices.SortFunc(found, func(a, b span) int { return a.from - b.from })
	var b strings.Builder
	end := 0
	for _, hit := range found {
		if hit.from >= end {
			b.WriteString(text[end:hit.from])
			b.WriteString(mask)
		}
		end = max(end, hit.to)
	}
	b.WriteString(text[end:])
	return b.String()
}

// span is a part of a text, in bytes.
type span struct{ from, to int }

// characters takes in the rest of the characters that a span begins or ends
// in: a secret need not be text, but what is left must be.
func (s span) characters(text string) span {
	const most = utf8.UTFMax - 1 // bytes of one character behind its first
	for range most {
		if s.from > 0 && !utf8.RuneStart(text[s.from]) {
			s.from--
		}
		if s.to < len(text) && !utf8.RuneStart(text[s.to]) {
			s.to++
		}
	}
	return s
}

// widen takes in the rest of the base64 word that a span stands in.
func (s span) widen(text string) span {
	for s.from > 0 && isBase64(text[s.from-1]) {
		s.from--
	}
	for s.to < len(text) && isBase64(text[s.to]) {
		s.to++
	}
	return s
}

func isBase64(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return strings.IndexByte("+/-_=", c) >= 0
}
