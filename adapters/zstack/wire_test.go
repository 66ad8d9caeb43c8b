package zstack

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/internal/rest"
	"github.com/ttkit/ttkit/tt"
)

// Whatever value a variable of the type has, it is no approval.
func TestAnEventCancelsOrRejects(t *testing.T) {
	for e, want := range map[event]string{eventCancel: "cancel", eventReject: "reject"} {
		var body changeBody
		body.Change.Event, body.Change.Comment = e, "over"
		raw, err := json.Marshal(body)
		require.NoError(t, err)
		assert.JSONEq(t, `{"changeTicketStatus":{"statusEvent":"`+want+`","comment":"over"}}`, string(raw))
	}
	var zero changeBody
	raw, err := json.Marshal(zero)
	require.NoError(t, err)
	assert.Contains(t, string(raw), `"cancel"`)
}

func TestTheIDOfAJobIsTheEndOfItsLocation(t *testing.T) {
	const id = "8417778c55974dd5bb13ea95557ff950"
	for location, want := range map[string]string{
		"http://10.0.0.5:8080/zstack/v1/api-jobs/" + id:   id,
		"https://cloud/zstack/v1/api-jobs/" + id + "?x=1": id,
		"/v1/api-jobs/" + id:                              id,
		id:                                                id,
		"":                                                "",
		"http://10.0.0.5:8080/zstack/v1/api-jobs/":             "",
		"http://h/" + id + "/actions":                          "",
		"http://h/api-jobs/" + strings.ToUpper(id):             "",
		"http://h/api-jobs/8417778c-5597-4dd5-bb13-ea95557ff9": "",
	} {
		assert.Equal(t, want, accepted{location}.id(), location)
	}
}

func TestTheErrorThatDecides(t *testing.T) {
	for _, row := range []struct{ name, body, code string }{
		{"alone", `{"error":{"code":"SYS.1006","details":"denied"}}`, "SYS.1006"},
		{"beside other keys", `{"success":false,"schema":{},"error":{"code":"SYS.1006"}}`, "SYS.1006"},
		{"in a cause", `{"error":{"code":"SYS.1006","cause":{"code":"SYS.1007"}}}`, "SYS.1007"},
		{"in a cause of a cause", `{"error":{"code":"SYS.1002","cause":{"code":"SYS.1006","cause":{"code":"SYS.1000"}}}}`, "SYS.1000"},
		{"in a list of causes", `{"error":{"code":"SYS.1006","causes":[{"code":"SYS.1001"},{"code":"SYS.1007"}]}}`, "SYS.1001"},
		{"a dead session, wherever it is", `{"error":{"code":"ID.1001","cause":{"code":"SYS.1006"}}}`, "ID.1001"},
		{"a dead session behind another cause", `{"error":{"code":"SYS.1006","causes":[{"code":"SYS.1007"},{"code":"ID.1001"}]}}`, "ID.1001"},
		{"a cause without a code", `{"error":{"code":"SYS.1006","cause":{"details":"x"}}}`, "SYS.1006"},
		{"without a code", `{"error":{"details":"x"}}`, ""},
		{"no error", `{"inventory":{}}`, ""},
		{"no JSON", `<html>`, ""},
		{"nothing", ``, ""},
		{"a text", `{"error":"x"}`, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			found := apiErrorIn(&rest.Response{Status: 503, Body: []byte(row.body)})
			if row.code == "" {
				assert.Nil(t, found)
				return
			}
			require.NotNil(t, found)
			assert.Equal(t, row.code, found.Code)
		})
	}
	assert.NotNil(t, apiErrorIn(&rest.Response{Status: 200, Body: []byte(`{"error":{"code":"SYS.1000"}}`)}), "an error is one under 200, too")
}

// A chain that goes on for ever ends somewhere.
func TestTheChainOfCausesIsBounded(t *testing.T) {
	body := strings.Repeat(`{"code":"SYS.1006","cause":`, 2000) + `{"code":"ID.1001"}` + strings.Repeat("}", 2000)
	found := apiErrorIn(&rest.Response{Status: 503, Body: []byte(`{"error":` + body + `}`)})
	require.NotNil(t, found)
	assert.Equal(t, "SYS.1006", found.Code)
}

func FuzzAnswers(f *testing.F) {
	f.Add(`{"error":{"code":"SYS.1006","causes":[{"code":"ID.1001"}]}}`, 503)
	f.Add(`{"inventories":[{"uuid":"8417778c55974dd5bb13ea95557ff950","status":"Pending"}]}`, 200)
	f.Add("Duplicate job uuid[8417778c55974dd5bb13ea95557ff950]", 400)
	f.Add("<html>", 404)
	f.Fuzz(func(t *testing.T, body string, status int) {
		r := &rest.Response{Status: status, Body: []byte(body)}
		e := fail(r)
		if e == nil {
			if status < 200 || status > 299 {
				t.Fatalf("status %d is no success", status)
			}
			return
		}
		if e.Code == "" || e.Err == nil {
			t.Fatalf("an error without a code or words: %+v", e)
		}
		if m := meaningOf(e.VendorCode); e.VendorCode != "" && m.acted != (e.Outcome == tt.Unknown) {
			t.Fatalf("%s: outcome %s", e.VendorCode, e.Outcome)
		}
		failPoll(r)
		var rows inventories[historyRow]
		_ = json.Unmarshal(r.Body, &rows)
		for _, row := range rows.Inventories {
			if note, text, own := readNote(row.Comment); own && note.id == "" || len(text) > len(row.Comment) {
				t.Fatalf("%q", row.Comment)
			}
		}
	})
}
