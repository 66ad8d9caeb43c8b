package rsm

import (
	"context"
	"errors"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ttkit/ttkit/internal/flight"
	"github.com/ttkit/ttkit/internal/journal"
	"github.com/ttkit/ttkit/internal/rest"
	"github.com/ttkit/ttkit/tt"
)

// A change of a mode is read, modify, write, with no version to compare. So
// there is one writer per mode in the process; what waits for it travels
// together; what was read too long ago is read again before it is written;
// and what was written is read back after the window in which another
// process may have overwritten it, and put back if it did.

// edit is a change: what the mode shall have in the end.
type edit struct {
	entries []journal.Entry
	items   []int64   // config items in the scope
	without []int64   // config items that are gone, and not sent any more
	until   time.Time // the end, at least

	end    bool              // the mode is over: cancelled
	within time.Duration     // with end: by an end so far ahead, where cancelling is refused
	elect  bool              // part of an election: the mode may be a loser
	group  bool              // for group tickets only
	allow  func(*mode) error // asked before anything is written

	// base is what the caller has just read: the first attempt builds upon it
	// if it is still young enough. Most edits have none and read for themselves.
	base *mode
}

// request is an edit that waits for the writer.
type request struct {
	ctx   context.Context
	edit  edit
	state atomic.Int32 // how far it has come
	done  chan struct{}
	mode  *mode
	err   error
}

const (
	waiting int32 = iota
	sent          // a write is or was on the way
	gone          // the caller left before that
)

type writers struct {
	system *System
	mu     sync.Mutex
	byID   map[int64]*writer
}

type writer struct {
	w       *writers
	id      int64
	pending []*request // under w.mu
	busy    bool       // under w.mu

	// What this process wrote lately, until it is known to have stayed. The
	// one goroutine that is busy uses these.
	labels   map[string]string
	items    []int64
	until    time.Time
	within   time.Duration // its end was moved to so far ahead, to close it
	dueAt    time.Time     // when to read back; zero: nothing to read back
	lostTill time.Time     // until then a write whose reply was lost may still land
	timer    *time.Timer
	failures int
}

// losing says that the mode is the loser of an election.
type losing struct{ mode *mode }

func (losing) Error() string { return "the ticket lost an election" }

// change carries out an edit on a ticket, or on the winner if it lost an
// election, and returns the mode as it then is.
func (s *System) change(ctx context.Context, id int64, e edit) (*mode, error) {
	for range 3 {
		m, err := s.writers.do(ctx, id, e)
		var lost losing
		if !errors.As(err, &lost) {
			return m, err
		}
		won, err := s.winner(ctx, lost.mode)
		if err != nil {
			return nil, err
		}
		e.elect = won.ID == id // a loser without a winner is a ticket like another
		id = won.ID
	}
	return nil, tt.Errorf(tt.CodeUnavailable, tt.NotDone, "the election among the tickets of this key has not settled")
}

// do hands the edit to the mode's writer and waits.
func (w *writers) do(ctx context.Context, id int64, e edit) (*mode, error) {
	r := &request{ctx: ctx, edit: e, done: make(chan struct{})}
	w.mu.Lock()
	one := w.at(id)
	one.pending = append(one.pending, r)
	one.start()
	w.mu.Unlock()
	select {
	case <-r.done:
		return r.mode, r.err
	case <-ctx.Done():
	}
	select {
	case <-r.done:
		return r.mode, r.err
	default:
	}
	if r.state.CompareAndSwap(waiting, gone) {
		return nil, flight.Canceled(ctx, tt.NotDone, "")
	}
	return nil, flight.Canceled(ctx, tt.Unknown, "")
}

// claim makes sure that the edit is written: its caller can leave now, but not
// take it back.
func (r *request) claim() bool {
	return r.state.CompareAndSwap(waiting, sent) || r.state.Load() == sent
}

// at returns the writer of a mode. w.mu is held.
func (w *writers) at(id int64) *writer {
	if w.byID == nil {
		w.byID = map[int64]*writer{}
	}
	one := w.byID[id]
	if one == nil {
		one = &writer{w: w, id: id}
		w.byID[id] = one
	}
	return one
}

// start sets the writer to work. w.mu is held.
func (one *writer) start() {
	if one.busy {
		return
	}
	one.busy = true
	one.w.system.flights.Go(one.work)
}

// work carries out what is pending until nothing is.
func (one *writer) work() {
	w := one.w
	for {
		w.mu.Lock()
		batch := one.pending
		one.pending = nil
		if len(batch) == 0 {
			one.rest()
			w.mu.Unlock()
			return
		}
		w.mu.Unlock()
		ctx, stop := together(w.system.client.Operation(w.system.flights.Background()), batch)
		one.carryOut(ctx, batch)
		stop()
	}
}

// together is a context that ends some time after the last caller has left.
func together(ctx context.Context, batch []*request) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	left := int32(len(batch))
	stops := make([]func() bool, len(batch))
	for i, r := range batch {
		stops[i] = context.AfterFunc(r.ctx, func() {
			if atomic.AddInt32(&left, -1) == 0 {
				timer := time.AfterFunc(flight.Grace, cancel)
				context.AfterFunc(ctx, func() { timer.Stop() })
			}
		})
	}
	return ctx, func() {
		for _, stop := range stops {
			stop()
		}
		cancel()
	}
}

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
				return again
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
		if m := batch[0].edit.base; m != nil && m.ID == one.id && (s.cfg.Window == 0 || time.Since(m.readAt) < s.cfg.Window/2) {
			return m, nil
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

// plan answers the edits that the mode satisfies or rules out, and makes the
// patch for the others; nil means that there is nothing to write.
func (one *writer) plan(m *mode, batch *[]*request) (*patch, error) {
	s := one.w.system
	now := s.now()
	ended := m.ended(now)
	var left []*request
	for _, r := range *batch {
		switch {
		case m.has(kindDuplicate, "") && !r.edit.elect:
			r.finish(nil, losing{m})
		case s.satisfied(m, &r.edit, now):
			one.keep(&r.edit, m, r.state.Load() == sent)
			r.finish(m, nil)
		case ended && r.edit.end:
			r.finish(m, nil) // over, and nothing can be noted any more
		case ended:
			r.finish(m, over(s.state(m)))
		default:
			if r.edit.allow != nil {
				if err := r.edit.allow(m); err != nil {
					r.finish(m, err)
					continue
				}
			}
			if !r.claim() {
				r.finish(nil, nil) // nobody waits for it
				continue
			}
			left = append(left, r)
		}
	}
	*batch = left
	if ended || len(left) == 0 {
		return nil, nil
	}
	return one.patch(m, left)
}

// patch is a change of a mode, and what of it is new.
type patch struct {
	body   patchBody
	labels map[string]string
	items  []int64
	until  time.Time
}

// patch makes the patch for the edits, and for what this process wrote lately
// and the mode lacks. nil means that there is nothing to write.
func (one *writer) patch(m *mode, batch []*request) (*patch, error) {
	s := one.w.system
	now := s.now()
	p := &patch{labels: map[string]string{}}
	if !m.has(kindClosed, "") && !m.has(kindDuplicate, "") {
		p.until = one.until // a ticket that is being closed gets no lease back
	}
	p.items = append(p.items, one.items...)
	var within time.Duration
	var without []int64
	for name, text := range one.labels {
		if m.label(name) != text {
			p.labels[name] = text
		}
	}
	for _, r := range batch {
		if err := addTo(p.labels, missing(m, r.edit.entries)...); err != nil {
			return nil, err
		}
		p.items = append(p.items, r.edit.items...)
		without = append(without, r.edit.without...)
		p.body.Cancel = p.body.Cancel || r.edit.end && r.edit.within == 0
		within = max(within, r.edit.within)
		if r.edit.until.After(p.until) {
			p.until = r.edit.until
		}
	}
	if len(p.labels) > 0 {
		p.body.Labels = maps.Collect(texts(m.Labels))
		maps.Copy(p.body.Labels, p.labels)
	}
	if len(batch) == 0 && m.expires().After(now.Add(2*one.within)) {
		within = one.within // an older change of the end has landed after ours
	}
	switch {
	case within > 0:
		p.body.DateEnd = now.Add(within).UTC().Format(wireTime)
	case p.until.After(m.expires().Add(time.Second)):
		p.body.DateEnd = p.until.UTC().Format(wireTime)
	}
	p.body.ConfigItems = s.widened(m, p.items, without, now)
	if p.body.Labels == nil && p.body.DateEnd == "" && p.body.ConfigItems == nil && !p.body.Cancel {
		return nil, nil
	}
	return p, nil
}

// widened is the scope with the given items added, and without some; nil when
// none is new. Items whose part is over are history and are not sent.
func (s *System) widened(m *mode, items, without []int64, now time.Time) []scopeItem {
	var scope []scopeItem
	in := map[int64]bool{}
	for _, ci := range without {
		in[ci] = true
	}
	for _, i := range m.ConfigItems {
		if !i.final(now) && !in[i.ID] {
			in[i.ID] = true
			scope = append(scope, scopeItem{i.ID, i.Scope, i.Depth})
		}
	}
	before := len(scope)
	for _, ci := range items {
		if !in[ci] {
			in[ci] = true
			scope = append(scope, s.scope(ci))
		}
	}
	if len(scope) == before {
		return nil
	}
	return scope
}

func missing(m *mode, entries []journal.Entry) []journal.Entry {
	var out []journal.Entry
	for _, e := range entries {
		leader := e.Kind == kindMember && e.ID == m.label(labelObject)
		if !leader && !m.has(e.Kind, e.ID) {
			out = append(out, e)
		}
	}
	return out
}

// satisfied reports whether the mode has all that the edit asks for.
func (s *System) satisfied(m *mode, e *edit, now time.Time) bool {
	switch {
	case e.group && !m.has(kindPromoted, ""):
		return false
	case len(missing(m, e.entries)) > 0, e.until.After(m.expires().Add(time.Second)):
		return false
	case e.end && !m.ended(now) && (e.within == 0 || m.expires().After(now.Add(e.within+time.Second))):
		return false
	}
	for _, ci := range e.items {
		if !m.covers(ci, now) {
			return false
		}
	}
	return true
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
	if _, err := s.client.Do(ctx, request); err != nil {
		var failed *tt.Error
		if !errors.As(err, &failed) || failed.Outcome != tt.NotDone {
			one.lostTill = began.Add(s.cfg.Late)
		}
		return nil, err
	}
	if after.ID != one.id { // the next read shows what it has come to
		return nil, tt.Errorf(tt.CodeUnavailable, tt.Unknown, "the server's answer to a change shows another mode (%d)", after.ID)
	}
	after.readAt = began
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
		return err, true
	}
	if m.ended(s.now()) {
		_, _ = one.plan(m, batch) // it answers every edit
		return nil, true
	}
	return err, true
}

// over is the error of a change to a ticket that has ended.
func over(state tt.State) error {
	if state == tt.StateExpired {
		return tt.Errorf(tt.CodeClosed, tt.NotDone, "the ticket's lease has lapsed and the mode cannot change any more: open a new episode, and renew leases in time")
	}
	return tt.Errorf(tt.CodeClosed, tt.NotDone, "the ticket is closed and cannot change any more")
}
