package proof

import (
	"context"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/internal/sim"
	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/tttest"
)

// found is an audit of one world: a plan of two episodes whose journals say
// that everything was acknowledged, and a backend that holds what it should.
type found struct {
	plan   Plan
	lives  []Life
	past   []map[int]*Past
	shared map[string]bool
	secure bool // keys are enforced
}

var (
	begin = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	raw   = map[string]string{"person": "as it was"}
)

func after(seconds int) time.Time { return begin.Add(time.Duration(seconds) * time.Second) }

// asPlanned is a world in which nothing is wrong.
func asPlanned(creators int) *found {
	f := &found{
		plan:   Plan{Seed: 5, Episodes: 12, Workers: 3, Creators: creators, Objects: []string{"a", "b", "c"}, Times: Scaled(10 * time.Second)},
		shared: map[string]bool{},
	}
	f.lives = append(f.lives, Life{Record: tttest.Record{ID: "person", Raw: "as it was", Open: true}, From: begin})
	for range f.plan.Workers {
		f.past = append(f.past, map[int]*Past{})
	}
	for n := range f.plan.Episodes {
		life := Life{From: begin, Record: tttest.Record{ID: "T" + string(rune('a'+n)), Open: true}}
		for worker := range f.plan.Workers {
			e, ok := f.plan.Episode(n, worker)
			if !ok {
				continue
			}
			life.Key = e.Key
			past := &Past{Ticket: life.ID, Ops: map[int]*Did{}}
			f.past[worker][n] = past
			life.Objects = append(life.Objects, e.Object)
			for _, step := range e.Steps {
				for _, op := range step {
					past.Ops[op.Number] = &Did{First: begin, Last: begin, Acked: after(1), Tries: 1}
					switch op.Kind {
					case Comment:
						life.Comments = append(life.Comments, op.Text)
					case Add:
						life.Objects = append(life.Objects, op.Objects...)
					case Close:
						life.Open, life.To = false, after(1)
					}
				}
			}
		}
		life.Objects = unique(life.Objects)
		f.lives = append(f.lives, life)
	}
	return f
}

func unique(in []string) (out []string) {
	for _, s := range in {
		if !strings.Contains(strings.Join(out, " "), s) {
			out = append(out, s)
		}
	}
	return out
}

// audit returns what the auditor finds.
func (f *found) audit(t *testing.T) *Report {
	t.Helper()
	r := &Report{Setup: Setup{Plan: f.plan, Slack: time.Second}}
	a := &auditor{Report: r, enforced: f.secure, pasts: f.past, shared: f.shared, byKey: map[string][]Life{}}
	a.read = func(_ context.Context, id string) (*tt.Ticket, error) {
		for _, life := range f.lives {
			if life.ID == id {
				ticket := &tt.Ticket{Objects: life.Objects}
				for _, body := range life.Comments {
					ticket.Comments = append(ticket.Comments, tt.Comment{Body: body})
				}
				return ticket, nil
			}
		}
		return nil, tt.ErrNotFound
	}
	a.sort(f.lives, raw)
	for n := range f.plan.Episodes {
		require.NoError(t, a.episode(t.Context(), n))
	}
	a.strangers()
	return r
}

// first returns the number of the first episode that fits, and its ticket.
func (f *found) first(t *testing.T, fits func(e Episode) bool) (Episode, *Life) {
	t.Helper()
	for n := range f.plan.Episodes {
		e, _ := f.plan.Episode(n, f.plan.Owner(n))
		for i := range f.lives {
			if f.lives[i].Key == e.Key && fits(e) {
				return e, &f.lives[i]
			}
		}
	}
	t.Fatal("the plan has no such episode")
	return Episode{}, nil
}

func isClosed(e Episode) bool { return e.Closed }
func isOpen(e Episode) bool   { return !e.Closed }
func has(kind Kind) func(Episode) bool {
	return func(e Episode) bool {
		for _, step := range e.Steps {
			if step[0].Kind == kind {
				return true
			}
		}
		return false
	}
}

func TestTheAuditorFindsNothingWhereNothingIsWrong(t *testing.T) {
	for _, creators := range []int{1, 3} {
		r := asPlanned(creators).audit(t)
		assert.Empty(t, r.Findings)
		assert.NoError(t, r.Err())
		assert.Positive(t, r.Operations)
		assert.Equal(t, r.Operations, r.Tries)
	}
}

func TestTheAuditorFinds(t *testing.T) {
	twin := func(f *found, of *Life, from, to int) {
		second := *of
		second.ID, second.From, second.To = of.ID+"2", after(from), after(to)
		second.Open = to == 0
		if second.Open {
			second.To = time.Time{}
		}
		f.lives = append(f.lives, second)
	}
	for _, row := range []struct {
		rule     string
		creators int
		spoil    func(t *testing.T, f *found)
		what     What
		promised bool
	}{
		{"an acknowledged alarm without a ticket", 1, func(t *testing.T, f *found) {
			_, life := f.first(t, isOpen)
			life.Key = "other"
		}, Lost, true},
		{"two open tickets at a time", 1, func(t *testing.T, f *found) {
			_, life := f.first(t, isOpen)
			twin(f, life, 3, 5)
		}, Doubled, true},
		{"two, which several creators may make for a while", 3, func(t *testing.T, f *found) {
			_, life := f.first(t, isOpen)
			twin(f, life, 3, 5)
		}, Doubled, false},
		{"two, for longer than is allowed", 3, func(t *testing.T, f *found) {
			_, life := f.first(t, isOpen)
			twin(f, life, 3, 60)
		}, Doubled, true},
		{"two, where the vendor enforces keys", 3, func(t *testing.T, f *found) {
			f.secure = true
			_, life := f.first(t, isOpen)
			twin(f, life, 3, 5)
		}, Doubled, true},
		{"a closed episode with an open ticket", 1, func(t *testing.T, f *found) {
			_, life := f.first(t, isClosed)
			life.Open, life.To = true, time.Time{}
		}, LeftOpen, true},
		{"a duplicate that nobody ended", 3, func(t *testing.T, f *found) {
			_, life := f.first(t, isOpen)
			twin(f, life, 3, 0)
		}, LeftOpen, true},
		{"an episode that nobody closed, and which is over", 1, func(t *testing.T, f *found) {
			_, life := f.first(t, isOpen)
			life.Open, life.To = false, after(50)
		}, Ended, true},
		{"an acknowledged comment that is missing", 1, func(t *testing.T, f *found) {
			_, life := f.first(t, has(Comment))
			life.Comments = life.Comments[1:]
		}, RemarkLost, true},
		{"one that a person may have overwritten", 1, func(t *testing.T, f *found) {
			_, life := f.first(t, has(Comment))
			life.Comments = life.Comments[1:]
			f.shared[life.ID] = true
		}, RemarkLost, false},
		{"one of several writers", 3, func(t *testing.T, f *found) {
			_, life := f.first(t, has(Comment))
			life.Comments = life.Comments[1:]
		}, RemarkLost, false},
		{"one of several writers, where no writer overwrites another", 3, func(t *testing.T, f *found) {
			f.secure = true
			_, life := f.first(t, has(Comment))
			life.Comments = life.Comments[1:]
		}, RemarkLost, true},
		{"a comment that is there twice", 3, func(t *testing.T, f *found) {
			_, life := f.first(t, has(Comment))
			life.Comments = append(life.Comments, life.Comments[0])
		}, RemarkDoubled, true},
		{"an acknowledged member that is missing", 1, func(t *testing.T, f *found) {
			_, life := f.first(t, has(Add))
			life.Objects = nil
		}, RemarkLost, true},
		{"a person's ticket that has changed", 1, func(_ *testing.T, f *found) { f.lives[0].Raw = "otherwise" }, Changed, true},
		{"a person's ticket that is gone", 1, func(_ *testing.T, f *found) { f.lives = f.lives[1:] }, Changed, true},
		{"a ticket that nobody asked for", 1, func(_ *testing.T, f *found) {
			f.lives = append(f.lives, Life{Record: tttest.Record{ID: "x", Key: "k"}})
		}, Stranger, true},
		{"a ticket of nobody", 1, func(_ *testing.T, f *found) {
			f.lives = append(f.lives, Life{Record: tttest.Record{ID: "x"}})
		}, Stranger, true},
		{"a call that failed for good", 1, func(t *testing.T, f *found) {
			e, _ := f.first(t, isOpen)
			f.past[f.plan.Owner(e.Number)][e.Number].Ops[1] = &Did{Refused: "no"}
		}, Refused, true},
		{"an operation that was never acknowledged", 1, func(t *testing.T, f *found) {
			e, _ := f.first(t, isClosed)
			last := e.Steps[len(e.Steps)-1][0]
			f.past[f.plan.Owner(e.Number)][e.Number].Ops[last.Number].Acked = time.Time{}
		}, Unfinished, true},
		{"an episode that was never begun", 1, func(t *testing.T, f *found) {
			e, _ := f.first(t, isOpen)
			delete(f.past[f.plan.Owner(e.Number)], e.Number)
		}, Unfinished, true},
	} {
		t.Run(row.rule, func(t *testing.T) {
			f := asPlanned(row.creators)
			row.spoil(t, f)
			r := f.audit(t)
			require.Positive(t, r.Count(row.what), "%+v", r.Findings)
			for _, finding := range r.Findings {
				if finding.What == row.what {
					assert.Equal(t, row.promised, finding.Promised, "%+v", finding)
				}
			}
			if row.promised {
				assert.ErrorContains(t, r.Err(), string(row.what))
			}
		})
	}
}

func TestWorkRepeatedAtOnceAfterADeathMayDouble(t *testing.T) {
	for _, row := range []struct {
		rule   string
		atOnce bool
	}{
		{"the half that is repeated at once may", true},
		{"the half that waits may not", false},
	} {
		t.Run(row.rule, func(t *testing.T) {
			f := asPlanned(1)
			e, life := f.first(t, func(e Episode) bool { return !e.Closed && AtOnce(e.Number) == row.atOnce })
			f.past[f.plan.Owner(e.Number)][e.Number].killed = after(2)
			second := *life
			second.ID, second.Open, second.To = "second", false, life.From.Add(time.Second)
			f.lives = append(f.lives, second)
			r := f.audit(t)
			require.Equal(t, 1, r.Count(Doubled))
			assert.Equal(t, row.atOnce, r.Err() == nil)
		})
	}
}

func TestOverlaps(t *testing.T) {
	life := func(from, to int) Life {
		l := Life{From: after(from)}
		if to > 0 {
			l.To = after(to)
		}
		return l
	}
	for _, row := range []struct {
		rule  string
		lives []Life
		want  []span
	}{
		{"one ticket overlaps nothing", []Life{life(1, 5)}, nil},
		{"one after the other is no overlap", []Life{life(1, 5), life(5, 9)}, nil},
		{"two at a time", []Life{life(1, 5), life(3, 9)}, []span{{after(3), after(5)}}},
		{"in any order", []Life{life(3, 9), life(1, 5)}, []span{{after(3), after(5)}}},
		{"three at a time count once", []Life{life(1, 9), life(2, 8), life(3, 4)}, []span{{after(2), after(8)}}},
		{"twice", []Life{life(1, 20), life(2, 4), life(6, 8)}, []span{{after(2), after(4)}, {after(6), after(8)}}},
		{"what is open is so until now", []Life{life(1, 0), life(2, 0)}, []span{{after(2), after(30)}}},
	} {
		t.Run(row.rule, func(t *testing.T) { assert.Equal(t, row.want, overlaps(row.lives, after(30))) })
	}
}

func TestARow(t *testing.T) {
	r := &Report{
		Setup:  Setup{Plan: Plan{Episodes: 100, Seed: 7, Creators: 3}, Kills: 5},
		System: "rsm", Kills: 5, Operations: 1000, Requests: 2500, Faults: 750, Acts: map[sim.Act]int{},
		Findings: []Finding{{What: Lost}, {What: Doubled, For: 1250 * time.Millisecond, After: 100 * time.Millisecond}, {What: Doubled, For: time.Second}},
	}
	assert.Equal(t, "| rsm | 100 episodes, seed 7, 3 creators per key, 5 kills | 1000 | 750 | 1 | 2 | 1.2 s | 0.1 s | 0 | 0 | 2.5 |", r.Row())
	head := strings.Split(Columns, "\n")
	for _, line := range head {
		assert.Equal(t, strings.Count(line, "|"), strings.Count(r.Row(), "|"))
	}
}

func TestAPlanIsAFunctionOfItsFields(t *testing.T) {
	p := asPlanned(2).plan
	p.Episodes = 400
	kinds := map[Kind]int{}
	for n := range p.Episodes {
		for worker := range p.Workers {
			e, ok := p.Episode(n, worker)
			again, _ := p.Episode(n, worker)
			assert.Equal(t, e, again)
			assert.Equal(t, ok, worker == p.Owner(n) || worker == (p.Owner(n)+1)%p.Workers)
			for _, step := range e.Steps {
				for _, op := range step {
					kinds[op.Kind]++
				}
			}
		}
	}
	for _, kind := range []Kind{Raise, Comment, Promote, Add, Renew, Find, Close} {
		assert.Greater(t, kinds[kind], 50, kind)
	}
	p.Seed = rand.Uint64()
	one, _ := asPlanned(2).plan.Episode(1, 1)
	other, _ := p.Episode(1, 1)
	assert.NotEqual(t, one.Key, other.Key)
}
