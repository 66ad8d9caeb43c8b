package rsmtest_test

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/ttkit/ttkit/adapters/rsm/rsmtest"
)

// five makes the modes 1001 to 1005 on the CIs 1 to 5; mode 1000+n starts n
// minutes after midnight and ends 10n minutes after it.
func five(a *api) {
	for n := range 5 {
		n := int64(n + 1)
		a.create(obj{
			"dateStart": a.at(time.Duration(n) * time.Minute),
			"dateEnd":   a.at(time.Duration(n) * 10 * time.Minute),
			"title":     fmt.Sprintf("Title %c", 'F'-n),
			"labels":    obj{"key": fmt.Sprintf("Value+%d", n), "Own": "x"},
		}, n)
	}
}

func TestFilterFindsWhatItsFieldsSay(t *testing.T) {
	date := func(minutes int) string {
		return time.Date(2000, 1, 1, 0, minutes, 0, 0, time.UTC).Format(time.RFC3339)
	}
	for _, row := range []struct {
		rule   string
		filter obj
		want   []int64
	}{
		{"ids are joined by or", obj{"ids": []int{1001, 1003, 7}}, []int64{1001, 1003}},
		{"CIs are joined by or", obj{"configItemIds": []int{2, 3}}, []int64{1002, 1003}},
		{"fields are joined by and", obj{"ids": []int{1001, 1002}, "configItemIds": []int{2, 3}}, []int64{1002}},
		{"an empty list counts as not set", obj{"configItemIds": []int{}, "ids": []int{1004}}, []int64{1004}},
		{"moreThanOrEqual is inclusive", obj{"dateEnd": obj{"moreThanOrEqual": date(40)}}, []int64{1004, 1005}},
		{"lessThanOrEqual is inclusive", obj{"dateStart": obj{"lessThanOrEqual": date(2)}}, []int64{1001, 1002}},
		{"two bounds are a range", obj{"dateEnd": obj{"moreThanOrEqual": date(20), "lessThanOrEqual": date(30)}}, []int64{1002, 1003}},
		{"bounds come in any order", obj{"dateEnd": obj{"moreThanOrEqual": date(30), "lessThanOrEqual": date(20)}}, []int64{1002, 1003}},
		{"equal overrides the bounds", obj{"dateEnd": obj{"equal": date(50), "lessThanOrEqual": date(20)}}, []int64{1005}},
		{"equal is found with a capital letter", obj{"dateEnd": obj{"Equal": date(50)}}, []int64{1005}},
		{"dates are compared as instants", obj{"dateEnd": obj{"equal": "2000-01-01T03:50:00+03:00"}}, []int64{1005}},
		{"unknown fields are ignored", obj{"ids": []int{1001}, "state": "Pending"}, []int64{1001}},
		{"nothing found is an empty list", obj{"ids": []int{7}}, []int64{}},
	} {
		t.Run(row.rule, func(t *testing.T) {
			bubble(t, rsmtest.Options{}, func(a *api) {
				five(a)
				assert.Equal(t, row.want, a.filter(row.filter))
			})
		})
	}
}

func TestListsAreSearchedSortedAndCutIntoPages(t *testing.T) {
	all := []int64{1001, 1002, 1003, 1004, 1005}
	down := []int64{1005, 1004, 1003, 1002, 1001}
	for _, row := range []struct {
		rule  string
		query string
		want  []int64
		pages string // X-Total, X-Total-Filtered, X-Per-Page, X-Page, X-Total-Pages
	}{
		{"a page holds 1000 by default, sorted by id", "", all, "5 5 1000 1 1"},
		{"pages count from 1", "?perPage=2&page=1", []int64{1001, 1002}, "5 5 2 1 3"},
		{"the last page is short", "?perPage=2&page=3", []int64{1005}, "5 5 2 3 3"},
		{"a page after the last is empty", "?perPage=2&page=4", []int64{}, "5 5 2 4 3"},
		{"page 0 is empty", "?perPage=2&page=0", []int64{}, "5 5 2 0 3"},
		{"perPage -1 is everything", "?perPage=-1&page=9", all, "5 5 -1 1 1"},
		{"skip wins over page", "?perPage=2&page=1&skip=3", []int64{1004, 1005}, "5 5 2 3 3"},
		{"skip past the end is empty", "?skip=9", []int64{}, "5 5 1000 2 1"},
		{"numbers without bounds do no harm", "?perPage=9223372036854775807&page=9223372036854775807", []int64{}, "5 5 9223372036854775807 9223372036854775807 1"},

		{"sorting by title", "?sortCol=title", down, "5 5 1000 1 1"},
		{"the column is found in any letter case", "?sortCol=DATEEND&sortDir=desc", down, "5 5 1000 1 1"},
		{"sorting by start", "?sortCol=dateStart", all, "5 5 1000 1 1"},
		{"any direction but asc is descending", "?sortCol=id&sortDir=backwards", down, "5 5 1000 1 1"},
		{"asc is found in any letter case", "?sortCol=id&sortDir=ASC", all, "5 5 1000 1 1"},
		{"an unknown column sorts by id", "?sortCol=labels&sortDir=desc", all, "5 5 1000 1 1"},

		{"search finds a title in any letter case", "?search=tITLE+a", []int64{1005}, "5 1 1000 1 1"},
		{"search finds the id of a mode", "?search=1003", []int64{1003}, "5 1 1000 1 1"},
		{"search finds a part of a number: id or CI", "?search=5", []int64{1005}, "5 1 1000 1 1"},
		{"search finds a label's key", "?search=own", all, "5 5 1000 1 1"},
		{"search finds a label's value", "?search=" + url.QueryEscape("value+4"), []int64{1004}, "5 1 1000 1 1"},
		{"an unescaped plus is a space", "?search=value+4", []int64{}, "5 0 1000 1 0"},
		{"pages are cut after the search", "?search=title&perPage=4&page=2", []int64{1005}, "5 5 4 2 2"},
	} {
		t.Run(row.rule, func(t *testing.T) {
			bubble(t, rsmtest.Options{}, func(a *api) {
				five(a)
				got := a.do("GET", modes+row.query, nil)
				assert.Equal(t, row.want, a.ids(got))
				h := got.header
				assert.Equal(t, row.pages, fmt.Sprint(h.Get("X-Total"), " ", h.Get("X-Total-Filtered"), " ", h.Get("X-Per-Page"), " ", h.Get("X-Page"), " ", h.Get("X-Total-Pages")))
			})
		})
	}
}

func TestTheTotalOfAFilterIsCountedAfterIt(t *testing.T) {
	bubble(t, rsmtest.Options{}, func(a *api) {
		five(a)
		got := a.do("POST", modes+"/filter?search=1002&perPage=1", obj{"configItemIds": []int{1, 2, 3}})
		assert.Equal(t, []int64{1002}, a.ids(got))
		assert.Equal(t, "3", got.header.Get("X-Total"))
		assert.Equal(t, "1", got.header.Get("X-Total-Filtered"))
	})
}

func TestSearchFindsStringsInAPersonsLabels(t *testing.T) {
	bubble(t, rsmtest.Options{}, func(a *api) {
		id := a.server.AddMode(rsmtest.Mode{
			Items:  []rsmtest.Item{{CI: 1}},
			Labels: map[string]any{"list": []any{"alpha", 7, []string{"beta"}}, "number": 12345, "null": nil},
		})
		assert.Equal(t, []int64{id}, a.list("?search=beta"))
		assert.Empty(t, a.list("?search=12345"))
	})
}

func TestConfigItemsAreFoundByIDNameAndLabel(t *testing.T) {
	opts := rsmtest.Options{
		CIs: []rsmtest.CI{
			{ID: 1, Name: "sw", Labels: map[string]any{"site": "msk", "role": []string{"core", "edge"}}},
			{ID: 2, Name: "sw", Labels: map[string]any{"site": "spb", "note": nil}},
			{ID: 3, Name: "SW"},
			{ID: 4, Name: "sw-4"},
		},
		Tokens: []rsmtest.Token{{Value: rsmtest.DefaultToken, Read: []int64{1, 2, 3}}},
	}
	for _, row := range []struct {
		rule   string
		filter obj
		want   []int64
	}{
		{"a name matches exactly, and need not be unique", obj{"names": []string{"sw"}}, []int64{1, 2}},
		{"no field means any", obj{"names": nil, "ids": nil, "labels": nil}, []int64{1, 2, 3}},
		{"empty lists mean any", obj{"names": []string{}, "ids": []int{}, "labels": obj{}}, []int64{1, 2, 3}},
		{"fields are joined by and", obj{"names": []string{"sw"}, "ids": []int{2, 3}}, []int64{2}},
		{"a label matches its value", obj{"labels": obj{"site": "msk"}}, []int64{1}},
		{"a label matches one of several values", obj{"labels": obj{"site": []string{"spb", "ekb"}}}, []int64{2}},
		{"a label with a list matches one of its values", obj{"labels": obj{"role": "edge"}}, []int64{1}},
		{"null matches any value", obj{"labels": obj{"site": nil}}, []int64{1, 2}},
		{"every label must be there", obj{"labels": obj{"site": nil, "note": nil}}, []int64{2}},
		{"what the token may not read is not there", obj{"names": []string{"sw-4"}}, []int64{}},
	} {
		t.Run(row.rule, func(t *testing.T) {
			bubble(t, opts, func(a *api) {
				assert.Equal(t, row.want, a.ids(a.do("POST", cis+"/filter", row.filter)))
			})
		})
	}
	bubble(t, opts, func(a *api) {
		got := a.do("GET", cis+"?sortCol=name&sortDir=desc&search=s&perPage=2", nil)
		assert.JSONEq(t, `[{"id":1,"name":"sw"},{"id":2,"name":"sw"}]`, got.raw)
		assert.Equal(t, "2", got.header.Get("X-Total-Pages"))
		assert.Equal(t, 400, a.do("GET", cis+"?page=x", nil).status)

		one := a.do("GET", cis+"/2", nil)
		assert.JSONEq(t, `{"id":2,"name":"sw","labels":{"site":"spb","note":null},"configItemType":{"id":1},"ownerWorkGroup":{"id":1}}`, one.raw)
		assert.Equal(t, 404, a.do("GET", cis+"/4", nil).status, "not readable")
		assert.Equal(t, 400, a.do("GET", cis+"/x", nil).status)
		assert.Equal(t, 400, a.do("POST", cis+"/filter", "[]").status)
		a.server.RemoveCI(2)
		assert.Equal(t, 404, a.do("GET", cis+"/2", nil).status)
	})
}
