package guancetest

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// Watchkeeper is the notifyObject that stands for whoever is on duty.
const Watchkeeper = "watchkeeper"

var (
	objectTypes = []string{"member", "notify", "group", "object"}
	methods     = []string{"mobile", "message", "email"}
	stages      = []string{"open", "working"}
)

// readStrategies reads scheduleStrategy. What it returns is what is stored:
// the elements as they came, but for the wordings that the server changes.
func (c *call) readStrategies(f *fields) *[]json.RawMessage {
	const name = "scheduleStrategy"
	elements := f.list(name)
	if elements == nil {
		return nil
	}
	for i, raw := range *elements {
		e := f.element(name, i, raw)
		if e == nil {
			return nil
		}
		if !e.given("uuid") {
			e.bad("uuid", "required")
		}
		e.text("uuid", 0)
		e.required("name", c.knobs.RuleNameLimit)
		changed := false
		levels := e.list("strategy")
		if c.knobs.RefuseEmptyRules && (levels == nil || len(*levels) == 0) {
			e.bad("strategy", "empty")
		}
		if levels != nil {
			for j, raw := range *levels {
				l := e.element("strategy", j, raw)
				if l != nil && l.level() {
					(*levels)[j] = l.object.bytes()
					changed = true
				}
				if l != nil {
					e.take(l.problem)
				}
			}
		}
		f.take(e.problem)
		if changed {
			e.object.set("strategy", list(*levels))
			(*elements)[i] = e.object.bytes()
		}
	}
	return elements
}

// element reads an element of an array as an object.
func (f *fields) element(name string, i int, raw json.RawMessage) *fields {
	name += "[" + strconv.Itoa(i) + "]"
	o, ok := parseObject(raw)
	if !ok {
		f.bad(name, "not an object")
		return nil
	}
	return &fields{object: o, path: f.path + name + ".", length: f.length}
}

// given reports whether a field is there.
func (f *fields) given(name string) bool { return f.object.index(name) >= 0 }

// level checks one level of a strategy, and reports whether it changed a
// wording.
func (f *fields) level() (changed bool) {
	if n := f.integer("level"); n == nil || *n < 0 {
		f.bad("level", "no level")
	}
	configs := f.list("notifyConfig")
	if configs == nil {
		f.bad("notifyConfig", "required")
	} else {
		for i, raw := range *configs {
			c := f.element("notifyConfig", i, raw)
			if c == nil {
				continue
			}
			if c.recipients() {
				(*configs)[i] = c.object.bytes()
				changed = true
			}
			f.take(c.problem)
		}
		if changed {
			f.object.set("notifyConfig", list(*configs))
		}
	}
	if f.flag("ifRepeatNotify") == nil {
		f.bad("ifRepeatNotify", "required")
	}
	if raw, _ := f.object.get("repeatNotifyInterval"); string(raw) != "null" {
		f.period("repeatNotifyInterval")
	}
	f.period("levelUpTime")
	f.texts("incidentsLevel")
	f.oneOf("incidentsStatus", stages)
	return changed
}

// recipients checks an element of notifyConfig. The documentation's table
// names notifyType what its samples name notifyObjectType, which is stored;
// one sample has a bare string as notifyObject, which is stored as an array.
func (f *fields) recipients() (changed bool) {
	if i := f.object.index("notifyType"); i >= 0 && !f.given("notifyObjectType") {
		f.object[i] = pair("notifyObjectType", f.object[i].raw)
		if f.object[i].raw[0] == '[' { // as the table says; a string is as good
			if kinds := f.texts("notifyObjectType"); kinds != nil && len(*kinds) == 1 {
				f.object.put("notifyObjectType", (*kinds)[0])
			}
		}
		changed = true
	}
	if t := f.text("notifyObjectType", 0); t == nil || !slices.Contains(objectTypes, *t) {
		f.bad("notifyObjectType", "none of "+strings.Join(objectTypes, ", "))
	}
	if raw, ok := f.object.get("notifyObject"); ok && raw[0] == '"' {
		f.object.set("notifyObject", list([]json.RawMessage{raw}))
		changed = true
	}
	if f.texts("notifyObject") == nil {
		f.bad("notifyObject", "required")
	}
	f.oneOf("notifyMethod", methods)
	return changed
}

// oneOf reads an array of words.
func (f *fields) oneOf(name string, words []string) {
	list := f.texts(name)
	if list == nil {
		return
	}
	for _, s := range *list {
		if !slices.Contains(words, s) {
			f.bad(name, "none of "+strings.Join(words, ", ")+": "+s)
		}
	}
}

// longestPeriod is a year, in seconds.
const longestPeriod = 366 * 24 * 60 * 60

// period reads a duration in seconds.
func (f *fields) period(name string) {
	if n := f.integer(name); n != nil && (*n < 0 || *n > longestPeriod) {
		f.bad(name, "no number of seconds up to a year")
	}
}

// rule is a strategy as the notices understand it. Its levels are read one by
// one, because a person may have written anything.
type rule struct {
	Levels []json.RawMessage `json:"strategy"`
}

type level struct {
	Level   int         `json:"level"`
	Configs []recipient `json:"notifyConfig"`
	Repeat  bool        `json:"ifRepeatNotify"`
	Every   *int64      `json:"repeatNotifyInterval"`
	After   int64       `json:"levelUpTime"`
	Levels  []string    `json:"incidentsLevel"`
	Status  []string    `json:"incidentsStatus"`
}

type recipient struct {
	Kind    string   `json:"notifyObjectType"`
	Objects []string `json:"notifyObject"`
	Methods []string `json:"notifyMethod"`
}

// rules are the strategies of a schedule that have levels, each with its
// levels in ascending order.
func (s *Schedule) rules() [][]level {
	var out [][]level
	for _, raw := range s.Strategy {
		var r rule
		if json.Unmarshal(raw, &r) != nil {
			continue
		}
		var levels []level
		for _, raw := range r.Levels {
			var l level
			if json.Unmarshal(raw, &l) == nil && 0 <= l.After && l.After <= longestPeriod {
				levels = append(levels, l)
			}
		}
		if len(levels) > 0 {
			slices.SortStableFunc(levels, func(a, b level) int { return a.Level - b.Level })
			out = append(out, levels)
		}
	}
	return out
}
