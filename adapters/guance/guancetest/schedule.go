package guancetest

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"time"
)

// Schedule is one schedule as the server holds it.
type Schedule struct {
	UUID      string // incsch_ and 32 hexadecimal digits
	ID        int64  // the row id
	Workspace string

	Name            string
	Timezone        string // an IANA name
	Start, End      string // the hours of every day, HH:MM; both minutes belong to them
	TagFilter       []string
	DimensionFilter string // see MatchFilter
	NotifyTargets   []string

	// Extend is a JSON object, and Strategy the elements of scheduleStrategy
	// (strategyConfig in answers). Unless Knobs.Normalize is on, both are kept
	// and shown byte for byte, but for white space between tokens, and for
	// three things that a call may write and the server words itself:
	// notifyType, a bare string as notifyObject, and an empty uuid.
	Extend   json.RawMessage
	Strategy []json.RawMessage

	// Extra are fields that nobody documented.
	Extra map[string]json.RawMessage

	Status   int  // 0: normal
	Default  bool // built in
	Creator  string
	Updator  string // "" before the first modify
	Created  time.Time
	Updated  time.Time // zero before the first modify
	Deleted  time.Time // zero while it lives
	Rotation time.Time // from when the rotation counts: the last write

	past []version // what lagging lists still show
}

// version is what a schedule was until a time.
type version struct {
	until    time.Time
	schedule Schedule
}

// Alive reports whether the schedule is not deleted.
func (s Schedule) Alive() bool { return s.Deleted.IsZero() }

// extend is what the documentation knows of Schedule.Extend.
type extend struct {
	Rotate    bool   `json:"enableRotateNotification"`
	Cycle     string `json:"rotationCycle"`
	Effective *span  `json:"effectiveTime"`
}

// span is an effectiveTime, in Unix seconds. What is missing is open.
type span struct {
	Start *int64 `json:"start"`
	End   *int64 `json:"end"`
}

// options reads Extend. A person may have written anything: what does not fit
// is as if it were absent.
func (s *Schedule) options() extend {
	var e extend
	if len(s.Extend) > 0 && json.Unmarshal(s.Extend, &e) != nil {
		return extend{}
	}
	return e
}

// Effective is when the schedule begins and ends, by extend.effectiveTime. A
// zero time is an open side.
func (s Schedule) Effective() (start, end time.Time) {
	e := s.options().Effective
	if e == nil {
		return start, end
	}
	if e.Start != nil {
		start = time.Unix(*e.Start, 0).UTC()
	}
	if e.End != nil {
		end = time.Unix(*e.End, 0).UTC()
	}
	return start, end
}

// clone copies everything but the past.
func (s Schedule) clone() Schedule {
	s.TagFilter = slices.Clone(s.TagFilter)
	s.NotifyTargets = slices.Clone(s.NotifyTargets)
	s.Extend = slices.Clone(s.Extend)
	s.Strategy = slices.Clone(s.Strategy)
	for i := range s.Strategy {
		s.Strategy[i] = slices.Clone(s.Strategy[i])
	}
	s.Extra = maps.Clone(s.Extra)
	for k, v := range s.Extra {
		s.Extra[k] = slices.Clone(v)
	}
	s.past = nil
	return s
}

// asOf is s as it was at t, nil when it did not exist.
func (s *Schedule) asOf(t time.Time) *Schedule {
	if s.Created.After(t) {
		return nil
	}
	for i := range s.past {
		if s.past[i].until.After(t) {
			return &s.past[i].schedule
		}
	}
	return s
}

// become replaces s by next. With a lag above 0 the lists still show what s
// was.
func (s *Schedule) become(next Schedule, now time.Time, lag time.Duration) {
	past := slices.DeleteFunc(s.past, func(v version) bool { return !v.until.After(now.Add(-lag)) })
	if lag > 0 {
		was := *s
		was.past = nil
		past = append(past, version{until: now, schedule: was})
	}
	*s = next
	s.past = past
}

// show is the schedule in an answer; adding says that it is the answer of add.
// The lock is held.
func (c *call) show(s *Schedule, adding bool) object {
	k := c.knobs
	o := object{
		pair("workspaceUUID", encode(s.Workspace)),
		pair("name", encode(s.Name)),
		pair("timezone", encode(s.Timezone)),
		pair("start", encode(s.Start)),
		pair("end", encode(s.End)),
		pair("tagFilter", k.orNull(len(s.TagFilter) == 0, nonNil(s.TagFilter))),
		pair("dimensionFilter", k.orNull(s.DimensionFilter == "", s.DimensionFilter)),
		pair("notifyTargets", encode(nonNil(s.NotifyTargets))),
		pair("extend", k.orNull(string(s.Extend) == "{}", s.Extend)),
		pair("strategyConfig", k.orNull(len(s.Strategy) == 0, list(s.Strategy))),
		pair("isDefault", encode(s.Default)),
		pair("rotationUpdateAt", k.timestamp(s.Rotation)),
		pair("id", null),
		pair("uuid", encode(s.UUID)),
		pair("status", encode(s.Status)),
		pair("creator", encode(s.Creator)),
		pair("updator", encode(s.Updator)),
		pair("createAt", k.timestamp(s.Created)),
		pair("updateAt", k.timestamp(s.Updated)),
		pair("deleteAt", k.timestamp(s.Deleted)),
	}
	if k.RowID == RowIDAlways || k.RowID == RowIDRead && !adding {
		o.put("id", s.ID)
	}
	if s.Updated.IsZero() && (k.Unset == UnsetNull || k.Unset == UnsetMixed && adding) {
		o.set("updateAt", null)
		o.set("updator", null)
	}
	if k.ExtraFields {
		c.showInfos(&o, s)
	}
	for _, key := range slices.Sorted(maps.Keys(s.Extra)) {
		if o.index(key) < 0 {
			o.set(key, s.Extra[key])
		}
	}
	return o
}

// showInfos adds the fields that the predecessor of this API answers with.
func (c *call) showInfos(o *object, s *Schedule) {
	start, end := s.Effective()
	text, loc := "", s.location()
	if !start.IsZero() && !end.IsZero() && loc != nil {
		const layout = "2006/01/02 15:04:05"
		text = start.In(loc).Format(layout) + "~" + end.In(loc).Format(layout)
	}
	o.set("effectiveTimeInfos", object{
		pair("expired", encode(!end.IsZero() && !c.now.Before(end))),
		pair("timeStr", encode(text)),
	}.bytes())
	o.set("notifyTargetsInfos", infos(s.NotifyTargets))
	if s.inEffect(c.now) {
		o.set("inEffectNotifyTargetsInfos", infos(s.onDuty(c.now, c.knobs)))
	} else {
		o.set("inEffectNotifyTargetsInfos", infos(nil))
	}
	o.set("declaration", object{}.bytes())
}

func infos(targets []string) json.RawMessage {
	out := []map[string]string{}
	for _, t := range targets {
		out = append(out, map[string]string{"uuid": t, "name": t})
	}
	return encode(out)
}

// answered are the fields of an answer that no request has.
var answered = []string{
	"workspaceUUID", "strategyConfig", "isDefault", "rotationUpdateAt", "id", "uuid", "status", "creator", "updator",
	"createAt", "updateAt", "deleteAt",
	"effectiveTimeInfos", "notifyTargetsInfos", "inEffectNotifyTargetsInfos", "declaration",
}

var null = json.RawMessage("null")

// orNull is v, or null when it is empty and the knobs say so.
func (k Knobs) orNull(empty bool, v any) json.RawMessage {
	if empty && k.NullEmpty {
		return null
	}
	return encode(v)
}

// timestamp shows a time in seconds, -1 when it is not set.
func (k Knobs) timestamp(t time.Time) json.RawMessage {
	switch {
	case t.IsZero():
		return json.RawMessage("-1")
	case k.FloatTimes:
		return json.RawMessage(strconv.FormatFloat(float64(t.UnixMicro())/1e6, 'f', 6, 64))
	}
	return json.RawMessage(strconv.FormatInt(t.Unix(), 10))
}

func nonNil(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}
