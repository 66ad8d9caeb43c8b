package rest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/tt"
)

// refuse fails the first so many dials as a closed port does.
func refuse(times int) func(int) error {
	return func(number int) error {
		if number > times {
			return nil
		}
		return &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	}
}

func TestACallThatNeverHadAConnectionIsNotDoneAndRepeated(t *testing.T) {
	for class, dials := range map[Class]int{Safe: 2, Guarded: 2, Once: 1} {
		t.Run("class "+itoa(int(class)), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := &answers{replies: []string{reply(200, "{}")}}
				n := a.network()
				n.err = refuse(1)
				c := newClient(t, n.client(t))
				_, err := c.Do(t.Context(), Request{Method: "POST", Path: "/x", Body: []byte("{}"), Class: class})
				assert.EqualValues(t, dials, n.dials.Load())
				if class == Once {
					e := failure(t, err)
					assert.Equal(t, tt.CodeUnavailable, e.Code)
					assert.Equal(t, tt.NotDone, e.Outcome)
					assert.ErrorIs(t, err, syscall.ECONNREFUSED)
					return
				}
				require.NoError(t, err)
				assert.Len(t, a.requests(), 1)
			})
		})
	}
}

func TestOneAttemptThatMayHaveActedMakesTheWholeCallUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &answers{replies: []string{"", reply(404, "gone by now")}}
		c := newClient(t, a.network().client(t))
		_, err := c.Do(t.Context(), Request{Method: "DELETE", Path: "/x"})
		e := failure(t, err)
		assert.Len(t, a.requests(), 2)
		assert.Equal(t, tt.CodeNotFound, e.Code)
		assert.Equal(t, tt.Unknown, e.Outcome, "the first attempt may have deleted it")
	})
	synctest.Test(t, func(t *testing.T) {
		a := &answers{replies: []string{""}}
		n := a.network()
		n.err = func(number int) error {
			if number > 1 {
				return refuse(99)(number)
			}
			return nil
		}
		c := newClient(t, n.client(t))
		_, err := c.Do(t.Context(), Request{Method: "PUT", Path: "/x"})
		assert.EqualValues(t, 5, n.dials.Load())
		assert.Equal(t, tt.Unknown, failure(t, err).Outcome, "the last attempt was not sent, but the first was")
	})
}

// TestAConnectionClosedWhileIdleNeverDoublesAGuardedCall lets a server act on
// a request and hang up, on a connection that served another request before:
// the case in which net/http repeats by itself what it holds for idempotent.
func TestAConnectionClosedWhileIdleNeverDoublesAGuardedCall(t *testing.T) {
	for _, test := range []struct {
		name string
		req  Request
	}{
		{"a body", Request{Method: "POST", Body: []byte("{}"), Class: Guarded}},
		{"no body", Request{Method: "POST", Class: Guarded}},
		{"a body and a key that net/http takes for leave to repeat", Request{
			Method: "POST", Body: []byte("{}"), Class: Guarded, Header: http.Header{"Idempotency-Key": {"1"}}}},
		{"no body and such a key", Request{Method: "POST", Class: Once, Header: http.Header{"X-Idempotency-Key": {"1"}}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := &answers{replies: []string{reply(200, "{}"), "", reply(200, "{}")}}
				n := a.network()
				c := newClient(t, n.client(t))
				_, err := c.Do(t.Context(), Request{Path: "/first"})
				require.NoError(t, err)
				test.req.Path = "/x"
				_, err = c.Do(t.Context(), test.req)
				assert.Equal(t, tt.Unknown, failure(t, err).Outcome)
				require.Len(t, a.requests(), 2, "the server must see the call once")
				assert.EqualValues(t, 1, n.dials.Load())
				for name, values := range test.req.Header {
					assert.Equal(t, values, a.requests()[1].header[name], "the header must arrive")
				}
			})
		})
	}
}

func TestABodilessGetCannotBeGuarded(t *testing.T) {
	c := newClient(t, nil)
	_, err := c.Do(t.Context(), Request{Path: "/logout", Class: Once})
	e := failure(t, err)
	assert.Equal(t, tt.CodeInternal, e.Code)
	assert.Equal(t, tt.NotDone, e.Outcome)
	assert.Contains(t, e.Error(), "cannot be guarded")
}

// TestHTTP2DoesNotDoubleAGuardedCall resets each stream with PROTOCOL_ERROR
// after the request has arrived, which net/http answers with a repeat.
func TestHTTP2DoesNotDoubleAGuardedCall(t *testing.T) {
	for _, test := range []struct {
		name  string
		class Class
		body  any
	}{
		{"no body", Guarded, nil},
		{"a body", Guarded, []byte("{}")},
		{"no body, once", Once, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			streams := &atomic.Int32{}
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(t, err)
			defer listener.Close()
			go func() {
				for {
					conn, err := listener.Accept()
					if err != nil {
						return
					}
					go resetStreams(conn, streams)
				}
			}()
			transport := &http.Transport{Protocols: new(http.Protocols)}
			transport.Protocols.SetUnencryptedHTTP2(true)
			defer transport.CloseIdleConnections()
			c := newClient(t, &http.Client{Transport: transport}, func(cfg *Config) {
				cfg.BaseURL = &url.URL{Scheme: "http", Host: listener.Addr().String()}
				cfg.Retry = tt.Retry{MaxAttempts: 1}
			})
			_, err = c.Do(t.Context(), Request{Method: "POST", Path: "/x", Class: test.class, Body: test.body})
			e := failure(t, err)
			assert.Equal(t, tt.CodeUnavailable, e.Code)
			assert.Equal(t, tt.Unknown, e.Outcome)
			assert.EqualValues(t, 1, streams.Load(), "the server must see the call once")
		})
	}
}

// resetStreams speaks just enough HTTP/2 to reset every stream.
func resetStreams(conn net.Conn, streams *atomic.Int32) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	if _, err := in.Discard(len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")); err != nil {
		return
	}
	const headers, rstStream, settings = 1, 3, 4
	frame := func(kind, flags byte, stream uint32, payload ...byte) {
		f := []byte{0, 0, byte(len(payload)), kind, flags}
		_, _ = conn.Write(append(binary.BigEndian.AppendUint32(f, stream), payload...))
	}
	frame(settings, 0, 0)
	for {
		var head [9]byte
		if _, err := io.ReadFull(in, head[:]); err != nil {
			return
		}
		length := int(head[0])<<16 | int(head[1])<<8 | int(head[2])
		if _, err := in.Discard(length); err != nil {
			return
		}
		switch kind := head[3]; {
		case kind == settings && head[4] == 0:
			frame(settings, 1, 0)
		case kind == headers:
			streams.Add(1)
			frame(rstStream, 0, binary.BigEndian.Uint32(head[5:]), 0, 0, 0, 1)
		}
	}
}

// roundTrip is a transport that does not report to httptrace.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestAForeignTransportProvesNothing(t *testing.T) {
	for _, test := range []struct {
		name    string
		err     error
		outcome tt.Outcome
	}{
		{"some error", errors.New("lost"), tt.Unknown},
		{"an error of a connection", &net.OpError{Op: "read", Err: syscall.ECONNRESET}, tt.Unknown},
		{"an error of dialling", &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, tt.NotDone},
		{"neither an answer nor an error", nil, tt.Unknown},
		{"a cancel of its own", context.Canceled, tt.Unknown},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newClient(t, &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) { return nil, test.err })})
			_, err := c.Do(t.Context(), Request{Method: "POST", Path: "/x", Class: Once})
			e := failure(t, err)
			assert.Equal(t, test.outcome, e.Outcome)
			assert.Equal(t, tt.CodeUnavailable, e.Code)
		})
	}
}

// TestAForeignProtocolProvesNothing hides a foreign transport inside of
// net/http's own.
func TestAForeignProtocolProvesNothing(t *testing.T) {
	transport := &http.Transport{}
	transport.RegisterProtocol("http", roundTrip(func(*http.Request) (*http.Response, error) { return nil, errors.New("lost") }))
	c := newClient(t, &http.Client{Transport: transport})
	_, err := c.Do(t.Context(), Request{Method: "POST", Path: "/x", Class: Guarded})
	assert.Equal(t, tt.Unknown, failure(t, err).Outcome)
}

// TestAConnectionThatWasClosedBeforeTheCallIsNotUsed is the everyday case: a
// server's keep-alive has ended between two alarms.
func TestAConnectionThatWasClosedBeforeTheCallIsNotUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{peer: speak(func(_ *http.Request, _ string, conn net.Conn) bool {
			_, _ = io.WriteString(conn, reply(200, ""))
			return false
		})}
		c := newClient(t, n.client(t))
		for range 3 {
			_, err := c.Do(t.Context(), Request{Method: "POST", Path: "/x", Body: []byte("{}"), Class: Guarded})
			require.NoError(t, err)
			synctest.Wait()
		}
		assert.EqualValues(t, 3, n.dials.Load())
	})
}

func TestACarelessTransportIsBorneWith(t *testing.T) {
	c := newClient(t, &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 204}, nil
	})})
	resp, err := c.Do(t.Context(), Request{Method: "POST", Path: "/x", Class: Once})
	require.NoError(t, err)
	assert.Equal(t, 204, resp.Status)
}

// closeCounter is a body that must be closed, read to its end or not.
type closeCounter struct {
	io.Reader
	closed int
}

func (c *closeCounter) Close() error { c.closed++; return nil }

func TestEveryBodyIsClosed(t *testing.T) {
	for _, length := range []int{0, 10, 1000} {
		body := &closeCounter{Reader: strings.NewReader(strings.Repeat("x", length))}
		c := newClient(t, &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Body: body}, nil
		})}, func(cfg *Config) { cfg.MaxReply = 100 })
		_, err := c.Do(t.Context(), Request{Path: "/x"})
		assert.Equal(t, length > 100, err != nil)
		assert.Equal(t, 1, body.closed)
	}
}

func TestAConnectionThatBreaksWhileWritingIsUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{peer: func(_ int, conn net.Conn) {
			_, _ = io.ReadFull(conn, make([]byte, 1000)) // a part of the body, then no more
			_ = conn.Close()
		}}
		c := newClient(t, n.client(t))
		_, err := c.Do(t.Context(), Request{Method: "POST", Path: "/x", Body: bytes.Repeat([]byte("x"), 1<<20), Class: Guarded})
		assert.Equal(t, tt.Unknown, failure(t, err).Outcome)
		assert.EqualValues(t, 1, n.dials.Load())
	})
}
