package guance

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/ttkit/ttkit/internal/journal"
	"github.com/ttkit/ttkit/internal/rest"
	"github.com/ttkit/ttkit/internal/rewrite"
	"github.com/ttkit/ttkit/tt"
)

// patch is what a modify changes.
type patch struct {
	texts        []string // more pieces of the journal
	name, filter string
	end          int64
}

// plan makes the write of the edits, and of what this process wrote lately and
// the schedule lacks. nil means that there is nothing to write.
func (s *System) plan(x *schedule, k *kept, edits []*edit, _ bool) (rewrite.Write[schedule], error) {
	now := s.now()
	b := x.read()
	p := &patch{end: never, name: x.name, filter: x.fields.text("dimensionFilter")}
	for _, text := range k.texts {
		if !slices.Contains(b.texts, text) {
			p.texts = append(p.texts, text)
		}
	}
	members := slices.Clone(k.members)
	if k.end > 0 {
		p.end = k.end
	}
	promoted := k.restored(x).has(kindPromoted, "")
	var entries []journal.Entry
	for _, edit := range edits {
		for _, e := range lacking(b, edit.entries) {
			promoted = promoted || e.Kind == kindPromoted
			if !slices.ContainsFunc(entries, func(o journal.Entry) bool { return o.Kind == e.Kind && o.ID == e.ID }) {
				entries = append(entries, e)
			}
		}
		members = append(members, edit.members...)
		if edit.end && !x.ended(now) {
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
	return func(ctx context.Context) (*schedule, error) { return s.modify(ctx, x, p, edits) }, nil
}

// modify writes a patch.
func (s *System) modify(ctx context.Context, x *schedule, p *patch, edits []*edit) (after *schedule, err error) {
	began := time.Now()
	request := func(levelled bool) rest.Request {
		rules := written(x.rules, p.texts, levelled, x.read().header.Dark)
		return rest.Request{
			Method: "POST", Path: schedulePath(x.uuid) + pathModify, Class: rest.Once,
			Body: x.modifyBody(p.name, p.filter, p.end, rules),
		}
	}
	if len(p.texts) > 0 {
		after, err = s.writeRules(ctx, request)
	} else {
		after, err = s.write(ctx, request(false))
	}
	if err != nil || after.uuid != x.uuid {
		return after, err
	}
	if after.updated > x.updated { // else it is not shown, or the second is the same
		s.wroteAt(after.updated, began)
	}
	taken := p.end < never && after.span.hasEnd && after.span.end <= p.end // else the clock explains nothing
	if wait := time.Unix(after.span.end, 0).Sub(s.now()); taken && wait > slack {
		return nil, tt.Errorf(tt.CodeUnavailable, tt.Unknown,
			"the clock of the server is %s behind that of this machine, so the schedule ends only then: set both by NTP; the server's clock counts from now on", wait.Round(time.Second))
	}
	s.untilShown(ctx, x.uuid, edits)
	return after, nil
}

// untilShown waits, where schedules are read out of a list that may lag
// behind, until it shows what was written: the next read must build upon it.
func (s *System) untilShown(ctx context.Context, id string, edits []*edit) {
	if !s.routes.noGet.Load() || len(edits) == 0 {
		return
	}
	wait := 100 * time.Millisecond
	for deadline := time.Now().Add(s.cfg.Settle); time.Now().Before(deadline); wait = min(2*wait, time.Second) {
		x, err := s.get(ctx, id)
		now := s.now()
		if err != nil || !slices.ContainsFunc(edits, func(e *edit) bool { return !s.satisfied(x, e, now) }) {
			return
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
	}
}

// lag is how far reads may lag behind writes: lists do.
func (s *System) lag() time.Duration {
	if s.routes.noGet.Load() {
		return s.cfg.Settle
	}
	return 0
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
