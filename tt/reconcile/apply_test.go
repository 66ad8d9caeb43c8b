package reconcile_test

import (
	"context"
	"encoding/json"
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

// outcomes shows results in a form that a table can hold.
func outcomes(results []reconcile.Result) []string {
	all := []string{}
	for _, r := range results {
		line := string(r.Action) + " " + r.TicketID + " " + string(r.Status)
		if r.Err != nil {
			line += " " + string(tt.CodeOf(r.Err))
		}
		if r.Note != "" {
			line += ": " + r.Note
		}
		all = append(all, line)
	}
	return all
}

func TestApplyRepairsEverything(t *testing.T) {
	on(t, func(s *stage) {
		s.ticket("orphan", "a")
		s.ticket("renew", "b")
		s.ticket("join", "c")
		s.close(s.ticket("s/1", "d"))
		other := s.backend.Open("other", fake.WithNamespace("staging"))
		_, err := other.CreateTT(s.ctx, tt.CreateRequest{Object: "a", Subject: "s", Key: "orphan"})
		require.NoError(t, err)
		_, err = s.backend.Console("ivan").Create("a", "by hand")
		require.NoError(t, err)
		time.Sleep(13 * time.Hour)
		alarms := []reconcile.Alarm{alarm("renew", "b"), alarm("join", "c", "x"), alarm("new", "e", "f"), series("s", "d")}

		diff := s.plan(alarms, reconcile.Options{})
		results := s.apply(diff, reconcile.Limits{Login: "cron", Workers: 1})
		assert.Equal(t, []string{
			"open 7 ok", "open 8 ok", "renew 2 ok", "renew 3 ok", "join 3 ok", "close 1 ok",
		}, outcomes(results))
		assert.Equal(t, []string{
			"1 closed orphan a", "2 open renew b", "3 open join c+x", "4 closed s/1 d", "5 open orphan a", "6 open  a", "7 open new e+f", "8 open s/2 d",
		}, s.states(), "those of staging and of people are as they were")
		closed, err := s.sys.GetTT(s.ctx, "1")
		require.NoError(t, err)
		require.Len(t, closed.Comments, 1)
		assert.Equal(t, "Closed by reconciliation", closed.Comments[0].Subject)
		assert.Equal(t, "no alarm asks for it.", closed.Comments[0].Body)
		assert.Equal(t, "cron", closed.Comments[0].Login)
		again := s.plan(alarms, reconcile.Options{})
		assert.Empty(t, lines(again))
		assert.False(t, again.Differs())
	}, fake.WithLease(day))
}

func TestApplyLooksAgainBeforeItActs(t *testing.T) {
	for _, row := range []struct {
		name    string
		setting []fake.Option
		before  func(s *stage)
		alarms  []reconcile.Alarm
		between func(s *stage) // after the plan
		want    []string
		states  []string
	}{
		{name: "an orphan that somebody closed is done",
			before: func(s *stage) { s.ticket("k", "a") }, between: func(s *stage) { s.close("1") },
			want: []string{"close 1 ok: it had ended already"}, states: []string{"1 closed k a"}},
		{name: "an orphan that somebody commented on stays",
			before: func(s *stage) { s.ticket("k", "a") },
			between: func(s *stage) {
				require.NoError(s, s.sys.AddComment(s.ctx, tt.CommentRequest{ID: "1", Body: "fires again"}))
			},
			want: []string{"close 1 temp unavailable"}, states: []string{"1 open k a"}},
		{name: "an orphan whose lease was renewed stays", setting: []fake.Option{fake.WithLease(day)},
			before:  func(s *stage) { s.ticket("k", "a") },
			between: func(s *stage) { require.NoError(s, s.sys.RenewTT(s.ctx, "1", time.Now().Add(2*day))) },
			want:    []string{"close 1 temp unavailable"}, states: []string{"1 open k a"}},
		{name: "an orphan that became a group stays",
			before: func(s *stage) { s.ticket("k", "a", "b") },
			between: func(s *stage) {
				_, err := s.sys.AddToGroupTT(s.ctx, "1", "c")
				require.NoError(s, err)
			}, want: []string{"close 1 temp unavailable"}, states: []string{"1 open k a+b+c"}},
		{name: "a ticket that was opened meanwhile is the alarm's",
			alarms: []reconcile.Alarm{alarm("k", "a", "b")}, between: func(s *stage) { s.ticket("k", "a") },
			want: []string{"open 1 ok"}, states: []string{"1 open k a+b"}},
		{name: "so is one of the series on another of its objects",
			alarms: []reconcile.Alarm{series("s", "a", "b")}, between: func(s *stage) { s.ticket("s/1", "b") },
			want: []string{"open 1 ok"}, states: []string{"1 open s/1 b+a"}},
		{name: "one of the key on another object is a conflict",
			alarms: []reconcile.Alarm{alarm("k", "a")}, between: func(s *stage) { s.ticket("k", "b") },
			want: []string{"open 1 fail conflict"}, states: []string{"1 open k b"}},
		{name: "one that was opened and closed meanwhile needs a new plan",
			alarms: []reconcile.Alarm{series("s", "a")}, between: func(s *stage) { s.close(s.ticket("s/1", "a")) },
			want: []string{"open 1 temp unavailable"}, states: []string{"1 closed s/1 a"}},
		{name: "a lease cannot be renewed that ended meanwhile", setting: []fake.Option{fake.WithLease(100 * time.Minute)},
			before: func(s *stage) { s.ticket("k", "a") }, alarms: []reconcile.Alarm{alarm("k", "a")}, between: func(s *stage) { time.Sleep(time.Hour) },
			want: []string{"renew 1 fail closed"}, states: []string{"1 expired k a"}},
		{name: "a close that waits for an approval is done", setting: []fake.Option{fake.WithPendingClose(0)},
			before: func(s *stage) { s.ticket("k", "a") },
			want:   []string{"close 1 ok: the close is accepted and pending"}, states: []string{"1 pending k a"}},
		{name: "a leader that the system does not know gives way to a member of the series", setting: []fake.Option{fake.WithInventory("b", "c")},
			alarms: []reconcile.Alarm{series("s", "a", "b", "c")},
			want:   []string{"open 1 fail not_found"}, states: []string{"1 open s/1 b+c"}},
		{name: "but not to another object of an episode", setting: []fake.Option{fake.WithInventory("b")},
			alarms: []reconcile.Alarm{alarm("k", "a", "b")}, want: []string{"open  fail not_found"}, states: nil},
		{name: "groups are skipped where there are none", setting: []fake.Option{fake.WithoutGroups()},
			alarms: []reconcile.Alarm{alarm("k", "a", "b")}, want: []string{"open 1 ok"}, states: []string{"1 open k a"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			on(t, func(s *stage) {
				if row.before != nil {
					row.before(s)
				}
				time.Sleep(time.Hour)
				diff := s.plan(row.alarms, reconcile.Options{AllowEmpty: true})
				if row.between != nil {
					row.between(s)
				}
				assert.Equal(t, row.want, outcomes(s.apply(diff, reconcile.Limits{})))
				assert.Equal(t, row.states, s.states())
			}, row.setting...)
		})
	}
}

func TestMoreClosesThanAllowedAreNotBegun(t *testing.T) {
	on(t, func(s *stage) {
		for n := range 11 {
			s.ticket(fmt.Sprintf("k%d", n), "a")
		}
		time.Sleep(time.Hour)
		diff := s.plan([]reconcile.Alarm{alarm("new", "a")}, reconcile.Options{})
		require.Equal(t, 11, diff.Count(reconcile.ActionClose))
		results := s.apply(diff, reconcile.Limits{})
		assert.Equal(t, tt.ItemOK, results[0].Status, "what is not a close is done")
		for _, r := range results[1:] {
			assert.Equal(t, tt.ItemFail, r.Status)
			assert.ErrorContains(t, r.Err, "the plan closes 11 tickets and 10 are allowed, so it closes none; look at the plan, and allow 11 if it is right")
		}
		assert.NotContains(t, strings.Join(s.states(), " "), "closed")
		for _, r := range s.apply(s.plan([]reconcile.Alarm{alarm("new", "a")}, reconcile.Options{}), reconcile.Limits{MaxCloses: 11}) {
			assert.Equal(t, tt.ItemOK, r.Status)
		}
		assert.Equal(t, 11, strings.Count(strings.Join(s.states(), " "), "closed"))
	})
}

func TestClosingCanBeForbidden(t *testing.T) {
	on(t, func(s *stage) {
		s.ticket("k1", "a")
		time.Sleep(time.Hour)
		diff := s.plan([]reconcile.Alarm{alarm("k2", "a")}, reconcile.Options{})
		assert.Equal(t, []string{"open 2 ok", "close 1 fail conflict"}, outcomes(s.apply(diff, reconcile.Limits{MaxCloses: tt.Off})))
	})
}

func TestOneFailureDoesNotStopTheOthers(t *testing.T) {
	on(t, func(s *stage) {
		s.ticket("k1", "a")
		s.ticket("k2", "a")
		time.Sleep(time.Hour)
		diff := s.plan([]reconcile.Alarm{alarm("k3", "a"), alarm("k4", "b", "c", "d")}, reconcile.Options{})
		s.backend.Inject(
			fake.Fault{Kind: fake.FailAfter, Op: "CreateTT"},
			fake.Fault{Kind: fake.FailItems, Objects: []string{"c"}},
			fake.Fault{Kind: fake.FailBefore, Op: "CloseTT", Err: tt.ErrPermissionDenied},
		)
		assert.Equal(t, []string{"open  temp unavailable", "open 4 temp unavailable", "close 1 fail permission_denied", "close 2 ok"},
			outcomes(s.apply(diff, reconcile.Limits{Workers: 1})))
	})
}

func TestAnApplyThatIsCutShortSaysWhatWasNotBegun(t *testing.T) {
	on(t, func(s *stage) {
		var alarms []reconcile.Alarm
		for n := range 5 {
			alarms = append(alarms, alarm(fmt.Sprintf("k%d", n), "a"))
		}
		diff := s.plan(alarms, reconcile.Options{})
		s.backend.Inject(fake.Fault{Kind: fake.Slow, Op: "CreateTT", Delay: time.Second, Times: -1})
		ctx, cancel := context.WithTimeout(s.ctx, 2500*time.Millisecond)
		defer cancel()
		results, err := reconcile.Apply(ctx, s.sys, diff, reconcile.Limits{Workers: 1})
		require.NoError(t, err)
		assert.Equal(t, []string{"open 1 ok", "open 2 ok", "open  temp canceled", "open  temp canceled", "open  temp canceled"}, outcomes(results))

		_, err = reconcile.Apply(ctx, s.sys, diff, reconcile.Limits{})
		assert.ErrorIs(t, err, tt.ErrCanceled)
		_, err = reconcile.Plan(ctx, s.sys, alarms, reconcile.Options{})
		assert.ErrorIs(t, err, tt.ErrCanceled)
	})
}

func TestOnlyAPlanCanBeApplied(t *testing.T) {
	sys := fake.New()
	_, err := reconcile.Apply(t.Context(), sys, nil, reconcile.Limits{})
	require.ErrorIs(t, err, tt.ErrInvalid)
	results, err := reconcile.Apply(t.Context(), sys, &reconcile.Diff{Items: []reconcile.Item{
		{Action: reconcile.ActionOpen, Key: "k", Object: "a"}, {Action: reconcile.ActionClose, TicketID: "1"}, {Action: "destroy", TicketID: "1"},
	}}, reconcile.Limits{})
	require.NoError(t, err)
	for _, r := range results[:2] {
		assert.ErrorIs(t, r.Err, tt.ErrInvalid)
	}
	assert.Empty(t, sys.Backend().History(), "nothing was sent")
}

func TestAResultIsWrittenAsItsItemAndMore(t *testing.T) {
	text, err := json.Marshal([]reconcile.Result{
		{Item: reconcile.Item{Action: reconcile.ActionClose, TicketID: "7", Key: "k", Object: "a", Subject: "s", Why: "w"}, Status: tt.ItemOK, Note: "n"},
		{Item: reconcile.Item{Action: reconcile.ActionOpen, Why: "w"}, Status: tt.ItemFail, Err: tt.ErrNotFound},
	})
	require.NoError(t, err)
	assert.JSONEq(t, `[{"action":"close","tt_id":"7","key":"k","obj":"a","subject":"s","why":"w","status":"ok","error":"","note":"n"},
		{"action":"open","why":"w","status":"fail","error":"tt: not_found"}]`, string(text))
}
