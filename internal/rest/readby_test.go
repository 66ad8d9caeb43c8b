package rest

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/tt"
)

// A request may have a reading of its own: its 503 is then what it says, and
// not repeated, and its 200 may be a failure.
func TestARequestReadsItsOwnAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &answers{replies: []string{reply(503, `{"error":"done"}`), reply(200, `{}`), reply(200, `{}`)}}
		c := newClient(t, a.network().client(t))
		own := func(r *Response) *tt.Error {
			if r.Status == 503 {
				return nil
			}
			return tt.Errorf(tt.CodeConflict, tt.NotDone, "no")
		}
		resp, err := c.Do(t.Context(), Request{Path: "/job", Fail: own})
		require.NoError(t, err)
		assert.Equal(t, 503, resp.Status)
		_, err = c.Do(t.Context(), Request{Path: "/job", Fail: own})
		require.ErrorIs(t, err, tt.ErrConflict)
		_, err = c.Do(t.Context(), Request{Path: "/job"})
		require.NoError(t, err, "the next request is read as ever")
		assert.Len(t, a.requests(), 3)
	})
}
