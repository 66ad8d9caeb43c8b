package guance_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/guance"
	"github.com/ttkit/ttkit/adapters/guance/guancetest"
	"github.com/ttkit/ttkit/internal/journal"
	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/tttest"
)

// theirs is everything of a schedule that is not ours: its fields byte for
// byte, without the journal's elements, the end of its time, and what the
// server notes of every write.
func theirs(x guancetest.Schedule) string {
	x.Strategy = slices.DeleteFunc(slices.Clone(x.Strategy), func(element json.RawMessage) bool {
		var rule struct{ Name string }
		_ = json.Unmarshal(element, &rule)
		found, damage := journal.Decode(slices.Values([]string{rule.Name}))
		return len(found)+len(damage) > 0
	})
	x.Extend = anEnd.ReplaceAll(x.Extend, []byte(`"end":END`))
	x.Updator, x.Updated, x.Rotation = "", time.Time{}, time.Time{}
	return raw(x)
}

var anEnd = regexp.MustCompile(`"end":\d+`)

// A schedule that a person made in the console, with escalations, tags, a
// rotation and fields that nobody documented, is then used as a ticket.
func TestASchedulePeopleMadeIsNotDamaged(t *testing.T) {
	knobs := guancetest.AllKnobs()
	if testing.Short() {
		knobs = knobs[:1]
	}
	for _, k := range knobs {
		t.Run(k.Name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := newServer(k.Knobs)
				defer server.Close()
				s := scene{t, t.Context(), server, openOn(t, server, nil)}
				useAsTicket(s)
				require.NoError(t, s.sys.Shutdown(s.ctx))
			})
		})
	}
}

func useAsTicket(s scene) {
	person := personsRule
	person.DimensionFilter = "service:pay or host:db* OR host:sw-1"
	person.Extra = map[string]json.RawMessage{"owner": json.RawMessage(`{"team":"\u00fc","weights":[1.50,2e3]}`)}
	id := s.server.AddSchedule(person)
	before := s.schedule(id)
	same := func(when string) {
		s.Helper()
		time.Sleep(3 * window)
		require.Equal(s, theirs(before), theirs(s.schedule(id)), when)
	}

	ticket := s.get(id)
	assert.Equal(s, tt.StateOpen, ticket.State)
	assert.Equal(s, "day shift", ticket.Subject)
	same("it was read")
	ids, err := s.sys.GetObjectTTs(s.ctx, "sw-1")
	require.NoError(s, err)
	assert.Empty(s, ids, "it is no ticket of ours until somebody says so")

	require.NoError(s, s.sys.AddComment(s.ctx, tt.CommentRequest{ID: id, Body: "проверяем «линию»\nsecond line", Key: "1"}))
	same("a comment")
	require.NoError(s, s.sys.AddComment(s.ctx, tt.CommentRequest{ID: id, Body: strings.Repeat("long ", 300), Key: "2"}))
	require.NoError(s, s.sys.AddComment(s.ctx, tt.CommentRequest{ID: id, Body: "again", Key: "1"}))
	same("a long comment, and one that was there")
	assert.Len(s, s.get(id).Comments, 2)

	group, err := s.sys.CreateGroupTT(s.ctx, id, time.Time{})
	require.NoError(s, err)
	assert.Equal(s, id, group)
	same("a promotion")
	items, err := s.sys.AddToGroupTT(s.ctx, id, "sw-2", "交换机 7", "sw-1")
	require.NoError(s, err)
	for _, item := range items {
		require.NoError(s, item.Err)
	}
	same("members")
	assert.Equal(s, []string{"sw-1", "sw-2", "交换机 7"}, s.get(id).Objects, "they are in the ticket; what a person's rule matches stays the person's")
	assert.Equal(s, json.RawMessage(before.Extend), s.schedule(id).Extend, "until it is closed its time is theirs as well")

	s.close(id)
	same("a close")
	_, end := s.schedule(id).Effective()
	assert.False(s, end.After(s.server.Now()))
	assert.Equal(s, tt.StateClosed, s.get(id).State)
	assert.Len(s, s.get(id).Comments, 2, "closing is no comment of its own where no text was given")
}

// What people do to a schedule while we write is not undone, and what we wrote
// is not lost.
func TestAPersonWritesBetweenOurReadAndOurWrite(t *testing.T) {
	inBubble(t, "a comment", guancetest.Knobs{}, nil, func(s scene) {
		id := s.create("k", "sw-1").ID
		require.NoError(s, s.sys.AddComment(s.ctx, tt.CommentRequest{ID: id, Body: "first"}))
		time.Sleep(3 * window)
		s.server.Before("modify", func() {
			s.server.Edit(id, func(x *guancetest.Schedule) { x.Strategy = x.Strategy[:1] }) // the comment goes, the header stays
		})
		require.NoError(s, s.sys.AddComment(s.ctx, tt.CommentRequest{ID: id, Body: "second"}))
		time.Sleep(3 * window)
		assert.Len(s, s.get(id).Comments, 2)
	})
	inBubble(t, "what this process wrote and a person's browser overwrote is put back", guancetest.Knobs{}, nil, func(s scene) {
		id := s.create("k", "sw-1").ID
		time.Sleep(3 * window)
		old := s.schedule(id)
		require.NoError(s, s.sys.AddComment(s.ctx, tt.CommentRequest{ID: id, Body: "mine"}))
		s.server.Edit(id, func(x *guancetest.Schedule) { x.Strategy = old.Strategy })
		time.Sleep(3 * window)
		require.Len(s, s.get(id).Comments, 1)
		assert.Equal(s, "mine", s.get(id).Comments[0].Body)
	})
	inBubble(t, "an end that a person set is never moved later", guancetest.Knobs{}, nil, func(s scene) {
		id := s.create("k", "sw-1").ID
		time.Sleep(3 * window)
		end := s.server.Now().Unix()
		s.server.Before("modify", func() {
			s.server.Edit(id, func(x *guancetest.Schedule) { x.Extend = endAt(x.Extend, end) })
		})
		require.NoError(s, s.sys.AddComment(s.ctx, tt.CommentRequest{ID: id, Body: "written over the person's end"}))
		s.server.Edit(id, func(x *guancetest.Schedule) { x.Extend = endAt(x.Extend, end) }) // and the person does it again
		time.Sleep(3 * window)
		require.NoError(s, s.sys.AddComment(s.ctx, tt.CommentRequest{ID: id, Body: "y"}))
		time.Sleep(3 * window)
		_, now := s.schedule(id).Effective()
		assert.Equal(s, end, now.Unix())
		assert.Equal(s, tt.StateClosed, s.get(id).State)
	})
}

// Two closed it, and the second to write knew nothing of the first.
func TestTheEarlierEndStands(t *testing.T) {
	inBubble(t, "what is put back does not move it", guancetest.Knobs{}, nil, func(s scene) {
		id := s.create("k", "sw-1").ID
		time.Sleep(time.Hour)
		open := s.schedule(id)
		s.close(id)
		earlier := s.server.Now().Add(-time.Minute).Unix()
		s.server.Edit(id, func(x *guancetest.Schedule) {
			x.Strategy, x.Extend = open.Strategy, endAt(x.Extend, earlier)
		})
		time.Sleep(3 * window)
		_, end := s.schedule(id).Effective()
		assert.Equal(s, earlier, end.Unix())
		assert.Equal(s, "repaired", s.get(id).FinalReason, "the note is put back")
	})
}

func endAt(extend json.RawMessage, end int64) json.RawMessage {
	return anEnd.ReplaceAll(extend, fmt.Appendf(nil, `"end":%d`, end))
}

// What tickets do to the routing of incidents, and what dark ones do not.
func TestRouting(t *testing.T) {
	const everybody = "notify_all" // the target of the workspace's global rule
	reached := func(s scene, host string) []string {
		var out []string
		for _, n := range s.server.Notified(guancetest.Event{Dimensions: map[string]string{"host": host}}, s.server.Now()) {
			out = append(out, n.Target)
		}
		slices.Sort(out)
		return out
	}
	ours := []string{"acnt_noc", "notify_hook"}
	run := func(name string, knobs guancetest.Knobs, change func(*guance.Config), f func(s scene)) {
		knobs.Workspace = guancetest.WorkspaceEmpty
		inBubble(t, name, knobs, change, func(s scene) {
			s.server.AddSchedule(guancetest.Schedule{Name: "everything", NotifyTargets: []string{everybody}})
			f(s)
		})
	}
	run("an open ticket takes the incidents of its object from the global rule, a closed one gives them back", guancetest.Knobs{}, nil, func(s scene) {
		require.Equal(s, []string{everybody}, reached(s, "sw-1"))
		id := s.create("k", "sw-1").ID
		time.Sleep(time.Second)
		assert.Equal(s, ours, reached(s, "sw-1"))
		assert.Equal(s, []string{everybody}, reached(s, "sw-10"), "no other object is touched")
		s.close(id)
		time.Sleep(time.Second)
		assert.Equal(s, []string{everybody}, reached(s, "sw-1"))
	})
	run("members join, one by one", guancetest.Knobs{}, nil, func(s scene) {
		id := s.group("k", "sw-1")
		require.NoError(s, s.addObject(id, "sw-2"))
		time.Sleep(time.Second)
		assert.Equal(s, ours, reached(s, "sw-1"))
		assert.Equal(s, ours, reached(s, "sw-2"))
		assert.Equal(s, []string{everybody}, reached(s, "sw-3"))
	})
	for _, knobs := range []guancetest.Knobs{{}, {SleepingClaims: true}, {ForwardHours: true}} {
		run("a dark ticket changes nothing", knobs, func(c *guance.Config) { c.Dark = true }, func(s scene) {
			s.create("k", "sw-1")
			s.group("group", "sw-2")
			for range 48 {
				time.Sleep(30 * time.Minute)
				require.Equal(s, []string{everybody}, reached(s, "sw-1"))
				require.Equal(s, []string{everybody}, reached(s, "sw-2"))
				require.Equal(s, []string{everybody}, reached(s, "sw-3"))
			}
		})
		run("nor does one whose object no filter can name", knobs, nil, func(s scene) {
			c := s.create("k", "交换机 7")
			assert.NotEmpty(s, c.Degraded)
			for range 48 {
				time.Sleep(30 * time.Minute)
				require.Equal(s, []string{everybody}, reached(s, "交换机 7"))
				require.Equal(s, []string{everybody}, reached(s, "sw-1"))
			}
		})
	}
}

// A lost reply to a close leaves nothing in effect.
func TestACloseWhoseReplyIsLost(t *testing.T) {
	inBubble(t, "it is closed", guancetest.Knobs{}, nil, func(s scene) {
		id := s.create("k", "sw-1").ID
		s.server.Inject(tttest.Fault{Kind: tttest.LoseReply, Route: "modify"})
		s.close(id)
		assert.Empty(s, inEffect(s.server))
	})
}
