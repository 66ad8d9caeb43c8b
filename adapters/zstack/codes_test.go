package zstack_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/zstack/zstacktest"
	"github.com/ttkit/ttkit/tt"
)

// codeRow is what an error code of the platform means. A read and a login
// that fail have done nothing; outcome is that of a create.
type codeRow struct {
	code      string
	about     string
	want      tt.Code
	temporary bool
	outcome   tt.Outcome
	created   tt.Code // of a create that fails with it, where that is another
}

// codes are all that the vendor has published, in SysErrors, IdentityErrors
// and conf/errorCodes of zstackio/zstack, and some that it has not.
var codes = []codeRow{
	{"SYS.1000", "internal error: for a create, a uuid in use or a text that the database refuses", tt.CodeUnavailable, true, tt.NotDone, tt.CodeConflict},
	{"SYS.1001", "timeout: it may still happen", tt.CodeUnavailable, true, tt.Unknown, ""},
	{"SYS.1002", "create failed", tt.CodeInternal, false, tt.NotDone, ""},
	{"SYS.1003", "resource not found", tt.CodeNotFound, false, tt.NotDone, ""},
	{"SYS.1004", "delete failed", tt.CodeInternal, false, tt.NotDone, ""},
	{"SYS.1005", "change of state failed", tt.CodeInternal, false, tt.NotDone, ""},
	{"SYS.1006", "operation failed", tt.CodeInvalid, false, tt.NotDone, ""},
	{"SYS.1007", "invalid argument", tt.CodeInvalid, false, tt.NotDone, ""},
	{"SYS.1008", "unknown message", tt.CodeInternal, false, tt.NotDone, ""},
	{"SYS.1009", "no route", tt.CodeUnavailable, true, tt.NotDone, ""},
	{"SYS.1010", "node not ready", tt.CodeUnavailable, true, tt.NotDone, ""},
	{"SYS.1011", "undeliverable", tt.CodeUnavailable, true, tt.NotDone, ""},
	{"SYS.1012", "node unavailable: nobody knows how far it came", tt.CodeUnavailable, true, tt.Unknown, ""},
	{"SYS.1013", "no such capability", tt.CodeInternal, false, tt.NotDone, ""},
	{"SYS.1014", "not implemented", tt.CodeInternal, false, tt.NotDone, ""},
	{"SYS.1015", "HTTP error inside", tt.CodeUnavailable, true, tt.Unknown, ""},
	{"SYS.1016", "IO error inside", tt.CodeUnavailable, true, tt.Unknown, ""},
	{"SYS.1017", "cancelled by somebody", tt.CodeInternal, false, tt.NotDone, ""},

	{"ID.1000", "wrong credentials", tt.CodeUnauthenticated, false, tt.NotDone, ""},
	{"ID.1001", "dead session, after another login, too: the credentials are good", tt.CodeUnavailable, true, tt.NotDone, ""},
	{"ID.1002", "permission denied", tt.CodePermissionDenied, false, tt.NotDone, ""},
	{"ID.1003", "quota exceeded", tt.CodePermissionDenied, false, tt.NotDone, ""},
	{"ID.1004", "bad quota operation", tt.CodeInvalid, false, tt.NotDone, ""},
	{"ID.1005", "the password must be changed", tt.CodeUnauthenticated, false, tt.NotDone, ""},
	{"ID.1006", "too many sessions", tt.CodeUnavailable, true, tt.NotDone, ""},
	{"ID.2000", "a second factor is needed", tt.CodeUnauthenticated, false, tt.NotDone, ""},
	{"ID.2001", "the second factor failed", tt.CodeUnauthenticated, false, tt.NotDone, ""},
	{"ID.2002", "the second factor failed", tt.CodeUnauthenticated, false, tt.NotDone, ""},
	{"ID.2003", "the server of the second factor failed", tt.CodeUnavailable, true, tt.NotDone, ""},

	{"PORTAL.1000", "no service for the message", tt.CodeInternal, false, tt.NotDone, ""},
	{"PORTAL.1001", "a field is missing", tt.CodeInvalid, false, tt.NotDone, ""},
	{"PORTAL.1002", "not ready", tt.CodeUnavailable, true, tt.NotDone, ""},

	{"TAG.1000", "duplicated tag", tt.CodeConflict, false, tt.NotDone, ""},

	{"LOGIN_CONTROL.1002", "locked for a while", tt.CodeUnavailable, true, tt.NotDone, ""},
	{"LOGIN_CONTROL.1003", "wrong captcha", tt.CodeUnauthenticated, false, tt.NotDone, ""},
	{"LOGIN_CONTROL.1004", "refused", tt.CodeUnauthenticated, false, tt.NotDone, ""},
	{"LOGIN_CONTROL.1005", "missing captcha", tt.CodeUnauthenticated, false, tt.NotDone, ""},

	{"LICENSE.1000", "licence", tt.CodePermissionDenied, false, tt.NotDone, ""},
	{"LICENSE.1001", "licence", tt.CodePermissionDenied, false, tt.NotDone, ""},
	{"LICENSE.1002", "licence", tt.CodePermissionDenied, false, tt.NotDone, ""},
	{"LICENSE.1003", "licence", tt.CodePermissionDenied, false, tt.NotDone, ""},
	{"LICENSE.1004", "licence", tt.CodePermissionDenied, false, tt.NotDone, ""},
	{"LICENSE.1005", "licence", tt.CodePermissionDenied, false, tt.NotDone, ""},
	{"LICENSE.1006", "licence", tt.CodePermissionDenied, false, tt.NotDone, ""},
	{"LICENSE.1007", "licence", tt.CodePermissionDenied, false, tt.NotDone, ""},
	{"LICENSE.1008", "licence", tt.CodePermissionDenied, false, tt.NotDone, ""},

	{"VM.1003", "a code that is not known", tt.CodeInternal, false, tt.NotDone, ""},
}

// ofTheNode are codes with which a node may refuse the question about a job,
// rather than say what the job came to.
var ofTheNode = []string{"SYS.1010", "SYS.1011", "SYS.1012", "PORTAL.1002"}

// check compares an error with a row.
func (r codeRow) check(t *testing.T, err error, want tt.Code, outcome tt.Outcome) {
	t.Helper()
	var e *tt.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, want, e.Code, err.Error())
	assert.Equal(t, r.temporary && want != tt.CodeConflict, e.Temporary(), err.Error())
	assert.Equal(t, outcome, e.Outcome, err.Error())
	assert.Equal(t, r.code, e.VendorCode)
	assert.True(t, e.Repeatable, "with a key, and for a read")
	if r.code == "LOGIN_CONTROL.1002" {
		assert.GreaterOrEqual(t, e.RetryAfter, time.Minute, "a lock lasts")
	}
}

func (r codeRow) creating() tt.Code {
	if r.created != "" {
		return r.created
	}
	return r.want
}

// Every code, wherever it can stand.
func TestEveryErrorCode(t *testing.T) {
	for _, row := range codes {
		name := strings.ReplaceAll(row.code+" "+row.about, "/", "-")
		inBubble(t, name+": a read", zstacktest.Options{}, nil, func(s scene) {
			c := s.create("k", "web-1")
			s.server.InjectJob(zstacktest.JobFault{Kind: zstacktest.CallFails, Route: "tickets", Times: -1, Code: row.code})
			_, err := s.sys.GetTT(s.ctx, c.ID)
			row.check(s.T, err, row.want, tt.NotDone)
		})
		inBubble(t, name+": a login", zstacktest.Options{}, nil, func(s scene) {
			s.server.InjectJob(zstacktest.JobFault{Kind: zstacktest.CallFails, Route: "login", Times: -1, Code: row.code})
			_, err := s.sys.GetTT(s.ctx, someID)
			want := row.want
			if want == tt.CodeInvalid {
				want = tt.CodePermissionDenied // the login asks for what this user may not have; the call is in order
			}
			row.check(s.T, err, want, tt.NotDone)
		})
		inBubble(t, name+": the job of a create", zstacktest.Options{}, nil, func(s scene) {
			s.server.InjectJob(zstacktest.JobFault{Kind: zstacktest.JobFails, Route: "create", Times: -1, Code: row.code})
			_, err := s.sys.CreateTT(s.ctx, tt.CreateRequest{Object: "web-1", Subject: "down", Key: "k"})
			outcome := row.outcome
			if slices.Contains(ofTheNode, row.code) {
				outcome = tt.Unknown
			}
			row.check(s.T, err, row.creating(), outcome)
			assert.Empty(s, s.server.Tickets())
		})
		t.Run(name+": the answer to a create", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := zstacktest.New(zstacktest.Options{})
				defer server.Close()
				refusing := answering{server.Client().Transport, "POST", "/v1/tickets", http.StatusServiceUnavailable,
					fmt.Sprintf(`{"error":{"code":%q,"description":"d","details":"拒绝"}}`, row.code)}
				sys := openBy(t, server, &http.Client{Transport: refusing}, nil)
				_, err := sys.CreateTT(t.Context(), tt.CreateRequest{Object: "web-1", Subject: "down", Key: "k"})
				row.check(t, err, row.creating(), row.outcome)
				assert.ErrorContains(t, err, "拒绝", "the vendor's words")
				require.NoError(t, sys.Shutdown(t.Context()))
			})
		})
	}
}

// What the platform did although the job says that it failed is found.
func TestAJobThatFailsAfterActing(t *testing.T) {
	for _, code := range []string{"SYS.1000", "SYS.1001", "SYS.1012", "SYS.1015", "SYS.1016"} {
		inBubble(t, code, zstacktest.Options{}, nil, func(s scene) {
			s.server.InjectJob(zstacktest.JobFault{Kind: zstacktest.JobFailsAfter, Route: "create", Code: code})
			c := s.create("k", "web-1")
			assert.Len(s, s.server.Tickets(), 1)
			assert.Equal(s, tt.StateOpen, s.get(c.ID).State)
		})
	}
}

// A code means the same however deep it is wrapped.
func TestCodesInCauses(t *testing.T) {
	for name, body := range map[string]string{
		"cause":            `{"error":{"code":"SYS.1006","details":"outer","cause":{"code":"ID.1002","details":"inner"}}}`,
		"causes":           `{"error":{"code":"SYS.1002","details":"outer","causes":[{"code":"ID.1002","details":"inner"}]}}`,
		"cause of a cause": `{"error":{"code":"SYS.1006","cause":{"code":"SYS.1000","cause":{"code":"ID.1002","details":"inner"}}}}`,
		"with more fields": `{"error":{"code":"SYS.1006","elaboration":"e","cost":"3ms","location":"l","opaque":{"k":1},"messages":[],"cause":{"code":"ID.1002","details":"inner","causes":[]}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := zstacktest.New(zstacktest.Options{})
				defer server.Close()
				refusing := answering{server.Client().Transport, "GET", "/v1/tickets", http.StatusServiceUnavailable, body}
				sys := openBy(t, server, &http.Client{Transport: refusing}, nil)
				_, err := sys.GetTT(t.Context(), someID)
				require.ErrorIs(t, err, tt.ErrPermissionDenied)
				assert.ErrorContains(t, err, "inner")
				require.NoError(t, sys.Shutdown(t.Context()))
			})
		})
	}
}

// Plain texts of the REST layer and pages of what is before it.
func TestAnswersThatAreNoAPIError(t *testing.T) {
	for _, row := range []struct {
		name      string
		status    int
		body      string
		code      tt.Code
		temporary bool
		says      string
	}{
		{"no such call", 404, "no api mapping to /v1/tickets", tt.CodeInternal, false, "no api mapping"},
		{"a servlet container's page: it is starting", 404, "<!doctype html><html><h1>404</h1></html>", tt.CodeUnavailable, true, "base_url"},
		{"a page about a verb", 405, "<html></html>", tt.CodeUnavailable, true, "base_url"},
		{"the wrong verb", 405, "only GET method is allowed", tt.CodeInternal, false, "only GET"},
		{"a bad query", 400, "Invalid query parameter. x", tt.CodeInvalid, false, "Invalid query"},
		{"a wrong signature", 400, "wrong accessKey signature", tt.CodeUnauthenticated, false, "access_key"},
		{"a clock that is off", 403, "requestTimeTooSkewed", tt.CodePermissionDenied, false, "timezone"},
		{"an exception", 500, "java.lang.NullPointerException", tt.CodeUnavailable, true, "NullPointer"},
		{"a proxy", 502, "<html>Bad Gateway</html>", tt.CodeUnavailable, true, ""},
		{"a proxy's 503", 503, "<html>Service Unavailable</html>", tt.CodeUnavailable, true, ""},
		{"a proxy's rate limit", 429, "slow down", tt.CodeRateLimited, true, "slow down"},
		{"a redirect to a login page", 302, "", tt.CodeInvalid, false, "redirect"},
		{"503 with an error of nothing", 503, `{"error":{}}`, tt.CodeUnavailable, true, ""},
		{"503 with an error of another kind", 503, `{"error":"oops"}`, tt.CodeUnavailable, true, "oops"},
		{"503 with half an error", 503, `{"error":{"code":"SYS.10`, tt.CodeUnavailable, true, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := zstacktest.New(zstacktest.Options{})
				defer server.Close()
				refusing := answering{server.Client().Transport, "GET", "/v1/tickets", row.status, row.body}
				sys := openBy(t, server, &http.Client{Transport: refusing}, nil)
				_, err := sys.GetTT(t.Context(), someID)
				var e *tt.Error
				require.ErrorAs(t, err, &e)
				assert.Equal(t, row.code, e.Code, err.Error())
				assert.Equal(t, row.temporary, e.Temporary(), err.Error())
				assert.Equal(t, tt.NotDone, e.Outcome)
				assert.ErrorContains(t, err, row.says)
				assert.Equal(t, row.status, e.Status)
				require.NoError(t, sys.Shutdown(t.Context()))
			})
		})
	}
}

// answering gives one answer to all requests of a kind.
type answering struct {
	http.RoundTripper
	method, path string // path is the end of it, or what comes before a uuid
	status       int
	body         string
}

func (a answering) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != a.method || !strings.Contains(r.URL.Path, a.path) {
		return a.RoundTripper.RoundTrip(r)
	}
	if r.Body != nil {
		_ = r.Body.Close()
	}
	return &http.Response{
		Status: http.StatusText(a.status), StatusCode: a.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{}, Body: io.NopCloser(bytes.NewReader([]byte(a.body))), ContentLength: int64(len(a.body)), Request: r,
	}, nil
}
