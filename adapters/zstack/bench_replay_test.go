package zstack_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/zstack"
	"github.com/ttkit/ttkit/adapters/zstack/zstacktest"
	"github.com/ttkit/ttkit/tt"
)

// replayer, in the environment, makes the test binary the process that
// replays recorded answers.
const replayer = "TTKIT_ZSTACK_REPLAY"

// exchange is a request and its answer.
type exchange struct {
	Method string
	Path   string
	Query  string
	Sent   string
	Header http.Header // of the request
	Status int
	Reply  http.Header
	Body   string
}

// recording is what an operation asked and was told.
type recording struct {
	First []exchange // once: what comes before the operation
	Steps []exchange // again and again
}

// tape records what passes.
type tape struct {
	next  http.RoundTripper
	mu    sync.Mutex
	taken []exchange
}

func (t *tape) RoundTrip(r *http.Request) (*http.Response, error) {
	x := exchange{Method: r.Method, Path: strings.TrimPrefix(r.URL.Path, "/zstack"), Query: r.URL.RawQuery, Header: r.Header.Clone()}
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

// rest returns what passed since the last call.
func (t *tape) rest() []exchange {
	t.mu.Lock()
	defer t.mu.Unlock()
	taken := t.taken
	t.taken = nil
	return taken
}

// benchPause is what both clients wait before they ask for a job: nothing, but
// as one waits.
const benchPause = time.Nanosecond

// openAt opens the adapter with a session that is open and a zone that is
// known.
func openAt(t testing.TB, base string, transport http.RoundTripper) *zstack.System {
	sys, err := zstack.New(zstack.Config{
		Common:        tt.Common{BaseURL: base},
		Session:       tt.NewSecret(benchSession),
		ProjectUUID:   zstacktest.DefaultProjectUUID,
		VirtualIDUUID: zstacktest.DefaultVirtualIDUUID,
		Requests:      template(),
		TimeZone:      "Asia/Shanghai",
		Poll:          zstack.Poll{WaitMin: benchPause},
	}, tt.WithHTTPClient(&http.Client{Transport: transport}))
	require.NoError(t, err)
	return sys
}

// record runs an operation once on the simulator, by a System that has
// created a ticket before: the first create looks at more.
func record(t testing.TB, op benched) (recording, *play) {
	server := zstacktest.New(zstacktest.Options{})
	defer server.Close()
	ctx := context.Background()
	session, err := login(server)
	require.NoError(t, err)
	swap := sessionTransport{server.Client().Transport, session}
	p := &play{at: time.Now().Truncate(time.Second)}
	if op.prepare != nil {
		require.NoError(t, op.prepare(ctx, openAt(t, server.URL(), swap), p))
	}
	recorder := &tape{next: swap}
	sys := openAt(t, server.URL(), recorder)
	require.NoError(t, warm(ctx, sys))
	r := recording{First: recorder.rest()}
	require.NoError(t, op.adapter(ctx, sys, p))
	r.Steps = recorder.rest()
	require.NoError(t, p.learn(r.Steps))
	return r, p
}

// benchSession stands for the session, which each simulator names otherwise.
const benchSession = "5e5510e5e5510e45e5510e5e5510e500"

// sessionTransport puts the simulator's session in the place of benchSession.
type sessionTransport struct {
	next    http.RoundTripper
	session string
}

func (s sessionTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "OAuth "+s.session)
	return s.next.RoundTrip(r)
}

// startReplay starts the other process and returns its base URL. The
// recording of a name is replayed, over and over, below any path that begins
// with the name; each such path has its own place in it.
func startReplay(t testing.TB, recordings map[string]recording) string {
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), replayer+"=1")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = in.Close() // it ends with its input
		_ = cmd.Wait()
	})
	require.NoError(t, json.NewEncoder(in).Encode(recordings))
	address, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	return "http://" + strings.TrimSpace(address)
}

// replay serves the recordings that it reads from in, writes its address to
// out, and ends when in does.
func replay(_ string, in io.Reader, out io.Writer) error {
	input := json.NewDecoder(in)
	var recordings map[string]recording
	if err := input.Decode(&recordings); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(out, listener.Addr()); err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(io.Discard, in)
		_ = listener.Close()
	}()
	_ = http.Serve(listener, newPlayer(recordings))
	return nil
}

// player answers the requests below /NAME/CLIENT with the recording NAME. What
// comes before the operation is for the client "ours".
type player struct {
	recordings map[string]recording
	mu         sync.Mutex
	left       map[string][]exchange // what is still to come, by NAME/CLIENT
}

func newPlayer(recordings map[string]recording) *player {
	return &player{recordings: recordings, left: map[string][]exchange{}}
}

func (p *player) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	parts := strings.SplitN(r.URL.Path, "/", 4) // "", NAME, CLIENT, the path
	if len(parts) < 4 {
		http.Error(w, "no such recording", http.StatusBadRequest)
		return
	}
	x, ok := p.answer(parts[1], parts[2], r.Method, "/"+parts[3])
	if !ok {
		http.Error(w, "not what was recorded", http.StatusBadRequest)
		return
	}
	h := w.Header()
	for name, values := range x.Reply {
		if name != "Date" && name != "Content-Length" {
			h[name] = values
		}
	}
	w.WriteHeader(x.Status)
	_, _ = io.WriteString(w, x.Body)
}

// answer takes what was recorded for a request. Requests that are in flight
// together come in any order.
func (p *player) answer(name, client, method, path string) (exchange, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	place := name + "/" + client
	left, begun := p.left[place]
	switch {
	case !begun && client == "ours":
		left = slices.Clone(p.recordings[name].First)
	case len(left) == 0:
		left = slices.Clone(p.recordings[name].Steps)
	}
	i := slices.IndexFunc(left, func(x exchange) bool { return x.Method == method && x.Path == path })
	if i < 0 {
		return exchange{}, false
	}
	x := left[i]
	p.left[place] = slices.Delete(left, i, i+1)
	return x, true
}

// handlerTransport asks a handler in this process.
type handlerTransport struct{ handler http.Handler }

func (h handlerTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		r.Body = http.NoBody
	}
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	return w.Result(), nil
}

// conditions are those of a query.
func (x exchange) conditions() []string {
	query, err := url.ParseQuery(x.Query)
	if err != nil {
		return nil
	}
	return query["q"]
}
