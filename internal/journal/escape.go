package journal

import "bytes"

// Control characters (Unicode's Cc) are the code points below 0x20 and from
// 0x7f to 0x9f, so two hexadecimal digits name each of them. The caret is
// the escape because JSON and the texts of alarms hardly ever use it; a
// backslash would double every one that JSON has written.
const (
	escapeByte = '^'
	digits     = "0123456789abcdef"
)

// escape returns data without control characters; the same slice when it has
// none and no caret. data is valid UTF-8.
func escape(data []byte) []byte {
	n := 0
	for i := range data {
		if _, size := escaped(data, i); size > 0 {
			n++
		}
	}
	if n == 0 {
		return data
	}
	out := make([]byte, 0, len(data)+2*n)
	for i := 0; i < len(data); {
		c, size := escaped(data, i)
		if size == 0 {
			out = append(out, data[i])
			i++
			continue
		}
		out = append(out, escapeByte, digits[c>>4], digits[c&15])
		i += size
	}
	return out
}

// escaped tells whether a code point that must be escaped begins at data[i]:
// which one, and how many bytes it has; 0 bytes when none does.
func escaped(data []byte, i int) (point byte, size int) {
	switch c := data[i]; {
	case c < 0x20, c == 0x7f, c == escapeByte:
		return c, 1
	case c == 0xc2 && i+1 < len(data) && data[i+1] < 0xa0: // 0x80 to 0x9f in UTF-8
		return data[i+1], 2
	}
	return 0, 0
}

// unescape undoes escape, in place. It reports false for what escape does
// not write.
func unescape(b []byte) ([]byte, bool) {
	next := bytes.IndexByte(b, escapeByte)
	if next < 0 {
		return b, true
	}
	out := b[:next]
	for b = b[next:]; len(b) > 0; {
		if b[0] != escapeByte {
			out = append(out, b[0])
			b = b[1:]
			continue
		}
		if len(b) < 3 {
			return nil, false
		}
		hi, lo := bytes.IndexByte([]byte(digits), b[1]), bytes.IndexByte([]byte(digits), b[2])
		if hi < 0 || lo < 0 {
			return nil, false
		}
		switch c := byte(hi<<4 | lo); {
		case c < 0x20, c == 0x7f, c == escapeByte:
			out = append(out, c)
		case c >= 0x80 && c < 0xa0:
			out = append(out, 0xc2, c)
		default:
			return nil, false
		}
		b = b[3:]
	}
	return out, true
}
