package guance

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/ttkit/ttkit/tt"
)

// schedule is a schedule as the server answers it. It may be shared, and is
// not changed after it was read.
type schedule struct {
	fields  object
	uuid    string
	name    string
	tag     tag
	rowID   int64   // 0: not shown
	created float64 // Unix seconds, as its times are
	updated float64
	deleted bool
	rules   [][]byte // of strategyConfig, as they came
	span    span
	readAt  time.Time // when it was asked for
	wroteAt time.Time // when the write ended that this is the answer of

	open sync.Once // of book
	book *book     // what the rules say; see read
}

// never is an end that has not come: 2100-01-01. An effectiveTime without an
// end is not documented.
const never = 4102444800

// readSchedule reads one; text is valid JSON, and stays as it is.
func readSchedule(text []byte) (*schedule, error) {
	o, ok := parseObject(text)
	if !ok {
		return nil, errors.New("a schedule is no object")
	}
	return scheduleOf(o)
}

func scheduleOf(o object) (*schedule, error) {
	x := &schedule{fields: o, uuid: o.text("uuid"), name: o.text("name")}
	if tt.ValidateID(x.uuid) != nil {
		return nil, errors.New("a schedule has no uuid")
	}
	x.tag, _ = parseName(x.name)
	if id, ok := o.number("id"); ok && id >= 1 {
		x.rowID = int64(id)
	}
	x.created = moment(o, "createAt")
	x.updated = max(moment(o, "updateAt"), x.created)
	gone, ok := o.number("deleteAt")
	x.deleted = ok && gone > 0
	x.rules, _ = parseList(o.get("strategyConfig"))
	x.span = readSpan(o.get("extend"))
	return x, nil
}

// before is the order of election. Row ids are not always shown.
func (x *schedule) before(y *schedule) bool {
	if x.rowID > 0 && y.rowID > 0 {
		return x.rowID < y.rowID
	}
	return cmp.Or(cmp.Compare(x.created, y.created), strings.Compare(x.uuid, y.uuid)) < 0
}

// span is extend.effectiveTime, in Unix seconds. A side that is missing is
// open.
type span struct {
	start, end       int64
	hasStart, hasEnd bool
}

func readSpan(extend []byte) (s span) {
	effective := valueOf(extend, "effectiveTime")
	start, ok := numberOf(valueOf(effective, "start"))
	s.start, s.hasStart = int64(within(start)), ok
	end, ok := numberOf(valueOf(effective, "end"))
	s.end, s.hasEnd = int64(within(end)), ok
	return s
}

// within takes a time that is later than never, such as the largest number that
// there is, for never.
func within(seconds float64) float64 { return min(max(seconds, -never), never) }

// moment is a time of the server's, in Unix seconds; 0 where it shows none, or
// one that cannot be: it would say that everything is over.
func moment(o object, key string) float64 {
	n, _ := o.number(key)
	if n < 0 || n >= never {
		return 0
	}
	return n
}

// slack is how much later than ours the clock of whoever closed a ticket may
// have been.
const slack = time.Minute

// ended reports whether the schedule is over. now may be wrong where the server
// does not tell its time; it is not earlier there than what it has written.
func (x *schedule) ended(now time.Time) bool {
	if wrote := seconds(x.updated); wrote.After(now) {
		now = wrote
	}
	if x.tag.state == tagClosed {
		now = now.Add(slack)
	}
	return x.span.hasEnd && x.span.end <= now.Unix()
}

// builtIn reports a rule of the workspace itself, which is nobody's ticket.
func (x *schedule) builtIn() bool { return string(x.fields.get("isDefault")) == "true" }

func (x *schedule) createdAt() time.Time { return seconds(x.created) }

func seconds(n float64) time.Time { return time.UnixMicro(int64(n * 1e6)).UTC() }

// answeredOnly are the fields of an answer that no request has, by what the
// vendor documents, and by what its older APIs answer beside that.
var answeredOnly = []string{
	"workspaceUUID", "strategyConfig", "isDefault", "rotationUpdateAt", "id", "uuid", "status", "creator", "updator",
	"createAt", "updateAt", "deleteAt",
	"effectiveTimeInfos", "notifyTargetsInfos", "inEffectNotifyTargetsInfos", "declaration", "creatorInfo", "updatorInfo",
}

// empties are the optional fields that requests may not have as null, though
// answers may.
var empties = map[string]string{
	"tagFilter": "[]", "dimensionFilter": `""`, "notifyTargets": "[]", "extend": "{}",
}

// whole reports, as an error, an answer that lacks what a modify built upon it
// would take away.
func (x *schedule) whole() error {
	rules := x.fields.index("strategyConfig")
	_, isList := parseList(x.fields.get("strategyConfig"))
	extend := x.fields.get("extend")
	_, isObject := fields(extend, 0, func(_ []byte, i int) (int, bool) { return skip(extend, i) })
	switch {
	case rules < 0, x.fields.get("strategyConfig") != nil && !isList:
		return notWhole(x, "strategyConfig")
	case x.fields.index("dimensionFilter") < 0:
		return notWhole(x, "dimensionFilter")
	case extend != nil && !isObject:
		return notWhole(x, "extend")
	}
	return nil
}

func notWhole(x *schedule, field string) error {
	return tt.Errorf(tt.CodeInternal, tt.NotDone,
		"the server's answer does not show %s of schedule %s as documented: a change would take it away, so nothing was written; where another route shows it, set routes.get", field, x.uuid)
}

// modifyBody is a request that changes nothing but the name, the filter, the
// end and the rules that are given. All of the schedule is sent, because what
// becomes of a field that is left out is not documented.
func (x *schedule) modifyBody(name, filter string, end int64, rules [][]byte) []byte {
	out := make(object, 0, len(x.fields)+1)
	for _, f := range x.fields {
		if slices.Contains(answeredOnly, f.key) {
			continue
		}
		if empty, ok := empties[f.key]; ok && bytes.Equal(f.value, null) {
			f.value = []byte(empty)
		}
		out = append(out, f)
	}
	if name != x.name {
		out.set("name", quote(name))
	}
	if filter != x.fields.text("dimensionFilter") {
		out.set("dimensionFilter", quote(filter))
	}
	if extend, ok := x.extendUntil(end); ok {
		out.set("extend", extend)
	}
	out.set("scheduleStrategy", joinList(rules))
	return out.append(nil)
}

// extendUntil is extend with another end, everything else as it came. It is
// false when the schedule ends no later than that.
func (x *schedule) extendUntil(end int64) ([]byte, bool) {
	s := x.span
	if s.hasEnd && s.end <= end || end == never {
		return nil, false
	}
	extend, _ := parseObject(x.fields.get("extend"))
	effective, _ := parseObject(extend.get("effectiveTime"))
	start := s.start
	if !s.hasStart {
		start = int64(x.created)
	}
	if start >= end { // of a time that is still to come
		start = end - 1
	}
	if !s.hasStart || start != s.start {
		effective.set("start", strconv.AppendInt(nil, start, 10))
	}
	effective.set("end", strconv.AppendInt(nil, end, 10))
	extend.set("effectiveTime", effective.append(nil))
	return extend.append(nil), true
}

// addBody is a request that makes a schedule.
type addBody struct {
	Name             string            `json:"name"`
	TimeZone         string            `json:"timezone"`
	Start            string            `json:"start"`
	End              string            `json:"end"`
	TagFilter        []string          `json:"tagFilter"`
	DimensionFilter  string            `json:"dimensionFilter"`
	NotifyTargets    []string          `json:"notifyTargets"`
	Extend           addExtend         `json:"extend"`
	ScheduleStrategy []json.RawMessage `json:"scheduleStrategy"`
}

type addExtend struct {
	Rotate        bool    `json:"enableRotateNotification"`
	EffectiveTime addSpan `json:"effectiveTime"`
}

type addSpan struct {
	Start int64 `json:"start"`
	End   int64 `json:"end"`
}

// one is an answer whose content is a schedule.
type one struct{ schedule *schedule }

// ReadJSON reads the envelope; fail has seen that it is a success.
func (a *one) ReadJSON(text []byte) error {
	x, err := readSchedule(valueOf(text, "content"))
	a.schedule = x
	return err
}

// many is an answer whose content is a list.
type many struct {
	rows  []*schedule
	count int // rows, also those that are no schedules
	total int // of all pages; -1 when the server does not say

	listed bool // there is a list
	odd    bool // there is something else in its place
}

// ReadJSON reads the envelope; fail has seen that it is a success. Lists are
// bare or in data, and pageInfo stands beside content or inside.
func (a *many) ReadJSON(text []byte) error {
	*a = many{total: -1}
	_, ok := fields(text, space(text, 0), func(name []byte, i int) (int, bool) {
		if string(name) == `"content"` && text[i] == '{' {
			return fields(text, i, func(name []byte, i int) (int, bool) { return a.read(text, i, name, `"data"`) })
		}
		return a.read(text, i, name, `"content"`)
	})
	if !ok || a.odd || !a.listed && a.total != 0 { // what cannot be read is never read as none
		return errors.New("a list of schedules is no list")
	}
	return nil
}

// read reads a field of the envelope, or of its content; list is the name, in
// quotes, that the list has there.
func (a *many) read(text []byte, i int, name []byte, list string) (end int, ok bool) {
	if string(name) == list && text[i] == '[' {
		a.rows, a.count, a.listed = nil, 0, true
		return elements(text, i, func(i int) (int, bool) { return a.readRow(text, i) })
	}
	end, ok = skip(text, i)
	switch value := text[i:end]; string(name) {
	case list:
		a.odd = !bytes.Equal(value, null)
	case `"pageInfo"`:
		if total, ok := numberOf(valueOf(value, "totalCount")); ok && total >= 0 {
			a.total = int(total)
		}
	}
	return end, ok
}

func (a *many) readRow(text []byte, i int) (end int, ok bool) {
	a.count++
	o, end, ok := objectAt(text, i)
	if !ok {
		return skip(text, i)
	}
	if x, err := scheduleOf(o); err == nil {
		a.rows = append(a.rows, x)
	}
	return end, true
}
