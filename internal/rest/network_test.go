package rest

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/tt"
)

const token = "tok-3n/xq+S7=Zz"

// network is a network in memory, so that everything happens inside one
// synctest bubble. Every connection is given to peer.
type network struct {
	peer  func(number int, conn net.Conn) // numbers count from 1
	dials atomic.Int32
	err   func(number int) error // of dialling; nil: none
	wait  time.Duration          // before a dial succeeds
	work  sync.WaitGroup
}

func (n *network) client(t *testing.T) *http.Client {
	transport := &http.Transport{DialContext: n.dial}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		n.work.Wait()
	})
	return &http.Client{Transport: transport}
}

func (n *network) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	number := int(n.dials.Add(1))
	if n.err != nil {
		if err := n.err(number); err != nil {
			return nil, err
		}
	}
	if n.wait > 0 {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(n.wait):
		}
	}
	ours, theirs := net.Pipe()
	n.work.Go(func() { n.peer(number, theirs) })
	return ours, nil
}

// speak serves HTTP on a connection by hand: reply gets each request with its
// body read, and writes whatever it likes to the connection. The connection
// is closed when it answers false.
func speak(reply func(r *http.Request, body string, conn net.Conn) bool) func(int, net.Conn) {
	return func(_ int, conn net.Conn) {
		defer conn.Close()
		in := bufio.NewReader(conn)
		for {
			r, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			body, err := io.ReadAll(r.Body)
			if err != nil || !reply(r, string(body), conn) {
				return
			}
		}
	}
}

// answers speaks HTTP with one canned reply per request; the last one is
// repeated. "" closes the connection without a reply.
type answers struct {
	replies []string
	mu      sync.Mutex
	got     []got
}

type got struct {
	method, uri, body string
	header            http.Header
	at                time.Time
}

func (a *answers) network() *network {
	return &network{peer: speak(func(r *http.Request, body string, conn net.Conn) bool {
		a.mu.Lock()
		reply := a.replies[min(len(a.got), len(a.replies)-1)]
		a.got = append(a.got, got{r.Method, r.RequestURI, body, r.Header, time.Now()})
		a.mu.Unlock()
		_, _ = io.WriteString(conn, reply)
		return reply != ""
	})}
}

func (a *answers) requests() []got {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.got
}

// reply is a well-formed answer.
func reply(status int, body string, headers ...string) string {
	s := "HTTP/1.1 " + itoa(status) + " " + http.StatusText(status) + "\r\nContent-Length: " + itoa(len(body)) + "\r\n"
	for _, h := range headers {
		s += h + "\r\n"
	}
	return s + "\r\n" + body
}

func newClient(t *testing.T, hc *http.Client, change ...func(*Config)) *Client {
	t.Helper()
	cfg := Config{
		Adapter: "rsm", System: "msk",
		BaseURL:    &url.URL{Scheme: "http", Host: "tickets.test", Path: "/api"},
		HTTPClient: hc,
		Secrets:    []tt.Secret{tt.NewSecret(token)},
		Authorize:  func(h http.Header) { h.Set("Authorization", "Bearer "+token) },
	}
	for _, f := range change {
		f(&cfg)
	}
	c, err := New(cfg)
	require.NoError(t, err)
	return c
}
