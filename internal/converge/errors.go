package converge

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ttkit/ttkit/tt"
)

func asError(err error, target **tt.Error) bool { return errors.As(err, target) }

// failedLookUp is the failure of the look-up before a create. An attempt that
// is still in doubt makes the outcome unknown.
func failedLookUp(err error, rest time.Duration) error {
	var cause *tt.Error
	if !asError(err, &cause) {
		return err
	}
	e := *cause
	e.Outcome = tt.NotDone
	if rest > 0 {
		e.Outcome = tt.Unknown
		if e.Temporary() {
			e.RetryAfter = max(e.RetryAfter, rest)
		}
	}
	e.Err = fmt.Errorf("looking for an earlier ticket of the key: %w", cause.Err)
	return &e
}

// inDoubt says that an earlier attempt may still commit.
func inDoubt(lost error, rest time.Duration) error {
	e := &tt.Error{Code: tt.CodeUnavailable, Outcome: tt.Unknown, RetryAfter: rest}
	why := "an earlier create of this key got no answer"
	var cause *tt.Error
	if asError(lost, &cause) {
		e.Status, e.VendorCode, e.TraceID = cause.Status, cause.VendorCode, cause.TraceID
		if cause.Err != nil {
			why = cause.Err.Error()
		}
	}
	e.Err = fmt.Errorf("%s; no ticket is visible yet, and it may still appear", why)
	return e
}

// madeBut says that the ticket exists and a later step failed.
func madeBut(id string, err error) error {
	e := &tt.Error{Code: tt.CodeUnavailable, Outcome: tt.Done, TicketID: id}
	var cause *tt.Error
	if asError(err, &cause) {
		e.RetryAfter, e.Status, e.VendorCode, e.TraceID = cause.RetryAfter, cause.Status, cause.VendorCode, cause.TraceID
		if cause.Code != "" && cause.Code != tt.CodeInternal {
			e.Code = cause.Code
		}
		if cause.Err != nil {
			err = cause.Err
		}
	}
	e.Err = fmt.Errorf("ticket %s exists, but other tickets of its key could not be ruled out: %w", id, err)
	return e
}

// first is the error of verifications that failed: one of them, which may pass
// if any does, and how many failed beside it.
func first(errs []error) error {
	switch len(errs) {
	case 0:
		return nil
	case 1:
		return errs[0]
	}
	err := errs[max(0, slices.IndexFunc(errs, tt.IsTemporary))]
	var e *tt.Error
	if !asError(err, &e) {
		return fmt.Errorf("%w (and %d more)", err, len(errs)-1)
	}
	c := *e
	c.Err = fmt.Errorf("%w (and %d more)", e.Err, len(errs)-1)
	return &c
}
