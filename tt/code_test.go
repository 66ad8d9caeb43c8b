package tt_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/ttkit/ttkit/tt"
)

// sentinels are all codes with theirs.
var sentinels = map[tt.Code]error{
	tt.CodeInvalid:          tt.ErrInvalid,
	tt.CodeUnauthenticated:  tt.ErrUnauthenticated,
	tt.CodePermissionDenied: tt.ErrPermissionDenied,
	tt.CodeNotFound:         tt.ErrNotFound,
	tt.CodeClosed:           tt.ErrClosed,
	tt.CodeConflict:         tt.ErrConflict,
	tt.CodeUnsupported:      tt.ErrUnsupported,
	tt.CodeRateLimited:      tt.ErrRateLimited,
	tt.CodeUnavailable:      tt.ErrUnavailable,
	tt.CodeCanceled:         tt.ErrCanceled,
	tt.CodeInternal:         tt.ErrInternal,
}

func TestEveryCodeHasItsSentinel(t *testing.T) {
	assert.Len(t, sentinels, 11, "the list is closed")
	for code, sentinel := range sentinels {
		wrapped := fmt.Errorf("pipeline: %w", tt.Errorf(code, tt.NotDone, "words"))
		for other, target := range sentinels {
			assert.Equal(t, code == other, errors.Is(wrapped, target), "an error of code %s and the sentinel of %s", code, other)
		}
		assert.Equal(t, code, tt.CodeOf(sentinel))
		assert.EqualError(t, sentinel, "tt: "+string(code))
	}
}

func TestCodeOfAndTemporary(t *testing.T) {
	late := fmt.Errorf("reading: %w", context.DeadlineExceeded)
	for _, row := range []struct {
		name      string
		err       error
		code      tt.Code
		temporary bool
	}{
		{"no error has no code", nil, "", false},
		{"a rate limit passes", tt.Errorf(tt.CodeRateLimited, tt.NotDone, "x"), tt.CodeRateLimited, true},
		{"an outage passes", tt.Errorf(tt.CodeUnavailable, tt.Unknown, "x"), tt.CodeUnavailable, true},
		{"what the caller gave up stays given up", tt.Errorf(tt.CodeCanceled, tt.Unknown, "%w", context.Canceled), tt.CodeCanceled, false},
		{"what the caller's deadline ended may be tried again", tt.Errorf(tt.CodeCanceled, tt.Unknown, "%w", late), tt.CodeCanceled, true},
		{"a refusal stays a refusal", tt.Errorf(tt.CodePermissionDenied, tt.NotDone, "x"), tt.CodePermissionDenied, false},
		{"a code outweighs what it wraps", tt.Errorf(tt.CodeInvalid, tt.NotDone, "%w", late), tt.CodeInvalid, false},
		{"wrapping hides nothing", fmt.Errorf("a: %w", fmt.Errorf("b: %w", tt.Errorf(tt.CodeUnavailable, tt.Unknown, "x"))), tt.CodeUnavailable, true},
		{"joining hides nothing", errors.Join(errors.New("a"), tt.Errorf(tt.CodeRateLimited, tt.NotDone, "x")), tt.CodeRateLimited, true},
		{"a bare sentinel counts as an error of its code", tt.ErrNotFound, tt.CodeNotFound, false},
		{"a bare sentinel of an outage is temporary", fmt.Errorf("gate: %w", tt.ErrUnavailable), tt.CodeUnavailable, true},
		{"a bare sentinel of a rate limit is temporary", fmt.Errorf("gate: %w", tt.ErrRateLimited), tt.CodeRateLimited, true},
		{"something temporary without a code is an outage", fmt.Errorf("gate: %w", tt.ErrTemporary), tt.CodeUnavailable, true},
		{"a bare cancel is canceled", context.Canceled, tt.CodeCanceled, false},
		{"a bare deadline is canceled, and temporary", late, tt.CodeCanceled, true},
		{"anything else is internal", errors.New("boom"), tt.CodeInternal, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			assert.Equal(t, row.code, tt.CodeOf(row.err))
			assert.Equal(t, row.temporary, tt.IsTemporary(row.err))
		})
	}
}

func TestErrTemporaryIsWhatIsTemporarySays(t *testing.T) {
	for code := range sentinels {
		err := tt.Errorf(code, tt.Unknown, "x")
		assert.Equal(t, tt.IsTemporary(err), errors.Is(err, tt.ErrTemporary), code)
		assert.Equal(t, tt.IsTemporary(err), err.Temporary(), code)
	}
}
