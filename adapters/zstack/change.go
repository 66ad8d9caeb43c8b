package zstack

import (
	"context"
	"fmt"

	"github.com/ttkit/ttkit/tt"
)

// change is an asynchronous change whose effect can be looked for.
type change struct {
	act   func(context.Context) error         // makes one attempt
	there func(context.Context) (bool, error) // looks for the effect

	// giveUp, if any, is asked after an attempt that may be repeated and
	// whose effect is not there: an error of its own ends the change.
	giveUp func(last *tt.Error) error
}

// carry makes a change, and looks before it believes an error or repeats: a
// lost answer, a job that is stuck, a refusal because the effect is there
// already. Repeats draw on the operation's budget; each is a new job.
func (s *System) carry(ctx context.Context, c change) error {
	lost := false // an attempt may have acted, now or later
	for n := 1; ; n++ {
		err := c.act(ctx)
		if err == nil {
			return nil
		}
		e := *asError(err)
		if e.Outcome == tt.Unknown {
			lost = true
		}
		switch {
		case ctx.Err() != nil && lost:
			return unseen(&e, ctx.Err(), lost) // nobody waits
		case ctx.Err() != nil || !lost && e.VendorCode == "":
			return &e // nothing was accepted
		}
		there, lookErr := c.there(ctx)
		switch {
		case there:
			return nil
		case lookErr != nil:
			return unseen(&e, lookErr, lost)
		}
		if lost {
			e.Outcome = tt.Unknown
		}
		if !e.Temporary() {
			return &e
		}
		if c.giveUp != nil {
			if err := c.giveUp(&e); err != nil {
				return err
			}
		}
		if !s.client.Spend(ctx) {
			return &e
		}
		if err := s.client.Pause(ctx, n, e.RetryAfter); err != nil {
			if ctx.Err() != nil {
				return err
			}
			return &e
		}
	}
}

// unseen is the error of a change that failed, and of which it could not be
// seen whether it happened all the same. A refusal may be of what happened
// already: what kept us from seeing that decides what the caller does next.
func unseen(failed *tt.Error, lookErr error, lost bool) error {
	e, look := *failed, asError(lookErr)
	if !lost && look.Code == e.Code && look.VendorCode == e.VendorCode {
		return &e // both were refused alike, such as for want of a session
	}
	e.Err = fmt.Errorf("%w; looking whether it happened all the same: %w", failed.Err, look.Err)
	if !e.Temporary() {
		e.Code, e.VendorCode, e.Status = look.Code, look.VendorCode, look.Status
	}
	e.Outcome = tt.Unknown
	e.RetryAfter = max(e.RetryAfter, look.RetryAfter)
	return &e
}
