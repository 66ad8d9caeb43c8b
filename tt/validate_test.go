package tt_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/tt"
)

// refused asserts that err is what every refused request gets: a clear line,
// and the certainty that nothing was done.
func refused(t *testing.T, err error, want string) {
	t.Helper()
	if want == "" {
		require.NoError(t, err)
		return
	}
	var e *tt.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, tt.CodeInvalid, e.Code)
	assert.Equal(t, tt.NotDone, e.Outcome)
	assert.EqualError(t, err, "tt: invalid: "+want)
}

func TestValidateID(t *testing.T) {
	for _, row := range []struct{ name, id, want string }{
		{"a number", "731", ""},
		{"a uuid", "0b6e3a2e-9c55-4e0b-8f6e-2f8b0c9d1a11", ""},
		{"64 bytes", strings.Repeat("a", 64), ""},
		{"nothing", "", "ticket id is empty"},
		{"65 bytes", strings.Repeat("a", 65), "ticket id is longer than 64 bytes: give the id that create printed"},
		{"a colon, at which NOC splits", "msk:731", `"msk:731" is no ticket id: give the id that create printed`},
		{"a path", "../../x", `"../../x" is no ticket id: give the id that create printed`},
		{"the parent folder", "..", `".." is no ticket id: give the id that create printed`},
		{"this folder", ".", `"." is no ticket id: give the id that create printed`},
		{"a query", "7?x=1", `"7?x=1" is no ticket id: give the id that create printed`},
		{"an escape", "7%2f8", `"7%2f8" is no ticket id: give the id that create printed`},
		{"white space", "7 8", `"7 8" is no ticket id: give the id that create printed`},
		{"a line end", "7\n", `"7\n" is no ticket id: give the id that create printed`},
		{"letters beyond ASCII", "дом", `"дом" is no ticket id: give the id that create printed`},
	} {
		t.Run(row.name, func(t *testing.T) { refused(t, tt.ValidateID(row.id), row.want) })
	}
}

func TestValidateObjectAndKey(t *testing.T) {
	for _, row := range []struct{ name, text, object, key string }{
		{"a name", "core-sw1", "", ""},
		{"any script", "узел 17/сеть", "", ""},
		{"255 bytes", strings.Repeat("a", 255), "", ""},
		{"256 bytes", strings.Repeat("a", 256), "object is longer than 255 bytes", "key is longer than 255 bytes: build it with tt.Key"},
		{"nothing", "", "object is empty", "key is empty"},
		{"white space only", " \t", "object is empty", "key has control characters or is no UTF-8: build it with tt.Key"},
		{"white space at an end", "sw1 ", `object "sw1 " begins or ends with white space`, ""},
		{"a control character", "sw\x001", `object "sw\x001" has control characters or is no UTF-8`, "key has control characters or is no UTF-8: build it with tt.Key"},
		{"no UTF-8", "sw\xff", `object "sw\xff" has control characters or is no UTF-8`, "key has control characters or is no UTF-8: build it with tt.Key"},
	} {
		t.Run(row.name, func(t *testing.T) {
			refused(t, tt.ValidateObject(row.text), row.object)
			refused(t, tt.ValidateKey(row.text), row.key)
		})
	}
}

func TestValidateCreateRequest(t *testing.T) {
	good := tt.CreateRequest{Object: "sw1", Subject: "link down"}
	for _, row := range []struct {
		name   string
		change func(*tt.CreateRequest)
		want   string
	}{
		{"object and subject are enough", func(*tt.CreateRequest) {}, ""},
		{"an object is needed", func(r *tt.CreateRequest) { r.Object = "" }, "object is empty"},
		{"a subject is needed", func(r *tt.CreateRequest) { r.Subject = "" }, "subject is empty: give the ticket one line of text"},
		{"a blank subject is none", func(r *tt.CreateRequest) { r.Subject = " \r\n\t" }, "subject is empty: give the ticket one line of text"},
		{"a body may hold anything", func(r *tt.CreateRequest) { r.Body = "\x00\xff" + strings.Repeat("🔥", 1e5) }, ""},
		{"a queue is a name", func(r *tt.CreateRequest) { r.Queue = " noc" }, `queue " noc" begins or ends with white space`},
		{"a key keeps to its limits", func(r *tt.CreateRequest) { r.Key = strings.Repeat("k", 256) }, "key is longer than 255 bytes: build it with tt.Key"},
		{"a timestamp may be old", func(r *tt.CreateRequest) { r.Timestamp = time.Unix(0, 0) }, ""},
		{"but not before there were computers", func(r *tt.CreateRequest) { r.Timestamp = time.Date(1907, 1, 1, 0, 0, 0, 0, time.UTC) },
			"timestamp 1907-01-01T00:00:00Z is outside the years 1970 to 9999"},
		{"nor past what JSON can hold, wherever the clock hangs", func(r *tt.CreateRequest) {
			r.Timestamp = time.Date(9999, 12, 31, 23, 0, 0, 0, time.FixedZone("", -3600*5))
		}, "timestamp 10000-01-01T04:00:00Z is outside the years 1970 to 9999"},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := good
			row.change(&r)
			refused(t, r.Validate(), row.want)
		})
	}
}

func TestValidateOtherRequests(t *testing.T) {
	for _, row := range []struct {
		name    string
		request interface{ Validate() error }
		want    string
	}{
		{"a close needs an id and nothing else", tt.CloseRequest{ID: "7"}, ""},
		{"a close without an id", tt.CloseRequest{Reason: "repaired"}, "ticket id is empty"},
		{"a comment needs a body", tt.CommentRequest{ID: "7", Body: "still down"}, ""},
		{"or a subject", tt.CommentRequest{ID: "7", Subject: "still down"}, ""},
		{"a comment of white space", tt.CommentRequest{ID: "7", Body: " \n"}, "comment is empty: give it a subject or a body"},
		{"a comment without a ticket", tt.CommentRequest{Body: "still down"}, "ticket id is empty"},
		{"a comment with a bad key", tt.CommentRequest{ID: "7", Body: "b", Key: "\n"}, "key has control characters or is no UTF-8: build it with tt.Key"},
		{"a comment that answers too much", tt.CommentRequest{ID: "7", Body: "b", ReplyTo: strings.Repeat("r", 256)}, "reply-to is longer than 255 bytes"},
		{"a comment from another age", tt.CommentRequest{ID: "7", Body: "b", At: time.Date(1, 2, 3, 0, 0, 0, 0, time.UTC)},
			"time of the comment 0001-02-03T00:00:00Z is outside the years 1970 to 9999"},
		{"a list may leave everything out", tt.ListRequest{}, ""},
		{"a list of less than nothing", tt.ListRequest{Limit: -1}, "limit is negative"},
		{"updates of named tickets", tt.UpdatesRequest{IDs: []string{"7"}}, ""},
		{"updates of all tickets, when asked for", tt.UpdatesRequest{All: true}, ""},
		{"no ids never mean all", tt.UpdatesRequest{After: "17"}, "no ids given: name tickets, or set All for every one"},
		{"updates of what is no ticket", tt.UpdatesRequest{IDs: []string{"7", "a:b"}}, `"a:b" is no ticket id: give the id that create printed`},
		{"updates with a negative limit", tt.UpdatesRequest{All: true, Limit: -1}, "limit is negative"},
	} {
		t.Run(row.name, func(t *testing.T) { refused(t, row.request.Validate(), row.want) })
	}
}
