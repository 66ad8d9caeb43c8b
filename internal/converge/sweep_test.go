package converge

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/tt"
)

func TestShutdownVerifiesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{}
		s.onPost = func(n int) behaviour { return behaviour{late: time.Second, lose: n == 1} }
		first, second := s.process(testSettings), s.process(testSettings)
		_, err := first.create(context.Background(), key)
		require.Error(t, err)
		_, err = second.create(context.Background(), key)
		require.NoError(t, err)
		s.onPost = nil
		time.Sleep(2 * time.Second)
		require.NoError(t, first.shutdown())
		assert.Len(t, s.openOf(key), 1)
		require.NoError(t, second.shutdown())
	})
}

func TestAVerificationReadsWhatIsLess(t *testing.T) {
	for _, row := range []struct {
		rule         string
		keys, few    int
		finds, lists int
	}{
		{"few keys are looked up one by one", few, 0, few, 0},
		{"for many, the open tickets are read once", few + 1, 0, 0, 1},
		{"where calls are dear, for any but one", 2, 1, 0, 1},
	} {
		t.Run(row.rule, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, set := &store{}, testSettings
				set.Few = row.few
				p := s.process(set)
				for i := range row.keys {
					_, err := p.create(context.Background(), Key{Hash: fmt.Sprint(i), Text: fmt.Sprint(i)})
					require.NoError(t, err)
				}
				finds, _ := s.asked()
				time.Sleep(2 * time.Minute)
				more, lists := s.asked()
				assert.Equal(t, row.finds, more-finds)
				assert.Equal(t, row.lists, lists)
				require.NoError(t, p.shutdown())
			})
		})
	}
}

// What holds one verification up does not keep other keys' duplicates open.
func TestDuplicatesOfManyKeysAreEndedTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, set := &store{}, testSettings
		set.Few = 100
		s.onPost = func(n int) behaviour { return behaviour{late: 30 * time.Second} } // no look-up shows another's in time
		first, second := s.process(set), s.process(set)
		var all sync.WaitGroup
		keys := make([]Key, 4*abreast)
		for i := range keys {
			keys[i] = Key{Hash: fmt.Sprint(i), Text: fmt.Sprint(i)}
			for _, p := range []*process{first, second} {
				all.Go(func() { _, _ = p.create(context.Background(), keys[i]) })
			}
		}
		all.Wait()
		s.mu.Lock()
		s.slow = time.Second
		s.mu.Unlock()
		time.Sleep(set.doubt() + 10*time.Second)
		for _, k := range keys {
			assert.Len(t, s.openOf(k), 1, k.Text)
		}
		require.NoError(t, first.shutdown())
		require.NoError(t, second.shutdown())
	})
}

func TestAVerificationThatFailedIsMadeAgainSoonAtFirst(t *testing.T) {
	for failures, want := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 4: 8 * time.Second, 7: time.Minute, 1000: time.Minute} {
		assert.Equal(t, want, testSettings.again(failures), "after %d", failures)
	}
}

// Nobody looks after a System that is shut down.
func TestShutdownRepeatsAVerificationThatFailedForNow(t *testing.T) {
	for _, row := range []struct {
		rule     string
		failures int
		code     tt.Code
		open     []int
	}{
		{"a few failures are nothing", 4, tt.CodeUnavailable, []int{1}},
		{"an outage ends it", 100, tt.CodeUnavailable, []int{1, 2}},
		{"so does a refusal, which waiting does not change", 1, tt.CodePermissionDenied, []int{1, 2}},
	} {
		t.Run(row.rule, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &store{}
				p := s.process(testSettings)
				_, err := p.create(context.Background(), key)
				require.NoError(t, err)
				_, err = s.post(context.Background(), key) // another process, which died
				require.NoError(t, err)
				left := row.failures
				s.onFind = func(int) error {
					if left--; left >= 0 {
						return tt.Errorf(row.code, tt.NotDone, "no")
					}
					return nil
				}
				err = p.shutdown()
				assert.Equal(t, row.open, s.openOf(key))
				assert.Equal(t, len(row.open) == 1, err == nil, "%v", err)
			})
		})
	}
}

func TestNothingIsVerifiedAfterAShutdownThatWasCutShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{}
		p := s.process(testSettings)
		_, err := p.create(context.Background(), key)
		require.NoError(t, err)
		finds := s.finds
		p.flights.Abort() // all that a Shutdown without time comes to
		time.Sleep(time.Hour)
		assert.Equal(t, finds, s.finds)
	})
}
