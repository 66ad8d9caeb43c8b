package fake_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/fake"
	"github.com/ttkit/ttkit/tt"
)

// alarm makes a request; key may be "".
func alarm(obj, key string) tt.CreateRequest {
	return tt.CreateRequest{Object: obj, Subject: "link down", Key: key}
}

// mustCreate makes a ticket that the test starts from.
func mustCreate(t testing.TB, sys tt.System, obj, key string) string {
	t.Helper()
	created, err := sys.CreateTT(ctx, alarm(obj, key))
	require.NoError(t, err)
	return created.ID
}

// failure returns the *tt.Error of err.
func failure(t testing.TB, err error) *tt.Error {
	t.Helper()
	var e *tt.Error
	require.ErrorAs(t, err, &e)
	return e
}

func TestWhatTheCallerLearnsOfAFault(t *testing.T) {
	calls := []struct {
		name   string
		call   func(sys tt.System, id string) error
		writes bool // it can change something
		risky  bool // repeating it could double something
	}{
		{name: "create with a key", writes: true, call: func(sys tt.System, _ string) error {
			_, err := sys.CreateTT(ctx, alarm("sw2", "another"))
			return err
		}},
		{name: "create without a key", writes: true, risky: true, call: func(sys tt.System, _ string) error {
			_, err := sys.CreateTT(ctx, alarm("sw2", ""))
			return err
		}},
		{name: "comment with a key", writes: true, call: func(sys tt.System, id string) error {
			return sys.AddComment(ctx, tt.CommentRequest{ID: id, Body: "still down", Key: "c1"})
		}},
		{name: "comment without a key", writes: true, risky: true, call: func(sys tt.System, id string) error {
			return sys.AddComment(ctx, tt.CommentRequest{ID: id, Body: "still down"})
		}},
		{name: "close", writes: true, call: func(sys tt.System, id string) error {
			_, err := sys.CloseTT(ctx, tt.CloseRequest{ID: id})
			return err
		}},
		{name: "renew", writes: true, call: func(sys tt.System, id string) error {
			return sys.RenewTT(ctx, id, time.Now().Add(1000*time.Hour))
		}},
		{name: "promote", writes: true, call: func(sys tt.System, id string) error {
			_, err := sys.CreateGroupTT(ctx, id, time.Time{})
			return err
		}},
		{name: "get", call: func(sys tt.System, id string) error {
			_, err := sys.GetTT(ctx, id)
			return err
		}},
		{name: "list of an object", call: func(sys tt.System, _ string) error {
			_, err := sys.GetObjectTTs(ctx, "sw1")
			return err
		}},
		{name: "list", call: func(sys tt.System, _ string) error {
			_, err := sys.ListTTs(ctx, tt.ListRequest{})
			return err
		}},
		{name: "find", call: func(sys tt.System, _ string) error {
			_, err := sys.FindTT(ctx, "first")
			return err
		}},
		{name: "updates", call: func(sys tt.System, _ string) error {
			_, err := sys.GetUpdates(ctx, tt.UpdatesRequest{All: true})
			return err
		}},
	}
	faults := []struct {
		fault   fake.Fault
		code    tt.Code
		outcome tt.Outcome // of a call that can change something
		changes bool
	}{
		{fake.Fault{Kind: fake.FailBefore}, tt.CodeUnavailable, tt.NotDone, false},
		{fake.Fault{Kind: fake.Throttle, RetryAfter: 30 * time.Second}, tt.CodeRateLimited, tt.NotDone, false},
		{fake.Fault{Kind: fake.FailAfter}, tt.CodeUnavailable, tt.Unknown, true},
		{fake.Fault{Kind: fake.CommitLate, Delay: time.Hour}, tt.CodeUnavailable, tt.Unknown, false},
	}
	for _, f := range faults {
		for _, c := range calls {
			t.Run(fmt.Sprintf("%s, %s", c.name, f.fault.Kind), func(t *testing.T) {
				b := fake.NewBackend(fake.WithLease(time.Hour))
				sys := b.Open("msk")
				id := mustCreate(t, sys, "sw1", "first")
				before := fmt.Sprint(b.Tickets())
				b.Inject(f.fault)

				e := failure(t, c.call(sys, id))

				want := f.outcome
				if !c.writes {
					want = tt.NotDone
				}
				assert.Equal(t, f.code, e.Code)
				assert.Equal(t, want, e.Outcome)
				assert.Equal(t, !c.risky || want == tt.NotDone, tt.SafeToRetry(e))
				assert.Equal(t, f.fault.RetryAfter, e.RetryAfter)
				assert.ErrorIs(t, e, tt.ErrTemporary)
				assert.Equal(t, []string{"fake", "msk"}, []string{e.Adapter, e.System})
				assert.Equal(t, f.changes && c.writes, before != fmt.Sprint(b.Tickets()), "whether it changed anything")
				assert.Zero(t, b.FaultsLeft())
			})
		}
	}
}

func TestErrDecidesWhatTheCallerGets(t *testing.T) {
	denied := errors.New("the night shift may not")
	tests := []struct {
		name    string
		give    error
		code    tt.Code
		outcome tt.Outcome
		is      error
		words   string
	}{
		{"a *tt.Error decides code and outcome", tt.Errorf(tt.CodeUnavailable, tt.Unknown, "HTTP 503"), tt.CodeUnavailable, tt.Unknown, tt.ErrTemporary, "HTTP 503"},
		{"one that wraps a *tt.Error too", fmt.Errorf("%w: %w", denied, tt.Errorf(tt.CodeInternal, tt.Unknown, "bug")), tt.CodeInternal, tt.Unknown, denied, "the night shift may not: tt: internal: bug"},
		{"a sentinel decides the code", tt.ErrUnauthenticated, tt.CodeUnauthenticated, tt.NotDone, tt.ErrUnauthenticated, "injected fault: tt: unauthenticated"},
		{"anything else is unavailable", io.ErrUnexpectedEOF, tt.CodeUnavailable, tt.NotDone, io.ErrUnexpectedEOF, "injected fault: unexpected EOF"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			sys := fake.New()
			sys.Backend().Inject(fake.Fault{Kind: fake.FailBefore, Err: test.give, RetryAfter: time.Minute})
			_, err := sys.CreateTT(ctx, alarm("sw1", "k"))
			e := failure(t, err)
			assert.Equal(t, test.code, e.Code)
			assert.Equal(t, test.outcome, e.Outcome)
			assert.Equal(t, time.Minute, e.RetryAfter)
			assert.ErrorIs(t, err, test.is)
			assert.ErrorContains(t, err, test.words)
		})
	}
}

func TestACreateThatIsHalfDoneTellsItsTicket(t *testing.T) {
	sys := fake.New()
	sys.Backend().Inject(fake.Fault{Kind: fake.FailAfter, Err: tt.Errorf(tt.CodeUnavailable, tt.Done, "the tags are missing")})

	created, err := sys.CreateTT(ctx, alarm("sw1", "k"))
	assert.Equal(t, "1", created.ID)
	assert.Equal(t, "1", failure(t, err).TicketID)

	again, err := sys.CreateTT(ctx, alarm("sw1", "k"))
	require.NoError(t, err)
	assert.Equal(t, "1", again.ID)
}

func TestAHalfDoneCreateThatFailedIsTheFailure(t *testing.T) {
	sys := fake.New(fake.WithInventory("sw1"))
	sys.Backend().Inject(fake.Fault{Kind: fake.FailAfter, Err: tt.Errorf(tt.CodeUnavailable, tt.Done, "the tags are missing")})
	_, err := sys.CreateTT(ctx, alarm("sw9", "k"))
	assert.ErrorIs(t, err, tt.ErrNotFound)
}

func TestTheScriptIsPlayedInOrder(t *testing.T) {
	refused := func(op string) fake.Fault { return fake.Fault{Kind: fake.FailBefore, Op: op} }
	tests := []struct {
		name   string
		script []fake.Fault
		want   string // of create, get, create, get: x where a fault struck
		left   int
	}{
		{"an entry strikes once", []fake.Fault{refused("")}, "x...", 0},
		{"or as often as it says", []fake.Fault{{Kind: fake.FailBefore, Times: 3}}, "xxx.", 0},
		{"or always", []fake.Fault{{Kind: fake.FailBefore, Times: -1}}, "xxxx", 1},
		{"an entry for a method waits for it", []fake.Fault{refused("GetTT")}, ".x..", 0},
		{"an entry behind it does not", []fake.Fault{refused("GetTT"), refused("CreateTT")}, "xx..", 0},
		{"two entries strike one after the other", []fake.Fault{refused("CreateTT"), refused("CreateTT")}, "x.x.", 0},
		{"an entry can let calls pass", []fake.Fault{{Kind: fake.FailBefore, Skip: 2}}, "..x.", 0},
		{"an entry can wait for the one before it", []fake.Fault{{Kind: fake.FailBefore, Skip: 1}, {Kind: fake.FailBefore, Skip: 1, Then: true}}, ".x.x", 0},
		{"which may never come", []fake.Fault{refused("CloseTT"), {Kind: fake.FailBefore, Then: true}}, "....", 2},
		{"or spare those that only read", []fake.Fault{{Kind: fake.FailBefore, Times: 2, Writes: true}}, "x.x.", 0},
		{"an entry for another method stays", []fake.Fault{refused("CloseTT")}, "....", 1},
		{"shutting down is spared unless named", []fake.Fault{{Kind: fake.FailBefore, Skip: 4}}, "....", 1},
		{"an entry for another process stays", []fake.Fault{{Kind: fake.FailBefore, System: "spb"}}, "....", 1},
		{"an entry for this one strikes", []fake.Fault{{Kind: fake.FailBefore, System: "msk"}}, "x...", 0},
		{"a group's entry waits for the group", []fake.Fault{{Kind: fake.FailItems}}, "....", 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := fake.NewBackend()
			sys := b.Open("msk")
			id := mustCreate(t, sys, "sw1", "k")
			b.Inject(test.script...)
			got := ""
			for range 2 {
				_, create := sys.CreateTT(ctx, alarm("sw1", "k"))
				_, get := sys.GetTT(ctx, id)
				for _, err := range []error{create, get} {
					got += map[bool]string{true: "x", false: "."}[err != nil]
				}
			}
			require.NoError(t, sys.Shutdown(ctx))
			assert.Equal(t, test.want, got)
			assert.Equal(t, test.left, b.FaultsLeft())
			b.ClearFaults()
			assert.Zero(t, b.FaultsLeft())
		})
	}
}

func TestAFaultThatCouldNeverStrikePanics(t *testing.T) {
	tests := []struct {
		name  string
		fault fake.Fault
		want  string
	}{
		{"no kind", fake.Fault{}, `fake: Inject: there is no kind ""`},
		{"a kind that does not exist", fake.Fault{Kind: "explode"}, `fake: Inject: there is no kind "explode"`},
		{"a method that does not exist", fake.Fault{Kind: fake.Slow, Op: "create_tt"}, `fake: Inject: there is no method "create_tt"`},
		{"items of a method without items", fake.Fault{Kind: fake.FailItems, Op: "CloseTT"}, "fake: Inject: CloseTT has no items: fail-items is for AddToGroupTT"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := fake.NewBackend()
			assert.PanicsWithValue(t, test.want, func() { b.Inject(fake.Fault{Kind: fake.FailBefore}, test.fault) })
			assert.Zero(t, b.FaultsLeft(), "nothing of the script was taken")
		})
	}
}

func TestAShutdownCanFail(t *testing.T) {
	sys := fake.New()
	sys.Backend().Inject(fake.Fault{Kind: fake.FailBefore, Op: "Shutdown"})
	require.ErrorIs(t, sys.Shutdown(ctx), tt.ErrUnavailable)
	mustCreate(t, sys, "sw1", "it is still up")
	require.NoError(t, sys.Shutdown(ctx))
}

func TestAFaultIsAFindingOfTheCheck(t *testing.T) {
	sys := fake.New()
	sys.Backend().Inject(fake.Fault{Kind: fake.FailBefore, Err: tt.ErrUnauthenticated})
	found, err := sys.Check(ctx)
	require.NoError(t, err)
	require.Len(t, found, 1)
	assert.False(t, found[0].OK)
	assert.ErrorIs(t, found[0].Err, tt.ErrUnauthenticated)

	found, err = sys.Check(ctx)
	require.NoError(t, err)
	assert.Equal(t, []tt.CheckResult{{Name: "backend", OK: true, Detail: "in memory, 0 tickets"}}, found)
}

func TestSlow(t *testing.T) {
	slow := fake.Fault{Kind: fake.Slow, Delay: time.Minute}
	t.Run("the reply comes after the delay", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			sys := fake.New()
			sys.Backend().Inject(slow)
			start := time.Now()
			mustCreate(t, sys, "sw1", "k")
			assert.Equal(t, time.Minute, time.Since(start))
		})
	})
	t.Run("other calls do not wait for it", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := fake.NewBackend()
			a, other := b.Open("a"), b.Open("b")
			b.Inject(slow)
			go func() { _, _ = a.CreateTT(ctx, alarm("sw1", "k")) }()
			synctest.Wait()
			start := time.Now()
			id, err := other.FindTT(ctx, "k")
			require.NoError(t, err)
			assert.Equal(t, "1", id, "it has taken effect")
			assert.Zero(t, time.Since(start))
			time.Sleep(slow.Delay)
		})
	})
	t.Run("a caller who gives up does not know what happened", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := fake.NewBackend()
			sys := b.Open("msk")
			b.Inject(slow)
			short, cancel := context.WithTimeout(ctx, time.Second)
			defer cancel()
			start := time.Now()

			created, err := sys.CreateTT(short, alarm("sw1", "k"))

			assert.Equal(t, time.Second, time.Since(start), "it returns at once")
			assert.Equal(t, tt.Created{}, created)
			e := failure(t, err)
			assert.Equal(t, tt.CodeCanceled, e.Code)
			assert.Equal(t, tt.Unknown, e.Outcome)
			assert.True(t, tt.SafeToRetry(err))
			assert.ErrorIs(t, err, context.DeadlineExceeded)
			assert.ErrorIs(t, err, tt.ErrTemporary)
			history := b.History()
			require.Len(t, history, 1)
			assert.Equal(t, "CreateTT 1 sw1 key=k [slow] changed: canceled", history[0].String())
		})
	})
}

func TestCommitLate(t *testing.T) {
	late := func(op string) fake.Fault { return fake.Fault{Kind: fake.CommitLate, Op: op, Delay: time.Minute} }
	t.Run("a create without a repeat arrives", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			sys := fake.New()
			sys.Backend().Inject(late("CreateTT"))
			asked := time.Now().UTC()
			_, err := sys.CreateTT(ctx, alarm("sw1", "k"))
			require.ErrorIs(t, err, tt.ErrTemporary)
			_, err = sys.FindTT(ctx, "k")
			require.ErrorIs(t, err, tt.ErrNotFound)

			time.Sleep(time.Minute)
			id, err := sys.FindTT(ctx, "k")
			require.NoError(t, err)
			ticket, err := sys.GetTT(ctx, id)
			require.NoError(t, err)
			assert.Equal(t, asked, ticket.OpenedAt, "the caller asked then")
			assert.Equal(t, asked.Add(time.Minute), ticket.StageAt, "the server acted then")
		})
	})
	t.Run("it is dropped even when the ticket of the key has ended", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			sys := fake.New()
			sys.Backend().Inject(late("CreateTT"))
			_, err := sys.CreateTT(ctx, alarm("sw1", "k"))
			require.Error(t, err)
			id := mustCreate(t, sys, "sw1", "k")
			_, err = sys.CloseTT(ctx, tt.CloseRequest{ID: id})
			require.NoError(t, err)

			time.Sleep(time.Minute)
			assert.Len(t, sys.Backend().Tickets(), 1)
		})
	})
	t.Run("without a key a repeat makes a second ticket", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			sys := fake.New()
			sys.Backend().Inject(late("CreateTT"))
			_, err := sys.CreateTT(ctx, alarm("sw1", ""))
			assert.False(t, tt.SafeToRetry(err), "the error warned of it")
			mustCreate(t, sys, "sw1", "")

			time.Sleep(time.Minute)
			assert.Len(t, sys.Backend().Tickets(), 2)
		})
	})
	t.Run("it finds the ticket in another state", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := fake.NewBackend(fake.WithoutCommentsAfterClose())
			sys := b.Open("msk")
			id := mustCreate(t, sys, "sw1", "k")
			b.Inject(late("AddComment"))
			require.Error(t, sys.AddComment(ctx, tt.CommentRequest{ID: id, Body: "still down"}))
			_, err := sys.CloseTT(ctx, tt.CloseRequest{ID: id})
			require.NoError(t, err)

			time.Sleep(time.Minute)
			history := b.History()
			last := history[len(history)-1]
			assert.Equal(t, "AddComment 1 [commit-late] [arrived late]: closed", last.String())
			assert.Equal(t, "msk", last.System)
			assert.Empty(t, b.Tickets()[0].Comments)
		})
	})
	t.Run("a read has nothing to commit", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			sys := fake.New()
			sys.Backend().Inject(late("FindTT"))
			_, err := sys.FindTT(ctx, "k")
			require.ErrorIs(t, err, tt.ErrUnavailable)
			time.Sleep(time.Hour)
			assert.Len(t, sys.Backend().History(), 1)
		})
	})
}

func TestACallThatArrivesTwiceActsOnce(t *testing.T) {
	b := fake.NewBackend()
	sys := b.Open("msk")
	b.Inject(fake.Fault{Kind: fake.Twice, Times: 4})
	for _, key := range []string{"k", ""} {
		created, err := sys.CreateTT(ctx, alarm("sw1", key))
		require.NoError(t, err)
		assert.True(t, created.Existed, "the second reply arrives")
		require.NoError(t, sys.AddComment(ctx, tt.CommentRequest{ID: created.ID, Body: "still down", Key: key}))
	}
	tickets := b.Tickets()
	require.Len(t, tickets, 2)
	for _, ticket := range tickets {
		assert.Len(t, ticket.Comments, 1)
	}
	assert.Equal(t, "CreateTT 1 sw1 key=k [twice] changed", b.History()[0].String())
}

func TestAnAdditionThatTheCallerGivesUpIsCanceled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sys := fake.New()
		id := mustCreate(t, sys, "sw1", "k")
		_, err := sys.CreateGroupTT(ctx, id, time.Time{})
		require.NoError(t, err)
		sys.Backend().Inject(fake.Fault{Kind: fake.Slow, Delay: time.Minute})
		short, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		items, err := sys.AddToGroupTT(short, id, "sw2")
		assert.ErrorIs(t, err, tt.ErrCanceled)
		assert.Empty(t, items)
		assert.Equal(t, []string{"sw1", "sw2"}, sys.Backend().Tickets()[0].Objects)
	})
}

func TestItemsOfAGroup(t *testing.T) {
	const ok, temp, fail, skip = tt.ItemOK, tt.ItemTemp, tt.ItemFail, tt.ItemSkip
	lost := tt.Errorf(tt.CodeUnavailable, tt.Unknown, "connection reset")
	tests := []struct {
		name    string
		fault   fake.Fault
		want    []tt.ItemStatus // of sw1 (the leader), "", sw2, sw3
		members []string
	}{
		{"without a fault only the bad object fails", fake.Fault{Kind: fake.Slow},
			[]tt.ItemStatus{ok, fail, ok, ok}, []string{"sw1", "sw2", "sw3"}},
		{"one object fails for now", fake.Fault{Kind: fake.FailItems, Objects: []string{"sw2"}},
			[]tt.ItemStatus{ok, fail, temp, ok}, []string{"sw1", "sw3"}},
		{"one object fails for good", fake.Fault{Kind: fake.FailItems, Objects: []string{"sw3"}, Err: tt.ErrPermissionDenied},
			[]tt.ItemStatus{ok, fail, ok, fail}, []string{"sw1", "sw2"}},
		{"all objects are unsupported", fake.Fault{Kind: fake.FailItems, Err: tt.ErrUnsupported},
			[]tt.ItemStatus{skip, fail, skip, skip}, []string{"sw1"}},
		{"the reply is lost after they joined", fake.Fault{Kind: fake.FailAfter},
			[]tt.ItemStatus{temp, temp, temp, temp}, []string{"sw1", "sw2", "sw3"}},
		{"they join later", fake.Fault{Kind: fake.CommitLate, Delay: time.Hour},
			[]tt.ItemStatus{temp, temp, temp, temp}, []string{"sw1"}},
		{"the connection is cut before", fake.Fault{Kind: fake.FailBefore, Err: lost},
			[]tt.ItemStatus{temp, temp, temp, temp}, []string{"sw1"}},
		{"nothing could be tried", fake.Fault{Kind: fake.FailBefore}, nil, []string{"sw1"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			sys := fake.New()
			id := mustCreate(t, sys, "sw1", "k")
			_, err := sys.CreateGroupTT(ctx, id, time.Time{})
			require.NoError(t, err)
			test.fault.Op = "AddToGroupTT"
			sys.Backend().Inject(test.fault)

			objs := []string{"sw1", "", "sw2", "sw3"}
			items, err := sys.AddToGroupTT(ctx, id, objs...)

			assert.Equal(t, test.want == nil, err != nil, "error: %v", err)
			require.Len(t, items, len(test.want))
			for i, item := range items {
				assert.Equal(t, objs[i], item.Object)
				assert.Equal(t, test.want[i], item.Status, "%s", item.Object)
				if item.Status != ok {
					e := failure(t, item.Err)
					assert.Equal(t, []string{"AddToGroupTT", id}, []string{e.Op, e.TicketID})
					assert.True(t, tt.SafeToRetry(e))
				}
			}
			assert.Equal(t, test.members, sys.Backend().Tickets()[0].Objects)
		})
	}
}
