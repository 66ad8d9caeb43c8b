package tt

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Limits that hold for every system.
const (
	MaxID     = 64  // bytes of a ticket id
	MaxKey    = 255 // bytes of a key
	MaxObject = 255 // bytes of an object or a queue
)

func invalid(format string, args ...any) error {
	return Errorf(CodeInvalid, NotDone, format, args...)
}

// Validate reports what is wrong with the request, as ErrInvalid. Adapters
// call it before they send anything.
func (r CreateRequest) Validate() error {
	if err := ValidateObject(r.Object); err != nil {
		return err
	}
	if strings.TrimFunc(CleanText(r.Subject), unicode.IsSpace) == "" {
		return invalid("subject is empty: give the ticket one line of text")
	}
	if err := validName("queue", r.Queue, true); err != nil {
		return err
	}
	if r.Key != "" {
		if err := ValidateKey(r.Key); err != nil {
			return err
		}
	}
	return validTime("timestamp", r.Timestamp)
}

// Validate reports what is wrong with the request, as ErrInvalid.
func (r CloseRequest) Validate() error { return ValidateID(r.ID) }

// Validate reports what is wrong with the request, as ErrInvalid.
func (r CommentRequest) Validate() error {
	if err := ValidateID(r.ID); err != nil {
		return err
	}
	if strings.TrimFunc(r.Subject+r.Body, unicode.IsSpace) == "" {
		return invalid("comment is empty: give it a subject or a body")
	}
	if r.Key != "" {
		if err := ValidateKey(r.Key); err != nil {
			return err
		}
	}
	if len(r.ReplyTo) > MaxKey {
		return invalid("reply-to is longer than %d bytes", MaxKey)
	}
	return validTime("time of the comment", r.At)
}

// Validate reports what is wrong with the request, as ErrInvalid.
func (r ListRequest) Validate() error {
	if r.Limit < 0 {
		return invalid("limit is negative")
	}
	return nil
}

// Validate reports what is wrong with the request, as ErrInvalid.
func (r UpdatesRequest) Validate() error {
	switch {
	case r.Limit < 0:
		return invalid("limit is negative")
	case len(r.IDs) == 0 && !r.All:
		return invalid("no ids given: name tickets, or set All for every one")
	}
	for _, id := range r.IDs {
		if err := ValidateID(id); err != nil {
			return err
		}
	}
	return nil
}

// ValidateID accepts what can be a ticket's id: 1 to 64 bytes of printable
// ASCII without a colon, white space, or a character that could change a URL.
func ValidateID(id string) error {
	switch {
	case id == "":
		return invalid("ticket id is empty")
	case len(id) > MaxID:
		return invalid("ticket id is longer than %d bytes: give the id that create printed", MaxID)
	case id == "." || id == "..":
		return invalid("%q is no ticket id: give the id that create printed", id)
	}
	for _, c := range []byte(id) {
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`:/\?#%"<>&`, c) >= 0 {
			return invalid("%q is no ticket id: give the id that create printed", id)
		}
	}
	return nil
}

// ValidateObject accepts 1 to 255 bytes of UTF-8 without control characters
// and without white space at either end.
func ValidateObject(obj string) error { return validName("object", obj, false) }

// ValidateKey accepts 1 to 255 bytes of UTF-8 without control characters.
func ValidateKey(key string) error {
	switch {
	case key == "":
		return invalid("key is empty")
	case len(key) > MaxKey:
		return invalid("key is longer than %d bytes: build it with tt.Key", MaxKey)
	case !utf8.ValidString(key) || strings.ContainsFunc(key, unicode.IsControl):
		return invalid("key has control characters or is no UTF-8: build it with tt.Key")
	}
	return nil
}

func validName(what, s string, emptyOK bool) error {
	switch {
	case s == "" && emptyOK:
		return nil
	case strings.TrimFunc(s, unicode.IsSpace) == "":
		return invalid("%s is empty", what)
	case len(s) > MaxObject:
		return invalid("%s is longer than %d bytes", what, MaxObject)
	case !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl):
		return invalid("%s %q has control characters or is no UTF-8", what, s)
	case strings.TrimFunc(s, unicode.IsSpace) != s:
		return invalid("%s %q begins or ends with white space", what, s)
	}
	return nil
}

func validTime(what string, t time.Time) error {
	if t.IsZero() {
		return nil
	}
	if t = t.UTC(); t.Year() < 1970 || t.Year() > 9999 {
		return invalid("%s %s is outside the years 1970 to 9999", what, t.Format(time.RFC3339))
	}
	return nil
}
