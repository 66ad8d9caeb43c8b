package rsm

import (
	"context"

	"github.com/ttkit/ttkit/internal/converge"
	"github.com/ttkit/ttkit/internal/rewrite"
)

// The tests take protections out of a System, to see that they are missed.

// WithoutLookUp makes every look-up that blind says yes to show nothing.
func (s *System) WithoutLookUp(blind func(ctx context.Context) bool) {
	s.rebuild(func(v *converge.Vendor[*mode]) {
		find := v.Find
		v.Find = func(ctx context.Context, key converge.Key) ([]*mode, error) {
			if blind(ctx) {
				return nil, nil
			}
			return find(ctx, key)
		}
	})
}

// WithoutElection lets elections name a winner and end nobody.
func (s *System) WithoutElection() {
	s.rebuild(func(v *converge.Vendor[*mode]) {
		v.Resolve = func(_ context.Context, copies []*mode) (*mode, error) { return copies[0], nil }
	})
}

// WithoutReadBack lets nothing that was written be read back: neither after
// the window, nor while a write without an answer may land.
func (s *System) WithoutReadBack() {
	s.cfg.Window, s.cfg.Late = 0, 0
	s.changes = rewrite.New(s.rewriting(), s.rewrites(), s.client, &s.flights, s.log)
}

// rebuild makes the engine anew, with a part of it exchanged.
func (s *System) rebuild(change func(*converge.Vendor[*mode])) {
	v := s.converging()
	change(&v)
	s.engine = converge.New(v, s.doubts(), s.client, &s.flights, s.log)
}
