package journal

import (
	"cmp"
	"fmt"
	"hash/crc32"
	"iter"
	"slices"
	"strings"
	"unicode/utf8"
)

// Decode returns the entries that texts hold, sorted by kind and id, each at
// most once, and the damage. Neither depends on the order of the texts, nor
// on how often each of them comes.
//
// Texts that are none of ours are ignored. Whatever is wrong with an entry's
// texts is one Damage or more, sorted by kind, id and reason: a text that was
// changed or cut, a missing piece, a text of a newer version. An entry whose
// texts are all there is returned even so. When it was written twice with
// different data and both are whole, the longer one is returned, among equally
// long ones the one whose data sorts first, and Damage tells of the other.
// The memory that Decode takes is bounded by a multiple of the texts' size.
func Decode(texts iter.Seq[string]) ([]Entry, []Damage) {
	r := reader{pieces: make([]piece, 0, 8)} // a header and a few comments
	for text := range texts {
		r.read(text)
	}
	slices.SortFunc(r.pieces, func(a, b piece) int {
		return cmp.Or(a.compare(&b.head), strings.Compare(a.payload, b.payload))
	})
	for rest := r.pieces; len(rest) > 0; {
		end := 1
		for end < len(rest) && rest[end].compareWriting(&rest[0].head) == 0 {
			end++
		}
		r.join(rest[:end])
		rest = rest[end:]
	}
	slices.SortFunc(r.damage, func(a, b Damage) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), strings.Compare(a.ID, b.ID), strings.Compare(a.Reason, b.Reason))
	})
	return r.entries, slices.Compact(r.damage)
}

// piece is one text whose checksum was right.
type piece struct {
	head
	payload string
}

// reader collects what Decode finds.
type reader struct {
	pieces  []piece
	entries []Entry
	damage  []Damage
	scratch []byte // for checksums, which want bytes
}

func (r *reader) report(h *head, reason string) {
	r.damage = append(r.damage, Damage{Kind: h.kind, ID: h.id, Reason: reason})
}

// read keeps text when it is a piece, reports it when it was one, and ignores
// it when it never was.
func (r *reader) read(text string) {
	text = strings.TrimSpace(text)
	rest, ours := strings.CutPrefix(text, magic)
	if !ours {
		return
	}
	v, rest, found := strings.Cut(rest, " ")
	if number := parseDecimal(v, MaxData); !found || number < 1 {
		return
	}
	h, payload, ok := parseHead(rest)
	switch {
	case v != version:
		r.damage = append(r.damage, Damage{Kind: h.kind, ID: h.id, Newer: true,
			Reason: "written by a newer version of this library"})
		return
	case !ok, len(payload) < len(" ")+sumSize, payload[len(payload)-sumSize-1] != ' ':
		r.report(&h, "a text was changed or cut")
		return
	}
	end := len(text) - sumSize
	r.scratch = append(r.scratch[:0], text[:end-1]...)
	if sum, ok := parseSum(text[end:]); !ok || sum != crc32.Checksum(r.scratch, castagnoli) {
		r.report(&h, "a text was changed or cut")
		return
	}
	r.pieces = append(r.pieces, piece{h, payload[:len(payload)-sumSize-1]})
}

// join makes an entry of the pieces of one writing, sorted by number.
func (r *reader) join(pieces []piece) {
	h := &pieces[0].head
	have, size := 0, 0
	for i, p := range pieces {
		if i > 0 && p.n == pieces[i-1].n {
			if p.payload != pieces[i-1].payload {
				r.report(h, "a text contradicts another")
				return
			}
			continue
		}
		have++
		size += len(p.payload)
	}
	if have < h.total {
		r.report(h, fmt.Sprintf("%d of %d texts are missing", h.total-have, h.total))
		return
	}
	data := make([]byte, 0, size)
	sum := uint32(0)
	for i, p := range pieces {
		if i == 0 || p.n != pieces[i-1].n {
			start := len(data)
			data = append(data, p.payload...)
			sum = addPiece(sum, data[start:])
		}
	}
	data, ok := unescape(data)
	if !ok || len(data) != h.length || sum != h.sum || !utf8.Valid(data) {
		r.report(h, "the texts are whole, but do not belong together")
		return
	}
	r.keep(Entry{Kind: h.kind, ID: h.id, Data: data})
}

// keep adds an entry, or decides between it and the one that came before:
// writings come sorted by length, so e is at least as long.
func (r *reader) keep(e Entry) {
	last := len(r.entries) - 1
	if last < 0 || r.entries[last].Kind != e.Kind || r.entries[last].ID != e.ID {
		r.entries = append(r.entries, e)
		return
	}
	if string(r.entries[last].Data) == string(e.Data) {
		return // the same, cut with another limit
	}
	r.report(&head{kind: e.Kind, id: e.ID}, "written twice with different data")
	if len(e.Data) > len(r.entries[last].Data) || string(e.Data) < string(r.entries[last].Data) {
		r.entries[last] = e
	}
}
