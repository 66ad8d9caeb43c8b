package rsmtest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/rsm/rsmtest"
)

const (
	modes = "/api/public/sm/v1/rsm-maintenance"
	cis   = "/api/public/sm/v2/rsm/config-items"
)

// api is a client that says exactly what a test wants to say.
type api struct {
	t       *testing.T
	server  *rsmtest.Server
	token   string
	headers map[string]string
}

// bubble runs f with a server of its own in a bubble, where the clock begins
// at midnight of 2000-01-01 UTC and moves by time.Sleep only.
func bubble(t *testing.T, opts rsmtest.Options, f func(a *api)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		server := rsmtest.New(opts)
		defer server.Close()
		f(&api{t: t, server: server, token: rsmtest.DefaultToken})
	})
}

type reply struct {
	status int
	header http.Header
	raw    string
}

// modeReply is a mode as a client reads it.
type modeReply struct {
	ID        int64          `json:"id"`
	Title     *string        `json:"title"`
	DateStart string         `json:"dateStart"`
	DateEnd   string         `json:"dateEnd"`
	Labels    map[string]any `json:"labels"`
	Items     []itemReply    `json:"configItems"`
}

type itemReply struct {
	ID        int64  `json:"id"`
	Scope     string `json:"scope"`
	Depth     int    `json:"depth"`
	State     string `json:"state"`
	DateStart string `json:"dateStart"`
	DateEnd   string `json:"dateEnd"`
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
	req, err := http.NewRequest(method, a.server.URL()+path, bytes.NewReader(raw))
	require.NoError(a.t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+a.token)
	for name, v := range a.headers {
		req.Header.Set(name, v)
	}
	resp, err := a.server.Client().Do(req)
	require.NoError(a.t, err)
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	require.NoError(a.t, err)
	return reply{resp.StatusCode, resp.Header, string(text)}
}

func (a *api) decode(r reply, v any) {
	a.t.Helper()
	require.NoError(a.t, json.Unmarshal([]byte(r.raw), v), r.raw)
}

// one reads a reply that must be a mode.
func (a *api) one(status int, r reply) modeReply {
	a.t.Helper()
	require.Equal(a.t, status, r.status, r.raw)
	var m modeReply
	a.decode(r, &m)
	return m
}

// create makes a mode on the CIs, from now for an hour, changed by fields.
func (a *api) create(fields obj, ci ...int64) modeReply {
	a.t.Helper()
	return a.one(201, a.tryCreate(fields, ci...))
}

func (a *api) tryCreate(fields obj, ci ...int64) reply {
	a.t.Helper()
	body := obj{"dateStart": a.at(0), "dateEnd": a.at(time.Hour), "configItems": items(ci...)}
	for k, v := range fields {
		body[k] = v
	}
	return a.do("POST", modes+"?batchValidate=true", body)
}

func (a *api) patch(id int64, body any) reply {
	a.t.Helper()
	return a.do("PATCH", modePath(id)+"?batchValidate=true", body)
}

func (a *api) replace(id int64, body any) reply {
	a.t.Helper()
	return a.do("PUT", modePath(id)+"?batchValidate=true", body)
}

func (a *api) get(id int64) modeReply {
	a.t.Helper()
	return a.one(200, a.do("GET", modePath(id), nil))
}

// list reads the ids of a list.
func (a *api) list(query string) []int64 {
	a.t.Helper()
	return a.ids(a.do("GET", modes+query, nil))
}

func (a *api) filter(body any) []int64 {
	a.t.Helper()
	return a.ids(a.do("POST", modes+"/filter", body))
}

func (a *api) ids(r reply) []int64 {
	a.t.Helper()
	require.Equal(a.t, 200, r.status, r.raw)
	var rows []struct {
		ID int64 `json:"id"`
	}
	a.decode(r, &rows)
	ids := []int64{}
	for _, row := range rows {
		ids = append(ids, row.ID)
	}
	return ids
}

// at is a date as a client sends it, so far from the server's now.
func (a *api) at(d time.Duration) string {
	return a.server.Now().Add(d).UTC().Format("2006-01-02T15:04:05-07:00")
}

func modePath(id int64) string { return modes + "/" + strconv.FormatInt(id, 10) }

type obj = map[string]any

func items(ci ...int64) []obj {
	out := []obj{}
	for _, id := range ci {
		out = append(out, obj{"id": id})
	}
	return out
}

// brief is a mode's items as "CI state start-end", times in minutes after
// midnight.
func brief(m modeReply) []string {
	out := []string{}
	for _, it := range m.Items {
		out = append(out, fmt.Sprintf("%d %s %s-%s", it.ID, it.State, minute(it.DateStart), minute(it.DateEnd)))
	}
	return out
}

func minute(date string) string {
	t, err := time.Parse(time.RFC3339, date)
	if err != nil {
		return err.Error()
	}
	return strconv.Itoa(int(t.Sub(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)).Minutes()))
}
