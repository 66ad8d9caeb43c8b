package rewrite

import (
	"context"
	"fmt"
	"time"

	"github.com/ttkit/ttkit/tt"
)

// Drain waits until what was written has been read back. The doubt about a
// lost write is not waited for: what it may have overwritten is read once. Its
// error is ctx's, or, where nothing gets through any more, that of the last
// read-back.
func (e *Engine[ID, R, E, K]) Drain(ctx context.Context) error {
	for failing := (time.Time{}); ; { // since when nothing could be read back
		next, due, left := e.nextDue()
		if left == 0 {
			return nil
		}
		if next == nil { // all of them are at work
			if err := e.flights.Wait(ctx); err != nil {
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
		e.mu.Lock()
		busy := next.busy // its timer was faster, or another edit came
		var err error
		if !busy {
			err = next.failed
		}
		e.mu.Unlock()
		switch {
		case busy:
		case err == nil:
			failing = time.Time{}
		case failing.IsZero():
			failing = time.Now()
		case time.Since(failing) > e.set.Late:
			return fmt.Errorf("shutting down: what was just written was not read back: %w", err)
		}
	}
}

// nextDue returns the idle writer that is due first, and how many writers there
// are.
func (e *Engine[ID, R, E, K]) nextDue() (next *writer[ID, R, E, K], due time.Time, left int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := time.Now()
	for _, w := range e.writers {
		if w.busy {
			continue
		}
		w.lostTill = time.Time{}
		limit := now.Add(e.delay())
		if w.failures > 0 { // else they would be over before the server has drawn breath
			limit = now.Add(max(e.delay(), e.set.again(1)))
		}
		if w.dueAt.After(limit) {
			w.dueAt = limit
		}
		if next == nil || w.dueAt.Before(due) {
			next, due = w, w.dueAt
		}
	}
	return next, due, len(e.writers)
}
