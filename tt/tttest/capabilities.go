package tttest

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/ttkit/ttkit/tt"
)

var capabilityRules = []rule{
	{
		name:  "capabilities/constant",
		says:  "Capabilities are the same on every call and in every process, need no request, and hold sensible values.",
		check: capabilitiesConstant,
	},
	{
		name:  "capabilities/groups",
		says:  "PromoteGroupTT is true exactly when CreateGroupTT and AddToGroupTT work; otherwise they are ErrUnsupported.",
		check: capabilitiesGroups,
	},
	{
		name:  "capabilities/lease",
		says:  "Lease is above 0 exactly when tickets have an end and RenewTT works; otherwise it is ErrUnsupported.",
		check: capabilitiesLease,
	},
	{
		name:  "capabilities/updates",
		says:  "Updates is true exactly when GetUpdates works; otherwise it is ErrUnsupported.",
		check: capabilitiesUpdates,
	},
	{
		name:  "capabilities/async-close",
		says:  "Where AsyncClose is false, CloseTT of an open ticket is true at once.",
		check: capabilitiesAsyncClose,
	},
	{
		name:  "capabilities/keys",
		says:  "KeyGuarantee is set exactly when CreateTT and FindTT take keys; otherwise they are ErrUnsupported.",
		check: capabilitiesKeys,
	},
	{
		name:  "capabilities/levels",
		says:  "What the harness has checked as a level, Capabilities claim.",
		check: capabilitiesLevels,
	},
}

func capabilitiesConstant(ctx context.Context, e *env) error {
	sys, other, err := e.openTwo(ctx)
	if err != nil {
		return err
	}
	sent := e.requests()
	can := sys.Capabilities()
	if again, others := sys.Capabilities(), other.Capabilities(); again != can || others != can {
		return fmt.Errorf("System.Capabilities: expected the same answer always, got %+v, %+v and, in another process, %+v", can, again, others)
	}
	if n := e.requests() - sent; n != 0 {
		return fmt.Errorf("System.Capabilities: expected no request, %d arrived", n)
	}
	if can.KeyGuarantee != "" && can.KeyGuarantee != tt.KeyEnforced && can.KeyGuarantee != tt.KeyConverging {
		return fmt.Errorf("Capabilities.KeyGuarantee: expected none, enforced or converging, got %q", can.KeyGuarantee)
	}
	if !utf8.ValidString(can.Effects) {
		return fmt.Errorf("Capabilities.Effects is no UTF-8: %q", can.Effects)
	}
	for _, c := range can.Effects {
		if unicode.IsControl(c) {
			return fmt.Errorf("Capabilities.Effects: expected one line, got %q", can.Effects)
		}
	}
	if can.Lease < 0 || can.MaxSubject < 0 || can.MaxBody < 0 || can.MaxComment < 0 || can.MaxComments < 0 {
		return fmt.Errorf("System.Capabilities: expected no negative value, got %+v", can)
	}
	if _, err := e.create(ctx, sys, e.object(0), e.key("constant")); err != nil {
		return err
	}
	if after := sys.Capabilities(); after != can {
		return fmt.Errorf("System.Capabilities after a create: expected %+v as before, got %+v", can, after)
	}
	return nil
}

// unsupported expects ErrUnsupported and NotDone.
func unsupported(field, call string, err error) error {
	return refused(call+", which Capabilities."+field+" says cannot be done", err, tt.ErrUnsupported)
}

func capabilitiesGroups(ctx context.Context, e *env) error {
	sys, id, err := e.ticket(ctx)
	if err != nil {
		return err
	}
	if sys.Capabilities().PromoteGroupTT {
		if err := e.promote(ctx, sys, id); err != nil {
			return fmt.Errorf("Capabilities.PromoteGroupTT is true: %w", err)
		}
		if err := e.add(ctx, sys, id, e.object(1)); err != nil {
			return fmt.Errorf("Capabilities.PromoteGroupTT is true: %w", err)
		}
		return e.members(ctx, sys, id, e.object(0), e.object(1))
	}
	_, err = sys.CreateGroupTT(ctx, id, time.Time{})
	if err := unsupported("PromoteGroupTT", "CreateGroupTT", err); err != nil {
		return err
	}
	items, err := sys.AddToGroupTT(ctx, id, e.object(1))
	if err == nil && len(items) == 1 && items[0].Status == tt.ItemSkip {
		err = items[0].Err // the other way of saying so
	}
	return unsupported("PromoteGroupTT", "AddToGroupTT", err)
}

func capabilitiesLease(ctx context.Context, e *env) error {
	sys, id, err := e.ticket(ctx)
	if err != nil {
		return err
	}
	t, err := e.get(ctx, sys, id)
	if err != nil {
		return err
	}
	lease := sys.Capabilities().Lease
	err = sys.RenewTT(ctx, id, time.Now().Add(2*lease+time.Hour))
	if lease == 0 {
		if !t.ExpiresAt.IsZero() {
			return fmt.Errorf("GetTT %q: Capabilities.Lease is 0, but the ticket ends at %s", id, t.ExpiresAt)
		}
		return unsupported("Lease", "RenewTT", err)
	}
	if err != nil {
		return fmt.Errorf("RenewTT %q, with Capabilities.Lease %s: expected nil, got: %w", id, lease, err)
	}
	if t.ExpiresAt.IsZero() {
		return fmt.Errorf("GetTT %q: Capabilities.Lease is %s, but the ticket has no end", id, lease)
	}
	return nil
}

func capabilitiesUpdates(ctx context.Context, e *env) error {
	sys, id, err := e.ticket(ctx)
	if err != nil {
		return err
	}
	for name, req := range sorted(map[string]tt.UpdatesRequest{"All": {All: true}, "IDs": {IDs: []string{id}}}) {
		_, err := sys.GetUpdates(ctx, req)
		if !sys.Capabilities().Updates {
			if err := unsupported("Updates", "GetUpdates", err); err != nil {
				return err
			}
		} else if err != nil {
			return fmt.Errorf("GetUpdates with %s, which Capabilities.Updates says works: expected nil, got: %w", name, err)
		}
	}
	return nil
}

func capabilitiesAsyncClose(ctx context.Context, e *env) error {
	sys, id, err := e.ticket(ctx)
	if err != nil {
		return err
	}
	closed, err := sys.CloseTT(ctx, tt.CloseRequest{ID: id})
	if err != nil {
		return fmt.Errorf("CloseTT %q: expected true or false, got: %w", id, err)
	}
	if !closed && !sys.Capabilities().AsyncClose {
		return fmt.Errorf("CloseTT %q: Capabilities.AsyncClose is false: expected true, got false", id)
	}
	if !closed {
		return e.end(ctx, sys, id)
	}
	return nil
}

func capabilitiesKeys(ctx context.Context, e *env) error {
	sys, err := e.open(ctx)
	if err != nil {
		return err
	}
	const key = "capabilities/keys/1" // e.key gives none where there are none
	c, err := sys.CreateTT(ctx, e.request(e.object(0), key))
	if sys.Capabilities().KeyGuarantee == "" {
		if err := unsupported("KeyGuarantee", "CreateTT with a key", err); err != nil {
			return err
		}
		_, err = sys.FindTT(ctx, key)
		return unsupported("KeyGuarantee", "FindTT", err)
	}
	if err != nil {
		return fmt.Errorf("CreateTT with a key, where Capabilities.KeyGuarantee is %q: expected a ticket, got: %w", sys.Capabilities().KeyGuarantee, err)
	}
	found, err := e.find(ctx, sys, key)
	if err == nil && found != c.ID {
		err = fmt.Errorf("FindTT %q: expected %q, got %q", key, c.ID, found)
	}
	return err
}

func capabilitiesLevels(ctx context.Context, e *env) error {
	sys, err := e.open(ctx)
	if err != nil {
		return err
	}
	can := sys.Capabilities()
	switch {
	case e.h.Levels&Groups != 0 && !can.PromoteGroupTT:
		return errors.New("Harness.Levels has Groups: expected Capabilities.PromoteGroupTT to be true")
	case e.h.Levels&Updates != 0 && !can.Updates:
		return errors.New("Harness.Levels has Updates: expected Capabilities.Updates to be true")
	case e.h.Levels&Faults != 0:
		if e.b.Inject == nil || e.b.ClearFaults == nil {
			return errors.New("Harness.Levels has Faults: expected a Backend with Inject and ClearFaults")
		}
	}
	return nil
}
