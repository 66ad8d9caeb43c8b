package zstacktest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/zstack/zstacktest"
)

type obj = map[string]any

// api is a client that says exactly what a test wants to say.
type api struct {
	t       *testing.T
	server  *zstacktest.Server
	session string
	headers map[string]string
}

// bubble runs f with a server of its own in a bubble, where the clock begins
// at midnight of 2000-01-01 UTC and moves by time.Sleep only. The client is
// logged in as the default virtual ID in the default project.
func bubble(t *testing.T, opts zstacktest.Options, f func(a *api)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		server := zstacktest.New(opts)
		defer server.Close()
		a := &api{t: t, server: server}
		a.session = a.loginIAM2(zstacktest.DefaultVirtualID, zstacktest.DefaultVirtualIDPassword)
		f(a)
	})
}

// as is another client of the same server.
func (a *api) as(session string) *api { return &api{t: a.t, server: a.server, session: session} }

func (a *api) admin() *api {
	a.t.Helper()
	return a.as(a.loginAdmin())
}

func (a *api) approver() *api {
	a.t.Helper()
	return a.as(a.loginIAM2(zstacktest.ApproverVirtualID, zstacktest.ApproverVirtualIDPassword))
}

func (a *api) loginAdmin() string {
	a.t.Helper()
	return a.sessionOf(a.as("").do("PUT", "/accounts/login", obj{"logInByAccount": obj{
		"accountName": zstacktest.AdminName, "password": sha512Hex(zstacktest.AdminPassword),
	}}))
}

// loginIAM2 logs a virtual ID in to the default project.
func (a *api) loginIAM2(name, password string) string {
	a.t.Helper()
	first := a.sessionOf(a.as("").do("PUT", "/iam2/virtual-ids/login", obj{"loginIAM2VirtualID": obj{
		"name": name, "password": sha512Hex(password),
	}}))
	return a.sessionOf(a.as(first).do("PUT", "/iam2/projects/login", obj{"loginIAM2Project": obj{
		"projectName": zstacktest.DefaultProject,
	}}))
}

func (a *api) sessionOf(r reply) string {
	a.t.Helper()
	require.Equal(a.t, 200, r.status, r.raw)
	return r.object(a.t)["inventory"].(obj)["uuid"].(string)
}

type reply struct {
	status int
	header http.Header
	raw    string
}

func (r reply) object(t *testing.T) obj {
	t.Helper()
	var out obj
	require.NoError(t, json.Unmarshal([]byte(r.raw), &out), r.raw)
	return out
}

// inventory is the one inventory of an answer.
func (r reply) inventory(t *testing.T) obj {
	t.Helper()
	require.Equal(t, 200, r.status, r.raw)
	one, ok := r.object(t)["inventory"].(obj)
	require.True(t, ok, r.raw)
	return one
}

// code is the status of an answer, and the API error's code when it has one.
func (r reply) code(t *testing.T) string {
	t.Helper()
	if r.status != 503 {
		return http.StatusText(r.status)
	}
	return errorCode(r.object(t)["error"].(obj))
}

// errorCode is the innermost code of an error.
func errorCode(e obj) string {
	if inner, ok := e["cause"].(obj); ok {
		return errorCode(inner)
	}
	if list, ok := e["causes"].([]any); ok {
		return errorCode(list[0].(obj))
	}
	return e["code"].(string)
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
	req, err := http.NewRequest(method, a.server.URL()+"/v1"+path, bytes.NewReader(raw))
	require.NoError(a.t, err)
	if a.session != "" {
		req.Header.Set("Authorization", "OAuth "+a.session)
	}
	for name, v := range a.headers {
		req.Header.Set(name, v)
	}
	resp, err := a.server.Client().Do(req)
	require.NoError(a.t, err)
	return reply{resp.StatusCode, resp.Header, readAll(a.t, resp)}
}

func readAll(t *testing.T, resp *http.Response) string {
	t.Helper()
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return string(text)
}

// job sends an asynchronous call and polls until it has ended, for a minute.
func (a *api) job(method, path string, body any) reply {
	a.t.Helper()
	r := a.do(method, path, body)
	require.Equal(a.t, 202, r.status, r.raw)
	id := jobID(a.t, r)
	for range 120 {
		if r = a.do("GET", "/api-jobs/"+id, nil); r.status != 202 {
			return r
		}
		time.Sleep(500 * time.Millisecond)
	}
	return r
}

// jobID is the last segment of the location of a 202.
func jobID(t *testing.T, r reply) string {
	t.Helper()
	location, ok := r.object(t)["location"].(string)
	require.True(t, ok, r.raw)
	return location[len(location)-32:]
}

const key1 = "0f3c5a1e7b2d5c6e8a901b2c3d4e5f60"

// ticketBody is a creation that every server accepts, changed by fields.
func ticketBody(fields obj) obj {
	params := obj{
		"name":              "uplink down",
		"accountSystemType": "iam2",
		"accountSystemContext": obj{
			"projectUuid": zstacktest.DefaultProjectUUID, "virtualIDUuid": zstacktest.DefaultVirtualIDUUID,
		},
		"requests": []any{request(nil)},
	}
	maps.Copy(params, fields)
	return obj{"params": params}
}

func request(fields obj) obj {
	r := obj{"requestName": "incident", "apiName": zstacktest.CreateVMAPI, "executeTimes": 1, "apiBody": fullBody()}
	maps.Copy(r, fields)
	return r
}

func fullBody() obj {
	return obj{"name": "vm", "imageUuid": "i", "l3NetworkUuids": []any{"l"}}
}

// create makes a ticket and returns its inventory.
func (a *api) create(fields obj) obj {
	a.t.Helper()
	return a.job("POST", "/tickets", ticketBody(fields)).inventory(a.t)
}

// newTicket makes a ticket and returns its uuid.
func (a *api) newTicket(fields obj) string {
	a.t.Helper()
	return a.create(fields)["uuid"].(string)
}

// change sends a status event.
func (a *api) change(uuid, event, comment string) reply {
	a.t.Helper()
	return a.job("PUT", "/tickets/"+uuid+"/actions", obj{"changeTicketStatus": obj{"statusEvent": event, "comment": comment}})
}

// list reads the inventories of a query.
func (a *api) list(path string) []obj {
	a.t.Helper()
	r := a.do("GET", path, nil)
	require.Equal(a.t, 200, r.status, r.raw)
	var out struct{ Inventories []obj }
	require.NoError(a.t, json.Unmarshal([]byte(r.raw), &out), r.raw)
	return out.Inventories
}

// values reads one field of the inventories of a query.
func (a *api) values(path, field string) []any {
	a.t.Helper()
	out := []any{}
	for _, o := range a.list(path) {
		out = append(out, o[field])
	}
	return out
}

// tag creates a user tag on a ticket.
func (a *api) tag(uuid, text string) reply {
	a.t.Helper()
	return a.job("POST", "/user-tags", obj{"params": obj{"resourceType": "TicketVO", "resourceUuid": uuid, "tag": text}})
}
