package rsmtest_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ttkit/ttkit/adapters/rsm/rsmtest"
	"github.com/ttkit/ttkit/tt/tttest"
)

// drive is a server that a random program asks, with a clock that it moves.
type drive struct {
	*rsmtest.Server
	now time.Time
}

func newDrive(opts rsmtest.Options) *drive {
	d := &drive{now: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)}
	opts.Now = func() time.Time { return d.now }
	opts.Knobs.CommitDelay = 0 // it would take real time
	d.Server = rsmtest.New(opts)
	return d
}

// ask calls the handler; cut reports that the connection was cut.
func (d *drive) ask(method, path, body string) (w *httptest.ResponseRecorder, cut bool) {
	r := httptest.NewRequest("GET", "/", strings.NewReader(body))
	r.Method = method
	r.URL = &url.URL{}
	r.URL.Path, r.URL.RawQuery, _ = strings.Cut(path, "?")
	r.Header.Set("Authorization", "Bearer "+rsmtest.DefaultToken)
	r.Header.Set("Content-Type", "application/json")
	w = httptest.NewRecorder()
	defer func() {
		if p := recover(); p != nil {
			if p != http.ErrAbortHandler {
				panic(p)
			}
			cut = true
		}
	}()
	d.ServeHTTP(w, r)
	return w, false
}

// date draws a date near the clock, in one of the forms that arrive.
func (d *drive) date(t *rapid.T, name string) string {
	at := d.now.Add(time.Duration(rapid.IntRange(-200, 400).Draw(t, name)) * time.Second)
	layout := rapid.SampledFrom([]string{time.RFC3339Nano, "2006-01-02T15:04:05-07:00", "2006-01-02T15:04:05", "02.01.2006"}).Draw(t, name+" layout")
	zone := rapid.SampledFrom([]*time.Location{time.UTC, time.FixedZone("", 5*3600+1800)}).Draw(t, name+" zone")
	return at.In(zone).Format(layout)
}

// body draws a body of a write: mostly sensible.
func (d *drive) body(t *rapid.T) string {
	body := obj{}
	set := func(name string, often int, v func() any) {
		if rapid.IntRange(0, 9).Draw(t, "has "+name) < often {
			body[name] = v()
		}
	}
	set("title", 4, func() any {
		return rapid.SampledFrom([]any{"t", "", nil, 7, strings.Repeat("x", 300)}).Draw(t, "title")
	})
	set("dateStart", 7, func() any { return d.date(t, "start") })
	set("dateEnd", 8, func() any { return d.date(t, "end") })
	set("cancel", 2, func() any { return rapid.SampledFrom([]any{true, false, nil, "yes"}).Draw(t, "cancel") })
	set("labels", 5, func() any {
		return rapid.SampledFrom([]any{obj{}, obj{"Key": "v"}, obj{"k": strings.Repeat("x", 300)}, obj{"k": nil}, obj{"": ""}, []int{1}, nil}).Draw(t, "labels")
	})
	set("configItems", 8, func() any {
		list := []obj{}
		for _, id := range rapid.SliceOfN(rapid.Int64Range(-1, 9), 0, 4).Draw(t, "cis") {
			item := obj{"id": id}
			if rapid.Bool().Draw(t, "has scope") {
				item["scope"] = rapid.SampledFrom([]any{"Ci", "CiAndChildren", "ci", "x"}).Draw(t, "scope")
				item["depth"] = rapid.IntRange(-2, 101).Draw(t, "depth")
			}
			list = append(list, item)
		}
		return list
	})
	raw, _ := json.Marshal(body)
	return string(raw)
}

// request draws a request.
func (d *drive) request(t *rapid.T) (method, path, body string) {
	id := rapid.SampledFrom([]string{"/1001", "/1002", "/1003", "/1020", "/1021", "/7", "/0", "/x"}).Draw(t, "id")
	query := rapid.SampledFrom([]string{"", "?perPage=-1", "?perPage=2&page=2", "?skip=1&perPage=1", "?search=Key", "?sortCol=title&sortDir=desc", "?batchValidate=true", "?page=-1", "?perPage=0"}).Draw(t, "query")
	switch rapid.IntRange(0, 9).Draw(t, "request") {
	case 0, 1, 2:
		return "POST", modes + query, d.body(t)
	case 3, 4:
		return "PATCH", modes + id + query, d.body(t)
	case 5:
		return "PUT", modes + id + query, d.body(t)
	case 6:
		return "GET", modes + id, ""
	case 7:
		return "GET", modes + query, ""
	case 8:
		filter, _ := json.Marshal(obj{
			"ids":           rapid.SampledFrom([]any{nil, []int{}, []int{1001, 1002}}).Draw(t, "ids"),
			"configItemIds": rapid.SampledFrom([]any{nil, []int{}, []int{1, 2}, []int{999}}).Draw(t, "cis"),
			"dateEnd":       rapid.SampledFrom([]any{nil, obj{}, obj{"moreThanOrEqual": d.date(t, "bound")}, obj{"equal": 7}}).Draw(t, "end"),
		})
		return "POST", modes + "/filter" + query, string(filter)
	}
	return "POST", cis + "/filter" + query, rapid.SampledFrom([]string{`{}`, `{"names":["host-1"]}`, `{"labels":{"noc_id":["obj-1",7]}}`, `[]`, ``}).Draw(t, "ci filter")
}

// Whatever is asked under whatever knobs and faults: no request fails but by
// a fault, every answer is JSON or empty, no mode is lost, no id doubled, and
// what a cancel ended stays as it is.
func TestNoCombinationOfKnobsBreaksTheServer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		knobs := rapid.Custom(func(t *rapid.T) rsmtest.Knobs {
			k := rsmtest.RandomKnobs(rapid.Uint64().Draw(t, "seed"))
			k.CommitDelay = 0
			return k
		})
		d := newDrive(rsmtest.Options{Knobs: knobs.Draw(t, "knobs")})
		defer d.Close()
		kinds := []tttest.FaultKind{
			tttest.Refuse, tttest.Reset, tttest.LoseReply, tttest.Truncate, tttest.Slow, tttest.Late,
			tttest.StatusBefore, tttest.StatusAfter, tttest.Throttle, tttest.HTML, tttest.Twice, tttest.Unauthorized,
		}
		before := d.Modes()
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			faulty := false
			switch rapid.IntRange(0, 9).Draw(t, "step") {
			case 0:
				d.now = d.now.Add(time.Duration(rapid.IntRange(0, 100_000).Draw(t, "ms")) * time.Millisecond)
			case 1:
				d.SetKnobs(knobs.Draw(t, "other knobs"))
			case 2:
				f := tttest.Fault{Kind: rapid.SampledFrom(kinds).Draw(t, "fault")}
				if f.Kind == tttest.Late {
					f.Delay = time.Hour
				}
				d.Inject(f)
				faulty = true
			}
			method, path, body := d.request(t)
			w, cut := d.ask(method, path, body)
			d.Settle()
			if !faulty {
				assert.False(t, cut, "%s %s", method, path)
				assert.Less(t, w.Code, 500, "%s %s %s", method, path, body)
				if w.Body.Len() > 0 {
					assert.True(t, json.Valid(w.Body.Bytes()), w.Body.String())
				}
			}
			after := d.Modes()
			checkHistory(t, before, after)
			before = after
		}
	})
}

// checkHistory compares what a server holds before and after a request.
func checkHistory(t *rapid.T, before, after []rsmtest.Mode) {
	require.GreaterOrEqual(t, len(after), len(before), "a mode is lost")
	for i := range after {
		assert.True(t, i == 0 || after[i-1].ID < after[i].ID, "ids are unique and in order")
		assert.False(t, after[i].End.Before(after[i].Start), "a mode ends after it starts")
	}
	for _, was := range before {
		i := slices.IndexFunc(after, func(m rsmtest.Mode) bool { return m.ID == was.ID })
		require.GreaterOrEqual(t, i, 0, "mode %d is lost", was.ID)
		if !was.Ended.IsZero() {
			assert.Equal(t, visible(was), visible(after[i]), "a finished mode changed")
		}
	}
}

// visible is a mode without what only the server knows.
func visible(m rsmtest.Mode) string {
	raw, _ := json.Marshal(m)
	return string(raw)
}

func FuzzRequest(f *testing.F) {
	for _, seed := range []struct{ method, path, body string }{
		{"GET", modes + "?page=2&perPage=1&sortCol=title&sortDir=desc&search=5&skip=1", ""},
		{"GET", modes + "/1001", ""},
		{"POST", modes + "/filter", `{"ids":[1001],"dateEnd":{"Equal":"2026-03-01T09:00:00+00:00"}}`},
		{"POST", modes + "?batchValidate=true", `{"dateStart":"2026-03-01T12:00:00+03:00","dateEnd":"2126-03-01T09:00:00Z","configItems":[{"id":1,"scope":"Ci","depth":0}],"labels":{"K":"v"}}`},
		{"PATCH", modes + "/1001", `{"cancel":true,"labels":{"a":null}}`},
		{"PUT", modes + "/1001", `{"dateStart":"0001-01-01T00:00:00+14:00","dateEnd":"9999-12-31T23:59:59-14:00","configItems":[{"id":1}]}`},
		{"POST", cis + "/filter", `{"names":["host-1"],"labels":{"noc_id":[null,{"x":1}]}}`},
		{"GET", cis + "/1", ""},
	} {
		f.Add(seed.method, seed.path, seed.body, uint64(0))
		f.Add(seed.method, seed.path, seed.body, uint64(7))
	}
	f.Fuzz(func(t *testing.T, method, path, body string, knobs uint64) {
		d := newDrive(rsmtest.Options{Knobs: rsmtest.RandomKnobs(knobs)})
		defer d.Close()
		d.AddMode(rsmtest.Mode{Items: []rsmtest.Item{{CI: 1}}})
		w, cut := d.ask(method, path, body)
		assert.False(t, cut)
		assert.Less(t, w.Code, 500)
		if w.Body.Len() > 0 {
			assert.True(t, json.Valid(w.Body.Bytes()), w.Body.String())
		}
	})
}
