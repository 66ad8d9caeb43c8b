package fake

import (
	"context"
	"errors"
	"time"

	"github.com/ttkit/ttkit/tt"
)

// call is one call of a System's method.
type call struct {
	op      string
	id      string // the ticket that the caller named
	key     string
	objects []string
}

// visit is a call while it is at the backend, which is locked.
type visit struct {
	Event           // what the history will say; the effect fills in TicketID and Changed
	asked time.Time // when the caller called; At is when the effect happens
	fault *Fault    // the fault that struck; nil for none
}

// effect is what a method does to the backend.
type effect[T any] func(v *visit) (T, error)

// do carries a call to the backend, through the fault script. A call that
// cannot be sent, or that invalid says is malformed, does not reach it.
func do[T any](ctx context.Context, s *System, c call, invalid error, act effect[T]) (T, error) {
	var none T
	if err := s.admit(ctx, c.op, invalid); err != nil {
		return none, s.failed(err, c, c.id)
	}
	b := s.backend
	now := b.enter()
	v := &visit{
		Event: Event{At: now, System: s.name, Op: c.op, TicketID: c.id, Key: c.key, Objects: c.objects},
		asked: now,
		fault: b.strike(c.op, s.name),
	}
	result, err := deliver(s, c, v, act)
	id := c.id
	if e := (*tt.Error)(nil); errors.As(err, &e) && e.Outcome == tt.Done {
		id = v.TicketID // the reply told it
	}
	v.Err = s.failed(err, c, id)
	b.history.add(&v.Event)
	b.mu.Unlock()

	if v.fault != nil && v.fault.Kind == Slow {
		if late := wait(ctx, v.fault.Delay); late != nil {
			b.mu.Lock()
			defer b.mu.Unlock()
			v.Err = s.failed(late, c, c.id)
			return none, s.failed(late, c, c.id)
		}
	}
	return result, s.failed(err, c, id) // a copy of its own: the caller may write to it
}

// deliver lets the fault decide whether, when and how often the call takes
// effect, and what the caller gets.
func deliver[T any](s *System, c call, v *visit, act effect[T]) (T, error) {
	var none T
	if v.fault == nil {
		return act(v)
	}
	v.Fault = v.fault.Kind
	switch v.Fault {
	case FailBefore, Throttle:
		return none, v.fault.error()
	case FailAfter:
		result, err := act(v)
		lost := v.fault.error()
		if lost.Outcome != tt.Done {
			return none, lost
		}
		if err == nil {
			err = lost
		}
		return result, err
	case CommitLate:
		if !operations[c.op] { // a read has nothing to commit
			return none, v.fault.error()
		}
		late := *v
		late.fault, late.Late = nil, true
		s.backend.agenda.plan(v.At.Add(v.fault.Delay), func(at time.Time) {
			late.At = at
			_, err := act(&late)
			late.Err = s.failed(err, c, c.id)
			s.backend.history.add(&late.Event)
		})
		return none, v.fault.error()
	case Twice:
		_, _ = act(v) // its reply is lost; what it changed stays noted in v
	}
	return act(v)
}

// admit refuses what cannot be sent. Shutdown always can.
func (s *System) admit(ctx context.Context, op string, invalid error) error {
	switch {
	case op == "Shutdown":
		return nil
	case s.down.Load():
		return tt.Errorf(tt.CodeInvalid, tt.NotDone, "system is shut down: open another one")
	case invalid != nil:
		return invalid
	case ctx.Err() != nil:
		return tt.Errorf(tt.CodeCanceled, tt.NotDone, "before it was sent: %w", ctx.Err())
	}
	return nil
}

// wait returns after d, or with the error of a ctx that ends first. The call
// has taken effect.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return tt.Errorf(tt.CodeCanceled, tt.Unknown, "while waiting for the reply: %w", ctx.Err())
	}
}

// failed makes a caller's error of err: who, what, which ticket, and whether
// the call can simply be repeated.
func (s *System) failed(err error, c call, id string) error {
	if err == nil {
		return nil
	}
	err = tt.Annotate(err, adapter, s.name, c.op, id)
	var e *tt.Error
	if errors.As(err, &e) {
		if !operations[c.op] {
			e.Outcome = tt.NotDone // it only reads
		}
		e.Repeatable = e.Outcome == tt.NotDone || c.key != "" || c.op != "CreateTT" && c.op != "AddComment"
	}
	return err
}
