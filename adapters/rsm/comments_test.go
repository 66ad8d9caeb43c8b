package rsm_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/rsm/rsmtest"
	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/tttest"
)

// commentAll makes comments at once, and returns how many were refused as too
// many.
func (s scene) commentAll(id string, keys ...string) (refused int) {
	s.Helper()
	done := make(chan error)
	for _, key := range keys {
		go func() { done <- s.sys.AddComment(s.ctx, tt.CommentRequest{ID: id, Body: "x", Key: key}) }()
	}
	for range keys {
		if err := <-done; err != nil {
			require.ErrorIs(s, err, tt.ErrInvalid)
			refused++
		}
	}
	return refused
}

// What travels together counts together.
func TestNoTicketHoldsMoreCommentsThanItMay(t *testing.T) {
	keys := func(n int) (out []string) {
		for i := range n {
			out = append(out, fmt.Sprint(i))
		}
		return out
	}
	inBubble(t, "too many at once", rsmtest.Options{}, nil, func(s scene) {
		id, most := s.create("k", "1").ID, s.sys.Capabilities().MaxComments
		assert.Equal(s, 20, s.commentAll(id, keys(most+20)...))
		assert.Equal(s, most, len(s.get(id).Comments))
	})

	inBubble(t, "one fits where one is lacking, and repeats are none", rsmtest.Options{}, nil, func(s scene) {
		id, most := s.create("k", "1").ID, s.sys.Capabilities().MaxComments
		require.Zero(s, s.commentAll(id, keys(most-1)...))
		assert.Equal(s, 2, s.commentAll(id, "a", "b", "c"), "of three")
		assert.Equal(s, most, len(s.get(id).Comments))
		assert.Zero(s, s.commentAll(id, keys(5)...), "of those that are there")
		assert.Equal(s, 1, s.commentAll(id, "late"))
		assert.Equal(s, most, len(s.get(id).Comments))
	})

	inBubble(t, "a repeat that travels with the last one that fits is none either", rsmtest.Options{}, nil, func(s scene) {
		id, most := s.create("k", "1").ID, s.sys.Capabilities().MaxComments
		require.Zero(s, s.commentAll(id, keys(most-2)...))
		s.server.Inject(tttest.Fault{Kind: tttest.Slow, Route: "patch", Delay: time.Second})
		first := make(chan int)
		go func() { first <- s.commentAll(id, "last but one") }()
		synctest.Wait()
		assert.Zero(s, s.commentAll(id, "last", "last", "last"), "which wait for that one")
		assert.Zero(s, <-first)
		assert.Equal(s, most, len(s.get(id).Comments))
	})
}
