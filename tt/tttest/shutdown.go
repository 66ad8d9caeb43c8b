package tttest

import (
	"context"
	"fmt"
	"time"

	"github.com/ttkit/ttkit/tt"
)

var shutdownRules = []rule{
	{
		name:  "shutdown/twice",
		says:  "A second Shutdown is a no-op, and shutting down one process leaves the others alone.",
		check: shutdownTwice,
	},
	{
		name:  "shutdown/afterwards",
		says:  "Calls made after Shutdown fail with ErrInvalid, and nothing is sent.",
		check: shutdownAfterwards,
	},
	{
		name:  "shutdown/pending",
		level: Faults,
		says:  "Shutdown while a lost create is being looked for leaves at most one open ticket, and the next process finishes it.",
		check: shutdownPending,
	},
	{
		name:  "shutdown/in-flight",
		level: Faults,
		says:  "Shutdown waits for what a cancelled call left on its way: when it has returned, nothing reaches the server any more.",
		check: shutdownInFlight,
	},
	{
		name:  "shutdown/under-way",
		says:  "Shutdown finishes what is under way: calls made meanwhile end, and what they acknowledged is there.",
		check: shutdownUnderWay,
	},
}

func shutdownTwice(ctx context.Context, e *env) error {
	sys, other, err := e.openTwo(ctx)
	if err != nil {
		return err
	}
	if _, err := e.create(ctx, sys, e.object(0), e.key("first")); err != nil {
		return err
	}
	for n := 1; n <= 2; n++ {
		if err := sys.Shutdown(ctx); err != nil {
			return fmt.Errorf("Shutdown number %d: expected nil, got: %w", n, err)
		}
	}
	_, err = e.create(ctx, other, e.object(1), e.key("second"))
	return err
}

func shutdownAfterwards(ctx context.Context, e *env) error {
	sys, id, err := e.ticket(ctx)
	if err != nil {
		return err
	}
	can := sys.Capabilities()
	if err := sys.Shutdown(ctx); err != nil {
		return fmt.Errorf("Shutdown: expected nil, got: %w", err)
	}
	before, err := e.records()
	if err != nil {
		return err
	}
	calls := map[string]func() error{
		"CreateTT":     func() error { _, err := sys.CreateTT(ctx, e.request(e.object(1), e.key("dead"))); return err },
		"GetTT":        func() error { _, err := sys.GetTT(ctx, id); return err },
		"GetObjectTTs": func() error { _, err := sys.GetObjectTTs(ctx, e.object(0)); return err },
		"ListTTs":      func() error { _, err := sys.ListTTs(ctx, tt.ListRequest{}); return err },
		"CloseTT":      func() error { _, err := sys.CloseTT(ctx, tt.CloseRequest{ID: id}); return err },
		"AddComment":   func() error { return sys.AddComment(ctx, tt.CommentRequest{ID: id, Body: "remark"}) },
		"Check":        func() error { _, err := sys.Check(ctx); return err },
	}
	if can.KeyGuarantee != "" {
		calls["FindTT"] = func() error { _, err := sys.FindTT(ctx, e.key("ticket")); return err }
	}
	if can.Lease > 0 {
		calls["RenewTT"] = func() error { return sys.RenewTT(ctx, id, time.Now().Add(2*can.Lease)) }
	}
	if can.PromoteGroupTT {
		calls["CreateGroupTT"] = func() error { _, err := sys.CreateGroupTT(ctx, id, time.Time{}); return err }
		calls["AddToGroupTT"] = func() error { _, err := sys.AddToGroupTT(ctx, id, e.object(1)); return err }
	}
	if can.Updates {
		calls["GetUpdates"] = func() error { _, err := sys.GetUpdates(ctx, tt.UpdatesRequest{All: true}); return err }
	}
	for op, call := range sorted(calls) {
		sent := e.requests()
		if err := refused(op+" after Shutdown", call(), tt.ErrInvalid); err != nil {
			return err
		}
		if n := e.requests() - sent; n != 0 {
			return fmt.Errorf("%s after Shutdown: expected no request, %d arrived", op, n)
		}
	}
	return e.unchanged(before)
}

func shutdownPending(ctx context.Context, e *env) error {
	if err := e.needsFaults(); err != nil {
		return err
	}
	for _, kind := range []FaultKind{LoseReply, Late, StatusAfter, Truncate} {
		err := e.scene(ctx, e.rule, func(ctx context.Context, e *env) error {
			sys, err := e.openKeyed(ctx)
			if err != nil {
				return err
			}
			req := e.request(e.object(0), e.key("pending"))
			e.inject(e.fault(kind, Fault{Writes: true}))
			_, _ = sys.CreateTT(ctx, req) // nil or not: Shutdown comes before anything is known
			if err := e.shutdownAll(ctx); err != nil {
				return err
			}
			e.clearFaults()
			return e.takeOver(ctx, req)
		})
		if err != nil {
			return fmt.Errorf("Shutdown after a create met with %s: %w", kind, err)
		}
	}
	return nil
}

// takeOver: the next process, which is patient, ends with one ticket.
func (e *env) takeOver(ctx context.Context, req tt.CreateRequest) error {
	if err := e.converge(ctx); err != nil {
		return err
	}
	open, err := e.openOf(req.Key)
	if err != nil {
		return err
	}
	if len(open) > 1 {
		return fmt.Errorf("expected at most one open ticket in the backend, it holds %s", describe(open))
	}
	next, err := e.open(ctx)
	if err != nil {
		return err
	}
	return e.finish(ctx, next, req)
}

func shutdownInFlight(ctx context.Context, e *env) error {
	if err := e.needsFaults(); err != nil {
		return err
	}
	sys, err := e.open(ctx)
	if err != nil {
		return err
	}
	e.inject(Fault{Kind: Slow, Delay: e.hold()[0]})
	ending, cancel := context.WithTimeout(ctx, beforeCancel)
	defer cancel()
	_, _ = sys.CreateTT(ending, e.request(e.object(0), e.key("in flight"))) // canceled: the rules about that are others
	if err := sys.Shutdown(ctx); err != nil {
		return fmt.Errorf("Shutdown after a cancelled create: expected nil, got: %w", err)
	}
	sent := e.requests()
	before, err := e.records()
	if err != nil {
		return err
	}
	if err := e.wait(ctx, e.hold()[0]); err != nil {
		return err
	}
	if err := e.converge(ctx); err != nil {
		return err
	}
	if n := e.requests() - sent; n != 0 {
		return fmt.Errorf("after Shutdown returned: expected no request, %d arrived", n)
	}
	return e.unchanged(before)
}

func shutdownUnderWay(ctx context.Context, e *env) error {
	sys, err := e.open(ctx)
	if err != nil {
		return err
	}
	const n = 6
	var made [n]tt.Created
	var failed [n]error
	done := make(chan error, 1)
	go func() {
		done <- together(n, func(i int) error {
			made[i], failed[i] = sys.CreateTT(ctx, e.request(e.object(i), e.key("under way", i)))
			return nil
		})
	}()
	if err := sys.Shutdown(ctx); err != nil {
		return fmt.Errorf("Shutdown while tickets are made: expected nil, got: %w", err)
	}
	select {
	case err := <-done:
		if err != nil {
			return err
		}
	case <-time.After(cleanUp):
		return fmt.Errorf("CreateTT during Shutdown: expected every call to end, %d still run", n)
	}
	for i, c := range made {
		if failed[i] != nil {
			continue // refused, or found the door shut: the caller knows
		}
		r, err := e.record(c.ID)
		if err != nil || !r.Open {
			return fmt.Errorf("CreateTT during Shutdown returned ticket %q: expected it to be open in the backend, got %+v, %w", c.ID, r, orNone(err))
		}
	}
	return nil
}
