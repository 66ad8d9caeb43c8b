package guance

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/ttkit/ttkit/internal/rest"
	"github.com/ttkit/ttkit/tt"
)

// carryOut brings the schedule to what a batch of edits asks for. What the
// server refuses of several together is tried one by one; what is wrong with
// the schedule, or with the key, is so for each of them.
func (one *writer) carryOut(ctx context.Context, batch []*request) {
	err := one.write(ctx, &batch)
	if err == nil {
		return
	}
	if len(batch) > 1 && (isRefusal(err) || tt.CodeOf(err) == tt.CodeInternal) {
		for _, r := range batch {
			one.carryOut(ctx, []*request{r})
		}
		return
	}
	for _, r := range batch {
		r.finish(nil, err)
	}
}

// write reads, modifies and writes until every edit of the batch is answered;
// those that are leave the batch. Its error is for the rest.
func (one *writer) write(ctx context.Context, batch *[]*request) error {
	s := one.w.system
	var lost error // a write may have happened, or may still
	for attempt := 0; ; attempt++ {
		x, err := one.read(ctx, attempt, *batch)
		if err != nil {
			return doubtful(err, lost)
		}
		p, err := one.plan(x, batch)
		if err != nil {
			return doubtful(err, lost)
		}
		if p == nil {
			return nil
		}
		if !one.current(x, s.cfg.Window) {
			err = tt.Errorf(tt.CodeUnavailable, tt.NotDone, "the server answered a read later than the window of %s allows to write upon", s.cfg.Window)
		} else {
			var after *schedule
			after, err = one.send(ctx, x, p)
			if err == nil {
				*batch = one.answer(ctx, after, *batch)
				if len(*batch) == 0 {
					return nil
				}
				err = tt.Errorf(tt.CodeInternal, tt.Unknown, "the server accepted a change and does not show it: it may limit rules more tightly than expected")
			}
		}
		var failed *tt.Error
		if errors.As(err, &failed) && failed.Outcome == tt.Unknown {
			lost = err
		}
		if !tt.IsTemporary(err) && tt.CodeOf(err) != tt.CodeInternal || !s.client.Spend(ctx) {
			return doubtful(err, lost)
		}
		if pauseErr := s.client.Pause(ctx, attempt, failed.RetryAfter); pauseErr != nil {
			return doubtful(err, lost)
		}
	}
}

// read returns the schedule to build upon.
func (one *writer) read(ctx context.Context, attempt int, batch []*request) (*schedule, error) {
	s := one.w.system
	if attempt == 0 && len(batch) == 1 {
		if x := batch[0].edit.base; x != nil && x.uuid == one.id && one.current(x, s.cfg.Window/2) {
			return x, nil
		}
	}
	return s.get(ctx, one.id)
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
func (one *writer) send(ctx context.Context, x *schedule, p *patch) (*schedule, error) {
	s := one.w.system
	began := time.Now()
	request := func(levelled bool) rest.Request {
		rules := written(x.rules, p.texts, levelled, x.read().header.Dark)
		return rest.Request{
			Method: "POST", Path: schedulePath(one.id) + pathModify, Class: rest.Once,
			Body: x.modifyBody(p.name, p.filter, p.end, rules),
		}
	}
	var after *schedule
	var err error
	if len(p.texts) > 0 {
		after, err = s.writeRules(ctx, request)
	} else {
		after, err = s.write(ctx, request(false))
	}
	ended := time.Now()
	one.w.mu.Lock()
	*one.lastWrite() = ended
	one.w.mu.Unlock()
	if err != nil {
		var failed *tt.Error
		if !errors.As(err, &failed) || failed.Outcome != tt.NotDone {
			one.lostTill = began.Add(s.cfg.Late)
		}
		return nil, err
	}
	if after.uuid != one.id { // the next read shows what it has come to
		return nil, tt.Errorf(tt.CodeUnavailable, tt.Unknown, "the server's answer to a change shows another schedule (%s)", after.uuid)
	}
	if after.updated > x.updated { // else it is not shown, or the second is the same
		s.wroteAt(after.updated, began)
	}
	after.wroteAt = ended
	return after, nil
}

// answer answers the edits that the server's reply satisfies, and returns the
// others.
func (one *writer) answer(ctx context.Context, x *schedule, batch []*request) []*request {
	s := one.w.system
	one.untilShown(ctx, batch)
	now := s.now()
	var left []*request
	for _, r := range batch {
		if s.satisfied(x, &r.edit, now) {
			one.keep(&r.edit, x, true)
			r.finish(x, nil)
		} else {
			left = append(left, r)
		}
	}
	return left
}

// untilShown waits, where schedules are read out of a list that may lag
// behind, until it shows what was written: the next read must build upon it.
func (one *writer) untilShown(ctx context.Context, batch []*request) {
	s := one.w.system
	if !s.routes.noGet.Load() {
		return
	}
	wait := 100 * time.Millisecond
	for deadline := time.Now().Add(s.cfg.Settle); time.Now().Before(deadline); wait = min(2*wait, time.Second) {
		x, err := s.get(ctx, one.id)
		now := s.now()
		if err != nil || !slices.ContainsFunc(batch, func(r *request) bool { return !s.satisfied(x, &r.edit, now) }) {
			return
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
	}
}
