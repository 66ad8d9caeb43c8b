package rsm

import (
	"context"
	"slices"
	"time"

	"github.com/ttkit/ttkit/tt"
)

// maxReadBacks is how many read-backs may fail in a row.
const maxReadBacks = 12

// readAgain is how long after a read-back that failed the next one is made:
// five seconds, in proportion to the default of late.
func (s *System) readAgain() time.Duration { return s.cfg.Late / 12 }

// keep remembers what is about to be acknowledged, when another process, or an
// earlier write of ours whose reply was lost, may still overwrite it. wrote
// says that this process wrote it, just now.
func (one *writer) keep(e *edit, m *mode, wrote bool) {
	s := one.w.system
	now := time.Now()
	inDoubt := one.lostTill.After(now)
	if !inDoubt && (!wrote || s.cfg.Window == 0) || m.ended(s.now()) {
		return
	}
	if one.labels == nil {
		one.labels = map[string]string{}
	}
	for _, entry := range e.entries {
		if entry.Kind != kindMember || entry.ID != m.label(labelObject) { // the leader has no label
			_ = addTo(one.labels, entry) // it has been written before, so it can be
		}
	}
	for _, ci := range e.items {
		if !slices.Contains(one.items, ci) {
			one.items = append(one.items, ci)
		}
	}
	if e.until.After(one.until) {
		one.until = e.until
	}
	one.within = max(one.within, e.within)
	one.dueAt = now.Add(s.cfg.Window)
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
	ctx, cancel := context.WithTimeout(w.system.flights.Background(), time.Minute)
	one.verify(w.system.client.Operation(ctx))
	cancel()
	one.work()
}

// verify reads the mode and puts back what it lacks.
func (one *writer) verify(ctx context.Context) {
	s := one.w.system
	m, err := s.get(ctx, one.id)
	var p *patch
	if err == nil {
		p, err = one.patch(m, nil)
	}
	switch {
	case err == nil && m.ended(s.now()):
		if p != nil && p.body.Labels != nil {
			s.log.WarnContext(ctx, "another program overwrote labels and the mode ended before they could be put back", "tt_id", m.id())
		}
		one.settled()
		return
	case err == nil && p == nil:
		if now := time.Now(); one.lostTill.After(now) {
			one.dueAt = one.lostTill
			return
		}
		one.settled()
		return
	case err == nil:
		s.log.InfoContext(ctx, "another program overwrote what was just written; putting it back", "tt_id", m.id())
		if _, err = one.send(ctx, p); err == nil {
			one.failures, one.dueAt = 0, time.Now().Add(s.cfg.Window)
			return
		}
	}
	one.failures++
	// Nothing but the mode's being gone is final: credentials are renewed, and
	// rights given back, while what was acknowledged may still be missing.
	if tt.CodeOf(err) == tt.CodeNotFound || one.failures >= maxReadBacks {
		s.log.WarnContext(ctx, "what was written could not be read back", "tt_id", one.id, "error", err)
		one.settled()
		return
	}
	one.dueAt = time.Now().Add(s.readAgain())
}

func (one *writer) settled() {
	one.labels, one.items, one.until, one.within = nil, nil, time.Time{}, 0
	one.dueAt, one.lostTill, one.failures = time.Time{}, time.Time{}, 0
}

// drain waits until what was written has been read back. The doubt about a
// lost write is not waited for: what it may have overwritten is read once.
func (w *writers) drain(ctx context.Context) error {
	for {
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
			return tt.Errorf(tt.CodeCanceled, tt.Unknown, "shutting down: labels just written were not read back: %w", ctx.Err())
		}
	}
}

// nextDue returns the idle writer that is due first, and how many there are.
func (w *writers) nextDue() (next *writer, due time.Time, left int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	limit := time.Now().Add(w.system.cfg.Window)
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
