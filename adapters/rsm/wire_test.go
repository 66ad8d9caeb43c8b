package rsm

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/tt"
)

// answering is a transport that gives one answer to every request.
type answering struct {
	status int
	header http.Header
	body   string
}

func (a answering) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
		_ = r.Body.Close()
	}
	h := a.header.Clone()
	if h == nil {
		h = http.Header{}
	}
	return &http.Response{
		StatusCode: a.status, Status: http.StatusText(a.status), Header: h, Request: r,
		Body: io.NopCloser(strings.NewReader(a.body)), ContentLength: int64(len(a.body)),
	}, nil
}

func openAnswering(t testing.TB, a answering) *System {
	t.Helper()
	s, err := New(Config{
		Common: tt.Common{BaseURL: "https://monq.example.net", Retry: tt.Retry{MaxAttempts: 1}},
		Token:  tt.NewSecret("t0p-secret-token"),
	}, tt.WithHTTPClient(&http.Client{Transport: a}), tt.WithName("msk"))
	require.NoError(t, err)
	return s
}

// What the server says, and what the caller learns.
func TestVendorErrors(t *testing.T) {
	for _, row := range []struct {
		name      string
		answer    answering
		code      tt.Code
		temporary bool
		says      string
	}{
		{"a wrong token says where tokens are", answering{status: 401}, tt.CodeUnauthenticated, false, "setting token"},
		{"a missing right says whose", answering{status: 403, body: `{"message":"Недостаточно прав для просмотра данного сервисного режима"}`}, tt.CodePermissionDenied, false, "Недостаточно прав"},
		{"an unknown mode", answering{status: 404, body: `{"message":"Сервисный режим с ID 7 не найден."}`}, tt.CodeNotFound, false, "не найден"},
		{"a proxy's 404 page says nothing about the ticket", answering{status: 404, body: "<html><body>nginx</body></html>"}, tt.CodeUnavailable, true, "base_url"},
		{"texts of fields are told", answering{status: 400, body: `{"message":"Error in query parameters.","queryFields":{"id":["Недопустимое значение"]}}`}, tt.CodeInvalid, false, "Недопустимое значение"},
		{"an unexpected failure may pass", answering{status: 500, body: `{"message":"Internal server error.","stackTrace":"at …"}`}, tt.CodeUnavailable, true, "Internal server error"},
		{"a gateway's page may pass", answering{status: 502, body: "<html>Bad Gateway</html>"}, tt.CodeUnavailable, true, "Bad Gateway"},
		{"too many requests", answering{status: 429, header: http.Header{"Retry-After": {"30"}}}, tt.CodeRateLimited, true, "try again in 30s"},
		{"200 with a login page is no answer", answering{status: 200, body: "<html>log in</html>"}, tt.CodeUnavailable, true, ""},
		{"another mode than the one asked for is no answer", answering{status: 200, body: `{"id":8}`}, tt.CodeUnavailable, true, "another mode"},
		{"a redirect is not followed", answering{status: 301, header: http.Header{"Location": {"https://elsewhere.example.net/"}}}, tt.CodeInvalid, false, "elsewhere.example.net"},
		{"an echoed token is blotted out", answering{status: 403, body: `{"message":"token t0p-secret-token is read-only"}`}, tt.CodePermissionDenied, false, "read-only"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := openAnswering(t, row.answer).GetTT(t.Context(), "7")
			var e *tt.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, row.code, e.Code, err.Error())
			assert.Equal(t, row.temporary, e.Temporary())
			assert.Equal(t, tt.NotDone, e.Outcome, "a read does nothing")
			assert.True(t, e.Repeatable)
			assert.ErrorContains(t, err, row.says)
			assert.ErrorContains(t, err, `rsm "msk": GetTT 7: `)
			assert.NotContains(t, err.Error(), "t0p-secret-token")
		})
	}
}

func TestStates(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Second)
	at := func(d time.Duration) string { return now.Add(d).Format(wireTime) }
	mode := func(itemState string, itemEnd, end time.Duration) string {
		return `{"id":7,"dateStart":"` + at(-time.Hour) + `","dateEnd":"` + at(end) + `","title":null,
			"configItems":[{"id":1,"scope":"Ci","depth":0,"state":"` + itemState + `","dateStart":"` + at(-time.Hour) + `","dateEnd":"` + at(itemEnd) + `"}],"labels":null}`
	}
	for _, row := range []struct {
		name, body string
		want       tt.State
	}{
		{"a running mode is open", mode("Active", time.Hour, time.Hour), tt.StateOpen},
		{"a running mode of an unknown state is open", mode("Läuft", time.Hour, time.Hour), tt.StateOpen},
		{"a planned mode is open", mode("Pending", time.Hour, time.Hour), tt.StateOpen},
		{"a completed item is over, whatever the dates say", mode("COMPLETED", time.Hour, time.Hour), tt.StateClosed},
		{"a cancelled item is over", mode("Canceled", time.Hour, time.Hour), tt.StateClosed},
		{"a date that has passed is an end, whatever the state says", mode("Active", -time.Minute, -time.Minute), tt.StateClosed},
		{"dates that nobody can read leave the state", `{"id":7,"dateStart":"soon","dateEnd":null,"configItems":[{"id":1,"state":"Active","dateEnd":"later"}]}`, tt.StateOpen},
	} {
		t.Run(row.name, func(t *testing.T) {
			ticket, err := openAnswering(t, answering{status: 200, body: row.body}).GetTT(t.Context(), "7")
			require.NoError(t, err)
			assert.Equal(t, row.want, ticket.State)
		})
	}
}

// Whatever a server answers: no panic, an error or a ticket that can be
// written, and no secret in either.
func FuzzDecodeMode(f *testing.F) {
	f.Add(200, []byte(`{"id":7,"dateStart":"2026-03-01T09:00:05+00:00","dateEnd":"2026-03-08T09:00:05+00:00","title":"x","configItems":[{"id":1,"scope":"Ci","depth":-1,"state":"Active"}],"labels":{"tt_key":"00","tt_h_0_001":"ttj1 h 0 1/1 2 00000000 {} 00000000"}}`))
	f.Add(200, []byte(`{"id":7,"labels":{"a":["b"],"tt_x":null},"configItems":null}`))
	f.Add(400, []byte(`{"message":"Указанный режим обслуживания уже окончен. Вы не можете завершить его."}`))
	f.Add(404, []byte(`<html>`))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		if status < 100 || status > 599 {
			status = 200
		}
		s := openAnswering(t, answering{status: status, body: string(body)})
		ticket, err := s.GetTT(t.Context(), "7")
		if err != nil {
			var e *tt.Error
			require.True(t, errors.As(err, &e))
			require.Equal(t, tt.NotDone, e.Outcome)
			require.NotContains(t, err.Error(), "t0p-secret-token")
			return
		}
		_, err = json.Marshal(ticket)
		require.NoError(t, err)
		require.Equal(t, "7", ticket.ID)
		require.Contains(t, []tt.State{tt.StateOpen, tt.StatePending, tt.StateClosed, tt.StateExpired}, ticket.State)
		_, err = s.ListTTs(t.Context(), tt.ListRequest{})
		require.Error(t, err, "an object is no list")
	})
}
