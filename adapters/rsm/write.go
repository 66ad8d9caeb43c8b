package rsm

import (
	"context"
	"errors"
	"time"

	"github.com/ttkit/ttkit/internal/rest"
	"github.com/ttkit/ttkit/tt"
)

// carryOut brings the mode to what a batch of edits asks for. An edit that
// the server refuses together with others is tried alone.
func (one *writer) carryOut(ctx context.Context, batch []*request) {
	err := one.write(ctx, &batch)
	if err == nil {
		return
	}
	if len(batch) > 1 && !tt.IsTemporary(err) && tt.CodeOf(err) != tt.CodeCanceled {
		for _, r := range batch {
			one.carryOut(ctx, []*request{r})
		}
		return
	}
	for _, r := range batch {
		r.finish(nil, err)
	}
}

func (r *request) finish(m *mode, err error) {
	r.mode, r.err = m, err
	close(r.done)
}

// write reads, modifies and writes until every edit of the batch is answered;
// those that are leave the batch. Its error is for the rest.
func (one *writer) write(ctx context.Context, batch *[]*request) error {
	s := one.w.system
	var lost error // a write may have happened, or may still
	for attempt := 0; ; attempt++ {
		m, err := one.read(ctx, attempt, *batch)
		if err != nil {
			return doubtful(err, lost)
		}
		patch, err := one.plan(m, batch)
		if err != nil {
			return doubtful(err, lost)
		}
		if patch == nil {
			return nil
		}
		if s.cfg.Window > 0 && time.Since(m.readAt) > s.cfg.Window {
			err = tt.Errorf(tt.CodeUnavailable, tt.NotDone, "the server answered a read later than the window of %s allows to write upon", s.cfg.Window)
		} else {
			var after *mode
			after, err = one.send(ctx, patch)
			if err == nil {
				*batch = one.answer(after, *batch)
				if len(*batch) == 0 {
					return nil
				}
				err = tt.Errorf(tt.CodeInternal, tt.Unknown, "the server accepted a change and does not show it: it may limit labels more tightly than expected")
			} else if again, final := one.refused(ctx, err, m, batch); final {
				return doubtful(again, lost)
			}
		}
		var failed *tt.Error
		if errors.As(err, &failed) && failed.Outcome == tt.Unknown {
			lost = err
		}
		if !tt.IsTemporary(err) && failed.Code != tt.CodeInternal || !s.client.Spend(ctx) {
			return doubtful(err, lost)
		}
		if pauseErr := s.client.Pause(ctx, attempt, failed.RetryAfter); pauseErr != nil {
			return doubtful(err, lost)
		}
	}
}

// read returns the mode to build upon.
func (one *writer) read(ctx context.Context, attempt int, batch []*request) (*mode, error) {
	s := one.w.system
	if attempt == 0 && len(batch) == 1 {
		if m := batch[0].edit.base; m != nil && m.ID == one.id && one.current(m) {
			return m, nil
		}
	}
	return s.get(ctx, one.id)
}

// current reports whether a change may build upon what its caller has read:
// other programs have had no time to change the mode, and no change of ours,
// which is not put back where this process is the only writer, came between.
func (one *writer) current(m *mode) bool {
	if window := one.w.system.cfg.Window; window > 0 {
		return time.Since(m.readAt) < window/2
	}
	one.w.mu.Lock()
	defer one.w.mu.Unlock()
	last := one.w.wrote[one.id%int64(len(one.w.wrote))]
	return !m.readAt.Before(last) || m.wroteAt.Equal(last)
}

// doubtful makes an error's outcome unknown when an earlier write was lost.
func doubtful(err, lost error) error {
	var e *tt.Error
	if lost == nil || !errors.As(err, &e) || e.Outcome != tt.NotDone {
		return err
	}
	c := *e
	c.Outcome = tt.Unknown
	return &c
}

// send makes the write. It is never repeated as it is: a repeat begins with
// another read.
func (one *writer) send(ctx context.Context, p *patch) (*mode, error) {
	s := one.w.system
	request := rest.Request{Method: "PATCH", Path: modePath(one.id), Body: &p.body, Class: rest.Once}
	if p.body.ConfigItems != nil {
		request.Query = strict
	}
	began := time.Now()
	after := &mode{}
	request.Out = after
	_, err := s.client.Do(ctx, request)
	ended := time.Now()
	one.w.mu.Lock()
	one.w.wrote[one.id%int64(len(one.w.wrote))] = ended
	one.w.mu.Unlock()
	if err != nil {
		var failed *tt.Error
		if !errors.As(err, &failed) || failed.Outcome != tt.NotDone {
			one.lostTill = began.Add(s.cfg.Late)
		}
		return nil, err
	}
	if after.ID != one.id { // the next read shows what it has come to
		return nil, tt.Errorf(tt.CodeUnavailable, tt.Unknown, "the server's answer to a change shows another mode (%d)", after.ID)
	}
	after.readAt, after.wroteAt = began, ended
	return after, nil
}

// answer answers the edits that the server's reply satisfies, and returns the
// others.
func (one *writer) answer(m *mode, batch []*request) []*request {
	s := one.w.system
	now := s.now()
	var left []*request
	for _, r := range batch {
		done := r.edit
		done.end = false // a cancel may take effect a moment later
		if s.satisfied(m, &done, now) {
			one.keep(&r.edit, m, true)
			r.finish(m, nil)
		} else {
			left = append(left, r)
		}
	}
	return left
}

// refused finds out what a refused write means, by reading the mode again.
// final is true when the batch has been dealt with, or cannot be.
func (one *writer) refused(ctx context.Context, err error, before *mode, batch *[]*request) (result error, final bool) {
	if c := tt.CodeOf(err); c != tt.CodeInvalid && c != tt.CodeClosed && c != tt.CodeConflict {
		return err, !tt.IsTemporary(err)
	}
	s := one.w.system
	m, getErr := s.get(ctx, one.id)
	if getErr != nil {
		return getErr, true // what the refusal means is not known yet
	}
	if m.ended(s.now()) {
		_, _ = one.plan(m, batch) // it answers every edit
		return nil, true
	}
	return err, true
}
