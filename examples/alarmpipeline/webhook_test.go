package main

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/ttkit/ttkit/adapters/fake"
	"github.com/ttkit/ttkit/tt"
)

func TestTheWebhookRefusesBrokenBodies(t *testing.T) {
	for _, row := range broken {
		bubble(t, row.name, func(t *testing.T) {
			s := newStage(t)
			w := s.postBody(row.body)
			assert.Equal(t, http.StatusBadRequest, w.Code)
			assert.Contains(t, w.Body.String(), row.says)
			assert.Empty(t, s.backend.History())
		})
	}
	bubble(t, "more than fits", func(t *testing.T) {
		s := newStage(t)
		w := s.postBody(real + strings.Repeat(" ", maxBody))
		assert.Equal(t, http.StatusRequestEntityTooLarge, w.Code)
		assert.Contains(t, w.Body.String(), "8388608 bytes")
		assert.Empty(t, s.backend.History())
	})
	bubble(t, "and takes what Alertmanager sends", func(t *testing.T) {
		s := newStage(t).with(func(c *Config) { c.ObjectLabel = "ci" })
		assert.Equal(t, http.StatusOK, s.postBody(real).Code)
		assert.Equal(t, []string{"open 1 101"}, s.tickets())
	})
}

func TestRoutes(t *testing.T) {
	for _, row := range []struct {
		method, path string
		want         int
	}{
		{"GET", "/healthz", 200}, {"HEAD", "/healthz", 200}, {"POST", "/healthz", 405},
		{"GET", "/alertmanager", 405}, {"PUT", "/alertmanager", 405}, {"POST", "/", 404}, {"POST", "/alertmanager/", 404},
	} {
		bubble(t, row.method+" "+row.path, func(t *testing.T) {
			w := httptest.NewRecorder()
			newStage(t).pipeline.Handler().ServeHTTP(w, httptest.NewRequest(row.method, row.path, strings.NewReader(real)))
			assert.Equal(t, row.want, w.Code)
		})
	}
	bubble(t, "healthz says when the pipeline stops", func(t *testing.T) {
		s := newStage(t)
		s.close()
		w := httptest.NewRecorder()
		s.pipeline.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/healthz", nil))
		assert.Equal(t, http.StatusServiceUnavailable, w.Code)
	})
}

func TestTheWebhookAsksForItsToken(t *testing.T) {
	const token = "s3cret-t0ken"
	for _, row := range []struct {
		name, header string
		want         int
	}{
		{"the right one", "Bearer " + token, 200},
		{"the right one, with the scheme in small letters", "bearer " + token, 200},
		{"none", "", 401},
		{"an empty one", "Bearer ", 401},
		{"another one", "Bearer s3cret-t0kem", 401},
		{"its beginning", "Bearer s3cret", 401},
		{"more than it", "Bearer " + token + "x", 401},
		{"another scheme", "Basic " + token, 401},
		{"no scheme", token, 401},
	} {
		bubble(t, row.name, func(t *testing.T) {
			var log bytes.Buffer
			s := newStage(t).with(func(c *Config) {
				c.Token, c.ObjectLabel, c.Logger = tt.NewSecret(token), "ci", slog.New(slog.NewTextHandler(&log, nil))
			})
			r := httptest.NewRequest("POST", "/alertmanager", strings.NewReader(real))
			if row.header != "" {
				r.Header.Set("Authorization", row.header)
			}
			w := httptest.NewRecorder()
			s.pipeline.Handler().ServeHTTP(w, r)
			require.Equal(t, row.want, w.Code)
			assert.NotContains(t, w.Body.String()+log.String(), token)
			if row.want != http.StatusOK {
				assert.Contains(t, w.Header().Get("WWW-Authenticate"), "Bearer")
				assert.Empty(t, s.backend.History())
			}
		})
	}
	bubble(t, "health needs none", func(t *testing.T) {
		s := newStage(t).with(func(c *Config) { c.Token = tt.NewSecret(token) })
		w := httptest.NewRecorder()
		s.pipeline.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/healthz", nil))
		assert.Equal(t, http.StatusOK, w.Code)
	})
}

func TestNewRefuses(t *testing.T) {
	for _, row := range []struct {
		name string
		cfg  Config
	}{
		{"a negative hold", Config{Hold: -1}},
		{"a negative time-out", Config{Timeout: -1}},
		{"a negative number of workers", Config{Workers: -1}},
		{"a default object that is none", Config{DefaultObject: " x"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := New(fake.New(), row.cfg)
			assert.Error(t, err)
		})
	}
}
