package tt_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/tt"
)

func TestErrorText(t *testing.T) {
	reset := errors.New("connection reset by peer")
	for _, row := range []struct {
		name string
		err  tt.Error
		want string
	}{
		{"who, what, which ticket, why",
			tt.Error{Adapter: "rsm", System: "msk", Op: "AddComment", TicketID: "731", Code: tt.CodeClosed, Outcome: tt.NotDone, Err: errors.New("the mode has ended")},
			`rsm "msk": AddComment 731: closed: the mode has ended`},
		{"a system without a name",
			tt.Error{Adapter: "rsm", Op: "GetTT", TicketID: "7", Code: tt.CodeNotFound, Outcome: tt.NotDone}, `rsm: GetTT 7: not_found`},
		{"before an adapter was known",
			tt.Error{System: "msk", Op: "Open", Code: tt.CodeInvalid, Outcome: tt.NotDone, Err: errors.New("no adapter")}, `tt "msk": Open: invalid: no adapter`},
		{"a bare one", *tt.Errorf(tt.CodeInvalid, tt.NotDone, "subject is empty"), `tt: invalid: subject is empty`},
		{"what the server said beside its words",
			tt.Error{Adapter: "rsm", Op: "CreateTT", Code: tt.CodePermissionDenied, Outcome: tt.NotDone, Status: 403, VendorCode: "AUTH.7", TraceID: "ab12", Err: errors.New("no right")},
			`rsm: CreateTT: permission_denied: no right (HTTP 403; vendor code AUTH.7; trace ab12)`},
		{"unknown, and safe to repeat",
			tt.Error{Op: "CreateTT", Code: tt.CodeUnavailable, Repeatable: true, Err: reset},
			`tt: CreateTT: unavailable: connection reset by peer (it may have happened; repeating the same call is safe)`},
		{"unknown, and not safe to repeat",
			tt.Error{Op: "CreateTT", Code: tt.CodeUnavailable, Err: reset},
			`tt: CreateTT: unavailable: connection reset by peer (it may have happened; look before repeating, a repeat could double it)`},
		{"half done, and safe to repeat",
			tt.Error{Op: "CreateTT", TicketID: "7", Code: tt.CodeUnavailable, Outcome: tt.Done, Repeatable: true, Err: reset},
			`tt: CreateTT 7: unavailable: connection reset by peer (the ticket exists or changed; repeating the call finishes the rest)`},
		{"half done, and refused for the rest",
			tt.Error{Op: "CreateTT", TicketID: "7", Code: tt.CodePermissionDenied, Outcome: tt.Done, Repeatable: true, Err: errors.New("no right to tag")},
			`tt: CreateTT 7: permission_denied: no right to tag (the ticket exists or changed; when the cause is gone, repeating the call finishes the rest)`},
		{"half done, and not safe to repeat",
			tt.Error{Op: "CreateTT", TicketID: "7", Code: tt.CodeUnavailable, Outcome: tt.Done, Err: reset},
			`tt: CreateTT 7: unavailable: connection reset by peer (the ticket exists or changed; go on with its id, repeating the call could double it)`},
		{"nothing happened, wait",
			tt.Error{Op: "CreateTT", Code: tt.CodeRateLimited, Outcome: tt.NotDone, Repeatable: true, RetryAfter: 1500 * time.Millisecond, Status: 429},
			`tt: CreateTT: rate_limited (HTTP 429; try again in 1.5s)`},
		{"an id that is none is quoted, so that it breaks no line",
			tt.Error{Adapter: "rsm", Op: "GetTT", TicketID: "7\nerror: forged", Code: tt.CodeInvalid, Outcome: tt.NotDone}, `rsm: GetTT "7\nerror: forged": invalid`},
		{"and a long one is cut",
			tt.Error{Op: "GetTT", TicketID: strings.Repeat("x", 100), Code: tt.CodeInvalid, Outcome: tt.NotDone}, `tt: GetTT "` + strings.Repeat("x", 56) + `…[cut]": invalid`},
		{"the zero value", tt.Error{}, `tt: `},
	} {
		t.Run(row.name, func(t *testing.T) { assert.EqualError(t, &row.err, row.want) })
	}
}

func TestErrorIsFoundThroughWrapping(t *testing.T) {
	cause := errors.New("connection reset by peer")
	err := fmt.Errorf("alarm 17: %w", tt.Annotate(tt.Errorf(tt.CodeUnavailable, tt.Unknown, "sending: %w", cause), "rsm", "msk", "CreateTT", ""))
	var e *tt.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, "CreateTT", e.Op)
	assert.ErrorIs(t, err, cause, "the cause is found")
	assert.ErrorIs(t, err, tt.ErrUnavailable)
	assert.ErrorIs(t, err, tt.ErrTemporary)
	assert.NotErrorIs(t, err, tt.ErrInternal)
	assert.NotErrorIs(t, err, context.Canceled)
}

func TestSafeToRetry(t *testing.T) {
	assert.False(t, tt.SafeToRetry(nil))
	assert.False(t, tt.SafeToRetry(errors.New("boom")), "nothing is known")
	assert.False(t, tt.SafeToRetry(tt.ErrUnavailable), "nothing is known")
	assert.False(t, tt.SafeToRetry(&tt.Error{Code: tt.CodeUnavailable}))
	assert.True(t, tt.SafeToRetry(fmt.Errorf("x: %w", &tt.Error{Code: tt.CodeUnavailable, Repeatable: true})))
}

func TestAnnotate(t *testing.T) {
	cause := errors.New("boom")
	known := &tt.Error{Adapter: "rsm", System: "spb", Op: "FindTT", TicketID: "3", Code: tt.CodeConflict, Outcome: tt.Done, Err: cause}
	bare := tt.Errorf(tt.CodeConflict, tt.NotDone, "taken")
	for _, row := range []struct {
		name string
		err  error
		want tt.Error
	}{
		{"a foreign error is internal and unknown", cause, tt.Error{Adapter: "rsm", System: "msk", Op: "CreateTT", TicketID: "7", Code: tt.CodeInternal, Err: cause}},
		{"a context's end is canceled", context.Canceled, tt.Error{Adapter: "rsm", System: "msk", Op: "CreateTT", TicketID: "7", Code: tt.CodeCanceled, Err: context.Canceled}},
		{"a bare sentinel gives its code", tt.ErrNotFound, tt.Error{Adapter: "rsm", System: "msk", Op: "CreateTT", TicketID: "7", Code: tt.CodeNotFound, Err: tt.ErrNotFound}},
		{"a bare one is completed", bare, tt.Error{Adapter: "rsm", System: "msk", Op: "CreateTT", TicketID: "7", Code: tt.CodeConflict, Outcome: tt.NotDone, Err: bare.Err}},
		{"what is known already stays", known, *known},
	} {
		t.Run(row.name, func(t *testing.T) {
			var before tt.Error
			if e, ok := row.err.(*tt.Error); ok {
				before = *e
			}
			got := tt.Annotate(row.err, "rsm", "msk", "CreateTT", "7")
			assert.Equal(t, &row.want, got)
			if e, ok := row.err.(*tt.Error); ok {
				assert.NotSame(t, e, got, "it is a copy")
				assert.Equal(t, before, *e, "the error given is not changed")
			}
		})
	}
	t.Run("nil stays nil", func(t *testing.T) {
		assert.NoError(t, tt.Annotate(nil, "rsm", "msk", "CreateTT", "7"))
	})
	t.Run("words wrapped around an error are kept, and advice is given once", func(t *testing.T) {
		lost := tt.Errorf(tt.CodeUnavailable, tt.Unknown, "connection reset by peer")
		lost.Repeatable = true
		err := tt.Annotate(fmt.Errorf("looking for the key: %w", lost), "rsm", "", "CreateTT", "")
		assert.EqualError(t, err, `rsm: CreateTT: unavailable: looking for the key: tt: unavailable: connection reset by peer `+
			`(it may have happened; repeating the same call is safe)`)
		assert.True(t, tt.SafeToRetry(err))
	})
	t.Run("joined errors are all kept", func(t *testing.T) {
		err := tt.Annotate(errors.Join(cause, bare), "rsm", "msk", "CreateTT", "7")
		assert.ErrorIs(t, err, cause)
		assert.ErrorIs(t, err, tt.ErrConflict)
	})
}

func TestErrorJSON(t *testing.T) {
	for _, row := range []struct {
		name string
		err  tt.Error
		want string
	}{
		{"every field", tt.Error{
			Adapter: "rsm", System: "msk", Op: "CreateTT", TicketID: "731", Code: tt.CodeRateLimited, Outcome: tt.NotDone, Repeatable: true,
			RetryAfter: 30 * time.Second, Status: 429, VendorCode: "LIMIT", TraceID: "ab12", Err: errors.New("slow down"),
		}, `{"system":"msk","op":"CreateTT","tt_id":"731","code":"rate_limited","outcome":"not_done","temporary":true,"retry_after":"30s","status":429,
			"vendor_code":"LIMIT","trace_id":"ab12",
			"message":"rsm \"msk\": CreateTT 731: rate_limited: slow down (HTTP 429; vendor code LIMIT; trace ab12; try again in 30s)"}`},
		{"what does not apply is left out", *tt.Errorf(tt.CodeInvalid, tt.NotDone, "subject is empty"),
			`{"system":"","op":"","tt_id":"","code":"invalid","outcome":"not_done","temporary":false,"message":"tt: invalid: subject is empty"}`},
		{"a half-made ticket", tt.Error{Op: "CreateTT", TicketID: "7", Code: tt.CodeUnavailable, Outcome: tt.Done},
			`{"system":"","op":"CreateTT","tt_id":"7","code":"unavailable","outcome":"done","temporary":true,
			"message":"tt: CreateTT 7: unavailable (the ticket exists or changed; go on with its id, repeating the call could double it)"}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			text, err := json.Marshal(&row.err)
			require.NoError(t, err)
			assert.JSONEq(t, row.want, string(text))
		})
	}
}

func TestJSONEscapesWhatItsEncoderEscapes(t *testing.T) {
	const text = "<b> & <i>"
	for name, v := range map[string]any{
		"an error":     tt.Errorf(tt.CodeInvalid, tt.NotDone, text),
		"a ticket":     tt.Ticket{Subject: text, Comments: []tt.Comment{{Body: text}}},
		"an item":      tt.ItemResult{Object: text},
		"capabilities": tt.Capabilities{Effects: text},
	} {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			encoder := json.NewEncoder(&b)
			encoder.SetEscapeHTML(false)
			require.NoError(t, encoder.Encode(v))
			assert.Contains(t, b.String(), text, "a person reads it")
			escaped, err := json.Marshal(v)
			require.NoError(t, err)
			assert.NotContains(t, string(escaped), "<", "a page holds it")
			assert.JSONEq(t, b.String(), string(escaped))
		})
	}
}

func TestOutcomeWords(t *testing.T) {
	var zero tt.Outcome
	assert.Equal(t, tt.Unknown, zero, "the zero value claims nothing")
	for outcome, want := range map[tt.Outcome]string{tt.Unknown: "unknown", tt.NotDone: "not_done", tt.Done: "done", 42: "unknown"} {
		assert.Equal(t, want, outcome.String())
		text, err := outcome.MarshalText()
		require.NoError(t, err)
		assert.Equal(t, want, string(text))
	}
}
