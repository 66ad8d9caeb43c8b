package prooftest

import (
	"context"
	"net/http"
	"sync/atomic"

	"github.com/ttkit/ttkit/tt"
)

// creating follows one CreateTT.
type creating struct{ sent atomic.Bool }

type creatingKey struct{}

// Following is sys with creates that [CreateSent] knows.
func Following(sys tt.System) tt.System { return following{sys} }

type following struct{ tt.System }

func (f following) CreateTT(ctx context.Context, req tt.CreateRequest) (tt.Created, error) {
	return f.System.CreateTT(context.WithValue(ctx, creatingKey{}, &creating{}), req)
}

// Watched is a transport that sees the requests that create tickets.
func Watched(base http.RoundTripper, creates func(*http.Request) bool) http.RoundTripper {
	return watched{base, creates}
}

type watched struct {
	base    http.RoundTripper
	creates func(*http.Request) bool
}

func (w watched) RoundTrip(r *http.Request) (*http.Response, error) {
	if c, ok := r.Context().Value(creatingKey{}).(*creating); ok && w.creates(r) {
		c.sent.Store(true)
	}
	return w.base.RoundTrip(r)
}

// CreateSent reports whether ctx is that of a CreateTT, and whether that call
// has sent a create.
func CreateSent(ctx context.Context) (sent, creates bool) {
	c, ok := ctx.Value(creatingKey{}).(*creating)
	return ok && c.sent.Load(), ok
}
