package zstack_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/ttkit/ttkit/adapters/zstack/zstacktest"
	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/tttest"
)

// step is one move of a random sequence.
type step struct {
	what   string
	system int // which of two processes makes it
	key    int
	object int
	fault  tttest.Fault        // injected before it; no Kind: none
	job    zstacktest.JobFault // the same for jobs
	pause  time.Duration
}

// GoString prints a step of a failed sequence.
func (s step) GoString() string {
	text := fmt.Sprintf("%s (system %d, key %d, object %d, pause %s)", s.what, s.system, s.key, s.object, s.pause)
	if s.fault.Kind != "" {
		text += fmt.Sprintf(" under %+v", s.fault)
	}
	if s.job.Kind != "" {
		text += fmt.Sprintf(" under %+v", s.job)
	}
	return "\n" + text
}

var steps = []string{
	"raise", "raise", "raise", "comment", "comment", "promote", "add", "close", // the program
	"restart", "wait", "remark", "reject", "sessions end", "server restarts",
}

func drawStep(rt *rapid.T) step {
	s := step{
		what:   rapid.SampledFrom(steps).Draw(rt, "what"),
		system: rapid.IntRange(0, 1).Draw(rt, "system"),
		key:    rapid.IntRange(0, 2).Draw(rt, "key"),
		object: rapid.IntRange(1, len(objects)-1).Draw(rt, "object"),
		pause:  time.Duration(rapid.IntRange(0, 40).Draw(rt, "pause")) * time.Second,
	}
	switch rapid.IntRange(0, 3).Draw(rt, "faulty") {
	case 0, 1:
		s.fault = tttest.Fault{
			Kind: rapid.SampledFrom([]tttest.FaultKind{
				tttest.Refuse, tttest.Reset, tttest.LoseReply, tttest.Truncate, tttest.Slow, tttest.Late, tttest.StatusBefore,
				tttest.StatusAfter, tttest.Throttle, tttest.HTML, tttest.Twice, tttest.Unauthorized,
			}).Draw(rt, "fault"),
			Writes: rapid.Bool().Draw(rt, "writes"),
			Skip:   rapid.IntRange(0, 5).Draw(rt, "skip"),
			Times:  rapid.IntRange(1, 3).Draw(rt, "times"),
			Delay:  time.Duration(rapid.IntRange(1, 40).Draw(rt, "delay")) * time.Second,
		}
		if s.fault.Kind == tttest.Unauthorized {
			// A login that is refused is refused for good; a session that dies is not.
			s.fault.Route, s.fault.Times = rapid.SampledFrom([]string{"tickets", "create", "change", "tag", "tags", "histories"}).Draw(rt, "route"), 1
		}
	case 2:
		s.job = zstacktest.JobFault{
			Kind: rapid.SampledFrom([]zstacktest.JobFaultKind{
				zstacktest.JobSticks, zstacktest.JobSticksAfter, zstacktest.JobExpires, zstacktest.JobFails, zstacktest.JobFailsAfter, zstacktest.JobSessionDies,
			}).Draw(rt, "job fault"),
			Skip: rapid.IntRange(0, 2).Draw(rt, "skip"),
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

// Whatever fails, and whichever of two processes acts: a key never has more
// than one ticket; in the end it is open or closed as it should be, with every
// comment and member that was acknowledged, each once; and nothing foreign has
// changed.
func TestRandomSequences(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		moves := rapid.SliceOfN(rapid.Custom(drawStep), 1, 12).Draw(rt, "steps")
		knobs := zstacktest.Knobs{}
		if rapid.Bool().Draw(rt, "turned") {
			knobs = zstacktest.RandomKnobs(rapid.Uint64().Draw(rt, "knobs"))
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
	server   *zstacktest.Server
	backend  *tttest.Backend
	systems  [2]tt.System
	episodes map[int]*episode
	serial   int
}

func playOut(knobs zstacktest.Knobs, moves []step) (err error) {
	w := &world{ctx: context.Background(), episodes: map[int]*episode{}}
	w.backend, w.server = startServer(zstacktest.Options{Knobs: knobs}, byPassword)
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
		err := w.make(move)
		if err == nil {
			err = w.onePerKey()
		}
		if err != nil {
			w.shutdown()
			return fmt.Errorf("step %d, %s: %w", i, move.what, err)
		}
	}
	w.server.ClearFaults()
	time.Sleep(5 * time.Minute) // what is late arrives
	err = w.audit()
	w.shutdown()
	switch {
	case err != nil:
		return err
	case w.raw(foreign) != before:
		return errors.New("the ticket that a person made has changed")
	case w.server.Approvals() > 0 || len(w.server.Executions()) > 0:
		return errors.New("something was approved")
	}
	return nil
}

func (w *world) shutdown() {
	for _, s := range w.systems {
		_ = s.Shutdown(w.ctx)
	}
}

func (w *world) raw(id string) string {
	all := records(w.server)
	i := slices.IndexFunc(all, func(r tttest.Record) bool { return r.ID == id })
	return all[i].Raw
}

// onePerKey looks for a key with two tickets. A ticket whose tags are not
// there yet has no key; its number is known all the same.
func (w *world) onePerKey() error {
	if n := len(w.server.Tickets()); n > 1+3 {
		return fmt.Errorf("%d tickets of 3 keys and a person", n)
	}
	seen := map[string]string{}
	for _, r := range records(w.server) {
		if other := seen[r.Key]; r.Key != "" && other != "" {
			return fmt.Errorf("%s has two tickets, %s and %s", r.Key, other, r.ID)
		}
		seen[r.Key] = r.ID
	}
	return nil
}

// insist repeats a call as its errors allow, until it is done or refused.
func (w *world) insist(call func() error) error {
	var err error
	for range 60 {
		err = call()
		var e *tt.Error
		if err == nil || !errors.As(err, &e) {
			return err
		}
		if e.VendorCode == "ID.1001" {
			continue // sessions that die one after the other: a call logs in again once
		}
		if !e.Temporary() {
			return err
		}
		if !e.Repeatable {
			return fmt.Errorf("a temporary error of a call with a key is not repeatable: %w", err)
		}
		time.Sleep(max(e.RetryAfter, 2*time.Second))
	}
	return fmt.Errorf("it does not succeed: %w", err)
}

func (w *world) make(m step) error {
	e := w.episodes[m.key]
	if e == nil && slices.Contains([]string{"comment", "promote", "add", "close", "remark", "reject"}, m.what) {
		m.what = "wait"
	}
	if m.job.Kind == zstacktest.JobFails {
		// Internal errors that have not struck yet would add up: the third in a
		// row is taken for the server's last word, as it must be.
		w.server.ClearFaults()
	}
	if m.fault.Kind != "" {
		w.server.Inject(m.fault)
	}
	if m.job.Kind != "" {
		w.server.InjectJob(m.job)
	}
	w.serial++
	text := fmt.Sprintf("remark-%d", w.serial)
	sys := w.systems[m.system]
	switch m.what {
	case "raise":
		return w.raise(sys, m)
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
		if e.closed && errors.Is(err, tt.ErrClosed) {
			return nil
		}
		e.promoted = true
		return err
	case "add":
		return w.add(sys, e, objects[m.object])
	case "close":
		err := w.insist(func() error {
			closed, err := sys.CloseTT(w.ctx, tt.CloseRequest{ID: e.id, Body: "closing " + e.id})
			if err == nil && !closed {
				err = errors.New("a cancel by the submitter waits for nobody")
			}
			return err
		})
		e.closed = e.closed || err == nil
		return err
	case "restart":
		if err := w.systems[m.system].Shutdown(w.ctx); err != nil && !tt.IsTemporary(err) {
			return err
		}
		var err error
		w.systems[m.system], err = w.backend.Open(w.ctx)
		return err
	case "remark":
		if w.server.Remark(e.id, text) == nil {
			e.comments = append(e.comments, text)
		}
		time.Sleep(w.server.Knobs().CommitLag) // a restart before that would lose it
		return nil
	case "reject":
		if w.server.Act(e.id, zstacktest.Reject, "not now") == nil {
			e.closed = true
		}
		time.Sleep(w.server.Knobs().CommitLag)
		return nil
	case "sessions end":
		w.server.EndSessions()
		return nil
	case "server restarts":
		w.server.Restart(m.pause)
		return nil
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
	switch {
	case e == nil:
		w.episodes[m.key] = &episode{id: c.ID}
	case !c.Existed || c.ID != e.id:
		return fmt.Errorf("the key had ticket %s, and CreateTT answered %+v", e.id, c)
	case c.Closed != e.closed:
		return fmt.Errorf("ticket %s: closed %t, and CreateTT answered %+v", e.id, e.closed, c)
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
	if err := w.onePerKey(); err != nil {
		return err
	}
	all := records(w.server)
	if len(all) != 1+len(w.episodes) {
		return fmt.Errorf("%d tickets, of %d keys and a person", len(all), len(w.episodes))
	}
	for n, e := range w.episodes {
		key := fmt.Sprint("key-", n)
		i := slices.IndexFunc(all, func(r tttest.Record) bool { return r.Key == key })
		if i < 0 || all[i].ID != e.id || all[i].Open == e.closed {
			return fmt.Errorf("%s: expected ticket %s, closed %t: %+v", key, e.id, e.closed, all)
		}
		ticket, err := w.systems[0].GetTT(w.ctx, e.id)
		if err != nil {
			return err
		}
		if ticket.State.Ended() != e.closed {
			return fmt.Errorf("%s: closed %t, and GetTT says %s", key, e.closed, ticket.State)
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
