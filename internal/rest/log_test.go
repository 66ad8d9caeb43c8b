package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/tt"
)

func TestEveryAttemptIsLoggedAndNoSecretIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		a := &answers{replies: []string{reply(503, "busy, "+token), reply(200, `{"password":"hunter2"}`)}}
		c := newClient(t, a.network().client(t), func(cfg *Config) {
			cfg.Logger = slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
		})
		_, err := c.Do(t.Context(), Request{
			Method: "PUT", Path: "/x/" + url.PathEscape(token), Query: url.Values{"page": {"2"}, "code": {"hunter2"}}, Body: []byte(`"hunter2"`),
		})
		require.NoError(t, err)
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		require.Len(t, lines, 2)
		assert.NotContains(t, out.String(), "hunter2")
		assert.NotContains(t, out.String(), token)
		var first, second map[string]any
		require.NoError(t, json.Unmarshal([]byte(lines[0]), &first))
		require.NoError(t, json.Unmarshal([]byte(lines[1]), &second))
		for _, record := range []map[string]any{first, second} {
			assert.Equal(t, "DEBUG", record["level"])
			assert.Equal(t, "rsm", record["adapter"])
			assert.Equal(t, "msk", record["system"])
			assert.Equal(t, "PUT", record["method"])
			assert.Equal(t, "/api/x/[secret]", record["path"])
			assert.Equal(t, "code,page", record["query"])
			assert.Contains(t, record, "duration")
		}
		assert.EqualValues(t, 1, first["attempt"])
		assert.EqualValues(t, 503, first["status"])
		assert.Equal(t, "unavailable", first["code"])
		assert.Equal(t, "PUT /api/x/[secret]: busy, [secret]", first["error"])
		assert.Contains(t, first, "repeat_in")
		assert.EqualValues(t, 2, second["attempt"])
		assert.EqualValues(t, 200, second["status"])
		assert.NotContains(t, second, "error")
		assert.NotContains(t, second, "repeat_in")
	})
}

func TestNothingIsLoggedAboveDebug(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		a := &answers{replies: []string{reply(500, "broken")}}
		c := newClient(t, a.network().client(t), func(cfg *Config) {
			cfg.Logger = slog.New(slog.NewTextHandler(&out, nil))
		})
		_, err := c.Do(t.Context(), Request{Path: "/x"})
		failure(t, err)
		assert.Empty(t, out.String())
	})
}

// TestNothingIsPrinted runs a failing call in a process of its own, whose
// output it reads: retryablehttp's default logger would print the URL there.
func TestNothingIsPrinted(t *testing.T) {
	const child = "TTKIT_REST_TEST_CHILD"
	if os.Getenv(child) != "" {
		c := newClient(t, &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) {
			return nil, errors.New("lost")
		})}, func(cfg *Config) { cfg.Retry = tt.Retry{MaxAttempts: 2, WaitMin: 1, WaitMax: 1} })
		_, err := c.Do(t.Context(), Request{Path: "/x", Query: url.Values{"code": {"hunter2"}}})
		failure(t, err)
		return
	}
	command := exec.Command(os.Args[0], "-test.run=^TestNothingIsPrinted$")
	command.Env = append(os.Environ(), child+"=1")
	out, err := command.CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.NotContains(t, string(out), "hunter2")
	assert.NotContains(t, string(out), "GET")
	assert.NotContains(t, string(out), "tickets.test")
}
