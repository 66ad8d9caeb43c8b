package guance

import (
	"strings"
	"unicode/utf8"
)

// The name of a schedule is all that a list can be searched by, so the name of
// a ticket begins with what is searched for:
//
//	[tt+OBJECT:KEY] subject          open
//	[ttg+OBJECT:KEY] subject         open, a group
//	[tc+OBJECT:KEY.SCHEDULE] subject  closed
//
// OBJECT and KEY are digits of hashes. A server that allows a name only once
// lets two creators make one open ticket of a key at most; closed ones of one
// key may be several, so their names hold the end of their uuid, too.
const (
	tagOpen   = "tt"
	tagGroup  = "ttg"
	tagClosed = "tc"

	objectDigits = 8
	keyDigits    = 16
	ownDigits    = 6
)

// What searches look for.
const (
	searchOpen = "[tt"  // open tickets, groups too
	searchOurs = "[t"   // all tickets
	groupsOnly = "ttg+" // open groups
)

// searchObject finds the open tickets of an object that are no groups.
func searchObject(hash string) string { return tagOpen + "+" + hash }

// Lengths of a name in bytes. The limit of 256 may count characters, bytes, or
// something between.
const (
	maxName  = 256
	maxTitle = maxName - len("["+tagGroup+"+") - objectDigits - len(":") - keyDigits - len(".") - ownDigits - len("] ")
)

// tag is what a name begins with; the zero tag is none.
type tag struct{ state, object, key, own string }

// parseName splits a name into its tag and the rest, which is for people.
func parseName(name string) (tag, string) {
	inner, rest, ok := strings.Cut(name, "]")
	if !ok || !strings.HasPrefix(inner, "[") {
		return tag{}, name
	}
	state, digits, ok := strings.Cut(inner[1:], "+")
	if !ok || state != tagOpen && state != tagGroup && state != tagClosed {
		return tag{}, name
	}
	t := tag{state: state}
	t.object, t.key, ok = strings.Cut(digits, ":")
	t.key, t.own, _ = strings.Cut(t.key, ".")
	if !ok || !hexDigits(t.object, objectDigits) || !hexDigits(t.key, keyDigits) {
		return tag{}, name
	}
	return t, strings.TrimPrefix(rest, " ")
}

func hexDigits(text string, n int) bool {
	return len(text) == n && strings.Trim(text, "0123456789abcdef") == ""
}

// name writes the tag before a title.
func (t tag) name(title string) string {
	text := "[" + t.state + "+" + t.object + ":" + t.key
	if t.own != "" {
		text += "." + t.own
	}
	return shorten(text+"] "+title, maxName)
}

// as is the tag of the same ticket in another state.
func (t tag) as(state, uuid string) tag {
	t.state, t.own = state, ""
	if state == tagClosed {
		t.own = uuid[max(0, len(uuid)-ownDigits):]
	}
	return t
}

// title is a subject as people see it in the console: one line, cut.
func title(subject string) string {
	line := strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return ' '
		}
		return r
	}, subject)
	return shorten(line, maxTitle)
}

// shorten cuts a text to so many bytes, at a rune.
func shorten(text string, limit int) string {
	const mark = "…"
	if len(text) <= limit {
		return text
	}
	end := limit - len(mark)
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + mark
}
