package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	_ "github.com/ttkit/ttkit/adapters/guance"
	_ "github.com/ttkit/ttkit/adapters/rsm"
	_ "github.com/ttkit/ttkit/adapters/zstack"
	"github.com/ttkit/ttkit/tt"
)

// started runs the program and returns its lines.
func started(t *testing.T, args ...string) []ready {
	ctx, stop := context.WithCancel(context.Background())
	reader, writer := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, args, writer, io.Discard)
		writer.Close()
	}()
	t.Cleanup(func() {
		stop()
		assert.NoError(t, <-ended)
	})
	var lines []ready
	scanner := bufio.NewScanner(reader)
	for range vendors {
		require.True(t, scanner.Scan(), "it ended before it was ready")
		var line ready
		require.NoError(t, json.Unmarshal(scanner.Bytes(), &line))
		lines = append(lines, line)
	}
	return lines
}

func TestEverySimulatorIsReadyForItsAdapter(t *testing.T) {
	for _, line := range started(t) {
		t.Run(line.System, func(t *testing.T) {
			sys, err := tt.OpenConfig(t.Context(), tt.Config{Name: line.System, Adapter: line.Adapter, Settings: line.Settings})
			require.NoError(t, err)
			defer sys.Shutdown(context.Background())
			checks, err := sys.Check(t.Context())
			require.NoError(t, err)
			require.NotEmpty(t, checks)
			for _, check := range checks {
				assert.True(t, check.OK, "%s: %s", check.Name, check.Detail)
			}
		})
	}
}

func TestTheControlAddressShowsWhatTheSimulatorHolds(t *testing.T) {
	holds := map[string]struct{ list, id string }{
		"rsm":    {"/_sim/modes", "ID"},
		"zstack": {"/_sim/tickets", "UUID"},
		"guance": {"/_sim/schedules", "UUID"},
	}
	for _, line := range started(t) {
		t.Run(line.System, func(t *testing.T) {
			in := holds[line.System]
			ids := func() (ids []string) {
				var records []map[string]any
				read(t, line.Control+in.list, &records)
				for _, record := range records {
					ids = append(ids, fmt.Sprint(record[in.id]))
				}
				return ids
			}
			before := ids()
			settings := line.Settings
			settings["window"] = "0"
			sys, err := tt.OpenConfig(t.Context(), tt.Config{Adapter: line.Adapter, Settings: settings})
			require.NoError(t, err)
			defer sys.Shutdown(context.Background())
			created, err := sys.CreateTT(t.Context(), tt.CreateRequest{Object: "7", Subject: "uplink down"})
			require.NoError(t, err)
			assert.NotContains(t, before, created.ID)
			assert.Contains(t, ids(), created.ID)
			assert.Len(t, ids(), len(before)+1)

			var requests []struct{ Route string }
			read(t, line.Control+"/_sim/requests", &requests)
			assert.NotEmpty(t, requests)

			reply, err := http.Get(line.Settings["base_url"].(string) + in.list)
			require.NoError(t, err)
			defer reply.Body.Close()
			assert.Contains(t, []int{http.StatusForbidden, http.StatusNotFound}, reply.StatusCode, "the vendor's address shows what no vendor would")
		})
	}
}

func read(t *testing.T, url string, into any) {
	t.Helper()
	reply, err := http.Get(url)
	require.NoError(t, err)
	defer reply.Body.Close()
	require.Equal(t, http.StatusOK, reply.StatusCode)
	require.NoError(t, json.NewDecoder(reply.Body).Decode(into))
}

func TestWrongCommandLinesStartNothing(t *testing.T) {
	for _, row := range []struct {
		name string
		args []string
		says string
	}{
		{"every address", []string{"--rsm-listen", "0.0.0.0:0"}, "no loopback address"},
		{"an address without a host", []string{"--rsm-listen", ":0"}, "no loopback address"},
		{"an address elsewhere", []string{"--rsm-listen", "192.0.2.1:0"}, "no loopback address"},
		{"an unknown simulator", []string{"--only", "jira"}, `no simulator "jira"`},
		{"a negative share", []string{"--lose-reply", "-1"}, "negative"},
		{"an argument", []string{"rsm"}, `unexpected argument "rsm"`},
		{"an unknown flag", []string{"--bogus"}, "bogus"},
	} {
		t.Run(row.name, func(t *testing.T) {
			assert.ErrorContains(t, run(t.Context(), row.args, io.Discard, io.Discard), row.says)
		})
	}
}

func TestEveryFifthReplyOfEachKindIsLostAfterActing(t *testing.T) {
	var acted atomic.Int64
	server := httptest.NewServer(loseReplies(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { acted.Add(1) }), 5))
	defer server.Close()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // net/http repeats a GET on a kept connection
	lost := map[string][]int{}
	for i := range 10 {
		for _, kind := range []struct{ name, method, path string }{
			{"create", "POST", "/modes"}, {"filter", "POST", "/modes/filter"}, {"get", "GET", fmt.Sprintf("/modes/%d", i)}, {"patch", "PATCH", fmt.Sprintf("/modes/%d", i)}, {"modify", "POST", fmt.Sprintf("/schedule/incsch_%032x/modify", i)},
		} {
			req, err := http.NewRequestWithContext(t.Context(), kind.method, server.URL+kind.path, nil)
			require.NoError(t, err)
			reply, err := client.Do(req)
			if err != nil {
				lost[kind.name] = append(lost[kind.name], i)
				continue
			}
			reply.Body.Close()
		}
	}
	want := []int{4, 9}
	assert.Equal(t, map[string][]int{"create": want, "filter": want, "get": want, "patch": want, "modify": want}, lost)
	assert.EqualValues(t, 50, acted.Load())
}
