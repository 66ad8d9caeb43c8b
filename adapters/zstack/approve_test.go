package zstack

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ttkit/ttkit/tt"
)

// Whatever value an event has, and whatever else a change of status says, the
// server reads cancel or reject: the type has room for nothing else.
func TestNoEventIsAnApproval(t *testing.T) {
	require.Equal(t, reflect.Bool, reflect.TypeFor[event]().Kind(), "two values, and both are tried below")
	field, ok := reflect.TypeFor[changeBody]().FieldByName("Change")
	require.True(t, ok)
	inner, ok := field.Type.FieldByName("Event")
	require.True(t, ok)
	assert.Equal(t, reflect.TypeFor[event](), inner.Type, "the event of the request is of that type")

	rapid.Check(t, func(rt *rapid.T) {
		var body changeBody
		body.Change.Event = event(rapid.Bool().Draw(rt, "event"))
		body.Change.Comment = rapid.OneOf(rapid.String(), rapid.Just(`","statusEvent":"approve`)).Draw(rt, "comment")
		raw, err := json.Marshal(body)
		if err != nil {
			rt.Fatal(err)
		}
		var sent map[string]map[string]string
		if err := json.Unmarshal(raw, &sent); err != nil {
			rt.Fatal(err)
		}
		if len(sent) != 1 || len(sent["changeTicketStatus"]) != 2 {
			rt.Fatalf("unexpected fields: %s", raw)
		}
		if e := sent["changeTicketStatus"]["statusEvent"]; e != "cancel" && e != "reject" {
			rt.Fatalf("event %q", e)
		}
	})
}

// No setting makes it one.
func TestNoSettingApproves(t *testing.T) {
	for _, text := range []string{"approve", "Approve", "APPROVE", " approve", "reopen", "open", "delete", "Cancel", "cancel "} {
		t.Run(text, func(t *testing.T) {
			_, err := New(Config{
				Common:        tt.Common{BaseURL: "https://cloud.example.net"},
				Session:       tt.NewSecret("0f3c5a1e7b2d5c6e8a901b2c3d4e5f60"),
				ProjectUUID:   "28c9a199e3e842d28c9805eb89be56cb",
				VirtualIDUUID: "1c255722caf34cb888b57d11a744248c",
				Requests:      harmless(),
				CloseEvent:    text,
			})
			require.ErrorIs(t, err, tt.ErrInvalid)
			assert.ErrorContains(t, err, "close_event")
		})
	}
}
