package proof

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/ttkit/ttkit/tt"
)

// Times are the settings of the systems under proof and the times of the
// faults, scaled down together.
type Times struct {
	Timeout time.Duration // of one attempt
	Call    time.Duration // the callers' own limit of one call
	Commit  time.Duration // the longest that an effect is late; below Late
	Late    time.Duration
	Settle  time.Duration
	Window  time.Duration
	Lag     time.Duration // of lists; below Settle
}

// Scaled returns times of a run in real time, in proportion to late.
func Scaled(late time.Duration) Times {
	return Times{
		Timeout: late / 4, Call: 4 * late, Commit: late / 2,
		Late: late, Settle: late / 3, Window: late / 6, Lag: late / 12,
	}
}

// Plan is what the workers are to do. It is a function of its fields: workers
// and the auditor make the same episodes of it.
type Plan struct {
	Seed     uint64
	Episodes int
	Workers  int
	Creators int           // workers that raise an episode, and comment on it, at the same time
	Objects  []string      // that the vendor knows
	Start    time.Time     // when the first alarm is raised
	Every    time.Duration // between two alarms
	Parallel int           // episodes that a worker has in hand at once
	Times    Times
}

// Kind is what an operation of an episode does.
type Kind string

// The kinds.
const (
	Raise   Kind = "raise"
	Comment Kind = "comment"
	Promote Kind = "promote"
	Add     Kind = "add"
	Renew   Kind = "renew"
	Find    Kind = "find"
	Close   Kind = "close"
)

// Op is one operation of an episode.
type Op struct {
	Number  int // within the episode; different for every worker
	Kind    Kind
	Text    string   // of a comment: its body and key
	Objects []string // of Add
}

// Episode is one alarm from its raising to its end.
type Episode struct {
	Number int
	Key    string
	Object string
	Steps  [][]Op // a step's operations are made at once
	Closed bool   // it ends with a close
}

// Owner is the worker that carries the episode to its end. Others may raise
// it, too.
func (p Plan) Owner(episode int) int { return episode % p.Workers }

// role is the worker's part in an episode: 0 the owner's, -1 none.
func (p Plan) role(episode, worker int) int {
	role := (worker - p.Owner(episode) + p.Workers) % p.Workers
	if role >= max(p.Creators, 1) {
		return -1
	}
	return role
}

// Episode returns a worker's part of an episode; ok is false when it has none.
func (p Plan) Episode(number, worker int) (e Episode, ok bool) {
	role := p.role(number, worker)
	if role < 0 {
		return e, false
	}
	r := rand.New(rand.NewPCG(p.Seed, uint64(number)))
	e = Episode{
		Number: number,
		Key:    tt.Key("proof", strconv.FormatUint(p.Seed, 10), strconv.Itoa(number)),
		Object: p.Objects[r.IntN(len(p.Objects))],
	}
	next := 100 * role
	step := func(ops ...Op) {
		for i := range ops {
			ops[i].Number = next
			if ops[i].Kind == Comment {
				ops[i].Text = fmt.Sprintf("remark %d on episode %d", next, number)
			}
			next++
		}
		e.Steps = append(e.Steps, ops)
	}
	step(Op{Kind: Raise})
	if role > 0 {
		step(Op{Kind: Comment})
		return e, true
	}
	group := false
	for range 1 + r.IntN(4) {
		switch r.IntN(8) {
		case 0, 1, 2:
			step(Op{Kind: Comment})
		case 3:
			step(Op{Kind: Comment}, Op{Kind: Comment})
		case 4:
			step(Op{Kind: Find})
		case 5:
			step(Op{Kind: Renew})
		default:
			if !group {
				step(Op{Kind: Promote})
				group = true
			}
			step(Op{Kind: Add, Objects: p.some(r, e.Object)}, Op{Kind: Comment})
		}
	}
	if e.Closed = r.IntN(10) < 6; e.Closed {
		step(Op{Kind: Close})
	}
	return e, true
}

// some returns one to three objects, the leader perhaps among them.
func (p Plan) some(r *rand.Rand, leader string) []string {
	var out []string
	for _, i := range r.Perm(len(p.Objects))[:min(1+r.IntN(3), len(p.Objects))] {
		out = append(out, p.Objects[i])
	}
	if r.IntN(8) == 0 {
		out = append(out, leader)
	}
	return out
}

// Due is when the alarm of an episode is raised.
func (p Plan) Due(episode int) time.Time {
	return p.Start.Add(time.Duration(episode) * p.Every)
}
