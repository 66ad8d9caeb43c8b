package guance_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/ttkit/ttkit/adapters/guance/guancetest"
	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/tttest"
)

// step is one move of a random sequence.
type step struct {
	what   string // raise, comment, promote, add, close, restart, wait
	system int    // which of two processes raises, or restarts; a key's other writes are made by one
	key    int
	object int
	fault  tttest.Fault // injected before it; no Kind: none
	pause  time.Duration
}

var steps = []string{"raise", "raise", "raise", "comment", "comment", "promote", "add", "add", "close", "restart", "wait"}

func drawStep(rt *rapid.T) step {
	s := step{
		what:   rapid.SampledFrom(steps).Draw(rt, "what"),
		system: rapid.IntRange(0, 1).Draw(rt, "system"),
		key:    rapid.IntRange(0, 2).Draw(rt, "key"),
		object: rapid.IntRange(1, len(objects)-1).Draw(rt, "object"),
		pause:  time.Duration(rapid.IntRange(0, 40).Draw(rt, "pause")) * time.Second,
	}
	if rapid.Bool().Draw(rt, "faulty") {
		s.fault = tttest.Fault{
			Kind: rapid.SampledFrom([]tttest.FaultKind{
				tttest.Refuse, tttest.Reset, tttest.LoseReply, tttest.Truncate, tttest.Slow, tttest.Late,
				tttest.StatusBefore, tttest.StatusAfter, tttest.Throttle, tttest.HTML, tttest.Twice,
			}).Draw(rt, "fault"),
			Writes: rapid.Bool().Draw(rt, "writes"),
			Skip:   rapid.IntRange(0, 3).Draw(rt, "skip"),
			Times:  rapid.IntRange(1, 3).Draw(rt, "times"),
			Delay:  time.Duration(rapid.IntRange(1, 19).Draw(rt, "delay")) * time.Second,
		}
	}
	return s
}

// episode is what the model knows of a key.
type episode struct {
	id       string
	closed   bool
	promoted bool
	comments []string
	members  []string
}

// Whatever fails, and whichever of two processes acts: a key has one ticket in
// the end, open or closed as it should be, with every comment and member that
// was acknowledged, each once; and nothing foreign has changed.
func TestRandomSequences(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		moves := rapid.SliceOfN(rapid.Custom(drawStep), 1, 12).Draw(rt, "steps")
		knobs := guancetest.Knobs{}
		if rapid.Bool().Draw(rt, "turned") {
			knobs = guancetest.RandomKnobs(rapid.Uint64().Draw(rt, "knobs"))
		}
		var err error
		synctest.Test(t, func(*testing.T) { err = playOut(knobs, moves) })
		if err != nil {
			rt.Fatal(err)
		}
	})
}

// world is a backend, two processes and the model.
type world struct {
	ctx      context.Context
	backend  *tttest.Backend
	systems  [2]tt.System
	episodes map[int]*episode
	serial   int
}

func playOut(knobs guancetest.Knobs, moves []step) (err error) {
	backend, _ := startServer(knobs, nil)
	w := &world{ctx: context.Background(), backend: backend, episodes: map[int]*episode{}}
	defer w.backend.Close()
	for i := range w.systems {
		if w.systems[i], err = w.backend.Open(w.ctx); err != nil {
			return err
		}
	}
	foreign, err := w.backend.Foreign(objects[0])
	if err != nil {
		return err
	}
	before := w.raw(foreign)
	for i, move := range moves {
		if err := w.make(move); err != nil {
			w.shutdown()
			return fmt.Errorf("step %d, %s: %w", i, move.what, err)
		}
	}
	w.backend.ClearFaults()
	time.Sleep(2*(late+settle+window) + 2*time.Minute)
	err = w.audit()
	w.shutdown()
	if err == nil && w.raw(foreign) != before {
		err = errors.New("the schedule that a person made has changed")
	}
	return err
}

func (w *world) shutdown() {
	for _, s := range w.systems {
		_ = s.Shutdown(w.ctx)
	}
}

func (w *world) raw(id string) string {
	records, _ := w.backend.Records()
	i := slices.IndexFunc(records, func(r tttest.Record) bool { return r.ID == id })
	return records[i].Raw
}

// insist repeats a call as its errors allow, until it is done or refused.
func (w *world) insist(call func() error) error {
	for range 30 {
		err := call()
		var e *tt.Error
		if err == nil || !errors.As(err, &e) || !e.Temporary() {
			return err
		}
		if !e.Repeatable {
			return fmt.Errorf("a temporary error of a call with a key is not repeatable: %w", err)
		}
		time.Sleep(max(e.RetryAfter, time.Second))
	}
	return errors.New("it does not succeed")
}

func (w *world) make(m step) error {
	if m.fault.Kind != "" {
		w.backend.Inject(m.fault)
	}
	sys := w.systems[m.key%2] // one writing process per ticket
	e := w.episodes[m.key]
	if m.what != "raise" && m.what != "restart" && e == nil {
		m.what = "wait"
	}
	w.serial++
	text := fmt.Sprintf("remark-%d", w.serial)
	switch m.what {
	case "raise":
		return w.raise(w.systems[m.system], m)
	case "comment":
		err := w.insist(func() error {
			return sys.AddComment(w.ctx, tt.CommentRequest{ID: e.id, Body: text, Key: text})
		})
		if e.closed && errors.Is(err, tt.ErrClosed) {
			return nil
		}
		e.comments = append(e.comments, text)
		return err
	case "promote":
		err := w.insist(func() error { _, err := sys.CreateGroupTT(w.ctx, e.id, time.Time{}); return err })
		if e.closed && (err == nil || errors.Is(err, tt.ErrClosed)) {
			return nil
		}
		e.promoted = true
		return err
	case "add":
		return w.add(sys, e, objects[m.object])
	case "close":
		err := w.insist(func() error {
			_, err := sys.CloseTT(w.ctx, tt.CloseRequest{ID: e.id, Body: "closing " + e.id})
			return err
		})
		e.closed = e.closed || err == nil
		return err
	case "restart":
		w.backend.ClearFaults()
		time.Sleep(late) // Shutdown does not wait for a write that got no answer, and a successor does not know of it
		if err := w.systems[m.system].Shutdown(w.ctx); err != nil {
			return err
		}
		var err error
		w.systems[m.system], err = w.backend.Open(w.ctx)
		return err
	}
	time.Sleep(m.pause)
	return nil
}

func (w *world) raise(sys tt.System, m step) error {
	var c tt.Created
	err := w.insist(func() (err error) {
		c, err = sys.CreateTT(w.ctx, tt.CreateRequest{Object: objects[0], Subject: "down", Key: fmt.Sprint("key-", m.key)})
		return err
	})
	if err != nil {
		return err
	}
	e := w.episodes[m.key]
	if e == nil {
		w.episodes[m.key] = &episode{id: c.ID}
	} else if !c.Existed {
		return fmt.Errorf("the key had ticket %s, and CreateTT made %s", e.id, c.ID)
	}
	return nil
}

func (w *world) add(sys tt.System, e *episode, obj string) error {
	if !e.promoted {
		return nil
	}
	err := w.insist(func() error {
		items, err := sys.AddToGroupTT(w.ctx, e.id, obj)
		if err == nil {
			err = items[0].Err
		}
		return err
	})
	if e.closed && errors.Is(err, tt.ErrClosed) {
		return nil
	}
	if !slices.Contains(e.members, obj) {
		e.members = append(e.members, obj)
	}
	return err
}

// audit compares the backend with the model.
func (w *world) audit() error {
	records, err := w.backend.Records()
	if err != nil {
		return err
	}
	for n, e := range w.episodes {
		key := fmt.Sprint("key-", n)
		open := 0
		for _, r := range records {
			if r.Key == key && r.Open {
				open++
			}
		}
		if want := map[bool]int{false: 1, true: 0}[e.closed]; open != want {
			return fmt.Errorf("%s has %d open tickets, not %d", key, open, want)
		}
		ticket, err := w.systems[0].GetTT(w.ctx, e.id)
		if err != nil {
			return err
		}
		for _, text := range e.comments {
			count := 0
			for _, c := range ticket.Comments {
				if c.Body == text {
					count++
				}
			}
			if count != 1 {
				return fmt.Errorf("%s: the comment %q is there %d times", key, text, count)
			}
		}
		for _, obj := range e.members {
			if !slices.Contains(ticket.Objects, obj) {
				return fmt.Errorf("%s: member %s is missing", key, obj)
			}
		}
	}
	return nil
}
