package zstack_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/zstack/zstacktest"
	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/tttest"
)

// rewrite changes an answer on its way.
type rewrite func(r *http.Request, reply *http.Response, body string) string

// rewriter changes answers on their way.
type rewriter struct {
	http.RoundTripper
	rewrite
}

func (w rewriter) RoundTrip(r *http.Request) (*http.Response, error) {
	reply, err := w.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(reply.Body)
	_ = reply.Body.Close()
	if err != nil {
		return nil, err
	}
	body := w.rewrite(r, reply, string(raw))
	reply.Body, reply.ContentLength = io.NopCloser(bytes.NewReader([]byte(body))), int64(len(body))
	return reply, nil
}

func rewriting(t *testing.T, name string, change rewrite, f func(s scene)) {
	t.Run(name, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			server := zstacktest.New(zstacktest.Options{})
			defer server.Close()
			sys := openBy(t, server, &http.Client{Transport: rewriter{server.Client().Transport, change}}, nil)
			f(scene{t, context.Background(), server, sys})
			require.NoError(t, sys.Shutdown(context.Background()))
			assert.Zero(t, server.Approvals())
		})
	})
}

// in says that a rewrite is for answers to one kind of request.
func in(method, path string, change func(body string) string) rewrite {
	return func(r *http.Request, _ *http.Response, body string) string {
		if r.Method == method && strings.Contains(r.URL.Path, path) {
			return change(body)
		}
		return body
	}
}

func always(answer string) func(string) string { return func(string) string { return answer } }

var (
	aLocation = regexp.MustCompile(`"location":"[^"]*"`)
	aUUID     = regexp.MustCompile(`"uuid":"[0-9a-f]{32}"`)
	aDate     = regexp.MustCompile(`"(createDate|lastOpDate)":"[^"]*"`)
)

// Wherever the server says that a job is, only its own jobs are asked for.
func TestALocationNamesAJobAndNothingElse(t *testing.T) {
	for name, location := range map[string]string{
		"another host":      "http://evil.example.net/zstack/v1/api-jobs/" + someID,
		"a path upwards":    "http://10.0.0.5:8080/zstack/v1/api-jobs/../tickets/" + someID + "/actions",
		"an escaped path":   "http://10.0.0.5:8080/zstack/v1/api-jobs/..%2f..%2ftickets",
		"a query":           "http://10.0.0.5:8080/zstack/v1/api-jobs/x?uuid=" + someID,
		"nothing":           "",
		"a scheme":          "file:///etc/passwd",
		"something long":    "http://h/" + strings.Repeat("a/", 4000),
		"control character": `http://h/api-jobs/\r\nHost: evil`,
	} {
		rewriting(t, name, func(r *http.Request, reply *http.Response, body string) string {
			if reply.StatusCode == http.StatusAccepted {
				return aLocation.ReplaceAllLiteralString(body, `"location":"`+location+`"`)
			}
			return body
		}, func(s scene) {
			c := s.create("k", "web-1")
			assert.Len(s, s.server.Tickets(), 1)
			assert.Equal(s, s.server.Tickets()[0].UUID, c.ID)
			for _, r := range s.server.Requests() {
				if strings.Contains(r.Path, "api-jobs") {
					assert.Regexp(s, `^/zstack/v1/api-jobs/[0-9a-f]{32}$`, r.Path)
					assert.Empty(s, r.Query)
				}
			}
		})
	}
	rewriting(t, "no answer at all in a 202", func(_ *http.Request, reply *http.Response, body string) string {
		if reply.StatusCode == http.StatusAccepted {
			return ""
		}
		return body
	}, func(s scene) {
		s.create("k", "web-1")
		assert.Len(s, s.server.Tickets(), 1)
	})
}

// Answers that are not what was asked for.
func TestStrangeAnswers(t *testing.T) {
	var foreign string
	other := func(body string) string {
		return aUUID.ReplaceAllString(body, `"uuid":"`+foreign+`"`)
	}
	rewriting(t, "a job that shows another ticket does not hand out its id", in("GET", "/api-jobs/", other), func(s scene) {
		var err error
		foreign, err = s.server.Open(zstacktest.Ticket{Name: "a person's"})
		require.NoError(s, err)
		c := s.create("k", "web-1")
		assert.NotEqual(s, foreign, c.ID)
		closed, err := s.sys.CloseTT(s.ctx, tt.CloseRequest{ID: c.ID})
		require.NoError(s, err)
		assert.True(s, closed)
		assert.Equal(s, zstacktest.Pending, s.ticketOf(foreign).Status)
	})

	rewriting(t, "a job that shows nothing is looked after", in("GET", "/api-jobs/", always(`{}`)), func(s scene) {
		c := s.create("k", "web-1")
		require.NoError(s, s.sys.AddComment(s.ctx, tt.CommentRequest{ID: c.ID, Body: "x", Key: "x"}))
		closed, err := s.sys.CloseTT(s.ctx, tt.CloseRequest{ID: c.ID})
		require.NoError(s, err)
		assert.True(s, closed)
		assert.Equal(s, zstacktest.Cancelled, s.ticketOf(c.ID).Status)
	})

	rewriting(t, "a query for one ticket answered with another says nothing about the one", func(r *http.Request, _ *http.Response, body string) string {
		if r.Method == "GET" && strings.Contains(r.URL.Path, "/tickets") {
			return other(body)
		}
		return body
	}, func(s scene) {
		var err error
		foreign, err = s.server.Open(zstacktest.Ticket{Name: "a person's"})
		require.NoError(s, err)
		mine, err := s.server.Open(zstacktest.Ticket{Name: "another person's"})
		require.NoError(s, err)
		ticket, err := s.sys.GetTT(s.ctx, mine)
		if err == nil {
			assert.Equal(s, mine, ticket.ID)
		}
		_, err = s.sys.CloseTT(s.ctx, tt.CloseRequest{ID: mine})
		assert.Error(s, err)
		assert.Equal(s, zstacktest.Pending, s.ticketOf(foreign).Status)
	})

	for name, answer := range map[string]string{
		"a query answered with null":       `{"inventories":null}`,
		"a query answered with nothing":    `{}`,
		"a query answered with an error":   `{"error":{"code":"ID.1002","description":"denied"}}`,
		"a query answered with text":       `"ok"`,
		"a query answered with a number":   `{"inventories":7}`,
		"a query answered with null rows":  `{"inventories":[null,null]}`,
		"a query answered with empty rows": `{"inventories":[{},{}]}`,
	} {
		rewriting(t, name, in("GET", "/v1/tickets", always(answer)), func(s scene) {
			_, err := s.sys.GetTT(s.ctx, someID)
			require.Error(s, err)
			_, err = s.sys.CloseTT(s.ctx, tt.CloseRequest{ID: someID})
			require.Error(s, err)
			assert.Zero(s, s.asked("change"), "nothing is done to a ticket that was not seen")
		})
	}

	rewriting(t, "a status that nobody knows", func(r *http.Request, _ *http.Response, body string) string {
		return strings.ReplaceAll(body, `"status":"Pending"`, `"status":"Frozen"`)
	}, func(s scene) {
		id, err := s.server.Open(zstacktest.Ticket{Name: "x"})
		require.NoError(s, err)
		ticket := s.get(id)
		assert.Equal(s, tt.StateUnknown, ticket.State)
		assert.Equal(s, "Frozen", ticket.StageID)
	})

	rewriting(t, "dates that are none keep a ticket readable", in("GET", "/v1/", func(body string) string {
		return aDate.ReplaceAllString(body, `"$1":"昨天"`)
	}), func(s scene) {
		c := s.create("k", "web-1")
		assert.Equal(s, "web-1", s.get(c.ID).Object)
	})

	rewriting(t, "a login without a session", in("PUT", "/login", always(`{"inventory":{}}`)), func(s scene) {
		_, err := s.sys.GetTT(s.ctx, someID)
		require.Error(s, err)
		assert.Zero(s, s.asked("tickets"))
	})

	rewriting(t, "a session that would be a header", in("PUT", "/projects/login", always(`{"inventory":{"uuid":"x\r\nX-Evil: 1"}}`)), func(s scene) {
		_, err := s.sys.GetTT(s.ctx, someID)
		require.Error(s, err)
		assert.NotContains(s, err.Error(), "X-Evil")
		assert.Zero(s, s.asked("tickets"))
	})

	rewriting(t, "a zone that does not exist says what to set", in("GET", "/platform-timezone", always(`{"timezone":"Moon/Base","offset":"?"}`)), func(s scene) {
		c := s.create("k", "web-1")
		if _, err := s.sys.GetTT(s.ctx, c.ID); err != nil {
			assert.ErrorContains(s, err, "timezone")
		}
	})

	rewriting(t, "a zone of which only the offset can be read", in("GET", "/platform-timezone", always(`{"timezone":"Moon/Base","offset":"+08:00"}`)), func(s scene) {
		id, err := s.server.Open(zstacktest.Ticket{Name: "x"})
		require.NoError(s, err)
		assert.WithinDuration(s, time.Now(), s.get(id).OpenedAt, time.Second)
	})
}

// tagsOf are the texts of a ticket's tags.
func (s scene) tagsOf(id string) []string {
	var out []string
	for _, tag := range s.server.Tags(id) {
		out = append(out, tag.Text)
	}
	return out
}

// A ticket is closed when it is, whatever the answer to its close.
func TestACloseThatEndsNothing(t *testing.T) {
	const job = "/api-jobs/00000000000000000000000000000000"
	for name, result := range map[string]string{"an empty result": "{}", "a result that is open": `{"inventory":{"status":"Pending"}}`} {
		rewriting(t, name, func(r *http.Request, reply *http.Response, body string) string {
			switch {
			case strings.HasSuffix(r.URL.Path, "/actions"):
				reply.StatusCode = http.StatusAccepted
				return `{"location":"http://10.0.0.5` + job + `"}`
			case strings.HasSuffix(r.URL.Path, job):
				reply.StatusCode = http.StatusOK
				return result
			}
			return body
		}, func(s scene) {
			id := s.create("k", "web-1").ID
			s.server.Inject(tttest.Fault{Kind: tttest.StatusBefore, Route: "change", Times: -1})
			closed, err := s.sys.CloseTT(s.ctx, tt.CloseRequest{ID: id})
			require.NoError(s, err)
			assert.False(s, closed)
			assert.Equal(s, tt.StateOpen, s.get(id).State)
		})
	}
}

// People copy tags, remove them and write their own.
func TestTagsThatPeopleWrote(t *testing.T) {
	inBubble(t, "a person's ticket with all the tags of ours is a person's", zstacktest.Options{}, nil, func(s scene) {
		c := s.create("k", "web-1")
		foreign, err := s.server.Open(zstacktest.Ticket{Name: "copied"}, s.tagsOf(c.ID)...)
		require.NoError(t, err)
		ids, err := s.sys.GetObjectTTs(s.ctx, "web-1")
		require.NoError(t, err)
		assert.Equal(t, []string{c.ID}, ids)
		list, err := s.sys.ListTTs(s.ctx, tt.ListRequest{})
		require.NoError(t, err)
		assert.Equal(t, []string{c.ID}, list.IDs)
		id, err := s.sys.FindTT(s.ctx, "k")
		require.NoError(t, err)
		assert.Equal(t, c.ID, id)
		closed, err := s.sys.CloseTT(s.ctx, tt.CloseRequest{ID: c.ID})
		require.NoError(t, err)
		assert.True(t, closed)
		assert.Equal(t, zstacktest.Pending, s.ticketOf(foreign).Status)
		assert.True(t, s.create("k", "web-1").Closed)
	})

	inBubble(t, "a ticket of ours with all the tags of another is still its key's", zstacktest.Options{}, nil, func(s scene) {
		for _, obj := range []string{"web-1", "web-2"} { // another object, and another episode of the same
			a, b := s.create("a "+obj, obj).ID, s.create("b "+obj, "web-1").ID
			require.NoError(s, s.sys.AddComment(s.ctx, tt.CommentRequest{ID: a, Body: "copied, too"}))
			for _, tag := range s.tagsOf(a) {
				s.server.AddTag(b, tag)
			}
			ticket := s.get(b)
			assert.Equal(s, "b "+obj, ticket.Key)
			assert.Equal(s, []string{"web-1"}, ticket.Objects)
			assert.Len(s, ticket.Comments, 1)
			assert.True(s, s.create("b "+obj, "web-1").Existed, "its alarm is not refused")
		}
	})

	inBubble(t, "a ticket that lost its tags has its key all the same", zstacktest.Options{}, nil, func(s scene) {
		c := s.create("k", "web-1")
		for _, tag := range s.server.Tags(c.ID) {
			require.True(t, s.server.RemoveTag(tag.UUID))
		}
		again := s.create("k", "web-1")
		assert.Equal(t, c.ID, again.ID)
		assert.True(t, again.Existed)
		assert.Len(t, s.server.Tickets(), 1)
		assert.Equal(t, "web-1", s.get(c.ID).Object, "the tags are put back")
		ids, err := s.sys.GetObjectTTs(s.ctx, "web-1")
		require.NoError(t, err)
		assert.Equal(t, []string{c.ID}, ids)
	})

	inBubble(t, "tags of people are no comments, whatever they say", zstacktest.Options{}, nil, func(s scene) {
		c := s.create("k", "web-1")
		for _, text := range []string{"hello", "ttj1", "ttj1 c x 1/1 3 00000000 abc 00000000", "ttj9 h x 1/1", "{}", "%", strings.Repeat("长", 5000), "x::y::z"} {
			s.server.AddTag(c.ID, text)
		}
		before := s.get(c.ID)
		assert.Equal(t, "web-1", before.Object)
		assert.Empty(t, before.Comments)
		require.NoError(t, s.sys.AddComment(s.ctx, tt.CommentRequest{ID: c.ID, Body: "x", Key: "x"}))
		assert.Len(t, s.get(c.ID).Comments, 1)
	})

	inBubble(t, "a person's ticket can be read, and gets nothing written unless it is named", zstacktest.Options{}, nil, func(s scene) {
		id, err := s.server.Open(zstacktest.Ticket{Name: "planned work", Description: "disk"}, "noc")
		require.NoError(t, err)
		ticket := s.get(id)
		assert.Equal(t, "planned work", ticket.Subject)
		assert.Equal(t, "disk", ticket.Body)
		assert.Empty(t, ticket.Key)
		for _, call := range []func(){
			func() { _, _ = s.sys.FindTT(s.ctx, "noc") },
			func() { _, _ = s.sys.GetObjectTTs(s.ctx, "planned work") },
			func() { _, _ = s.sys.ListTTs(s.ctx, tt.ListRequest{}) },
			func() { _, _ = s.sys.Check(s.ctx) },
		} {
			call()
		}
		assert.Equal(t, []string{"noc"}, s.tagsOf(id))
		assert.Equal(t, zstacktest.Pending, s.ticketOf(id).Status)
	})
}

// A uuid that the session cannot see is in use all the same.
func TestAUUIDOfSomethingElse(t *testing.T) {
	inBubble(t, "a ticket of another account has the uuid", zstacktest.Options{}, nil, func(s scene) {
		probe := openOn(t, s.server, nil)
		c, err := probe.CreateTT(s.ctx, tt.CreateRequest{Object: "web-1", Subject: "down", Key: "k"})
		require.NoError(t, err)
		require.NoError(t, probe.Shutdown(s.ctx))
		s.server.SetKnobs(zstacktest.Knobs{NoArchive: true}) // nothing tells of the first one
		require.True(t, s.server.Delete(c.ID))
		_, err = s.server.Open(zstacktest.Ticket{UUID: c.ID, AccountUUID: zstacktest.AdminUUID})
		require.NoError(t, err)
		_, err = s.sys.CreateTT(s.ctx, tt.CreateRequest{Object: "web-2", Subject: "down", Key: "k"})
		require.ErrorIs(t, err, tt.ErrConflict)
		assert.False(t, tt.IsTemporary(err))
	})

	inBubble(t, "both causes are named, and nothing was done", zstacktest.Options{}, nil, func(s scene) {
		s.server.InjectJob(zstacktest.JobFault{Kind: zstacktest.JobFails, Route: "create", Times: -1, Code: "SYS.1000"})
		_, err := s.sys.CreateTT(s.ctx, tt.CreateRequest{Object: "web-1", Subject: "down", Key: "k"})
		require.ErrorIs(t, err, tt.ErrConflict)
		assert.False(t, tt.IsTemporary(err))
		assert.ErrorContains(t, err, "uuid")
		assert.ErrorContains(t, err, "database")
		assert.Equal(t, 3, s.asked("create"))
		var e *tt.Error
		require.ErrorAs(t, err, &e)
		assert.Equal(t, tt.NotDone, e.Outcome)
	})
}
