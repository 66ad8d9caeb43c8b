package zstack_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/zstack"
	"github.com/ttkit/ttkit/adapters/zstack/zstacktest"
	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/tttest"
)

func TestWhatATicketLooksLikeInTheConsole(t *testing.T) {
	queues := func(c *zstack.Config) {
		c.Queues = map[string]string{"net": zstacktest.TwoStepCollectionUUID}
	}
	inBubble(t, "name, description and requests are for people", zstacktest.Options{}, queues, func(s scene) {
		c, err := s.sys.CreateTT(s.ctx, tt.CreateRequest{
			Queue: "net", Object: "web-1", Subject: "fire\nin the \U0001F525 room", Body: "line 1\nline 2", Key: "k",
		})
		require.NoError(t, err)
		held := s.ticketOf(c.ID)
		assert.NotContains(t, held.Name, "\n")
		assert.Contains(t, held.Name, "fire in the \uFFFD room")
		assert.Contains(t, held.Description, "web-1")
		assert.Contains(t, held.Description, "line 1\nline 2")
		assert.Equal(t, zstacktest.TwoStepCollectionUUID, held.FlowCollectionUUID)
		require.Len(t, held.Requests, 1)
		assert.Equal(t, "incident on web-1", held.Requests[0].Name)
		assert.EqualValues(t, 1, held.Requests[0].Times)
		assert.Equal(t, []any{"ephemeral::validationOnly"}, held.Requests[0].Body["systemTags"])
		ticket := s.get(c.ID)
		assert.Equal(t, "fire\nin the \U0001F525 room", ticket.Subject, "the library itself loses nothing")
		assert.Equal(t, "net", ticket.Queue)
	})

	inBubble(t, "a queue that is not named takes the default process", zstacktest.Options{}, queues, func(s scene) {
		c, err := s.sys.CreateTT(s.ctx, tt.CreateRequest{Queue: "power", Object: "web-1", Subject: "down", Key: "k"})
		require.NoError(t, err)
		assert.Equal(t, zstacktest.DefaultCollectionUUID, s.ticketOf(c.ID).FlowCollectionUUID)
	})

	inBubble(t, "an alarm that would be a template is a text", zstacktest.Options{}, nil, func(s scene) {
		c, err := s.sys.CreateTT(s.ctx, tt.CreateRequest{Object: "{{.Subject}}", Subject: `","imageUuid":"{{.Queue}}`, Key: "k"})
		require.NoError(t, err)
		held := s.ticketOf(c.ID)
		assert.Equal(t, "incident on {{.Subject}}", held.Requests[0].Name)
		assert.Equal(t, `","imageUuid":"{{.Queue}}`, held.Requests[0].Body["name"])
		assert.Equal(t, "placeholder", held.Requests[0].Body["imageUuid"])
	})

	for name, texts := range map[string]zstacktest.Texts{"refuses": zstacktest.TextsRefused, "cuts": zstacktest.TextsCut, "holds": zstacktest.TextsWide} {
		inBubble(t, "texts of any length and alphabet, where the database "+name+" what is wide", zstacktest.Options{Knobs: zstacktest.Knobs{Texts: texts}}, nil, func(s scene) {
			for i, unit := range []string{"x", "ж", "长", "\U0001F525", "<&'", "\x00", `"\`} {
				body := strings.Repeat(unit, 100_000)
				c, err := s.sys.CreateTT(s.ctx, tt.CreateRequest{Object: "web-1", Subject: body, Body: body, Reason: body, Login: body, Key: fmt.Sprint("k", i)})
				require.NoError(t, err)
				require.NoError(t, s.sys.AddComment(s.ctx, tt.CommentRequest{ID: c.ID, Subject: body, Body: body, Key: "c"}))
				closed, err := s.sys.CloseTT(s.ctx, tt.CloseRequest{ID: c.ID, Subject: body, Body: body, Reason: body})
				require.NoError(t, err)
				assert.True(t, closed)
				ticket := s.get(c.ID)
				assert.True(t, ticket.Truncated)
				require.Len(t, ticket.Comments, 2)
				for _, text := range []string{ticket.Subject, ticket.Body, ticket.Comments[0].Body, ticket.Comments[1].Body, ticket.FinalReason} {
					assert.True(t, strings.HasSuffix(text, tt.CutMark), "%.20q…", text)
				}
			}
		})
	}
}

func TestEndings(t *testing.T) {
	inBubble(t, "the closing text is the comment of the transition, once", zstacktest.Options{}, nil, func(s scene) {
		c := s.create("k", "web-1")
		for range 3 {
			closed, err := s.sys.CloseTT(s.ctx, tt.CloseRequest{ID: c.ID, Body: "fibre repaired", Reason: "cable", Login: "bob"})
			require.NoError(t, err)
			assert.True(t, closed)
		}
		rows := s.server.Histories(c.ID)
		require.Len(t, rows, 1)
		assert.Equal(t, zstacktest.Cancelled, rows[0].To)
		assert.Contains(t, rows[0].Comment, "fibre repaired")
		ticket := s.get(c.ID)
		assert.Equal(t, tt.StateClosed, ticket.State)
		assert.True(t, ticket.Resolved())
		assert.Equal(t, "cable", ticket.FinalReason)
		require.Len(t, ticket.Comments, 1)
		assert.Equal(t, "bob", ticket.Comments[0].Login)
	})

	inBubble(t, "what people decide is told with who and when", zstacktest.Options{}, nil, func(s scene) {
		rejected, approved := s.create("a", "web-1"), s.create("b", "web-2")
		time.Sleep(time.Hour)
		require.NoError(t, s.server.Act(rejected.ID, zstacktest.Reject, "not now"))
		require.NoError(t, s.server.Act(approved.ID, zstacktest.Approve, "go"))
		for _, id := range []string{rejected.ID, approved.ID} {
			ticket := s.get(id)
			assert.Equal(t, tt.StateClosed, ticket.State)
			assert.WithinDuration(t, time.Now(), ticket.ClosedAt, time.Second)
			require.Len(t, ticket.Comments, 1)
			assert.Equal(t, zstacktest.AdminUUID, ticket.Comments[0].Login)
		}
		assert.Equal(t, "FinalApproved", s.get(approved.ID).StageID)
		assert.Equal(t, "Rejected", s.get(rejected.ID).StageID)
		assert.Len(t, s.server.Executions(), 1)
		assert.True(t, s.create("b", "web-2").Closed)
		before := s.asked("change")
		closed, err := s.sys.CloseTT(s.ctx, tt.CloseRequest{ID: approved.ID})
		require.NoError(t, err)
		assert.True(t, closed)
		assert.Equal(t, before, s.asked("change"))
		list, err := s.sys.ListTTs(s.ctx, tt.ListRequest{})
		require.NoError(t, err)
		assert.Empty(t, list.IDs)
	})

	inBubble(t, "half approved is open", zstacktest.Options{}, func(c *zstack.Config) {
		c.Queues = map[string]string{"*": zstacktest.TwoStepCollectionUUID}
	}, func(s scene) {
		c := s.create("k", "web-1")
		require.NoError(t, s.server.Act(c.ID, zstacktest.Approve, ""))
		ticket := s.get(c.ID)
		assert.Equal(t, tt.StateOpen, ticket.State)
		assert.Equal(t, "IntermediateApproved", ticket.StageID)
		ids, err := s.sys.GetObjectTTs(s.ctx, "web-1")
		require.NoError(t, err)
		assert.Equal(t, []string{c.ID}, ids)
		closed, err := s.sys.CloseTT(s.ctx, tt.CloseRequest{ID: c.ID})
		require.NoError(t, err)
		assert.True(t, closed)
	})

	inBubble(t, "a ticket that a person reopened is open, and can be closed again", zstacktest.Options{}, nil, func(s scene) {
		c := s.create("k", "web-1")
		_, err := s.sys.CloseTT(s.ctx, tt.CloseRequest{ID: c.ID, Reason: "first"})
		require.NoError(t, err)
		require.NoError(t, s.server.Act(c.ID, zstacktest.Reopen, "again"))
		ticket := s.get(c.ID)
		assert.Equal(t, tt.StateOpen, ticket.State)
		assert.Empty(t, ticket.FinalReason)
		assert.True(t, ticket.ClosedAt.IsZero())
		closed, err := s.sys.CloseTT(s.ctx, tt.CloseRequest{ID: c.ID, Reason: "second"})
		require.NoError(t, err)
		assert.True(t, closed)
		assert.Equal(t, "second", s.get(c.ID).FinalReason)
	})

	inBubble(t, "a ticket that was deleted after its end has ended then", zstacktest.Options{}, nil, func(s scene) {
		id := s.create("k", "web-1").ID
		time.Sleep(time.Minute)
		_, err := s.sys.CloseTT(s.ctx, tt.CloseRequest{ID: id, Subject: "up"})
		require.NoError(s, err)
		before := s.get(id)
		time.Sleep(time.Hour)
		require.True(s, s.server.Delete(id))
		after := s.get(id)
		assert.Equal(s, before.ClosedAt, after.ClosedAt)
		assert.Equal(s, before.StageAt, after.StageAt)
	})

	inBubble(t, "a ticket that was deleted is closed, and takes nothing more", zstacktest.Options{}, nil, func(s scene) {
		c := s.create("k", "web-1")
		require.True(t, s.server.Delete(c.ID))
		assert.Equal(t, tt.StateClosed, s.get(c.ID).State)
		id, err := s.sys.FindTT(s.ctx, "k")
		require.NoError(t, err)
		assert.Equal(t, c.ID, id)
		again := s.create("k", "web-1")
		assert.Equal(t, c.ID, again.ID)
		assert.True(t, again.Closed)
		assert.Empty(t, s.server.Tickets())
		closed, err := s.sys.CloseTT(s.ctx, tt.CloseRequest{ID: c.ID})
		require.NoError(t, err)
		assert.True(t, closed)
		err = s.sys.AddComment(s.ctx, tt.CommentRequest{ID: c.ID, Body: "late", Key: "late"})
		require.Error(t, err)
		assert.False(t, tt.IsTemporary(err))
		_, err = s.sys.CreateGroupTT(s.ctx, c.ID, time.Time{})
		assert.ErrorIs(t, err, tt.ErrClosed)
	})

	inBubble(t, "a person's ticket is closed when it is named", zstacktest.Options{}, nil, func(s scene) {
		id, err := s.server.Open(zstacktest.Ticket{Name: "planned work"})
		require.NoError(t, err)
		closed, err := s.sys.CloseTT(s.ctx, tt.CloseRequest{ID: id})
		require.NoError(t, err)
		assert.True(t, closed)
	})

	inBubble(t, "somebody else's ticket cannot be cancelled, and the error says who can", zstacktest.Options{}, nil, func(s scene) {
		id, err := s.server.Open(zstacktest.Ticket{Name: "theirs", VirtualIDUUID: zstacktest.ApproverVirtualIDUUID})
		require.NoError(t, err)
		_, err = s.sys.CloseTT(s.ctx, tt.CloseRequest{ID: id})
		require.ErrorIs(t, err, tt.ErrPermissionDenied)
		assert.False(t, tt.IsTemporary(err))
		assert.ErrorContains(t, err, "submitted")
		assert.Equal(t, tt.StateOpen, s.get(id).State)
	})
}

func TestRejecting(t *testing.T) {
	rejecting := func(c *zstack.Config) { c.CloseEvent = "reject" }
	inBubble(t, "an approver rejects", zstacktest.Options{}, func(c *zstack.Config) {
		rejecting(c)
		c.IAM2.VirtualID, c.IAM2.Password = zstacktest.ApproverVirtualID, tt.NewSecret(zstacktest.ApproverVirtualIDPassword)
		c.VirtualIDUUID = zstacktest.ApproverVirtualIDUUID
		c.Queues = map[string]string{"*": zstacktest.TwoStepCollectionUUID}
	}, func(s scene) {
		c := s.create("k", "web-1")
		closed, err := s.sys.CloseTT(s.ctx, tt.CloseRequest{ID: c.ID, Body: "fixed"})
		require.NoError(t, err)
		assert.True(t, closed)
		assert.Equal(t, zstacktest.Rejected, s.ticketOf(c.ID).Status)
	})
	inBubble(t, "who is no approver cannot, and the error names the setting", zstacktest.Options{}, rejecting, func(s scene) {
		c := s.create("k", "web-1")
		_, err := s.sys.CloseTT(s.ctx, tt.CloseRequest{ID: c.ID, Body: "fixed"})
		require.ErrorIs(t, err, tt.ErrPermissionDenied)
		assert.ErrorContains(t, err, "close_event")
		assert.Equal(t, zstacktest.Pending, s.ticketOf(c.ID).Status)
	})
}

func TestGroupsAndComments(t *testing.T) {
	inBubble(t, "objects whose names a query would mix up are apart", zstacktest.Options{}, nil, func(s scene) {
		ids := map[string]string{}
		for i, obj := range objects {
			ids[obj] = s.create(fmt.Sprint("k", i), obj).ID
		}
		for _, obj := range objects {
			found, err := s.sys.GetObjectTTs(s.ctx, obj)
			require.NoError(t, err)
			assert.Equal(t, []string{ids[obj]}, found, obj)
		}
		for _, obj := range []string{"%", "_", "web-", "web-1%", "Web-1"} {
			found, err := s.sys.GetObjectTTs(s.ctx, obj)
			require.NoError(t, err)
			assert.Empty(t, found, obj)
		}
	})

	inBubble(t, "a member is found in the group's ticket", zstacktest.Options{}, nil, func(s scene) {
		c := s.create("k", "web-1")
		_, err := s.sys.AddToGroupTT(s.ctx, c.ID, "web-2")
		require.ErrorIs(t, err, tt.ErrConflict, "before it is promoted")
		_, err = s.sys.CreateGroupTT(s.ctx, c.ID, time.Time{})
		require.NoError(t, err)
		members := make([]string, 60)
		for i := range members {
			members[i] = fmt.Sprint("web-", i)
		}
		results, err := s.sys.AddToGroupTT(s.ctx, c.ID, append(members, "", "web-7")...)
		require.NoError(t, err)
		require.Len(t, results, 62)
		for i, r := range results[:60] {
			assert.Equal(t, tt.ItemOK, r.Status, i)
		}
		assert.Equal(t, tt.ItemFail, results[60].Status)
		assert.Equal(t, tt.ItemOK, results[61].Status)
		for _, obj := range []string{"web-1", "web-59"} {
			found, err := s.sys.GetObjectTTs(s.ctx, obj)
			require.NoError(t, err)
			assert.Equal(t, []string{c.ID}, found)
		}
		ticket := s.get(c.ID)
		assert.Len(t, ticket.Objects, 60)
		assert.Equal(t, "web-1", ticket.Objects[0])
		assert.Equal(t, c.ID, ticket.Group)
	})

	inBubble(t, "a comment with a key is there once, whoever repeats it", zstacktest.Options{}, nil, func(s scene) {
		c := s.create("k", "web-1")
		other := openOn(t, s.server, nil)
		at := time.Now()
		for _, sys := range []*zstack.System{s.sys, other, s.sys} {
			require.NoError(t, sys.AddComment(s.ctx, tt.CommentRequest{ID: c.ID, Body: "called", Key: "called", At: at}))
		}
		require.NoError(t, other.Shutdown(s.ctx))
		assert.Len(t, s.get(c.ID).Comments, 1)
		for _, tag := range s.server.Tags(c.ID) {
			assert.LessOrEqual(t, len(tag.Text), 65535)
		}
	})

	inBubble(t, "what people say is a comment without an author's name of ours", zstacktest.Options{}, nil, func(s scene) {
		c := s.create("k", "web-1")
		require.NoError(t, s.server.Remark(c.ID, "on my way"))
		require.NoError(t, s.sys.AddComment(s.ctx, tt.CommentRequest{ID: c.ID, Body: "second", Key: "2", At: time.Now().Add(time.Minute)}))
		ticket := s.get(c.ID)
		require.Len(t, ticket.Comments, 2)
		assert.Equal(t, "on my way", ticket.Comments[0].Body)
		assert.Equal(t, tt.StateOpen, ticket.State)
	})
}

// A server that drops the tags of a creation is found out by the first ticket
// of a process.
func TestTagsOfACreation(t *testing.T) {
	inBubble(t, "kept: they are looked at once", zstacktest.Options{}, nil, func(s scene) {
		s.create("a", "web-1")
		looks := s.asked("tags")
		assert.Positive(t, looks)
		s.create("b", "web-2")
		assert.Equal(t, looks, s.asked("tags"))
		assert.Zero(t, s.asked("tag"))
	})
	inBubble(t, "dropped: every ticket gets them one by one", zstacktest.Options{Knobs: zstacktest.Knobs{DropCreateTags: true}}, nil, func(s scene) {
		a, b := s.create("a", "web-1"), s.create("b", "web-2")
		assert.Equal(t, "web-1", s.get(a.ID).Object)
		assert.Equal(t, "web-2", s.get(b.ID).Object)
	})
	inBubble(t, "dropped, and the process ends before they are written: the next create with the key finishes", zstacktest.Options{Knobs: zstacktest.Knobs{DropCreateTags: true}}, nil, func(s scene) {
		s.server.Inject(tttest.Fault{Kind: tttest.StatusBefore, Route: "tag", Times: -1})
		_, err := s.sys.CreateTT(s.ctx, tt.CreateRequest{Object: "web-1", Subject: "down", Key: "k"})
		var e *tt.Error
		require.ErrorAs(t, err, &e)
		assert.Equal(t, tt.Done, e.Outcome)
		assert.NotEmpty(t, e.TicketID)
		assert.True(t, e.Temporary())
		s.server.ClearFaults()
		other := openOn(t, s.server, nil)
		c, err := other.CreateTT(s.ctx, tt.CreateRequest{Object: "web-1", Subject: "down", Key: "k"})
		require.NoError(t, err)
		assert.Equal(t, e.TicketID, c.ID)
		assert.Equal(t, "web-1", s.get(c.ID).Object)
		require.NoError(t, other.Shutdown(s.ctx))
	})
}

func TestCheck(t *testing.T) {
	inBubble(t, "a healthy server: nothing is made, nothing is changed", zstacktest.Options{}, nil, func(s scene) {
		results, err := s.sys.Check(s.ctx)
		require.NoError(t, err)
		for _, r := range results {
			assert.True(t, r.OK, "%s: %s", r.Name, r.Detail)
		}
		assert.Empty(t, s.server.Tickets())
		assert.Empty(t, s.server.Tags(""))
	})
	for _, row := range []struct {
		name   string
		change func(*zstack.Config)
		says   string
	}{
		{"a wrong password", func(c *zstack.Config) { c.IAM2.Password = tt.NewSecret("wr0ng") }, "unauthenticated"},
		{"another project than the session's", func(c *zstack.Config) { c.ProjectUUID = someID }, "project"},
		{"another virtual ID than the session's", func(c *zstack.Config) { c.VirtualIDUUID = zstacktest.ApproverVirtualIDUUID }, "virtual"},
		{"a process that does not exist", func(c *zstack.Config) { c.Queues = map[string]string{"net": someID} }, "net"},
		{"an API that does not exist", func(c *zstack.Config) { c.Requests[0]["apiName"] = "org.zstack.header.vm.APINoSuchMsg" }, "ticket type"},
	} {
		inBubble(t, row.name, zstacktest.Options{Knobs: zstacktest.Knobs{Locale: zstacktest.English}}, row.change, func(s scene) {
			results, err := s.sys.Check(s.ctx)
			require.NoError(t, err)
			bad := ""
			for _, r := range results {
				if !r.OK {
					bad += r.Name + ": " + r.Detail + "\n"
				}
			}
			assert.NotEmpty(t, bad)
			assert.Contains(t, strings.ToLower(bad), row.says)
			assert.NotContains(t, bad, "wr0ng")
			assert.Empty(t, s.server.Tickets())
		})
	}
	inBubble(t, "requests that would be executed are warned of", zstacktest.Options{}, func(c *zstack.Config) {
		c.AllowExecution = true
		delete(c.Requests[0]["apiBody"].(map[string]any), "systemTags")
	}, func(s scene) {
		results, err := s.sys.Check(s.ctx)
		require.NoError(t, err)
		text := ""
		for _, r := range results {
			text += r.Detail + "\n"
		}
		assert.Contains(t, text, "execut")
		assert.Contains(t, s.sys.Capabilities().Effects, "execut")
	})
}
