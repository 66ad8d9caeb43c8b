// Package alertgroup says what a group of Alertmanager's alerts is called in a
// ticket system, and on which objects it stands. The programs that raise such
// tickets and that reconcile them must agree on it.
package alertgroup

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/ttkit/ttkit/tt"
)

// Series names a group by its receiver and its group labels. The keys of the
// group's tickets are the name, a slash and the number of the episode, for
// which the name leaves room.
//
// Alertmanager's own groupKey changes whenever somebody edits a route, and
// start times differ between the Alertmanagers of a pair; neither may make a
// second ticket.
func Series(receiver string, labels map[string]string) string {
	parts := []string{"alertmanager", receiver}
	for _, label := range slices.Sorted(maps.Keys(labels)) {
		parts = append(parts, label, labels[label])
	}
	name := tt.Key(parts...)
	const longest = tt.MaxKey - 20 // a slash and the digits of a 63-bit number
	if len(name) <= longest {
		return name
	}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\xff")))
	end := longest - 1 - 32
	for !utf8.RuneStart(name[end]) {
		end--
	}
	return name[:end] + "~" + hex.EncodeToString(sum[:16])
}

// Prefix is what the keys of all tickets of a receiver begin with.
func Prefix(receiver string) string { return tt.Key("alertmanager", receiver) + "/" }

// Object makes an object of a label's value: without a port at its end, unless
// keepPort is set. It is "" for what cannot name an object.
func Object(value string, keepPort bool) string {
	obj := strings.TrimSpace(value)
	if !keepPort {
		if host, port, err := net.SplitHostPort(obj); err == nil && strings.Trim(port, "0123456789") == "" {
			obj = host
		}
	}
	if tt.ValidateObject(obj) != nil {
		return ""
	}
	return obj
}
