package guance

import (
	"slices"
	"strings"
	"time"

	"github.com/ttkit/ttkit/internal/journal"
	"github.com/ttkit/ttkit/tt"
)

// plan answers the edits that the schedule satisfies or rules out, and makes
// the patch for the others; nil means that there is nothing to write.
func (one *writer) plan(x *schedule, batch *[]*request) (*patch, error) {
	s := one.w.system
	now := s.now()
	b, ended := x.read(), x.ended(now)
	var left []*request
	adding := 0
	for _, r := range *batch {
		switch e := &r.edit; {
		case b.duplicate != nil && !e.elect:
			r.finish(nil, losing{x})
		case s.satisfied(x, e, now):
			one.keep(e, x, r.state.Load() == sent)
			r.finish(x, nil)
		case ended && e.end && !e.elect:
			one.keep(e, x, false)
			r.finish(x, nil) // the first close stands
		case ended && e.openOnly:
			r.finish(x, closedGroup())
		case x.builtIn():
			r.finish(x, tt.Errorf(tt.CodeInvalid, tt.NotDone, "the schedule is a rule of the workspace itself, and no ticket"))
		default:
			if e.allow != nil {
				if err := e.allow(one.restored(x), adding); err != nil {
					r.finish(x, err)
					continue
				}
			}
			if !r.claim() {
				r.finish(nil, nil) // nobody waits for it
				continue
			}
			left = append(left, r)
			for _, entry := range e.entries {
				if entry.Kind == kindComment {
					adding++
				}
			}
		}
	}
	*batch = left
	if len(left) == 0 {
		return nil, nil
	}
	return one.patch(x, left)
}

// restored is the journal with what this process wrote lately and another
// program overwrote: it is about to be put back.
func (one *writer) restored(x *schedule) *book {
	lost := slices.DeleteFunc(slices.Clone(one.kept.texts), func(text string) bool { return slices.Contains(x.read().texts, text) })
	if len(lost) == 0 {
		return x.read()
	}
	whole := &schedule{created: x.created, rules: written(x.rules, lost, false, true)}
	return whole.read()
}

// patch is what a modify changes.
type patch struct {
	texts        []string // more pieces of the journal
	name, filter string
	end          int64
}

// kept is what this process wrote lately.
type kept struct {
	texts   []string
	members []string
	end     int64 // 0: it was not ended
}

// patch makes the patch for the edits, and for what this process wrote lately
// and the schedule lacks. nil means that there is nothing to write.
func (one *writer) patch(x *schedule, batch []*request) (*patch, error) {
	s := one.w.system
	now := s.now()
	b := x.read()
	p := &patch{end: never, name: x.name, filter: x.fields.text("dimensionFilter")}
	for _, text := range one.kept.texts {
		if !slices.Contains(b.texts, text) {
			p.texts = append(p.texts, text)
		}
	}
	members := slices.Clone(one.kept.members)
	if one.kept.end > 0 {
		p.end = one.kept.end
	}
	promoted := one.restored(x).has(kindPromoted, "")
	var entries []journal.Entry
	for _, r := range batch {
		for _, e := range lacking(b, r.edit.entries) {
			promoted = promoted || e.Kind == kindPromoted
			if !slices.ContainsFunc(entries, func(o journal.Entry) bool { return o.Kind == e.Kind && o.ID == e.ID }) {
				entries = append(entries, e)
			}
		}
		members = append(members, r.edit.members...)
		if r.edit.end && !x.ended(now) {
			p.end = min(p.end, now.Unix())
		}
	}
	texts, err := pieces(entries)
	if err != nil {
		return nil, err
	}
	for _, text := range texts {
		if !slices.Contains(p.texts, text) {
			p.texts = append(p.texts, text)
		}
	}
	for _, obj := range members {
		p.filter, _ = s.widened(b, p.filter, obj)
	}
	_, ends := x.extendUntil(p.end)
	if len(p.texts) == 0 && !ends && p.filter == x.fields.text("dimensionFilter") {
		return nil, nil
	}
	if err := x.whole(); err != nil {
		return nil, err
	}
	if b.ours {
		state := tagOpen
		switch {
		case ends || x.ended(now):
			state = tagClosed
		case promoted:
			state = tagGroup
		}
		want := tag{object: s.objectHash(b.header.Object), key: b.header.Hash}.as(state, x.uuid)
		if _, rest := parseName(x.name); x.tag != want {
			p.name = want.name(rest)
		}
	}
	return p, nil
}

// widened is a filter that matches one more object, and whether it does. The
// filter of a dark schedule, or of a person's, stays as it is: the object is
// in the journal alone.
func (s *System) widened(b *book, filter, obj string) (string, bool) {
	if !b.ours || b.header.Dark {
		return filter, false
	}
	if term, _ := hostTerm(s.cfg.Dimension, obj); term == "" || hasTerm(filter, term) {
		return filter, term != ""
	}
	wider, ok := withHost(s.cfg.Dimension, filter, obj)
	if !ok {
		return filter, false
	}
	return wider, true
}

// hasTerm spares the reading of a filter that holds a term as it is written.
func hasTerm(filter, term string) bool {
	for at := 0; ; at++ {
		next := strings.Index(filter[at:], term)
		if next < 0 {
			return false
		}
		at += next
		end := at + len(term)
		if (at == 0 || filter[at-1] == ' ') && (end == len(filter) || filter[end] == ' ') {
			return true
		}
	}
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
