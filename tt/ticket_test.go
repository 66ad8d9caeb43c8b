package tt_test

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/tt"
)

var moscow = time.FixedZone("MSK", 3*60*60)

func TestTicketJSONHasNOCsKeys(t *testing.T) {
	at := time.Date(2026, 3, 1, 15, 0, 0, 0, moscow)
	full := tt.Ticket{
		ID: "731", Queue: "noc", Object: "sw1", Objects: []string{"sw1", "sw2"}, Group: "731", Key: "LinkDown/17", State: tt.StateClosed,
		StageID: "4", Stage: "Завершено", OpenedAt: at, ClosedAt: at.Add(time.Hour), StageAt: at.Add(time.Hour), ExpiresAt: at.Add(2 * time.Hour),
		Owner: "ivanov", Dept: "access", CloseDept: "core", PreReasonID: "1", PreReason: "link", FinalReasonID: "2", FinalReason: "fibre",
		Subject: "link down", Body: "port 7",
		Comments: []tt.Comment{{ID: "c1", ReplyTo: "c0", At: at, Login: "petrov", Subject: "s", Body: "b"}},
		URL:      "https://monq.example.net/731", Truncated: true,
	}
	for _, row := range []struct {
		name   string
		ticket tt.Ticket
		want   string
	}{
		{"a closed group ticket", full, `{"tt_id":"731","queue":"noc","obj":"sw1","objs":["sw1","sw2"],"group":"731","key":"LinkDown/17","state":"closed","resolved":true,
			"stage_id":"4","stage":"Завершено","open_ts":"2026-03-01T12:00:00Z","close_ts":"2026-03-01T13:00:00Z","stage_ts":"2026-03-01T13:00:00Z","expires_at":"2026-03-01T14:00:00Z",
			"owner":"ivanov","dept":"access","close_dept":"core","pre_reason_id":"1","pre_reason":"link","final_reason_id":"2","final_reason":"fibre",
			"subject":"link down","body":"port 7","comments":[{"id":"c1","reply_to":"c0","ts":"2026-03-01T12:00:00Z","login":"petrov","subject":"s","body":"b"}],
			"url":"https://monq.example.net/731","truncated":true}`},
		{"what does not apply is left out, and lists are never null", tt.Ticket{ID: "1", Object: "sw1", State: tt.StateOpen, Subject: "link down", OpenedAt: at},
			`{"tt_id":"1","queue":"","obj":"sw1","objs":[],"group":"","key":"","state":"open","resolved":false,"open_ts":"2026-03-01T12:00:00Z",
			"subject":"link down","body":"","comments":[]}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, v := range []any{row.ticket, &row.ticket} {
				text, err := json.Marshal(v)
				require.NoError(t, err)
				assert.JSONEq(t, row.want, string(text))
			}
		})
	}
	assert.Equal(t, moscow, full.OpenedAt.Location(), "writing changes nothing")

	var read tt.Ticket
	text, err := json.Marshal(full)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &read))
	assert.Equal(t, full.Objects, read.Objects)
	assert.True(t, full.ClosedAt.Equal(read.ClosedAt), "what was written can be read")
}

func TestExpiredIsNotResolved(t *testing.T) {
	for state, want := range map[tt.State][2]bool{ // resolved, ended
		tt.StateOpen: {false, false}, tt.StatePending: {false, false}, tt.StateClosed: {true, true},
		tt.StateExpired: {false, true}, tt.StateUnknown: {false, false}, "": {false, false},
	} {
		ticket := tt.Ticket{State: state}
		assert.Equal(t, want, [2]bool{ticket.Resolved(), state.Ended()}, "%q", state)
	}
}

func TestCloneSharesNothing(t *testing.T) {
	ticket := tt.Ticket{ID: "1", Objects: []string{"sw1"}, Comments: []tt.Comment{{ID: "c1"}}}
	clone := ticket.Clone()
	assert.Equal(t, &ticket, clone)
	clone.Objects[0], clone.Comments[0].ID, clone.ID = "x", "x", "x"
	assert.Equal(t, tt.Ticket{ID: "1", Objects: []string{"sw1"}, Comments: []tt.Comment{{ID: "c1"}}}, ticket)

	for _, typ := range []reflect.Type{reflect.TypeFor[tt.Ticket](), reflect.TypeFor[tt.Comment]()} {
		for i := range typ.NumField() {
			switch f := typ.Field(i); f.Type.Kind() {
			case reflect.Slice, reflect.Map, reflect.Pointer, reflect.Interface:
				assert.Contains(t, []string{"Objects", "Comments"}, f.Name, "Clone does not know the field yet")
			}
		}
	}
}

func TestCapabilitiesJSONHasOneKeyPerField(t *testing.T) {
	c := tt.Capabilities{
		PromoteGroupTT: true, KeyGuarantee: tt.KeyConverging, Lease: 168 * time.Hour, AsyncClose: true, CommentsAfterClose: true, Updates: true,
		MaxSubject: 1, MaxBody: 2, MaxComment: 3, MaxComments: 4, Effects: "mutes the item",
	}
	text, err := json.Marshal(c)
	require.NoError(t, err)
	assert.JSONEq(t, `{"promote_group_tt":true,"key_guarantee":"converging","lease":"168h0m0s","async_close":true,"comments_after_close":true,"updates":true,
		"max_subject":1,"max_body":2,"max_comment":3,"max_comments":4,"effects":"mutes the item"}`, string(text))

	var keys map[string]any
	require.NoError(t, json.Unmarshal(text, &keys))
	typ := reflect.TypeFor[tt.Capabilities]()
	assert.Len(t, keys, typ.NumField())
	word := regexp.MustCompile(`([a-z])([A-Z])`)
	for i := range typ.NumField() {
		name := typ.Field(i).Name
		snake := strings.ToLower(word.ReplaceAllString(strings.ReplaceAll(name, "TT", "Tt"), "${1}_$2"))
		assert.Contains(t, keys, snake, "the key of %s", name)
	}
	assert.True(t, typ.Comparable())
}

func TestItemOf(t *testing.T) {
	for _, row := range []struct {
		name string
		err  error
		want tt.ItemStatus
	}{
		{"no error is ok", nil, tt.ItemOK},
		{"what may pass is temp", tt.Errorf(tt.CodeUnavailable, tt.Unknown, "down"), tt.ItemTemp},
		{"a deadline is temp", tt.Errorf(tt.CodeCanceled, tt.Unknown, "%w", context.DeadlineExceeded), tt.ItemTemp},
		{"what is not supported is skip", tt.ErrUnsupported, tt.ItemSkip},
		{"a refusal is fail", tt.Errorf(tt.CodeNotFound, tt.NotDone, "no such item"), tt.ItemFail},
		{"anything else is fail", errors.New("boom"), tt.ItemFail},
	} {
		t.Run(row.name, func(t *testing.T) {
			assert.Equal(t, tt.ItemResult{Object: "sw1", Status: row.want, Err: row.err}, tt.ItemOf("sw1", row.err))
		})
	}
}

func TestResultJSON(t *testing.T) {
	for _, row := range []struct {
		name  string
		value any
		want  string
	}{
		{"an item that is in", tt.ItemOf("sw1", nil), `{"obj":"sw1","status":"ok","error":""}`},
		{"an item that is not", tt.ItemOf("sw1", tt.Errorf(tt.CodeNotFound, tt.NotDone, "no such item")),
			`{"obj":"sw1","status":"fail","error":"tt: not_found: no such item"}`},
		{"a check", tt.CheckResult{Name: "clock", OK: true, Detail: "0s off", Err: errors.New("not shown")}, `{"name":"clock","ok":true,"detail":"0s off"}`},
		{"a change", tt.Change{ID: "9", TicketID: "1", Action: tt.ActionAdd, Login: "ivanov", At: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), Message: "sw2", Own: true},
			`{"id":"9","tt_id":"1","action":"add","login":"ivanov","ts":"2026-03-01T12:00:00Z","message":"sw2","own":true}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			text, err := json.Marshal(row.value)
			require.NoError(t, err)
			assert.JSONEq(t, row.want, string(text))
		})
	}
}
