package guance_test

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
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/guance"
	"github.com/ttkit/ttkit/adapters/guance/guancetest"
	"github.com/ttkit/ttkit/tt"
)

// replayer, in the environment, makes the test binary the process that
// replays recorded answers.
const replayer = "TTKIT_GUANCE_REPLAY"

func TestMain(m *testing.M) {
	var err error
	switch base := os.Getenv(creator); {
	case base != "":
		err = createOnce(base, os.Stdin, os.Stdout)
	case os.Getenv(replayer) != "":
		err = replay(os.Stdin, os.Stdout)
	default:
		os.Exit(m.Run())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

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

// recording is what an operation asked and was told, in order.
type recording struct{ Steps []exchange }

// tape records what passes.
type tape struct {
	next  http.RoundTripper
	mu    sync.Mutex
	taken []exchange
}

func (t *tape) RoundTrip(r *http.Request) (*http.Response, error) {
	x := exchange{Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Header: r.Header.Clone()}
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

// recording returns what passed.
func (t *tape) recording() recording {
	t.mu.Lock()
	defer t.mu.Unlock()
	return recording{t.taken}
}

// openAt opens the adapter: window 0, and no verification while a benchmark
// runs.
func openAt(t testing.TB, base string, transport http.RoundTripper) *guance.System {
	sys, err := guance.New(guance.Config{
		Common: tt.Common{BaseURL: base, Window: tt.Off, Late: 24 * time.Hour},
		APIKey: tt.NewSecret(apiKey), Targets: []string{benchTarget},
		Rate: guance.Rate{Requests: tt.Off},
	}, tt.WithHTTPClient(&http.Client{Transport: transport}))
	require.NoError(t, err)
	return sys
}

// record runs an operation once on the simulator.
func record(t testing.TB, op benched) (recording, *play) {
	server := newServer(guancetest.Knobs{})
	defer server.Close()
	ctx := context.Background()
	p := &play{at: time.Now().Truncate(time.Second)}
	if op.prepare != nil {
		require.NoError(t, op.prepare(ctx, openAt(t, server.URL(), server.Client().Transport), p))
	}
	recorder := &tape{next: server.Client().Transport}
	require.NoError(t, op.adapter(ctx, openAt(t, server.URL(), recorder), p))
	r := recorder.recording()
	require.NoError(t, p.learn(r.Steps))
	return r, p
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
func replay(in io.Reader, out io.Writer) error {
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
	_ = http.Serve(listener, &player{recordings: recordings, next: map[string]int{}})
	return nil
}

// player answers the requests below /NAME/CLIENT with the recording NAME.
type player struct {
	recordings map[string]recording
	mu         sync.Mutex
	next       map[string]int // by NAME/CLIENT
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

func (p *player) answer(name, client, method, path string) (exchange, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.recordings[name]
	same := func(x exchange) bool { return x.Method == method && x.Path == path }
	place := name + "/" + client
	n := p.next[place]
	if n >= len(r.Steps) || !same(r.Steps[n]) {
		return exchange{}, false
	}
	p.next[place] = (n + 1) % len(r.Steps)
	return r.Steps[n], true
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
