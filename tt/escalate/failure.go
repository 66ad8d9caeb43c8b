package escalate

import (
	"errors"
	"fmt"

	"github.com/ttkit/ttkit/tt"
)

// all gives every object the same result.
func all(objs []string, err error) []tt.ItemResult {
	items := make([]tt.ItemResult, len(objs))
	for i, obj := range objs {
		items[i] = tt.ItemOf(obj, err)
	}
	return items
}

// worst turns results into the error of the whole: that of the first object
// that may still join, else of the first that cannot, else nil. It asks to
// wait as long as the most patient object does.
func worst(id string, items []tt.ItemResult) error {
	var chosen *tt.ItemResult
	var wait *tt.Error
	failed := 0
	for i, item := range items {
		if item.Status == tt.ItemOK || item.Status == tt.ItemSkip {
			continue
		}
		failed++
		if chosen == nil || chosen.Status == tt.ItemFail && item.Status == tt.ItemTemp {
			chosen = &items[i]
		}
		var e *tt.Error
		if item.Status == tt.ItemTemp && errors.As(item.Err, &e) && (wait == nil || e.RetryAfter > wait.RetryAfter) {
			wait = e
		}
	}
	if chosen == nil {
		return nil
	}
	e := done(chosen.Err, "AddToGroupTT", id)
	e.Err = fmt.Errorf("%d of %d objects did not join the group, among them %q: %w", failed, len(items), chosen.Object, e.Err)
	if wait != nil {
		e.RetryAfter = wait.RetryAfter
	}
	return e
}

// done is err as the error of a step that followed a finished one: the ticket
// exists, whatever became of the step.
func done(err error, op, id string) *tt.Error {
	e := &tt.Error{Op: op, Code: tt.CodeInternal}
	errors.As(tt.Annotate(err, "", "", op, id), &e)
	if e.Err == nil { // a careless implementation; the others always say why
		e.Err = errors.New("the system gave no reason")
	}
	e.TicketID, e.Outcome, e.Repeatable = id, tt.Done, true
	return e
}
