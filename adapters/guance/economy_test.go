package guance_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/guance"
	"github.com/ttkit/ttkit/adapters/guance/guancetest"
	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/tttest"
)

// What the operations cost in calls: 20 per minute is little.
func TestCalls(t *testing.T) {
	for _, row := range []struct {
		name    string
		prepare func(s scene) (id string)
		call    func(s scene, id string) error
		most    int
	}{
		{"a create writes once and asks once more", nil, func(s scene, _ string) error {
			_, err := s.sys.CreateTT(s.ctx, tt.CreateRequest{Object: "sw", Subject: "down", Key: "k"})
			return err
		}, 3}, // the look-up before it is a sweep that others can share
		{"creating again looks up and reads", func(s scene) string { return s.create("k", "sw").ID }, func(s scene, _ string) error {
			_, err := s.sys.CreateTT(s.ctx, tt.CreateRequest{Object: "sw", Subject: "down", Key: "k"})
			return err
		}, 2},
		{"a comment", func(s scene) string { return s.create("k", "sw").ID }, func(s scene, id string) error {
			return s.sys.AddComment(s.ctx, tt.CommentRequest{ID: id, Body: "on my way"})
		}, 2},
		{"a close", func(s scene) string { return s.create("k", "sw").ID }, func(s scene, id string) error {
			_, err := s.sys.CloseTT(s.ctx, tt.CloseRequest{ID: id, Reason: "repaired"})
			return err
		}, 3},
		{"closing again", func(s scene) string { id := s.create("k", "sw").ID; s.close(id); return id }, func(s scene, id string) error {
			_, err := s.sys.CloseTT(s.ctx, tt.CloseRequest{ID: id, Reason: "repaired"})
			return err
		}, 2},
		{"a promotion", func(s scene) string { return s.create("k", "sw").ID }, func(s scene, id string) error {
			_, err := s.sys.CreateGroupTT(s.ctx, id, time.Time{})
			return err
		}, 2},
		{"adding fifty members", func(s scene) string { return s.group("k", "sw") }, func(s scene, id string) error {
			return s.add(id, 50)
		}, 2},
		{"reading", func(s scene) string { return s.create("k", "sw").ID }, func(s scene, id string) error {
			_, err := s.sys.GetTT(s.ctx, id)
			return err
		}, 1},
		{"finding", func(s scene) string { return s.create("k", "sw").ID }, func(s scene, _ string) error {
			_, err := s.sys.FindTT(s.ctx, "k")
			return err
		}, 1},
	} {
		inBubble(t, row.name, guancetest.Knobs{}, nil, func(s scene) {
			var id string
			if row.prepare != nil {
				id = row.prepare(s)
			}
			time.Sleep(3 * window) // what is verified later is not the next call's
			before := len(s.server.Requests())
			require.NoError(s, row.call(s, id))
			made := s.server.Requests()[before:]
			assert.LessOrEqual(s, len(made), row.most, "%v", routes(made))
			s.Logf("%d calls: %v", len(made), routes(made))
		})
	}
}

func routes(requests []guancetest.Request) (out []string) {
	for _, r := range requests {
		out = append(out, r.Route)
	}
	return out
}

// add adds so many members to a group.
func (s scene) add(id string, members int) error {
	var objs []string
	for i := range members {
		objs = append(objs, fmt.Sprintf("member-%d.example.net", i))
	}
	items, err := s.sys.AddToGroupTT(s.ctx, id, objs...)
	for _, item := range items {
		if item.Err != nil {
			return item.Err
		}
	}
	return err
}

func TestListingByObjectCostsTwoCallsWhateverTheHistory(t *testing.T) {
	for _, closed := range []int{0, 50, 150} {
		inBubble(t, fmt.Sprintf("%d closed ones", closed), guancetest.Knobs{}, nil, func(s scene) {
			for i := range closed {
				s.close(s.create(fmt.Sprint("old-", i), "sw").ID)
			}
			one := s.create("k", "sw").ID
			time.Sleep(time.Second)
			two := s.group("group", "other")
			require.NoError(s, s.addObject(two, "sw"))
			time.Sleep(late + settle + 3*window)
			before := len(s.server.Requests())
			ids, err := s.sys.GetObjectTTs(s.ctx, "sw")
			require.NoError(s, err)
			assert.Equal(s, []string{one, two}, ids)
			made := s.server.Requests()[before:]
			assert.LessOrEqual(s, len(made), 2, "%v", routes(made))
		})
	}
}

func (s scene) addObject(id, obj string) error {
	items, err := s.sys.AddToGroupTT(s.ctx, id, obj)
	if err == nil {
		err = items[0].Err
	}
	return err
}

// Look-ups that wait at one time are one sweep, and what waits for one ticket
// travels together.
func TestCallsAreShared(t *testing.T) {
	inBubble(t, "comments of one ticket", guancetest.Knobs{}, nil, func(s scene) {
		id := s.create("k", "sw").ID
		time.Sleep(3 * window)
		before := len(s.server.Requests())
		s.server.Inject(tttest.Fault{Kind: tttest.Slow, Route: "get", Delay: time.Second})
		done := make(chan error)
		for i := range 20 {
			go func() { done <- s.sys.AddComment(s.ctx, tt.CommentRequest{ID: id, Body: fmt.Sprint("remark ", i)}) }()
		}
		for range 20 {
			require.NoError(s, <-done)
		}
		made := s.server.Requests()[before:]
		assert.LessOrEqual(s, len(made), 4, "%v", routes(made))
		assert.Len(s, s.get(id).Comments, 20)
	})
	inBubble(t, "look-ups of many keys", guancetest.Knobs{}, func(c *guance.Config) {}, func(s scene) {
		done := make(chan error)
		for i := range 30 {
			go func() {
				_, err := s.sys.CreateTT(s.ctx, tt.CreateRequest{Object: "sw", Subject: "down", Key: fmt.Sprint("k", i)})
				done <- err
			}()
		}
		for range 30 {
			require.NoError(s, <-done)
		}
		made := s.server.Requests()
		s.Logf("%d calls for 30 creates at once", len(made))
		assert.LessOrEqual(s, len(made), 2*30, "at most two calls for each")
		time.Sleep(late + settle + 3*window)
		assert.LessOrEqual(s, len(s.server.Requests())-len(made), 3, "one sweep verifies them all")
	})
}

// What travels together counts together.
func TestNoTicketHoldsMoreCommentsThanItMay(t *testing.T) {
	inBubble(t, "too many at once", guancetest.Knobs{}, nil, func(s scene) {
		id, most := s.create("k", "sw").ID, s.sys.Capabilities().MaxComments
		done := make(chan error)
		for i := range most + 20 {
			go func() { done <- s.sys.AddComment(s.ctx, tt.CommentRequest{ID: id, Body: "x", Key: fmt.Sprint(i)}) }()
		}
		refused := 0
		for range most + 20 {
			if err := <-done; err != nil {
				require.ErrorIs(s, err, tt.ErrInvalid)
				refused++
			}
		}
		assert.Equal(s, 20, refused)
		assert.Len(s, s.get(id).Comments, most)
	})
	inBubble(t, "a repeat that travels with the last one that fits is none", guancetest.Knobs{}, nil, func(s scene) {
		id, most := s.create("k", "sw").ID, s.sys.Capabilities().MaxComments
		done := make(chan error)
		comment := func(key string) {
			done <- s.sys.AddComment(s.ctx, tt.CommentRequest{ID: id, Body: "x", Key: key})
		}
		for i := range most - 2 {
			go comment(fmt.Sprint(i))
		}
		for range most - 2 {
			require.NoError(s, <-done)
		}
		s.server.Inject(tttest.Fault{Kind: tttest.Slow, Route: "modify", Delay: time.Second})
		go comment("last but one")
		synctest.Wait()
		for range 3 { // they wait for that one
			go comment("last")
		}
		for range 4 {
			require.NoError(s, <-done)
		}
		assert.Equal(s, most, len(s.get(id).Comments))
	})
}

// What is wrong with the ticket is not asked for each comment again.
func TestManyCommentsOnNoTicketCostFewCalls(t *testing.T) {
	inBubble(t, "it was deleted", guancetest.Knobs{}, nil, func(s scene) {
		id := s.create("k", "sw").ID
		s.server.Delete(id)
		before := len(s.server.Requests())
		done := make(chan error)
		for i := range 20 {
			go func() {
				done <- s.sys.AddComment(s.ctx, tt.CommentRequest{ID: id, Body: fmt.Sprint("remark ", i), Key: fmt.Sprint(i)})
			}()
		}
		for range 20 {
			assert.Equal(s, tt.CodeNotFound, tt.CodeOf(<-done))
		}
		made := s.server.Requests()[before:]
		assert.LessOrEqual(s, len(made), 2*20, "a look is two calls, and serves all who wait: %v", routes(made))
	})
}

// A wait that would exceed the deadline is refused at once, with the wait.
func TestNobodyWaitsForCallsThatComeTooLate(t *testing.T) {
	rate := func(requests int) func(*guance.Config) {
		return func(c *guance.Config) { c.Rate = guance.Rate{Requests: requests, Per: time.Minute} }
	}
	refused := func(s scene, err error, least time.Duration) {
		var e *tt.Error
		require.ErrorAs(s, err, &e)
		assert.Equal(s, tt.CodeRateLimited, e.Code, "%v", err)
		assert.Equal(s, tt.NotDone, e.Outcome)
		assert.GreaterOrEqual(s, e.RetryAfter, least)
		assert.LessOrEqual(s, e.RetryAfter, time.Minute)
	}
	inBubble(t, "a comment whose ticket has another waiting for them", guancetest.Knobs{}, rate(3), func(s scene) {
		id := s.create("k", "sw").ID // 3 calls
		first := make(chan error)
		go func() { first <- s.sys.AddComment(s.ctx, tt.CommentRequest{ID: id, Body: "one", Key: "1"}) }()
		synctest.Wait()
		short, cancel := context.WithTimeout(s.ctx, 5*time.Second)
		defer cancel()
		began := time.Now()
		err := s.sys.AddComment(short, tt.CommentRequest{ID: id, Body: "two", Key: "2"})
		assert.Zero(s, time.Since(began))
		refused(s, err, 59*time.Second)
		long, cancel := context.WithTimeout(s.ctx, 61*time.Second)
		defer cancel()
		require.NoError(s, s.sys.AddComment(long, tt.CommentRequest{ID: id, Body: "three", Key: "3"}), "it travels along")
		require.NoError(s, <-first)
	})
	inBubble(t, "a close that has to read again, because the server is slow", guancetest.Knobs{}, rate(6), func(s scene) {
		id := s.create("k", "sw").ID // 3 calls
		s.server.Inject(tttest.Fault{Kind: tttest.Slow, Route: "list", Delay: 3 * window / 4})
		short, cancel := context.WithTimeout(s.ctx, 20*time.Second)
		defer cancel()
		began := time.Now()
		_, err := s.sys.CloseTT(short, tt.CloseRequest{ID: id})
		assert.Less(s, time.Since(began), window)
		refused(s, err, 50*time.Second)
	})
}

// While a ticket is made, other creators of its key may be making theirs.
func TestTheLimitNeverComesBetweenAPostAndItsLookUp(t *testing.T) {
	few := func(c *guance.Config) { c.Rate = guance.Rate{Requests: 4, Per: time.Minute} }
	inBubble(t, "not for posts that have to be repeated either", guancetest.Knobs{}, few, func(s scene) {
		s.create("k1", "sw-1")
		time.Sleep(3 * time.Minute)
		s.server.Inject(tttest.Fault{Kind: tttest.Refuse, Route: "add", Times: 2})
		id := s.create("k2", "sw-2").ID
		assert.WithinDuration(s, s.schedule(id).Created, time.Now(), 5*time.Second)
	})
}
