package guancetest_test

import (
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/guance/guancetest"
	"github.com/ttkit/ttkit/tt/tttest"
)

func TestEveryRouteHasItsNameInFaultScripts(t *testing.T) {
	for _, row := range []struct {
		route, method, path string
		writes              bool
	}{
		{"add", "POST", schedules + "/add", true},
		{"add", "POST", schedules + "/add/", true},
		{"modify", "POST", schedules + "/incsch_1/modify", true},
		{"get", "GET", schedules + "/incsch_1/get?x=1", false},
		{"list", "GET", schedules + "/list", false},
		{"list", "POST", schedules + "/list", false},
		{"delete", "POST", schedules + "/delete", true},
		{"delete", "GET", schedules + "/delete", true},
		{"delete", "POST", schedules + "/incsch_1/delete", true},
		{"delete", "GET", schedules + "/incsch_1/delete", true},
		{"incident-list", "POST", root + "/incidents/list", false},
		{"incident-get", "GET", root + "/incidents/incident_1/get", false},
		{"incident-modify", "POST", root + "/incidents/incident_1/modify", true},
		{"incident-log", "GET", root + "/incidents/operate/incident_1/list", false},
		{"comment-add", "POST", root + "/incidents/comment/incident_1/add", true},
		{"comment-modify", "POST", root + "/incidents/comment/inccmt_1/modify", true},
		{"comment-list", "GET", root + "/incidents/comment/incident_1/list", false},
		{"issue-add", "POST", root + "/issue/add", true},
		{"issue-get", "GET", root + "/issue/issue_1/get", false},
		{"issue-modify", "POST", root + "/issue/issue_1/modify", true},
		{"issue-list", "POST", root + "/issue/list", false},
		{"issue-levels", "GET", root + "/issue-level/list", false},
		{"reply-add", "POST", root + "/issue/reply/create", true},
		{"reply-list", "GET", root + "/issue/reply/issue_1/list", false},
		{"reply-modify", "POST", root + "/issue/reply/repim_1/modify", true},
		{"reply-delete", "POST", root + "/issue/reply/repim_1/delete", true},
		{"", "GET", root + "/issue/add", false},
		{"", "GET", root + "/add", false},
		{"", "GET", schedules + "/add", false},
		{"", "POST", schedules + "/incsch_1/get", false},
		{"", "DELETE", schedules + "/incsch_1/delete", false},
		{"", "PUT", schedules + "/add", false},
		{"", "GET", schedules + "/incsch_1", false},
		{"", "GET", schedules + "//get", false},
		{"", "GET", "/incidents/schedule/list", false},
		{"", "GET", "/", false},
	} {
		t.Run(row.method+" "+row.path, func(t *testing.T) {
			bubble(t, guancetest.Options{}, func(a *api) {
				plain := a.do(row.method, row.path, nil).status
				log := a.server.Requests()
				require.Len(t, log, 1)
				assert.Equal(t, row.route, log[0].Route)
				assert.Equal(t, row.writes, log[0].Writes)
				if row.route == "" {
					assert.Contains(t, []int{404, 405}, plain)
					return
				}
				for _, route := range []string{"add", "modify", "list", "incident-get", row.route} {
					a.server.ClearFaults()
					a.server.Inject(tttest.Fault{Kind: tttest.Throttle, Route: route})
					want := plain
					if route == row.route {
						want = 401
					}
					assert.Equal(t, want, a.do(row.method, row.path, nil).status, "a fault on %s", route)
				}
				assert.Equal(t, 6, a.server.RequestCount())
			})
		})
	}
}

func TestFaultsAnswerAsTheVendorWould(t *testing.T) {
	bubble(t, guancetest.Options{Knobs: guancetest.Knobs{Skew: time.Hour, Errors: guancetest.ErrorsInBody}}, func(a *api) {
		a.server.Inject(
			tttest.Fault{Kind: tttest.StatusAfter, Writes: true},
			tttest.Fault{Kind: tttest.StatusAfter, Status: 502},
			tttest.Fault{Kind: tttest.Unauthorized},
			tttest.Fault{Kind: tttest.Throttle, RetryAfter: 30 * time.Second},
			tttest.Fault{Kind: tttest.Throttle},
		)
		got := a.tryAdd(nil)
		assert.Equal(t, []int{500, 500}, []int{got.status, got.Code})
		assert.Equal(t, "ft.InternalError", got.ErrorCode)
		assert.Len(t, a.server.Schedules(), 2, "it has acted")

		got = a.do("GET", schedules+"/list", nil)
		assert.Equal(t, []int{502, 502}, []int{got.status, got.Code})

		got = a.do("GET", schedules+"/list", nil)
		assert.Equal(t, []int{403, 403}, []int{got.status, got.Code})
		assert.Equal(t, "ft.InvalidAPIKey", got.ErrorCode)
		assert.Equal(t, "invalid api key", got.Message)

		got = a.do("GET", schedules+"/list", nil)
		assert.Equal(t, []int{401, 401}, []int{got.status, got.Code})
		assert.Equal(t, perKey, got.ErrorCode)
		assert.Equal(t, "30", got.header.Get("Retry-After"))
		assert.Equal(t, "Sat, 01 Jan 2000 01:00:00 GMT", got.header.Get("Date"), "by the server's clock")

		got = a.do("GET", schedules+"/list", nil)
		assert.Equal(t, perKey, got.ErrorCode)
		assert.Empty(t, got.header.Values("Retry-After"), "the vendor documents none")
	})
}

func TestAKeyIsNeeded(t *testing.T) {
	bubble(t, guancetest.Options{}, func(a *api) {
		for _, key := range []string{"", "unknown", guancetest.DefaultKey + "x"} {
			a.key = key
			for _, path := range []string{schedules + "/list", "/elsewhere"} {
				got := a.do("GET", path, nil)
				assert.Equal(t, 403, got.status, "before the path is looked at")
				assert.Equal(t, "ft.InvalidAPIKey", got.ErrorCode)
			}
		}
		a.key = guancetest.DefaultKey
		assert.Equal(t, 200, a.do("GET", schedules+"/list", nil).status)
		a.server.Revoke(a.key)
		assert.Equal(t, 403, a.do("GET", schedules+"/list", nil).status)
		a.server.SetKey(guancetest.Key{Value: a.key})
		assert.Equal(t, 200, a.do("GET", schedules+"/list", nil).status)
	})
}

func TestALateAddCommitsWhenTheClientHasGivenUp(t *testing.T) {
	empty(t, func(a *api) {
		a.server.Inject(tttest.Fault{Kind: tttest.Late, Route: "add", Delay: 40 * time.Second})
		body := `{"name":"late","start":"00:00","end":"23:59","notifyTargets":["acnt_1"]}`
		_, err := a.server.Client().Do(a.request("POST", schedules+"/add", body))
		require.Error(t, err)

		time.Sleep(39 * time.Second)
		assert.Empty(t, a.names(""))
		a.add(obj{"name": "early"})
		time.Sleep(2 * time.Second)
		assert.Equal(t, []string{"late", "early"}, a.names(""))

		a.server.Inject(tttest.Fault{Kind: tttest.Late, Delay: time.Hour})
		_, err = a.server.Client().Do(a.request("POST", schedules+"/add", body))
		require.Error(t, err)
		a.server.Settle()
		assert.Len(t, a.server.Schedules(), 3)
	})
}

func TestTwoDeliveriesOfAnAddMakeTwoSchedules(t *testing.T) {
	empty(t, func(a *api) {
		a.server.Inject(tttest.Fault{Kind: tttest.Twice, Writes: true})
		second := a.add(nil)
		all := a.server.Schedules()
		require.Len(t, all, 2)
		assert.Equal(t, second, all[1].UUID)
	})
}

func TestAPersonActsBetweenReadAndWrite(t *testing.T) {
	empty(t, func(a *api) {
		uuid := a.add(nil)
		a.server.Before("modify", func() { a.server.Delete(uuid) })
		a.get(uuid)
		assert.Equal(t, 404, a.tryModify(uuid, nil).status)
	})
}

func TestWhatHasNotCommittedWhenTheServerClosesIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := guancetest.New(guancetest.Options{Knobs: guancetest.Knobs{CommitDelay: time.Hour, Workspace: guancetest.WorkspaceEmpty}})
		a := &api{t: t, server: server, key: guancetest.DefaultKey}
		req := a.request("POST", schedules+"/add", `{"name":"n","start":"00:00","end":"23:59","notifyTargets":["acnt_1"]}`)
		failed := make(chan bool)
		go func() {
			resp, err := server.Client().Do(req)
			if err == nil {
				_ = resp.Body.Close()
			}
			failed <- err != nil || resp.StatusCode == http.StatusInternalServerError
		}()
		synctest.Wait()
		go server.Close()
		assert.True(t, <-failed, "the connection is cut, or the answer says that nothing was done")
		server.Close()
		assert.Empty(t, server.Schedules())
	})
}

func TestListenServesTheSameState(t *testing.T) {
	server := guancetest.New(guancetest.Options{})
	defer server.Close()
	uuid := server.AddSchedule(guancetest.Schedule{})
	url, err := server.Listen("127.0.0.1:0")
	require.NoError(t, err)
	_, err = server.Listen("0.0.0.0:0")
	require.Error(t, err)

	for base, client := range map[string]*http.Client{url: http.DefaultClient, server.URL(): server.Client()} {
		req, err := http.NewRequest("GET", base+schedules+"/"+uuid+"/get", nil)
		require.NoError(t, err)
		req.Header.Set("df-api-key", guancetest.DefaultKey)
		resp, err := client.Do(req)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		assert.Equal(t, 200, resp.StatusCode, base)
	}
	require.Len(t, server.Requests(), 2)
	for _, r := range server.Requests() {
		assert.Equal(t, "***", r.Header.Get("DF-API-KEY"))
	}
}

func TestKnobsTurnInTheMiddle(t *testing.T) {
	bubble(t, guancetest.Options{}, func(a *api) {
		uuid := a.add(nil)
		a.server.SetKnobs(guancetest.Knobs{Unset: guancetest.UnsetNull, ListLag: time.Minute})
		assert.Nil(t, a.get(uuid)["updateAt"])
		assert.NotContains(t, a.names(""), "uplink down", "a minute ago there was nothing")
	})
}

func TestManyClientsAtOnce(t *testing.T) {
	bubble(t, guancetest.Options{Limits: guancetest.Limits{Key: 90}, Knobs: guancetest.Knobs{Workspace: guancetest.WorkspaceEmpty, ListLag: time.Second}}, func(a *api) {
		uuid := a.add(nil)
		var wait sync.WaitGroup
		for range 8 {
			wait.Go(func() {
				for range 5 {
					a.tryModify(uuid, nil)
					a.tryAdd(nil)
					a.do("GET", schedules+"/list", nil)
					a.server.Schedules()
					a.told("a")
				}
			})
		}
		wait.Wait()
		assert.Equal(t, guancetest.Usage{Calls: 121, Refused: 31, Peak: 121}, a.server.Usage(a.key), "exactly as many as the limit allows pass")
	})
}

func TestEveryServerHasAURLOfItsOwn(t *testing.T) {
	one, two := guancetest.New(guancetest.Options{}), guancetest.New(guancetest.Options{})
	defer one.Close()
	defer two.Close()
	assert.NotEqual(t, one.URL(), two.URL(), "or a client that counts its calls would add up those of two tests")
	assert.Equal(t, one.URL(), one.URL())
}
