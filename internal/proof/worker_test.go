package proof

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/tt"
)

// scripted is a System whose calls fail as a test says, and which notes them.
type scripted struct {
	tt.Unimplemented
	mu    sync.Mutex
	calls []string
	times []time.Time
	fail  func(op string, n int) error // n counts the calls of op, from 1
	count map[string]int
}

func (s *scripted) call(op, text string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls, s.times = append(s.calls, op+" "+text), append(s.times, time.Now())
	if s.count == nil {
		s.count = map[string]int{}
	}
	s.count[op]++
	if s.fail != nil {
		return s.fail(op, s.count[op])
	}
	return nil
}

func (s *scripted) CreateTT(_ context.Context, req tt.CreateRequest) (tt.Created, error) {
	return tt.Created{ID: "T"}, s.call("create", req.Key)
}

func (s *scripted) AddComment(_ context.Context, req tt.CommentRequest) error {
	return s.call("comment", req.ID+" "+req.Key)
}

func (s *scripted) FindTT(_ context.Context, key string) (string, error) {
	return "T", s.call("find", key)
}

func (s *scripted) CreateGroupTT(_ context.Context, id string, _ time.Time) (string, error) {
	return id, s.call("promote", id)
}

func (s *scripted) AddToGroupTT(_ context.Context, id string, objs ...string) ([]tt.ItemResult, error) {
	var items []tt.ItemResult
	for _, obj := range objs {
		items = append(items, tt.ItemOf(obj, nil))
	}
	return items, s.call("add", id)
}

func (s *scripted) CloseTT(_ context.Context, req tt.CloseRequest) (bool, error) {
	return true, s.call("close", req.ID)
}

// one is a plan of a single episode of this number's kind, for a worker alone.
func one(t *testing.T, fits func(Episode) bool) (Plan, Episode) {
	t.Helper()
	for seed := range uint64(1000) {
		p := Plan{Seed: seed, Episodes: 1, Workers: 1, Creators: 1, Objects: []string{"a", "b"}, Times: Scaled(12 * time.Second)}
		if e, _ := p.Episode(0, 0); fits(e) {
			return p, e
		}
	}
	t.Fatal("no such episode")
	return Plan{}, Episode{}
}

// play lets a worker do the plan over sys, from the lines of a journal.
func play(t *testing.T, p Plan, sys tt.System, past map[int]*Past) map[int]*Past {
	t.Helper()
	path := filepath.Join(t.TempDir(), "journal")
	journal, err := OpenJournal(path)
	require.NoError(t, err)
	require.NoError(t, Work(t.Context(), sys, p, 0, journal, past))
	require.NoError(t, journal.Close())
	after, err := ReadJournal(path, time.Second)
	require.NoError(t, err)
	return after
}

func failing(code tt.Code, repeatable bool, wait time.Duration) error {
	return &tt.Error{Code: code, Repeatable: repeatable, RetryAfter: wait, Err: errors.New("injected")}
}

func TestAWorkerInsistsAsASaneCallerDoes(t *testing.T) {
	for _, row := range []struct {
		rule    string
		err     error
		tries   int
		refused bool
	}{
		{"a temporary failure is repeated", failing(tt.CodeUnavailable, true, 0), 3, false},
		{"so is one that waits for a person: credentials", failing(tt.CodeUnauthenticated, true, 0), 3, false},
		{"so is an answer without sense", failing(tt.CodeInternal, true, 0), 3, false},
		{"what cannot be repeated is not", failing(tt.CodeUnavailable, false, 0), 1, true},
		{"what is final is not", failing(tt.CodePermissionDenied, true, 0), 1, true},
		{"an error of no kind is not", errors.New("boom"), 1, true},
	} {
		t.Run(row.rule, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, e := one(t, func(e Episode) bool {
					return len(e.Steps) == 2 && e.Steps[1][0].Kind == Comment && len(e.Steps[1]) == 1
				})
				sys := &scripted{fail: func(op string, n int) error {
					if op == "comment" && n < 3 {
						return row.err
					}
					return nil
				}}
				did := play(t, p, sys, nil)[0].Ops[e.Steps[1][0].Number]
				assert.Equal(t, row.tries, did.Tries)
				assert.Equal(t, row.refused, did.Refused != "")
				assert.Equal(t, row.refused, did.Acked.IsZero())
			})
		})
	}
}

func TestAWorkerWaitsAsLongAsItIsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := one(t, isOpen)
		sys := &scripted{fail: func(op string, n int) error {
			if op == "create" && n == 1 {
				return failing(tt.CodeRateLimited, true, time.Minute)
			}
			return nil
		}}
		play(t, p, sys, nil)
		assert.GreaterOrEqual(t, sys.times[1].Sub(sys.times[0]), time.Minute)
	})
}

func TestASuccessorGoesOnWhereTheDeadStopped(t *testing.T) {
	long := func(e Episode) bool {
		return !e.Closed && len(e.Steps) == 2 && e.Steps[1][0].Kind == Comment && len(e.Steps[1]) == 1
	}
	for _, row := range []struct {
		rule    string
		episode int // even: at once
		after   func(p Plan) time.Duration
		calls   int
	}{
		{"at once, and once more when nothing can be late any more", 0, func(Plan) time.Duration { return 0 }, 3},
		{"when late has passed", 1, func(p Plan) time.Duration { return p.Times.Late }, 2},
	} {
		t.Run(row.rule, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, _ := one(t, long)
				for p.Episodes = row.episode + 1; ; p.Seed++ {
					if e, _ := p.Episode(row.episode, 0); long(e) {
						break
					}
				}
				e, _ := p.Episode(row.episode, 0)
				death := time.Now()
				past := map[int]*Past{row.episode: {
					Ticket: "T", killed: death,
					Ops: map[int]*Did{0: {First: death, Last: death, Acked: death}, 1: {First: death, Last: death}},
				}}
				if row.episode == 1 { // another episode is in the way: it was finished
					other, _ := p.Episode(0, 0)
					ops := map[int]*Did{}
					for _, step := range other.Steps {
						for _, op := range step {
							ops[op.Number] = &Did{Acked: death}
						}
					}
					past[0] = &Past{Ticket: "U", Ops: ops}
				}
				sys := &scripted{}
				play(t, p, sys, past)
				comment := "comment T " + e.Steps[1][0].Text
				require.Contains(t, sys.calls, comment)
				require.Contains(t, sys.calls, "create "+e.Key, "what was acknowledged is repeated, too")
				assert.Len(t, sys.calls, row.calls)
				assert.Equal(t, row.after(p), sys.times[0].Sub(death))
			})
		})
	}
}
