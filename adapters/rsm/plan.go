package rsm

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/ttkit/ttkit/internal/rest"
	"github.com/ttkit/ttkit/internal/rewrite"
	"github.com/ttkit/ttkit/tt"
)

// plan makes the write of the edits, and of what this process wrote lately and
// the mode lacks. nil means that there is nothing to write.
func (s *System) plan(m *mode, k *kept, edits []*edit, inDoubt bool) (rewrite.Write[mode], error) {
	now := s.now()
	var body patchBody
	add := map[string]string{}
	for name, text := range k.labels {
		if m.label(name) != text {
			add[name] = text
		}
	}
	var until time.Time
	if !m.has(kindClosed, "") && !m.has(kindDuplicate, "") {
		until = k.until // a ticket that is being closed gets no lease back
	}
	var within time.Duration
	var items, without []int64
	for _, e := range edits {
		if err := addTo(add, missing(m, e.entries)...); err != nil {
			return nil, err
		}
		items = append(items, e.items...)
		without = append(without, e.without...)
		body.Cancel = body.Cancel || e.end && e.within == 0
		within = max(within, e.within)
		if e.until.After(until) {
			until = e.until
		}
	}
	// A mode that is over takes nothing back, so a cancel carries along what an
	// older write of ours may overwrite right before it. Should the server drop
	// what comes beside a cancel, nothing is worse than without.
	if len(add) > 0 || body.Cancel && inDoubt {
		body.Labels = maps.Collect(texts(m.Labels))
		maps.Copy(body.Labels, k.labels)
		maps.Copy(body.Labels, add)
	}
	if len(edits) == 0 && m.expires().After(now.Add(2*k.within)) {
		within = k.within // an older change of the end has landed after ours
	}
	switch {
	case within > 0:
		body.DateEnd = now.Add(within).UTC().Format(wireTime)
	case until.After(m.expires().Add(time.Second)):
		body.DateEnd = until.UTC().Format(wireTime)
	}
	body.ConfigItems = s.widened(m, slices.Concat(k.items, items), without, now)
	if body.Labels == nil && (body.DateEnd == "" && body.ConfigItems == nil && !body.Cancel || len(edits) == 0 && m.ended(now)) {
		return nil, nil
	}
	takenOut := slices.ContainsFunc(k.items, func(ci int64) bool { return !m.covers(ci, now) })
	return func(ctx context.Context) (*mode, error) {
		after, err := s.patch(ctx, m.ID, &body)
		if takenOut && errors.Is(err, errItems) {
			// They may have left the inventory since. Members stay named in the
			// labels, and nothing else may be kept from being written.
			k.items = nil
			return nil, tt.Errorf(tt.CodeUnavailable, tt.NotDone,
				"another program took config items out of the mode that were just added, and the server refuses to take them back: %v", err)
		}
		return after, err
	}, nil
}

// patch changes a mode, once.
func (s *System) patch(ctx context.Context, id int64, body *patchBody) (*mode, error) {
	after := &mode{}
	request := rest.Request{Method: "PATCH", Path: modePath(id), Body: body, Class: rest.Once, Out: after}
	if body.ConfigItems != nil {
		request.Query = strict
	}
	_, err := s.client.Do(ctx, request)
	return after, err
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
