package fake_test

import (
	"fmt"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/fake"
	"github.com/ttkit/ttkit/tt"
)

func TestTheHistoryTellsWhoDidWhatAndWhen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := fake.NewBackend(fake.WithLease(time.Hour), fake.WithPendingClose(time.Minute))
		sys, alice := b.Open("msk"), b.Console("alice")
		start := time.Now()
		mustCreate(t, sys, "sw1", "k")
		mustCreate(t, sys, "sw1", "k")
		mustCreate(t, sys, "sw2", "")
		_, err := sys.GetTT(ctx, "9")
		require.Error(t, err)
		_, err = sys.FindTT(ctx, "k")
		require.NoError(t, err)
		_, err = alice.Create("sw3", "a person's")
		require.NoError(t, err)
		require.NoError(t, alice.Comment("1", "on my way"))
		_, err = sys.CloseTT(ctx, tt.CloseRequest{ID: "1"})
		require.NoError(t, err)
		time.Sleep(2 * time.Hour)
		require.Error(t, alice.Close("2", ""))
		require.NoError(t, alice.Reopen("2"))
		require.NoError(t, sys.Shutdown(ctx))

		var got []string
		for _, e := range b.History() {
			got = append(got, fmt.Sprintf("%s %s| %s", e.At.Sub(start), e.System, e))
		}
		assert.Equal(t, []string{
			"0s msk| CreateTT 1 sw1 key=k changed",
			"0s msk| CreateTT 1 sw1 key=k",
			"0s msk| CreateTT 2 sw2 changed",
			"0s msk| GetTT 9: not_found",
			"0s msk| FindTT 1 key=k",
			"0s | create 3 sw3 by alice changed",
			"0s | comment 1 by alice changed",
			"0s msk| CloseTT 1 changed",
			"1m0s | close 1 changed",
			"1h0m0s | expire 2 changed",
			"1h0m0s | expire 3 changed",
			"2h0m0s | close 2 by alice: closed",
			"2h0m0s | reopen 2 by alice changed",
			"2h0m0s msk| Shutdown",
		}, got)
		missed := failure(t, b.History()[3].Err)
		assert.Equal(t, []string{"fake", "msk", "GetTT", "9"}, []string{missed.Adapter, missed.System, missed.Op, missed.TicketID})
		b.ClearHistory()
		assert.Empty(t, b.History())
	})
}

func TestALongHistoryForgetsTheOldest(t *testing.T) {
	tests := []struct {
		name               string
		limit, calls       int
		minimum, atMost    int
		newestIsRemembered bool
	}{
		{"without a limit it keeps all", -1, 100, 100, 100, true},
		{"a limit keeps so many at least, and twice as many at most", 10, 100, 10, 20, true},
		{"a limit that is not reached keeps all", 10, 9, 9, 9, true},
		{"a limit of one keeps the newest", 1, 100, 1, 2, true},
		{"zero keeps none", 0, 100, 0, 0, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			sys := fake.New(fake.WithHistory(test.limit))
			for i := 1; i <= test.calls; i++ {
				_, err := sys.FindTT(ctx, strconv.Itoa(i))
				require.ErrorIs(t, err, tt.ErrNotFound)
				history := sys.Backend().History()
				assert.GreaterOrEqual(t, len(history), min(i, test.minimum))
				assert.LessOrEqual(t, len(history), test.atMost)
				for n, e := range history {
					assert.Equal(t, strconv.Itoa(i-len(history)+n+1), e.Key, "the newest, in order")
				}
				assert.Equal(t, test.newestIsRemembered, len(history) > 0)
			}
		})
	}
}
