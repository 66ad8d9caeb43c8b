package rsm

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/ttkit/ttkit/internal/rest"
	"github.com/ttkit/ttkit/tt"
)

// What a refusal is about, as far as its text tells. Texts come in Russian or
// English, with or without a full stop, so they are hints only: whatever
// matters is decided by reading the mode again.
var (
	errFinished = errors.New("the service mode is over")
	errItems    = errors.New("config items unknown, or no rights on them")
)

// hints are lower-case fragments of the documented texts.
var hints = []struct {
	about error
	all   []string
}{
	{errFinished, []string{"уже окончен"}},
	{errFinished, []string{"already", "finished"}},
	{errFinished, []string{"already", "ended"}},
	{errFinished, []string{"already", "completed"}},
	{errItems, []string{"не найдены или"}},
	{errItems, []string{"not found or"}},
}

// vendorError keeps the vendor's words, and what they are about.
type vendorError struct {
	words string
	about error
}

func (e vendorError) Error() string { return e.words }
func (e vendorError) Unwrap() error { return e.about }

// fail reads an answer; nil means success.
func fail(r *rest.Response) *tt.Error {
	e := rest.ByStatus(r)
	if e == nil {
		return nil
	}
	words := r.Words()
	lower := strings.ToLower(words)
	for _, h := range hints {
		if !slices.ContainsFunc(h.all, func(part string) bool { return !strings.Contains(lower, part) }) {
			e.Err = vendorError{words, h.about}
			break
		}
	}
	html := bytes.HasPrefix(bytes.TrimSpace(r.Body), []byte("<"))
	switch {
	case html && (r.Status == http.StatusNotFound || r.Status == http.StatusMethodNotAllowed):
		// Not monq's answer, so it says nothing about the ticket.
		e.Code = tt.CodeUnavailable
		e.Err = errors.New("the answer is a web page and not monq's: check base_url, and the proxy before it")
	case errors.Is(e.Err, errFinished):
		e.Code = tt.CodeClosed
	case errors.Is(e.Err, errItems):
		e.Code = tt.CodeNotFound
	}
	switch r.Status {
	case http.StatusUnauthorized:
		e.Err = fmt.Errorf("%w: check the setting token, and whether it has expired or was revoked in the user's profile", e.Err)
	case http.StatusForbidden:
		e.Err = fmt.Errorf("%w: the token's user lacks the right", e.Err)
	}
	return e
}
