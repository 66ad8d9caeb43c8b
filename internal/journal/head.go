package journal

import (
	"cmp"
	"hash/crc32"
	"strconv"
	"strings"
)

const (
	magic   = "ttj"
	version = "1"
	sumSize = 8 // hexadecimal digits of a checksum
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// head is what stands before the data in a text. Pieces with the same head
// but for n belong together.
type head struct {
	kind     byte
	id       string
	n, total int
	length   int    // of the entry's data
	sum      uint32 // of all pieces and where they were cut, by addPiece
}

// addPiece adds the next piece to the checksum of an entry. The newline, which
// no piece holds, makes the same data cut with two limits two writings.
func addPiece(sum uint32, piece []byte) uint32 {
	return crc32.Update(crc32.Update(sum, castagnoli, piece), castagnoli, newline)
}

var newline = []byte{'\n'}

// size returns how many bytes append adds.
func (h *head) size() int {
	return len(magic+version+" k ") + len(h.id) + len(" ") + decimals(h.n) + len("/") + decimals(h.total) +
		len(" ") + decimals(h.length) + len(" ") + sumSize + len(" ")
}

// append writes the head and the blank after it.
func (h *head) append(b []byte) []byte {
	b = append(b, magic+version+" "...)
	b = append(b, h.kind, ' ')
	b = append(b, h.id...)
	b = append(b, ' ')
	b = strconv.AppendInt(b, int64(h.n), 10)
	b = append(b, '/')
	b = strconv.AppendInt(b, int64(h.total), 10)
	b = append(b, ' ')
	b = strconv.AppendInt(b, int64(h.length), 10)
	b = append(b, ' ')
	b = appendSum(b, h.sum)
	return append(b, ' ')
}

// compare orders pieces: entries by kind and id, within them the writings,
// within those the pieces by number.
func (h *head) compare(o *head) int {
	return cmp.Or(h.compareWriting(o), cmp.Compare(h.n, o.n))
}

// compareWriting is 0 for pieces of the same entry that were written from the
// same data and cut in the same places.
func (h *head) compareWriting(o *head) int {
	if c := cmp.Or(cmp.Compare(h.kind, o.kind), strings.Compare(h.id, o.id)); c != 0 {
		return c
	}
	return cmp.Or(cmp.Compare(h.length, o.length), cmp.Compare(h.sum, o.sum), cmp.Compare(h.total, o.total))
}

// parseHead reads what append wrote, and returns the text after it. On
// failure the kind and the id are there when they could be read.
func parseHead(text string) (h head, rest string, ok bool) {
	kind, rest, found := strings.Cut(text, " ")
	if !found || len(kind) != 1 || !validKind(kind[0]) {
		return h, "", false
	}
	h.kind = kind[0]
	id, rest, found := strings.Cut(rest, " ")
	if !found || !validID(id) {
		return h, "", false
	}
	h.id = id
	number, rest, found := strings.Cut(rest, "/")
	total, rest, found2 := strings.Cut(rest, " ")
	length, rest, found3 := strings.Cut(rest, " ")
	sum, rest, found4 := strings.Cut(rest, " ")
	if !found || !found2 || !found3 || !found4 {
		return h, "", false
	}
	h.n = parseDecimal(number, MaxPieces)
	h.total = parseDecimal(total, MaxPieces)
	h.length = parseDecimal(length, MaxData)
	h.sum, ok = parseSum(sum)
	ok = ok && h.n >= 1 && h.n <= h.total && h.length >= 0
	return h, rest, ok
}

// parseDecimal returns -1 for anything but the one way to write a number from
// 0 to limit.
func parseDecimal(s string, limit int) int {
	if s == "" || len(s) > 6 || len(s) > 1 && s[0] == '0' {
		return -1
	}
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return -1
		}
		n = n*10 + int(s[i]-'0')
	}
	if n > limit {
		return -1
	}
	return n
}

func decimals(n int) int {
	digits := 1
	for ; n >= 10; n /= 10 {
		digits++
	}
	return digits
}

func appendSum(b []byte, sum uint32) []byte {
	for shift := 28; shift >= 0; shift -= 4 {
		b = append(b, digits[sum>>shift&15])
	}
	return b
}

func parseSum(s string) (sum uint32, ok bool) {
	if len(s) != sumSize {
		return 0, false
	}
	for i := range len(s) {
		d := strings.IndexByte(digits, s[i])
		if d < 0 {
			return 0, false
		}
		sum = sum<<4 | uint32(d)
	}
	return sum, true
}
