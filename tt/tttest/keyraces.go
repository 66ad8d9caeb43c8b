package tttest

import (
	"context"
	"fmt"
	"sync"

	"github.com/ttkit/ttkit/tt"
)

func keysGoroutines(ctx context.Context, e *env) error {
	sys, err := e.openKeyed(ctx)
	if err != nil {
		return err
	}
	const n = 16
	req := e.request(e.object(0), e.key("goroutines"))
	var made [n]tt.Created
	err = together(n, func(i int) (err error) {
		made[i], err = e.createAs(ctx, sys, req)
		return err
	})
	if err != nil {
		return err
	}
	makers := 0
	for _, c := range made {
		if c.ID != made[0].ID {
			return fmt.Errorf("CreateTT from %d goroutines: expected one id, got %q and %q", n, made[0].ID, c.ID)
		}
		if !c.Existed {
			makers++
		}
	}
	if makers != 1 {
		return fmt.Errorf("CreateTT from %d goroutines: expected Existed to be false for exactly one of them, it was for %d", n, makers)
	}
	if err := e.converge(ctx); err != nil {
		return err
	}
	r, err := e.oneOpen(req.Key)
	if err == nil && r.ID != made[0].ID {
		err = fmt.Errorf("CreateTT from %d goroutines returned %q, but the open ticket of the key is %q", n, made[0].ID, r.ID)
	}
	return err
}

func keysTwoSystems(ctx context.Context, e *env) error {
	a, b, err := e.openTwo(ctx)
	if err != nil {
		return err
	}
	if err := e.needsKeys(a); err != nil {
		return err
	}
	var ids sync.Map
	req := e.request(e.object(0), e.key("processes"))
	err = together(8, func(i int) error {
		sys := []tt.System{a, b}[i%2]
		return e.until(ctx, func() error {
			c, err := sys.CreateTT(ctx, req)
			if err == nil {
				ids.Store(c.ID, true)
			}
			return err
		})
	})
	if err != nil {
		return fmt.Errorf("CreateTT from two processes at once: %w", err)
	}
	if err := e.converge(ctx); err != nil {
		return err
	}
	winner, err := e.oneOpen(req.Key)
	if err != nil {
		return err
	}
	n := 0
	for id := range ids.Range {
		n++
		if err := e.leadsTo(ctx, id.(string), winner.ID, req, n, a, b); err != nil {
			return err
		}
	}
	return nil
}

// leadsTo: whoever was given id works on the winner.
func (e *env) leadsTo(ctx context.Context, id, winner string, req tt.CreateRequest, n int, systems ...tt.System) error {
	for i, sys := range systems {
		found, err := e.find(ctx, sys, req.Key)
		if err != nil {
			return err
		}
		again, err := e.createAs(ctx, sys, req)
		if err != nil {
			return err
		}
		if found != winner || again.ID != winner {
			return fmt.Errorf("the open ticket is %q: expected FindTT and CreateTT to give it, got %q and %q", winner, found, again.ID)
		}
		body := fmt.Sprintf("remark %d.%d", n, i)
		if err := e.comment(ctx, sys, tt.CommentRequest{ID: id, Body: body}); err != nil {
			return fmt.Errorf("id %q was returned by CreateTT, and the open ticket is %q: %w", id, winner, err)
		}
		t, err := e.get(ctx, sys, winner)
		if err != nil {
			return err
		}
		if count(bodies(t), body) != 1 {
			return fmt.Errorf("id %q was returned by CreateTT: expected a comment on it to be on the open ticket %q, which has %q",
				id, winner, bodies(t))
		}
	}
	return nil
}
