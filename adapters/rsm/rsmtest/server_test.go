package rsmtest_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/rsm/rsmtest"
	"github.com/ttkit/ttkit/tt/tttest"
)

func TestEveryRouteHasItsNameInFaultScripts(t *testing.T) {
	for _, row := range []struct {
		route, method, path string
		writes              bool
	}{
		{"list", "GET", modes, false},
		{"list", "GET", modes + "/?search=x", false},
		{"get", "GET", modes + "/1", false},
		{"filter", "POST", modes + "/filter", false},
		{"create", "POST", modes + "?batchValidate=true", true},
		{"replace", "PUT", modes + "/1", true},
		{"patch", "PATCH", modes + "/1", true},
		{"ci", "GET", cis, false},
		{"ci", "GET", cis + "/1", false},
		{"ci", "POST", cis + "/filter", false},
		{"", "DELETE", modes + "/1", false},
		{"", "GET", "/elsewhere", false},
	} {
		t.Run(row.method+" "+row.path, func(t *testing.T) {
			bubble(t, rsmtest.Options{}, func(a *api) {
				plain := a.do(row.method, row.path, nil).status
				log := a.server.Requests()
				require.Len(t, log, 1)
				assert.Equal(t, row.route, log[0].Route)
				assert.Equal(t, row.writes, log[0].Writes)
				if row.route == "" {
					return
				}
				for _, route := range []string{"list", "get", "filter", "create", "replace", "patch", "ci"} {
					a.server.ClearFaults()
					a.server.Inject(tttest.Fault{Kind: tttest.StatusBefore, Status: 502, Route: route})
					want := plain
					if route == row.route {
						want = 502
					}
					assert.Equal(t, want, a.do(row.method, row.path, nil).status, "a fault on %s", route)
				}
				assert.Equal(t, 8, a.server.RequestCount())
			})
		})
	}
}

func TestFaultsAnswerAsTheVendorWould(t *testing.T) {
	bubble(t, rsmtest.Options{Knobs: rsmtest.Knobs{Language: rsmtest.English, Skew: time.Hour}}, func(a *api) {
		a.server.Inject(
			tttest.Fault{Kind: tttest.StatusAfter, Writes: true},
			tttest.Fault{Kind: tttest.Unauthorized},
			tttest.Fault{Kind: tttest.Throttle, RetryAfter: 30 * time.Second},
		)
		got := a.tryCreate(nil, 1)
		assert.Equal(t, 500, got.status)
		assert.Contains(t, got.raw, "An unexpected error while processing the request")
		assert.Len(t, a.server.Modes(), 1, "it has acted")

		got = a.do("GET", modes, nil)
		assert.Equal(t, 401, got.status)
		assert.Equal(t, "Bearer", got.header.Get("WWW-Authenticate"))

		got = a.do("GET", modes, nil)
		assert.Equal(t, 429, got.status)
		assert.Equal(t, "30", got.header.Get("Retry-After"))
		assert.Equal(t, "Sat, 01 Jan 2000 01:00:00 GMT", got.header.Get("Date"), "by the server's clock")
	})
}

func TestALateCreationCommitsWhenTheClientHasGivenUp(t *testing.T) {
	bubble(t, rsmtest.Options{}, func(a *api) {
		a.server.Inject(tttest.Fault{Kind: tttest.Late, Route: "create", Delay: 40 * time.Second})
		body := `{"dateStart":"2000-01-01T00:00:00+00:00","dateEnd":"2000-01-02T00:00:00+00:00","configItems":[{"id":1}]}`
		req, err := http.NewRequest("POST", a.server.URL()+modes, strings.NewReader(body))
		require.NoError(t, err)
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Bearer "+a.token)
		_, err = a.server.Client().Do(req)
		require.Error(t, err)

		time.Sleep(39 * time.Second)
		assert.Empty(t, a.list(""))
		early := a.create(nil, 2).ID
		time.Sleep(2 * time.Second)
		require.Len(t, a.list(""), 2)
		late, _ := a.server.Mode(early + 1)
		assert.Equal(t, 40*time.Second, late.Created.Sub(late.Start))
	})
}

func TestTwoDeliveriesOfACreationMakeTwoModes(t *testing.T) {
	bubble(t, rsmtest.Options{}, func(a *api) {
		a.server.Inject(tttest.Fault{Kind: tttest.Twice, Writes: true})
		second := a.create(nil, 1).ID
		assert.Equal(t, []int64{second - 1, second}, a.list(""))
	})
}

func TestWhatHasNotCommittedWhenTheServerClosesIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := rsmtest.New(rsmtest.Options{Knobs: rsmtest.Knobs{CommitDelay: time.Hour}})
		failed := make(chan error)
		go func() {
			req, err := http.NewRequest("POST", server.URL()+modes, strings.NewReader(
				`{"dateStart":"2000-01-01T00:00:00+00:00","dateEnd":"2000-01-02T00:00:00+00:00","configItems":[{"id":1}]}`))
			if err == nil {
				req.Header.Set("Content-Type", "application/json")
				req.Header.Set("Authorization", "Bearer "+rsmtest.DefaultToken)
				var resp *http.Response
				if resp, err = server.Client().Do(req); err == nil {
					err = errors.Join(errors.New(resp.Status), resp.Body.Close())
				}
			}
			failed <- err
		}()
		synctest.Wait()
		go server.Close()
		require.Error(t, <-failed)
		server.Close()
		assert.Empty(t, server.Modes())
	})
}

func TestListenServesTheSameState(t *testing.T) {
	server := rsmtest.New(rsmtest.Options{})
	defer server.Close()
	server.AddMode(rsmtest.Mode{Items: []rsmtest.Item{{CI: 1}}})
	url, err := server.Listen("127.0.0.1:0")
	require.NoError(t, err)
	_, err = server.Listen("0.0.0.0:0")
	require.Error(t, err)

	for base, client := range map[string]*http.Client{url: http.DefaultClient, server.URL(): server.Client()} {
		req, err := http.NewRequest("GET", base+modes+"/1001", nil)
		require.NoError(t, err)
		req.Header.Set("Authorization", "bearer "+rsmtest.DefaultToken)
		resp, err := client.Do(req)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		assert.Equal(t, 200, resp.StatusCode, base)
	}
	for _, r := range server.Requests() {
		assert.Equal(t, "***", r.Header.Get("Authorization"))
	}
	assert.Len(t, server.Requests(), 2)
}
