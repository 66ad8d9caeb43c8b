package proof

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"github.com/ttkit/ttkit/tt"
)

// Work carries out a worker's part of the plan over sys, and shuts sys down.
// past is what the journal already holds, of a worker that was killed: half
// of its episodes are gone on with at once, the others when Late has passed
// since the death.
//
// Its error is of the journal; calls that fail for good are in the journal.
func Work(ctx context.Context, sys tt.System, plan Plan, number int, journal *Journal, past map[int]*Past) error {
	w := &worker{plan: plan, number: number, sys: sys, journal: journal}
	room := make(chan struct{}, max(plan.Parallel, 1))
	var all sync.WaitGroup
	for n := range plan.Episodes {
		e, ok := plan.Episode(n, number)
		if !ok {
			continue
		}
		if pause(ctx, time.Until(plan.Due(n))) != nil {
			break
		}
		room <- struct{}{}
		all.Go(func() {
			defer func() { <-room }()
			w.play(ctx, e, past[n])
		})
	}
	all.Wait()
	if err := ctx.Err(); err != nil {
		return err
	}
	// A program goes on: Shutdown does not wait until a request without an
	// answer can do nothing any more.
	if err := pause(ctx, plan.Times.Late); err != nil {
		return err
	}
	if err := sys.Shutdown(ctx); err != nil {
		w.note(wordRefuse, ofNone, ofNone, strconv.Quote(err.Error()))
	}
	return w.err
}

// ofNone is the number of the episode and of the operation of Shutdown.
const ofNone = -1

type worker struct {
	plan    Plan
	number  int
	sys     tt.System
	journal *Journal

	mu  sync.Mutex
	err error
}

func (w *worker) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.err = errors.Join(w.err, err)
}

func (w *worker) note(word string, args ...any) {
	if err := w.journal.write(word, args...); err != nil {
		w.fail(err)
	}
}

// AtOnce reports whether the episode's work is repeated at once after a death,
// and not later.
func AtOnce(episode int) bool { return episode%2 == 0 }

// play carries an episode to its end. After a death everything is repeated,
// what was acknowledged included: the keys make it harmless, and a request of
// the dead may have undone it or may double it until Late has passed.
func (w *worker) play(ctx context.Context, e Episode, past *Past) {
	ticket := ""
	acked := map[int]bool{}
	var again []Op
	if past != nil {
		ticket = past.Ticket
		for _, step := range e.Steps {
			for _, op := range step {
				did := past.Ops[op.Number]
				if did == nil {
					continue
				}
				acked[op.Number] = !did.Acked.IsZero() || did.Refused != ""
				if !did.Acked.IsZero() {
					again = append(again, op)
				}
			}
		}
	}
	death, doubt := time.Time{}, false
	if past != nil {
		death, doubt = past.doubt()
	}
	if doubt {
		if !AtOnce(e.Number) && pause(ctx, time.Until(death.Add(w.plan.Times.Late))) != nil {
			return
		}
		if !w.repeat(ctx, e, again, &ticket) {
			return
		}
	}
	for _, step := range e.Steps {
		var left []Op
		for _, op := range step {
			if !acked[op.Number] {
				left = append(left, op)
			}
		}
		if !w.step(ctx, e, left, &ticket) {
			return
		}
	}
	if doubt {
		if AtOnce(e.Number) && !e.Closed {
			if pause(ctx, time.Until(death.Add(w.plan.Times.Late+w.plan.Times.Settle))) != nil {
				return
			}
			if !w.repeat(ctx, e, again, &ticket) {
				return
			}
		}
		w.note(wordSure, e.Number)
	}
}

// repeat makes operations again that were acknowledged, one after the other.
// The dead may have closed the ticket, which then takes nothing any more.
func (w *worker) repeat(ctx context.Context, e Episode, ops []Op, ticket *string) bool {
	for _, op := range ops {
		id, err := w.insist(ctx, e, op, *ticket)
		switch {
		case ctx.Err() != nil:
			return false
		case errors.Is(err, tt.ErrClosed):
			w.note(wordAck, e.Number, op.Number, *ticket)
		case err != nil:
			w.note(wordRefuse, e.Number, op.Number, strconv.Quote(err.Error()))
			return false
		case id != "":
			*ticket = id
		}
	}
	return true
}

// step makes operations at once, and reports whether to go on: not when one
// was refused for good, or ctx has ended.
func (w *worker) step(ctx context.Context, e Episode, ops []Op, ticket *string) bool {
	var wait sync.WaitGroup
	ids := make([]string, len(ops))
	failed := make([]error, len(ops))
	for i, op := range ops {
		wait.Go(func() { ids[i], failed[i] = w.insist(ctx, e, op, *ticket) })
	}
	wait.Wait()
	if ctx.Err() != nil {
		return false
	}
	goOn := true
	for i, op := range ops {
		if failed[i] != nil {
			w.note(wordRefuse, e.Number, op.Number, strconv.Quote(failed[i].Error()))
			goOn = false
			continue
		}
		if ids[i] != "" {
			*ticket = ids[i]
		}
	}
	return goOn
}

// patience is how long a caller repeats a call before it calls a person. Where
// one attempt may take half a minute, many of them take hours.
func (t Times) patience() time.Duration { return max(3*time.Minute, 30*t.Call) }

// insist makes an operation, and repeats it as its errors allow.
func (w *worker) insist(ctx context.Context, e Episode, op Op, ticket string) (id string, err error) {
	since := time.Now()
	for wait := 20 * time.Millisecond; ; wait = min(2*wait, 500*time.Millisecond) {
		w.note(wordTry, e.Number, op.Number)
		call, cancel := context.WithTimeout(ctx, w.plan.Times.Call)
		id, err = w.call(call, e, op, ticket)
		cancel()
		if err == nil {
			w.note(wordAck, e.Number, op.Number, id)
			return id, nil
		}
		var failed *tt.Error
		switch {
		case ctx.Err() != nil:
			return "", ctx.Err()
		case err == errOver:
			return "", err
		case !errors.As(err, &failed):
			return "", fmt.Errorf("no *tt.Error: %w", err)
		case op.Kind == Find && errors.Is(err, tt.ErrNotFound) && time.Since(since) < w.plan.Times.Settle:
			// look-ups may lag behind
		case !mayPass(err):
			return "", err
		case !failed.Repeatable:
			return "", fmt.Errorf("cannot be repeated although it names its key or end: %w", err)
		case time.Since(since) > w.plan.Times.patience():
			return "", fmt.Errorf("does not succeed: %w", err)
		}
		if err := pause(ctx, max(failed.RetryAfter, wait/2+rand.N(wait/2))); err != nil {
			return "", err
		}
	}
}

// mayPass reports whether a call may succeed later: by itself, or, for
// credentials that expired and answers that are no sense, when somebody has
// seen to it.
func mayPass(err error) bool {
	return tt.IsTemporary(err) || errors.Is(err, tt.ErrUnauthenticated) || errors.Is(err, tt.ErrInternal)
}

// errPending says that a close was accepted and has not taken effect.
var errPending = &tt.Error{Code: tt.CodeUnavailable, Outcome: tt.Unknown, Repeatable: true, Err: errors.New("the close is pending")}

// errOver says that the owner closed the episode before another worker's
// remark: nothing is wrong.
var errOver = errors.New("the owner has closed it")

// call makes one call of the System. The id is that of the ticket, where the
// call tells it.
func (w *worker) call(ctx context.Context, e Episode, op Op, ticket string) (id string, err error) {
	switch op.Kind {
	case Raise:
		created, err := w.sys.CreateTT(ctx, tt.CreateRequest{
			Object: e.Object, Subject: fmt.Sprintf("alarm %d", e.Number), Body: "raised by the proof", Key: e.Key,
		})
		return created.ID, err
	case Find:
		return w.sys.FindTT(ctx, e.Key)
	case Comment:
		err = w.sys.AddComment(ctx, tt.CommentRequest{ID: ticket, Body: op.Text, Key: op.Text})
	case Promote:
		_, err = w.sys.CreateGroupTT(ctx, ticket, time.Time{})
	case Add:
		var items []tt.ItemResult
		items, err = w.sys.AddToGroupTT(ctx, ticket, op.Objects...)
		for _, item := range items {
			if err == nil {
				err = item.Err
			}
		}
	case Renew:
		if lease := w.sys.Capabilities().Lease; lease > 0 {
			err = w.sys.RenewTT(ctx, ticket, time.Now().Add(2*lease))
		}
	case Close:
		var closed bool
		closed, err = w.sys.CloseTT(ctx, tt.CloseRequest{ID: ticket, Body: fmt.Sprintf("alarm %d is over", e.Number)})
		if err == nil && !closed {
			err = errPending
		}
	}
	if op.Kind == Comment && op.Number >= 100 && errors.Is(err, tt.ErrClosed) {
		err = errOver
	}
	return "", err
}

// pause sleeps, or returns ctx's error.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
