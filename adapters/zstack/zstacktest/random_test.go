package zstacktest_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ttkit/ttkit/adapters/zstack/zstacktest"
	"github.com/ttkit/ttkit/tt/tttest"
)

// drive is a server that a random program asks, with a clock that it moves.
type drive struct {
	*zstacktest.Server
	now     time.Time
	session string
}

func newDrive(opts zstacktest.Options) *drive {
	d := &drive{now: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)}
	opts.Now = func() time.Time { return d.now }
	d.Server = zstacktest.New(opts)
	d.login()
	return d
}

// login takes a session of the default virtual ID in its project; when the
// server gives none, the old one stays.
func (d *drive) login() {
	for _, body := range []string{
		`{"loginIAM2VirtualID":{"name":"` + zstacktest.DefaultVirtualID + `","password":"` + sha512Hex(zstacktest.DefaultVirtualIDPassword) + `"}}`,
		`{"loginIAM2Project":{"projectName":"` + zstacktest.DefaultProject + `"}}`,
	} {
		path := "/zstack/v1/iam2/virtual-ids/login"
		if strings.Contains(body, "Project") {
			path = "/zstack/v1/iam2/projects/login"
		}
		w, _ := d.ask("PUT", path, body, "")
		var out struct{ Inventory struct{ UUID string } }
		if json.Unmarshal(w.Body.Bytes(), &out) == nil && out.Inventory.UUID != "" {
			d.session = out.Inventory.UUID
		}
	}
}

// ask calls the handler; cut reports that the connection was cut.
func (d *drive) ask(method, path, body, job string) (w *httptest.ResponseRecorder, cut bool) {
	r := httptest.NewRequest("GET", "/", strings.NewReader(body))
	r.Method = method
	r.URL = &url.URL{}
	r.URL.Path, r.URL.RawQuery, _ = strings.Cut(path, "?")
	r.Header.Set("Authorization", "OAuth "+d.session)
	if job != "" {
		r.Header.Set("X-Job-UUID", job)
	}
	if strings.HasSuffix(job, "1") {
		r.Header.Set("X-JSON-Schema", "true")
	}
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

var (
	someUUIDs = []string{key1, "0f3c5a1e7b2d5c6e8a901b2c3d4e5f61", "0f3c5a1e7b2d5c6e8a901b2c3d4e5f62", "nonsense", zstacktest.AdminUUID}
	someJobs  = []string{"", "", "", jobOne, strings.Repeat("2", 32), strings.Repeat("3", 32), "short"}
	someTexts = []any{"text", "", " ", nil, 7, "🔥", "<a href='x'>&=", strings.Repeat("ж", 40_000), strings.Repeat("x", 300), "\xff"}
	someQuery = []string{"", "?q=name=text", "?q=__userTag__~=%25", "?q=__userTag__!=text", "?count=true", "?replyWithCount=true&limit=1&start=1",
		"?sort=-name&fields=uuid,name", "?q=status?=Pending,Rejected", "?q=sequence>1", "?q=uuid", "?limit=x", "?q=name%20is%20null", "?deleteMode=Permissive", "?q=createDate<2026-03-01"}
	somePaths = []string{"/tickets", "/tickets/histories", "/tickets/archives", "/tickets/histories/archives", "/ticket-types", "/tickets/flow", "/tickets/flow-collections",
		"/user-tags", "/management-nodes/platform-timezone", "/management-nodes/ready", "/elsewhere", ""}
)

// request draws a request.
func (d *drive) request(t *rapid.T) (method, path, body string) {
	text := func(name string) any { return rapid.SampledFrom(someTexts).Draw(t, name) }
	id := rapid.SampledFrom(someUUIDs).Draw(t, "uuid")
	query := rapid.SampledFrom(someQuery).Draw(t, "query")
	var v any
	switch rapid.IntRange(0, 9).Draw(t, "request") {
	case 0, 1, 2:
		method, path = "POST", "/tickets"
		fields := obj{"resourceUuid": id}
		if rapid.IntRange(0, 3).Draw(t, "odd") == 0 {
			fields = obj{"name": text("name"), "description": text("description"),
				"requests":           rapid.SampledFrom([]any{nil, []any{}, []any{nil}, []any{7}, []any{request(obj{"apiBody": text("body")})}, []any{request(obj{"executeTimes": 1.5})}}).Draw(t, "requests"),
				"flowCollectionUuid": rapid.SampledFrom([]any{nil, zstacktest.TwoStepCollectionUUID, 3}).Draw(t, "flow")}
		}
		whole := ticketBody(fields)
		whole["userTags"] = []any{text("tag"), "b"}
		v = whole
	case 3, 4:
		method, path = "PUT", "/tickets/"+id+"/actions"
		v = obj{"changeTicketStatus": obj{"comment": text("comment"),
			"statusEvent": rapid.SampledFrom([]any{"cancel", "reopen", "open", "approve", "reject", "x", nil}).Draw(t, "event")}}
	case 5:
		method, path = "PUT", "/tickets/"+id+"/actions"
		v = obj{"updateTicketRequest": obj{"description": text("description"), "requests": []any{request(nil)}}}
	case 6:
		method, path = "DELETE", rapid.SampledFrom([]string{"/tickets/", "/tags/"}).Draw(t, "what")+id
	case 7:
		method, path = "POST", "/user-tags"
		v = obj{"params": obj{"resourceType": rapid.SampledFrom([]any{"TicketVO", "VmVO", nil}).Draw(t, "type"), "resourceUuid": id, "tag": text("tag")}}
	case 8:
		method, path = "GET", "/api-jobs/"+rapid.SampledFrom(someJobs).Draw(t, "polled")
	default:
		method, path = "GET", rapid.SampledFrom(somePaths).Draw(t, "path")
	}
	if v != nil {
		raw, _ := json.Marshal(v)
		body = string(raw)
	}
	return method, "/zstack/v1" + path + query, body
}

// Whatever is asked under whatever knobs and faults: no request fails but by
// a fault, every answer has the form of its status, no ticket is lost, numbers
// of histories are unique, and nothing is executed that nobody approved.
func TestNoCombinationOfKnobsBreaksTheServer(t *testing.T) {
	kinds := []tttest.FaultKind{
		tttest.Refuse, tttest.Reset, tttest.LoseReply, tttest.Truncate, tttest.Slow, tttest.Late,
		tttest.StatusBefore, tttest.StatusAfter, tttest.Throttle, tttest.HTML, tttest.Twice, tttest.Unauthorized,
	}
	jobKinds := []zstacktest.JobFaultKind{
		zstacktest.JobSticks, zstacktest.JobSticksAfter, zstacktest.JobExpires, zstacktest.JobFails, zstacktest.JobFailsAfter, zstacktest.JobSessionDies, zstacktest.CallFails,
	}
	rapid.Check(t, func(t *rapid.T) {
		knobs := rapid.Custom(func(t *rapid.T) zstacktest.Knobs {
			k := zstacktest.RandomKnobs(rapid.Uint64().Draw(t, "seed"))
			k.NoArchive = false // what is not archived is lost
			return k
		})
		d := newDrive(zstacktest.Options{Knobs: knobs.Draw(t, "knobs")})
		defer d.Close()
		known, approved := map[string]bool{}, false
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			faulty := false
			switch rapid.IntRange(0, 12).Draw(t, "step") {
			case 0:
				d.now = d.now.Add(time.Duration(rapid.IntRange(0, 100_000).Draw(t, "ms")) * time.Millisecond)
			case 1:
				k := knobs.Draw(t, "other knobs")
				k.Skew = d.Knobs().Skew // a clock does not go backwards
				d.SetKnobs(k)
			case 2:
				f := tttest.Fault{Kind: rapid.SampledFrom(kinds).Draw(t, "fault")}
				if f.Kind == tttest.Late {
					f.Delay = time.Hour
				}
				d.Inject(f)
				faulty = true
			case 3:
				d.InjectJob(zstacktest.JobFault{Kind: rapid.SampledFrom(jobKinds).Draw(t, "job fault")})
			case 4:
				d.Restart(time.Duration(rapid.IntRange(0, 3).Draw(t, "down")) * time.Second)
			case 5:
				d.login()
			case 6:
				id := rapid.SampledFrom(someUUIDs).Draw(t, "person's")
				e := rapid.SampledFrom([]zstacktest.Event{zstacktest.Approve, zstacktest.Cancel, zstacktest.Reject, zstacktest.Reopen}).Draw(t, "event")
				approved = d.Act(id, e, "by hand") == nil && e == zstacktest.Approve || approved
			case 7:
				d.Delete(rapid.SampledFrom(someUUIDs).Draw(t, "deleted"))
			}
			method, path, body := d.request(t)
			w, cut := d.ask(method, path, body, rapid.SampledFrom(someJobs).Draw(t, "job"))
			if rapid.Bool().Draw(t, "settle") {
				d.Settle()
			}
			if !faulty {
				assert.False(t, cut, "%s %s", method, path)
				wellFormed(t, w)
				assert.NotContains(t, w.Body.String(), "%!", "a text and its arguments do not fit")
			}
			checkState(t, d, known, approved)
		}
	})
}

type failer interface {
	Errorf(format string, args ...any)
	FailNow()
}

// wellFormed checks that an answer has the form of its status.
func wellFormed(t failer, w *httptest.ResponseRecorder) {
	isJSON := json.Valid(w.Body.Bytes())
	switch w.Code {
	case 200, 202, 503:
		assert.True(t, isJSON, "%d %s", w.Code, w.Body)
		assert.Empty(t, w.Header().Get("Content-Type"))
		assert.NotContains(t, w.Body.String(), "'")
		assert.NotContains(t, w.Body.String(), "=")
	case 400, 403, 404, 405, 500:
		assert.False(t, isJSON, "%d %s", w.Code, w.Body)
	default:
		assert.Fail(t, "status", "%d %s", w.Code, w.Body)
	}
}

// checkState compares what a server holds with what it held.
func checkState(t *rapid.T, d *drive, known map[string]bool, approved bool) {
	now := map[string]bool{}
	for _, tk := range append(d.Tickets(), d.Archived()...) {
		now[tk.UUID] = true
		known[tk.UUID] = true
		assert.Equal(t, tk.Status.Open(), tk.CurrentFlowUUID != "", "an open ticket waits for somebody, and no other")
		assert.False(t, tk.Changed.Before(tk.Created))
	}
	assert.Equal(t, known, now, "a ticket is lost")
	numbers := map[int64]bool{}
	for _, h := range d.Histories("") {
		assert.False(t, numbers[h.Sequence], "sequence %d is used twice", h.Sequence)
		numbers[h.Sequence] = true
	}
	if !approved {
		require.Empty(t, d.Executions())
	}
}

func FuzzQuery(f *testing.F) {
	for _, seed := range []string{
		"q=name=a&q=name!=b", "q=name!~=%25&limit=1&start=1", "q=sequence%3E%3D1", "q=__userTag__!?=a,b", "q=createDate<2026-03-01&sort=-createDate",
		"fields=uuid,name&count=true", "q=request~=%5C", "q=currentFlowUuid is null", "q=isDefault=true", "sort=%20%2B-name", "q==", "q=!?=", "q=name?=",
	} {
		f.Add(seed, 0, uint64(0))
		f.Add(seed, 1, uint64(7))
	}
	lists := []string{"/tickets", "/tickets/histories", "/user-tags", "/tickets/flow-collections", "/tickets/archives"}
	f.Fuzz(func(t *testing.T, query string, list int, seed uint64) {
		d := newDrive(zstacktest.Options{Knobs: zstacktest.RandomKnobs(seed)})
		defer d.Close()
		uuid, err := d.Open(zstacktest.Ticket{Name: "a%b"}, "a", "b=c")
		require.NoError(t, err)
		require.NoError(t, d.Act(uuid, zstacktest.Cancel, "c"))
		w, cut := d.ask("GET", "/zstack/v1"+lists[uint(list)%uint(len(lists))]+"?"+query, "", "")
		assert.False(t, cut)
		wellFormed(t, w)
		assert.NotEqual(t, 500, w.Code)
	})
}

func FuzzRequest(f *testing.F) {
	body, err := json.Marshal(ticketBody(obj{"resourceUuid": key1}))
	require.NoError(f, err)
	for _, seed := range []struct{ method, path, body string }{
		{"POST", "/zstack/v1/tickets", string(body)},
		{"PUT", "/zstack/v1/tickets/" + key1 + "/actions", `{"changeTicketStatus":{"statusEvent":"cancel","comment":"c"}}`},
		{"PUT", "/zstack/v1/tickets/" + key1 + "/actions", `{"updateTicketRequest":{"requests":[{"apiBody":{"a":1e999,"b":[null,{"c":-0.0}]}}]}}`},
		{"PUT", "/zstack/v1/accounts/sessions/" + key1 + "/renew", `{"renewSession":{"duration":1e400}}`},
		{"POST", "/zstack/v1/user-tags", `{"params":{"resourceType":"TicketVO","resourceUuid":"` + key1 + `","tag":"t"},"systemTags":[1,"x"]}`},
		{"DELETE", "/zstack/v1/tickets/" + key1 + "?systemTags=ephemeral::validationOnly", ""},
		{"GET", "/zstack/v1/api-jobs/" + jobOne, ""},
	} {
		f.Add(seed.method, seed.path, seed.body, uint64(0))
		f.Add(seed.method, seed.path, seed.body, uint64(7))
	}
	f.Fuzz(func(t *testing.T, method, path, body string, seed uint64) {
		d := newDrive(zstacktest.Options{Knobs: zstacktest.RandomKnobs(seed)})
		defer d.Close()
		_, err := d.Open(zstacktest.Ticket{UUID: key1})
		require.NoError(t, err)
		w, cut := d.ask(method, path, body, jobOne)
		assert.False(t, cut)
		wellFormed(t, w)
		d.Settle()
		w, _ = d.ask("GET", "/zstack/v1/api-jobs/"+jobOne, "", "")
		wellFormed(t, w)
		w, _ = d.ask("GET", "/zstack/v1/tickets", "", "")
		wellFormed(t, w)
	})
}
