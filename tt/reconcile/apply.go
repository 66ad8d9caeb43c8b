package reconcile

import (
	"context"
	"errors"
	"time"

	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/escalate"
)

// Limits bound what Apply does.
type Limits struct {
	// MaxCloses is how many tickets may be closed. When the plan has more,
	// none is closed. 0 means 10, tt.Off that none may be.
	MaxCloses int

	// Login is on whose behalf tickets are closed; may be empty.
	Login string

	// Workers is how many items are worked on at once. 0 means 4.
	Workers int
}

// Apply repairs what a plan found, and returns one result per item, in the
// order of the plan. One item that fails does not fail the others. A result is
// temp when the same plan, or a new one, may succeed later.
//
// The error is set only when nothing could be tried. Applying a plan twice is
// harmless; after a while make a new one instead.
func Apply(ctx context.Context, sys tt.System, diff *Diff, limits Limits) ([]Result, error) {
	if diff == nil {
		return nil, tt.Annotate(invalid("there is no plan to apply"), "", "", "Reconcile", "")
	}
	switch {
	case limits.MaxCloses == 0:
		limits.MaxCloses = DefaultMaxCloses
	case limits.MaxCloses < 0:
		limits.MaxCloses = 0
	}
	if limits.Workers <= 0 {
		limits.Workers = DefaultWorkers
	}
	if err := ctx.Err(); err != nil {
		return nil, tt.Annotate(tt.Errorf(tt.CodeCanceled, tt.NotDone, "nothing was begun: %w", err), "", "", "Reconcile", "")
	}
	results := make([]Result, len(diff.Items))
	for i, item := range diff.Items {
		results[i].Item = item
	}
	a := &applier{sys, limits}
	closes := diff.Count(ActionClose)
	for _, action := range []Action{ActionOpen, ActionRenew, ActionJoin, ActionElect, ActionClose} {
		var those []*Result
		for i := range results {
			if results[i].Action == action {
				those = append(those, &results[i])
			}
		}
		if action == ActionClose && closes > limits.MaxCloses {
			for _, r := range those {
				r.conclude(tt.Errorf(tt.CodeConflict, tt.NotDone,
					"not closed: the plan closes %d tickets and %d are allowed, so it closes none; look at the plan, and allow %d if it is right",
					closes, limits.MaxCloses, closes))
			}
			continue
		}
		each(ctx, len(those), limits.Workers, func(i int) { a.apply(ctx, those[i]) })
		for _, r := range those {
			if r.Status == "" {
				r.conclude(tt.Errorf(tt.CodeCanceled, tt.NotDone, "not begun: %w", ctx.Err()))
			}
		}
	}
	return results, nil
}

type applier struct {
	sys    tt.System
	limits Limits
}

// conclude sets status and error.
func (r *Result) conclude(err error) {
	item := tt.ItemOf("", tt.Annotate(err, "", "", "Reconcile", r.TicketID))
	r.Status, r.Err = item.Status, item.Err
}

func (a *applier) apply(ctx context.Context, r *Result) {
	var err error
	switch r.Action {
	case ActionOpen:
		err = a.open(ctx, r)
	case ActionRenew:
		err = a.sys.RenewTT(ctx, r.TicketID, r.Until)
	case ActionJoin:
		err = a.join(ctx, r.TicketID, r.Members)
	case ActionElect:
		err = a.elect(ctx, r)
	case ActionClose:
		err = a.close(ctx, r)
	default:
		err = invalid("there is no action %q", r.Action)
	}
	r.conclude(err)
}

// moved is the error of an item whose ground has moved since the plan.
func moved(format string, args ...any) error {
	return tt.Errorf(tt.CodeUnavailable, tt.NotDone, format+": make a new plan", args...)
}

// open makes the ticket of an alarm, or finds it: who opens tickets meanwhile
// comes to the same key, and so to the same ticket.
func (a *applier) open(ctx context.Context, r *Result) error {
	if r.alarm == nil {
		return invalid("an item to open comes from Plan: make one")
	}
	var created tt.Created
	var err error
	for _, leader := range a.leaders(r.alarm) {
		request := r.alarm.request(r.Key)
		request.Object = leader
		created, err = a.sys.CreateTT(ctx, request)
		if !unknownObject(err) {
			break
		}
	}
	if created.ID != "" {
		r.TicketID = created.ID
	}
	if errors.Is(err, tt.ErrConflict) && r.alarm.Series != "" && created.ID != "" {
		err = nil // another process opened the episode on another of its objects
	}
	switch {
	case err != nil:
		return err
	case created.Closed || created.Expired:
		return moved("the key %q belongs to ticket %s, which has ended", r.Key, created.ID)
	}
	r.Note = created.Degraded
	if len(r.alarm.objects()) < 2 || !a.sys.Capabilities().PromoteGroupTT {
		return nil
	}
	t, err := a.sys.GetTT(ctx, created.ID)
	if err != nil {
		return because(err, "the ticket is open, and whether it has its members is not known")
	}
	return a.join(ctx, t.ID, missingFrom(t, r.alarm))
}

// leaders are the objects on which an alarm's ticket may stand. That of an
// episode stands on one; a series names none.
func (a *applier) leaders(alarm *Alarm) []string {
	if alarm.Series == "" {
		return []string{alarm.Object}
	}
	return alarm.objects()
}

// unknownObject reports whether a create failed because the system does not
// accept its object. Nothing was done then.
func unknownObject(err error) bool {
	var e *tt.Error
	return errors.As(err, &e) && e.Outcome == tt.NotDone && (e.Code == tt.CodeNotFound || e.Code == tt.CodeInvalid)
}

func (a *applier) join(ctx context.Context, id string, objs []string) error {
	if len(objs) == 0 {
		return nil
	}
	_, _, err := escalate.Join(ctx, a.sys, id, time.Time{}, objs...)
	return err
}

// elect makes the system decide between the tickets of a key, and looks
// whether it has.
func (a *applier) elect(ctx context.Context, r *Result) error {
	winner, err := a.sys.FindTT(ctx, r.Key)
	if err != nil {
		return err
	}
	for _, id := range append([]string{r.TicketID}, r.Duplicates...) {
		t, err := a.sys.GetTT(ctx, id)
		switch {
		case errors.Is(err, tt.ErrNotFound):
		case err != nil:
			return because(err, "whether the duplicate has ended is not known")
		case t.ID != winner && !t.State.Ended():
			return moved("ticket %s of the key is still open beside %s", id, winner)
		}
	}
	r.TicketID = winner
	r.Note = "the ticket of the key is " + winner
	return nil
}

// close closes an orphan that is still what the plan saw.
func (a *applier) close(ctx context.Context, r *Result) error {
	if r.seen == nil {
		return invalid("an item to close comes from Plan: make one")
	}
	t, err := a.sys.GetTT(ctx, r.TicketID)
	switch {
	case errors.Is(err, tt.ErrNotFound):
		r.Note = "it is gone"
		return nil
	case err != nil:
		return err
	case t.State.Ended():
		r.Note = "it had ended already"
		return nil
	case !snap(t).equal(r.seen):
		return moved("ticket %s has changed since the plan", r.TicketID)
	}
	closed, err := a.sys.CloseTT(ctx, tt.CloseRequest{
		ID: r.TicketID, Subject: "Closed by reconciliation", Body: r.Why + ".", Reason: "reconciled", Login: a.limits.Login,
	})
	if err == nil && !closed {
		r.Note = "the close is accepted and pending"
	}
	return err
}
