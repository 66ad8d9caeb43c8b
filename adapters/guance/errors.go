package guance

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/ttkit/ttkit/internal/rest"
	"github.com/ttkit/ttkit/tt"
)

// The codes that the vendor documents. All others are unknown, so nothing
// depends on them.
const (
	keyLimit       = "ft.TriggerApiAkCurrentLimiting"
	workspaceLimit = "ft.TriggerApiWorkspaceCurrentLimiting"
	badKey         = "ft.InvalidAPIKey"
)

// fail reads an answer; nil means success: HTTP 200, code 200 and success. The
// HTTP status alone says little: a limit is a 401, and errors may come under
// 200.
func (s *System) fail(r *rest.Response) *tt.Error {
	code, ok := numberOf(valueOf(r.Body, "code"))
	if r.Status == http.StatusOK && code == http.StatusOK && string(valueOf(r.Body, "success")) == "true" {
		return nil
	}
	envelope, isObject := parseObject(r.Body)
	if !ok || !isObject {
		return s.notTheirs(r)
	}
	e := s.classify(r, max(r.Status, int(code)), envelope)
	e.VendorCode, e.TraceID = envelope.text("errorCode"), envelope.text("traceId")
	if e.TraceID == "" {
		e.TraceID = string(envelope.get("traceId"))
	}
	return e
}

// classify finds what an error of the vendor's means; status is the worse of
// the two that it has.
func (s *System) classify(r *rest.Response, status int, envelope object) *tt.Error {
	if status <= http.StatusOK {
		return tt.Errorf(tt.CodeUnavailable, tt.Unknown, "the server says neither success nor why not: %s", r.Words())
	}
	as := *r
	as.Status = status
	e := rest.ByStatus(&as) // its Status is the worse of the two, too
	if e == nil {           // 201 and the like: no success by the vendor's rules
		return tt.Errorf(tt.CodeUnavailable, tt.Unknown, "the server says neither success nor why not: %s", r.Words())
	}
	switch envelope.text("errorCode") {
	case keyLimit:
		return s.limited(e, "the API key has used up its calls, perhaps in other programs: a key of its own helps, or a lower rate.requests")
	case workspaceLimit:
		return s.limited(e, "all API keys of the workspace together have used up its calls")
	case badKey:
		e.Code, e.Outcome = tt.CodeUnauthenticated, tt.NotDone
		e.Err = fmt.Errorf("%w: check the setting api_key, and that base_url is the site of its workspace", e.Err)
	default:
		if status == http.StatusUnauthorized {
			e.Err = fmt.Errorf("%w: check the setting api_key", e.Err)
		}
	}
	return e
}

// limited is the error of a call that the vendor's limits refused.
func (s *System) limited(e *tt.Error, advice string) *tt.Error {
	e.Code, e.Outcome = tt.CodeRateLimited, tt.NotDone
	e.Err = fmt.Errorf("%w: %s", e.Err, advice)
	s.limiter.throttled(e.RetryAfter)
	if e.RetryAfter == 0 {
		_, _, free := s.limiter.state()
		e.RetryAfter = max(time.Until(free), time.Second).Round(time.Second)
	}
	return e
}

// notTheirs is the error of an answer without the vendor's envelope. It says
// nothing about the ticket, and comes from something in between.
func (s *System) notTheirs(r *rest.Response) *tt.Error {
	e := rest.ByStatus(r)
	if e == nil {
		return tt.Errorf(tt.CodeUnavailable, tt.Unknown, "the answer is not the API's: %s; check base_url, and the proxy before it", r.Words())
	}
	html := bytes.HasPrefix(bytes.TrimSpace(r.Body), []byte("<"))
	if html || r.Status == http.StatusNotFound || r.Status == http.StatusMethodNotAllowed {
		e.Code = tt.CodeUnavailable
		e.Err = errors.New("the answer is not the API's: check base_url, and the proxy before it: " + strings.TrimSpace(r.Words()))
	}
	return e
}

// statusOf is the status of a failed call, the worse of the two that the
// vendor's answers have; 0 when no answer came.
func statusOf(err error) int {
	var e *tt.Error
	if !errors.As(err, &e) {
		return 0
	}
	return e.Status
}

// isRefusal reports whether the server understood a request and refused it
// for what it says.
func isRefusal(err error) bool {
	var e *tt.Error
	if !errors.As(err, &e) || e.Status == 0 || e.Outcome != tt.NotDone {
		return false
	}
	return e.Code == tt.CodeInvalid
}

// withOutcome is err with another outcome: that of the operation, where err is
// of an election on the way to it.
func withOutcome(err error, outcome tt.Outcome) error {
	var failed *tt.Error
	if !errors.As(err, &failed) {
		return err
	}
	e := *failed
	e.Outcome = outcome
	return &e
}
