package zstack

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ttkit/ttkit/tt"
)

// validationOnly is the system tag that makes the platform check an API call
// and stop before it acts.
const validationOnly = "ephemeral::validationOnly"

// What a string of the setting "requests" may hold besides its own text.
const (
	objectPlaceholder  = "{{.Object}}"
	subjectPlaceholder = "{{.Subject}}"
	queuePlaceholder   = "{{.Queue}}"
)

// The platform keeps the requests of a ticket in one column of 65,535 bytes.
const (
	maxRequests = 60_000 // bytes of JSON, with every placeholder filled with the longest text
	maxFilled   = 255    // bytes of a text that takes a placeholder's place
	maxEscaped  = 6      // bytes that one byte can become in JSON: \u003c

	maxRequestDepth = 32 // a value that holds itself ends here
)

// requests are the API calls that every ticket carries, as the setting gives
// them: a JSON list whose strings may hold placeholders. The zero value is
// none. They are never changed after parseRequests.
type requests struct {
	list     []any
	executes bool // some of them would do something, were the ticket approved
}

// placeholders are the texts of one alarm.
type placeholders struct {
	Object, Subject, Queue string
}

// fill returns the requests with the texts in the place of their
// placeholders. It shares no map and no list with r. Replacing is done once,
// in the strings of a finished tree: whatever the texts hold, they end up
// inside of these strings, and a placeholder in them stays a text.
func (r requests) fill(v placeholders) []any {
	v = placeholders{fillable(v.Object), fillable(v.Subject), fillable(v.Queue)}
	filled, _ := v.fill(r.list).([]any)
	return filled
}

func (v *placeholders) fill(template any) any {
	switch template := template.(type) {
	case string:
		return v.replace(template)
	case []any:
		out := make([]any, len(template))
		for i := range template {
			out[i] = v.fill(template[i])
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(template))
		for key, item := range template {
			out[key] = v.fill(item)
		}
		return out
	}
	return template
}

// replace reads a text of the template once, from its beginning to its end.
func (v *placeholders) replace(s string) string {
	at := strings.Index(s, "{{")
	if at < 0 {
		return s
	}
	var b strings.Builder
	for ; at >= 0; at = strings.Index(s, "{{") {
		b.WriteString(s[:at])
		s = s[at:]
		switch {
		case strings.HasPrefix(s, objectPlaceholder):
			b.WriteString(v.Object)
			s = s[len(objectPlaceholder):]
		case strings.HasPrefix(s, subjectPlaceholder):
			b.WriteString(v.Subject)
			s = s[len(subjectPlaceholder):]
		case strings.HasPrefix(s, queuePlaceholder):
			b.WriteString(v.Queue)
			s = s[len(queuePlaceholder):]
		default: // the first brace of three
			b.WriteByte(s[0])
			s = s[1:]
		}
	}
	b.WriteString(s)
	return b.String()
}

// fillable makes a text of an alarm one that the database can hold: short, of
// UTF-8 without control characters, and without runes above U+FFFF.
func fillable(s string) string {
	s = strings.Map(func(r rune) rune {
		if r > maxRune {
			return unicode.ReplacementChar
		}
		return r
	}, tt.CleanText(s))
	s, _ = tt.Cut(s, maxFilled)
	return s
}

// maxRune is the highest rune that the database's three-byte utf8 can hold.
const maxRune = 0xffff

// parseRequests reads the setting "requests". Without allowExecution each
// request must have the tag validationOnly. Its errors name places, never
// values.
func parseRequests(raw []map[string]any, allowExecution bool) (requests, error) {
	if len(raw) == 0 {
		return requests{}, badRequests("", "is missing: a ticket of this platform carries at least one API call; the documentation of the package shows a harmless one")
	}
	var out requests
	size := 0
	for i, fields := range raw {
		p := templateParser{size: &size}
		one, err := p.request(fmt.Sprintf("[%d]", i), fields)
		if err != nil {
			return requests{}, err
		}
		if !isValidationOnly(one) {
			if out.executes = true; !allowExecution {
				return requests{}, badRequests(fmt.Sprintf("[%d]", i), `would be executed once somebody approves the ticket: add %q to the list systemTags in its apiBody, or set allow_execution to true`, validationOnly)
			}
		}
		out.list = append(out.list, one)
	}
	if size > maxRequests {
		return requests{}, badRequests("", "is too large: %d bytes with the longest texts in the place of placeholders, of at most %d", size, maxRequests)
	}
	return out, nil
}

func badRequests(place, format string, args ...any) error {
	return tt.Errorf(tt.CodeInvalid, tt.NotDone, `setting "requests%s" %s`, place, fmt.Sprintf(format, args...))
}

// isValidationOnly reports whether the platform is told to check the request
// and not to carry it out.
func isValidationOnly(request map[string]any) bool {
	body, _ := request["apiBody"].(map[string]any)
	tags, _ := body["systemTags"].([]any)
	return slices.Contains(tags, any(validationOnly))
}

// templateParser copies one request into what JSON decodes to.
type templateParser struct {
	size *int // bytes of JSON so far, at most
}

// request checks the four fields of a request. A field that the platform does
// not know is a mistyped one: it would be dropped in silence.
func (p templateParser) request(place string, fields map[string]any) (map[string]any, error) {
	out := map[string]any{"executeTimes": int64(1)}
	for _, name := range sortedKeys(fields) {
		at := place + "." + name
		v, err := fields[name], error(nil)
		switch name {
		case "requestName":
			out[name], err = p.text(at, v, true)
		case "apiName":
			out[name], err = p.text(at, v, false)
		case "executeTimes":
			out[name], err = times(at, v)
		case "apiBody":
			out[name], err = p.value(at, v, true, 0)
			if _, ok := out[name].(map[string]any); !ok && err == nil {
				err = badRequests(at, "must be a map: the parameters of the API call, {} for none")
			}
		default:
			err = badRequests(place, "has a field %s: want requestName, apiName, executeTimes and apiBody", keyName(name))
		}
		if err != nil {
			return nil, err
		}
	}
	for _, name := range []string{"apiName", "apiBody"} {
		if out[name] == nil {
			return nil, badRequests(place, "has no %s", name)
		}
	}
	*p.size += len(`{"requestName":"","apiName":"","executeTimes":1234567890,"apiBody":},`)
	return out, nil
}

func (p templateParser) text(place string, v any, fillable bool) (string, error) {
	s, ok := v.(string)
	if !ok || strings.TrimSpace(s) == "" {
		return "", badRequests(place, "must be a text, and not empty")
	}
	return s, p.string(place, s, fillable)
}

func times(place string, v any) (int64, error) {
	n, err := wholeNumber(v)
	if err != nil || n < 1 || n > math.MaxInt32 {
		return 0, badRequests(place, "must be a whole number, 1 or more")
	}
	return n, nil
}

func wholeNumber(v any) (int64, error) {
	switch v.(type) {
	case string, nil:
		return 0, errNumber
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return 0, err
	}
	var n number
	err = n.UnmarshalJSON(raw)
	return int64(n), err
}

// value copies anything that JSON can hold. fillable says whether strings in
// it may hold placeholders.
func (p templateParser) value(place string, v any, fillable bool, depth int) (any, error) {
	if *p.size += 8; depth > maxRequestDepth || *p.size > 2*maxRequests {
		return nil, badRequests(place, "is nested too deep, or too large")
	}
	switch v := v.(type) {
	case nil, bool:
		return v, nil
	case json.Number:
		if _, err := json.Marshal(v); err != nil || v == "" {
			return nil, badRequests(place, "is no number that JSON can hold")
		}
		*p.size += len(v)
		return v, nil
	}
	switch rv := reflect.ValueOf(v); rv.Kind() {
	case reflect.String:
		return rv.String(), p.string(place, rv.String(), fillable)
	case reflect.Bool:
		return rv.Bool(), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		*p.size += 20
		return rv.Int(), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		*p.size += 20
		return rv.Uint(), nil
	case reflect.Float32, reflect.Float64:
		if *p.size += 24; !math.IsNaN(rv.Float()) && !math.IsInf(rv.Float(), 0) {
			return rv.Float(), nil
		}
	case reflect.Slice:
		if rv.Type().Elem().Kind() != reflect.Uint8 {
			return p.list(place, rv, fillable, depth)
		}
	case reflect.Map:
		return p.mapping(place, rv, fillable, depth)
	}
	return nil, badRequests(place, "must be what JSON can hold: a text, a number, true or false, a list or a map")
}

func (p templateParser) list(place string, v reflect.Value, fillable bool, depth int) (any, error) {
	out := make([]any, v.Len())
	for i := range out {
		var err error
		if out[i], err = p.value(fmt.Sprintf("%s[%d]", place, i), v.Index(i).Interface(), fillable, depth+1); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (p templateParser) mapping(place string, v reflect.Value, fillable bool, depth int) (any, error) {
	out := make(map[string]any, v.Len())
	for iter := v.MapRange(); iter.Next(); {
		key, ok := iter.Key().Interface().(string)
		if !ok {
			return nil, badRequests(place, "must have texts as keys (put them in quotes)")
		}
		at := place + "." + keyName(key)
		if err := p.string(at, key, false); err != nil {
			return nil, err
		}
		item, err := p.value(at, iter.Value().Interface(), fillable && !namesResource(key), depth+1)
		if err != nil {
			return nil, err
		}
		out[key] = item
	}
	return out, nil
}

// namesResource reports whether what is below a key decides what a call acts
// on, and so is no place for the text of an alarm: uuids, also those of keys
// such as primaryStorageUuidForRootVolume, lists of them, the name of an API, and system tags, which are instructions to the platform
// (and often hold uuids).
func namesResource(key string) bool {
	key = strings.ToLower(strings.TrimSpace(key))
	return strings.Contains(key, "uuid") || key == "apiname" || key == "systemtags"
}

// string checks a text of the template.
func (p templateParser) string(place, s string, fillable bool) error {
	if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r > maxRune || r < ' ' && r != '\n' && r != '\t' && r != '\r' }) {
		return badRequests(place, "has a character that the platform's database may refuse: an emoji, or a control character")
	}
	rest, filled := s, 0
	for _, name := range []string{objectPlaceholder, subjectPlaceholder, queuePlaceholder} {
		filled += strings.Count(s, name)
		rest = strings.ReplaceAll(rest, name, "\x00") // not "": two halves must not make a third
	}
	switch {
	case strings.Contains(rest, "{{"):
		return badRequests(place, "has a placeholder that is not known: want %s, %s or %s, spelled like this", objectPlaceholder, subjectPlaceholder, queuePlaceholder)
	case filled > 0 && !fillable:
		return badRequests(place, "has a placeholder where none may be: the text of an alarm must not decide what a request does and which resource it names (keys, apiName, systemTags, and everything whose key holds uuid)")
	}
	*p.size += escapedLen(s) + maxEscaped*maxFilled*filled
	return nil
}

// escapedLen is the length of a text in the platform's JSON, which escapes
// what HTML could misread.
func escapedLen(s string) int {
	n := len(strconv.Quote(s))
	for _, c := range []byte(s) {
		if strings.IndexByte("<>&='", c) >= 0 {
			n += maxEscaped - 1
		}
	}
	return n
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// keyName writes a key in an error.
func keyName(key string) string {
	const longest = 40
	for _, c := range []byte(key) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' && c != '-' {
			return "(a key that is no plain word)" // it may be a value in the wrong place
		}
	}
	if len(key) > longest || key == "" {
		return "(a long or empty key)"
	}
	return key
}
