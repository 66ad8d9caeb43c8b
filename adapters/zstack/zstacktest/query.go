package zstacktest

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// defaultLimit is how many rows a query has that sets no limit.
const defaultLimit = 1000

// query is the query string of a look-up.
type query struct {
	conditions []condition
	limit      int
	start      int
	count      bool   // the total alone
	withCount  bool   // the total, too
	fields     string // comma-separated, "": all
	sort       string
}

// condition is one q parameter.
type condition struct{ left, op, value string }

// The operators, in the order in which a condition is searched for them. The
// first that occurs anywhere in it splits it.
var operators = []string{"!=", ">=", "<=", "!?=", "!~=", "~=", "?=", "=", ">", "<", isNull, notNull}

const (
	isNull  = "is null"
	notNull = "not null"
)

// parseQuery reads the query string. Of a parameter that occurs several
// times the first counts, of q all.
func parseQuery(values url.Values) (query, *refusal) {
	q := query{
		limit:     defaultLimit,
		count:     values.Get("count") == "true",
		withCount: values.Get("replyWithCount") == "true",
		fields:    values.Get("fields"),
		sort:      values.Get("sort"),
	}
	for name, to := range map[string]*int{"limit": &q.limit, "start": &q.start} {
		text := values.Get(name)
		if text == "" {
			continue
		}
		n, err := strconv.ParseInt(text, 10, 32)
		if err != nil || n < 0 {
			return q, plain(http.StatusBadRequest, "Invalid query parameter. The value[%s] of '%s' is not an integer", text, name)
		}
		*to = int(n)
	}
	for _, text := range values["q"] {
		cond, ok := parseCondition(text)
		if !ok {
			return q, plain(http.StatusBadRequest, "Invalid query parameter. The '%s' in the parameter[q] doesn't contain any query operator. "+
				"Valid query operators are [%s]", text, strings.Join(operators, ", "))
		}
		if !slices.Contains(q.conditions, cond) {
			q.conditions = append(q.conditions, cond)
		}
	}
	return q, nil
}

// parseCondition splits a condition; ok is false when it has no operator.
func parseCondition(text string) (c condition, ok bool) {
	for _, op := range operators {
		if left, value, found := strings.Cut(text, op); found {
			return condition{strings.TrimSpace(left), op, value}, true
		}
	}
	return condition{}, false
}

// list answers a query.
func (c *call) list(e *entity) *refusal {
	values := c.r.URL.Query()
	if c.uuid != "" { // everything else is ignored then
		values = url.Values{"q": {"uuid=" + c.uuid}}
	}
	q, p := parseQuery(values)
	if p != nil {
		return p
	}
	if p = c.identify(); p != nil {
		return p
	}
	rows, p := c.find(e, q.conditions)
	if p != nil {
		return p
	}
	if p = c.order(e, rows, q.sort); p != nil {
		return p
	}
	out, schema := object{}, object{}
	if q.count || q.withCount {
		out["total"] = len(rows)
	}
	if !q.count {
		shown, p := e.choose(q.fields)
		if p != nil {
			return p
		}
		rows = rows[min(q.start, len(rows)):]
		rows = rows[:min(q.limit, len(rows))]
		list := make([]any, len(rows))
		for i, r := range rows {
			one := c.renderFields(r, shown)
			for path, class := range schemaOf(e.class, one, "inventories"+index(i)) {
				schema[path] = class
			}
			list[i] = one
		}
		out["inventories"] = list
	}
	out["schema"] = schema
	c.send(http.StatusOK, out)
	return nil
}

func index(i int) string { return "[" + strconv.Itoa(i) + "]" }

// find returns the rows that the caller sees and all conditions allow.
func (c *call) find(e *entity, conditions []condition) ([]record, *refusal) {
	var tests []func(record) bool
	for _, cond := range conditions {
		test, p := c.test(e, cond)
		if p != nil {
			return nil, p
		}
		tests = append(tests, test)
	}
	var rows []record
next:
	for _, r := range e.rows(c.server) {
		if r.account != "" && !c.who.sees(r.account) {
			continue
		}
		for _, test := range tests {
			if !test(r) {
				continue next
			}
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// order sorts rows by a field, or brings them into the order that the
// database happens to have.
func (c *call) order(e *entity, rows []record, by string) *refusal {
	switch c.knobs.Rows {
	case RowsByUUID:
		slices.SortFunc(rows, func(a, b record) int { return strings.Compare(a.uuid, b.uuid) })
	case RowsReversed:
		slices.Reverse(rows)
	case RowsCreated:
	}
	if by == "" {
		return nil
	}
	name := strings.TrimLeft(by, "+- ")
	f, p := e.field(name)
	if p != nil {
		return p
	}
	down := strings.HasPrefix(by, "-")
	slices.SortStableFunc(rows, func(a, b record) int {
		n := c.compare(a.get(f.name), b.get(f.name))
		if down {
			n = -n
		}
		return n
	})
	return nil
}

// choose finds the fields that a query asks for.
func (e *entity) choose(names string) ([]field, *refusal) {
	if names == "" {
		return e.fields, nil
	}
	var out []field
	for name := range strings.SplitSeq(names, ",") {
		f, p := e.field(strings.TrimSpace(name))
		if p != nil {
			return nil, p
		}
		out = append(out, f)
	}
	return out, nil
}

// field finds a field by its name.
func (e *entity) field(name string) (field, *refusal) {
	for _, f := range e.fields {
		if f.name == name {
			return f, nil
		}
	}
	return field{}, internal(textUnknownField, e.class, name)
}
