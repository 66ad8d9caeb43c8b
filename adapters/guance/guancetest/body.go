package guancetest

import (
	"bytes"
	"encoding/json"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// defaultTimezone is the timezone of a schedule that names none.
const defaultTimezone = "Asia/Shanghai"

// draft is a valid body of add or modify. A nil field was left out.
type draft struct {
	name, start, end   string
	timezone           *string
	tagFilter, targets *[]string
	filter             *string
	extend             *object
	strategy           *[]json.RawMessage
	unknown            object // what nobody documented
}

// body reads a JSON object; an empty body is an empty object.
func (c *call) body() (object, *problem) {
	raw, _ := io.ReadAll(c.r.Body) // it is in memory
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return object{}, nil
	}
	if !utf8.Valid(raw) || !json.Valid(raw) {
		return nil, bad("body", "not JSON")
	}
	o, ok := parseObject(compact(raw))
	if !ok {
		return nil, bad("body", "not an object")
	}
	return o, nil
}

// readDraft reads the body of add and modify. The first field that is wrong,
// in the order of the documentation, is the one that the answer names.
func (c *call) readDraft() (*draft, *problem) {
	o, p := c.body()
	if p != nil {
		return nil, p
	}
	f := fields{object: o, length: c.knobs.Length}
	d := &draft{}
	d.name = f.required("name", 256)
	d.timezone = f.text("timezone", 48)
	if d.timezone != nil && loadLocation(*d.timezone) == nil {
		f.bad("timezone", "no IANA timezone")
	}
	d.start = f.hour("start")
	d.end = f.hour("end")
	if c.knobs.ForwardHours && d.start >= d.end {
		f.bad("end", "not after start")
	}
	d.tagFilter = f.texts("tagFilter")
	d.filter = c.readFilter(&f)
	d.targets = f.texts("notifyTargets")
	switch {
	case d.targets == nil:
		f.bad("notifyTargets", "required")
	case len(*d.targets) == 0 && !c.knobs.EmptyTargets:
		f.bad("notifyTargets", "empty")
	default:
		for _, t := range *d.targets {
			if !c.knobs.isTarget(t) {
				f.bad("notifyTargets", "neither acnt_… nor notify_… nor an e-mail address: "+t)
			}
		}
	}
	d.extend = c.readExtend(&f)
	d.strategy = c.readStrategies(&f)
	for _, m := range o {
		if !slices.Contains(f.read, m.key) {
			d.unknown = append(d.unknown, m)
		}
	}
	return d, f.problem
}

func (k Knobs) isTarget(t string) bool {
	return strings.HasPrefix(t, "acnt_") || strings.HasPrefix(t, "notify_") ||
		strings.HasPrefix(t, "group_") && !k.RefuseTeams || strings.Contains(t, "@")
}

// readFilter reads dimensionFilter.
func (c *call) readFilter(f *fields) *string {
	const name = "dimensionFilter"
	var s *string
	if raw, ok := f.object.get(name); ok && raw[0] == '[' && c.knobs.DimensionArray {
		if terms := f.texts(name); terms != nil {
			joined := strings.Join(*terms, " AND ")
			s = &joined
		}
	} else {
		s = f.text(name, 0)
	}
	if s == nil || c.knobs.UncheckedFilter {
		return s
	}
	if _, err := parseFilter(*s); err != nil {
		f.bad(name, err.Error())
	}
	return s
}

// readExtend reads extend.
func (c *call) readExtend(f *fields) *object {
	o := f.nested("extend")
	if o == nil {
		return nil
	}
	e := fields{object: *o, path: "extend.", length: c.knobs.Length}
	e.flag("enableRotateNotification")
	if cycle := e.text("rotationCycle", 0); cycle != nil && !slices.Contains(cycles, *cycle) {
		e.bad("rotationCycle", "none of "+strings.Join(cycles, ", "))
	}
	if t := e.nested("effectiveTime"); t != nil {
		w := fields{object: *t, path: "extend.effectiveTime."}
		start, end := w.seconds("start"), w.seconds("end")
		if !c.knobs.LooseTimes {
			switch {
			case start == nil:
				w.bad("start", "required")
			case end == nil:
				w.bad("end", "required")
			case *start >= *end:
				w.bad("end", "not after start")
			}
		}
		e.take(w.problem)
	}
	f.take(e.problem)
	return o
}

// fields reads the fields of an object and keeps the first problem.
type fields struct {
	object  object
	path    string     // before the names of fields in problems
	length  LengthUnit // of limits
	read    []string   // the names that were asked for
	problem *problem
}

func (f *fields) bad(name, why string) { f.take(bad(f.path+name, why)) }

func (f *fields) take(p *problem) {
	if f.problem == nil {
		f.problem = p
	}
}

// field finds a field. Null is refused wherever it is not documented.
func (f *fields) field(name string) (json.RawMessage, bool) {
	f.read = append(f.read, name)
	raw, ok := f.object.get(name)
	if ok && string(raw) == "null" {
		f.bad(name, "null")
		return nil, false
	}
	return raw, ok
}

// text reads a string of at most limit units; 0 is no limit.
func (f *fields) text(name string, limit int) *string {
	raw, ok := f.field(name)
	if !ok {
		return nil
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		f.bad(name, "not a string")
		return nil
	}
	if limit > 0 && f.length.of(s) > limit {
		f.bad(name, "longer than "+strconv.Itoa(limit))
	}
	return &s
}

// required reads a string that must not be empty.
func (f *fields) required(name string, limit int) string {
	s := f.text(name, limit)
	if s == nil || *s == "" {
		f.bad(name, "required")
		return ""
	}
	return *s
}

var hours = regexp.MustCompile(`^([01]\d|2[0-3]):[0-5]\d$`)

func (f *fields) hour(name string) string {
	s := f.required(name, 48)
	if !hours.MatchString(s) {
		f.bad(name, "not HH:MM")
	}
	return s
}

// texts reads an array of strings that are not empty.
func (f *fields) texts(name string) *[]string {
	raw, ok := f.field(name)
	if !ok {
		return nil
	}
	var list []*string
	if json.Unmarshal(raw, &list) != nil {
		f.bad(name, "not an array of strings")
		return nil
	}
	out := make([]string, 0, len(list))
	for _, s := range list {
		if s == nil || *s == "" {
			f.bad(name, "has an empty element")
			return nil
		}
		out = append(out, *s)
	}
	return &out
}

// nested reads an object.
func (f *fields) nested(name string) *object {
	raw, ok := f.field(name)
	if !ok {
		return nil
	}
	o, ok := parseObject(raw)
	if !ok {
		f.bad(name, "not an object")
		return nil
	}
	return &o
}

// list reads an array.
func (f *fields) list(name string) *[]json.RawMessage {
	raw, ok := f.field(name)
	if !ok {
		return nil
	}
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		f.bad(name, "not an array")
		return nil
	}
	return &list
}

func (f *fields) flag(name string) *bool {
	raw, ok := f.field(name)
	if !ok {
		return nil
	}
	var b bool
	if json.Unmarshal(raw, &b) != nil {
		f.bad(name, "not a bool")
		return nil
	}
	return &b
}

func (f *fields) integer(name string) *int64 {
	raw, ok := f.field(name)
	if !ok {
		return nil
	}
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil {
		f.bad(name, "not an integer")
		return nil
	}
	return &n
}

// lastSecond has eleven digits, the most that the documentation knows:
// milliseconds have thirteen.
const lastSecond = 99_999_999_999

// seconds reads a Unix time.
func (f *fields) seconds(name string) *int64 {
	n := f.integer(name)
	if n != nil && (*n < 0 || *n > lastSecond) {
		f.bad(name, "no timestamp of at most 11 digits")
		return nil
	}
	return n
}

// of is the length of s.
func (u LengthUnit) of(s string) int {
	switch u {
	case LengthBytes:
		return len(s)
	case LengthUTF16:
		return len(utf16.Encode([]rune(s)))
	}
	return utf8.RuneCountInString(s)
}
