package tttest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ttkit/ttkit/tt"
)

var leaseRules = []rule{
	{
		name:  "lease/expires-at",
		says:  "Where tickets have a lease, Created.ExpiresAt and Ticket.ExpiresAt say when it ends: Capabilities.Lease after the ticket was made.",
		check: leaseExpiresAt,
	},
	{
		name:  "lease/renew-lengthens",
		says:  "RenewTT moves the end of the lease later, and never earlier.",
		check: leaseRenew,
	},
	{
		name:  "lease/renew-closed",
		says:  "RenewTT of a closed ticket is ErrClosed.",
		check: leaseRenewClosed,
	},
	{
		name: "lease/expired",
		says: "A ticket whose lease lapsed is expired, which is not closed: it is in no list, resolves nothing, is found by its key, " +
			"cannot be renewed, and stays expired when it is closed.",
		check: leaseExpired,
	},
	{
		name:  "lease/renewed-lives",
		says:  "A renewed ticket is open until its new end.",
		check: leaseRenewedLives,
	},
}

// leased opens a System whose tickets have a lease, and makes one.
func (e *env) leased(ctx context.Context) (tt.System, tt.Created, tt.CreateRequest, error) {
	sys, err := e.open(ctx)
	if err != nil {
		return nil, tt.Created{}, tt.CreateRequest{}, err
	}
	req := e.request(e.object(0), e.key("leased"))
	if sys.Capabilities().Lease <= 0 {
		return nil, tt.Created{}, req, skipped("Capabilities.Lease is 0: tickets do not end by themselves")
	}
	c, err := e.createAs(ctx, sys, req)
	return sys, c, req, err
}

// skew is how far a vendor's clock may be off.
const skew = 24 * time.Hour

func leaseExpiresAt(ctx context.Context, e *env) error {
	sys, c, req, err := e.leased(ctx)
	if err != nil {
		return err
	}
	end := time.Now().Add(sys.Capabilities().Lease)
	t, err := e.get(ctx, sys, c.ID)
	if err != nil {
		return err
	}
	if c.ExpiresAt.IsZero() || !sameSecond(c.ExpiresAt, t.ExpiresAt) {
		return fmt.Errorf("CreateTT and GetTT: expected one end of the lease, got %s and %s", c.ExpiresAt, t.ExpiresAt)
	}
	if off := end.Sub(t.ExpiresAt).Abs(); off > skew {
		return fmt.Errorf("GetTT %q: expected the lease to end about %s, which is Capabilities.Lease from now, got %s", c.ID, end.UTC(), t.ExpiresAt)
	}
	again, err := e.createAs(ctx, sys, req)
	if err == nil && req.Key != "" && !sameSecond(again.ExpiresAt, t.ExpiresAt) {
		err = fmt.Errorf("CreateTT again with the key: expected ExpiresAt %s, got %s", t.ExpiresAt, again.ExpiresAt)
	}
	return err
}

// expiry reads the end of a ticket's lease.
func (e *env) expiry(ctx context.Context, sys tt.System, id string) (time.Time, error) {
	t, err := e.get(ctx, sys, id)
	if err != nil {
		return time.Time{}, err
	}
	return t.ExpiresAt, nil
}

func leaseRenew(ctx context.Context, e *env) error {
	sys, c, _, err := e.leased(ctx)
	if err != nil {
		return err
	}
	other, err := e.open(ctx)
	if err != nil {
		return err
	}
	later := c.ExpiresAt.Add(90 * time.Minute)
	for _, step := range []struct {
		until, want time.Time
	}{{later, later}, {later, later}, {c.ExpiresAt, later}, {time.Now().Add(time.Minute), later}, {later.Add(time.Hour), later.Add(time.Hour)}} {
		if err := sys.RenewTT(ctx, c.ID, step.until); err != nil {
			return fmt.Errorf("RenewTT %q until %s: expected nil, got: %w", c.ID, step.until.UTC(), err)
		}
		for _, sys := range []tt.System{sys, other} {
			got, err := e.expiry(ctx, sys, c.ID)
			if err != nil {
				return err
			}
			if got.Sub(step.want).Abs() > 2*time.Second {
				return fmt.Errorf("RenewTT %q until %s: expected the lease to end at %s, got %s", c.ID, step.until.UTC(), step.want.UTC(), got)
			}
		}
	}
	return nil
}

func leaseRenewClosed(ctx context.Context, e *env) error {
	sys, c, _, err := e.leased(ctx)
	if err != nil {
		return err
	}
	if err := e.end(ctx, sys, c.ID); err != nil {
		return err
	}
	err = sys.RenewTT(ctx, c.ID, c.ExpiresAt.Add(time.Hour))
	return refused(fmt.Sprintf("RenewTT of the closed ticket %q", c.ID), err, tt.ErrClosed)
}

// shortLease is the longest lease that the kit waits for in real time.
const shortLease = 10 * time.Second

// lapse waits until the lease of a new ticket is over.
func (e *env) lapse(ctx context.Context, until time.Time) error {
	d := time.Until(until)
	if !e.h.Virtual && d > shortLease {
		return skipped("the lease takes too long in real time; the rule runs with Harness.Virtual, or with a lease of a few seconds")
	}
	return e.wait(ctx, d+2*time.Second)
}

// expires waits until the lease is over by the vendor's clock too, which may
// be some minutes behind.
func (e *env) expires(ctx context.Context, sys tt.System, id string, until time.Time) error {
	if err := e.lapse(ctx, until); err != nil {
		return err
	}
	for range 10 {
		t, err := e.get(ctx, sys, id)
		if err != nil {
			return err
		}
		if t.State != tt.StateOpen {
			break
		}
		if err := e.wait(ctx, 60*e.breath()); err != nil {
			return err
		}
	}
	return e.isExpired(ctx, sys, id)
}

func leaseExpired(ctx context.Context, e *env) error {
	sys, c, req, err := e.leased(ctx)
	if err != nil {
		return err
	}
	if err := e.expires(ctx, sys, c.ID, c.ExpiresAt); err != nil {
		return err
	}
	if err := e.listIs(ctx, sys, req.Object); err != nil {
		return fmt.Errorf("the ticket's lease has lapsed: %w", err)
	}
	all, err := e.pages(ctx, sys, 0)
	if err != nil {
		return err
	}
	if slices.Contains(all, c.ID) {
		return fmt.Errorf("ListTTs: expected the expired ticket %q to be left out, got %q", c.ID, all)
	}
	if req.Key != "" {
		if err := e.foundExpired(ctx, sys, c.ID, req); err != nil {
			return err
		}
	}
	err = sys.RenewTT(ctx, c.ID, time.Now().Add(time.Hour))
	if err := refused(fmt.Sprintf("RenewTT of the expired ticket %q", c.ID), err, tt.ErrClosed); err != nil {
		return err
	}
	closed, err := sys.CloseTT(ctx, tt.CloseRequest{ID: c.ID, Body: "over"})
	if err != nil || !closed {
		return fmt.Errorf("CloseTT of the expired ticket %q: expected true, got %t, %w", c.ID, closed, orNone(err))
	}
	if err := e.isExpired(ctx, sys, c.ID); err != nil {
		return fmt.Errorf("after CloseTT: %w", err)
	}
	return nil
}

func (e *env) isExpired(ctx context.Context, sys tt.System, id string) error {
	t, err := e.get(ctx, sys, id)
	switch {
	case err != nil:
		return err
	case t.State != tt.StateExpired:
		err = fmt.Errorf("expected the state expired, got %s", t.State)
	case t.Resolved():
		err = errors.New("an expired ticket is not resolved")
	case t.ClosedAt.IsZero():
		err = errors.New("expected ClosedAt to say when the lease ended, got the zero time")
	}
	if err != nil {
		return fmt.Errorf("GetTT %q, whose lease has lapsed: %w", id, err)
	}
	return nil
}

// foundExpired: the key of an expired ticket names it for ever.
func (e *env) foundExpired(ctx context.Context, sys tt.System, id string, req tt.CreateRequest) error {
	found, err := e.find(ctx, sys, req.Key)
	if err != nil {
		return err
	}
	again, err := e.createAs(ctx, sys, req)
	if err != nil {
		return err
	}
	if found != id || again.ID != id || !again.Existed || !again.Expired || again.Closed {
		return fmt.Errorf("FindTT and CreateTT with the key of the expired ticket %q: expected it with Existed and Expired and not Closed, got %q and %+v",
			id, found, again)
	}
	return nil
}

func leaseRenewedLives(ctx context.Context, e *env) error {
	sys, c, req, err := e.leased(ctx)
	if err != nil {
		return err
	}
	until := c.ExpiresAt.Add(time.Hour)
	if !e.h.Virtual {
		until = c.ExpiresAt.Add(shortLease / 2)
	}
	if err := sys.RenewTT(ctx, c.ID, until); err != nil {
		return fmt.Errorf("RenewTT %q: expected nil, got: %w", c.ID, err)
	}
	if err := e.lapse(ctx, c.ExpiresAt); err != nil {
		return err
	}
	if t, err := e.get(ctx, sys, c.ID); err != nil || t.State != tt.StateOpen {
		return fmt.Errorf("GetTT %q after its first lease, renewed: expected an open ticket, got %+v, %w", c.ID, t, orNone(err))
	}
	if err := e.listIs(ctx, sys, req.Object, c.ID); err != nil {
		return err
	}
	return e.expires(ctx, sys, c.ID, until)
}
