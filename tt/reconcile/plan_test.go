package reconcile_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/fake"
	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/reconcile"
)

const day = 24 * time.Hour

func TestPlanSaysWhatDiffers(t *testing.T) {
	lease := []fake.Option{fake.WithLease(day)}
	for _, row := range []struct {
		name    string
		setting []fake.Option
		before  func(s *stage) // an hour and more before the alarms are listed
		wait    time.Duration  // 0: one hour
		after   func(s *stage) // just before
		alarms  []reconcile.Alarm
		want    []string // … stands for any end
	}{
		{name: "nothing on either side", want: []string{}},
		{name: "an alarm with its ticket is fine",
			before: func(s *stage) { s.ticket("k1", "a") }, alarms: []reconcile.Alarm{alarm("k1", "a")}, want: []string{}},
		{name: "an alarm without a ticket gets one",
			alarms: []reconcile.Alarm{alarm("k1", "a", "b")}, want: []string{"open k1 a b"}},
		{name: "a ticket without an alarm is closed",
			before: func(s *stage) { s.ticket("k1", "a"); s.ticket("k2", "b") }, alarms: []reconcile.Alarm{alarm("k2", "b")},
			want: []string{"close 1 k1 a"}},
		{name: "a ticket of another episode of the alarm is closed, and this one gets its own",
			before: func(s *stage) { s.ticket("k1/monday", "a") }, alarms: []reconcile.Alarm{alarm("k1/tuesday", "a")},
			want: []string{"open k1/tuesday a", "close 1 k1/monday a"}},
		{name: "a ticket opened while the alarms were listed stays",
			after: func(s *stage) { s.ticket("k1", "a") }, alarms: nil, want: []string{"left 1: no alarm asks for it, but something happened…"}},
		{name: "so does one that was opened late for an old alarm",
			after: func(s *stage) {
				_, err := s.sys.CreateTT(s.ctx, tt.CreateRequest{Object: "a", Subject: "s", Key: "k", Timestamp: time.Now().Add(-day)})
				require.NoError(s, err)
			}, want: []string{"left 1: no alarm asks for it, but something happened…"}},
		{name: "so does one that somebody commented on just now",
			before: func(s *stage) { s.ticket("k1", "a") },
			after:  func(s *stage) { require.NoError(s, s.backend.Console("ivan").Comment("1", "looking at it")) },
			want:   []string{"left 1: no alarm asks for it, but something happened…"}},
		{name: "so does one whose lease was renewed just now", setting: lease,
			before: func(s *stage) { s.ticket("k1", "a") },
			after:  func(s *stage) { require.NoError(s, s.sys.RenewTT(s.ctx, "1", time.Now().Add(day))) },
			want:   []string{"left 1: no alarm asks for it, but something happened…"}},
		{name: "an alarm raised just now is left to whoever opens tickets",
			alarms: []reconcile.Alarm{{Key: "k", Object: "a", Subject: "s", Timestamp: time.Date(2000, 1, 1, 0, 58, 0, 0, time.UTC)}},
			want:   []string{"left : the alarm was raised at 2000-01-01T00:58:00Z…"}},
		{name: "an alarm raised before is not",
			alarms: []reconcile.Alarm{{Key: "k", Object: "a", Subject: "s", Timestamp: time.Date(2000, 1, 1, 0, 50, 0, 0, time.UTC)}},
			want:   []string{"open k a"}},
		{name: "a ticket that the list does not show yet is found by its key", setting: []fake.Option{fake.WithLag(time.Minute)},
			after: func(s *stage) { s.ticket("k1", "a"); time.Sleep(time.Minute) }, alarms: []reconcile.Alarm{alarm("k1", "a")}, want: []string{}},
		{name: "a ticket without a key is left",
			before: func(s *stage) { s.ticket("", "a") }, want: []string{"left 1: it was made without a key…"}},
		{name: "a foreign ticket is not seen",
			before: func(s *stage) {
				_, err := s.backend.Console("ivan").Create("a", "by hand")
				require.NoError(s, err)
			}, want: []string{}},
		{name: "a ticket that is about to close is left", setting: []fake.Option{fake.WithPendingClose(0)},
			before: func(s *stage) { s.ticket("k1", "a") }, after: func(s *stage) { s.close("1") }, want: []string{"left 1: its close is pending"}},
		{name: "a ticket whose close has been pending for long is closed again", setting: []fake.Option{fake.WithPendingClose(0)},
			before: func(s *stage) { s.close(s.ticket("k1", "a")) }, want: []string{"close 1 k1 a"}},
		{name: "an alarm whose ticket is about to close is left", setting: []fake.Option{fake.WithPendingClose(0)},
			before: func(s *stage) { s.close(s.ticket("k1", "a")) }, alarms: []reconcile.Alarm{alarm("k1", "a")},
			want: []string{"left 1: the alarm is active, but the close of its ticket is pending"}},
		{name: "an alarm whose ticket a person closed has had its ticket",
			before: func(s *stage) { s.close(s.ticket("k1", "a")) }, alarms: []reconcile.Alarm{alarm("k1", "a")},
			want: []string{"left 1: the ticket of this episode is closed…"}},
		{name: "an alarm whose ticket lapsed is for a person", setting: []fake.Option{fake.WithLease(time.Hour)},
			before: func(s *stage) { s.ticket("k1", "a") }, wait: 2 * time.Hour, alarms: []reconcile.Alarm{alarm("k1", "a")},
			want: []string{"LEFT 1: the alarm is active and its ticket lapsed at 2000-01-01T01:00:00Z…"}},
		{name: "a ticket on another object is for a person",
			before: func(s *stage) { s.ticket("k1", "a") }, alarms: []reconcile.Alarm{alarm("k1", "b")},
			want: []string{`LEFT 1: the ticket stands on "a" and the alarm on "b"…`}},

		{name: "a lease with more than half of it left is fine", setting: lease,
			before: func(s *stage) { s.ticket("k1", "a") }, wait: 11 * time.Hour, alarms: []reconcile.Alarm{alarm("k1", "a")}, want: []string{}},
		{name: "a lease with less is renewed", setting: lease,
			before: func(s *stage) { s.ticket("k1", "a") }, wait: 13 * time.Hour, alarms: []reconcile.Alarm{alarm("k1", "a")}, want: []string{"renew 1 k1 a"}},
		{name: "that of a silenced alarm, too", setting: lease,
			before: func(s *stage) { s.ticket("k1", "a") }, wait: 13 * time.Hour,
			alarms: []reconcile.Alarm{{Key: "k1", Object: "a", Subject: "s", KeepOnly: true}}, want: []string{"renew 1 k1 a"}},
		{name: "that of an orphan is not", setting: lease,
			before: func(s *stage) { s.ticket("k1", "a") }, wait: 13 * time.Hour, want: []string{"close 1 k1 a"}},

		{name: "members that the group lacks join",
			before: func(s *stage) { s.ticket("k1", "a", "b") }, alarms: []reconcile.Alarm{alarm("k1", "a", "b", "c", "c", "a")}, want: []string{"join 1 k1 a c"}},
		{name: "members that the alarm lacks stay",
			before: func(s *stage) { s.ticket("k1", "a", "b") }, alarms: []reconcile.Alarm{alarm("k1", "a")}, want: []string{}},
		{name: "where there are no groups nobody joins", setting: []fake.Option{fake.WithoutGroups()},
			before: func(s *stage) { s.ticket("k1", "a") }, alarms: []reconcile.Alarm{alarm("k1", "a", "b")}, want: []string{}},
		{name: "nothing is opened or added for a silenced alarm",
			before: func(s *stage) { s.ticket("k1", "a") },
			alarms: []reconcile.Alarm{
				{Key: "k1", Object: "a", Members: []string{"b"}, Subject: "s", KeepOnly: true},
				{Key: "k2", KeepOnly: true}, {Series: "s", Object: "a", Subject: "s", KeepOnly: true}},
			want: []string{}},

		{name: "an episode of a series is the alarm's, whatever its number",
			before: func(s *stage) { s.close(s.ticket("s/1", "a")); s.ticket("s/2", "b") }, alarms: []reconcile.Alarm{series("s", "b")}, want: []string{}},
		{name: "an object that the episode lacks joins, also the first",
			before: func(s *stage) { s.ticket("s/1", "a") }, alarms: []reconcile.Alarm{series("s", "b", "a")}, want: []string{"join 1 s/1 a b"}},
		{name: "a series that never had a ticket begins with 1",
			alarms: []reconcile.Alarm{series("s", "a")}, want: []string{"open s/1 a"}},
		{name: "the next episode has the next number",
			before: func(s *stage) {
				for n := range 11 {
					s.close(s.ticket(fmt.Sprintf("s/%d", n+1), "a"))
				}
			}, alarms: []reconcile.Alarm{series("s", "a")}, want: []string{"open s/12 a"}},
		{name: "an episode that was closed just now has no next one yet",
			before: func(s *stage) { s.ticket("s/1", "a") }, after: func(s *stage) { s.close("1") }, alarms: []reconcile.Alarm{series("s", "a")},
			want: []string{"left 1: its last ticket ended at 2000-01-01T01:00:00Z…"}},
		{name: "an episode that lapsed has a next one", setting: []fake.Option{fake.WithLease(time.Hour)},
			before: func(s *stage) { s.ticket("s/1", "a") }, wait: 2 * time.Hour, alarms: []reconcile.Alarm{series("s", "a")}, want: []string{"open s/2 a"}},
		{name: "an episode whose close is pending has a next one, and is closed again", setting: []fake.Option{fake.WithPendingClose(0)},
			before: func(s *stage) { s.close(s.ticket("s/1", "a")) }, alarms: []reconcile.Alarm{series("s", "a")},
			want: []string{"open s/2 a", "close 1 s/1 a"}},
		{name: "of two open episodes the earlier one is closed",
			before: func(s *stage) { s.ticket("s/10", "a"); s.ticket("s/9", "a") }, alarms: []reconcile.Alarm{series("s", "a")}, want: []string{"close 2 s/9 a"}},
		{name: "keys that only look like the series' are not",
			before: func(s *stage) {
				for _, key := range []string{"s/x", "s/01", "s/0", "s", "ss/1", "s/1/2"} {
					s.ticket(key, "a")
				}
			}, alarms: []reconcile.Alarm{series("s", "a")},
			want: []string{"open s/1 a", "close 1 s/x a", "close 2 s/01 a", "close 3 s/0 a", "close 4 s a", "close 5 ss/1 a", "close 6 s/1/2 a"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			on(t, func(s *stage) {
				if row.before != nil {
					row.before(s)
				}
				if row.wait == 0 {
					row.wait = time.Hour
				}
				time.Sleep(row.wait)
				if row.after != nil {
					row.after(s)
				}
				tickets := s.backend.Tickets()
				diff := s.plan(row.alarms, reconcile.Options{AllowEmpty: true})
				got := lines(diff)
				require.Len(t, got, len(row.want), strings.Join(got, "\n"))
				for i, want := range row.want {
					if begin, open := strings.CutSuffix(want, "…"); open {
						assert.True(t, strings.HasPrefix(got[i], begin), "%s\nshould begin with %s", got[i], begin)
					} else {
						assert.Equal(t, want, got[i])
					}
				}
				assert.Equal(t, tickets, s.backend.Tickets(), "a plan changes nothing")
				differs := len(diff.Items) > 0
				for _, line := range got {
					differs = differs || strings.HasPrefix(line, "LEFT")
				}
				assert.Equal(t, differs, diff.Differs())
			}, row.setting...)
		})
	}
}

func TestAlarmsThatCannotBeUsedAreRefused(t *testing.T) {
	good := alarm("k", "a")
	for _, row := range []struct {
		name    string
		alarms  []reconcile.Alarm
		options reconcile.Options
		says    string
	}{
		{"no alarms", nil, reconcile.Options{}, "the list of alarms is empty"},
		{"an alarm twice", []reconcile.Alarm{good, good}, reconcile.Options{}, `alarm 2: "k" is given twice`},
		{"an alarm without a key", []reconcile.Alarm{{Object: "a", Subject: "s"}}, reconcile.Options{}, "alarm 1"},
		{"both names", []reconcile.Alarm{{Key: "k", Series: "s", Object: "a", Subject: "s"}}, reconcile.Options{}, "both a key and a series"},
		{"a series without room for a number", []reconcile.Alarm{series(strings.Repeat("s", 240), "a")}, reconcile.Options{}, "series is longer than"},
		{"no object", []reconcile.Alarm{{Key: "k", Subject: "s"}}, reconcile.Options{}, "object is empty"},
		{"no subject", []reconcile.Alarm{{Key: "k", Object: "a"}}, reconcile.Options{}, "subject is empty"},
		{"a bad member", []reconcile.Alarm{alarm("k", "a", "")}, reconcile.Options{}, "member: object is empty"},
		{"a key that the list does not speak for", []reconcile.Alarm{good}, reconcile.Options{Owns: func(key string) bool { return key == "x" }},
			`"k" is not among the keys`},
		{"a list of yesterday", []reconcile.Alarm{good}, reconcile.Options{At: time.Now().Add(-day)}, "the list of alarms is 24h0m0s old, and may be 1h0m0s"},
	} {
		t.Run(row.name, func(t *testing.T) {
			backend := fake.NewBackend()
			diff, err := reconcile.Plan(t.Context(), backend.Open("msk"), row.alarms, row.options)
			require.ErrorIs(t, err, tt.ErrInvalid)
			assert.ErrorContains(t, err, row.says)
			assert.ErrorContains(t, err, "Reconcile: invalid: ")
			assert.Nil(t, diff)
			assert.Empty(t, backend.History(), "nothing was asked")
		})
	}
}

func TestAListThatCannotBeReadWholeMakesNoPlan(t *testing.T) {
	for _, row := range []struct {
		name  string
		fault fake.Fault
		code  tt.Code
		says  string
	}{
		{"the first page fails", fake.Fault{Kind: fake.FailBefore, Op: "ListTTs"}, tt.CodeUnavailable, "could not be read whole"},
		{"a later page fails", fake.Fault{Kind: fake.FailBefore, Op: "ListTTs", Skip: 1}, tt.CodeUnavailable, "could not be read whole"},
		{"the list is refused", fake.Fault{Kind: fake.FailBefore, Op: "ListTTs", Err: tt.ErrPermissionDenied}, tt.CodePermissionDenied, "could not be read whole"},
		{"a ticket cannot be read for now", fake.Fault{Kind: fake.Throttle, Op: "GetTT", RetryAfter: time.Second, Skip: 17}, tt.CodeRateLimited, "could not be read"},
		{"the look-up of a missing one fails", fake.Fault{Kind: fake.FailBefore, Op: "FindTT"}, tt.CodeUnavailable, `the ticket of "new" could not be looked up`},
	} {
		t.Run(row.name, func(t *testing.T) {
			on(t, func(s *stage) {
				for n := range 150 {
					s.ticket(fmt.Sprintf("k%d", n), "a")
				}
				time.Sleep(time.Hour)
				s.backend.Inject(row.fault)
				diff, err := reconcile.Plan(s.ctx, s.sys, []reconcile.Alarm{alarm("new", "a")}, reconcile.Options{})
				require.Error(t, err)
				assert.Equal(t, row.code, tt.CodeOf(err))
				assert.ErrorContains(t, err, row.says)
				assert.Nil(t, diff)
			})
		})
	}
}

// endless is a system whose list never ends.
type endless struct{ tt.System }

func (endless) ListTTs(context.Context, tt.ListRequest) (tt.List, error) {
	return tt.List{Next: "x"}, nil
}

func TestAListThatDoesNotEndMakesNoPlan(t *testing.T) {
	_, err := reconcile.Plan(t.Context(), endless{fake.New()}, []reconcile.Alarm{alarm("k", "a")}, reconcile.Options{})
	assert.ErrorContains(t, err, "does not end")
	assert.ErrorIs(t, err, tt.ErrInternal)
}

func TestATicketThatCanNeverBeReadIsForAPersonAndStopsNothing(t *testing.T) {
	on(t, func(s *stage) {
		s.ticket("k1", "a")
		s.ticket("k2", "b")
		time.Sleep(time.Hour)
		s.backend.Inject(fake.Fault{Kind: fake.FailBefore, Op: "GetTT", Err: tt.Errorf(tt.CodeInternal, tt.NotDone, "the row is broken")})
		diff := s.plan(nil, reconcile.Options{AllowEmpty: true, Workers: 1})
		require.Len(t, diff.Left, 1)
		assert.Equal(t, "1", diff.Left[0].TicketID)
		assert.True(t, diff.Left[0].Differs)
		assert.Equal(t, "close 2 k2 b", lines(diff)[0])
	})
}

func TestAListThatSpeaksForSomeKeysLeavesTheOthersAlone(t *testing.T) {
	on(t, func(s *stage) {
		s.ticket("net/1", "a")
		s.ticket("power/1", "a")
		s.ticket("", "a")
		time.Sleep(time.Hour)
		diff := s.plan(nil, reconcile.Options{AllowEmpty: true, Owns: func(key string) bool { return strings.HasPrefix(key, "net/") }})
		assert.Equal(t, []string{"close 1 net/1 a"}, lines(diff))
		assert.Equal(t, 1, diff.Tickets)
		assert.Equal(t, 2, diff.Outside)
	})
}

func TestGraceAndAgeCanBeTurnedOff(t *testing.T) {
	on(t, func(s *stage) {
		s.ticket("k1", "a")
		time.Sleep(day)
		at := time.Now().Add(-day)
		time.Sleep(time.Second)
		diff := s.plan(nil, reconcile.Options{AllowEmpty: true, At: at, MaxAge: tt.Off, Grace: tt.Off})
		assert.Equal(t, []string{"close 1 k1 a"}, lines(diff), "a ticket as old as the list is judged")
	})
}

func TestADiffTellsItselfToPeople(t *testing.T) {
	on(t, func(s *stage) {
		s.ticket("k1", "a")
		s.ticket("k2", "b", "c")
		s.ticket("k3", "d")
		time.Sleep(13 * time.Hour)
		diff := s.plan([]reconcile.Alarm{alarm("k2", "b", "c", "e"), alarm("k4", "f"), alarm("k3", "x")}, reconcile.Options{})
		assert.Equal(t, "1 to open, 2 to renew, 1 to add members to, 1 to close, 1 for a person", diff.String())
		var text []string
		for _, i := range diff.Items {
			text = append(text, i.String())
		}
		for _, l := range diff.Left {
			text = append(text, l.String())
		}
		assert.Equal(t, []string{
			"open   key k4, object f: the alarm is active and has no ticket",
			"renew  ticket 2, key k2, object b: the alarm goes on, and the lease ends at 2000-01-02T00:00:00Z",
			"renew  ticket 3, key k3, object d: the alarm goes on, and the lease ends at 2000-01-02T00:00:00Z",
			"join   ticket 2, key k2, object b: objects of the alarm are not on the ticket: e",
			"close  ticket 1, key k1, object a: no alarm asks for it",
			`left   ticket 3, key k3, object d: the ticket stands on "d" and the alarm on "x": the key was used for two`,
		}, text)
	}, fake.WithLease(day))
	assert.Equal(t, "nothing differs", new(reconcile.Diff).String())
}
