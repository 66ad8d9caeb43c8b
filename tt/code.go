package tt

import (
	"context"
	"errors"
)

// Code classifies an error. The list is closed.
type Code string

// The codes. Each has a sentinel for errors.Is.
const (
	CodeInvalid          Code = "invalid"           // the request or the configuration is wrong
	CodeUnauthenticated  Code = "unauthenticated"   // the credentials are not accepted
	CodePermissionDenied Code = "permission_denied" // accepted, but not allowed to do this
	CodeNotFound         Code = "not_found"         // no such ticket, key or object
	CodeClosed           Code = "closed"            // the ticket has ended and cannot change
	CodeConflict         Code = "conflict"          // contradicts what the system holds
	CodeUnsupported      Code = "unsupported"       // this system cannot do it: skip, do not fail
	CodeRateLimited      Code = "rate_limited"      // too many requests; temporary
	CodeUnavailable      Code = "unavailable"       // network, time-out, server trouble; temporary
	CodeCanceled         Code = "canceled"          // the caller's context ended; temporary when by its deadline
	CodeInternal         Code = "internal"          // the library or the vendor is broken
)

type sentinel struct{ code Code }

func (s *sentinel) Error() string { return "tt: " + string(s.code) }

// Is lets ErrRateLimited and ErrUnavailable, wrapped by whatever, be temporary
// as the errors of their codes are.
func (s *sentinel) Is(target error) bool {
	return target == ErrTemporary && (s.code == CodeRateLimited || s.code == CodeUnavailable)
}

// Sentinels for errors.Is, one per code.
var (
	ErrInvalid          error = &sentinel{CodeInvalid}
	ErrUnauthenticated  error = &sentinel{CodeUnauthenticated}
	ErrPermissionDenied error = &sentinel{CodePermissionDenied}
	ErrNotFound         error = &sentinel{CodeNotFound}
	ErrClosed           error = &sentinel{CodeClosed}
	ErrConflict         error = &sentinel{CodeConflict}
	ErrUnsupported      error = &sentinel{CodeUnsupported}
	ErrRateLimited      error = &sentinel{CodeRateLimited}
	ErrUnavailable      error = &sentinel{CodeUnavailable}
	ErrCanceled         error = &sentinel{CodeCanceled}
	ErrInternal         error = &sentinel{CodeInternal}
)

// ErrTemporary matches every error after which the same call may succeed
// later: NOC's TemporaryTTError.
var ErrTemporary = errors.New("tt: temporary")

var errNotSupported = errors.New("this system does not support it")

// CodeOf returns the code of an error: that of the first [*Error] or sentinel
// in its chain, canceled for a context's end, "" for nil, internal otherwise.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	var s *sentinel
	if errors.As(err, &s) {
		return s.code
	}
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return CodeCanceled
	case errors.Is(err, ErrTemporary):
		return CodeUnavailable
	}
	return CodeInternal
}

// IsTemporary is errors.Is(err, ErrTemporary), and also true for a
// context.DeadlineExceeded that no [*Error] classifies.
func IsTemporary(err error) bool {
	if errors.Is(err, ErrTemporary) {
		return true
	}
	var e *Error
	return !errors.As(err, &e) && errors.Is(err, context.DeadlineExceeded)
}
