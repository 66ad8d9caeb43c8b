package rest

import (
	"errors"
	"strconv"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/tt"
)

func itoa(n int) string { return strconv.Itoa(n) }

// failure returns err as the *tt.Error that it must be.
func failure(t *testing.T, err error) *tt.Error {
	t.Helper()
	var e *tt.Error
	require.True(t, errors.As(err, &e), "want a *tt.Error, got %v", err)
	assert.NotContains(t, e.Error(), token)
	return e
}

func TestACallReachesTheServerAndItsJSONComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &answers{replies: []string{reply(200, `{"id":7}`)}}
		c := newClient(t, a.network().client(t))
		var out struct{ ID int }
		resp, err := c.Do(t.Context(), Request{
			Method: "POST", Path: "/v1/items/a%2Fb", Query: map[string][]string{"page": {"2"}},
			Header: map[string][]string{"x-trace": {"42"}},
			Body:   map[string]string{"name": "Москва"}, Out: &out,
		})
		require.NoError(t, err)
		assert.Equal(t, 7, out.ID)
		assert.Equal(t, 200, resp.Status)
		assert.Equal(t, `{"id":7}`, string(resp.Body))
		require.Len(t, a.requests(), 1)
		sent := a.requests()[0]
		assert.Equal(t, "POST", sent.method)
		assert.Equal(t, "/api/v1/items/a%2Fb?page=2", sent.uri)
		assert.Equal(t, `{"name":"Москва"}`, sent.body)
		assert.Equal(t, "Bearer "+token, sent.header.Get("Authorization"))
		assert.Equal(t, "42", sent.header.Get("X-Trace"))
		assert.Equal(t, "application/json", sent.header.Get("Content-Type"))
		assert.Equal(t, "application/json", sent.header.Get("Accept"))
		assert.Regexp(t, `^ttkit/\S+ \(\+https://github\.com/ttkit/ttkit\)$`, sent.header.Get("User-Agent"))
	})
}

// TestRepeatsFollowTheClass walks every class through every way to fail and
// counts what the server got.
func TestRepeatsFollowTheClass(t *testing.T) {
	const lost = ""
	busy := reply(503, "busy")
	throttled := reply(429, "slow down")
	early := reply(425, "too early")
	timeout := reply(408, "you were slow")
	bad := reply(400, "bad")
	html := reply(200, "<html>hello</html>", "Content-Type: text/html")
	cut := "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"id\":"
	for _, test := range []struct {
		name     string
		reply    string
		code     tt.Code
		outcome  tt.Outcome // of a write
		requests [3]int     // that the server gets: Safe, Guarded, Once
	}{
		{"a lost reply", lost, tt.CodeUnavailable, tt.Unknown, [3]int{5, 1, 1}},
		{"a reply cut in the middle", cut, tt.CodeUnavailable, tt.Unknown, [3]int{5, 1, 1}},
		{"HTML from a proxy", html, tt.CodeUnavailable, tt.Unknown, [3]int{5, 1, 1}},
		{"an empty success", reply(200, ""), tt.CodeUnavailable, tt.Unknown, [3]int{5, 1, 1}},
		{"JSON of another shape", reply(200, `{"id":"x"}`), tt.CodeInternal, tt.Unknown, [3]int{1, 1, 1}},
		{"503", busy, tt.CodeUnavailable, tt.Unknown, [3]int{5, 1, 1}},
		{"501", reply(501, ""), tt.CodeUnavailable, tt.Unknown, [3]int{1, 1, 1}},
		{"408", timeout, tt.CodeUnavailable, tt.Unknown, [3]int{5, 1, 1}},
		{"425", early, tt.CodeUnavailable, tt.NotDone, [3]int{5, 5, 1}},
		{"429", throttled, tt.CodeRateLimited, tt.NotDone, [3]int{5, 5, 1}},
		{"400", bad, tt.CodeInvalid, tt.NotDone, [3]int{1, 1, 1}},
	} {
		for class, requests := range test.requests {
			for _, readOnly := range []bool{false, true} {
				name := test.name + ", class " + itoa(class)
				if readOnly {
					name += ", read-only"
				}
				t.Run(name, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						a := &answers{replies: []string{test.reply}}
						c := newClient(t, a.network().client(t))
						var out struct{ ID int }
						_, err := c.Do(t.Context(), Request{
							Method: "POST", Path: "/x", Body: []byte(`{"full":"body"}`),
							Class: Class(class), ReadOnly: readOnly, Out: &out,
						})
						e := failure(t, err)
						assert.Equal(t, test.code, e.Code)
						if readOnly {
							assert.Equal(t, tt.NotDone, e.Outcome)
						} else {
							assert.Equal(t, test.outcome, e.Outcome)
						}
						assert.Equal(t, "rsm", e.Adapter)
						assert.Equal(t, "msk", e.System)
						if readOnly && Class(class) == Guarded {
							return // what was read is known to have done nothing
						}
						assert.Len(t, a.requests(), requests)
						for _, r := range a.requests() {
							assert.Equal(t, `{"full":"body"}`, r.body)
						}
					})
				})
			}
		}
	}
}
