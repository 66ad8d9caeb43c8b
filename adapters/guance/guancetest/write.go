package guancetest

import (
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// add makes a schedule.
func (c *call) add() *problem {
	d, p := c.readDraft()
	if p != nil {
		return p
	}
	s := c.server
	s.mu.Lock()
	var id int64
	if c.knobs.IDs == IDsEarly {
		id = s.nextID()
	}
	delay := s.nextDelay()
	s.mu.Unlock()

	if !s.sim.Sleep(delay) {
		return &problem{kind: failure}
	}

	s.mu.Lock()
	now := s.clock()
	x := &Schedule{Workspace: c.key.Workspace, Creator: c.key.account(), Created: now, Rotation: now}
	if p := c.apply(x, d); p != nil {
		s.mu.Unlock()
		return p
	}
	if id == 0 {
		id = s.nextID()
	}
	x.ID, x.UUID = id, "incsch_"+s.nextHex()
	s.schedules = append(s.schedules, x)
	out := c.show(x, true)
	s.mu.Unlock()
	c.succeed(out)
	return nil
}

// modify changes a schedule.
func (c *call) modify() *problem {
	d, p := c.readDraft()
	if p != nil {
		return p
	}
	s := c.server
	s.mu.Lock()
	x := c.find(c.id)
	if p = c.editable(c.id, x); p != nil {
		s.mu.Unlock()
		return p
	}
	next := x.clone()
	if p = c.apply(&next, d); p != nil {
		s.mu.Unlock()
		return p
	}
	next.Updator, next.Updated, next.Rotation = c.key.account(), c.now, c.now
	x.become(next, c.now, c.knobs.ListLag)
	out := c.show(x, false)
	s.mu.Unlock()
	c.succeed(out)
	return nil
}

// find returns a living schedule of the key's workspace, or nil; the lock is
// held.
func (c *call) find(uuid string) *Schedule {
	x := c.server.find(uuid)
	if x == nil || x.Workspace != c.key.Workspace || !x.Alive() {
		return nil
	}
	return x
}

// uuids are what the names of schedules look like.
var uuids = regexp.MustCompile(`^incsch_[0-9a-f]{32}$`)

// missing is the answer to the name of a schedule that is not there.
func (c *call) missing(uuid string) *problem {
	if c.knobs.BadUUID != 0 && !uuids.MatchString(uuid) {
		return bad("schedule_uuid", "no name of a schedule")
	}
	return &problem{kind: noSchedule}
}

// editable checks that a schedule can be changed or deleted; x is what find
// returned for the uuid.
func (c *call) editable(uuid string, x *Schedule) *problem {
	switch {
	case x == nil:
		return c.missing(uuid)
	case x.Default && !c.knobs.EditableDefault:
		return &problem{kind: notEditable}
	}
	return nil
}

// apply makes x what the draft says. X is new or a copy of what was. The lock
// is held.
func (c *call) apply(x *Schedule, d *draft) *problem {
	k := c.knobs
	if k.UniqueNames && slices.ContainsFunc(c.server.schedules, func(y *Schedule) bool {
		return y.Workspace == x.Workspace && y.UUID != x.UUID && y.Alive() && y.Name == d.name
	}) {
		return &problem{kind: nameTaken}
	}
	extra, p := c.extra(x, d.unknown)
	if p != nil {
		return p
	}
	extend, p := c.extend(x, d.extend)
	if p != nil {
		return p
	}
	x.Name, x.Start, x.End, x.Extra, x.Extend = d.name, d.start, d.end, extra, extend
	if d.targets != nil {
		x.NotifyTargets = *d.targets
	}
	keep := k.Omitted == OmittedKept && x.UUID != ""
	set(&x.Timezone, d.timezone, defaultTimezone, keep)
	set(&x.TagFilter, d.tagFilter, []string{}, keep)
	set(&x.DimensionFilter, d.filter, "", keep)
	if d.strategy != nil {
		for i, raw := range *d.strategy {
			(*d.strategy)[i] = c.server.store(raw, k)
		}
	}
	set(&x.Strategy, d.strategy, nil, keep)
	return nil
}

// set sets a field that may have been left out.
func set[T any](field, given *T, byDefault T, keep bool) {
	switch {
	case given != nil:
		*field = *given
	case !keep:
		*field = byDefault
	}
}

// store is a strategy as it is stored; the lock is held.
func (s *Server) store(raw json.RawMessage, k Knobs) json.RawMessage {
	o, ok := parseObject(raw)
	if uuid, _ := o.get("uuid"); ok && string(uuid) == `""` && !k.KeepEmptyUUID {
		o.put("uuid", dashed(s.nextHex()))
		raw = o.bytes()
	}
	return k.stored(raw)
}

func (k Knobs) stored(raw json.RawMessage) json.RawMessage {
	if k.Normalize {
		return normal(raw)
	}
	return raw
}

// extra are the undocumented fields of x after a write of unknown ones.
func (c *call) extra(x *Schedule, unknown object) (map[string]json.RawMessage, *problem) {
	out := make(map[string]json.RawMessage)
	if c.knobs.Omitted == OmittedKept {
		for key, raw := range x.Extra {
			out[key] = raw
		}
	}
	for _, m := range unknown {
		_, had := x.Extra[m.key]
		switch {
		case had, c.knobs.UnknownKeys == UnknownKept && !slices.Contains(answered, m.key):
			out[m.key] = m.raw
		case c.knobs.UnknownKeys == UnknownRefused:
			return nil, bad(m.key, "unknown")
		}
	}
	if len(out) == 0 {
		return nil, nil
	}
	return out, nil
}

// documented are the keys of extend.
var documented = []string{"enableRotateNotification", "rotationCycle", "effectiveTime"}

// extend is x's extend after a write of given, which is nil when it was left
// out.
func (c *call) extend(x *Schedule, given *object) (json.RawMessage, *problem) {
	was, ok := parseObject(x.Extend)
	if !ok {
		was = object{}
	}
	if given == nil {
		if c.knobs.Omitted == OmittedKept && x.UUID != "" {
			return x.Extend, nil
		}
		return json.RawMessage("{}"), nil
	}
	out := object{}
	if c.knobs.Extend == ExtendMerges {
		out = was.clone()
	}
	for _, m := range *given {
		known := slices.Contains(documented, m.key) || was.index(m.key) >= 0
		switch {
		case known, c.knobs.UnknownKeys == UnknownKept:
			out.add(m)
		case c.knobs.UnknownKeys == UnknownRefused:
			return nil, bad("extend."+m.key, "unknown")
		}
	}
	return c.knobs.stored(out.bytes()), nil
}

// deleteOne deletes the schedule that the path names. A body is not read.
func (c *call) deleteOne() *problem { return c.remove([]string{c.id}) }

// deleteBatch deletes all schedules of a list, or none. The list is the only
// field whose name ends in UUIDs, an array in the body of a POST, separated by
// commas in the query of a GET.
func (c *call) deleteBatch() *problem {
	var uuids []string
	if c.r.Method == http.MethodGet {
		for key, v := range c.r.URL.Query() {
			if strings.HasSuffix(key, "UUIDs") {
				uuids = append(uuids, strings.Split(v[0], ",")...)
			}
		}
	} else {
		o, p := c.body()
		if p != nil {
			return p
		}
		f := fields{object: o}
		for _, m := range o {
			if strings.HasSuffix(m.key, "UUIDs") {
				if list := f.texts(m.key); list != nil {
					uuids = append(uuids, *list...)
				}
			}
		}
		if f.problem != nil {
			return f.problem
		}
	}
	if len(uuids) == 0 {
		return bad("scheduleUUIDs", "required")
	}
	return c.remove(uuids)
}

// remove deletes schedules, all or none.
func (c *call) remove(uuids []string) *problem {
	_, _ = io.Copy(io.Discard, c.r.Body)
	s := c.server
	s.mu.Lock()
	for _, uuid := range uuids {
		if p := c.editable(uuid, c.find(uuid)); p != nil {
			s.mu.Unlock()
			return p
		}
	}
	for _, uuid := range uuids {
		s.find(uuid).remove(c.now, c.knobs.ListLag)
	}
	s.mu.Unlock()
	c.succeed(true)
	return nil
}

// remove ends x; twice is once.
func (x *Schedule) remove(now time.Time, lag time.Duration) {
	if !x.Alive() {
		return
	}
	next := x.clone()
	next.Deleted = now
	x.become(next, now, lag)
}
