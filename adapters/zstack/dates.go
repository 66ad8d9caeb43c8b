package zstack

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

// dateLayouts are the spellings of dates: that of a server on Java 8, and the
// one with a second comma of later versions. Java 20 and later put U+202F
// before AM and PM.
var dateLayouts = []string{"Jan 2, 2006 3:04:05 PM", "Jan 2, 2006, 3:04:05 PM"}

var errDate = errors.New("a date in a spelling that is not known")

// parseDate reads a date as the platform writes it: whole seconds of the
// server's own local time, which zone is. The result is UTC.
func parseDate(text string, zone *time.Location) (time.Time, error) {
	text = strings.Map(func(r rune) rune {
		if r == '\u202f' || r == '\u00a0' {
			return ' '
		}
		return r
	}, strings.TrimSpace(text))
	for _, layout := range dateLayouts {
		if at, err := time.ParseInLocation(layout, text, zone); err == nil {
			return at.UTC(), nil
		}
	}
	return time.Time{}, errDate
}

var errZone = errors.New(`want a name such as Asia/Shanghai, or an offset such as +08:00 (which a machine without a time zone database needs)`)

// parseZone reads a time zone as people and the platform write it: a name of
// the IANA database, UTC, GMT, an offset, or GMT or UTC with an offset.
func parseZone(text string) (*time.Location, error) {
	text = strings.TrimSpace(text)
	offset := text
	for _, prefix := range []string{"GMT", "UTC"} {
		if rest, ok := strings.CutPrefix(text, prefix); ok {
			if rest == "" {
				return time.UTC, nil
			}
			offset = rest
		}
	}
	if zone, ok := parseOffset(offset); ok {
		return zone, nil
	}
	if text == "" || text == "Local" { // LoadLocation knows both: neither says which zone the server is in
		return nil, errZone
	}
	zone, err := time.LoadLocation(text)
	if err != nil {
		return nil, errZone // err repeats the text, and where the database was looked for
	}
	return zone, nil
}

// parseOffset reads Z, +8, +08, +0800 and +08:00. No zone is more than 18
// hours from UTC.
func parseOffset(text string) (*time.Location, bool) {
	if text == "Z" {
		return time.UTC, true
	}
	if len(text) < 2 || text[0] != '+' && text[0] != '-' {
		return nil, false
	}
	hours, minutes, colon := strings.Cut(text[1:], ":")
	if !colon && len(hours) == 4 {
		hours, minutes = hours[:2], hours[2:]
	} else if !colon {
		minutes = "00"
	}
	h, okH := digits(hours)
	m, okM := digits(minutes)
	if !okH || !okM || len(minutes) != 2 || m > 59 || h*60+m > 18*60 {
		return nil, false
	}
	seconds := (h*60 + m) * 60
	if text[0] == '-' {
		seconds = -seconds
	}
	if seconds == 0 {
		return time.UTC, true
	}
	return time.FixedZone(text[:1]+twoDigits(h)+":"+twoDigits(m), seconds), true
}

// digits reads one or two digits.
func digits(text string) (int, bool) {
	if text == "" || len(text) > 2 || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(text)
	return n, err == nil
}

func twoDigits(n int) string {
	if n < 10 {
		return "0" + strconv.Itoa(n)
	}
	return strconv.Itoa(n)
}

// number is a whole number as the platform writes one: 1, 1.0, "1" or
// 1.545993580705E12, by its version and by where it stands.
type number int64

var errNumber = errors.New("no whole number")

// UnmarshalJSON reads any of the spellings; null leaves n alone.
func (n *number) UnmarshalJSON(raw []byte) error {
	text := strings.TrimSpace(string(raw))
	if text == "null" {
		return nil
	}
	if len(text) >= 2 && text[0] == '"' && text[len(text)-1] == '"' {
		text = strings.TrimSpace(text[1 : len(text)-1])
	}
	if i, err := strconv.ParseInt(text, 10, 64); err == nil {
		*n = number(i)
		return nil
	}
	const exact = 1 << 53 // above it a float may be another number than was meant
	if strings.Trim(text, "+-.0123456789eE") != "" {
		return errNumber // ParseFloat knows more spellings than JSON
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > exact {
		return errNumber
	}
	*n = number(f)
	return nil
}
