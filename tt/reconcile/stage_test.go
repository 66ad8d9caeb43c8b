package reconcile_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/fake"
	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/reconcile"
)

// stage is a fake and what a test does with it, in virtual time.
type stage struct {
	*testing.T
	ctx     context.Context
	backend *fake.Backend
	sys     tt.System
}

// on runs a test in a bubble.
func on(t *testing.T, play func(s *stage), options ...fake.Option) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		backend := fake.NewBackend(options...)
		play(&stage{t, t.Context(), backend, backend.Open("msk")})
	})
}

// ticket opens a ticket; the objects after the first are members.
func (s *stage) ticket(key string, objs ...string) string {
	s.Helper()
	created, err := s.sys.CreateTT(s.ctx, tt.CreateRequest{Object: objs[0], Subject: "down", Key: key})
	require.NoError(s, err)
	if len(objs) > 1 {
		_, err = s.sys.CreateGroupTT(s.ctx, created.ID, time.Time{})
		require.NoError(s, err)
		_, err = s.sys.AddToGroupTT(s.ctx, created.ID, objs[1:]...)
		require.NoError(s, err)
	}
	return created.ID
}

func (s *stage) close(id string) {
	s.Helper()
	_, err := s.sys.CloseTT(s.ctx, tt.CloseRequest{ID: id})
	require.NoError(s, err)
}

func (s *stage) plan(alarms []reconcile.Alarm, options reconcile.Options) *reconcile.Diff {
	s.Helper()
	diff, err := reconcile.Plan(s.ctx, s.sys, alarms, options)
	require.NoError(s, err)
	return diff
}

func (s *stage) apply(diff *reconcile.Diff, limits reconcile.Limits) []reconcile.Result {
	s.Helper()
	results, err := reconcile.Apply(s.ctx, s.sys, diff, limits)
	require.NoError(s, err)
	require.Len(s, results, len(diff.Items))
	return results
}

// states is every ticket as "id state key [objects]".
func (s *stage) states() []string {
	var all []string
	for _, t := range s.backend.Tickets() {
		all = append(all, strings.TrimSpace(t.ID+" "+string(t.State)+" "+t.Key+" "+strings.Join(t.Objects, "+")))
	}
	return all
}

// alarm is an active alarm with its key.
func alarm(key string, objs ...string) reconcile.Alarm {
	return reconcile.Alarm{Key: key, Object: objs[0], Members: objs[1:], Subject: "down"}
}

// series is one whose episode is not known.
func series(name string, objs ...string) reconcile.Alarm {
	return reconcile.Alarm{Series: name, Object: objs[0], Members: objs[1:], Subject: "down"}
}

// lines shows a plan in a form that a table can hold.
func lines(diff *reconcile.Diff) []string {
	all := []string{}
	for _, i := range diff.Items {
		line := string(i.Action)
		for _, part := range []string{i.TicketID, i.Key, i.Object, strings.Join(i.Members, "+"), strings.Join(i.Duplicates, "+")} {
			if part != "" {
				line += " " + part
			}
		}
		all = append(all, line)
	}
	for _, l := range diff.Left {
		word := "left"
		if l.Differs {
			word = "LEFT"
		}
		all = append(all, word+" "+l.TicketID+": "+l.Why)
	}
	return all
}
