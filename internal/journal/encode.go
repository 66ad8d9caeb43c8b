package journal

import (
	"hash/crc32"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Encode returns the pieces of e in order: as few texts as possible of at
// most limit bytes each, cut at runes. The same entry and limit always give
// the same pieces. It fails, as tt.ErrInvalid, for an entry that breaks the
// rules of [Entry], for a limit below [MinLimit], and when the entry needs
// more than [MaxPieces].
func Encode(e Entry, limit int) ([]Piece, error) {
	if limit < MinLimit {
		return nil, invalid("a journal text of %d bytes is too short: at least %d", limit, MinLimit)
	}
	if err := e.validate(); err != nil {
		return nil, err
	}
	w := writer{
		head:    head{kind: e.Kind, id: e.ID, length: len(e.Data)},
		payload: escape(e.Data),
		limit:   limit,
	}
	if !w.measure() {
		return nil, invalid("a journal entry of %d bytes needs more than %d texts of %d bytes", len(e.Data), MaxPieces, limit)
	}
	return w.pieces(), nil
}

// writer cuts one entry.
type writer struct {
	head
	payload []byte
	limit   int
}

// measure finds total and sum; it reports false for more than MaxPieces. The
// number of pieces takes room in each of them, so it tries one digit, then
// two, then three.
func (w *writer) measure() bool {
	for _, w.total = range []int{9, 99, MaxPieces} {
		w.n, w.sum = 0, 0
		for rest := w.payload; w.n == 0 || len(rest) > 0 && w.n <= w.total; {
			w.n++
			end := w.cut(rest)
			w.sum = addPiece(w.sum, rest[:end])
			rest = rest[end:]
		}
		if w.n <= w.total {
			w.total = w.n
			return true
		}
	}
	return false
}

// cut returns how many bytes of rest go into piece n of total.
func (w *writer) cut(rest []byte) int {
	end := w.limit - w.size() - len(" ") - sumSize
	if end >= len(rest) {
		return len(rest)
	}
	for !utf8.RuneStart(rest[end]) {
		end--
	}
	return end
}

// pieces writes every text and name into one buffer, and cuts it.
func (w *writer) pieces() []Piece {
	const nameSize = len("tt_k_") + maxID + len("_999")
	var b strings.Builder
	w.n = w.total // the longest head
	b.Grow(len(w.payload) + w.total*(w.size()+len(" ")+sumSize+nameSize))

	pieces := make([]Piece, w.total)
	longest := w.size() + len(w.payload) + len(" ") + sumSize // of one piece, whatever the limit
	text := make([]byte, 0, min(w.limit, longest))
	rest := w.payload
	for i := range pieces {
		w.n = i + 1
		end := w.cut(rest)
		text = w.append(text[:0])
		text = append(text, rest[:end]...)
		rest = rest[end:]
		sum := crc32.Checksum(text, castagnoli)
		text = appendSum(append(text, ' '), sum)

		start := b.Len()
		b.Write(text)
		middle := b.Len()
		w.writeName(&b)
		all := b.String()
		pieces[i] = Piece{Name: all[middle:], Text: all[start:middle]}
	}
	return pieces
}

// Named reports whether name is that of a piece of the entry with a kind and an
// id; "" stands for any id. Whether the entry is whole, Decode alone can tell.
func Named(name string, kind byte, id string) bool {
	rest, ours := strings.CutPrefix(name, "tt_")
	if !ours || len(rest) < len("k_") || rest[0] != kind || rest[1] != '_' {
		return false
	}
	rest, same := strings.CutPrefix(rest[len("k_"):], id)
	return id == "" || same && strings.HasPrefix(rest, "_")
}

// writeName writes the name of piece n. Three digits, so that a console that
// sorts names shows the pieces in order.
func (w *writer) writeName(b *strings.Builder) {
	b.WriteString("tt_")
	b.WriteByte(w.kind)
	b.WriteByte('_')
	b.WriteString(w.id)
	b.WriteByte('_')
	for pad := w.n; pad < 100; pad *= 10 {
		b.WriteByte('0')
	}
	var number [3]byte
	b.Write(strconv.AppendInt(number[:0], int64(w.n), 10))
}
