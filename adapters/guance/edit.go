package guance

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/ttkit/ttkit/internal/journal"
	"github.com/ttkit/ttkit/internal/rewrite"
	"github.com/ttkit/ttkit/tt"
)

// edit is a change: what the schedule shall have in the end.
type edit struct {
	entries  []journal.Entry
	members  []string // objects in the filter, where they can be
	end      bool     // the schedule is over
	elect    bool     // part of an election: the schedule may be a loser
	openOnly bool     // a closed ticket refuses it
	group    bool     // for group tickets only

	// allow is asked before anything is written; along are the edits that
	// travel along.
	allow func(b *book, along []*edit) error

	base *schedule // what the caller has just read, if anything
	give func()    // gives back the calls that the caller has in hand; nil: none
}

// kept is what this process wrote lately.
type kept struct {
	texts   []string
	members []string
	end     int64 // 0: it was not ended
}

// rewriting is what changes need to know of schedules.
func (s *System) rewriting() rewrite.Vendor[string, schedule, edit, kept] {
	return rewrite.Vendor[string, schedule, edit, kept]{
		Carrier: "rules",
		ID:      func(x *schedule) string { return x.uuid },
		Times:   func(x *schedule) (asked, wrote *time.Time) { return &x.readAt, &x.wroteAt },
		Read:    s.get,
		Judge:   s.judge,
		Plan:    s.plan,
		Shows:   func(x *schedule, e *edit) bool { return s.satisfied(x, e, s.now()) },
		Keep:    s.keep,
		// What is wrong with the schedule, or with the key, is so for each of
		// several edits.
		Apart: func(err error) bool { return isRefusal(err) || tt.CodeOf(err) == tt.CodeInternal },
		Watch: s.unwatched,
		Lag:   s.lag,
		Admit: s.admit,
		Begin: s.beginChange,
	}
}

// rewrites are the settings of changes.
func (s *System) rewrites() rewrite.Settings {
	return rewrite.Settings{Window: s.cfg.Window, Late: s.cfg.Late, Limit: 5 * time.Minute}
}

// errLost says that the schedule is the loser of an election.
var errLost = errors.New("the ticket lost an election")

// change carries out an edit on a ticket, or on the winner if it lost an
// election, and returns the schedule as it then is.
func (s *System) change(ctx context.Context, id string, e edit) (*schedule, error) {
	for range 3 {
		x, err := s.changes.Do(ctx, id, e, e.base)
		if !errors.Is(err, errLost) {
			return x, err
		}
		won, err := s.winner(ctx, x)
		if err != nil {
			return nil, err
		}
		e.elect = won.uuid == id // a loser without a winner is a ticket like another
		id = won.uuid
	}
	return nil, tt.Errorf(tt.CodeUnavailable, tt.NotDone, "the election among the tickets of this key has not settled")
}

// judge answers the edits that the schedule satisfies or rules out.
func (s *System) judge(x *schedule, k *kept, e *edit, along []*edit) (done bool, err error) {
	now := s.now()
	switch ended := x.ended(now); {
	case x.read().duplicate != nil && !e.elect:
		return false, errLost
	case s.satisfied(x, e, now):
		return true, nil
	case ended && e.end && !e.elect:
		return true, nil // the first close stands
	case ended && e.openOnly:
		return false, closedGroup()
	case x.builtIn():
		return false, tt.Errorf(tt.CodeInvalid, tt.NotDone, "the schedule is a rule of the workspace itself, and no ticket")
	case e.allow != nil:
		return false, e.allow(k.restored(x), along)
	}
	return false, nil
}

// satisfied reports whether the schedule has all that the edit asks for.
func (s *System) satisfied(x *schedule, e *edit, now time.Time) bool {
	b := x.read()
	switch {
	case e.group && !b.has(kindPromoted, ""), len(lacking(b, e.entries)) > 0, e.end && !x.ended(now):
		return false
	}
	filter := x.fields.text("dimensionFilter")
	for _, obj := range e.members {
		if wider, _ := s.widened(b, filter, obj); wider != filter {
			return false
		}
	}
	return true
}

// lacking are the entries that the journal lacks. The leader of a group needs
// none as a member.
func lacking(b *book, entries []journal.Entry) []journal.Entry {
	var out []journal.Entry
	for _, e := range entries {
		leader := e.Kind == kindMember && b.ours && e.ID == journal.ID(b.header.Object)
		if !leader && !b.has(e.Kind, e.ID) {
			out = append(out, e)
		}
	}
	return out
}

// keep keeps in mind what the schedule has of an edit. A write that lands late
// takes away whatever was written since, so in doubt that is all of it.
func (s *System) keep(k *kept, x *schedule, e *edit, inDoubt bool) {
	b, entries := x.read(), e.entries
	if inDoubt {
		entries = b.entries
	}
	texts, _ := pieces(entries) // they have been written before, so they can be
	for _, text := range texts {
		if slices.Contains(b.texts, text) && !slices.Contains(k.texts, text) { // the leader has no entry as a member
			k.texts = append(k.texts, text)
		}
	}
	for _, obj := range e.members {
		if !slices.Contains(k.members, obj) {
			k.members = append(k.members, obj)
		}
	}
	if x.ended(s.now()) && (k.end == 0 || x.span.end < k.end) {
		k.end = x.span.end
	}
}

// unwatched reports whether nobody looks at the schedule again: it is that of a
// closed ticket. A write that lands late, of a process that has died since,
// would open it for good. That goes for a close that is repeated, too: who made
// it may be dead.
func (s *System) unwatched(x *schedule, e *edit) bool {
	return e.end && s.cfg.Window > 0 && x.hash() != "" && x.ended(s.now())
}

// restored is the journal with what this process wrote lately and another
// program overwrote: it is about to be put back.
func (k *kept) restored(x *schedule) *book {
	lost := slices.DeleteFunc(slices.Clone(k.texts), func(text string) bool { return slices.Contains(x.read().texts, text) })
	if len(lost) == 0 {
		return x.read()
	}
	whole := &schedule{created: x.created, rules: written(x.rules, lost, false, true)}
	return whole.read()
}
