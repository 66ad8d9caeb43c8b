package rsmtest

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// listQuery are the parameters that every list takes.
type listQuery struct {
	page, perPage, skip int
	search              string
	column              string // in lower case
	descending          bool
}

func (c *call) listQuery() (listQuery, *problem) {
	values := c.r.URL.Query()
	q := listQuery{
		page:       1,
		perPage:    1000,
		search:     values.Get("search"),
		column:     strings.ToLower(values.Get("sortCol")),
		descending: values.Get("sortDir") != "" && !strings.EqualFold(values.Get("sortDir"), "asc"),
	}
	for _, n := range []struct {
		name string
		to   *int
	}{{"page", &q.page}, {"perPage", &q.perPage}, {"skip", &q.skip}} {
		v := values.Get(n.name)
		if v == "" {
			continue
		}
		i, err := strconv.Atoi(v)
		if err != nil {
			return q, badQuery(n.name, textBadQuery)
		}
		*n.to = i
	}
	if q.perPage == 0 || q.perPage < -1 {
		return q, badQuery("perPage", textBadQuery)
	}
	return q, nil
}

// list is endpoint L: every mode that the token may see.
func (c *call) list() *problem {
	q, p := c.listQuery()
	if p != nil {
		return p
	}
	if c.token.readsNothing() {
		return &problem{status: http.StatusForbidden, text: textMayNotList}
	}
	c.sendModes(q, func(*Mode) bool { return true })
	return nil
}

// get is endpoint G.
func (c *call) get() *problem {
	id, p := c.pathID()
	if p != nil {
		return p
	}
	c.server.mu.Lock()
	m := c.server.find(id)
	if m == nil || c.knobs.GetLag && m.asOf(c.now.Add(-c.knobs.ListLag)) == nil {
		c.server.mu.Unlock()
		return &problem{status: http.StatusNotFound, text: textNoMode, id: id}
	}
	if !c.canSee(m) {
		c.server.mu.Unlock()
		return &problem{status: http.StatusForbidden, text: textMayNotView}
	}
	out := c.answer(m, c.view())
	c.server.mu.Unlock()
	c.send(http.StatusOK, out)
	return nil
}

// filterBody is the body of endpoint F.
type filterBody struct {
	IDs       []int64   `json:"ids"`
	DateStart *dateCond `json:"dateStart"`
	DateEnd   *dateCond `json:"dateEnd"`
	CIs       []int64   `json:"configItemIds"`
}

// dateCond is a condition on a date. Names are matched in any letter case.
type dateCond struct {
	LessThanOrEqual *string `json:"lessThanOrEqual"`
	MoreThanOrEqual *string `json:"moreThanOrEqual"`
	Equal           *string `json:"equal"`

	equal, from, to time.Time
}

func (d *dateCond) set() bool {
	return d != nil && (d.LessThanOrEqual != nil || d.MoreThanOrEqual != nil || d.Equal != nil)
}

// parse reads the dates.
func (d *dateCond) parse(c *call) bool {
	if d == nil {
		return true
	}
	for _, x := range []struct {
		raw *string
		to  *time.Time
	}{{d.Equal, &d.equal}, {d.MoreThanOrEqual, &d.from}, {d.LessThanOrEqual, &d.to}} {
		if x.raw == nil {
			continue
		}
		t, ok := c.parseDate(*x.raw)
		if !ok {
			return false
		}
		*x.to = t
	}
	if d.MoreThanOrEqual != nil && d.LessThanOrEqual != nil && d.to.Before(d.from) {
		d.from, d.to = d.to, d.from // bounds come in any order
	}
	return true
}

// match applies the condition. Equal overrides the rest.
func (d *dateCond) match(t time.Time) bool {
	if !d.set() {
		return true
	}
	if d.Equal != nil {
		return t.Equal(d.equal)
	}
	return (d.MoreThanOrEqual == nil || !t.Before(d.from)) && (d.LessThanOrEqual == nil || !t.After(d.to))
}

// filter is endpoint F. An empty list counts as not set.
func (c *call) filter() *problem {
	q, p := c.listQuery()
	if p != nil {
		return p
	}
	var f filterBody
	if p := c.decode(&f, textEmptyFilter); p != nil {
		return p
	}
	if len(f.IDs) == 0 && len(f.CIs) == 0 && !f.DateStart.set() && !f.DateEnd.set() {
		return badRequest(textEmptyFilter)
	}
	if !f.DateStart.parse(c) || !f.DateEnd.parse(c) {
		return badRequest(textBadModel)
	}
	if c.token.readsNothing() || c.hidden(f.CIs) {
		return &problem{status: http.StatusForbidden, text: textMayNotFilter}
	}
	c.sendModes(q, func(m *Mode) bool {
		return (len(f.IDs) == 0 || slices.Contains(f.IDs, m.ID)) &&
			(len(f.CIs) == 0 || slices.ContainsFunc(f.CIs, func(ci int64) bool { return c.covers(m, ci) })) &&
			f.DateStart.match(m.Start) && f.DateEnd.match(m.End)
	})
	return nil
}

// hidden reports whether a filter names CIs that exist, and none that the
// token may read.
func (c *call) hidden(cis []int64) bool {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	exist := false
	for _, id := range cis {
		if _, ok := c.server.cis[id]; ok {
			exist = true
			if c.token.canRead(id) {
				return false
			}
		}
	}
	return exist
}

// covers reports whether a filter by the CI finds the mode.
func (c *call) covers(m *Mode, ci int64) bool {
	return slices.ContainsFunc(m.Items, func(it Item) bool {
		return it.CI == ci ||
			c.knobs.ExpandChildren && it.Scope == ScopeChildren && c.server.below(ci, it.CI)
	})
}

// sendModes answers with a page of the modes that the token may see and keep
// accepts, as they were ListLag ago.
func (c *call) sendModes(q listQuery, keep func(*Mode) bool) {
	then := c.now.Add(-c.knobs.ListLag)
	c.server.mu.Lock()
	rows := make([]*Mode, 0, len(c.server.modes))
	for _, m := range c.server.modes {
		if m = m.asOf(then); m != nil && c.canSee(m) && keep(m) {
			rows = append(rows, m)
		}
	}
	total := len(rows)
	if q.search != "" {
		rows = slices.DeleteFunc(rows, func(m *Mode) bool { return !m.mentions(q.search) })
	}
	q.sortModes(rows)
	rows = page(c, q, rows, total)
	out := make([]modeJSON, len(rows))
	for i, m := range rows {
		out[i] = c.answer(m, c.knobs.view(then))
	}
	c.server.mu.Unlock()
	c.send(http.StatusOK, out)
}

// mentions is what search finds: id, CI ids, title, label keys and values, in
// any letter case. The server's lock is held.
func (m *Mode) mentions(search string) bool {
	if m.text == "" {
		parts := []string{strconv.FormatInt(m.ID, 10), m.Title}
		for _, it := range m.Items {
			parts = append(parts, strconv.FormatInt(it.CI, 10))
		}
		for k, v := range m.Labels {
			parts = append(append(parts, k), values(v)...)
		}
		m.text = strings.ToLower(strings.Join(parts, "\x00"))
	}
	return strings.Contains(m.text, strings.ToLower(search))
}

func contains(s, part string) bool {
	return strings.Contains(strings.ToLower(s), strings.ToLower(part))
}

// sortModes sorts by the wanted column, then by id. An unknown column is no
// error.
func (q listQuery) sortModes(rows []*Mode) {
	sortRows(q, rows, func(m *Mode) int64 { return m.ID }, func(a, b *Mode) int {
		switch q.column {
		case "title":
			return strings.Compare(a.Title, b.Title)
		case "datestart":
			return a.Start.Compare(b.Start)
		case "dateend":
			return a.End.Compare(b.End)
		}
		return 0
	})
}

func sortRows[T any](q listQuery, rows []T, id func(T) int64, compare func(a, b T) int) {
	slices.SortFunc(rows, func(a, b T) int {
		by := compare(a, b)
		if q.column == "id" {
			by = cmp.Compare(id(a), id(b))
		}
		if q.descending {
			by = -by
		}
		return cmp.Or(by, cmp.Compare(id(a), id(b)))
	})
}

// page cuts one page out of the rows and sets the paging headers. Total is
// the number of rows before the search.
func page[T any](c *call, q listQuery, rows []T, total int) []T {
	filtered, number, pages := len(rows), 1, 1
	if q.perPage != -1 {
		size := min(q.perPage, max(filtered, 1)) // so that no sum overflows
		pages = (filtered + size - 1) / size
		number = q.page
		from := filtered // a page out of range is empty
		switch {
		case q.skip > 0:
			number = q.skip/q.perPage + 1
			if q.skip%q.perPage > 0 {
				number++
			}
			from = min(q.skip, filtered)
		case 1 <= q.page && q.page <= pages:
			from = (q.page - 1) * size
		}
		rows = rows[from:min(from+size, filtered)]
	}
	if !c.knobs.NoPaging {
		h := c.w.Header()
		h.Set("X-Total", strconv.Itoa(total))
		h.Set("X-Total-Filtered", strconv.Itoa(filtered))
		h.Set("X-Per-Page", strconv.Itoa(q.perPage))
		h.Set("X-Page", strconv.Itoa(number))
		h.Set("X-Total-Pages", strconv.Itoa(pages))
	}
	return rows
}
