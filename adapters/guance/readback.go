package guance

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ttkit/ttkit/tt"
)

// maxReadBacks is how many read-backs may fail in a row before somebody is
// told: an operator by a warning, the caller of Shutdown by its error.
const maxReadBacks = 12

// readAgain is how long after so many failures in a row the next read-back is
// made: from a second, in proportion to the default of late, to a minute.
func (s *System) readAgain(failures int) time.Duration {
	wait := s.cfg.Late / 60
	for range failures - 1 {
		wait = min(2*wait, time.Minute)
	}
	return wait
}

// keep remembers what is about to be acknowledged, when another process, or an
// earlier write of ours whose reply was lost, may still overwrite it. wrote
// says that this process wrote it, just now.
func (one *writer) keep(e *edit, x *schedule, wrote bool) {
	s := one.w.system
	now := time.Now()
	if e.end && s.cfg.Window > 0 && x.hash() != "" && x.ended(s.now()) {
		// Nobody looks at a closed ticket again. A write that lands late, of a
		// process that has died since, would open it for good. That goes for a
		// close that is repeated, too: who made it may be dead.
		if till := now.Add(s.cfg.Late); till.After(one.lostTill) {
			one.lostTill = till
		}
	}
	inDoubt := one.lostTill.After(now)
	if !inDoubt && (!wrote || s.cfg.Window == 0) {
		return
	}
	b := x.read()
	entries := e.entries
	if inDoubt { // a write that lands late takes away whatever was written since
		entries = b.entries
	}
	texts, _ := pieces(entries) // they have been written before, so they can be
	for _, text := range texts {
		if slices.Contains(b.texts, text) && !slices.Contains(one.kept.texts, text) { // the leader has no entry as a member
			one.kept.texts = append(one.kept.texts, text)
		}
	}
	for _, obj := range e.members {
		if !slices.Contains(one.kept.members, obj) {
			one.kept.members = append(one.kept.members, obj)
		}
	}
	if span := x.span; x.ended(s.now()) && (one.kept.end == 0 || span.end < one.kept.end) {
		one.kept.end = span.end
	}
	one.dueAt = now.Add(s.cfg.Window)
	if s.routes.noGet.Load() {
		one.dueAt = one.dueAt.Add(s.cfg.Settle) // lists may lag behind
	}
	if s.cfg.Window == 0 {
		one.dueAt = one.lostTill
	}
}

// rest leaves the writer idle: with a timer when there is something to read
// back, and forgotten otherwise. w.mu is held.
func (one *writer) rest() {
	one.busy = false
	if one.dueAt.IsZero() && one.lostTill.After(time.Now()) {
		one.dueAt = one.lostTill // until then it must know of the doubt
	}
	if one.timer != nil {
		one.timer.Stop()
		one.timer = nil
	}
	switch {
	case one.dueAt.IsZero():
		delete(one.w.byID, one.id)
	default:
		one.timer = time.AfterFunc(time.Until(one.dueAt), one.readBack)
	}
}

// readBack runs when the window after a write has passed.
func (one *writer) readBack() {
	w := one.w
	w.mu.Lock()
	if one.busy || one.dueAt.IsZero() || w.system.flights.Background().Err() != nil {
		w.mu.Unlock()
		return
	}
	one.busy = true
	done := w.system.flights.Add()
	w.mu.Unlock()
	defer done()
	ctx, cancel := context.WithTimeout(w.system.flights.Background(), readBackLimit)
	one.verify(w.system.client.Operation(ctx))
	cancel()
	one.work()
}

// readBackLimit is of one read-back, waiting for calls included.
const readBackLimit = 5 * time.Minute

// verify reads the schedule and puts back what it lacks.
func (one *writer) verify(ctx context.Context) {
	s := one.w.system
	x, err := s.get(ctx, one.id)
	var p *patch
	if err == nil {
		p, err = one.patch(x, nil)
	}
	switch {
	case err == nil && p == nil:
		one.failed, one.failures = nil, 0
		if one.lostTill.After(x.readAt) { // not after its answer: that may have taken long
			one.dueAt = one.lostTill
			return
		}
		one.settled()
		return
	case err == nil && !one.current(x, s.cfg.Window):
		err = tt.Errorf(tt.CodeUnavailable, tt.NotDone, "the server answered a read later than the window of %s allows to write upon", s.cfg.Window)
	case err == nil:
		s.log.InfoContext(ctx, "another program overwrote what was just written; putting it back", "tt_id", x.uuid)
		if _, err = one.send(ctx, x, p); err == nil {
			one.failed, one.failures, one.dueAt = nil, 0, time.Now().Add(s.cfg.Window)
			return
		}
	}
	// What was acknowledged may be missing however long the server is away,
	// and keys are renewed: only a schedule that is gone is given up.
	if tt.CodeOf(err) == tt.CodeNotFound {
		s.log.WarnContext(ctx, "what was written cannot be read back: the schedule is gone", "tt_id", one.id)
		one.settled()
		return
	}
	one.failed, one.failures = err, one.failures+1
	if one.failures == maxReadBacks {
		s.log.WarnContext(ctx, "what was written could not be read back for a while; it is tried again", "tt_id", one.id, "error", err)
	}
	one.dueAt = time.Now().Add(s.readAgain(one.failures))
}

func (one *writer) settled() {
	one.kept = kept{}
	one.dueAt, one.lostTill = time.Time{}, time.Time{}
	one.failed, one.failures = nil, 0
}

// drain waits until what was written has been read back. The doubt about a
// lost write is not waited for: what it may have overwritten is read once.
func (w *writers) drain(ctx context.Context) error {
	for failures := 0; ; {
		next, due, left := w.nextDue()
		if left == 0 {
			return nil
		}
		if next == nil { // all of them are at work
			if err := w.system.flights.Wait(ctx); err != nil {
				return err
			}
			continue
		}
		timer := time.NewTimer(time.Until(due))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
		if ctx.Err() == nil {
			next.readBack()
		}
		if ctx.Err() != nil {
			return tt.Errorf(tt.CodeCanceled, tt.Unknown, "shutting down: what was just written was not read back: %w", ctx.Err())
		}
		w.mu.Lock()
		busy := next.busy // its timer was faster, or another edit came
		var err error
		if !busy {
			err = next.failed
		}
		w.mu.Unlock()
		switch {
		case busy:
		case err == nil:
			failures = 0
		default:
			if failures++; failures == maxReadBacks {
				return fmt.Errorf("shutting down: what was just written was not read back: %w", err)
			}
		}
	}
}

// nextDue returns the idle writer that is due first, and how many there are.
func (w *writers) nextDue() (next *writer, due time.Time, left int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	limit := time.Now().Add(w.system.cfg.Window)
	if w.system.routes.noGet.Load() {
		limit = limit.Add(w.system.cfg.Settle)
	}
	for _, one := range w.byID {
		if one.busy {
			continue
		}
		one.lostTill = time.Time{}
		if one.dueAt.After(limit) {
			one.dueAt = limit
		}
		if next == nil || one.dueAt.Before(due) {
			next, due = one, one.dueAt
		}
	}
	return next, due, len(w.byID)
}
