package guancetest

import (
	"cmp"
	"net/http"
	"slices"
	"time"
)

// incidentQuery is what a list of incidents asks for. Empty lists ask for
// nothing.
type incidentQuery struct {
	page
	from, to time.Time // zero: open
	fields   map[string][]string
	filters  []incidentFilter
}

// incidentFilter is one element of filters.
type incidentFilter struct {
	field  string
	not    bool
	values []string
}

// listFields are the fields of a list that hold lists of values.
var listFields = []string{"incidentsStatus", "level", "assigner", "tags", "schedule"}

// readQuery reads the body of a list of incidents.
func readQuery(f *fields) incidentQuery {
	q := incidentQuery{page: f.page(), fields: make(map[string][]string)}
	if times := f.list("timeRange"); times != nil {
		if len(*times) != 2 {
			f.bad("timeRange", "not two timestamps")
		} else {
			t := fields{object: object{pair("0", (*times)[0]), pair("1", (*times)[1])}, path: "timeRange."}
			if from, to := t.integer("0"), t.integer("1"); from != nil && to != nil {
				q.from, q.to = time.UnixMilli(*from), time.UnixMilli(*to)
			}
			f.take(t.problem)
		}
	}
	for _, name := range listFields {
		if values := f.texts(name); values != nil {
			q.fields[name] = *values
		}
	}
	if filters := f.list("filters"); filters != nil {
		for i, raw := range *filters {
			e := f.element("filters", i, raw)
			if e == nil {
				continue
			}
			name, op, values := e.required("field", 0), e.required("op", 0), e.texts("value")
			if !slices.Contains(listFields, name) && !slices.Contains(dimensionKeys, name) {
				e.bad("field", "unknown")
			}
			if op != "=" && op != "!=" {
				e.bad("op", "neither = nor !=")
			}
			if values == nil {
				e.bad("value", "required")
			} else {
				q.filters = append(q.filters, incidentFilter{name, op == "!=", *values})
			}
			f.take(e.problem)
		}
	}
	return q
}

// values are those of a field of an incident.
func (i *Incident) values(field string) []string {
	switch field {
	case "incidentsStatus":
		return []string{i.Status}
	case "level":
		return []string{i.Level}
	case "assigner":
		return i.Assignees
	case "tags":
		return i.Tags
	case "schedule":
		return i.Schedules
	}
	if v, ok := i.Dimensions[field]; ok {
		return []string{v}
	}
	return nil
}

func (q incidentQuery) finds(i *Incident, s Search) bool {
	has := func(field string, wanted []string) bool {
		return slices.ContainsFunc(i.values(field), func(v string) bool { return slices.Contains(wanted, v) })
	}
	for field, wanted := range q.fields {
		if len(wanted) > 0 && !has(field, wanted) {
			return false
		}
	}
	for _, f := range q.filters {
		if has(f.field, f.values) == f.not {
			return false
		}
	}
	return (q.from.IsZero() || !i.Created.Before(q.from) && !i.Created.After(q.to)) && s.finds(i.Name, q.search)
}

// listIncidents shows a page of the incidents, the newest first.
func (c *call) listIncidents() *problem {
	f, p := c.parameters()
	if p != nil {
		return p
	}
	q := readQuery(f)
	if f.problem != nil {
		return f.problem
	}
	c.server.mu.Lock()
	var rows []*Incident
	for _, i := range c.server.incidents {
		if i.Workspace == c.key.Workspace && q.finds(i, c.knobs.Search) {
			rows = append(rows, i)
		}
	}
	slices.SortFunc(rows, func(a, b *Incident) int { return cmp.Compare(b.ID, a.ID) })
	shown, info := showPage(c, q.page, rows, c.showIncident)
	c.server.mu.Unlock()
	c.sendRows(shown, info, nil)
	return nil
}

// showPage shows one page of the rows; the lock is held.
func showPage[T any](c *call, g page, rows []T, show func(T) object) ([]object, object) {
	rows, info := cut(c, g, rows)
	out := make([]object, len(rows))
	for i, x := range rows {
		out[i] = show(x)
	}
	return out, info
}

// getIncident shows one incident.
func (c *call) getIncident() *problem {
	c.server.mu.Lock()
	i := c.incident(c.id)
	if i == nil {
		c.server.mu.Unlock()
		return &problem{kind: noIncident}
	}
	out := c.showIncident(i)
	c.server.mu.Unlock()
	if c.knobs.BareIncident {
		c.send(http.StatusOK, out)
	} else {
		c.succeed(out)
	}
	return nil
}

// modifyIncident changes the fields that are given, and no others.
func (c *call) modifyIncident() *problem {
	o, p := c.body()
	if p != nil {
		return p
	}
	f := fields{object: o, length: c.knobs.Length}
	name, description, level := f.text("name", 256), f.text("description", 0), f.text("level", 0)
	assignees, status, url := f.texts("assigner"), f.text("incidentsStatus", 0), f.text("resourceURL", 0)
	tags, dimensions := f.texts("tags"), f.nested("dimensionTag")
	attachments, extend := f.texts("attachmentUUIDs"), f.nested("extend")
	if name != nil && *name == "" {
		f.bad("name", "empty")
	}
	if status != nil && !slices.Contains(statuses, *status) {
		f.bad("incidentsStatus", "unknown")
	}
	var newDimensions map[string]string
	if dimensions != nil {
		d := fields{object: *dimensions, path: "dimensionTag."}
		newDimensions = make(map[string]string)
		for _, m := range *dimensions {
			if v := d.text(m.key, 0); v != nil {
				newDimensions[m.key] = *v
			}
		}
		f.take(d.problem)
	}
	if f.problem != nil {
		return f.problem
	}

	c.server.mu.Lock()
	i := c.incident(c.id)
	if i == nil {
		c.server.mu.Unlock()
		return &problem{kind: noIncident}
	}
	if status != nil && *status != i.Status {
		c.log(i, "status_update", i.Status, *status)
	}
	if level != nil && *level != i.Level {
		c.log(i, "level_update", i.Level, *level)
	}
	set(&i.Name, name, "", true)
	set(&i.Description, description, "", true)
	set(&i.Level, level, "", true)
	set(&i.Assignees, assignees, nil, true)
	set(&i.Status, status, "", true)
	set(&i.URL, url, "", true)
	set(&i.Tags, tags, nil, true)
	set(&i.Attachments, attachments, nil, true)
	if dimensions != nil {
		i.Dimensions = newDimensions
	}
	if extend != nil {
		i.Extend = extend.bytes()
	}
	i.Updated, i.Updator = c.now, c.key.account()
	out := c.showIncident(i)
	c.server.mu.Unlock()
	c.succeed(out)
	return nil
}

// listOperations shows the log of an incident, the newest line first.
func (c *call) listOperations() *problem {
	f, p := c.parameters()
	if p != nil {
		return p
	}
	g := f.page()
	if f.problem != nil {
		return f.problem
	}
	c.server.mu.Lock()
	i := c.incident(c.id)
	if i == nil {
		c.server.mu.Unlock()
		return &problem{kind: noIncident}
	}
	rows := slices.Clone(i.Operations)
	slices.Reverse(rows)
	shown, info := showPage(c, g, rows, func(op Operation) object {
		return object{
			pair("incidentsUUID", encode(i.UUID)),
			pair("content", encode("")),
			pair("extend", object{pair("before", encode(op.Before)), pair("after", encode(op.After))}.bytes()),
			pair("operator", encode(op.Operator)),
			pair("operateType", encode(op.Kind)),
			pair("id", encode(op.ID)),
			pair("uuid", encode(op.UUID)),
			pair("creator", encode("SYS")),
			pair("createAt", c.knobs.timestamp(op.Created)),
			pair("updateAt", c.knobs.timestamp(time.Time{})),
		}
	})
	c.server.mu.Unlock()
	c.sendRows(shown, info, nil)
	return nil
}
