package main

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/ttkit/ttkit/tt"
)

// maxBody bounds a notification, in bytes. A thousand alerts with long texts
// are about two million.
const maxBody = 8 << 20

// readTimeout bounds how long a notification may take to arrive.
const readTimeout = 30 * time.Second

// Handler serves POST /alertmanager and GET /healthz.
func (p *Pipeline) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /alertmanager", p.serveNotification)
	mux.HandleFunc("GET /healthz", p.serveHealth)
	return mux
}

// serveNotification answers 200 when the ticket system holds what the
// notification told. Alertmanager gives a notification up after a 4xx, and
// repeats it after a 5xx.
func (p *Pipeline) serveNotification(w http.ResponseWriter, r *http.Request) {
	// A limit for the body alone: the server's ReadTimeout would also end the
	// context of a request that waits for its turn.
	connection := http.NewResponseController(w)
	_ = connection.SetReadDeadline(time.Now().Add(readTimeout))
	if !p.authorized(r) {
		w.Header().Set("WWW-Authenticate", `Bearer realm="alarmpipeline"`)
		http.Error(w, "a bearer token is needed: set authorization.credentials in the webhook's http_config", http.StatusUnauthorized)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			http.Error(w, fmt.Sprintf("the body has more than %d bytes: set max_alerts of the receiver, or group by more labels", maxBody),
				http.StatusRequestEntityTooLarge)
			return
		}
		http.Error(w, "the body did not arrive whole", http.StatusBadRequest)
		return
	}
	_ = connection.SetReadDeadline(time.Time{})
	n, err := parseNotification(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if err := p.notify(r.Context(), n); err != nil {
		p.serveError(w, r, n, err)
		return
	}
	_, _ = io.WriteString(w, "ok\n")
}

func (p *Pipeline) serveError(w http.ResponseWriter, r *http.Request, n *notification, err error) {
	status := http.StatusInternalServerError
	var refused refusal
	switch {
	case errors.As(err, &refused):
		status = http.StatusUnprocessableEntity
	case tt.IsTemporary(err), errors.Is(err, tt.ErrCanceled), errors.Is(err, tt.ErrClosed):
		status = http.StatusServiceUnavailable
		w.Header().Set("Retry-After", strconv.Itoa(retryAfter(err)))
	}
	p.log.WarnContext(r.Context(), "notification not done", "status", status,
		"receiver", n.Receiver, "group", n.GroupKey, "error", err)
	http.Error(w, err.Error(), status)
}

// retryAfter returns the seconds that the ticket system asks for, or a few.
// Alertmanager does not read them; other senders and proxies do.
func retryAfter(err error) int {
	var e *tt.Error
	if errors.As(err, &e) && e.RetryAfter > 0 {
		return int((e.RetryAfter + time.Second - 1) / time.Second)
	}
	return 5
}

// authorized compares hashes, whose length tells nothing about the token's.
func (p *Pipeline) authorized(r *http.Request) bool {
	if p.cfg.Token.IsZero() {
		return true
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	given, wanted := sha256.Sum256([]byte(token)), sha256.Sum256([]byte(p.cfg.Token.Reveal()))
	return subtle.ConstantTimeCompare(given[:], wanted[:]) == 1 && strings.EqualFold(scheme, "Bearer")
}

// serveHealth tells a supervisor that the process takes notifications. It
// asks the ticket system nothing: when that is down, a restart cannot help.
func (p *Pipeline) serveHealth(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	stopping := p.stopping
	p.mu.Unlock()
	if stopping {
		http.Error(w, errStopping.Error(), http.StatusServiceUnavailable)
		return
	}
	_, _ = io.WriteString(w, "ok\n")
}
