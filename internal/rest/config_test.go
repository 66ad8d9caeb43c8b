package rest

import (
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"runtime/debug"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/tt"
)

func TestAConfigurationThatCannotWorkIsRefused(t *testing.T) {
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty.pem")
	require.NoError(t, os.WriteFile(empty, []byte("no certificate"), 0o600))
	good := func() Config {
		return Config{Adapter: "rsm", System: "msk", BaseURL: &url.URL{Scheme: "https", Host: "tickets.test"}}
	}
	for _, test := range []struct {
		name, says string
		change     func(*Config)
	}{
		{"no address", "base_url", func(c *Config) { c.BaseURL = nil }},
		{"an address without a host", "base_url", func(c *Config) { c.BaseURL = &url.URL{Scheme: "https", Path: "/x"} }},
		{"another protocol", "base_url", func(c *Config) { c.BaseURL.Scheme = "ftp" }},
		{"less than no repeats", "retry.max_attempts", func(c *Config) { c.Retry.MaxAttempts = -1 }},
		{"a negative wait", "retry.wait_min", func(c *Config) { c.Retry.WaitMin = -1 }},
		{"waits the wrong way round", "retry.wait_max", func(c *Config) { c.Retry.WaitMin, c.Retry.WaitMax = 2, 1 }},
		{"authorities in a file that is not there", "ca_file: open", func(c *Config) { c.CAFile = filepath.Join(dir, "none.pem") }},
		{"authorities in a file without any", "holds no PEM certificate", func(c *Config) { c.CAFile = empty }},
		{"authorities and a client", "ca_file: cannot be set together with an HTTP client", func(c *Config) { c.CAFile, c.HTTPClient = empty, &http.Client{} }},
	} {
		t.Run(test.name, func(t *testing.T) {
			cfg := good()
			test.change(&cfg)
			_, err := New(cfg)
			e := failure(t, err)
			assert.ErrorIs(t, err, tt.ErrInvalid)
			assert.Equal(t, tt.NotDone, e.Outcome)
			assert.Contains(t, e.Error(), test.says)
			assert.Contains(t, e.Error(), `rsm "msk"`)
		})
	}
	for _, retry := range []tt.Retry{{}, {WaitMin: time.Minute}, {WaitMax: time.Millisecond}} {
		cfg := good()
		cfg.Retry = retry
		c, err := New(cfg)
		require.NoError(t, err, "what is left out fits what is given: %+v", retry)
		assert.LessOrEqual(t, c.retry.WaitMin, c.retry.WaitMax)
	}
}

func TestCAFile(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	base, err := url.Parse(server.URL)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600))

	trusting, err := New(Config{BaseURL: base, CAFile: file})
	require.NoError(t, err)
	defer trusting.Close()
	_, err = trusting.Do(t.Context(), Request{Path: "/"})
	require.NoError(t, err)

	wrongName := *base
	wrongName.Host = "localhost:" + base.Port()
	plain := *base
	plain.Scheme = "http"
	for _, test := range []struct {
		name, file, says string
		base             *url.URL
	}{
		{"the authority is not known", "", "put its authority into ca_file", base},
		{"the certificate is another name's", file, "base_url must use a name that the server's certificate holds", &wrongName},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, err := New(Config{BaseURL: test.base, CAFile: test.file})
			require.NoError(t, err)
			defer c.Close()
			_, err = c.Do(t.Context(), Request{Method: "POST", Path: "/", Body: []byte("{}")})
			e := failure(t, err)
			assert.Equal(t, tt.CodeInvalid, e.Code)
			assert.Equal(t, tt.NotDone, e.Outcome)
			assert.Contains(t, e.Error(), test.says)
		})
	}
}

func TestAServerWithoutTLSBehindAnHTTPSAddress(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	for name, address := range map[string]string{
		"no TLS": strings.TrimPrefix(server.URL, "http://"), "no such port": "127.0.0.1:99999",
	} {
		c, err := New(Config{BaseURL: &url.URL{Scheme: "https", Host: address}})
		require.NoError(t, err)
		defer c.Close()
		_, err = c.Do(t.Context(), Request{Method: "POST", Path: "/", Body: []byte("{}"), Class: Guarded})
		e := failure(t, err)
		assert.Equal(t, tt.CodeInvalid, e.Code, name)
		assert.Equal(t, tt.NotDone, e.Outcome, name)
		assert.Contains(t, e.Error(), "base_url", name)
	}
}

// pool is a user's transport that counts how often its pool is closed.
type pool struct {
	http.RoundTripper
	closed int
}

func (p *pool) CloseIdleConnections() { p.closed++ }

func TestTheUsersClientIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &answers{replies: []string{reply(503, "busy"), "", reply(400, "bad")}}
		p := &pool{RoundTripper: a.network().client(t).Transport}
		hc := &http.Client{Transport: p, Timeout: time.Minute}
		before := *hc
		c := newClient(t, hc)
		_, err := c.Do(t.Context(), Request{Path: "/x"})
		failure(t, err)
		assert.Len(t, a.requests(), 3)
		c.Close()
		assert.Zero(t, p.closed, "its idle connections belong to the user")
		assert.Equal(t, before.Transport, hc.Transport)
		assert.Equal(t, before.Timeout, hc.Timeout)
		assert.Nil(t, hc.CheckRedirect)
		assert.Nil(t, hc.Jar)
	})
}

func TestCloseClosesTheIdleConnectionsOfOurOwnTransport(t *testing.T) {
	gone := make(chan struct{}, 1)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateClosed {
			gone <- struct{}{}
		}
	}
	server.Start()
	defer server.Close()
	base, err := url.Parse(server.URL)
	require.NoError(t, err)
	c, err := New(Config{BaseURL: base})
	require.NoError(t, err)
	_, err = c.Do(t.Context(), Request{Path: "/"})
	require.NoError(t, err)
	select {
	case <-gone:
		t.Fatal("the connection is kept until Close")
	default:
	}
	c.Close()
	<-gone
	_, err = c.Do(t.Context(), Request{Path: "/"})
	require.NoError(t, err, "a closed client still works")
	c.Close()
}

func TestTheShorterTimeoutCounts(t *testing.T) {
	for _, test := range []struct{ theirs, ours, want time.Duration }{
		{0, 0, 30 * time.Second},
		{time.Second, 0, time.Second},
		{time.Second, 2 * time.Second, time.Second},
		{2 * time.Second, time.Second, time.Second},
		{time.Hour, 0, 30 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			hc := silent().client(t)
			hc.Timeout = test.theirs
			c := newClient(t, hc, func(cfg *Config) { cfg.Timeout = test.ours; cfg.Retry.MaxAttempts = 1 })
			start := time.Now()
			_, err := c.Do(t.Context(), Request{Path: "/x"})
			assert.Equal(t, tt.CodeUnavailable, failure(t, err).Code)
			assert.Equal(t, test.want, time.Since(start))
		})
	}
}

func TestTheUsersCookiesAreSentOncePerAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &answers{replies: []string{reply(503, "", "Set-Cookie: node=2; Path=/"), reply(503, ""), reply(200, "")}}
		hc := a.network().client(t)
		jar, err := cookiejar.New(nil)
		require.NoError(t, err)
		hc.Jar = jar
		jar.SetCookies(&url.URL{Scheme: "http", Host: "tickets.test"}, []*http.Cookie{{Name: "node", Value: "1"}})
		c := newClient(t, hc)
		_, err = c.Do(t.Context(), Request{Path: "/x"})
		require.NoError(t, err)
		var cookies []string
		for _, r := range a.requests() {
			cookies = append(cookies, r.header.Get("Cookie"))
		}
		assert.Equal(t, []string{"node=1", "node=2", "node=2"}, cookies)
	})
}

func TestCredentialsAreSetAnewOnEveryAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &answers{replies: []string{reply(503, ""), reply(200, "")}}
		n := 0
		c := newClient(t, a.network().client(t), func(cfg *Config) {
			cfg.Authorize = func(h http.Header) {
				n++
				if n == 1 {
					h.Set("X-Old", "1")
				}
				h.Set("Authorization", "session "+itoa(n))
			}
		})
		_, err := c.Do(t.Context(), Request{Path: "/x"})
		require.NoError(t, err)
		got := a.requests()
		require.Len(t, got, 2)
		assert.Equal(t, "session 1", got[0].header.Get("Authorization"))
		assert.Equal(t, "session 2", got[1].header.Get("Authorization"))
		assert.Empty(t, got[1].header.Get("X-Old"), "nothing is left of the attempt before")
	})
}

func TestATokenThatHTTPForbidsIsNamedByItsHeader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := silent()
		c := newClient(t, n.client(t), func(cfg *Config) {
			cfg.Authorize = func(h http.Header) { h.Set("Authorization", "Bearer "+token+"\n") }
		})
		_, err := c.Do(t.Context(), Request{Method: "POST", Path: "/x"})
		e := failure(t, err)
		assert.Equal(t, tt.CodeInvalid, e.Code)
		assert.Equal(t, tt.NotDone, e.Outcome)
		assert.Contains(t, e.Error(), "the header Authorization holds a character that HTTP forbids")
		assert.Zero(t, n.dials.Load())
	})
}

func TestATransportsErrorLosesItsURLAndItsSecrets(t *testing.T) {
	c := newClient(t, &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		inner := &url.Error{Op: "Get", URL: r.URL.String(), Err: errors.New("proxy refused " + url.QueryEscape(token))}
		return nil, fmt.Errorf("wrapped: %w", inner)
	})}, func(cfg *Config) { cfg.Retry.MaxAttempts = 1 })
	_, err := c.Do(t.Context(), Request{Path: "/x", Query: url.Values{"sig": {"hunter2"}}})
	e := failure(t, err)
	assert.Contains(t, e.Error(), "GET /api/x: proxy refused [secret]")
	for inner := error(e); inner != nil; inner = errors.Unwrap(inner) {
		for _, verb := range []string{"%v", "%+v", "%#v"} {
			assert.NotContains(t, fmt.Sprintf(verb, inner), "hunter2")
			assert.NotContains(t, fmt.Sprintf(verb, inner), url.QueryEscape(token))
		}
	}
}

func TestNoDumpOfAClientShowsASecret(t *testing.T) {
	c := newClient(t, nil)
	type holder struct{ Client *Client }
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		assert.NotContains(t, fmt.Sprintf(verb, c), token)
		assert.NotContains(t, fmt.Sprintf(verb, holder{c}), token)
	}
	assert.Equal(t, `rest.Client{rsm "msk" http://tickets.test/api}`, fmt.Sprint(c))
	var seen bytes.Buffer
	texts(reflect.ValueOf(c), &seen, map[uintptr]bool{})
	assert.Contains(t, seen.String(), "tickets.test", "the walk must see something")
	assert.NotContains(t, seen.String(), token, "not even reflection may find it")
}

// texts collects every string that reflection reaches.
func texts(v reflect.Value, out *bytes.Buffer, seen map[uintptr]bool) {
	switch v.Kind() {
	case reflect.String:
		out.WriteString(v.String() + "\n")
	case reflect.Pointer:
		if !v.IsNil() && !seen[v.Pointer()] {
			seen[v.Pointer()] = true
			texts(v.Elem(), out, seen)
		}
	case reflect.Interface:
		texts(v.Elem(), out, seen)
	case reflect.Struct:
		for i := range v.NumField() {
			texts(v.Field(i), out, seen)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			texts(v.Index(i), out, seen)
		}
	case reflect.Map:
		for iter := v.MapRange(); iter.Next(); {
			texts(iter.Key(), out, seen)
			texts(iter.Value(), out, seen)
		}
	}
}

func TestTheUserAgentNamesTheVersion(t *testing.T) {
	for _, test := range []struct {
		name, want string
		info       *debug.BuildInfo
	}{
		{"nothing is known", "devel", nil},
		{"a working copy", "devel", &debug.BuildInfo{Main: debug.Module{Path: module, Version: "(devel)"}}},
		{"the library itself", "v1.2.3", &debug.BuildInfo{Main: debug.Module{Path: module, Version: "v1.2.3"}}},
		{"a program that uses it", "v1.2.3", &debug.BuildInfo{
			Main: debug.Module{Path: "example.net/pipeline", Version: "v9"}, Deps: []*debug.Module{{Path: "x", Version: "v0"}, {Path: module, Version: "v1.2.3"}}}},
		{"a replaced copy", "devel", &debug.BuildInfo{Deps: []*debug.Module{{Path: module, Version: "v1.2.3", Replace: &debug.Module{Path: "../ttkit"}}}}},
		{"another program", "devel", &debug.BuildInfo{Main: debug.Module{Path: "example.net/x", Version: "v9"}}},
	} {
		assert.Equal(t, test.want, version(test.info), test.name)
	}
}
