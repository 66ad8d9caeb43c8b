package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/ttkit/ttkit/tt"
)

// The exit statuses.
const (
	exitDone    = 0  // done
	exitForGood = 1  // failed: repeating the same command cannot help
	exitUsage   = 64 // the command line or the configuration is wrong
	exitForNow  = 75 // failed: the same command may succeed later
)

// exitStatus says what an error means for the script that called. What is
// refused before any request is the caller's mistake; what the vendor refuses
// (then there is an HTTP status) is a failure.
func exitStatus(err error) int {
	var e *tt.Error
	var once *notRepeatable
	switch {
	case errors.As(err, &e) && e.Code == tt.CodeInvalid && e.Outcome == tt.NotDone && e.Status == 0:
		return exitUsage
	case errors.As(err, &once):
		return exitForGood
	case tt.IsTemporary(err):
		return exitForNow
	}
	return exitForGood
}

// usage makes the error of a wrong command line.
func usage(err error) error { return tt.Errorf(tt.CodeInvalid, tt.NotDone, "%w", err) }

// notRepeatable is the error of a command that had no key and may have done
// something: the same command again could do it twice.
type notRepeatable struct{ error }

func (n *notRepeatable) Unwrap() error { return n.error }

// withoutKey marks the error of a command that ran without --key and may have
// done something, and adds to its message what to look for before repeating.
func withoutKey(err error, look string) error {
	var e *tt.Error
	if !errors.As(err, &e) || e.Outcome == tt.NotDone {
		return err
	}
	c := *e
	c.Err = fmt.Errorf("%w; before you repeat it, look for %s; with --key repeating is safe", e.Err, look)
	return &notRepeatable{&c}
}

// ended is the reason why the command's time was over. It counts as a
// deadline, not as a cancellation: the same command may succeed later.
type ended string

func (e ended) Error() string { return string(e) }

func (ended) Is(target error) bool { return target == context.DeadlineExceeded }

// because says why ctx ended in an error that comes from it.
func because(ctx context.Context, err error) error {
	var e *tt.Error
	var why ended
	if !errors.As(context.Cause(ctx), &why) || tt.CodeOf(err) != tt.CodeCanceled || !errors.As(err, &e) {
		return err
	}
	c := *e
	c.Err = fmt.Errorf("%w: %w", why, e.Err)
	return &c
}
