package tt

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Key builds a key from the parts that name one episode of an alarm, such as
// the receiver, the alarm's name and labels, and when the episode began.
// Different parts give different keys, however they are split: the parts are
// escaped and joined with "/". A result of more than 255 bytes keeps its
// beginning and ends with a hash of the whole. No parts give "".
func Key(parts ...string) string {
	if len(parts) == 0 {
		return ""
	}
	var b strings.Builder
	for i, part := range parts {
		if i > 0 {
			b.WriteByte('/')
		}
		if part == "" {
			b.WriteByte('%') // an empty part differs from no part
		}
		for rest := part; rest != ""; {
			r, size := utf8.DecodeRuneInString(rest)
			raw := rest[:size]
			rest = rest[size:]
			if !escaped(r, size) {
				b.WriteString(raw)
				continue
			}
			for _, c := range []byte(raw) {
				fmt.Fprintf(&b, "%%%02X", c)
			}
		}
	}
	s := b.String()
	if len(s) <= MaxKey {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	end := MaxKey - 1 - 2*len(sum)
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "~" + hex.EncodeToString(sum[:])
}

// escaped reports whether a key holds the bytes of r as %XX: what joins parts
// or marks a hash, what a vendor might trim or refuse, and what is no UTF-8.
func escaped(r rune, size int) bool {
	return r == '/' || r == '%' || r == '~' || unicode.IsSpace(r) || unicode.IsControl(r) ||
		r == utf8.RuneError && size == 1
}

// KeyHash is what adapters write beside a key, and search for: 32 lower-case
// hexadecimal digits of a SHA-256 over the namespace and the key. Systems
// that share a vendor but not a namespace never see each other's tickets.
func KeyHash(namespace, key string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "ttkit key 1\n%d\n%s%s", len(namespace), namespace, key))
	return hex.EncodeToString(sum[:16])
}
