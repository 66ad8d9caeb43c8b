package contest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// Exchange is a request and its answer.
type Exchange struct {
	Method string
	Path   string // below the base URL
	Query  string // raw
	Header http.Header
	Sent   string // the request's body

	Status int
	Reply  http.Header
	Body   string // the answer's
}

// tape is a transport that records what passes.
type tape struct {
	base  string // the path of the base URL
	next  http.RoundTripper
	mu    sync.Mutex
	taken []Exchange
}

// newTape records requests below a base URL.
func newTape(base string, next http.RoundTripper) *tape {
	t := &tape{next: next}
	if u, err := url.Parse(base); err == nil {
		t.base = strings.TrimSuffix(u.Path, "/")
	}
	return t
}

func (t *tape) RoundTrip(r *http.Request) (*http.Response, error) {
	x := Exchange{Method: r.Method, Path: strings.TrimPrefix(r.URL.Path, t.base), Query: r.URL.RawQuery, Header: r.Header.Clone()}
	if r.Body != nil {
		sent, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		_ = r.Body.Close()
		x.Sent = string(sent)
		r = r.Clone(r.Context())
		r.Body = io.NopCloser(bytes.NewReader(sent))
	}
	resp, err := t.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	_ = resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(body))
	x.Status, x.Reply, x.Body = resp.StatusCode, resp.Header.Clone(), string(body)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.taken = append(t.taken, x)
	return resp, nil
}

// cut returns what has passed since the last cut.
func (t *tape) cut() []Exchange {
	t.mu.Lock()
	defer t.mu.Unlock()
	taken := t.taken
	t.taken = nil
	return taken
}

// requests writes requests down for comparison, one text each: in the order
// that they were made in, or sorted when some of them were in flight together.
func requests(steps []Exchange, together bool, mask func(*Exchange)) ([]string, error) {
	var lines []string
	for _, x := range steps {
		if x.Sent != "" { // fields in one order
			var fields any
			if err := json.Unmarshal([]byte(x.Sent), &fields); err != nil {
				return nil, fmt.Errorf("%s %s: the request's body is no JSON: %w", x.Method, x.Path, err)
			}
			text, err := json.Marshal(fields)
			if err != nil {
				return nil, err
			}
			x.Sent = string(text)
		}
		x.Header = x.Header.Clone()
		x.Header.Del("User-Agent") // each has a name of its own
		if mask != nil {
			mask(&x)
		}
		lines = append(lines, fmt.Sprintf("%s %s?%s\n%v\n%s", x.Method, x.Path, x.Query, x.Header, x.Sent))
	}
	if together {
		slices.Sort(lines)
	}
	return lines, nil
}
