package guance_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/guance"
	"github.com/ttkit/ttkit/adapters/guance/guancetest"
	"github.com/ttkit/ttkit/tt"
)

// What leaves a list while it is read moves the rows behind it to a page that
// was read before.
func TestTicketsThatAreClosedWhileAListIsReadHideNoOthers(t *testing.T) {
	const tickets, closed = 130, 5
	var between func()
	rewriting(t, "five of the first page", func(r *http.Request, _ *http.Response, body []byte) []byte {
		if between != nil && strings.HasSuffix(r.URL.Path, "/list") && r.URL.Query().Get("pageIndex") == "1" {
			once := between
			between = nil
			once()
		}
		return body
	}, func(s scene, on func(bool)) {
		var ids []string
		for i := range tickets {
			ids = append(ids, s.create(fmt.Sprint("k", i), fmt.Sprint("sw-", i)).ID)
		}
		other := openOn(s.T, s.server, nil)
		defer func() { require.NoError(s, other.Shutdown(s.ctx)) }()
		between = func() {
			for _, id := range ids[tickets-closed:] { // the newest come first
				_, err := other.CloseTT(s.ctx, tt.CloseRequest{ID: id})
				require.NoError(s, err)
			}
		}
		on(true)
		list, err := s.sys.ListTTs(s.ctx, tt.ListRequest{Limit: 2 * tickets})
		require.NoError(s, err)
		require.Nil(s, between)
		assert.Subset(s, list.IDs, ids[:tickets-closed])
	})
}

func TestWhoSharesALookUpDoesNotShareItsLeadersDeadline(t *testing.T) {
	slow := func(c *guance.Config) { c.Rate = guance.Rate{Requests: 3, Per: time.Minute} }
	inBubble(t, "the leader has no time for the second page", guancetest.Knobs{}, slow, func(s scene) {
		for range 150 {
			s.server.AddSchedule(guancetest.Schedule{Name: "[tc+00000000:0000000000000000.aaaaaa] x", NotifyTargets: []string{"acnt_a"}})
		}
		find := func(ctx context.Context, key string, want tt.Code) {
			_, err := s.sys.FindTT(ctx, key)
			assert.Equal(s, want, tt.CodeOf(err), "%s: %v", key, err)
		}
		find(s.ctx, "x", tt.CodeNotFound) // its place is free again at 60 s
		time.Sleep(30 * time.Second)
		find(s.ctx, "x", tt.CodeNotFound) // these at 90 s
		find(s.ctx, "x", tt.CodeNotFound)
		time.Sleep(25 * time.Second)
		short, cancel := context.WithTimeout(s.ctx, 10*time.Second)
		defer cancel()
		var wg sync.WaitGroup
		wg.Go(func() { find(short, "leader", tt.CodeRateLimited) })
		synctest.Wait()
		wg.Go(func() { find(s.ctx, "follower", tt.CodeNotFound) })
		wg.Wait()
	})
}
