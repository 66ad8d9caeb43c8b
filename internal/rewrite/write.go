package rewrite

import (
	"context"
	"errors"
	"time"

	"github.com/ttkit/ttkit/tt"
)

// carryOut brings the record to what a batch of edits asks for.
func (w *writer[ID, R, E, K]) carryOut(ctx context.Context, batch []*request[R, E]) {
	err := w.write(ctx, &batch)
	apart := err != nil && len(batch) > 1 && w.e.vendor.Apart(err)
	for _, r := range batch {
		if apart {
			w.carryOut(ctx, []*request[R, E]{r})
		} else {
			r.finish(nil, err)
		}
	}
}

// write reads, modifies and writes until every edit of the batch is answered;
// those that are leave the batch. Its error is for the rest.
func (w *writer[ID, R, E, K]) write(ctx context.Context, batch *[]*request[R, E]) error {
	for attempt := 0; ; attempt++ {
		before, err := w.read(ctx, attempt, *batch)
		if err != nil {
			return err
		}
		edits := w.judge(before, batch)
		if len(edits) == 0 {
			return nil
		}
		write, err := w.plan(before, edits)
		if err != nil {
			return err
		}
		if err = w.apply(ctx, before, write, batch); err == nil {
			return nil
		}
		var failed *tt.Error
		if !errors.As(err, &failed) {
			return err
		}
		switch failed.Code {
		case tt.CodeInvalid, tt.CodeClosed, tt.CodeConflict:
			return w.refused(ctx, err, batch)
		}
		if failed.Outcome == tt.Unknown {
			for _, r := range *batch {
				r.lost = true
			}
		}
		if !tt.IsTemporary(err) && failed.Code != tt.CodeInternal || !w.e.repeats.Spend(ctx) {
			return err
		}
		if w.e.repeats.Pause(ctx, attempt, failed.RetryAfter) != nil {
			return err
		}
	}
}

// read returns the record to build upon.
func (w *writer[ID, R, E, K]) read(ctx context.Context, attempt int, batch []*request[R, E]) (*R, error) {
	if attempt == 0 && len(batch) == 1 && w.fresh(batch[0].base) {
		return batch[0].base, nil
	}
	return w.e.vendor.Read(ctx, w.id)
}

// fresh reports whether an edit may build upon what its caller has read: other
// programs have had no time to change the record, and no write of ours, which
// is not put back where this process is the only writer, came between.
func (w *writer[ID, R, E, K]) fresh(base *R) bool {
	v := &w.e.vendor
	if base == nil || v.ID(base) != w.id {
		return false
	}
	asked, wrote := v.Times(base)
	if window := w.e.set.Window; window > 0 {
		return time.Since(*asked) <= window/2
	}
	w.e.mu.Lock()
	defer w.e.mu.Unlock()
	last := *w.e.lastWrite(w.id)
	return !asked.Before(last) || wrote.Equal(last)
}

// judge answers the edits that the record satisfies or rules out, and claims
// the others, which stay in the batch.
func (w *writer[ID, R, E, K]) judge(record *R, batch *[]*request[R, E]) (edits []*E) {
	left := (*batch)[:0:0]
	for _, r := range *batch {
		done, err := w.e.vendor.Judge(record, &w.kept, &r.edit, edits)
		switch {
		case err != nil:
			r.finish(record, err)
		case done:
			w.keep(record, r, r.state.Load() == sent)
			r.finish(record, nil)
		case r.claim(): // else nobody waits for it
			left, edits = append(left, r), append(edits, &r.edit)
		}
	}
	*batch = left
	return edits
}

// plan is never without a write: whoever waits for one would wait for ever.
func (w *writer[ID, R, E, K]) plan(record *R, edits []*E) (Write[R], error) {
	write, err := w.e.vendor.Plan(record, &w.kept, edits, w.inDoubt())
	if err == nil && write == nil {
		err = tt.Errorf(tt.CodeInternal, tt.NotDone, "the ticket lacks what was asked for, and nothing that can be written would give it")
	}
	return write, err
}

// apply makes the write and answers the edits that the reply shows; the others
// stay in the batch, with the error.
func (w *writer[ID, R, E, K]) apply(ctx context.Context, before *R, write Write[R], batch *[]*request[R, E]) error {
	after, err := w.send(ctx, before, write)
	if err != nil {
		return err
	}
	left := (*batch)[:0]
	for _, r := range *batch {
		if w.e.vendor.Shows(after, &r.edit) {
			w.keep(after, r, true)
			r.finish(after, nil)
		} else {
			left = append(left, r)
		}
	}
	if *batch = left; len(left) == 0 {
		return nil
	}
	return tt.Errorf(tt.CodeInternal, tt.Unknown, "the server accepted a change and does not show it: it may limit %s more tightly than expected", w.e.vendor.Carrier)
}

// send makes a write that was made from a record, unless that was read too long
// ago. It is never repeated as it is: a repeat begins with another read.
func (w *writer[ID, R, E, K]) send(ctx context.Context, before *R, write Write[R]) (*R, error) {
	v, set := &w.e.vendor, &w.e.set
	if asked, _ := v.Times(before); set.Window > 0 && time.Since(*asked) > set.Window {
		return nil, tt.Errorf(tt.CodeUnavailable, tt.NotDone, "the server answered a read later than the window of %s allows to write upon", set.Window)
	}
	began := time.Now()
	after, err := write(ctx)
	ended := time.Now()
	w.e.mu.Lock()
	*w.e.lastWrite(w.id) = ended
	w.e.mu.Unlock()
	if err != nil {
		var failed *tt.Error
		if !errors.As(err, &failed) || failed.Outcome != tt.NotDone {
			w.lostTill = began.Add(w.e.doubt())
		}
		return nil, err
	}
	if id := v.ID(after); id != w.id { // the next read shows what it has come to
		return nil, tt.Errorf(tt.CodeUnavailable, tt.Unknown, "the server's answer to a change shows another ticket (%v)", id)
	}
	asked, wrote := v.Times(after)
	*asked, *wrote = began, ended
	return after, nil
}

// refused finds out what a refused write means: where records can be over, the
// record is read again, and if it is, that answers every edit.
func (w *writer[ID, R, E, K]) refused(ctx context.Context, err error, batch *[]*request[R, E]) error {
	if w.e.vendor.Over == nil {
		return err
	}
	now, readErr := w.e.vendor.Read(ctx, w.id)
	switch {
	case readErr != nil:
		return readErr // what the refusal means is not known yet
	case w.e.over(now) && len(w.judge(now, batch)) == 0:
		return nil
	}
	return err
}
