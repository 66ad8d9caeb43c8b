package rewrite

import (
	"context"
	"math/bits"
	"time"

	"github.com/ttkit/ttkit/tt"
)

// enough is how many read-backs of a record may fail in a row before an operator
// is told by a warning, then and whenever twice as many have failed.
const enough = 12

// again is how long after so many failures in a row the next read-back is
// made: from a second, in proportion to the default of Late, to a minute.
func (s Settings) again(failures int) time.Duration {
	wait := s.Late / 60
	for range failures - 1 {
		wait = min(2*wait, time.Minute)
	}
	return wait
}

// delay is how long after a write it is read back.
func (e *Engine[ID, R, E, K]) delay() time.Duration { return e.set.Window + e.lag() }

// doubt is how long after it began a lost write may still come to light.
func (e *Engine[ID, R, E, K]) doubt() time.Duration { return e.set.Late + e.lag() }

func (e *Engine[ID, R, E, K]) lag() time.Duration {
	if e.vendor.Lag == nil {
		return 0
	}
	return e.vendor.Lag()
}

func (w *writer[ID, R, E, K]) inDoubt() bool { return w.lostTill.After(time.Now()) }

// keep remembers what is about to be acknowledged, when another process, or an
// earlier write of ours whose reply was lost, may still overwrite it. wrote
// says that this process wrote it, just now.
func (w *writer[ID, R, E, K]) keep(record *R, r *request[R, E], wrote bool) {
	v, set := &w.e.vendor, &w.e.set
	if w.e.over(record) {
		return
	}
	now := time.Now()
	if v.Watch != nil && v.Watch(record, &r.edit) {
		w.lostTill = now.Add(w.e.doubt())
	}
	doubt := w.inDoubt()
	if !doubt && (!wrote || set.Window == 0) {
		return
	}
	v.Keep(&w.kept, record, &r.edit, doubt)
	w.dueAt = now.Add(w.e.delay())
	if set.Window == 0 {
		w.dueAt = w.lostTill
	}
}

// settled forgets what was written: it has stayed, or is given up.
func (w *writer[ID, R, E, K]) settled() {
	var nothing K
	w.kept, w.dueAt, w.lostTill = nothing, time.Time{}, time.Time{}
	w.failed, w.failures = nil, 0
}

// rest leaves the writer idle: with a timer when there is something to read
// back, and forgotten otherwise. e.mu is held.
func (w *writer[ID, R, E, K]) rest() {
	w.busy = false
	if w.dueAt.IsZero() && w.inDoubt() {
		w.dueAt = w.lostTill // until then it must know of the doubt
	}
	if w.timer != nil {
		w.timer.Stop()
		w.timer = nil
	}
	if w.dueAt.IsZero() {
		delete(w.e.writers, w.id)
		return
	}
	w.timer = time.AfterFunc(time.Until(w.dueAt), w.readBack)
}

// readBack looks whether what was written has stayed, when that is due: who
// calls it may have set out before the last write.
func (w *writer[ID, R, E, K]) readBack() {
	e := w.e
	e.mu.Lock()
	if w.busy || w.dueAt.IsZero() || w.dueAt.After(time.Now()) || e.flights.Background().Err() != nil {
		e.mu.Unlock()
		return
	}
	w.busy = true
	done := e.flights.Add()
	e.mu.Unlock()
	defer done()
	ctx, cancel := context.WithTimeout(e.flights.Background(), e.set.Limit)
	w.verify(e.repeats.Operation(ctx))
	cancel()
	w.work()
}

// verify reads the record and puts back what it lacks.
func (w *writer[ID, R, E, K]) verify(ctx context.Context) {
	e := w.e
	record, err := e.vendor.Read(ctx, w.id)
	if tt.CodeOf(err) == tt.CodeNotFound {
		e.log.WarnContext(ctx, "what was written cannot be read back: the ticket is gone", "tt_id", w.id)
		w.settled()
		return
	}
	var write Write[R]
	if err == nil {
		write, err = e.vendor.Plan(record, &w.kept, nil, w.inDoubt())
	}
	switch {
	case err == nil && e.over(record):
		if write != nil {
			e.log.WarnContext(ctx, "another program overwrote what was just written, and the ticket ended before it could be put back", "tt_id", w.id)
		}
		w.settled()
		return
	case err == nil && write == nil:
		w.failed, w.failures = nil, 0
		if asked, _ := e.vendor.Times(record); w.lostTill.After(*asked) { // not after its answer: that may have taken long
			w.dueAt = w.lostTill
			return
		}
		w.settled()
		return
	case err == nil:
		e.log.InfoContext(ctx, "another program overwrote what was just written; putting it back", "tt_id", w.id)
		if _, err = w.send(ctx, record, write); err == nil {
			w.failed, w.failures, w.dueAt = nil, 0, time.Now().Add(e.delay())
			return
		}
	}
	// What was acknowledged may be missing however long the server is away,
	// and credentials are renewed: only a record that is gone is given up.
	w.failed, w.failures = err, w.failures+1
	if times := w.failures / enough; w.failures%enough == 0 && bits.OnesCount(uint(times)) == 1 {
		e.log.WarnContext(ctx, "what was written could not be read back for a while; it is tried again", "tt_id", w.id, "error", err)
	}
	w.dueAt = time.Now().Add(e.set.again(w.failures))
}
