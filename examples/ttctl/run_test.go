package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/fake"
	"github.com/ttkit/ttkit/tt"
)

// The tests of this file call run, over a backend that outlives the call and
// fails as told. Those of binary_test.go and rsm_test.go start the program.

// start is the clock of the scripted backend.
var start = time.Date(2026, 11, 21, 20, 15, 0, 0, time.UTC)

// scripted is the backend behind the adapter "scripted", and what became of
// the systems that were opened.
var scripted struct {
	backend   *fake.Backend
	shutdowns int
	lacking   bool  // the system lacks what not every system has
	broken    error // what Shutdown answers
}

type scriptedSystem struct{ tt.System }

func (s scriptedSystem) Shutdown(ctx context.Context) error {
	scripted.shutdowns++
	if _, bounded := ctx.Deadline(); !bounded || ctx.Err() != nil {
		return errors.New("Shutdown got a context that has ended, or never ends")
	}
	return errors.Join(scripted.broken, s.System.Shutdown(ctx))
}

func (s scriptedSystem) Check(ctx context.Context) ([]tt.CheckResult, error) {
	if scripted.lacking {
		return tt.Unimplemented{}.Check(ctx)
	}
	return s.System.Check(ctx)
}

func init() {
	tt.Register("scripted", func(_ context.Context, cfg tt.Config) (tt.System, error) {
		return scriptedSystem{scripted.backend.Open(cfg.Name)}, nil
	}, nil)
}

// script makes the backend that the next runs work with.
func script(t *testing.T, options ...fake.Option) *fake.Backend {
	scripted.backend = fake.NewBackend(append([]fake.Option{fake.WithClock(func() time.Time { return start })}, options...)...)
	scripted.shutdowns, scripted.lacking, scripted.broken = 0, false, nil
	t.Setenv("TTCTL_CONFIG", configFile(t, "systems: {one: {adapter: scripted}}"))
	return scripted.backend
}

func configFile(t *testing.T, text string) string {
	path := filepath.Join(t.TempDir(), "systems.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// ran is what a command line came to.
type ran struct {
	status         int
	stdout, stderr string
}

// ttctl runs a command line in this process.
func ttctl(t *testing.T, args ...string) ran {
	t.Helper()
	return ttctlReading(t, "", args...)
}

func ttctlReading(t *testing.T, stdin string, args ...string) ran {
	t.Helper()
	dir := t.TempDir()
	stdout, err := os.Create(filepath.Join(dir, "stdout"))
	require.NoError(t, err)
	defer stdout.Close()
	stderr, err := os.Create(filepath.Join(dir, "stderr"))
	require.NoError(t, err)
	defer stderr.Close()
	status := run(args, strings.NewReader(stdin), stdout, stderr)
	out, err := os.ReadFile(stdout.Name())
	require.NoError(t, err)
	errOut, err := os.ReadFile(stderr.Name())
	require.NoError(t, err)
	return ran{status, string(out), string(errOut)}
}

// failure is the error line in json.
type failure struct {
	System     string `json:"system"`
	Op         string `json:"op"`
	TicketID   string `json:"tt_id"`
	Code       string `json:"code"`
	Outcome    string `json:"outcome"`
	Temporary  bool   `json:"temporary"`
	RetryAfter string `json:"retry_after"`
	Status     int    `json:"status"`
	Message    string `json:"message"`
}

// failure reads the last line of standard error, which must be nothing else.
func (r ran) failure(t *testing.T) failure {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(r.stderr, "\n"), "\n")
	var line struct{ Error *failure }
	decoder := json.NewDecoder(bytes.NewReader([]byte(lines[len(lines)-1])))
	decoder.DisallowUnknownFields()
	require.NoError(t, decoder.Decode(&line), r.stderr)
	require.NotNil(t, line.Error, r.stderr)
	return *line.Error
}

func TestEveryCommandPrintsItsJSON(t *testing.T) {
	script(t, fake.WithLease(168*time.Hour))
	for _, row := range []struct {
		name string
		args []string
		want string
	}{
		{"create prints the id and the end of the lease", []string{"create", "--object", "sw-7", "--subject", "uplink down", "--key", "k1"},
			`{"tt_id":"1","expires_at":"2026-11-28T20:15:00Z"}`},
		{"create with the same key says that it was there", []string{"create", "--object", "sw-7", "--subject", "uplink down", "--key", "k1"},
			`{"tt_id":"1","existed":true,"expires_at":"2026-11-28T20:15:00Z"}`},
		{"find prints the id", []string{"find", "--key", "k1"}, `{"tt_id":"1"}`},
		{"comment prints the id", []string{"comment", "1", "--body", "on my way", "--login", "olga", "--key", "c1", "--timestamp", "2026-11-21T23:20:00+03:00"},
			`{"tt_id":"1"}`},
		{"promote prints the group", []string{"promote", "1"}, `{"group_id":"1"}`},
		{"add prints its items in order", []string{"add", "1", "sw-9", "sw-7", "sw-8"},
			`{"group_id":"1","items":[{"obj":"sw-9","status":"ok","error":""},{"obj":"sw-7","status":"ok","error":""},{"obj":"sw-8","status":"ok","error":""}]}`},
		{"escalate prints the leader first", []string{"escalate", "--object", "core-1", "--object", "sw-1", "--subject", "power", "--key", "k2"},
			`{"tt_id":"2","group_id":"2","items":[{"obj":"core-1","status":"ok","error":""},{"obj":"sw-1","status":"ok","error":""}]}`},
		{"escalate of one object makes a group too", []string{"escalate", "--object", "core-2", "--subject", "power"},
			`{"tt_id":"3","group_id":"3","items":[{"obj":"core-2","status":"ok","error":""}]}`},
		{"list prints every open ticket", []string{"list"}, `{"tt_ids":["1","2","3"]}`},
		{"list of an object prints its groups too", []string{"list", "--object", "sw-8"}, `{"tt_ids":["1"]}`},
		{"list of an object without tickets is an empty list", []string{"list", "--object", "sw-99"}, `{"tt_ids":[]}`},
		{"renew prints the new end", []string{"renew", "1", "--until", "2026-12-05T00:00:00+03:00"}, `{"tt_id":"1","expires_at":"2026-12-04T21:00:00Z"}`},
		{"renew to an earlier time prints the end that stays", []string{"renew", "1", "--until", "2026-11-22T00:00:00Z"}, `{"tt_id":"1","expires_at":"2026-12-04T21:00:00Z"}`},
		{"close says that it is closed", []string{"close", "1", "--body", "replaced", "--reason", "hardware"}, `{"tt_id":"1","closed":true}`},
		{"close again changes nothing", []string{"close", "1"}, `{"tt_id":"1","closed":true}`},
		{"create with the key of a closed ticket says so", []string{"create", "--object", "sw-7", "--subject", "uplink down", "--key", "k1"},
			`{"tt_id":"1","existed":true,"closed":true,"expires_at":"2026-12-04T21:00:00Z"}`},
		{"check prints its findings", []string{"check"}, `{"ok":true,"checks":[{"name":"backend","ok":true,"detail":"in memory, 3 tickets"}]}`},
		{"capabilities prints every field", []string{"capabilities"},
			`{"promote_group_tt":true,"key_guarantee":"enforced","lease":"168h0m0s","async_close":false,"comments_after_close":true,"updates":true,` +
				`"max_subject":0,"max_body":0,"max_comment":0,"max_comments":0,"effects":""}`},
		{"version needs no system", []string{"version", "--system", "nowhere"}, `{"version":"(devel)"}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			before := scripted.shutdowns
			got := ttctl(t, row.args...)
			assert.Equal(t, ran{0, row.want + "\n", ""}, got)
			if row.args[0] != "version" {
				assert.Equal(t, before+1, scripted.shutdowns, "the system was not shut down")
			}
		})
	}
}

func TestGetPrintsTheWholeTicket(t *testing.T) {
	script(t)
	require.Zero(t, ttctl(t, "create", "--queue", "net", "--object", "sw-7", "--reason", "link", "--subject", "uplink down", "--body", "since 20:10",
		"--login", "olga", "--timestamp", "2026-11-21T23:10:00+03:00", "--key", "k1").status)
	require.Zero(t, ttctl(t, "comment", "1", "--subject", "s", "--body", "b", "--login", "ivan", "--timestamp", "2026-11-21T20:12:00Z").status)
	got := ttctl(t, "get", "1")
	require.Zero(t, got.status, got.stderr)
	var ticket map[string]any
	require.NoError(t, json.Unmarshal([]byte(got.stdout), &ticket))
	for name, want := range map[string]any{
		"tt_id": "1", "queue": "net", "obj": "sw-7", "objs": []any{"sw-7"}, "group": "", "key": "k1", "state": "open", "resolved": false,
		"subject": "uplink down", "body": "since 20:10", "owner": "olga", "pre_reason": "link", "open_ts": "2026-11-21T20:10:00Z",
	} {
		assert.Equal(t, want, ticket[name], name)
	}
	require.Len(t, ticket["comments"], 1)
	comment := ticket["comments"].([]any)[0].(map[string]any)
	assert.NotEmpty(t, comment["id"])
	delete(comment, "id")
	assert.Equal(t, map[string]any{"reply_to": "", "ts": "2026-11-21T20:12:00Z", "login": "ivan", "subject": "s", "body": "b"}, comment)
	assert.NotContains(t, ticket, "close_ts", "a key that does not apply is left out")
}

func TestTheBodyCanComeFromStandardInput(t *testing.T) {
	backend := script(t)
	require.Zero(t, ttctlReading(t, "one\ntwo\n", "create", "--object", "a", "--subject", "s", "--body", "-").status)
	require.Zero(t, ttctlReading(t, "three", "comment", "1", "--body", "-").status)
	require.Zero(t, ttctlReading(t, "four", "close", "1", "--body", "-").status)
	ticket := backend.Tickets()[0]
	assert.Equal(t, "one\ntwo\n", ticket.Body)
	require.Len(t, ticket.Comments, 2)
	assert.Equal(t, "three", ticket.Comments[0].Body)
	assert.Equal(t, "four", ticket.Comments[1].Body)

	got := ttctlReading(t, strings.Repeat("x", maxBody+1), "create", "--object", "a", "--subject", "s", "--body", "-")
	assert.Equal(t, exitUsage, got.status)
	assert.Contains(t, got.failure(t).Message, "longer than")
	assert.Len(t, backend.Tickets(), 1)
}

func TestListReadsEveryPage(t *testing.T) {
	backend := script(t)
	sys := backend.Open("")
	for range 250 {
		_, err := sys.CreateTT(t.Context(), tt.CreateRequest{Object: "a", Subject: "s"})
		require.NoError(t, err)
	}
	var list ticketIDs
	require.NoError(t, json.Unmarshal([]byte(ttctl(t, "list").stdout), &list))
	assert.Len(t, list.IDs, 250)
}

func TestAPendingCloseIsDone(t *testing.T) {
	script(t, fake.WithPendingClose(time.Hour))
	require.Zero(t, ttctl(t, "create", "--object", "a", "--subject", "s").status)
	assert.Equal(t, ran{0, `{"tt_id":"1","closed":false}` + "\n", ""}, ttctl(t, "close", "1"))
	assert.Equal(t, "ticket 1 is pending: the close was accepted and has not taken effect\n", ttctl(t, "close", "1", "--output", "text").stdout)
}

func TestFailuresSayWhatHappenedAndExitAccordingly(t *testing.T) {
	refused := tt.Errorf(tt.CodeInvalid, tt.NotDone, "the subject is forbidden")
	refused.Status = 400
	for _, row := range []struct {
		name  string
		fault fake.Fault // what the system does; nothing without a kind
		args  []string
		want  int
		line  failure // Message: what it contains
	}{
		{"nothing was done: for now", fake.Fault{Kind: fake.FailBefore}, []string{"create", "--object", "a", "--subject", "s"}, 75,
			failure{Op: "CreateTT", Code: "unavailable", Outcome: "not_done", Temporary: true}},
		{"the system asks to wait: for now", fake.Fault{Kind: fake.Throttle, RetryAfter: 30 * time.Second}, []string{"get", "1"}, 75,
			failure{Op: "GetTT", TicketID: "1", Code: "rate_limited", Outcome: "not_done", Temporary: true, RetryAfter: "30s", Message: "30s"}},
		{"a lost reply of a create with a key: for now", fake.Fault{Kind: fake.FailAfter}, []string{"create", "--object", "a", "--subject", "s", "--key", "k"}, 75,
			failure{Op: "CreateTT", Code: "unavailable", Outcome: "unknown", Temporary: true, Message: "repeating the same call is safe"}},
		{"a lost reply of a create without a key: for good, and what to look for", fake.Fault{Kind: fake.FailAfter}, []string{"create", "--object", "sw-7", "--subject", "uplink down"}, 1,
			failure{Op: "CreateTT", Code: "unavailable", Outcome: "unknown", Temporary: true, Message: `look for an open ticket on object "sw-7" with the subject "uplink down"`}},
		{"a lost reply of an escalation without a key: for good", fake.Fault{Kind: fake.FailAfter}, []string{"escalate", "--object", "sw-7", "--subject", "s"}, 1,
			failure{Op: "CreateTT", Code: "unavailable", Outcome: "unknown", Temporary: true, Message: `open ticket on object "sw-7"`}},
		{"a lost reply of a comment without a key: for good", fake.Fault{Kind: fake.FailAfter}, []string{"comment", "1", "--body", "b"}, 1,
			failure{Op: "AddComment", TicketID: "1", Code: "unavailable", Outcome: "unknown", Temporary: true, Message: `look for the comment on ticket "1"`}},
		{"a lost reply of a comment with a key: for now", fake.Fault{Kind: fake.FailAfter}, []string{"comment", "1", "--body", "b", "--key", "k"}, 75,
			failure{Op: "AddComment", TicketID: "1", Code: "unavailable", Outcome: "unknown", Temporary: true}},
		{"a lost reply of a close: for now", fake.Fault{Kind: fake.FailAfter}, []string{"close", "1"}, 75,
			failure{Op: "CloseTT", TicketID: "1", Code: "unavailable", Outcome: "unknown", Temporary: true}},
		{"what the vendor refuses: for good", fake.Fault{Kind: fake.FailBefore, Err: refused}, []string{"create", "--object", "a", "--subject", "s"}, 1,
			failure{Op: "CreateTT", Code: "invalid", Outcome: "not_done", Status: 400, Message: "the subject is forbidden"}},
		{"what is refused before any request: the caller's mistake", fake.Fault{}, []string{"create", "--object", " ", "--subject", "s"}, 64,
			failure{Op: "CreateTT", Code: "invalid", Outcome: "not_done", Message: "object is empty"}},
		{"an empty subject: the caller's mistake", fake.Fault{}, []string{"create", "--object", "a", "--subject", ""}, 64,
			failure{Op: "CreateTT", Code: "invalid", Outcome: "not_done", Message: "subject is empty"}},
		{"an empty key is not \"no key\"", fake.Fault{}, []string{"create", "--object", "a", "--subject", "s", "--key", ""}, 64,
			failure{Op: "CreateTT", Code: "invalid", Outcome: "not_done", Message: "key is empty"}},
		{"an empty object is not \"every object\"", fake.Fault{}, []string{"list", "--object", ""}, 64,
			failure{Op: "GetObjectTTs", Code: "invalid", Outcome: "not_done", Message: "object is empty"}},
		{"an empty key of a comment", fake.Fault{}, []string{"comment", "1", "--body", "b", "--key", ""}, 64,
			failure{Op: "AddComment", TicketID: "1", Code: "invalid", Outcome: "not_done", Message: "key is empty"}},
		{"a comment that says nothing", fake.Fault{}, []string{"comment", "1"}, 64,
			failure{Op: "AddComment", TicketID: "1", Code: "invalid", Outcome: "not_done", Message: "comment is empty"}},
		{"an id that is a path", fake.Fault{}, []string{"get", "../../x"}, 64,
			failure{Op: "GetTT", TicketID: "../../x", Code: "invalid", Outcome: "not_done", Message: "no ticket id"}},
		{"credentials that are not accepted: for good", fake.Fault{Kind: fake.FailBefore, Err: tt.ErrUnauthenticated}, []string{"list"}, 1,
			failure{Op: "ListTTs", Code: "unauthenticated", Outcome: "not_done"}},
		{"a ticket that is not there", fake.Fault{}, []string{"get", "9"}, 1, failure{Op: "GetTT", TicketID: "9", Code: "not_found", Outcome: "not_done"}},
		{"a key that nobody used", fake.Fault{}, []string{"find", "--key", "k9"}, 1, failure{Op: "FindTT", Code: "not_found", Outcome: "not_done"}},
		{"a group that was never promoted", fake.Fault{}, []string{"add", "1", "b"}, 1, failure{Op: "AddToGroupTT", TicketID: "1", Code: "conflict", Outcome: "not_done"}},
		{"a lease where there is none", fake.Fault{}, []string{"renew", "1", "--until", "2026-12-05T00:00:00Z"}, 1,
			failure{Op: "RenewTT", TicketID: "1", Code: "unsupported", Outcome: "not_done"}},
		{"a check that failed for now", fake.Fault{Kind: fake.FailBefore, Op: "Check"}, []string{"check"}, 75,
			failure{Op: "Check", Code: "unavailable", Outcome: "not_done", Temporary: true, Message: "backend: "}},
		{"a check that failed for good", fake.Fault{Kind: fake.FailBefore, Op: "Check", Err: tt.ErrUnauthenticated}, []string{"check"}, 1,
			failure{Op: "Check", Code: "unauthenticated", Outcome: "not_done", Message: "backend: "}},
		{"the end of the time: for now", fake.Fault{Kind: fake.Slow, Delay: time.Hour}, []string{"list", "--timeout", "20ms"}, 75,
			failure{Op: "ListTTs", Code: "canceled", Outcome: "not_done", Temporary: true, Message: "--timeout 20ms is over"}},
		{"the end of the time of a create with a key: for now", fake.Fault{Kind: fake.Slow, Delay: time.Hour},
			[]string{"create", "--object", "a", "--subject", "s", "--key", "k", "--timeout", "20ms"}, 75,
			failure{Op: "CreateTT", Code: "canceled", Outcome: "unknown", Temporary: true, Message: "--timeout 20ms is over"}},
		{"the end of the time of a create without a key: for good", fake.Fault{Kind: fake.Slow, Delay: time.Hour},
			[]string{"create", "--object", "a", "--subject", "s", "--timeout", "20ms"}, 1,
			failure{Op: "CreateTT", Code: "canceled", Outcome: "unknown", Temporary: true, Message: "--timeout 20ms is over"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			backend := script(t)
			_, err := backend.Open("").CreateTT(t.Context(), tt.CreateRequest{Object: "sw-1", Subject: "there before"})
			require.NoError(t, err)
			if row.fault.Kind != "" {
				row.fault.Times = -1
				backend.Inject(row.fault)
			}
			got := ttctl(t, row.args...)
			assert.Equal(t, row.want, got.status, got.stderr)
			assert.Empty(t, got.stdout)
			assert.Equal(t, 1, strings.Count(got.stderr, "\n"), "more than the error line: %s", got.stderr)
			line := got.failure(t)
			assert.Contains(t, line.Message, row.line.Message)
			line.Message, row.line.Message, row.line.System = "", "", "one"
			assert.Equal(t, row.line, line)
			assert.Equal(t, 1, scripted.shutdowns, "the system was not shut down")

			script(t) // and the same for people
			_, err = scripted.backend.Open("").CreateTT(t.Context(), tt.CreateRequest{Object: "sw-1", Subject: "there before"})
			require.NoError(t, err)
			if row.fault.Kind != "" {
				scripted.backend.Inject(row.fault)
			}
			got = ttctl(t, append([]string{"--output", "text"}, row.args...)...)
			assert.Equal(t, row.want, got.status)
			assert.Empty(t, got.stdout)
			assert.True(t, strings.HasPrefix(got.stderr, "ttctl: ") && strings.Count(got.stderr, "\n") == 1, got.stderr)
		})
	}
}

func TestGroupsPrintTheirItemsAndFailAllTheSame(t *testing.T) {
	for _, row := range []struct {
		name   string
		fault  fake.Fault
		args   []string
		want   int
		items  string // statuses, in order
		result string // outcome
	}{
		{"one may still join", fake.Fault{Kind: fake.FailItems, Objects: []string{"b"}}, []string{"add", "1", "a", "b", "c"}, 75, "ok temp ok", "done"},
		{"none joined, all may still", fake.Fault{Kind: fake.FailItems}, []string{"add", "1", "a", "b"}, 75, "temp temp", "not_done"},
		{"one cannot join", fake.Fault{Kind: fake.FailItems, Objects: []string{"b"}, Err: tt.ErrNotFound}, []string{"add", "1", "a", "b"}, 1, "ok fail", "done"},
		{"a new group misses a member for now", fake.Fault{Kind: fake.FailItems, Objects: []string{"b"}},
			[]string{"escalate", "--object", "a", "--object", "b", "--subject", "s", "--key", "k"}, 75, "ok temp", "done"},
		{"a new group misses a member for good", fake.Fault{Kind: fake.FailItems, Objects: []string{"b"}, Err: tt.ErrNotFound},
			[]string{"escalate", "--object", "a", "--object", "b", "--object", "c", "--subject", "s", "--key", "k"}, 1, "ok fail ok", "done"},
		{"a ticket that could not be promoted", fake.Fault{Kind: fake.FailBefore, Op: "CreateGroupTT"},
			[]string{"escalate", "--object", "a", "--object", "b", "--subject", "s", "--key", "k"}, 75, "ok temp", "done"},
	} {
		t.Run(row.name, func(t *testing.T) {
			backend := script(t)
			sys := backend.Open("")
			_, err := sys.CreateTT(t.Context(), tt.CreateRequest{Object: "leader", Subject: "s"})
			require.NoError(t, err)
			_, err = sys.CreateGroupTT(t.Context(), "1", time.Time{})
			require.NoError(t, err)
			row.fault.Times = -1
			backend.Inject(row.fault)

			got := ttctl(t, row.args...)
			assert.Equal(t, row.want, got.status)
			var group struct {
				Items []struct{ Status, Error string }
			}
			require.NoError(t, json.Unmarshal([]byte(got.stdout), &group))
			var statuses []string
			for _, item := range group.Items {
				statuses = append(statuses, item.Status)
				assert.Equal(t, item.Status == "ok", item.Error == "")
			}
			assert.Equal(t, row.items, strings.Join(statuses, " "))
			line := got.failure(t)
			assert.Equal(t, row.result, line.Outcome)
			assert.Equal(t, row.want == 75, line.Temporary)
			assert.NotEmpty(t, line.TicketID)
			assert.Equal(t, 1, scripted.shutdowns)
		})
	}
}

func TestASystemWithoutGroupsSkipsTheMembers(t *testing.T) {
	script(t, fake.WithoutGroups())
	got := ttctl(t, "escalate", "--object", "a", "--object", "b", "--subject", "s")
	assert.Zero(t, got.status)
	assert.Contains(t, got.stdout, `{"tt_id":"1","group_id":"","items":[{"obj":"a","status":"ok","error":""},{"obj":"b","status":"skip","error":"`)
}

func TestACheckThatDoesNotExistIsUnsupported(t *testing.T) {
	script(t)
	scripted.lacking = true
	got := ttctl(t, "check")
	assert.Equal(t, exitForGood, got.status)
	assert.Equal(t, "unsupported", got.failure(t).Code)
}

func TestARenewalThatCannotBeShownIsDone(t *testing.T) {
	backend := script(t, fake.WithLease(time.Hour))
	require.Zero(t, ttctl(t, "create", "--object", "a", "--subject", "s").status)
	backend.Inject(fake.Fault{Kind: fake.FailBefore, Op: "GetTT"})
	got := ttctl(t, "renew", "1", "--until", "2026-12-05T00:00:00Z")
	assert.Equal(t, exitForNow, got.status)
	assert.Empty(t, got.stdout)
	assert.Equal(t, "done", got.failure(t).Outcome)
	assert.Equal(t, "1", got.failure(t).TicketID)
}

func TestAShutdownThatFailsIsToldBeforeTheErrorLine(t *testing.T) {
	script(t)
	scripted.broken = errors.New("the session could not be ended")
	got := ttctl(t, "list")
	assert.Equal(t, ran{0, `{"tt_ids":[]}` + "\n", "ttctl: shutdown: the session could not be ended\n"}, got)
	got = ttctl(t, "get", "9")
	assert.Equal(t, exitForGood, got.status)
	assert.True(t, strings.HasPrefix(got.stderr, "ttctl: shutdown: "))
	assert.Equal(t, "not_found", got.failure(t).Code)
}

func TestPeopleGetText(t *testing.T) {
	script(t, fake.WithLease(168*time.Hour))
	for _, row := range []struct {
		args []string
		want string
	}{
		{[]string{"create", "--queue", "net", "--object", "sw-7", "--subject", "uplink down", "--body", "since 20:10\nport 3\x1b[31m", "--login", "olga", "--reason", "link", "--key", "k1"}, `
ticket 1 created
expires   2026-11-28 20:15:00Z
`},
		{[]string{"create", "--object", "sw-7", "--subject", "uplink down", "--key", "k1"}, `
ticket 1 was there already
expires   2026-11-28 20:15:00Z
`},
		{[]string{"comment", "1", "--body", "on my way", "--login", "ivan", "--timestamp", "2026-11-21T20:12:00Z"}, `
comment added to ticket 1
`},
		{[]string{"promote", "1"}, `
group 1
`},
		{[]string{"add", "1", "sw-8", "access-switch-19"}, `
group 1
sw-8               ok
access-switch-19   ok
`},
		{[]string{"renew", "1", "--until", "2026-12-05T00:00:00Z"}, `
ticket 1 expires 2026-12-05 00:00:00Z
`},
		{[]string{"list"}, `
1
`},
		{[]string{"find", "--key", "k1"}, `
ticket 1
`},
		{[]string{"close", "1", "--subject", "repaired", "--reason", "hardware", "--login", "olga"}, `
ticket 1 closed
`},
		{[]string{"get", "1"}, `
ticket         1
state          closed
subject        uplink down
object         sw-7
members        sw-8, access-switch-19
group          1
queue          net
key            k1
owner          olga
reason         link
opened         2026-11-21 20:15:00Z
expires        2026-12-05 00:00:00Z
closed         2026-11-21 20:15:00Z
final reason   hardware

    since 20:10
    port 3` + "\uFFFD" + `[31m

2026-11-21 20:12:00Z  ivan
    on my way

2026-11-21 20:15:00Z  olga  repaired
`},
		{[]string{"check"}, `
ok   backend   in memory, 1 tickets
`},
		{[]string{"capabilities"}, `
group tickets          yes
one ticket per key     enforced
lease                  168h0m0s
close may be pending   no
comments after close   yes
updates                yes
`},
	} {
		t.Run(row.args[0], func(t *testing.T) {
			got := ttctl(t, append(row.args, "--output", "text")...)
			assert.Equal(t, ran{0, strings.TrimPrefix(row.want, "\n"), ""}, got)
		})
	}
}
