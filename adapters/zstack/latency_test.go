package zstack_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/zstack/zstacktest"
	"github.com/ttkit/ttkit/tt"
)

// How long a caller waits for an id beyond the server's own work, and what it
// costs: with the default settings, jobs of three lengths in turn, and time
// that moves by waiting alone. The session is open.
func TestACreateWaitsLittleLongerThanItsJob(t *testing.T) {
	limits := map[time.Duration]struct {
		late     time.Duration
		requests int
	}{
		50 * time.Millisecond:  {60 * time.Millisecond, 5},
		150 * time.Millisecond: {60 * time.Millisecond, 5},
		600 * time.Millisecond: {200 * time.Millisecond, 9},
	}
	lengths := []time.Duration{50 * time.Millisecond, 150 * time.Millisecond, 600 * time.Millisecond}
	var lock sync.Mutex
	length := lengths[0] // of the jobs of the create at hand
	opts := zstacktest.Options{JobTime: func(string) time.Duration {
		lock.Lock()
		defer lock.Unlock()
		return length
	}}
	inBubble(t, "jobs of 50, 150 and 600 ms mixed", opts, nil, func(s scene) {
		s.create("first", "web-1")
		late, asked := map[time.Duration][]time.Duration{}, map[time.Duration][]int{}
		for n := range 150 {
			lock.Lock()
			length = lengths[n%len(lengths)]
			lock.Unlock()
			before, began := s.server.RequestCount(), time.Now()
			_, err := s.sys.CreateTT(s.ctx, tt.CreateRequest{Object: fmt.Sprint("sw-", n), Subject: "down", Key: fmt.Sprint("k", n)})
			require.NoError(t, err)
			late[length] = append(late[length], time.Since(began)-length)
			asked[length] = append(asked[length], s.server.RequestCount()-before)
		}
		for _, l := range lengths {
			slices.Sort(late[l])
			median, most := late[l][len(late[l])/2], slices.Max(asked[l])
			t.Logf("jobs of %s: id after the job's end: median %s, longest %s; requests per create: at most %d", l, median, late[l][len(late[l])-1], most)
			assert.LessOrEqual(t, median, limits[l].late, "jobs of %s", l)
			assert.LessOrEqual(t, most, limits[l].requests, "jobs of %s", l)
		}
	})
}

// It is not a matter of those three lengths: nobody waits much longer than the
// first wait, or than a third of what the job takes, or than the longest wait.
func TestNoJobIsAskedForMuchTooLate(t *testing.T) {
	var length time.Duration
	opts := zstacktest.Options{JobTime: func(string) time.Duration { return length }}
	inBubble(t, "jobs of 0 to 100 s", opts, nil, func(s scene) {
		s.create("first", "web-1")
		for length = 0; length < 100*time.Second; length += length/20 + 7*time.Millisecond {
			before, began := s.server.RequestCount(), time.Now()
			_, err := s.sys.CreateTT(s.ctx, tt.CreateRequest{Object: "web-1", Subject: "down", Key: length.String()})
			require.NoError(t, err)
			late, asked := time.Since(began)-length, s.server.RequestCount()-before
			require.LessOrEqual(t, late, min(max(90*time.Millisecond, length/3), 5*time.Second), "a job of %s", length)
			require.LessOrEqual(t, asked, 40, "a job of %s", length)
		}
	})
}
