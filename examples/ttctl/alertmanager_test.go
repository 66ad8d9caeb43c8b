package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/tt"
)

// serveAlertmanager answers as an Alertmanager that began to run at a time.
func serveAlertmanager(t *testing.T, began time.Time, groups string) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/am/api/v2/status":
			fmt.Fprintf(w, `{"cluster":{"status":"ready"},"uptime":%q,"versionInfo":{}}`, began.Format(time.RFC3339Nano))
		case "/am/api/v2/alerts/groups":
			assert.Empty(t, r.URL.RawQuery, "a filter would make alerts look resolved")
			fmt.Fprint(w, groups)
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL + "/am"
}

func TestAnAlertmanagerIsAsked(t *testing.T) {
	am, err := newAlertmanager(serveAlertmanager(t, time.Now().Add(-time.Hour), groupsText), "")
	require.NoError(t, err)
	text, err := am.groups(t.Context(), 5*time.Minute)
	require.NoError(t, err)
	assert.Equal(t, groupsText, string(text))
}

func TestAnAlertmanagerThatHasJustStartedIsNotBelieved(t *testing.T) {
	am, err := newAlertmanager(serveAlertmanager(t, time.Now().Add(-time.Minute), "[]"), "")
	require.NoError(t, err)
	_, err = am.groups(t.Context(), 5*time.Minute)
	require.ErrorIs(t, err, tt.ErrTemporary)
	assert.ErrorContains(t, err, "may not know yet of every alert that fires")
	var e *tt.Error
	require.ErrorAs(t, err, &e)
	assert.InDelta(t, 4*time.Minute, e.RetryAfter, float64(time.Minute))
}

func TestAnAddressThatIsNoneIsRefused(t *testing.T) {
	for _, row := range []struct{ name, address, says string }{
		{"a host alone", "127.0.0.1:9093", "no address"},
		{"another scheme", "ftp://127.0.0.1", "no address"},
		{"a password", "http://u:hunter2@127.0.0.1", "lists of processes"},
		{"a filter", "http://127.0.0.1/?silenced=false", "would look resolved"},
		{"nothing", "", "no address"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := newAlertmanager(row.address, "")
			require.ErrorIs(t, err, tt.ErrInvalid)
			assert.ErrorContains(t, err, row.says)
			assert.NotContains(t, err.Error(), "hunter2")
		})
	}
}

func TestAnAlertmanagerThatFailsIsNoEmptyList(t *testing.T) {
	const secret = "am-t0ken-77"
	for _, row := range []struct {
		name   string
		answer http.HandlerFunc
		code   tt.Code
		says   string
	}{
		{"it breaks down", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }, tt.CodeUnavailable, "500"},
		{"a proxy has lost it", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(502) }, tt.CodeUnavailable, "502"},
		{"it wants a token", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(401) }, tt.CodeUnauthenticated, "ALERTMANAGER_TOKEN"},
		{"it refuses the token", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(403) }, tt.CodePermissionDenied, "403"},
		{"it is somewhere else", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/login?"+secret, http.StatusFound) }, tt.CodeInternal, "check the address"},
		{"it is something else", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") }, tt.CodeInternal, "is it an Alertmanager?"},
		{"it is cut off", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, "[")
		}, tt.CodeUnavailable, "cut off"},
	} {
		t.Run(row.name, func(t *testing.T) {
			server := httptest.NewServer(row.answer)
			defer server.Close()
			am, err := newAlertmanager(server.URL, secret)
			require.NoError(t, err)
			_, err = am.groups(t.Context(), 0)
			require.Error(t, err)
			assert.Equal(t, row.code, tt.CodeOf(err))
			assert.ErrorContains(t, err, row.says)
			assert.NotContains(t, err.Error(), secret)
			var e *tt.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, tt.NotDone, e.Outcome)
		})
	}
}

func TestTheTokenGoesToTheAlertmanager(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "Bearer am-t0ken-77", r.Header.Get("Authorization"))
		fmt.Fprint(w, `{"uptime":"2020-01-01T00:00:00Z"}`)
	}))
	defer server.Close()
	am, err := newAlertmanager(server.URL+"/", "am-t0ken-77")
	require.NoError(t, err)
	_, err = am.groups(t.Context(), time.Minute)
	assert.NoError(t, err)
}
