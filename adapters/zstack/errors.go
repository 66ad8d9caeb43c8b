package zstack

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/ttkit/ttkit/internal/rest"
	"github.com/ttkit/ttkit/tt"
)

// Error codes that decide what happens next. The texts beside them come in the
// language of the server, so nothing is ever decided by those.
const (
	codeInternal    = "SYS.1000" // and a uuid that is used, and a text that the database refuses
	codeNotFound    = "SYS.1003"
	codeDeadSession = "ID.1001"
)

// meaning is what a code of the platform says to the caller.
type meaning struct {
	code   tt.Code
	acted  bool // the server may have acted all the same
	wait   time.Duration
	advice string
}

// meanings are the documented codes. What is not here is an error of the
// platform that waiting does not mend.
var meanings = map[string]meaning{
	codeInternal:    {code: tt.CodeUnavailable, acted: true},
	"SYS.1001":      {code: tt.CodeUnavailable, acted: true},
	codeNotFound:    {code: tt.CodeNotFound},
	"SYS.1006":      {code: tt.CodeInvalid},
	"SYS.1007":      {code: tt.CodeInvalid},
	"SYS.1008":      {code: tt.CodeInternal, advice: "the platform does not know this call: check its version, and whether the ticket module is installed and licensed"},
	"SYS.1009":      {code: tt.CodeUnavailable},
	"SYS.1010":      {code: tt.CodeUnavailable},
	"SYS.1011":      {code: tt.CodeUnavailable},
	"SYS.1012":      {code: tt.CodeUnavailable, acted: true},
	"SYS.1015":      {code: tt.CodeUnavailable, acted: true},
	"SYS.1016":      {code: tt.CodeUnavailable, acted: true},
	"ID.1000":       {code: tt.CodeUnauthenticated, advice: "check the credentials in the settings"},
	codeDeadSession: {code: tt.CodeUnauthenticated},
	"ID.1002":       {code: tt.CodePermissionDenied},
	"ID.1003":       {code: tt.CodePermissionDenied, advice: "a quota of the project is used up"},
	"ID.1004":       {code: tt.CodeInvalid},
	"ID.1005":       {code: tt.CodeUnauthenticated, advice: "the password must be changed first, in the console"},
	"ID.1006":       {code: tt.CodeUnavailable, advice: "the user has too many sessions: let other programs log out, or raise identity/session.maxConcurrent"},
	"ID.2000":       {code: tt.CodeUnauthenticated, advice: "the user needs a second factor, which a program has not: use a user without"},
	"ID.2001":       {code: tt.CodeUnauthenticated},
	"ID.2002":       {code: tt.CodeUnauthenticated},
	"ID.2003":       {code: tt.CodeUnavailable},
	"PORTAL.1000":   {code: tt.CodeInternal, advice: "no service answers this call: check whether the ticket module is installed and licensed"},
	"PORTAL.1001":   {code: tt.CodeInvalid},
	"PORTAL.1002":   {code: tt.CodeUnavailable},
	"TAG.1000":      {code: tt.CodeConflict},

	"LOGIN_CONTROL.1002": {code: tt.CodeUnavailable, wait: 5 * time.Minute, advice: "the user is locked after wrong passwords: check the password in the settings before the lock ends"},
	"LOGIN_CONTROL.1003": {code: tt.CodeUnauthenticated, advice: "the server wants a captcha, which a program cannot solve"},
	"LOGIN_CONTROL.1004": {code: tt.CodeUnauthenticated},
	"LOGIN_CONTROL.1005": {code: tt.CodeUnauthenticated, advice: "the server wants a captcha, which a program cannot solve"},
}

func meaningOf(code string) meaning {
	if m, ok := meanings[code]; ok {
		return m
	}
	if strings.HasPrefix(code, "LICENSE.") {
		return meaning{code: tt.CodePermissionDenied, advice: "the platform's licence does not allow it"}
	}
	return meaning{code: tt.CodeInternal}
}

// ofTheNode are codes with which a node refuses whatever it is asked.
var ofTheNode = []string{"SYS.1010", "SYS.1011", "SYS.1012", "PORTAL.1002"}

// apiError is an error of the API as it stands in an answer.
type apiError struct {
	Code        string     `json:"code"`
	Description string     `json:"description"`
	Details     string     `json:"details"`
	Cause       *apiError  `json:"cause"`
	Causes      []apiError `json:"causes"`
}

// deepest bounds how far causes are followed.
const deepest = 16

// root is the error that the others are only wrapped around. A dead session
// decides wherever it stands.
func (e *apiError) root() *apiError {
	found := e
	e.walk(0, func(cause *apiError, depth int) {
		if found.Code == codeDeadSession {
			return
		}
		if cause.Code == codeDeadSession || cause.Code != "" && depth > 0 {
			found = cause
		}
	})
	return found
}

// walk visits the chain of first causes, and every other cause for a dead
// session only.
func (e *apiError) walk(depth int, visit func(*apiError, int)) {
	if depth == deepest {
		return
	}
	visit(e, depth)
	switch {
	case e.Cause != nil:
		e.Cause.walk(depth+1, visit)
	case len(e.Causes) > 0:
		e.Causes[0].walk(depth+1, visit)
	}
	for i := 1; i < len(e.Causes); i++ {
		if e.Causes[i].Code == codeDeadSession {
			visit(&e.Causes[i], depth+1)
		}
	}
}

// words is what a person should read.
func (e *apiError) words() string {
	switch {
	case e.Details == "":
		return e.Description
	case e.Description == "":
		return e.Details
	}
	return e.Description + ": " + e.Details
}

// apiErrorIn finds the error in an answer, or nil. A success is not parsed for
// one unless it begins with it.
func apiErrorIn(r *rest.Response) *apiError {
	body := bytes.TrimSpace(r.Body)
	if !bytes.HasPrefix(body, []byte("{")) || r.Status < 300 && !bytes.HasPrefix(body, []byte(`{"error"`)) {
		return nil
	}
	var reply struct {
		Error *apiError `json:"error"`
	}
	if json.Unmarshal(body, &reply) != nil || reply.Error == nil || reply.Error.root().Code == "" {
		return nil
	}
	return reply.Error.root()
}

// fail reads an answer; nil means success.
func fail(r *rest.Response) *tt.Error {
	if found := apiErrorIn(r); found != nil {
		return found.asError(r)
	}
	e := rest.ByStatus(r)
	if e == nil {
		return nil
	}
	text := strings.ToLower(strings.TrimSpace(string(r.Body[:min(len(r.Body), 512)])))
	switch html := text == "" || strings.HasPrefix(text, "<"); { // the API always says why
	case html && (r.Status == http.StatusNotFound || r.Status == http.StatusMethodNotAllowed):
		// Not the API's answer, so it says nothing about a ticket.
		e.Code, e.Outcome = tt.CodeUnavailable, tt.Unknown
		e.Err = errors.New("the answer is a web page and not the API's: the server may be starting; otherwise check base_url (its path is usually /zstack), and the proxy before it")
	case html && r.Status == http.StatusServiceUnavailable && r.Header.Get("Retry-After") != "":
		e.Code = tt.CodeRateLimited // the platform has no rate limit: it is a proxy's
	case r.Status == http.StatusBadRequest && (strings.Contains(text, "accesskey") || strings.Contains(text, "access key")):
		e.Code = tt.CodeUnauthenticated
		e.Err = fmt.Errorf("%w: check access_key.id and access_key.secret", e.Err)
	case r.Status == http.StatusBadRequest:
		e.Code = tt.CodeInvalid
	case r.Status == http.StatusForbidden:
		e.Err = fmt.Errorf("%w: the time in the signature is more than 15 minutes off the server's local time: check the setting timezone and both clocks", e.Err)
	case r.Status == http.StatusNotFound || r.Status == http.StatusMethodNotAllowed:
		// The API never answers 404 for a ticket that is not there.
		e.Code = tt.CodeInternal
		e.Err = fmt.Errorf("%w: this version of the platform lacks the call; check base_url, and whether the ticket module is installed", e.Err)
	}
	return e
}

// asError makes the error of an answer.
func (e *apiError) asError(r *rest.Response) *tt.Error {
	m := meaningOf(e.Code)
	out := &tt.Error{Code: m.code, Status: r.Status, VendorCode: e.Code, RetryAfter: m.wait, Err: errors.New(e.words())}
	if !m.acted {
		out.Outcome = tt.NotDone
	}
	if m.advice != "" {
		out.Err = fmt.Errorf("%w; %s", out.Err, m.advice)
	}
	return out
}

// asError finds the library's error in err, which may be nil.
func asError(err error) *tt.Error {
	var e *tt.Error
	if errors.As(err, &e) {
		return e
	}
	return &tt.Error{Code: tt.CodeOf(err), Err: err}
}

// withOutcome is err with another outcome.
func withOutcome(err error, outcome tt.Outcome) *tt.Error {
	e := *asError(err)
	e.Outcome = outcome
	return &e
}

// about puts words before those of an error.
func about(err error, format string, args ...any) *tt.Error {
	e := *asError(err)
	e.Err = fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), e.Err)
	return &e
}
