package prooftest

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/ttkit/ttkit/tt"
)

// creating follows one CreateTT.
type creating struct {
	call int // of the System with this key, from 1
	sent atomic.Bool
}

type creatingKey struct{}

// Following is sys with creates that [BeforeCreate] and [AfterCreate] know,
// when they go through a [Watched] transport.
func Following(sys tt.System) tt.System { return &following{System: sys, calls: map[string]int{}} }

type following struct {
	tt.System
	mu    sync.Mutex
	calls map[string]int
}

func (f *following) CreateTT(ctx context.Context, req tt.CreateRequest) (tt.Created, error) {
	f.mu.Lock()
	f.calls[req.Key]++
	c := &creating{call: f.calls[req.Key]}
	f.mu.Unlock()
	return f.System.CreateTT(context.WithValue(ctx, creatingKey{}, c), req)
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

// blindCalls are the calls with a key that a look-up is taken from. Were it
// every one, duplicates would breed duplicates for hours.
const blindCalls = 3

// BeforeCreate reports whether ctx is that of one of the first calls of
// CreateTT with its key, which has sent no create yet.
func BeforeCreate(ctx context.Context) bool {
	c, ok := ctx.Value(creatingKey{}).(*creating)
	return ok && c.call <= blindCalls && !c.sent.Load()
}

// Creating reports whether ctx is that of a CreateTT.
func Creating(ctx context.Context) bool {
	_, ok := ctx.Value(creatingKey{}).(*creating)
	return ok
}

// AfterCreate reports whether ctx is that of a CreateTT which has sent a
// create.
func AfterCreate(ctx context.Context) bool {
	c, ok := ctx.Value(creatingKey{}).(*creating)
	return ok && c.sent.Load()
}
