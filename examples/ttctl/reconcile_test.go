package main

import (
	"encoding/json"
	"fmt"
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

// hourAgo makes the backend's tickets old enough to be judged.
func hourAgo() fake.Option {
	begin := time.Now().Add(-time.Hour).Truncate(time.Second)
	return fake.WithClock(func() time.Time { return begin })
}

// written writes a list of alarms and returns its file.
func written(t *testing.T, lines ...string) string {
	path := filepath.Join(t.TempDir(), "alarms")
	require.NoError(t, os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o600))
	return path
}

func alarmLine(key, obj string) string {
	return fmt.Sprintf(`{"key":%q,"object":%q,"subject":"down"}`, key, obj)
}

// opened opens a ticket past the program.
func opened(t *testing.T, keys ...string) {
	t.Helper()
	for _, key := range keys {
		_, err := scripted.backend.Open("").CreateTT(t.Context(), tt.CreateRequest{Object: "a", Subject: "down", Key: key})
		require.NoError(t, err)
	}
}

// difference is what reconcile prints.
type difference struct {
	Differs, Applied         bool
	Alarms, Tickets, Outside int
	Items                    []struct{ Action, TTID, Key, Status, Error, Note string }
	Left                     []struct {
		Key, Why string
		Differs  bool
	}
}

func readDifference(t *testing.T, got ran) difference {
	t.Helper()
	var d difference
	require.NoError(t, json.Unmarshal([]byte(got.stdout), &d), got.stderr)
	return d
}

func (d difference) items() string {
	var all []string
	for _, i := range d.Items {
		all = append(all, strings.TrimSpace(i.Action+" "+i.Key+" "+i.Status))
	}
	return strings.Join(all, ", ")
}

func TestReconcileExitsAsItFinds(t *testing.T) {
	for _, row := range []struct {
		name    string
		setting []fake.Option
		open    []string
		alarms  []string
		fault   fake.Fault
		flags   []string
		status  int
		items   string
		line    failure
	}{
		{name: "nothing differs", open: []string{"k1"}, alarms: []string{alarmLine("k1", "a")}},
		{name: "nothing differs, applied", open: []string{"k1"}, alarms: []string{alarmLine("k1", "a")}, flags: []string{"--apply"}},
		{name: "a dry run that finds something", open: []string{"k1"}, alarms: []string{alarmLine("k2", "a")},
			status: 1, items: "open k2, close k1", line: failure{Code: "conflict", Outcome: "not_done", Message: "1 to open, 1 to close; nothing was changed"}},
		{name: "the same, applied", open: []string{"k1"}, alarms: []string{alarmLine("k2", "a")}, flags: []string{"--apply"},
			items: "open k2 ok, close k1 ok"},
		{name: "an empty list", open: []string{"k1"}, status: 64, line: failure{Code: "invalid", Outcome: "not_done", Message: "give --allow-empty"}},
		{name: "an empty list that is meant", open: []string{"k1"}, flags: []string{"--allow-empty", "--apply"}, items: "close k1 ok"},
		{name: "too many closes", open: []string{"k1", "k2", "k3"}, alarms: []string{alarmLine("new", "a")}, flags: []string{"--apply", "--max-closes", "2"},
			status: 1, items: "open new ok, close k1 fail, close k2 fail, close k3 fail", line: failure{TicketID: "1", Code: "conflict", Outcome: "done", Message: "3 of 4 differences were not repaired"}},
		{name: "no closes at all", open: []string{"k1"}, alarms: []string{alarmLine("new", "a")}, flags: []string{"--apply", "--max-closes=0"},
			status: 1, items: "open new ok, close k1 fail", line: failure{TicketID: "1", Code: "conflict", Outcome: "done"}},
		{name: "as many as allowed", open: []string{"k1", "k2", "k3"}, flags: []string{"--apply", "--allow-empty", "--max-closes", "3"}, items: "close k1 ok, close k2 ok, close k3 ok"},
		{name: "the list of tickets fails for now", open: []string{"k1"}, alarms: []string{alarmLine("k2", "a")}, flags: []string{"--apply"},
			fault: fake.Fault{Kind: fake.FailBefore, Op: "ListTTs"}, status: 75, line: failure{Code: "unavailable", Outcome: "not_done", Temporary: true, Message: "could not be read whole"}},
		{name: "the list of tickets is refused", open: []string{"k1"}, alarms: []string{alarmLine("k2", "a")}, flags: []string{"--apply"},
			fault: fake.Fault{Kind: fake.FailBefore, Op: "ListTTs", Err: tt.ErrPermissionDenied}, status: 1, line: failure{Code: "permission_denied", Outcome: "not_done"}},
		{name: "one repair fails for now", open: []string{"k1"}, alarms: []string{alarmLine("k2", "a")}, flags: []string{"--apply"},
			fault: fake.Fault{Kind: fake.FailAfter, Op: "CloseTT"}, status: 75, items: "open k2 ok, close k1 temp",
			line: failure{TicketID: "1", Code: "unavailable", Outcome: "done", Temporary: true, Message: `1 of 2 differences were not repaired, among them the one to close "k1"`}},
		{name: "one repair is refused", open: []string{"k1"}, alarms: []string{alarmLine("k2", "a")}, flags: []string{"--apply"},
			fault: fake.Fault{Kind: fake.FailBefore, Op: "CloseTT", Err: tt.ErrPermissionDenied}, status: 1, items: "open k2 ok, close k1 fail",
			line: failure{TicketID: "1", Code: "permission_denied", Outcome: "done"}},
		{name: "something is left for a person", open: []string{"k1"}, alarms: []string{alarmLine("k1", "b")}, flags: []string{"--apply"},
			status: 1, line: failure{TicketID: "1", Code: "conflict", Outcome: "not_done", Message: "needs a person"}},
		{name: "tickets of other programs are left alone", open: []string{"msk/1", "spb/1"}, alarms: []string{alarmLine("msk/2", "a")}, flags: []string{"--key-prefix", "msk/", "--apply"},
			items: "open msk/2 ok, close msk/1 ok"},
		{name: "an alarm that the list does not speak for", alarms: []string{alarmLine("spb/2", "a")}, flags: []string{"--key-prefix", "msk/"},
			status: 64, line: failure{Code: "invalid", Outcome: "not_done", Message: "not among the keys"}},
		{name: "a list that is too old", alarms: []string{alarmLine("k1", "a")}, flags: []string{"--at", "2020-01-01T00:00:00Z"},
			status: 64, line: failure{Code: "invalid", Outcome: "not_done", Message: "make a new one"}},
		{name: "a list of any age", open: []string{"k1"}, alarms: []string{alarmLine("k1", "a")}, flags: []string{"--at", "2020-01-01T00:00:00Z", "--max-age", "0"}},
		{name: "a wrong line", alarms: []string{alarmLine("k1", "a"), `{"key":`}, status: 64, line: failure{Code: "invalid", Outcome: "not_done", Message: "line 2: the JSON object does not end"}},
		{name: "a receiver for lines", alarms: []string{alarmLine("k1", "a")}, flags: []string{"--receiver", "r"}, status: 64, line: failure{Code: "invalid", Outcome: "not_done", Message: "--receiver is for alert groups"}},
		{name: "an empty prefix", alarms: []string{alarmLine("k1", "a")}, flags: []string{"--key-prefix", ""}, status: 64, line: failure{Code: "invalid", Outcome: "not_done", Message: "is empty"}},
		{name: "a negative limit", alarms: []string{alarmLine("k1", "a")}, flags: []string{"--max-closes", "-1"}, status: 64, line: failure{Code: "invalid", Outcome: "not_done", Message: "not negative"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			script(t, append(row.setting, hourAgo())...)
			opened(t, row.open...)
			if row.fault.Kind != "" {
				scripted.backend.Inject(row.fault)
			}
			before := scripted.backend.Tickets()
			got := ttctl(t, append([]string{"reconcile", "--alarms", written(t, row.alarms...)}, row.flags...)...)
			require.Equal(t, row.status, got.status, got.stderr)
			assert.Equal(t, 1, scripted.shutdowns)
			if row.status != 0 {
				line := got.failure(t)
				assert.Contains(t, line.Message, row.line.Message)
				row.line.Message, row.line.System, row.line.Op = line.Message, "one", line.Op
				assert.Equal(t, row.line, line)
			}
			if got.stdout == "" {
				assert.Empty(t, row.items)
				return
			}
			d := readDifference(t, got)
			assert.Equal(t, row.items, d.items())
			if !d.Applied {
				assert.Equal(t, before, scripted.backend.Tickets(), "a dry run changes nothing")
			}
		})
	}
}

func TestAListComesFromOneSource(t *testing.T) {
	for _, args := range [][]string{{}, {"--alarms", "x", "--alert-groups", "y"}, {"--alarms", "x", "--alertmanager", "http://127.0.0.1"}} {
		script(t)
		got := ttctl(t, append([]string{"reconcile"}, args...)...)
		assert.Equal(t, exitUsage, got.status)
		assert.Contains(t, got.failure(t).Message, "--alarms")
	}
	script(t)
	assert.Equal(t, exitUsage, ttctl(t, "reconcile", "--alarms", "no-such-file").status)
	assert.Equal(t, exitUsage, ttctl(t, "reconcile", "--alert-groups", written(t, "[]")).status, "no receiver")
	assert.Equal(t, exitUsage, ttctl(t, "reconcile", "--alert-groups", written(t, "[]"), "--receiver", "r", "--key-prefix", "x").status)
	assert.Equal(t, exitUsage, ttctl(t, "reconcile", "--alarms", "").status, "an unset variable is no file")
}

func TestTheListOfStandardInputIsOfNow(t *testing.T) {
	script(t, hourAgo())
	opened(t, "k1")
	got := ttctlReading(t, alarmLine("k1", "a"), "reconcile", "--alarms", "-")
	assert.Zero(t, got.status, got.stderr)
	got = ttctlReading(t, groupsText, "reconcile", "--alert-groups", "-", "--receiver", "tickets")
	assert.Equal(t, 1, got.status)
	d := readDifference(t, got)
	assert.Equal(t, "open alertmanager/tickets/alertname/LinkDown/site/msk/1", d.items())
	assert.Equal(t, 1, d.Outside, "k1 is none of the receiver's")
	assert.Contains(t, got.stderr, "ttctl: no ticket can be opened for alertmanager/tickets:")
}

// A list that was written before a ticket was opened says nothing about it.
func TestAListIsAsOldAsItsFile(t *testing.T) {
	clock := time.Now().Add(-20 * time.Minute)
	script(t, fake.WithClock(func() time.Time { return clock }))
	opened(t, "k1")
	path := written(t, alarmLine("k2", "a"))
	got := ttctl(t, "reconcile", "--alarms", path)
	assert.Equal(t, "open k2, close k1", readDifference(t, got).items())
	require.NoError(t, os.Chtimes(path, time.Time{}, time.Now().Add(-18*time.Minute)))
	got = ttctl(t, "reconcile", "--alarms", path)
	assert.Equal(t, "open k2", readDifference(t, got).items())
	got = ttctl(t, "reconcile", "--alarms", path, "--grace", "1m")
	assert.Equal(t, "open k2, close k1", readDifference(t, got).items())
	require.NoError(t, os.Chtimes(path, time.Time{}, time.Now().Add(-2*time.Hour)))
	assert.Equal(t, exitUsage, ttctl(t, "reconcile", "--alarms", path).status)
}

func TestReconcileShowsPeopleATable(t *testing.T) {
	script(t, hourAgo())
	opened(t, "k1", "")
	path := written(t, alarmLine("k2", "sw-7"))
	got := ttctl(t, "reconcile", "--alarms", path, "--output", "text")
	assert.Equal(t, ran{1, `open    -   k2   sw-7   the alarm is active and has no ticket
close   1   k1   a      no alarm asks for it
left    2   -    a      it was made without a key, so it cannot be matched with an alarm
1 alarms, 2 tickets: 1 to open, 1 to close
`, "ttctl: scripted \"one\": Reconcile: conflict: alarms and tickets differ: 1 to open, 1 to close; nothing was changed, --apply repairs what can be\n"}, got)
	got = ttctl(t, "reconcile", "--alarms", path, "--output", "text", "--apply", "--login", "olga")
	assert.Equal(t, ran{0, `open ok    3   k2   sw-7   the alarm is active and has no ticket
close ok   1   k1   a      no alarm asks for it
left       2   -    a      it was made without a key, so it cannot be matched with an alarm
1 alarms, 2 tickets: 1 to open, 1 to close
`, ""}, got)
	closed := scripted.backend.Tickets()[0]
	require.Len(t, closed.Comments, 1)
	assert.Equal(t, "olga", closed.Comments[0].Login)
}
