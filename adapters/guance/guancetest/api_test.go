package guancetest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/guance/guancetest"
)

const (
	root      = "/api/v1"
	schedules = root + "/incidents/schedule"
	incidents = root + "/incidents"
	issues    = root + "/issue"
)

// api is a client that says exactly what a test wants to say.
type api struct {
	t      *testing.T
	server *guancetest.Server
	key    string
}

// bubble runs f with a server of its own in a bubble, where the clock begins
// at midnight of 2000-01-01 UTC, a Saturday, and moves by time.Sleep only.
func bubble(t *testing.T, opts guancetest.Options, f func(a *api)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		server := guancetest.New(opts)
		defer server.Close()
		f(&api{t: t, server: server, key: guancetest.DefaultKey})
	})
}

// empty is a server whose workspace holds nothing.
func empty(t *testing.T, f func(a *api)) {
	t.Helper()
	bubble(t, guancetest.Options{Knobs: guancetest.Knobs{Workspace: guancetest.WorkspaceEmpty}}, f)
}

type obj = map[string]any

// reply is an answer as a client reads it.
type reply struct {
	status int
	header http.Header
	raw    string

	Code      int             `json:"code"`
	Content   json.RawMessage `json:"content"`
	ErrorCode string          `json:"errorCode"`
	Message   string          `json:"message"`
	Success   bool            `json:"success"`
	TraceID   string          `json:"traceId"`
	PageInfo  obj             `json:"pageInfo"`
}

// do sends a request; the body is a string, nil, or a value for JSON.
func (a *api) do(method, path string, body any) reply {
	a.t.Helper()
	var raw []byte
	switch b := body.(type) {
	case nil:
	case string:
		raw = []byte(b)
	default:
		var err error
		raw, err = json.Marshal(b)
		require.NoError(a.t, err)
	}
	resp, err := a.server.Client().Do(a.request(method, path, string(raw)))
	require.NoError(a.t, err)
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	require.NoError(a.t, err)
	r := reply{status: resp.StatusCode, header: resp.Header, raw: string(text)}
	require.NoError(a.t, json.Unmarshal(text, &r), "%s", text)
	assert.NotEmpty(a.t, r.TraceID)
	assert.Equal(a.t, r.Code == 200, r.Success)
	assert.Equal(a.t, r.Success, r.ErrorCode == "")
	assert.Equal(a.t, r.Success, r.Message == "")
	assert.Equal(a.t, "application/json", r.header.Get("Content-Type"))
	if !r.Success {
		assert.JSONEq(a.t, `{}`, string(r.Content))
	}
	return r
}

func (a *api) request(method, path, body string) *http.Request {
	a.t.Helper()
	req, err := http.NewRequest(method, a.server.URL()+path, strings.NewReader(body))
	require.NoError(a.t, err)
	req.Header.Set("DF-API-KEY", a.key)
	return req
}

// fine is the content of an answer that must be a success.
func (a *api) fine(r reply) obj {
	a.t.Helper()
	require.True(a.t, r.Success, r.raw)
	require.Equal(a.t, 200, r.status)
	var o obj
	require.NoError(a.t, json.Unmarshal(r.Content, &o), r.raw)
	return o
}

// with is a valid body, changed by fields; a field that is remove is left out.
func with(fields obj) obj {
	body := obj{"name": "uplink down", "start": "00:00", "end": "23:59", "notifyTargets": []string{"notify_1"}}
	for k, v := range fields {
		body[k] = v
		if v == remove {
			delete(body, k)
		}
	}
	return body
}

var remove any = new(int)

func (a *api) tryAdd(fields obj) reply {
	a.t.Helper()
	return a.do("POST", schedules+"/add", with(fields))
}

// add makes a schedule and returns its uuid.
func (a *api) add(fields obj) string {
	a.t.Helper()
	return a.fine(a.tryAdd(fields))["uuid"].(string)
}

func (a *api) tryModify(uuid string, fields obj) reply {
	a.t.Helper()
	return a.do("POST", schedules+"/"+uuid+"/modify", with(fields))
}

func (a *api) modify(uuid string, fields obj) obj {
	a.t.Helper()
	return a.fine(a.tryModify(uuid, fields))
}

func (a *api) get(uuid string) obj {
	a.t.Helper()
	return a.fine(a.do("GET", schedules+"/"+uuid+"/get", nil))
}

// names are the names of a list.
func (a *api) names(query string) []string {
	a.t.Helper()
	return names(a.rows(a.do("GET", schedules+"/list"+query, nil)))
}

// rows are those of a list in any shape.
func (a *api) rows(r reply) []obj {
	a.t.Helper()
	require.True(a.t, r.Success, r.raw)
	var in struct{ Data []obj }
	if r.Content[0] == '[' {
		require.NoError(a.t, json.Unmarshal(r.Content, &in.Data))
	} else {
		require.NoError(a.t, json.Unmarshal(r.Content, &in))
	}
	return in.Data
}

func names(rows []obj) []string {
	out := []string{}
	for _, r := range rows {
		out = append(out, r["name"].(string))
	}
	return out
}

// stored is a schedule as the server holds it.
func (a *api) stored(uuid string) guancetest.Schedule {
	a.t.Helper()
	x, ok := a.server.Schedule(uuid)
	require.True(a.t, ok)
	return x
}
