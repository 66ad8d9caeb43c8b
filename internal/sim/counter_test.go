package sim_test

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/ttkit/ttkit/internal/sim"
)

// counter is a vendor with one number: POST /add adds one to it, GET /read
// reads it.
type counter struct {
	effects atomic.Int32
	*sim.Server
}

func newCounter(change func(*sim.Vendor)) *counter {
	c := &counter{}
	v := sim.Vendor{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			if r.Method == http.MethodPost {
				c.effects.Add(1)
				w.WriteHeader(http.StatusCreated)
			}
			_, _ = io.WriteString(w, "answer to "+string(body))
		}),
		Route: func(r *http.Request) (string, bool) {
			return strings.TrimPrefix(r.URL.Path, "/"), r.Method == http.MethodPost
		},
	}
	if change != nil {
		change(&v)
	}
	c.Server = sim.New(v)
	return c
}

// reply is what the client got.
type reply struct {
	status int
	header http.Header
	body   string
	err    error
}

func ask(client *http.Client, method, url, body string) reply {
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		return reply{err: err}
	}
	req.Header.Set("Authorization", "Bearer hidden-token")
	resp, err := client.Do(req)
	if err != nil {
		return reply{err: err}
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	return reply{resp.StatusCode, resp.Header, string(raw), err}
}

func (c *counter) add() reply  { return ask(c.Client(), "POST", c.URL()+"/add?q=1", "one") }
func (c *counter) read() reply { return ask(c.Client(), "GET", c.URL()+"/read", "") }
