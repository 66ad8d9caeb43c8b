package contest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestATapeHoldsWhatPasses(t *testing.T) {
	received := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		received = string(body)
		w.Header().Set("X-Count", "1")
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, "made")
	}))
	defer server.Close()
	tape := newTape(server.URL+"/base/", http.DefaultTransport)
	client := http.Client{Transport: tape}
	resp, err := client.Post(server.URL+"/base/tickets?page=1", "text/plain", strings.NewReader("one"))
	require.NoError(t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, "made", string(body), "the answer is still there to be read")
	assert.Equal(t, "one", received)

	taken := tape.cut()
	require.Len(t, taken, 1)
	x := taken[0]
	assert.Equal(t, []string{"POST", "/tickets", "page=1", "one", "made"}, []string{x.Method, x.Path, x.Query, x.Sent, x.Body})
	assert.Equal(t, "text/plain", x.Header.Get("Content-Type"))
	assert.Equal(t, http.StatusCreated, x.Status)
	assert.Equal(t, "1", x.Reply.Get("X-Count"))
	assert.Empty(t, tape.cut(), "each request is cut once")
}

func TestRequestsAreTheSame(t *testing.T) {
	get := Exchange{Method: "GET", Path: "/a"}
	post := Exchange{Method: "POST", Path: "/a", Sent: `{"a":1,"b":[2]}`, Header: http.Header{"Accept": {"text/json"}}}
	but := func(x Exchange, change func(*Exchange)) Exchange { change(&x); return x }
	for _, row := range []struct {
		name         string
		ours, theirs []Exchange
		together     bool
		same         bool
	}{
		{"the same", []Exchange{get, post}, []Exchange{get, post}, false, true},
		{"in another order", []Exchange{get, post}, []Exchange{post, get}, false, false},
		{"in another order, in flight together", []Exchange{get, post}, []Exchange{post, get}, true, true},
		{"one more", []Exchange{get}, []Exchange{get, get}, true, false},
		{"fields in another order", []Exchange{post}, []Exchange{but(post, func(x *Exchange) { x.Sent = `{"b": [2], "a": 1}` })}, false, true},
		{"another field", []Exchange{post}, []Exchange{but(post, func(x *Exchange) { x.Sent = `{"a":1}` })}, false, false},
		{"another query", []Exchange{get}, []Exchange{but(get, func(x *Exchange) { x.Query = "a=1" })}, false, false},
		{"another header", []Exchange{get}, []Exchange{but(get, func(x *Exchange) { x.Header = http.Header{"Accept": {"*/*"}} })}, false, false},
		{"another User-Agent", []Exchange{get}, []Exchange{but(get, func(x *Exchange) { x.Header = http.Header{"User-Agent": {"bare"}} })}, false, true},
		{"another answer", []Exchange{get}, []Exchange{but(get, func(x *Exchange) { x.Body = "other" })}, false, true},
		{"what is masked", []Exchange{but(get, func(x *Exchange) { x.Query = "at=1" })}, []Exchange{but(get, func(x *Exchange) { x.Query = "at=2" })}, false, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			mask := func(x *Exchange) {
				if strings.HasPrefix(x.Query, "at=") {
					x.Query = "at=NOW"
				}
			}
			ours, err := requests(row.ours, row.together, mask)
			require.NoError(t, err)
			theirs, err := requests(row.theirs, row.together, mask)
			require.NoError(t, err)
			if row.same {
				assert.Equal(t, ours, theirs)
			} else {
				assert.NotEqual(t, ours, theirs)
			}
		})
	}
}

func TestARequestThatIsNoJSONIsNotCompared(t *testing.T) {
	_, err := requests([]Exchange{{Method: "POST", Path: "/a", Sent: "a=1"}}, false, nil)
	assert.ErrorContains(t, err, "POST /a")
}
