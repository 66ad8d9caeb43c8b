package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/tt"
)

func TestManyFindingsMakeOneError(t *testing.T) {
	bad := tt.CheckResult{Name: "credentials", Detail: "not accepted", Err: tt.ErrUnauthenticated}
	slow := tt.CheckResult{Name: "clock", Detail: "no answer", Err: tt.ErrUnavailable}
	good := tt.CheckResult{Name: "address", OK: true, Detail: "answers"}
	silent := tt.CheckResult{Name: "rights", Detail: "unknown"}
	for _, row := range []struct {
		name  string
		found []tt.CheckResult
		want  int
		says  string
	}{
		{"all failed for now", []tt.CheckResult{slow, good, slow}, exitForNow, "clock: no answer; clock: no answer"},
		{"one failed for good, first", []tt.CheckResult{bad, slow}, exitForGood, "credentials: not accepted; clock: no answer"},
		{"one failed for good, last", []tt.CheckResult{slow, good, bad}, exitForGood, "clock: no answer; credentials: not accepted"},
		{"one does not say why", []tt.CheckResult{slow, silent}, exitForGood, "clock: no answer; rights: unknown"},
	} {
		t.Run(row.name, func(t *testing.T) {
			err := failedChecks(row.found)
			require.ErrorContains(t, err, row.says)
			assert.Equal(t, row.want, exitStatus(err))
		})
	}
	assert.NoError(t, failedChecks([]tt.CheckResult{good, good}))
	assert.NoError(t, failedChecks(nil))
}

func TestManyItemsMakeOneError(t *testing.T) {
	ok := tt.ItemOf("a", nil)
	temp := tt.ItemOf("b", tt.Errorf(tt.CodeUnavailable, tt.Unknown, "no answer"))
	fail := tt.ItemOf("c", tt.Errorf(tt.CodeNotFound, tt.NotDone, "no such object"))
	skip := tt.ItemOf("d", tt.ErrUnsupported)
	for _, row := range []struct {
		name    string
		items   []tt.ItemResult
		want    int
		says    string
		outcome tt.Outcome
	}{
		{"temp before fail", []tt.ItemResult{temp, fail}, exitForNow, `2 of 2 objects did not join the group, among them "b": no answer`, tt.Unknown},
		{"fail before temp", []tt.ItemResult{fail, ok, temp}, exitForNow, `2 of 3 objects did not join the group, among them "b": no answer`, tt.Done},
		{"only fail", []tt.ItemResult{ok, fail, skip}, exitForGood, `1 of 3 objects did not join the group, among them "c": no such object`, tt.Done},
	} {
		t.Run(row.name, func(t *testing.T) {
			err := incomplete("7", row.items)
			require.ErrorContains(t, err, row.says)
			assert.Equal(t, row.want, exitStatus(err))
			var e *tt.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, row.outcome, e.Outcome)
			assert.Equal(t, "7", e.TicketID)
		})
	}
	assert.NoError(t, incomplete("7", []tt.ItemResult{ok, skip}), "what a system cannot do is no failure")
}

// A vendor's text must not move a terminal's cursor, hide a line or add one.
func TestForeignTextCannotDriveATerminal(t *testing.T) {
	const evil = "x\x1b[2J\r\u009b1Ay\nclosed  yes"
	var out strings.Builder
	showTicket(&out, &tt.Ticket{
		ID: "7", State: tt.StateOpen, Subject: evil, Object: evil, Objects: []string{evil, evil}, Owner: evil, Body: evil,
		Comments: []tt.Comment{{At: time.Unix(0, 0), Login: evil, Subject: evil, Body: evil}},
	})
	for _, line := range strings.Split(out.String(), "\n") {
		assert.NotContains(t, strings.TrimLeft(line, "\t"), "\x1b")
		assert.NotContains(t, line, "\r")
		assert.NotContains(t, line, "\u009b")
		assert.False(t, strings.HasPrefix(line, "closed"), "a text made a line of its own")
	}
	assert.Equal(t, "x\uFFFD[2J\uFFFD\uFFFD1Ay closed yes", oneLine(evil))
}
