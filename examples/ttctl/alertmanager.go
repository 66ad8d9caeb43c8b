package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ttkit/ttkit/tt"
)

// alertmanagerToken is the environment variable with the bearer token for
// --alertmanager; unset means none.
const alertmanagerToken = "ALERTMANAGER_TOKEN"

// maxList is how much of a list of alarms is read, in bytes.
const maxList = 256 << 20

// alertmanager asks an Alertmanager.
type alertmanager struct {
	base  *url.URL
	token string
}

func newAlertmanager(address, token string) (*alertmanager, error) {
	base, err := url.Parse(address)
	switch {
	case err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "":
		return nil, usage(errors.New("--alertmanager is no address, such as http://127.0.0.1:9093"))
	case base.User != nil:
		return nil, usage(errors.New("--alertmanager holds a user name or a password, which would show in lists of processes: set " + alertmanagerToken))
	case base.RawQuery != "" || base.Fragment != "":
		return nil, usage(errors.New("--alertmanager is more than an address: what it filters out would look resolved"))
	}
	return &alertmanager{base, token}, nil
}

// groups fetches the alert groups, and refuses an Alertmanager that has
// started less than grace ago: it has not been told yet of every alert that
// fires.
func (a *alertmanager) groups(ctx context.Context, grace time.Duration) ([]byte, error) {
	text, err := a.get(ctx, "/api/v2/status", 1<<20)
	if err != nil {
		return nil, err
	}
	var status struct {
		Uptime time.Time `json:"uptime"`
	}
	if err := json.Unmarshal(text, &status); err != nil || status.Uptime.IsZero() {
		return nil, a.failed(tt.CodeInternal, errors.New("the answer to /api/v2/status does not say since when it runs: is it an Alertmanager?"))
	}
	if age := time.Since(status.Uptime); age < grace {
		e := a.failed(tt.CodeUnavailable, fmt.Errorf("it has run for %s only, and may not know yet of every alert that fires", max(age, 0).Round(time.Second)))
		e.RetryAfter = (grace - max(age, 0)).Round(time.Second)
		return nil, e
	}
	return a.get(ctx, "/api/v2/alerts/groups", maxList)
}

func (a *alertmanager) get(ctx context.Context, path string, limit int64) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, a.base.JoinPath(path).String(), nil)
	if err != nil {
		return nil, usage(err)
	}
	request.Header.Set("Accept", "application/json")
	if a.token != "" {
		request.Header.Set("Authorization", "Bearer "+a.token)
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(request)
	if err != nil {
		var outer *url.Error
		if errors.As(err, &outer) {
			err = outer.Err // without the address, which is said once
		}
		return nil, a.failed(tt.CodeUnavailable, err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, limit+1))
	switch {
	case response.StatusCode == http.StatusUnauthorized:
		return nil, a.failed(tt.CodeUnauthenticated, fmt.Errorf("%s: %s; set %s to a bearer token", path, response.Status, alertmanagerToken))
	case response.StatusCode == http.StatusForbidden:
		return nil, a.failed(tt.CodePermissionDenied, fmt.Errorf("%s: %s", path, response.Status))
	case response.StatusCode >= 500, response.StatusCode == http.StatusTooManyRequests:
		return nil, a.failed(tt.CodeUnavailable, fmt.Errorf("%s: %s", path, response.Status))
	case response.StatusCode != http.StatusOK:
		return nil, a.failed(tt.CodeInternal, fmt.Errorf("%s: %s: check the address", path, response.Status))
	case err != nil:
		return nil, a.failed(tt.CodeUnavailable, fmt.Errorf("%s: the answer was cut off: %w", path, err))
	case int64(len(text)) > limit:
		return nil, a.failed(tt.CodeInternal, fmt.Errorf("%s: the answer has more than %d bytes", path, limit))
	}
	return text, nil
}

// failed is an error of the Alertmanager: the ticket system was not asked.
func (a *alertmanager) failed(code tt.Code, err error) *tt.Error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		code = tt.CodeCanceled
	}
	words := err.Error()
	if a.token != "" {
		words = strings.ReplaceAll(words, a.token, "***")
	}
	e := tt.Errorf(code, tt.NotDone, "alertmanager at %s: %s", a.base.Redacted(), words)
	if code == tt.CodeCanceled {
		e.Err = fmt.Errorf("alertmanager at %s: %w", a.base.Redacted(), err)
	}
	e.Op, e.Repeatable = "Reconcile", true
	return e
}
