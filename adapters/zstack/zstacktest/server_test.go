package zstacktest_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/zstack/zstacktest"
	"github.com/ttkit/ttkit/tt/tttest"
)

// routes are the names in fault scripts, and a request of each.
var routes = map[string][]struct{ method, path string }{
	"login":            {{"PUT", "/accounts/login"}, {"PUT", "/iam2/virtual-ids/login"}},
	"login-project":    {{"PUT", "/iam2/projects/login"}},
	"login-platform":   {{"PUT", "/iam2/platform/login"}},
	"logout":           {{"DELETE", "/accounts/sessions/" + key1}},
	"renew":            {{"PUT", "/accounts/sessions/" + key1 + "/renew"}},
	"valid":            {{"GET", "/accounts/sessions/" + key1 + "/valid"}},
	"ready":            {{"GET", "/management-nodes/ready"}},
	"time":             {{"PUT", "/management-nodes/actions"}},
	"zone":             {{"GET", "/management-nodes/platform-timezone"}},
	"job":              {{"GET", "/api-jobs/" + key1}, {"PUT", "/api-jobs/" + key1}},
	"create":           {{"POST", "/tickets"}},
	"change":           {{"PUT", "/tickets/" + key1 + "/actions"}},
	"delete":           {{"DELETE", "/tickets/" + key1}},
	"tickets":          {{"GET", "/tickets"}, {"GET", "/tickets/"}, {"GET", "/tickets/" + key1}},
	"histories":        {{"GET", "/tickets/histories"}, {"GET", "/tickets/histories/" + key1}},
	"archives":         {{"GET", "/tickets/archives"}},
	"history-archives": {{"GET", "/tickets/histories/archives"}},
	"types":            {{"GET", "/ticket-types"}, {"GET", "/ticket-types/" + key1}},
	"flows":            {{"GET", "/tickets/flow"}, {"GET", "/tickets/flow/" + key1}},
	"collections":      {{"GET", "/tickets/flow-collections"}, {"GET", "/tickets/flow-collections/" + key1}},
	"tag":              {{"POST", "/user-tags"}},
	"tags":             {{"GET", "/user-tags"}, {"GET", "/user-tags/" + key1}},
	"untag":            {{"DELETE", "/tags/" + key1}},
	"":                 {{"PATCH", "/tickets"}, {"GET", "/tickets/" + key1 + "/actions/x"}, {"GET", "/elsewhere"}, {"GET", "/tickets//actions"}},
}

func TestEveryRouteHasItsNameInFaultScripts(t *testing.T) {
	writes := []string{"create", "change", "delete", "tag", "untag"}
	bubble(t, zstacktest.Options{}, func(a *api) {
		for route, requests := range routes {
			for _, r := range requests {
				a.do(r.method, r.path, nil)
				log := a.server.Requests()
				last := log[len(log)-1]
				assert.Equal(t, route, last.Route, "%s %s", r.method, r.path)
				assert.Equal(t, slices.Contains(writes, route), last.Writes, "%s %s", r.method, r.path)
				if route == "" {
					continue
				}
				a.server.Inject(tttest.Fault{Kind: tttest.StatusBefore, Status: 502, Route: route})
				assert.Equal(t, 502, a.do(r.method, r.path, nil).status)
			}
		}
		a.server.Inject(tttest.Fault{Kind: tttest.StatusBefore, Status: 502, Route: "create", Times: -1})
		for _, route := range slices.Sorted(maps.Keys(routes)) {
			if route != "create" {
				assert.NotEqual(t, 502, a.do(routes[route][0].method, routes[route][0].path, nil).status, route)
			}
		}
	})
}

func TestFaultsAnswerAsTheServerOrItsProxyWould(t *testing.T) {
	for _, row := range []struct {
		rule   string
		fault  tttest.Fault
		status int
		text   string // part of the body
		acted  bool
	}{
		{"an error of the server's own is plain text", tttest.Fault{Kind: tttest.StatusAfter}, 500, "java.lang.", true},
		{"a proxy's is a page", tttest.Fault{Kind: tttest.StatusAfter, Status: 504}, 504, "<html", true},
		{"a proxy's before is, too", tttest.Fault{Kind: tttest.StatusBefore}, 503, "<html", false},
		{"a rate limit is a text", tttest.Fault{Kind: tttest.Throttle}, 429, "too many requests", false},
		{"a proxy may answer 200 with its page", tttest.Fault{Kind: tttest.HTML}, 200, "<html", true},
		{"the second of two deliveries is refused", tttest.Fault{Kind: tttest.Twice}, 400, "Duplicate job uuid[" + jobOne + "]", true},
	} {
		t.Run(row.rule, func(t *testing.T) {
			bubble(t, zstacktest.Options{}, func(a *api) {
				row.fault.Route = "create"
				a.server.Inject(row.fault)
				a.headers = map[string]string{"X-Job-UUID": jobOne}
				got := a.do("POST", "/tickets", ticketBody(nil))
				assert.Equal(t, row.status, got.status)
				assert.Contains(t, got.raw, row.text)
				assert.Equal(t, row.acted, len(a.server.Tickets()) == 1)
			})
		})
	}
}

func TestUnauthorizedEndsTheSession(t *testing.T) {
	for _, row := range []struct {
		rule, method, path string
		body               any
		want               string
	}{
		{"a query is refused at once", "GET", "/tickets", nil, "ID.1001"},
		{"a call is accepted and its job has failed", "POST", "/tickets", ticketBody(nil), "ID.1001 in job"},
		{"a login has wrong credentials", "PUT", "/accounts/login", obj{}, "ID.1000"},
		{"what needs no session fails as well", "GET", "/management-nodes/ready", nil, "ID.1001"},
	} {
		t.Run(row.rule, func(t *testing.T) {
			bubble(t, zstacktest.Options{}, func(a *api) {
				a.headers = map[string]string{"X-Job-UUID": jobOne}
				a.server.Inject(tttest.Fault{Kind: tttest.Unauthorized})
				got := a.do(row.method, row.path, row.body)
				if got.status == 202 {
					assert.Equal(t, jobOne, jobID(t, got))
					assert.Equal(t, row.want, a.do("GET", "/api-jobs/"+jobOne, nil).code(t)+" in job")
				} else {
					assert.Equal(t, row.want, got.code(t))
				}
				assert.Empty(t, a.server.Tickets())
				a.headers = nil
				ended := !strings.HasPrefix(row.path, "/accounts") && !strings.HasPrefix(row.path, "/management")
				assert.Equal(t, ended, a.do("GET", "/tickets", nil).status == 503)
			})
		})
	}
}

func TestUnauthorizedWhereThereIsNoSession(t *testing.T) {
	bubble(t, zstacktest.Options{}, func(a *api) {
		id := jobID(t, a.do("POST", "/tickets", ticketBody(nil)))
		a.server.Inject(tttest.Fault{Kind: tttest.Unauthorized, Times: 4})
		assert.Equal(t, 200, a.do("GET", "/api-jobs/"+id, nil).status, "a poll needs none")
		assert.Equal(t, 404, a.do("GET", "/elsewhere", nil).status)
		assert.Equal(t, 400, a.as("").do("GET", "/tickets", nil).status)
		a.signs("GET", "/v1/tickets")
		assert.Equal(t, "ID.1000", a.do("GET", "/tickets", nil).code(t), "an access key")
		assert.Equal(t, 200, a.do("GET", "/tickets", nil).status, "it works again")
	})
}

func TestTheReplyOfACreationIsLost(t *testing.T) {
	bubble(t, zstacktest.Options{}, func(a *api) {
		a.server.Inject(tttest.Fault{Kind: tttest.LoseReply, Route: "create"})
		req, err := http.NewRequest("POST", a.server.URL()+"/v1/tickets", strings.NewReader(`{}`))
		require.NoError(t, err)
		req.Header.Set("Authorization", "OAuth "+a.session)
		req.Header.Set("X-Job-UUID", jobOne)
		_, err = a.server.Client().Do(req)
		require.Error(t, err)
		assert.Equal(t, "SYS.1007", a.do("GET", "/api-jobs/"+jobOne, nil).code(t), "the job can be polled all the same")
	})
}

func TestALateCreationActsWhenItArrives(t *testing.T) {
	bubble(t, zstacktest.Options{}, func(a *api) {
		a.server.Inject(tttest.Fault{Kind: tttest.Late, Route: "delete", Delay: time.Minute})
		uuid := a.newTicket(nil)
		req, err := http.NewRequest("DELETE", a.server.URL()+"/v1/tickets/"+uuid, nil)
		require.NoError(t, err)
		req.Header.Set("Authorization", "OAuth "+a.session)
		_, err = a.server.Client().Do(req)
		require.Error(t, err)
		assert.Len(t, a.server.Tickets(), 1)
		a.server.Settle()
		assert.Empty(t, a.server.Tickets())
	})
}

func TestSomethingHappensBetweenAReadAndAWrite(t *testing.T) {
	bubble(t, zstacktest.Options{}, func(a *api) {
		uuid := a.newTicket(nil)
		a.server.Before("change", func() { assert.NoError(t, a.server.Act(uuid, zstacktest.Reject, "no")) })
		assert.Equal(t, []any{"Pending"}, a.values("/tickets/"+uuid, "status"))
		assert.Equal(t, "SYS.1006", a.change(uuid, "cancel", "").code(t))
	})
}

func TestOneOfManyCreationsAtOnceWins(t *testing.T) {
	bubble(t, zstacktest.Options{Knobs: zstacktest.Knobs{JobTime: time.Second, JobActs: zstacktest.ActsAtEnd}}, func(a *api) {
		var wait sync.WaitGroup
		codes := make([]string, 12)
		for n := range codes {
			wait.Go(func() {
				codes[n] = a.as(a.session).job("POST", "/tickets", ticketBody(obj{"resourceUuid": key1})).code(t)
			})
		}
		wait.Wait()
		slices.Sort(codes)
		assert.Equal(t, "OK", codes[0])
		assert.Equal(t, []string{"SYS.1000"}, slices.Compact(codes[1:]))
		assert.Len(t, a.server.Tickets(), 1)
	})
}

func TestListenServesTheSameState(t *testing.T) {
	server := zstacktest.New(zstacktest.Options{})
	defer server.Close()
	_, err := server.Open(zstacktest.Ticket{})
	require.NoError(t, err)
	url, err := server.Listen("127.0.0.1:0")
	require.NoError(t, err)
	_, err = server.Listen("0.0.0.0:0")
	require.Error(t, err)
	a := &api{t: t, server: server}
	session := a.loginIAM2(zstacktest.DefaultVirtualID, zstacktest.DefaultVirtualIDPassword)

	for base, client := range map[string]*http.Client{url: http.DefaultClient, server.URL(): server.Client()} {
		req, err := http.NewRequest("GET", base+"/v1/tickets?fields=name,status", nil)
		require.NoError(t, err)
		req.Header.Set("Authorization", "OAuth "+session)
		resp, err := client.Do(req)
		require.NoError(t, err)
		assert.Contains(t, readAll(t, resp), `"status":"Pending"`, base)
		assert.NotContains(t, resp.Header, "Content-Type", base)
	}
	require.Equal(t, 4, server.RequestCount())
	for _, r := range server.Requests()[1:] {
		assert.Equal(t, "***", r.Header.Get("Authorization"))
	}
	assert.WithinDuration(t, time.Now(), server.Now(), time.Minute)
}
