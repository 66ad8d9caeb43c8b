package sequence

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/tttest"
)

// Episode is what the model knows of a key's ticket.
type Episode struct {
	ID       string
	Closed   bool
	Comments []string // that were acknowledged, or made by a person

	closedAt time.Time // zero where a person closed it
	promoted bool
	members  []string
}

// world is a stage, two processes on it, and the model.
type world struct {
	Rules
	ctx      context.Context
	stage    *Stage
	systems  [2]tt.System
	episodes map[int]*Episode
	serial   int
}

// rest is longer than anything late, and than any backend takes to settle.
const rest = 5 * time.Minute

// play makes the moves, and compares the backend with the model.
func (r Rules) play(seed uint64, moves []Move) (err error) {
	w := &world{Rules: r, ctx: context.Background(), stage: r.Start(seed), episodes: map[int]*Episode{}}
	if w.stage.Backend.Close != nil {
		defer w.stage.Backend.Close()
	}
	for i := range w.systems {
		if w.systems[i], err = w.stage.Backend.Open(w.ctx); err != nil {
			return err
		}
	}
	defer func() {
		for _, s := range w.systems {
			_ = s.Shutdown(w.ctx)
		}
	}()
	foreign, err := w.stage.Backend.Foreign(r.Objects[0])
	if err != nil {
		return err
	}
	before, err := w.raw(foreign)
	if err != nil {
		return err
	}
	for i, move := range moves {
		err := w.make(move)
		if err == nil && w.stage.Always != nil {
			err = w.stage.Always()
		}
		if err != nil {
			return fmt.Errorf("move %d, %s: %w", i, move.What, err)
		}
	}
	w.stage.Backend.ClearFaults()
	time.Sleep(rest)
	if err := w.audit(); err != nil {
		return err
	}
	after, err := w.raw(foreign)
	if err == nil && after != before {
		err = fmt.Errorf("the ticket that a person made was %s and is %s", before, after)
	}
	return err
}

// raw is everything that the backend holds of a ticket.
func (w *world) raw(id string) (string, error) {
	records, err := w.stage.Backend.Records()
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(records, func(r tttest.Record) bool { return r.ID == id })
	if i < 0 {
		return "", fmt.Errorf("the ticket %s, which a person made, is gone", id)
	}
	return records[i].Raw, nil
}

// insist repeats a call as its errors allow, until it is done or refused.
func (w *world) insist(call func() error) error {
	var err error
	for range 60 {
		err = call()
		var e *tt.Error
		switch {
		case err == nil || !errors.As(err, &e):
			return err
		case w.Again != nil && w.Again(e):
		case !e.Temporary():
			return err
		case !e.Repeatable:
			return fmt.Errorf("a temporary error of a call with a key is not repeatable: %w", err)
		}
		time.Sleep(max(e.RetryAfter, 2*time.Second))
	}
	return fmt.Errorf("it does not succeed: %w", err)
}

func (w *world) make(m Move) error {
	if m.Fault.Kind != "" {
		w.stage.Backend.Inject(m.Fault)
	}
	if m.Own != nil {
		w.stage.Strike(m.Own)
	}
	w.serial++
	m.Text = fmt.Sprintf("remark-%d", w.serial)
	e := w.episodes[m.Key]
	if own := w.stage.Moves[m.What]; own != nil {
		return own(m, e)
	}
	switch m.What {
	case "raise":
		return w.raise(m)
	case "restart":
		return w.restart(m.System)
	case "wait":
		time.Sleep(m.Pause)
		return nil
	}
	if e == nil { // nothing to write to, yet
		time.Sleep(m.Pause)
		return nil
	}
	err := w.write(m, e)
	if e.Closed && errors.Is(err, tt.ErrClosed) {
		return nil
	}
	return err
}

// write makes a move that changes a ticket. The model expects what was
// acknowledged.
func (w *world) write(m Move, e *Episode) error {
	sys := w.systems[m.System]
	if w.OneWriter {
		sys = w.systems[m.Key%2]
	}
	switch m.What {
	case "comment":
		err := w.insist(func() error {
			return sys.AddComment(w.ctx, tt.CommentRequest{ID: e.ID, Body: m.Text, Key: m.Text})
		})
		if err == nil {
			e.Comments = append(e.Comments, m.Text)
		}
		return err
	case "promote":
		err := w.insist(func() error { _, err := sys.CreateGroupTT(w.ctx, e.ID, time.Time{}); return err })
		e.promoted = e.promoted || err == nil
		return err
	case "add":
		if !e.promoted {
			return nil
		}
		obj := w.Objects[m.Object]
		err := w.insist(func() error {
			items, err := sys.AddToGroupTT(w.ctx, e.ID, obj)
			if err == nil {
				err = items[0].Err
			}
			return err
		})
		if err == nil && !slices.Contains(e.members, obj) {
			e.members = append(e.members, obj)
		}
		return err
	case "renew":
		return w.insist(func() error { return sys.RenewTT(w.ctx, e.ID, time.Now().Add(200*time.Hour)) })
	case "close":
		err := w.insist(func() error {
			closed, err := sys.CloseTT(w.ctx, tt.CloseRequest{ID: e.ID, Body: "closing " + e.ID})
			if err == nil && !closed && !sys.Capabilities().AsyncClose {
				err = errors.New("the close is pending, of a System that says that no close is")
			}
			return err
		})
		if err == nil && !e.Closed {
			e.Closed, e.closedAt = true, time.Now()
		}
		return err
	}
	return fmt.Errorf("there is no move %q", m.What)
}

func (w *world) raise(m Move) error {
	sys := w.systems[m.System]
	began := time.Now()
	var c tt.Created
	err := w.insist(func() (err error) {
		c, err = sys.CreateTT(w.ctx, tt.CreateRequest{Object: w.Objects[0], Subject: "down", Key: name(m.Key)})
		return err
	})
	if err != nil {
		return err
	}
	e := w.episodes[m.Key]
	switch {
	case e == nil:
		w.episodes[m.Key] = &Episode{ID: c.ID}
	case !c.Existed || c.ID != e.ID:
		return fmt.Errorf("the key has ticket %s, and CreateTT answered %+v", e.ID, c)
	case c.Closed && !e.Closed, !c.Closed && e.Closed && !sys.Capabilities().AsyncClose && began.Sub(e.closedAt) >= w.Settle:
		return fmt.Errorf("ticket %s: closed %t, and CreateTT answered %+v", e.ID, e.Closed, c)
	}
	return nil
}

// name is a key as the caller gives it.
func name(key int) string { return fmt.Sprint("key-", key) }

// restart ends a process, and begins its successor.
func (w *world) restart(n int) error {
	if w.Linger > 0 {
		w.stage.Backend.ClearFaults()
		time.Sleep(w.Linger)
	}
	if err := w.systems[n].Shutdown(w.ctx); err != nil && (w.Linger > 0 || !tt.IsTemporary(err)) {
		return err
	}
	sys, err := w.stage.Backend.Open(w.ctx)
	if err != nil {
		return err
	}
	w.systems[n] = sys
	return nil
}
