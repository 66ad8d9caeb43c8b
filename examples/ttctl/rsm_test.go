package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/rsm/rsmtest"
	"github.com/ttkit/ttkit/tt/tttest"
)

// token is the credential that must never show.
const token = "s3cret-t0ken"

// monq starts a simulated server, and returns it with a file that names it.
// The settings keep waiting short.
func monq(t *testing.T, more ...string) (*rsmtest.Server, string) {
	server := rsmtest.New(rsmtest.Options{Tokens: []rsmtest.Token{{Value: token}}})
	t.Cleanup(server.Close)
	url, err := server.Listen("127.0.0.1:0")
	require.NoError(t, err)
	return server, rsmFile(t, url, more...)
}

func rsmFile(t *testing.T, url string, more ...string) string {
	return configFile(t, strings.Join(append([]string{
		"systems:", "  msk:", "    adapter: rsm", "    base_url: " + url, "    token: ${MONQ_TOKEN}", "    window: 0",
		"    retry: {wait_min: 1ms, wait_max: 100ms}", "    late: 200ms", "    settle: 1s",
	}, more...), "\n"))
}

// rsmctl runs the program against the file, and proves that no secret shows.
func rsmctl(t *testing.T, config string, args ...string) ran {
	t.Helper()
	cmd := process(t, config, args...)
	cmd.Env = append(cmd.Env, "MONQ_TOKEN="+token)
	got := finish(t, cmd)
	assert.NotContains(t, got.stdout+got.stderr, token)
	return got
}

// Every row is a process of its own: what one left in the server, the next finds.
func TestTheProgramOnRSM(t *testing.T) {
	t.Parallel()
	server, config := monq(t)
	for _, row := range []struct {
		name   string
		args   []string
		status int
		stdout string // {…} stands for any text
		code   string
	}{
		{"check is good", []string{"check"}, 0, `{"ok":true,"checks":[{…}]}`, ""},
		{"capabilities say what RSM can do", []string{"capabilities"}, 0, `{"promote_group_tt":true,"key_guarantee":"converging","lease":"168h0m0s",{…}}`, ""},
		{"list begins empty", []string{"list"}, 0, `{"tt_ids":[]}`, ""},
		{"create opens a ticket", []string{"create", "--queue", "net", "--object", "7", "--reason", "link", "--subject", "-5 dBm", "--body", "--weird", "--login", "olga", "--key=-a"},
			0, `{"tt_id":"1001","expires_at":"{…}Z"}`, ""},
		{"create again finds it", []string{"create", "--object", "7", "--subject", "other", "--key", "-a"}, 0, `{"tt_id":"1001","existed":true,"expires_at":"{…}Z"}`, ""},
		{"find finds it", []string{"find", "--key", "-a"}, 0, `{"tt_id":"1001"}`, ""},
		{"find of another key finds nothing", []string{"find", "--key", "b"}, 1, "", "not_found"},
		{"the same key on another object is a conflict", []string{"create", "--object", "8", "--subject", "s", "--key", "-a"}, 1, "", "conflict"},
		{"comment adds", []string{"comment", "1001", "--subject", "s", "--body", "-", "--login", "ivan", "--key", "c1"}, 0, `{"tt_id":"1001"}`, ""},
		{"comment with its key adds nothing", []string{"comment", "1001", "--subject", "s", "--body", "-", "--login", "ivan", "--key", "c1"}, 0, `{"tt_id":"1001"}`, ""},
		{"add needs a group", []string{"add", "1001", "8"}, 1, "", "conflict"},
		{"promote makes one", []string{"promote", "1001"}, 0, `{"group_id":"1001"}`, ""},
		{"add prints its items in order and fails for the unknown one", []string{"add", "1001", "9", "99", "8"}, 1,
			`{"group_id":"1001","items":[{"obj":"9","status":"ok","error":""},{"obj":"99","status":"fail","error":"{…}"},{"obj":"8","status":"ok","error":""}]}`, "not_found"},
		{"list by a member shows the group", []string{"list", "--object", "8"}, 0, `{"tt_ids":["1001"]}`, ""},
		{"get shows it all", []string{"get", "1001", "--output", "json"}, 0,
			`{"tt_id":"1001","queue":"net","obj":"7","objs":["7","9","8"],"group":"1001","key":"-a","state":"open",{…},"pre_reason":"link","subject":"-5 dBm","body":"--weird",` +
				`"comments":[{"id":"{…}","reply_to":"","ts":"{…}Z","login":"ivan","subject":"s","body":"from a pipe\n"}],{…}"resolved":false}`, ""},
		{"renew lengthens the lease", []string{"renew", "1001", "--until", "2099-01-01T03:00:00+03:00"}, 0, `{"tt_id":"1001","expires_at":"2099-01-01T00:00:00Z"}`, ""},
		{"close closes", []string{"close", "1001", "--body", "replaced", "--reason", "hardware", "--login", "olga"}, 0, `{"tt_id":"1001","closed":true}`, ""},
		{"close again changes nothing", []string{"close", "1001"}, 0, `{"tt_id":"1001","closed":true}`, ""},
		{"get shows that it is closed", []string{"get", "1001"}, 0, `{"tt_id":"1001",{…}"state":"closed",{…}"close_ts":"{…}Z",{…}"final_reason":"hardware",{…}"body":"replaced"{…}"resolved":true}`, ""},
		{"a comment on a closed ticket is refused", []string{"comment", "1001", "--body", "b"}, 1, "", "closed"},
		{"create with the key of a closed ticket says so", []string{"create", "--object", "7", "--subject", "s", "--key", "-a"}, 0,
			`{"tt_id":"1001","existed":true,"closed":true,"expires_at":"{…}Z"}`, ""},
		{"escalate makes a group", []string{"escalate", "--object", "1", "--object", "2", "--subject", "power", "--key", "e1"}, 0,
			`{"tt_id":"1002","group_id":"1002","items":[{"obj":"1","status":"ok","error":""},{"obj":"2","status":"ok","error":""}]}`, ""},
		{"escalate again finds it whole", []string{"escalate", "--object", "1", "--object", "2", "--subject", "power", "--key", "e1"}, 0,
			`{"tt_id":"1002","group_id":"1002","items":[{"obj":"1","status":"ok","error":""},{"obj":"2","status":"ok","error":""}]}`, ""},
		{"list shows what is open", []string{"list"}, 0, `{"tt_ids":["1002"]}`, ""},
		{"an object that is no config item is not found", []string{"create", "--object", "99", "--subject", "s"}, 1, "", "not_found"},
		{"an object that is no id is refused", []string{"create", "--object", "sw-7", "--subject", "s"}, 64, "", "invalid"},
		{"a ticket id that is a path is refused", []string{"close", "../../x"}, 64, "", "invalid"},
		{"an id that nobody has is not found", []string{"get", "4711"}, 1, "", "not_found"},
	} {
		for _, flags := range [][]string{nil, {"--verbose"}} {
			if flags != nil && row.status == 0 {
				continue // a second run would find another state; the log is tested apart
			}
			ok := t.Run(strings.Join(append([]string{row.name}, flags...), " "), func(t *testing.T) {
				cmd := process(t, config, append(flags, row.args...)...)
				cmd.Env = append(cmd.Env, "MONQ_TOKEN="+token)
				cmd.Stdin = strings.NewReader("from a pipe\n")
				got := finish(t, cmd)
				assert.NotContains(t, got.stdout+got.stderr, token)
				require.Equal(t, row.status, got.status, got.stderr)
				if row.stdout != "" {
					matches(t, row.stdout+"\n", got.stdout)
				} else {
					assert.Empty(t, got.stdout)
				}
				if row.status == 0 {
					assert.Empty(t, got.stderr)
					return
				}
				assert.Equal(t, row.code, got.failure(t).Code)
				assert.Equal(t, "msk", got.failure(t).System)
			})
			require.True(t, ok)
		}
	}
	assert.Len(t, server.Modes(), 2, "something was made that nobody asked for")
}

// matches compares with a pattern in which {…} stands for any text.
func matches(t *testing.T, pattern, got string) {
	t.Helper()
	rest := got
	for i, part := range strings.Split(pattern, "{…}") {
		at := strings.Index(rest, part)
		if at < 0 || i == 0 && at > 0 {
			assert.Equal(t, pattern, got)
			return
		}
		rest = rest[at+len(part):]
	}
	assert.Empty(t, rest, "unexpected at the end of %s", got)
}

func TestTheLogShowsRequestsAndNoSecret(t *testing.T) {
	t.Parallel()
	server, config := monq(t)
	for _, form := range []string{"json", "text"} {
		got := rsmctl(t, config, "--verbose", "--output", form, "create", "--object", "7", "--subject", "s", "--key", form)
		assert.Zero(t, got.status)
		assert.Contains(t, got.stderr, "rsm-maintenance")
		if form == "json" {
			for _, line := range strings.Split(strings.TrimSpace(got.stderr), "\n") {
				assert.True(t, strings.HasPrefix(line, "{") && strings.HasSuffix(line, "}"), line)
			}
		}
	}
	server.Inject(tttest.Fault{Kind: tttest.Unauthorized, Times: -1})
	got := rsmctl(t, config, "--verbose", "list")
	assert.Equal(t, exitForGood, got.status)
	assert.Equal(t, "unauthenticated", got.failure(t).Code, "the error line is not the last one")
	assert.Greater(t, strings.Count(got.stderr, "\n"), 1)
}

// A server may answer with what it was sent: the whole request, credentials
// included, in any field of a reply.
func TestASecretThatTheServerEchoesDoesNotShow(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 401, 403, 404, 429, 500, 502} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				w.Header().Set("Content-Type", "application/json")
				w.Header().Set("X-Echo", r.Header.Get("Authorization"))
				w.WriteHeader(status)
				fmt.Fprintf(w, `{"message":"refused: %s","bodyFields":{"token":["%s"]},"stackTrace":%q}`, r.Header.Get("Authorization"), token, body)
			}))
			defer server.Close()
			config := rsmFile(t, server.URL, "    namespace: "+token)
			for _, args := range [][]string{
				{"create", "--object", "7", "--subject", "s"}, {"get", "7"}, {"list"}, {"close", "7", "--output", "text"}, {"check"},
				{"add", "7", "8"}, {"escalate", "--object", "1", "--object", "2", "--subject", "s"},
			} {
				got := rsmctl(t, config, append([]string{"--verbose"}, args...)...)
				assert.NotZero(t, got.status)
				assert.Contains(t, got.stderr, "refused", "the server's words are lost: %s", got.stderr)
			}
		})
	}
}

func TestWhatTheNetworkDoesToACommand(t *testing.T) {
	t.Parallel()
	create := []string{"create", "--object", "7", "--subject", "s"}
	keyed := append(create, "--key", "k")
	for _, row := range []struct {
		name   string
		faults []tttest.Fault
		args   []string
		status int
		want   failure // without Message, RetryAfter
		modes  int     // what the server holds in the end
	}{
		{"the reply to a create is lost: repaired inside the command", []tttest.Fault{{Kind: tttest.LoseReply, Route: "create"}}, keyed, 0, failure{}, 1},
		{"all replies to creates are lost: for now, and one ticket", []tttest.Fault{{Kind: tttest.LoseReply, Times: -1}}, keyed, 75,
			failure{Op: "CreateTT", Code: "unavailable", Temporary: true}, 0},
		{"the server is down: for now", []tttest.Fault{{Kind: tttest.StatusBefore, Times: -1}}, []string{"list"}, 75,
			failure{Op: "ListTTs", Code: "unavailable", Outcome: "not_done", Temporary: true, Status: 503}, 0},
		{"the server asks for a longer wait than we give it: for now", []tttest.Fault{{Kind: tttest.Throttle, RetryAfter: 30 * time.Second, Times: -1}}, []string{"get", "7"}, 75,
			failure{Op: "GetTT", TicketID: "7", Code: "rate_limited", Outcome: "not_done", Temporary: true, Status: 429, RetryAfter: "30s"}, 0},
		{"the token is dead: for good", []tttest.Fault{{Kind: tttest.Unauthorized, Times: -1}}, keyed, 1,
			failure{Op: "CreateTT", Code: "unauthenticated", Outcome: "not_done", Status: 401}, 0},
		{"a check with a dead token: for good", []tttest.Fault{{Kind: tttest.Unauthorized, Times: -1}}, []string{"check"}, 1,
			failure{Op: "Check", Code: "unauthenticated", Outcome: "not_done", Status: 401}, 0},
		{"a check of a server that is down: for now", []tttest.Fault{{Kind: tttest.StatusBefore, Times: -1}}, []string{"check"}, 75,
			failure{Op: "Check", Code: "unavailable", Outcome: "not_done", Temporary: true, Status: 503}, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			server, config := monq(t, "    timeout: 2s")
			server.Inject(row.faults...)
			got := rsmctl(t, config, append([]string{"--verbose"}, row.args...)...)
			assert.Equal(t, row.status, got.status, got.stderr)
			if row.status == 0 {
				assert.NotEmpty(t, got.stdout)
			} else {
				assert.Empty(t, got.stdout)
				line := got.failure(t)
				assert.NotEmpty(t, line.Message)
				row.want.System, row.want.Message = "msk", line.Message
				if row.want.RetryAfter == "" {
					row.want.RetryAfter = line.RetryAfter
				}
				if row.want.Outcome == "" {
					row.want.Outcome = line.Outcome
				}
				assert.Equal(t, row.want, line)
			}
			assert.Len(t, server.Modes(), row.modes)
		})
	}
}

// The create acts and its reply never comes: whoever has no key must look,
// whoever has one can repeat, and finds the ticket.
func TestACreateWhoseTimeIsOver(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		more   []string
		signal os.Signal
		status int
		says   string
	}{
		{"without a key: for good", []string{"--timeout", "300ms"}, nil, 1, "look for an open ticket on object"},
		{"with a key: for now", []string{"--timeout", "300ms", "--key", "k"}, nil, 75, "--timeout 300ms is over"},
		{"without a key, by a signal: for good", nil, syscall.SIGTERM, 1, "look for an open ticket on object"},
		{"with a key, by a signal: for now", []string{"--key", "k"}, syscall.SIGTERM, 75, "terminated"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			server, config := monq(t)
			server.Inject(tttest.Fault{Kind: tttest.Slow, Route: "create", Delay: time.Second})
			acting := make(chan struct{})
			server.Before("create", func() { close(acting) })
			args := append([]string{"create", "--object", "7", "--subject", "s"}, row.more...)
			cmd := process(t, config, args...)
			cmd.Env = append(cmd.Env, "MONQ_TOKEN="+token)
			var stdout, stderr bytes.Buffer
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			require.NoError(t, cmd.Start())
			if row.signal != nil {
				<-acting
				require.NoError(t, cmd.Process.Signal(row.signal))
			}
			_ = cmd.Wait() // the status says it
			got := ran{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
			assert.Equal(t, row.status, got.status, got.stderr)
			assert.Empty(t, got.stdout)
			line := got.failure(t)
			assert.Equal(t, "canceled", line.Code)
			assert.Equal(t, "unknown", line.Outcome)
			assert.Contains(t, line.Message, row.says)
			assert.Len(t, server.Modes(), 1)

			server.ClearFaults()
			if row.status == exitForNow {
				got = rsmctl(t, config, args...)
				matches(t, `{"tt_id":"1001","existed":true,{…}}`+"\n", got.stdout)
				assert.Len(t, server.Modes(), 1)
			}
		})
	}
}

// Whoever presses the keys again does not want to wait for the shutdown.
func TestASecondSignalEndsTheProgramAtOnce(t *testing.T) {
	t.Parallel()
	server, config := monq(t)
	server.Inject(tttest.Fault{Kind: tttest.Slow, Route: "create", Delay: time.Hour})
	acting := make(chan struct{})
	server.Before("create", func() { close(acting) })
	cmd := process(t, config, "create", "--object", "7", "--subject", "s")
	cmd.Env = append(cmd.Env, "MONQ_TOKEN="+token)
	require.NoError(t, cmd.Start())
	<-acting
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for waiting := true; waiting; {
		select {
		case <-ended:
			waiting = false
		case <-time.After(20 * time.Millisecond):
			_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended just now
		}
	}
	status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
	require.True(t, ok)
	assert.True(t, status.Signaled(), "it ended by itself: %v", cmd.ProcessState)
}

func TestTheConfigurationOfRSMIsCheckedBeforeAnyRequest(t *testing.T) {
	t.Parallel()
	server, _ := monq(t)
	for _, row := range []struct {
		name, settings string
		says           []string
	}{
		{"no token", "base_url: https://monq.example.net", []string{"token"}},
		{"an empty token", "base_url: https://monq.example.net, token: ''", []string{"token"}},
		{"plain http to another host", "base_url: http://monq.example.net, token: x", []string{"http", "allow_http"}},
		{"no address", "token: hunter2", []string{"base_url"}},
		{"an unknown setting", "base_url: https://monq.example.net, token: hunter2, leese: hunter2", []string{"leese"}},
		{"a lease that is none", "base_url: https://monq.example.net, token: hunter2, lease: hunter2", []string{"lease"}},
		{"an anchor that is no id", "base_url: https://monq.example.net, token: hunter2, anchor_ci: {net: hunter2}", []string{"anchor_ci.net"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			config := configFile(t, "systems: {msk: {adapter: rsm, "+row.settings+"}}")
			got := rsmctl(t, config, "--verbose", "list")
			assert.Equal(t, exitUsage, got.status, got.stderr)
			line := got.failure(t)
			assert.Equal(t, "msk", line.System)
			assert.Equal(t, "invalid", line.Code)
			assert.Contains(t, line.Message, "msk")
			for _, part := range row.says {
				assert.Contains(t, line.Message, part)
			}
			assert.NotContains(t, got.stderr, "hunter2")
		})
	}
	assert.Zero(t, server.RequestCount())
}
