package guancetest

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// page is which part of a list is wanted.
type page struct {
	index, size int
	search      string
}

// The default and the largest size of a page.
const (
	defaultPage = 10
	largestPage = 100
)

// parameters are those of a list: from the query of a GET, from the body of a
// POST.
func (c *call) parameters() (*fields, *problem) {
	if c.r.Method != http.MethodGet {
		o, p := c.body()
		return &fields{object: o}, p
	}
	o := object{}
	for key, v := range c.r.URL.Query() {
		if n, err := strconv.Atoi(v[0]); err == nil && (key == "pageIndex" || key == "pageSize") {
			o.put(key, n)
		} else {
			o.put(key, v[0])
		}
	}
	return &fields{object: o}, nil
}

// page reads which part of a list is wanted. Other parameters are ignored.
func (f *fields) page() page {
	g := page{index: f.within("pageIndex", 1, 1<<20), size: f.within("pageSize", defaultPage, largestPage)}
	if search := f.text("search", 0); search != nil {
		g.search = *search
	}
	return g
}

// within reads a number from 1 to most.
func (f *fields) within(name string, byDefault int, most int64) int {
	n := f.integer(name)
	switch {
	case n == nil:
		return byDefault
	case *n < 1 || *n > most:
		f.bad(name, "not within 1 and "+strconv.FormatInt(most, 10))
		return byDefault
	}
	return int(*n)
}

// get shows one schedule.
func (c *call) get() *problem {
	s := c.server
	s.mu.Lock()
	x := s.find(c.id)
	if x == nil || x.Workspace != c.key.Workspace || !x.Alive() && !c.knobs.ShowDeleted ||
		c.knobs.GetLag && x.asOf(c.now.Add(-c.knobs.ListLag)) == nil {
		s.mu.Unlock()
		return c.missing(c.id)
	}
	out := c.show(x, false)
	s.mu.Unlock()
	c.succeed(out)
	return nil
}

// list shows a page of the schedules, as they were Knobs.ListLag ago.
func (c *call) list() *problem {
	f, p := c.parameters()
	if p != nil {
		return p
	}
	g := f.page()
	if f.problem != nil {
		return f.problem
	}
	then := c.now.Add(-c.knobs.ListLag)
	s := c.server
	s.mu.Lock()
	rows := make([]*Schedule, 0, len(s.schedules))
	total := 0
	for _, x := range s.schedules {
		if x = x.asOf(then); x == nil || x.Workspace != c.key.Workspace || !x.Alive() && !c.knobs.ShowDeleted {
			continue
		}
		total++
		if c.knobs.Search.finds(x.Name, g.search) {
			rows = append(rows, x)
		}
	}
	c.knobs.Sort.sort(rows)
	rows, info := cut(c, g, rows)
	out := make([]object, len(rows))
	for i, x := range rows {
		out[i] = c.show(x, false)
	}
	s.mu.Unlock()
	var extra object
	if c.knobs.ExtraFields {
		extra = object{
			pair("declaration", object{}.bytes()),
			pair("myScheduleCount", encode(0)),
			pair("totalScheduleCount", encode(total)),
		}
	}
	c.sendRows(out, info, extra)
	return nil
}

// sendRows answers with the rows of a list in the shape that the knobs say.
// Extra fields stand beside the rows, unless these stand alone.
func (c *call) sendRows(rows []object, info object, extra object) {
	if c.knobs.Rows == RowsBare {
		if c.knobs.PageInfo != PageInfoTop {
			c.respond(rows, nil)
			return
		}
		c.respond(rows, object{pair("pageInfo", info.bytes())})
		return
	}
	content := append(object{pair("data", encode(rows))}, extra...)
	switch c.knobs.PageInfo {
	case PageInfoContent:
		content.set("pageInfo", info.bytes())
	case PageInfoTop:
		c.respond(content, object{pair("pageInfo", info.bytes())})
		return
	}
	c.respond(content, nil)
}

// finds reports whether a search finds a name.
func (s Search) finds(name, wanted string) bool {
	switch s {
	case SearchIgnored:
		return true
	case SearchCase:
		return strings.Contains(name, wanted)
	}
	return strings.Contains(strings.ToLower(name), strings.ToLower(wanted))
}

func (o Sort) sort(rows []*Schedule) {
	slices.SortFunc(rows, func(a, b *Schedule) int {
		byID := cmp.Compare(b.ID, a.ID)
		switch o {
		case SortOldest:
			return -byID
		case SortUpdated:
			return cmp.Or(b.changed().Compare(a.changed()), byID)
		}
		return byID
	})
}

// cut takes one page out of the rows of a list.
func cut[T any](c *call, g page, rows []T) ([]T, object) {
	total := len(rows)
	from := min((g.index-1)*g.size, total)
	if from == total && total > 0 && c.knobs.LastPage {
		from = (total - 1) / g.size * g.size
	}
	rows = rows[from:min(from+g.size, total)]
	return rows, object{
		pair("count", encode(len(rows))),
		pair("pageIndex", encode(g.index)),
		pair("pageSize", encode(g.size)),
		pair("totalCount", encode(total)),
	}
}
