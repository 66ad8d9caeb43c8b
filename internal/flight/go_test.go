package flight

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/tt"
)

func TestWaitWaitsForWhatGoBegan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g Group
		end, ended := make(chan struct{}), false
		g.Go(func() {
			<-end
			ended = true
		})
		left, leave := context.WithCancel(t.Context())
		leave()
		assert.Equal(t, tt.CodeCanceled, tt.CodeOf(g.Wait(left)), "it is still in the air")
		close(end)
		require.NoError(t, g.Wait(t.Context()))
		assert.True(t, ended)
	})
}
