package guancetest_test

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

	"github.com/ttkit/ttkit/adapters/guance/guancetest"
	"github.com/ttkit/ttkit/tt/tttest"
)

// drive is a server that a random program asks, with a clock that it moves.
type drive struct {
	*guancetest.Server
	now time.Time
}

func newDrive(opts guancetest.Options) *drive {
	d := &drive{now: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)}
	opts.Now = func() time.Time { return d.now }
	opts.Knobs.CommitDelay = 0 // it would take real time
	d.Server = guancetest.New(opts)
	return d
}

// ask calls the handler; cut reports that the connection was cut.
func (d *drive) ask(method, path, body string) (w *httptest.ResponseRecorder, cut bool) {
	r := httptest.NewRequest("GET", "/", strings.NewReader(body))
	r.Method = method
	r.URL = &url.URL{}
	r.URL.Path, r.URL.RawQuery, _ = strings.Cut(path, "?")
	r.Header.Set("DF-API-KEY", guancetest.DefaultKey)
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

// body draws a body of a write: mostly sensible.
func (d *drive) body(t *rapid.T) string {
	body := obj{}
	set := func(name string, often int, values ...any) {
		if rapid.IntRange(0, 9).Draw(t, "has "+name) < often {
			body[name] = rapid.SampledFrom(values).Draw(t, name)
		}
	}
	at := d.now.Unix()
	set("name", 9, "a", "b", "[tt:1] 警", "", nil, 7, strings.Repeat("x", 300))
	set("timezone", 3, "UTC", "Asia/Shanghai", "x", nil)
	set("start", 9, "00:00", "00:00", "12:00", "25:00")
	set("end", 9, "23:59", "23:59", "00:00", 7)
	set("tagFilter", 3, []string{}, []string{"tag_1"}, nil, "x")
	set("dimensionFilter", 6, "", "host:a", "host:a OR host:b*", "env:x AND host:a", "host:a OR", []string{"host:a"}, nil)
	set("notifyTargets", 9, []string{"acnt_1"}, []string{"acnt_1", "group_1", "a@b"}, []string{}, nil, []any{1})
	set("extend", 5, obj{}, obj{"effectiveTime": obj{"start": at, "end": at + 100}}, obj{"effectiveTime": obj{"end": at}},
		obj{"enableRotateNotification": true, "rotationCycle": "workDay", "mine": 1.5}, []int{}, nil)
	set("scheduleStrategy", 5, []obj{}, rules(nil), rules(obj{"uuid": ""}), level(nil), recipient(nil), recipient(obj{"notifyObject": "acnt_1"}),
		recipient(obj{"notifyObjectType": remove, "notifyType": "member"}), level(obj{"ifRepeatNotify": true, "repeatNotifyInterval": 1}), obj{}, nil, []any{7})
	set("other", 1, obj{"a": 1}, nil)
	raw, _ := json.Marshal(body)
	return string(raw)
}

// request draws a request.
func (d *drive) request(t *rapid.T) (method, path, body string) {
	uuid := "incsch_0"
	if all := d.Schedules(); len(all) > 0 && rapid.IntRange(0, 9).Draw(t, "known") > 0 {
		uuid = all[rapid.IntRange(0, len(all)-1).Draw(t, "which")].UUID
	}
	query := rapid.SampledFrom([]string{"", "?pageSize=100", "?pageSize=2&pageIndex=2", "?search=A", "?pageIndex=0", "?search=x&pageIndex=9"}).Draw(t, "query")
	if rapid.IntRange(0, 4).Draw(t, "other") == 0 {
		return d.other(t)
	}
	switch rapid.IntRange(0, 9).Draw(t, "request") {
	case 0, 1, 2:
		return "POST", schedules + "/add", d.body(t)
	case 3, 4:
		return "POST", schedules + "/" + uuid + "/modify", d.body(t)
	case 5:
		return "GET", schedules + "/" + uuid + "/get", ""
	case 6:
		return "GET", schedules + "/list" + query, ""
	case 7:
		return "POST", schedules + "/list", rapid.SampledFrom([]string{"", `{"pageSize":2}`, `{"search":"A"}`, `[]`, `{"pageSize":0}`}).Draw(t, "list")
	case 8:
		return rapid.SampledFrom([]string{"GET", "POST"}).Draw(t, "verb"), schedules + "/" + uuid + "/delete", ""
	}
	return "POST", schedules + "/delete", `{"scheduleUUIDs":["` + uuid + `"]}`
}

// other draws a request about incidents and issues.
func (d *drive) other(t *rapid.T) (method, path, body string) {
	uuid := []string{"x"}
	for _, i := range d.Incidents() {
		uuid = append(uuid, i.UUID)
	}
	for _, i := range d.Issues() {
		uuid = append(uuid, i.UUID)
		for _, r := range i.Replies {
			uuid = append(uuid, r.UUID)
		}
	}
	raw, _ := json.Marshal(rapid.SampledFrom([]any{
		issue(nil), issue(obj{"statusType": 20}), obj{"incidentsStatus": "working", "assigner": []string{"acnt_1"}}, obj{"timeRange": []int{1, 2}},
		obj{"comment": "c"}, obj{"issueUUID": uuid[len(uuid)-1], "content": "c", "extend": obj{}}, obj{"filters": []obj{{"field": "host", "op": "=", "value": []string{"a"}}}},
		obj{"filters": []obj{{"key": "level", "value": "x", "equal": false}}}, obj{"dimensionTag": obj{"host": "b"}}, nil, []int{},
	}).Draw(t, "other body"))
	parts := strings.Fields(rapid.SampledFrom([]string{
		"POST /incidents/list", "GET /incidents/%/get", "POST /incidents/%/modify", "GET /incidents/operate/%/list", "POST /incidents/comment/%/add",
		"POST /incidents/comment/%/modify", "GET /incidents/comment/%/list", "POST /issue/add", "POST /issue/list", "GET /issue/%/get", "POST /issue/%/modify",
		"POST /issue/reply/create", "GET /issue/reply/%/list", "POST /issue/reply/%/modify", "POST /issue/reply/%/delete", "GET /issue-level/list",
	}).Draw(t, "other route"))
	return parts[0], root + strings.ReplaceAll(parts[1], "%", rapid.SampledFrom(uuid).Draw(t, "of")), string(raw)
}

// Whatever is asked under whatever knobs, limits and faults: no request fails
// but by a fault, every answer is an envelope, no schedule is lost, no uuid or
// row id doubled, and what was deleted stays as it is.
func TestNoCombinationOfKnobsBreaksTheServer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		knobs := rapid.Custom(func(t *rapid.T) guancetest.Knobs {
			k := guancetest.RandomKnobs(rapid.Uint64().Draw(t, "seed"))
			k.CommitDelay, k.BareIncident = 0, false // a bare incident is no envelope
			return k
		})
		limits := rapid.SampledFrom([]guancetest.Limits{{}, {}, guancetest.VendorLimits(), {Workspace: 3, Per: time.Second}})
		d := newDrive(guancetest.Options{Knobs: knobs.Draw(t, "knobs"), Limits: limits.Draw(t, "limits")})
		defer d.Close()
		kinds := []tttest.FaultKind{
			tttest.Refuse, tttest.Reset, tttest.LoseReply, tttest.Truncate, tttest.Slow, tttest.Late,
			tttest.StatusBefore, tttest.StatusAfter, tttest.Throttle, tttest.HTML, tttest.Twice, tttest.Unauthorized,
		}
		before := d.Schedules()
		for range rapid.IntRange(1, 20).Draw(t, "steps") {
			faulty := false
			switch rapid.IntRange(0, 9).Draw(t, "step") {
			case 0:
				d.now = d.now.Add(time.Duration(rapid.IntRange(-1000, 100_000).Draw(t, "ms")) * time.Millisecond)
			case 1:
				d.SetKnobs(knobs.Draw(t, "other knobs"))
			case 2:
				d.AddIncident(guancetest.Incident{Dimensions: map[string]string{"host": "a"}})
			case 3:
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
				checkAnswer(t, w, cut)
			}
			after := d.Schedules()
			checkHistory(t, before, after)
			before = after
			now := d.Now()
			for _, n := range d.Notices(on("a"), now, now.Add(time.Minute)) {
				assert.False(t, n.At.Before(now) || n.At.After(now.Add(time.Minute)))
			}
		}
	})
}

// checkAnswer checks what every answer has.
func checkAnswer(t assert.TestingT, w *httptest.ResponseRecorder, cut bool) {
	assert.False(t, cut)
	assert.Less(t, w.Code, 500)
	var r reply
	if assert.NoError(t, json.Unmarshal(w.Body.Bytes(), &r), w.Body.String()) {
		assert.Equal(t, r.Code == 200, r.Success)
		assert.NotEmpty(t, r.TraceID)
	}
}

// checkHistory compares what a server holds before and after a request.
func checkHistory(t *rapid.T, before, after []guancetest.Schedule) {
	require.GreaterOrEqual(t, len(after), len(before), "a schedule is lost")
	uuids, ids := make(map[string]bool), make(map[int64]bool)
	for _, x := range after {
		assert.False(t, uuids[x.UUID] || ids[x.ID], "a uuid or row id came twice")
		uuids[x.UUID], ids[x.ID] = true, true
		assert.True(t, json.Valid(x.Extend))
	}
	for i, was := range before {
		if !was.Alive() {
			assert.Equal(t, visible(was), visible(after[i]), "a deleted schedule changed")
		}
		assert.Equal(t, was.UUID, after[i].UUID)
	}
}

// visible is a schedule without what only the server knows.
func visible(x guancetest.Schedule) string {
	raw, _ := json.Marshal(x)
	return string(raw)
}

// A client that waits until the window is empty is never refused, whatever the
// window; Usage counts like a list of all calls.
func TestUsageCountsExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		window := rapid.SampledFrom([]guancetest.LimitWindow{guancetest.WindowSliding, guancetest.WindowFixed, guancetest.WindowFirst}).Draw(t, "window")
		limit := rapid.IntRange(1, 4).Draw(t, "limit")
		d := newDrive(guancetest.Options{
			Limits: guancetest.Limits{Key: limit, Per: 10 * time.Second},
			Knobs:  guancetest.Knobs{Window: window, Workspace: guancetest.WorkspaceEmpty},
		})
		defer d.Close()
		var calls, passed []time.Time
		refused, peak := 0, 0
		for range rapid.IntRange(1, 40).Draw(t, "calls") {
			d.now = d.now.Add(time.Duration(rapid.IntRange(0, 6).Draw(t, "seconds")) * time.Second)
			w, _ := d.ask("GET", schedules+"/list", "")
			calls = append(calls, d.now)
			within := func(all []time.Time) int {
				return len(all) - slices.IndexFunc(all, func(c time.Time) bool { return d.now.Sub(c) < 10*time.Second })
			}
			peak = max(peak, within(calls))
			if w.Code == 200 {
				passed = append(passed, d.now)
				if window == guancetest.WindowSliding {
					assert.LessOrEqual(t, within(passed), limit)
				}
				continue
			}
			refused++
			assert.Equal(t, 401, w.Code)
			assert.Greater(t, within(calls), limit, "refused although the last seconds had room")
		}
		assert.Equal(t, guancetest.Usage{Calls: len(calls), Refused: refused, Peak: peak}, d.Usage(guancetest.DefaultKey))
	})
}

func FuzzRequest(f *testing.F) {
	for _, seed := range []struct{ method, path, body string }{
		{"GET", schedules + "/list?pageIndex=2&pageSize=1&search=5", ""},
		{"POST", schedules + "/list", `{"pageIndex":1,"search":"a"}`},
		{"GET", schedules + "/incsch_1/get", ""},
		{"POST", schedules + "/add", `{"name":"n","timezone":"UTC","start":"00:00","end":"23:59","tagFilter":[],"dimensionFilter":"host:a OR host:b","notifyTargets":["acnt_1"],"extend":{"enableRotateNotification":true,"rotationCycle":"week","effectiveTime":{"start":1,"end":2}},"scheduleStrategy":[{"uuid":"","name":"p","strategy":[{"level":0,"notifyConfig":[{"notifyType":["member"],"notifyObject":"watchkeeper"}],"ifRepeatNotify":true,"repeatNotifyInterval":1}]}]}`},
		{"POST", schedules + "/incsch_1/modify", `{"name":"n","start":"00:00","end":"23:59","notifyTargets":["acnt_1"],"\u006eame":"m","other":{"a":[1.0]}}`},
		{"POST", schedules + "/delete", `{"aUUIDs":["incsch_1"],"bUUIDs":[]}`},
		{"GET", schedules + "/delete?UUIDs=incsch_1,", ""},
	} {
		f.Add(seed.method, seed.path, seed.body, uint64(0))
		f.Add(seed.method, seed.path, seed.body, uint64(7))
	}
	f.Fuzz(func(t *testing.T, method, path, body string, knobs uint64) {
		d := newDrive(guancetest.Options{Knobs: guancetest.RandomKnobs(knobs)})
		defer d.Close()
		d.AddSchedule(guancetest.Schedule{UUID: "incsch_1"})
		w, cut := d.ask(method, path, body)
		checkAnswer(t, w, cut)
		now := d.Now()
		d.Notices(on("a"), now, now.Add(time.Hour))
	})
}
