package fake_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/fake"
	"github.com/ttkit/ttkit/tt"
)

// everyCall makes every call that reaches the backend, with arguments that
// are fine.
func everyCall(ctx context.Context, sys tt.System, id string) map[string]error {
	_, create := sys.CreateTT(ctx, alarm("sw2", "another"))
	_, get := sys.GetTT(ctx, id)
	_, ofObject := sys.GetObjectTTs(ctx, "sw1")
	_, find := sys.FindTT(ctx, "k")
	_, list := sys.ListTTs(ctx, tt.ListRequest{})
	comment := sys.AddComment(ctx, tt.CommentRequest{ID: id, Body: "still down"})
	renew := sys.RenewTT(ctx, id, time.Now().Add(time.Hour))
	_, promote := sys.CreateGroupTT(ctx, id, time.Time{})
	_, add := sys.AddToGroupTT(ctx, id, "sw2")
	_, updates := sys.GetUpdates(ctx, tt.UpdatesRequest{All: true})
	_, check := sys.Check(ctx)
	_, end := sys.CloseTT(ctx, tt.CloseRequest{ID: id})
	return map[string]error{
		"CreateTT": create, "GetTT": get, "GetObjectTTs": ofObject, "FindTT": find, "ListTTs": list, "AddComment": comment,
		"RenewTT": renew, "CreateGroupTT": promote, "AddToGroupTT": add, "GetUpdates": updates, "Check": check, "CloseTT": end,
	}
}

// refusedAtOnce expects that every call fails with the same error, and that
// none reaches the backend.
func refusedAtOnce(t *testing.T, b *fake.Backend, errs map[string]error, want error, words string) {
	t.Helper()
	for op, err := range errs {
		e := failure(t, err)
		assert.ErrorIs(t, err, want, op)
		assert.ErrorContains(t, err, words, op)
		assert.Equal(t, op, e.Op)
		assert.Equal(t, tt.NotDone, e.Outcome, op)
		assert.True(t, tt.SafeToRetry(err), op)
	}
	assert.Empty(t, b.History())
}

func TestACancelledCallReturnsAtOnce(t *testing.T) {
	b := fake.NewBackend(fake.WithLease(time.Hour))
	sys := b.Open("msk")
	id := mustCreate(t, sys, "sw1", "k")
	b.ClearHistory()
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	errs := everyCall(cancelled, sys, id)
	refusedAtOnce(t, b, errs, tt.ErrCanceled, "context canceled")
	assert.NotErrorIs(t, errs["GetTT"], tt.ErrTemporary, "the caller gave up")
	late, cancel := context.WithDeadline(ctx, time.Unix(0, 0))
	defer cancel()
	errs = everyCall(late, sys, id)
	refusedAtOnce(t, b, errs, context.DeadlineExceeded, "deadline")
	assert.ErrorIs(t, errs["GetTT"], tt.ErrTemporary)
}

func TestACallAfterShutdownIsInvalid(t *testing.T) {
	b := fake.NewBackend(fake.WithLease(time.Hour))
	sys, other := b.Open("msk"), b.Open("spb")
	id := mustCreate(t, sys, "sw1", "k")
	for range 2 {
		require.NoError(t, sys.Shutdown(ctx))
	}
	b.ClearHistory()
	refusedAtOnce(t, b, everyCall(ctx, sys, id), tt.ErrInvalid, "system is shut down")
	_, err := other.GetTT(ctx, id)
	assert.NoError(t, err, "the others go on")
}

func TestShutdownNeedsNoTime(t *testing.T) {
	sys := fake.New()
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	require.NoError(t, sys.Shutdown(cancelled))
	_, err := sys.FindTT(ctx, "k")
	assert.ErrorIs(t, err, tt.ErrInvalid)
}

func TestBadArgumentsDoNotReachTheBackend(t *testing.T) {
	b := fake.NewBackend(fake.WithLease(time.Hour))
	sys := b.Open("msk")
	tests := []struct {
		name string
		call func() error
	}{
		{"an empty object", func() error { _, err := sys.CreateTT(ctx, alarm("", "k")); return err }},
		{"an empty subject", func() error { _, err := sys.CreateTT(ctx, tt.CreateRequest{Object: "sw1"}); return err }},
		{"an id that climbs", func() error { _, err := sys.GetTT(ctx, "../../x"); return err }},
		{"an object of a list", func() error { _, err := sys.GetObjectTTs(ctx, " "); return err }},
		{"an empty key", func() error { _, err := sys.FindTT(ctx, ""); return err }},
		{"a negative page", func() error { _, err := sys.ListTTs(ctx, tt.ListRequest{Limit: -1}); return err }},
		{"a foreign page", func() error { _, err := sys.ListTTs(ctx, tt.ListRequest{After: "x"}); return err }},
		{"an id to close", func() error { _, err := sys.CloseTT(ctx, tt.CloseRequest{}); return err }},
		{"an empty comment", func() error { return sys.AddComment(ctx, tt.CommentRequest{ID: "1"}) }},
		{"an id to renew", func() error { return sys.RenewTT(ctx, "a:b", time.Now()) }},
		{"an id to promote", func() error { _, err := sys.CreateGroupTT(ctx, "", time.Time{}); return err }},
		{"an id of a group", func() error { _, err := sys.AddToGroupTT(ctx, "", "sw1"); return err }},
		{"no ids for updates", func() error { _, err := sys.GetUpdates(ctx, tt.UpdatesRequest{}); return err }},
		{"a foreign cursor", func() error { _, err := sys.GetUpdates(ctx, tt.UpdatesRequest{All: true, After: "x"}); return err }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := test.call()
			assert.ErrorIs(t, err, tt.ErrInvalid)
			assert.Equal(t, tt.NotDone, failure(t, err).Outcome)
			assert.Empty(t, b.History())
		})
	}
}

func TestWhatABackendCannotDoIsUnsupported(t *testing.T) {
	b := fake.NewBackend(fake.WithoutGroups(), fake.WithoutUpdates())
	sys := b.Open("msk")
	id := mustCreate(t, sys, "sw1", "k")
	_, promote := sys.CreateGroupTT(ctx, id, time.Time{})
	_, add := sys.AddToGroupTT(ctx, id, "sw2")
	_, updates := sys.GetUpdates(ctx, tt.UpdatesRequest{All: true})
	for op, err := range map[string]error{
		"CreateGroupTT": promote, "AddToGroupTT": add, "GetUpdates": updates, "RenewTT": sys.RenewTT(ctx, id, time.Now()),
	} {
		assert.ErrorIs(t, err, tt.ErrUnsupported, op)
		assert.Equal(t, op, failure(t, err).Op)
	}
	assert.Equal(t, tt.Capabilities{KeyGuarantee: tt.KeyEnforced, CommentsAfterClose: true}, sys.Capabilities())
}

func TestGetTTReturnsWhatCreateTTWasGiven(t *testing.T) {
	b := fake.NewBackend()
	sys := b.Open("msk")
	zone := time.FixedZone("MSK", 3*60*60)
	raised := time.Date(2026, 5, 1, 13, 15, 0, 123, zone)
	created, err := sys.CreateTT(ctx, tt.CreateRequest{
		Queue: "core", Object: "sw1", Reason: "flapping", Subject: "Узел sw1 🔥", Body: "line 1\r\nline 2\x00",
		Login: "noc", Timestamp: raised, Key: "k",
	})
	require.NoError(t, err)
	assert.Equal(t, tt.Created{ID: "1"}, created)

	ticket, err := sys.GetTT(ctx, "1")
	require.NoError(t, err)
	assert.WithinDuration(t, time.Now(), ticket.StageAt, time.Minute)
	ticket.StageAt = time.Time{}
	assert.Equal(t, &tt.Ticket{
		ID: "1", Queue: "core", Object: "sw1", Objects: []string{"sw1"}, Key: "k",
		State: tt.StateOpen, StageID: "open", Stage: "open", OpenedAt: raised.UTC(),
		Owner: "noc", PreReason: "flapping", Subject: "Узел sw1 🔥", Body: "line 1\nline 2\uFFFD",
	}, ticket)
}

func TestALeaseOnlyGetsLonger(t *testing.T) {
	now := time.Date(2026, 5, 1, 10, 15, 0, 0, time.FixedZone("MSK", 3*60*60))
	sys := fake.New(fake.WithLease(time.Hour), fake.WithClock(func() time.Time { return now }))
	id := mustCreate(t, sys, "sw1", "k")
	for _, step := range []struct{ until, want time.Time }{
		{now, now.Add(time.Hour)},
		{now.Add(3 * time.Hour), now.Add(3 * time.Hour)},
		{now.Add(2 * time.Hour), now.Add(3 * time.Hour)},
	} {
		require.NoError(t, sys.RenewTT(ctx, id, step.until))
		ticket, err := sys.GetTT(ctx, id)
		require.NoError(t, err)
		assert.Equal(t, step.want.UTC(), ticket.ExpiresAt)
	}
	now = now.Add(3 * time.Hour)
	assert.ErrorIs(t, sys.RenewTT(ctx, id, now.Add(time.Hour)), tt.ErrClosed)
}

func TestTextThatIsTooLongIsCutAndMarked(t *testing.T) {
	limits := fake.Limits{Subject: 20, Body: 30, Comment: 25, Comments: 2}
	long := strings.Repeat("я", 50)
	fits := func(s string, limit int) {
		assert.LessOrEqual(t, len(s), limit)
		assert.True(t, strings.HasSuffix(s, tt.CutMark), s)
	}
	sys := fake.New(fake.WithLimits(limits))
	created, err := sys.CreateTT(ctx, tt.CreateRequest{Object: "sw1", Subject: long, Body: long})
	require.NoError(t, err)
	ticket, err := sys.GetTT(ctx, created.ID)
	require.NoError(t, err)
	assert.True(t, ticket.Truncated)
	fits(ticket.Subject, limits.Subject)
	fits(ticket.Body, limits.Body)

	short := mustCreate(t, sys, "sw1", "")
	require.NoError(t, sys.AddComment(ctx, tt.CommentRequest{ID: short, Body: "fits"}))
	ticket, err = sys.GetTT(ctx, short)
	require.NoError(t, err)
	assert.False(t, ticket.Truncated)
	require.NoError(t, sys.AddComment(ctx, tt.CommentRequest{ID: short, Subject: long, Body: long}))
	ticket, err = sys.GetTT(ctx, short)
	require.NoError(t, err)
	assert.True(t, ticket.Truncated)
	fits(ticket.Comments[1].Subject, limits.Subject)
	fits(ticket.Comments[1].Body, limits.Comment)

	err = sys.AddComment(ctx, tt.CommentRequest{ID: short, Body: "one too many"})
	assert.ErrorIs(t, err, tt.ErrInvalid)
	closed, err := sys.CloseTT(ctx, tt.CloseRequest{ID: short, Body: "but a closing message fits"})
	require.NoError(t, err)
	assert.True(t, closed)
	assert.Len(t, sys.Backend().Tickets()[1].Comments, 3)
}

func TestTheClosingMessageIsTheLastComment(t *testing.T) {
	sys := fake.New()
	id := mustCreate(t, sys, "sw1", "k")
	tomorrow := time.Now().Add(24 * time.Hour)
	require.NoError(t, sys.AddComment(ctx, tt.CommentRequest{ID: id, Body: "from a clock that is ahead", At: tomorrow}))
	_, err := sys.CloseTT(ctx, tt.CloseRequest{ID: id, Subject: "cleared", Body: "bye", Login: "noc", Reason: "repaired"})
	require.NoError(t, err)
	_, err = sys.CloseTT(ctx, tt.CloseRequest{ID: id, Body: "bye again", Reason: "forgotten"})
	require.NoError(t, err)

	ticket, err := sys.GetTT(ctx, id)
	require.NoError(t, err)
	require.Len(t, ticket.Comments, 2)
	last := ticket.Comments[1]
	assert.Equal(t, []string{"000002", "cleared", "bye", "noc"}, []string{last.ID, last.Subject, last.Body, last.Login})
	assert.Equal(t, "repaired", ticket.FinalReason)
}

func TestCommentsAreOrderedByTimeThenID(t *testing.T) {
	sys := fake.New()
	id := mustCreate(t, sys, "sw1", "k")
	noon := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	for i, minutes := range []int{5, 0, 5, -5, 0} {
		at := noon.Add(time.Duration(minutes) * time.Minute)
		require.NoError(t, sys.AddComment(ctx, tt.CommentRequest{ID: id, Body: fmt.Sprint(i + 1), At: at}))
	}
	got := ""
	for _, c := range sys.Backend().Tickets()[0].Comments {
		got += c.ID + "=" + c.Body + " "
	}
	assert.Equal(t, "000004=4 000002=2 000005=5 000001=1 000003=3 ", got)
}

func TestTheResultsOfTwoNamespacesDoNotMix(t *testing.T) {
	b := fake.NewBackend()
	production, staging := b.Open("p"), b.Open("s", fake.WithNamespace("staging"))
	one, two := mustCreate(t, production, "sw1", "k"), mustCreate(t, staging, "sw1", "k")
	assert.NotEqual(t, one, two)
	for sys, want := range map[*fake.System]string{production: one, staging: two} {
		found, err := sys.FindTT(ctx, "k")
		require.NoError(t, err)
		listed, err := sys.GetObjectTTs(ctx, "sw1")
		require.NoError(t, err)
		page, err := sys.ListTTs(ctx, tt.ListRequest{})
		require.NoError(t, err)
		assert.Equal(t, want, found)
		assert.Equal(t, []string{want}, listed)
		assert.Equal(t, tt.List{IDs: []string{want}}, page)
		_, err = sys.GetTT(ctx, one)
		assert.NoError(t, err, "any ticket can be read by its id")
	}
}

func TestAnInventory(t *testing.T) {
	sys := fake.New(fake.WithInventory("sw1", "sw2"))
	id := mustCreate(t, sys, "sw1", "k")
	_, err := sys.CreateTT(ctx, alarm("sw9", "another"))
	assert.ErrorIs(t, err, tt.ErrNotFound)
	_, err = sys.GetObjectTTs(ctx, "sw9")
	assert.ErrorIs(t, err, tt.ErrNotFound)
	none, err := sys.GetObjectTTs(ctx, "sw2")
	require.NoError(t, err)
	assert.Equal(t, []string{}, none)
	_, err = sys.CreateGroupTT(ctx, id, time.Time{})
	require.NoError(t, err)
	items, err := sys.AddToGroupTT(ctx, id, "sw9", "sw2")
	require.NoError(t, err)
	assert.Equal(t, tt.ItemFail, items[0].Status)
	assert.ErrorIs(t, items[0].Err, tt.ErrNotFound)
	assert.Equal(t, tt.ItemOK, items[1].Status)
	_, err = sys.Backend().Console("alice").Create("sw9", "link down")
	assert.ErrorIs(t, err, tt.ErrNotFound)
}

func TestTheSameKeyWithAnotherObjectIsAConflict(t *testing.T) {
	sys := fake.New()
	id := mustCreate(t, sys, "sw1", "k")
	created, err := sys.CreateTT(ctx, alarm("sw2", "k"))
	assert.ErrorIs(t, err, tt.ErrConflict)
	assert.Equal(t, id, failure(t, err).TicketID)
	assert.Equal(t, tt.Created{ID: id}, created)
	assert.ErrorContains(t, err, `belongs to ticket 1 of object "sw1"`)
}

func TestAnUnknownIDIsNotFound(t *testing.T) {
	b := fake.NewBackend()
	sys := b.Open("msk")
	mustCreate(t, sys, "sw1", "k")
	for _, id := range []string{"2", "0", "01", "+1", "x", "18446744073709551617"} {
		_, err := sys.GetTT(ctx, id)
		assert.ErrorIs(t, err, tt.ErrNotFound, id)
		assert.Equal(t, id, failure(t, err).TicketID)
		assert.ErrorIs(t, b.Console("alice").Close(id, ""), tt.ErrNotFound, id)
	}
}

func TestPendingCloses(t *testing.T) {
	start := func(t *testing.T, after time.Duration) (*fake.Backend, *fake.System, string) {
		b := fake.NewBackend(fake.WithPendingClose(after))
		sys := b.Open("msk")
		id := mustCreate(t, sys, "sw1", "k")
		closed, err := sys.CloseTT(ctx, tt.CloseRequest{ID: id, Body: "bye", Reason: "repaired"})
		require.NoError(t, err)
		require.False(t, closed)
		return b, sys, id
	}
	is := func(t *testing.T, b *fake.Backend, state tt.State, reason string, open ...string) {
		t.Helper()
		ticket := b.Tickets()[0]
		assert.Equal(t, state, ticket.State)
		assert.Equal(t, reason, ticket.FinalReason)
		listed, err := b.Open("").GetObjectTTs(ctx, "sw1")
		require.NoError(t, err)
		assert.ElementsMatch(t, open, listed)
	}
	t.Run("one takes effect when its time has come", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b, sys, id := start(t, time.Minute)
			is(t, b, tt.StatePending, "", id)
			time.Sleep(time.Minute)
			is(t, b, tt.StateClosed, "repaired")
			closed, err := sys.CloseTT(ctx, tt.CloseRequest{ID: id})
			require.NoError(t, err)
			assert.True(t, closed)
		})
	})
	t.Run("asking again changes nothing", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b, sys, id := start(t, time.Minute)
			time.Sleep(30 * time.Second)
			closed, err := sys.CloseTT(ctx, tt.CloseRequest{ID: id, Body: "bye again", Reason: "forgotten"})
			require.NoError(t, err)
			assert.False(t, closed)
			time.Sleep(30 * time.Second)
			is(t, b, tt.StateClosed, "repaired")
			assert.Len(t, b.Tickets()[0].Comments, 1)
		})
	})
	t.Run("a person confirms with a reason of their own", func(t *testing.T) {
		b, _, id := start(t, 0)
		require.NoError(t, b.Console("alice").Close(id, "cable replaced"))
		is(t, b, tt.StateClosed, "cable replaced")
	})
	t.Run("a refused one does not take effect later", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b, sys, id := start(t, time.Minute)
			require.NoError(t, b.Console("alice").Reopen(id))
			is(t, b, tt.StateOpen, "", id)
			time.Sleep(30 * time.Second)
			closed, err := sys.CloseTT(ctx, tt.CloseRequest{ID: id, Reason: "really"})
			require.NoError(t, err)
			assert.False(t, closed)
			time.Sleep(30 * time.Second)
			is(t, b, tt.StatePending, "", id)
			time.Sleep(30 * time.Second)
			is(t, b, tt.StateClosed, "really")
		})
	})
}

func TestNothingSharesMemory(t *testing.T) {
	b := fake.NewBackend()
	sys := b.Open("msk")
	id := mustCreate(t, sys, "sw1", "k")
	_, err := sys.CreateGroupTT(ctx, id, time.Time{})
	require.NoError(t, err)
	objs := []string{"sw2", "sw3"}
	fails := []string{"sw4"}
	b.Inject(fake.Fault{Kind: fake.FailItems, Objects: fails})
	fails[0] = "sw2"
	_, err = sys.AddToGroupTT(ctx, id, objs...)
	require.NoError(t, err)
	require.NoError(t, sys.AddComment(ctx, tt.CommentRequest{ID: id, Body: "still down"}))
	b.Inject(fake.Fault{Kind: fake.FailBefore})
	_, failed := sys.GetTT(ctx, id)
	ticket, err := sys.GetTT(ctx, id)
	require.NoError(t, err)
	assert.Equal(t, []string{"sw1", "sw2", "sw3"}, ticket.Objects)
	want, said := fmt.Sprint(b.Tickets()), fmt.Sprint(b.History())

	objs[0] = "scribble"
	failure(t, failed).Code = tt.CodeInternal
	tickets, history := b.Tickets(), b.History()
	for _, ticket := range []*tt.Ticket{ticket, &tickets[0]} {
		ticket.Objects[1], ticket.Comments[0].Body = "scribble", "scribble"
	}
	history[2].Objects[0] = "scribble"
	assert.Equal(t, want, fmt.Sprint(b.Tickets()))
	assert.Equal(t, said, fmt.Sprint(b.History()))
}

func TestManyAtOnce(t *testing.T) {
	b := fake.NewBackend(fake.WithLease(time.Hour))
	b.Inject(fake.Fault{Kind: fake.FailAfter, Skip: 3, Times: 5}, fake.Fault{Kind: fake.Slow, Times: 10})
	var all sync.WaitGroup
	for i := range 16 {
		sys := b.Open(fmt.Sprint("process ", i))
		all.Go(func() {
			for {
				created, err := sys.CreateTT(ctx, alarm("sw1", "k"))
				if err != nil {
					continue
				}
				for range 3 {
					everyCall(ctx, sys, created.ID)
				}
				_ = sys.Shutdown(ctx)
				return
			}
		})
		all.Go(func() {
			_ = b.Console("alice").Comment("1", "on my way")
			_ = fmt.Sprint(sys, b.History(), b.Tickets(), b.FaultsLeft())
		})
	}
	all.Wait()
	keys := map[string]int{}
	for _, ticket := range b.Tickets() {
		keys[ticket.Key]++
	}
	assert.Equal(t, map[string]int{"k": 1, "another": 1}, keys)
}
