package rest

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/ttkit/ttkit/tt"
)

// ByStatus reads an answer by its HTTP status alone: nil for 2xx, otherwise
// the status' code and the server's words. It is the default of Config.Fail,
// and what an adapter's own falls back to. A 3xx never gets here: see Fail.
func ByStatus(r *Response) *tt.Error {
	if r.Status >= 200 && r.Status < 300 {
		return nil
	}
	words := wordsOf(r)
	if r.path != "" {
		words = r.method + " " + r.path + ": " + words
	}
	e := &tt.Error{Code: codeOf(r.Status), Status: r.Status, RetryAfter: retryAfter(r.Header), Err: errors.New(words)}
	if refused(r.Status) {
		e.Outcome = tt.NotDone
	}
	return e
}

// wordsOf is what the server said, or what its status means.
func wordsOf(r *Response) string {
	if words := r.Words(); words != "" {
		return words
	}
	if text := http.StatusText(r.Status); text != "" {
		return text
	}
	return "an answer without words"
}

func codeOf(status int) tt.Code {
	switch status {
	case http.StatusUnauthorized, http.StatusProxyAuthRequired:
		return tt.CodeUnauthenticated
	case http.StatusForbidden:
		return tt.CodePermissionDenied
	case http.StatusNotFound, http.StatusGone:
		return tt.CodeNotFound
	case http.StatusConflict:
		return tt.CodeConflict
	case http.StatusTooManyRequests:
		return tt.CodeRateLimited
	case http.StatusRequestTimeout, http.StatusTooEarly:
		return tt.CodeUnavailable
	}
	switch {
	case status >= 500:
		return tt.CodeUnavailable
	case status >= 300:
		return tt.CodeInvalid
	}
	return tt.CodeInternal
}

// refused reports the statuses that say that nothing was done: every 4xx but
// 408, which a server may send after it has begun, and the redirects that ask
// for the same request elsewhere. 302 and 303 are not among them: servers
// send them after a form was accepted.
func refused(status int) bool {
	switch status {
	case http.StatusRequestTimeout:
		return false
	case http.StatusMovedPermanently, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return status >= 400 && status < 500
}

func redirect(status int) bool { return status >= 300 && status < 400 }

// target tells where a redirect points, by scheme and host only: the rest of
// a Location may hold a secret of the server's making.
func target(from *url.URL, r *Response) string {
	to, err := from.Parse(r.Header.Get("Location"))
	if err != nil || to.Host == "" || r.Header.Get("Location") == "" {
		return "; check base_url"
	}
	if to.Host == from.Host && to.Scheme == from.Scheme {
		return "; the server points to another path of itself, check the path of base_url"
	}
	return ": set base_url to " + to.Scheme + "://" + to.Host
}
