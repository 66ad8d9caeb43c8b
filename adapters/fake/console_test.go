package fake_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/fake"
	"github.com/ttkit/ttkit/tt"
)

func TestAPersonsTicketCanBeReadAndChangedByItsIDOnly(t *testing.T) {
	b := fake.NewBackend(fake.WithLag(time.Nanosecond))
	sys, alice := b.Open("msk"), b.Console("alice")
	id, err := alice.Create("sw1", "a person's")
	require.NoError(t, err)
	time.Sleep(time.Microsecond)

	ticket, err := sys.GetTT(ctx, id)
	require.NoError(t, err)
	assert.Equal(t, []string{"sw1", "a person's", "alice", ""}, []string{ticket.Object, ticket.Subject, ticket.Owner, ticket.Key})
	listed, err := sys.GetObjectTTs(ctx, "sw1")
	require.NoError(t, err)
	assert.Empty(t, listed)
	page, err := sys.ListTTs(ctx, tt.ListRequest{})
	require.NoError(t, err)
	assert.Empty(t, page.IDs)

	require.NoError(t, sys.AddComment(ctx, tt.CommentRequest{ID: id, Body: "seen"}))
	closed, err := sys.CloseTT(ctx, tt.CloseRequest{ID: id})
	require.NoError(t, err)
	assert.True(t, closed)
	require.NoError(t, alice.Reopen(id))
	listed, err = sys.GetObjectTTs(ctx, "sw1")
	require.NoError(t, err)
	assert.Empty(t, listed)
}

func TestFaultsDoNotStrikePeople(t *testing.T) {
	b := fake.NewBackend()
	b.Inject(fake.Fault{Kind: fake.FailBefore, Times: -1})
	id, err := b.Console("alice").Create("sw1", "a person's")
	require.NoError(t, err)
	require.NoError(t, b.Console("alice").Comment(id, "on my way"))
	assert.Equal(t, "alice", b.Tickets()[0].Comments[0].Login)
}

func TestWhatAPersonCannotDo(t *testing.T) {
	b := fake.NewBackend()
	alice := b.Console("alice")
	id, err := alice.Create("sw1", "a person's")
	require.NoError(t, err)
	_, empty := alice.Create("", "")
	for name, test := range map[string]struct {
		err  error
		want error
		op   string
	}{
		"make a ticket of nothing":   {empty, tt.ErrInvalid, "create"},
		"say nothing":                {alice.Comment(id, " "), tt.ErrInvalid, "comment"},
		"comment on no ticket":       {alice.Comment("", "hello"), tt.ErrNotFound, "comment"},
		"close a ticket of nobody":   {alice.Close("9", ""), tt.ErrNotFound, "close"},
		"reopen what is open":        {alice.Reopen(id), tt.ErrConflict, "reopen"},
		"reopen a ticket of nobody":  {alice.Reopen("x"), tt.ErrNotFound, "reopen"},
		"close what somebody closed": {errAfter(alice.Close(id, ""), alice.Close(id, "")), tt.ErrClosed, "close"},
	} {
		t.Run(name, func(t *testing.T) {
			assert.ErrorIs(t, test.err, test.want)
			assert.Equal(t, test.op, failure(t, test.err).Op)
		})
	}
	assert.Len(t, b.Tickets(), 1)
}

// errAfter returns the second error when the first is nil.
func errAfter(first, second error) error {
	if first != nil {
		return first
	}
	return second
}

func TestReopening(t *testing.T) {
	tests := []struct {
		name  string
		after time.Duration // of its lease of an hour, when it is reopened
		lives time.Duration // from then on
	}{
		{"a closed ticket gets a whole lease", 30 * time.Minute, time.Hour},
		{"an expired one too", 2 * time.Hour, time.Hour},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := fake.NewBackend(fake.WithLease(time.Hour))
				sys := b.Open("msk")
				id := mustCreate(t, sys, "sw1", "k")
				if test.after < time.Hour {
					require.NoError(t, b.Console("alice").Close(id, "done"))
				}
				time.Sleep(test.after)
				require.NoError(t, b.Console("bob").Reopen(id))

				ticket, err := sys.GetTT(ctx, id)
				require.NoError(t, err)
				assert.Equal(t, tt.StateOpen, ticket.State)
				assert.Zero(t, ticket.ClosedAt)
				assert.Empty(t, ticket.FinalReason)
				created, err := sys.CreateTT(ctx, alarm("sw1", "k"))
				require.NoError(t, err)
				assert.Equal(t, tt.Created{ID: id, Existed: true, ExpiresAt: ticket.ExpiresAt}, created)

				time.Sleep(test.lives - time.Nanosecond)
				listed, err := sys.GetObjectTTs(ctx, "sw1")
				require.NoError(t, err)
				assert.Equal(t, []string{id}, listed)
				time.Sleep(time.Nanosecond)
				again, err := sys.CreateTT(ctx, alarm("sw1", "k"))
				require.NoError(t, err)
				assert.True(t, again.Expired)
			})
		})
	}
}
