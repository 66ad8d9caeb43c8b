package converge

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/ttkit/ttkit/tt"
)

func TestTheFirstOfManyErrors(t *testing.T) {
	refused := tt.Errorf(tt.CodePermissionDenied, tt.NotDone, "refused")
	down := tt.Errorf(tt.CodeUnavailable, tt.Unknown, "down")
	for _, row := range []struct {
		rule string
		errs []error
		want string
		code tt.Code
	}{
		{"one speaks for itself", []error{refused}, "refused", tt.CodePermissionDenied},
		{"of many, one is told and the others are counted", []error{refused, refused, refused}, "refused (and 2 more)", tt.CodePermissionDenied},
		{"what may pass comes first", []error{refused, down}, "down (and 1 more)", tt.CodeUnavailable},
		{"one that is not the library's is told as it is", []error{errors.New("odd"), refused}, "odd (and 1 more)", tt.CodeInternal},
	} {
		t.Run(row.rule, func(t *testing.T) {
			err := first(row.errs)
			assert.ErrorContains(t, err, row.want)
			assert.Equal(t, row.code, tt.CodeOf(err))
		})
	}
	assert.NoError(t, first(nil))
}
