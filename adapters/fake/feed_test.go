package fake_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/fake"
	"github.com/ttkit/ttkit/tt"
)

// told prints changes as lines: ticket, action, person, whose.
func told(changes []tt.Change) []string {
	lines := []string{}
	for _, c := range changes {
		whose := "foreign"
		if c.Own {
			whose = "own"
		}
		lines = append(lines, fmt.Sprintf("%s %s by %q: %q, %s", c.TicketID, c.Action, c.Login, c.Message, whose))
	}
	return lines
}

func TestTheFeedTellsEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := fake.NewBackend(fake.WithLease(time.Hour), fake.WithPendingClose(time.Minute))
		sys, alice := b.Open("msk"), b.Console("alice")
		start, err := sys.GetUpdates(ctx, tt.UpdatesRequest{All: true})
		require.NoError(t, err)

		raised := time.Now()
		_, err = sys.CreateTT(ctx, tt.CreateRequest{Object: "sw1", Subject: "link down", Login: "noc"})
		require.NoError(t, err)
		_, err = sys.CreateTT(ctx, alarm("sw2", "k"))
		require.NoError(t, err)
		require.NoError(t, sys.AddComment(ctx, tt.CommentRequest{ID: "1", Body: "still down", Login: "noc"}))
		require.NoError(t, alice.Comment("1", "on my way"))
		_, err = sys.CreateGroupTT(ctx, "1", raised)
		require.NoError(t, err)
		_, err = sys.AddToGroupTT(ctx, "1", "sw3", "sw1")
		require.NoError(t, err)
		require.NoError(t, sys.RenewTT(ctx, "1", raised.Add(2*time.Hour)))
		_, err = sys.CloseTT(ctx, tt.CloseRequest{ID: "1", Subject: "cleared", Login: "noc"})
		require.NoError(t, err)
		time.Sleep(time.Minute)
		require.NoError(t, alice.Reopen("1"))
		require.NoError(t, alice.Close("1", "cable replaced"))
		time.Sleep(time.Hour)

		updates, err := sys.GetUpdates(ctx, tt.UpdatesRequest{All: true, After: start.Next})
		require.NoError(t, err)
		assert.Equal(t, []string{
			`1 create by "noc": "link down", own`,
			`2 create by "": "link down", own`,
			`1 comment by "noc": "still down", own`,
			`1 comment by "alice": "on my way", foreign`,
			`1 promote by "": "escalated at ` + raised.UTC().Format(time.RFC3339) + `", own`,
			`1 add by "": "sw3", own`,
			`1 renew by "": "until ` + raised.Add(2*time.Hour).UTC().Format(time.RFC3339) + `", own`,
			`1 other by "noc": "a close was accepted and is pending", own`,
			`1 close by "noc": "cleared", own`,
			`1 reopen by "alice": "", foreign`,
			`1 close by "alice": "cable replaced", foreign`,
			`2 other by "": "the lease lapsed", foreign`,
		}, told(updates.Changes))
		for i, c := range updates.Changes {
			assert.Equal(t, fmt.Sprintf("%012d", i+1), c.ID)
			assert.Equal(t, time.UTC, c.At.Location())
		}
		assert.Equal(t, raised.Add(time.Hour).UTC(), updates.Changes[11].At, "when it lapsed, not when it was noticed")
	})
}

func TestWhatTheFeedIsAskedFor(t *testing.T) {
	b := fake.NewBackend()
	sys, staging := b.Open("msk"), b.Open("staging", fake.WithNamespace("staging"))
	mustCreate(t, sys, "sw1", "k")
	mustCreate(t, staging, "sw1", "k")
	_, err := b.Console("alice").Create("sw1", "a person's")
	require.NoError(t, err)
	mustCreate(t, sys, "sw2", "")
	tests := []struct {
		name string
		req  tt.UpdatesRequest
		want []string // tickets
		next string
	}{
		{"from now on", tt.UpdatesRequest{All: true}, nil, "4"},
		{"all of this library in this namespace", tt.UpdatesRequest{All: true, After: "0"}, []string{"1", "4"}, "4"},
		{"by id, whoever made them", tt.UpdatesRequest{IDs: []string{"2", "3", "9"}, After: "0"}, []string{"2", "3"}, "4"},
		{"all, and others by id", tt.UpdatesRequest{All: true, IDs: []string{"3"}, After: "0"}, []string{"1", "3", "4"}, "4"},
		{"a page", tt.UpdatesRequest{All: true, After: "0", Limit: 1}, []string{"1"}, "1"},
		{"the next page passes what is not asked for", tt.UpdatesRequest{All: true, After: "1", Limit: 1}, []string{"4"}, "4"},
		{"the end", tt.UpdatesRequest{All: true, After: "4"}, nil, "4"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			updates, err := sys.GetUpdates(ctx, test.req)
			require.NoError(t, err)
			var got []string
			for _, c := range updates.Changes {
				got = append(got, c.TicketID)
			}
			assert.Equal(t, test.want, got)
			assert.Equal(t, test.next, updates.Next)
		})
	}
	_, err = sys.GetUpdates(ctx, tt.UpdatesRequest{All: true, After: "5"})
	assert.ErrorIs(t, err, tt.ErrInvalid, "a cursor from the future is another backend's")
}

func TestAFeedThatArrivesTwiceIsWhole(t *testing.T) {
	sys := fake.New()
	mustCreate(t, sys, "sw1", "k")
	sys.Backend().Inject(fake.Fault{Kind: fake.Twice})
	updates, err := sys.GetUpdates(ctx, tt.UpdatesRequest{All: true, After: "0"})
	require.NoError(t, err)
	assert.Len(t, updates.Changes, 1)
}
