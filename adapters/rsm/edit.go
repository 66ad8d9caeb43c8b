package rsm

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/ttkit/ttkit/internal/journal"
	"github.com/ttkit/ttkit/internal/rewrite"
	"github.com/ttkit/ttkit/tt"
)

// edit is a change: what the mode shall have in the end.
type edit struct {
	entries []journal.Entry
	items   []int64   // config items in the scope
	without []int64   // config items that are gone, and not sent any more
	until   time.Time // the end, at least

	end    bool          // the mode is over: cancelled
	within time.Duration // with end: by an end so far ahead, where cancelling is refused
	elect  bool          // part of an election: the mode may be a loser
	group  bool          // for group tickets only

	// allow is asked before anything is written; along are the edits that
	// travel along.
	allow func(m *mode, along []*edit) error

	base *mode // what the caller has just read, if anything
}

// kept is what this process wrote lately.
type kept struct {
	labels map[string]string
	items  []int64
	until  time.Time
	within time.Duration // its end was moved to so far ahead, to close it
}

// rewriting is what changes need to know of modes.
func (s *System) rewriting() rewrite.Vendor[int64, mode, edit, kept] {
	return rewrite.Vendor[int64, mode, edit, kept]{
		Carrier: "labels",
		ID:      func(m *mode) int64 { return m.ID },
		Times:   func(m *mode) (asked, wrote *time.Time) { return &m.readAt, &m.wroteAt },
		Read:    s.get,
		Judge:   s.judge,
		Plan:    s.plan,
		Shows:   s.shows,
		Keep:    s.keep,
		Apart:   func(err error) bool { return !tt.IsTemporary(err) && tt.CodeOf(err) != tt.CodeCanceled },
		Over:    func(m *mode) bool { return m.ended(s.now()) },
	}
}

// rewrites are the settings of changes.
func (s *System) rewrites() rewrite.Settings {
	return rewrite.Settings{Window: s.cfg.Window, Late: s.cfg.Late, Limit: time.Minute}
}

// errLost says that the mode is the loser of an election.
var errLost = errors.New("the ticket lost an election")

// change carries out an edit on a ticket, or on the winner if it lost an
// election, and returns the mode as it then is.
func (s *System) change(ctx context.Context, id int64, e edit) (*mode, error) {
	for range 3 {
		m, err := s.changes.Do(ctx, id, e, e.base)
		if !errors.Is(err, errLost) {
			return m, err
		}
		won, err := s.winner(ctx, m)
		if err != nil {
			return nil, err
		}
		e.elect = won.ID == id // a loser without a winner is a ticket like another
		id = won.ID
	}
	return nil, tt.Errorf(tt.CodeUnavailable, tt.NotDone, "the election among the tickets of this key has not settled")
}

// judge answers the edits that the mode satisfies or rules out.
func (s *System) judge(m *mode, k *kept, e *edit, along []*edit) (done bool, err error) {
	now := s.now()
	switch ended := m.ended(now); {
	case m.has(kindDuplicate, "") && !e.elect:
		return false, errLost
	case s.satisfied(m, e, now):
		return true, nil
	case ended && e.end:
		return true, nil // over, and nothing can be noted any more
	case ended:
		return false, over(s.state(m))
	case e.allow != nil:
		return false, e.allow(k.restored(m), along)
	}
	return false, nil
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

// shows is satisfied for an answer to a write: a cancel may take effect a
// moment later.
func (s *System) shows(m *mode, e *edit) bool {
	written := *e
	written.end = false
	return s.satisfied(m, &written, s.now())
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

// over is the error of a change to a ticket that has ended.
func over(state tt.State) error {
	if state == tt.StateExpired {
		return tt.Errorf(tt.CodeClosed, tt.NotDone, "the ticket's lease has lapsed and the mode cannot change any more: open a new episode, and renew leases in time")
	}
	return tt.Errorf(tt.CodeClosed, tt.NotDone, "the ticket is closed and cannot change any more")
}

// keep keeps in mind what was written for an edit.
func (s *System) keep(k *kept, m *mode, e *edit, _ bool) {
	if k.labels == nil {
		k.labels = map[string]string{}
	}
	for _, entry := range e.entries {
		if entry.Kind != kindMember || entry.ID != m.label(labelObject) { // the leader has no label
			_ = addTo(k.labels, entry) // it has been written before, so it can be
		}
	}
	for _, ci := range e.items {
		if !slices.Contains(k.items, ci) {
			k.items = append(k.items, ci)
		}
	}
	if e.until.After(k.until) {
		k.until = e.until
	}
	k.within = max(k.within, e.within)
}

// restored is the mode with what this process wrote lately and another program
// overwrote: it is about to be put back.
func (k *kept) restored(m *mode) *mode {
	if len(k.labels) == 0 {
		return m
	}
	set := map[string]any{}
	for name, text := range texts(m.Labels) {
		set[name] = text
	}
	for name, text := range k.labels {
		set[name] = text
	}
	return &mode{ID: m.ID, DateStart: m.DateStart, DateEnd: m.DateEnd, ConfigItems: m.ConfigItems, Labels: set, readAt: m.readAt}
}
