package zstack_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/zstack"
	"github.com/ttkit/ttkit/adapters/zstack/zstacktest"
	"github.com/ttkit/ttkit/tt"
)

// answered are the kinds of requests whose answer is replaced.
var answered = []struct{ method, path string }{
	{"PUT", "/login"},
	{"GET", "/v1/tickets"},
	{"GET", "/v1/tickets/archives"},
	{"GET", "/v1/tickets/histories"},
	{"GET", "/v1/user-tags"},
	{"GET", "/v1/api-jobs"},
	{"GET", "/v1/management-nodes"},
	{"POST", "/v1/tickets"},
	{"POST", "/v1/user-tags"},
	{"PUT", "/actions"},
}

// FuzzTheServer lets the server say anything to one kind of request: no call
// panics or hangs, every error is one of the library's, nothing is approved,
// and a create that says it succeeded has its ticket.
func FuzzTheServer(f *testing.F) {
	for i := range answered {
		for _, seed := range []string{
			`{}`, `{"inventories":[]}`, `{"inventories":[{"uuid":"0f3c5a1e7b2d5c6e8a901b2c3d4e5f60","status":"Pending","createDate":"Nov 14, 2017 10:20:57 PM"}]}`,
			`{"inventory":{"uuid":"0f3c5a1e7b2d5c6e8a901b2c3d4e5f60","status":"Cancelled"}}`,
			`{"inventories":[{"sequence":1.5E12,"ticketUuid":"0f3c5a1e7b2d5c6e8a901b2c3d4e5f60","fromStatus":"Pending","toStatus":"Rejected","comment":"x\nttj1 x a 1/1 2 00000000 {} 00000000"}]}`,
			`{"location":"http://10.0.0.5:8080/zstack/v1/api-jobs/0f3c5a1e7b2d5c6e8a901b2c3d4e5f60"}`,
			`{"error":{"code":"SYS.1000","cause":{"code":"ID.1001"}}}`, `<html>`, `null`, `[`, ``,
		} {
			f.Add(uint8(i), 200, seed)
			f.Add(uint8(i), 503, seed)
		}
		f.Add(uint8(i), 400, "Duplicate job uuid[0f3c5a1e7b2d5c6e8a901b2c3d4e5f60]")
		f.Add(uint8(i), 202, `{"location":""}`)
	}
	f.Fuzz(func(t *testing.T, kind uint8, status int, body string) {
		if status < 200 || status > 599 {
			return
		}
		synctest.Test(t, func(t *testing.T) {
			server := zstacktest.New(zstacktest.Options{})
			defer server.Close()
			a := answered[int(kind)%len(answered)]
			sys := openBy(t, server, &http.Client{Transport: answering{server.Client().Transport, a.method, a.path, status, body}}, nil)
			ctx := t.Context()
			began := time.Now()
			c, err := sys.CreateTT(ctx, tt.CreateRequest{Object: "web-1", Subject: "down", Key: "k"})
			if err == nil {
				assert.NotEmpty(t, c.ID)
			}
			id := c.ID
			if id == "" {
				id = someID
			}
			_, got := sys.GetTT(ctx, id)
			_, listed := sys.ListTTs(ctx, tt.ListRequest{})
			_, found := sys.GetObjectTTs(ctx, "web-1")
			updates, fed := sys.GetUpdates(ctx, tt.UpdatesRequest{All: true})
			if fed == nil {
				_, fed = sys.GetUpdates(ctx, tt.UpdatesRequest{All: true, After: updates.Next})
			}
			commented := sys.AddComment(ctx, tt.CommentRequest{ID: id, Body: "x", Key: "x"})
			_, closed := sys.CloseTT(ctx, tt.CloseRequest{ID: id})
			for _, err := range []error{err, got, listed, found, fed, commented, closed} {
				var e *tt.Error
				if err != nil {
					require.ErrorAs(t, err, &e)
					assert.Equal(t, zstack.Name, e.Adapter)
				}
			}
			assert.Less(t, time.Since(began), 2*time.Hour)
			_ = sys.Shutdown(ctx)
			assert.Zero(t, server.Approvals())
			assert.LessOrEqual(t, len(server.Tickets()), 1)
		})
	})
}
