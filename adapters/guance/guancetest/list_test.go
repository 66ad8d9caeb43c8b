package guancetest_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/ttkit/ttkit/adapters/guance/guancetest"
)

func TestAListHasPages(t *testing.T) {
	for _, row := range []struct {
		rule, query string
		want        []string
		index, size float64
	}{
		{"ten rows by default, the newest first", "", span(25, 16), 1, 10},
		{"the next page goes on", "?pageIndex=2", span(15, 6), 2, 10},
		{"the last page is shorter", "?pageIndex=3", span(5, 1), 3, 10},
		{"a page out of range is empty", "?pageIndex=4", []string{}, 4, 10},
		{"a page has the size that is asked for", "?pageSize=2&pageIndex=13", span(1, 1), 13, 2},
		{"a page has at most 100 rows", "?pageSize=100", span(25, 1), 1, 100},
		{"other parameters do nothing", "?mySchedule=true&x", span(25, 16), 1, 10},
	} {
		t.Run(row.rule, func(t *testing.T) {
			empty(t, func(a *api) {
				for i := range 25 {
					a.server.AddSchedule(guancetest.Schedule{Name: fmt.Sprint(i + 1)})
				}
				got := a.do("GET", schedules+"/list"+row.query, nil)
				assert.Equal(t, row.want, names(a.rows(got)))
				assert.Equal(t, obj{"count": float64(len(row.want)), "pageIndex": row.index, "pageSize": row.size, "totalCount": 25.0}, got.PageInfo)

				post := a.do("POST", schedules+"/list", obj{"pageIndex": row.index, "pageSize": row.size, "search": ""})
				assert.JSONEq(t, string(got.Content), string(post.Content), "POST takes the same as a body")
			})
		})
	}
}

// span are the numbers from one down to another.
func span(from, to int) []string {
	out := []string{}
	for i := from; i >= to; i-- {
		out = append(out, fmt.Sprint(i))
	}
	return out
}

func TestWrongParametersOfAListAreRefused(t *testing.T) {
	empty(t, func(a *api) {
		for _, query := range []string{"?pageIndex=0", "?pageIndex=-1", "?pageIndex=x", "?pageSize=0", "?pageSize=101", "?pageSize="} {
			assert.Equal(t, 400, a.do("GET", schedules+"/list"+query, nil).status, query)
		}
		for _, body := range []string{`{"pageSize":"10"}`, `{"pageIndex":1.5}`, `{"search":null}`, `{"search":7}`, `[]`} {
			assert.Equal(t, 400, a.do("POST", schedules+"/list", body).status, body)
		}
		assert.Equal(t, 200, a.do("POST", schedules+"/list", nil).status, "no body asks for the first page")
	})
}

func TestSearchFindsAPartOfTheName(t *testing.T) {
	empty(t, func(a *api) {
		for _, name := range []string{"[tt+8F:a1] Uplink", "[tt+8f:a2] дверь", "other"} {
			a.server.AddSchedule(guancetest.Schedule{Name: name, DimensionFilter: "host:other"})
		}
		assert.Equal(t, []string{"[tt+8F:a1] Uplink"}, a.names("?search=%5Btt%2B8F:a1"))
		assert.Equal(t, []string{"[tt+8f:a2] дверь", "[tt+8F:a1] Uplink"}, a.names("?search=%5BTT%2B8f"))
		assert.Equal(t, []string{"[tt+8f:a2] дверь"}, a.names("?search=ДВЕРЬ"))
		assert.Equal(t, []string{"other"}, a.names("?search=other"), "the name alone is searched")
		assert.Empty(t, a.names("?search=%25"))
		assert.Equal(t, 1.0, a.do("GET", schedules+"/list?search=uplink", nil).PageInfo["totalCount"])
	})
}
