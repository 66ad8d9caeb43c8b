package rest

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/tt"
)

func TestCodesByStatus(t *testing.T) {
	for status, want := range map[int]struct {
		code    tt.Code
		outcome tt.Outcome
	}{
		200: {}, 201: {}, 204: {}, 299: {},
		301: {tt.CodeInvalid, tt.NotDone}, 302: {tt.CodeInvalid, tt.Unknown}, 303: {tt.CodeInvalid, tt.Unknown},
		304: {tt.CodeInvalid, tt.Unknown}, 307: {tt.CodeInvalid, tt.NotDone}, 308: {tt.CodeInvalid, tt.NotDone},
		400: {tt.CodeInvalid, tt.NotDone}, 401: {tt.CodeUnauthenticated, tt.NotDone}, 403: {tt.CodePermissionDenied, tt.NotDone},
		404: {tt.CodeNotFound, tt.NotDone}, 405: {tt.CodeInvalid, tt.NotDone}, 407: {tt.CodeUnauthenticated, tt.NotDone},
		408: {tt.CodeUnavailable, tt.Unknown}, 409: {tt.CodeConflict, tt.NotDone}, 410: {tt.CodeNotFound, tt.NotDone},
		411: {tt.CodeInvalid, tt.NotDone}, 413: {tt.CodeInvalid, tt.NotDone}, 414: {tt.CodeInvalid, tt.NotDone},
		415: {tt.CodeInvalid, tt.NotDone}, 422: {tt.CodeInvalid, tt.NotDone}, 425: {tt.CodeUnavailable, tt.NotDone},
		429: {tt.CodeRateLimited, tt.NotDone}, 499: {tt.CodeInvalid, tt.NotDone},
		500: {tt.CodeUnavailable, tt.Unknown}, 501: {tt.CodeUnavailable, tt.Unknown}, 502: {tt.CodeUnavailable, tt.Unknown},
		503: {tt.CodeUnavailable, tt.Unknown}, 504: {tt.CodeUnavailable, tt.Unknown}, 599: {tt.CodeUnavailable, tt.Unknown},
		999: {tt.CodeUnavailable, tt.Unknown},
	} {
		t.Run(itoa(status), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				body := "the server's words"
				if status == 204 || status == 304 {
					body = ""
				}
				a := &answers{replies: []string{reply(status, body)}}
				c := newClient(t, a.network().client(t))
				resp, err := c.Do(t.Context(), Request{Method: "POST", Path: "/x", Class: Once})
				require.NotNil(t, resp)
				assert.Equal(t, status, resp.Status)
				if want.code == "" {
					require.NoError(t, err)
					return
				}
				e := failure(t, err)
				assert.Equal(t, want.code, e.Code)
				assert.Equal(t, want.outcome, e.Outcome)
				assert.Equal(t, status, e.Status)
				if status >= 400 {
					assert.Contains(t, e.Error(), "POST /api/x: the server's words")
				}
			})
		})
	}
}

func TestNoRedirectIsFollowed(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, test := range []struct{ name, location, says string }{
			{"to another host", "https://user:pw@tickets.example.net/secret/path?token=1", "redirects are not followed: set base_url to https://tickets.example.net ("},
			{"to another scheme", "https://tickets.test/api/x", "set base_url to https://tickets.test ("},
			{"to itself", "/login", "the server points to another path of itself"},
			{"to nowhere", "", "check base_url"},
			{"to nonsense", "http://[::1", "check base_url"},
		} {
			t.Run(itoa(status)+" "+test.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					a := &answers{replies: []string{reply(status, "", "Location: "+test.location)}}
					n := a.network()
					hc := n.client(t)
					hc.CheckRedirect = func(*http.Request, []*http.Request) error { panic("the user's CheckRedirect is not used") }
					c := newClient(t, hc)
					_, err := c.Do(t.Context(), Request{Method: "POST", Path: "/x", Body: []byte("{}")})
					e := failure(t, err)
					assert.Equal(t, tt.CodeInvalid, e.Code)
					assert.Contains(t, e.Error(), test.says)
					assert.NotContains(t, e.Error(), "pw")
					assert.NotContains(t, e.Error(), "secret/path")
					assert.EqualValues(t, 1, n.dials.Load(), "no other host may be asked")
					assert.Len(t, a.requests(), 1)
				})
			})
		}
	}
}

func TestRepliesAreLimited(t *testing.T) {
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	_, _ = z.Write(make([]byte, 1<<20))
	_ = z.Close()
	endless := func(conn net.Conn, status string) {
		_, _ = io.WriteString(conn, "HTTP/1.1 "+status+"\r\nTransfer-Encoding: chunked\r\n\r\n")
		for {
			if _, err := io.WriteString(conn, "400\r\n"+strings.Repeat("x", 1024)+"\r\n"); err != nil {
				return
			}
		}
	}
	for _, test := range []struct {
		name  string
		reply func(conn net.Conn)
		code  tt.Code
	}{
		{"one byte too many", func(conn net.Conn) { _, _ = io.WriteString(conn, reply(200, strings.Repeat("x", 1001))) }, tt.CodeInternal},
		{"an announcement of a petabyte", func(conn net.Conn) {
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 1125899906842624\r\n\r\n"+strings.Repeat("x", 2000))
		}, tt.CodeInternal},
		{"an endless reply", func(conn net.Conn) { endless(conn, "200 OK") }, tt.CodeInternal},
		{"a small reply that unpacks to a large one", func(conn net.Conn) {
			_, _ = io.WriteString(conn, reply(200, bomb.String(), "Content-Encoding: gzip"))
		}, tt.CodeInternal},
		{"an endless error", func(conn net.Conn) { endless(conn, "404 Not Found") }, tt.CodeNotFound},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := &network{peer: speak(func(_ *http.Request, _ string, conn net.Conn) bool { test.reply(conn); return false })}
				c := newClient(t, n.client(t), func(cfg *Config) { cfg.MaxReply = 1000 })
				_, err := c.Do(t.Context(), Request{Method: "PUT", Path: "/x"})
				e := failure(t, err)
				assert.Equal(t, test.code, e.Code)
				if test.code == tt.CodeInternal {
					assert.Contains(t, e.Error(), "more than 1000 bytes")
					assert.Equal(t, tt.Unknown, e.Outcome)
				}
				assert.EqualValues(t, 1, n.dials.Load(), "it would be as large again")
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		a := &answers{replies: []string{reply(200, strings.Repeat("x", 1000))}}
		c := newClient(t, a.network().client(t), func(cfg *Config) { cfg.MaxReply = 1000 })
		resp, err := c.Do(t.Context(), Request{Path: "/x"})
		require.NoError(t, err, "the limit itself is allowed")
		assert.Len(t, resp.Body, 1000)
	})
}

func TestJSONThatIsNone(t *testing.T) {
	chunkedCut := "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"id\"\r\n"
	for _, test := range []struct{ name, reply, says string }{
		{"a page", reply(200, "<html><title>Sign in</title><body>Welcome &amp; hello</body></html>"), "the reply is no JSON: Sign in Welcome & hello"},
		{"a JSON text cut without a trace", reply(200, `{"id":`), `the reply is no JSON: {"id":`},
		{"deep nesting", reply(200, strings.Repeat("[", 100_000)), "the reply is no JSON"},
		{"bytes that are no text", reply(200, "\x00\xff\x1b[31m"), "the reply is no JSON: \uFFFD\uFFFD\uFFFD[31m"},
		{"two values", reply(200, `{} {}`), "the reply is no JSON"},
		{"white space", reply(200, " \n"), "the reply is empty"},
		{"a chunked reply cut in the middle", chunkedCut, "the reply was cut off"},
	} {
		t.Run(test.name, func(t *testing.T) {
			out := map[string]int{"old": 1}
			var own ownReader
			for _, target := range []any{&out, &own} {
				synctest.Test(t, func(t *testing.T) {
					n := &network{peer: speak(func(_ *http.Request, _ string, conn net.Conn) bool {
						_, _ = io.WriteString(conn, test.reply)
						return false
					})}
					c := newClient(t, n.client(t))
					_, err := c.Do(t.Context(), Request{Method: "POST", Path: "/x", Class: Guarded, Out: target})
					e := failure(t, err)
					assert.Equal(t, tt.CodeUnavailable, e.Code)
					assert.Equal(t, tt.Unknown, e.Outcome)
					assert.Contains(t, e.Error(), test.says)
				})
			}
			assert.Equal(t, map[string]int{"old": 1}, out, "the target is left alone")
			assert.Empty(t, own.text, "and never asked")
		})
	}
}

// ownReader is a Reader that takes objects only.
type ownReader struct{ text string }

func (o *ownReader) ReadJSON(text []byte) error {
	if o.text = string(text); text[0] != '{' {
		return errors.New("no object")
	}
	return nil
}

func TestATargetMayReadTheAnswerItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &answers{replies: []string{reply(200, `{"id": 1}`), reply(200, `[{"id": 1}]`)}}
		c := newClient(t, a.network().client(t))
		var out ownReader
		_, err := c.Do(t.Context(), Request{Path: "/x", Out: &out})
		require.NoError(t, err)
		assert.Equal(t, `{"id": 1}`, out.text)

		_, err = c.Do(t.Context(), Request{Method: "POST", Path: "/x", Class: Guarded, Out: &out})
		e := failure(t, err)
		assert.Equal(t, tt.CodeInternal, e.Code, "it would not change")
		assert.Equal(t, tt.Unknown, e.Outcome)
		assert.Contains(t, e.Error(), "the reply is not what this adapter understands: no object")
	})
}

func TestAnAnswerWithoutABodyIsASuccessWhereHTTPSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &answers{replies: []string{"HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"}}
		c := newClient(t, a.network().client(t))
		var out struct{}
		_, err := c.Do(t.Context(), Request{Method: "DELETE", Path: "/x", Out: &out})
		require.NoError(t, err)
		_, err = c.Do(t.Context(), Request{Method: "HEAD", Path: "/x", Out: &out})
		require.NoError(t, err)
	})
}

func TestTheAdaptersReadingOfAnAnswer(t *testing.T) {
	shared := &tt.Error{Code: tt.CodeRateLimited, VendorCode: token, TraceID: "trace\x00 7"}
	for _, test := range []struct {
		name     string
		reply    string
		fail     func(*Response) *tt.Error
		class    Class
		code     tt.Code // "": success
		outcome  tt.Outcome
		requests int
		says     string
	}{
		{"a success by its own rules", reply(500, `{"ok":true}`), func(*Response) *tt.Error { return nil },
			Guarded, "", 0, 1, ""},
		{"a failure inside of a 200 says nothing about the outcome", reply(200, `{"ok":false}`),
			func(r *Response) *tt.Error { return tt.Errorf(tt.CodeInternal, tt.Unknown, "%s", r.Words()) },
			Guarded, tt.CodeInternal, tt.Unknown, 1, `{"ok":false}`},
		{"a refusal inside of a 200", reply(200, `{"ok":false}`),
			func(*Response) *tt.Error { return tt.Errorf(tt.CodeConflict, tt.NotDone, "taken") },
			Guarded, tt.CodeConflict, tt.NotDone, 1, "taken"},
		{"a rate limit in the vendor's own way is repeated, also when it is guarded", reply(200, `{"code":77}`),
			func(*Response) *tt.Error { return shared }, Guarded, tt.CodeRateLimited, tt.NotDone, 5, "vendor code [secret]; trace trace\uFFFD 7"},
		{"an error without words gets the server's", reply(400, `{"detail":"nope"}`),
			func(*Response) *tt.Error { return &tt.Error{Code: tt.CodeClosed} }, Guarded, tt.CodeClosed, tt.NotDone, 1, "closed: nope (HTTP 400)"},
		{"an error without words of a server without words", reply(400, ""),
			func(*Response) *tt.Error { return &tt.Error{Code: tt.CodeClosed} }, Guarded, tt.CodeClosed, tt.NotDone, 1, "closed: Bad Request (HTTP 400)"},
		{"words with a secret in them", reply(400, `x`),
			func(*Response) *tt.Error { return tt.Errorf(tt.CodeInvalid, tt.NotDone, "bad token "+token) }, Guarded, tt.CodeInvalid, tt.NotDone, 1, "bad token [secret]"},
		{"a temporary error of a server that did nothing", reply(503, ""),
			func(*Response) *tt.Error { return tt.Errorf(tt.CodeUnavailable, tt.NotDone, "maintenance") }, Guarded, tt.CodeUnavailable, tt.NotDone, 5, "maintenance"},
		{"done all the same", reply(500, ""),
			func(*Response) *tt.Error { return tt.Errorf(tt.CodeUnavailable, tt.Done, "created, then failed") }, Guarded, tt.CodeUnavailable, tt.Done, 1, "created, then failed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := &answers{replies: []string{test.reply}}
				c := newClient(t, a.network().client(t), func(cfg *Config) { cfg.Fail = test.fail })
				_, err := c.Do(t.Context(), Request{Method: "POST", Path: "/x", Body: []byte("{}"), Class: test.class})
				assert.Len(t, a.requests(), test.requests)
				if test.code == "" {
					require.NoError(t, err)
					return
				}
				e := failure(t, err)
				assert.Equal(t, test.code, e.Code)
				assert.Equal(t, test.outcome, e.Outcome)
				assert.Contains(t, e.Error(), test.says)
			})
		})
	}
	assert.Equal(t, &tt.Error{Code: tt.CodeRateLimited, VendorCode: token, TraceID: "trace\x00 7"}, shared, "the adapter's error is not changed")
}

func TestWhatAnErrorIsSurvivesTheChangeOfItsText(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		errOver := errors.New("over")
		for _, words := range []string{"short", "with " + token, "with a\nline break", strings.Repeat("long ", 2000)} {
			a := &answers{replies: []string{reply(400, "")}}
			c := newClient(t, a.network().client(t), func(cfg *Config) {
				cfg.Fail = func(*Response) *tt.Error { return tt.Errorf(tt.CodeClosed, tt.NotDone, "%s: %w", words, errOver) }
			})
			_, err := c.Do(t.Context(), Request{Path: "/x"})
			e := failure(t, err)
			assert.ErrorIs(t, err, errOver)
			assert.NotErrorIs(t, err, context.Canceled)
			assert.LessOrEqual(t, len(e.Err.Error()), maxWords)
			for inner := error(e); inner != nil; inner = errors.Unwrap(inner) {
				assert.NotContains(t, fmt.Sprintf("%v %+v %#v", inner, inner, inner), token)
			}
		}
	})
}

func TestAReadThatFailsInsideOfASuccessIsNotDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &answers{replies: []string{reply(200, `{"ok":false}`)}}
		c := newClient(t, a.network().client(t), func(cfg *Config) {
			cfg.Fail = func(*Response) *tt.Error { return &tt.Error{Code: tt.CodeInternal} }
		})
		_, err := c.Do(t.Context(), Request{Method: "POST", Path: "/search", ReadOnly: true})
		assert.Equal(t, tt.NotDone, failure(t, err).Outcome)
	})
}

func TestTheServersClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := func(off time.Duration) string { return "Date: " + time.Now().Add(off).UTC().Format(http.TimeFormat) }
		n := &answers{}
		network := &network{peer: speak(func(_ *http.Request, _ string, conn net.Conn) bool {
			n.mu.Lock()
			defer n.mu.Unlock()
			_, _ = io.WriteString(conn, n.replies[0])
			return true
		})}
		c := newClient(t, network.client(t))
		ask := func(headers ...string) (time.Duration, bool) {
			n.mu.Lock()
			n.replies = []string{reply(200, "", headers...)}
			n.mu.Unlock()
			_, err := c.Do(t.Context(), Request{Path: "/x"})
			require.NoError(t, err)
			return c.Skew()
		}
		_, known := c.Skew()
		assert.False(t, known)
		assert.Equal(t, time.Now().UTC(), c.Now(), "without an answer our clock must do")

		for _, headers := range [][]string{{}, {"Date: yesterday"}, {now(time.Hour), "Age: 3600"}} {
			_, known = ask(headers...)
			assert.False(t, known, "%v tells nothing", headers)
		}
		for _, fraction := range []time.Duration{0, 1, time.Second / 3, time.Second - 1} {
			time.Sleep(fraction)
			skew, known := ask(now(0))
			assert.True(t, known)
			assert.Zero(t, skew, "a Date has whole seconds, and these do not contradict our clock")
		}
		for _, off := range []time.Duration{-24 * time.Hour, -3 * time.Second, 5 * time.Minute} {
			skew, _ := ask(now(off))
			assert.InDelta(t, off, skew, float64(time.Second), fmt.Sprint(off))
			assert.Equal(t, time.Now().Add(skew).UTC(), c.Now())
		}
		skew, _ := ask(now(0))
		assert.Zero(t, skew, "the latest answer counts")
	})
}

func TestAPathCannotLeadElsewhere(t *testing.T) {
	c := newClient(t, &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) { panic("nothing may be sent") })})
	for _, path := range []string{"../../x", "/v1/../x", "/v1/%2e%2e/x", "/v1/..%2fx", "/v1/.", "/v1/%zz", "/.."} {
		_, err := c.Do(t.Context(), Request{Path: path})
		e := failure(t, err)
		assert.Equal(t, tt.CodeInvalid, e.Code, path)
		assert.Equal(t, tt.NotDone, e.Outcome, path)
	}
	synctest.Test(t, func(t *testing.T) {
		a := &answers{replies: []string{reply(200, "")}}
		c := newClient(t, a.network().client(t), func(cfg *Config) { cfg.BaseURL.Path, cfg.BaseURL.RawPath = "/a b/ü/", "/a%20b/%C3%BC/" })
		for path, uri := range map[string]string{
			"x":                               "/a%20b/%C3%BC/x",
			"/.well-known/...":                "/a%20b/%C3%BC/.well-known/...",
			"/x/" + url.PathEscape("a/b?c#d"): "/a%20b/%C3%BC/x/a%2Fb%3Fc%23d",
			"/x/" + url.PathEscape("100%"):    "/a%20b/%C3%BC/x/100%25",
		} {
			_, err := c.Do(t.Context(), Request{Path: path})
			require.NoError(t, err)
			got := a.requests()
			assert.Equal(t, uri, got[len(got)-1].uri)
		}
	})
}

func TestABodyThatIsNoJSONIsRefusedBeforeAnythingIsSent(t *testing.T) {
	c := newClient(t, &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) { panic("nothing may be sent") })})
	_, err := c.Do(t.Context(), Request{Method: "POST", Path: "/x", Body: func() {}})
	e := failure(t, err)
	assert.Equal(t, tt.CodeInvalid, e.Code)
	assert.Equal(t, tt.NotDone, e.Outcome)
}
