package contest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestPlayerAnswers(t *testing.T) {
	before := []Exchange{{Method: "POST", Path: "/login", Body: "welcome"}}
	steps := []Exchange{
		{Method: "GET", Path: "/a", Body: "a"}, {Method: "POST", Path: "/b", Body: "first b"}, {Method: "POST", Path: "/b", Body: "second b"},
	}
	inOrder, together := recording{Steps: steps}, recording{Steps: steps, Together: true}
	for _, row := range []struct {
		name      string
		recording recording
		asked     string // CLIENT METHOD PATH
		answers   string // empty: none is there
	}{
		{"in order", inOrder, "bare GET /a, bare POST /b, bare POST /b", "a, first b, second b"},
		{"over and over", inOrder, "bare GET /a, bare POST /b, bare POST /b, bare GET /a", "a, first b, second b, a"},
		{"nobody out of order", inOrder, "bare POST /b", ""},
		{"nobody who asks again", inOrder, "bare GET /a, bare GET /a", "a, "},
		{"nobody who begins anew in between", inOrder, "bare GET /a, bare POST /b, bare GET /a", "a, first b, "},
		{"another order, of what is in flight together", together, "bare POST /b, bare GET /a, bare POST /b", "first b, a, second b"},
		{"only once, of what is in flight together", together, "bare GET /a, bare POST /b, bare GET /a", "a, first b, "},
		{"nobody by another verb", together, "bare PUT /b", ""},
		{"nobody at another path", together, "bare GET /a/b", ""},
		{"each client in its own place", inOrder, "bare GET /a, library GET /a, bare POST /b", "a, a, first b"},
		{"the library before the operation", recording{Before: before, Steps: steps}, "library POST /login, library GET /a", "welcome, a"},
		{"the client by hand at once", recording{Before: before, Steps: steps}, "bare GET /a", "a"},
		{"nobody who leaves out what comes before", recording{Before: before, Steps: steps}, "library GET /a", ""},
		{"what comes before once", recording{Before: before, Steps: steps[:1]}, "library POST /login, library GET /a, library POST /login", "welcome, a, "},
		{"nobody where nothing was asked", recording{}, "bare GET /a", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := newPlayer(map[string]recording{"0": row.recording})
			var answers []string
			for asked := range strings.SplitSeq(row.asked, ", ") {
				parts := strings.Fields(asked)
				x, err := p.answer("0", parts[0], parts[1], parts[2])
				if err != nil {
					assert.ErrorContains(t, err, parts[1]+" "+parts[2], "it says what was asked")
				}
				answers = append(answers, x.Body)
			}
			assert.Equal(t, row.answers, strings.Join(answers, ", "))
		})
	}
}

func TestPlayerOverHTTP(t *testing.T) {
	p := newPlayer(map[string]recording{"0": {Steps: []Exchange{{
		Method: "GET", Path: "/a", Status: http.StatusAccepted, Body: "later",
		Reply: http.Header{"Location": {"/jobs/1"}, "Date": {"long ago"}, "Content-Length": {"99"}},
	}}}})
	for _, row := range []struct {
		name, method, path string
		status             int
		body               string
	}{
		{"what was recorded", "GET", "/0/bare/a", http.StatusAccepted, "later"},
		{"what was not", "DELETE", "/0/bare/a", http.StatusBadRequest, "contest: bare asks DELETE /a, which is not what was recorded: GET /a is next, of 1 to come\n"},
		{"another recording", "GET", "/1/bare/a", http.StatusBadRequest, "contest: there is no recording \"1\"\n"},
		{"no client", "GET", "/0", http.StatusBadRequest, "contest: nothing is recorded at /0\n"},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			p.ServeHTTP(w, httptest.NewRequest(row.method, row.path, nil))
			assert.Equal(t, row.status, w.Code)
			assert.Equal(t, row.body, w.Body.String())
			if w.Code == http.StatusAccepted {
				assert.Equal(t, http.Header{"Location": {"/jobs/1"}}, w.Header(), "the server writes date and length itself")
			}
		})
	}
}
