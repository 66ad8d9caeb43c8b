package fake

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/ttkit/ttkit/tt"
)

const adapter = "fake" // what errors call it

// System is a [tt.System] over a [Backend]. [Backend.Open] and [New] make one.
type System struct {
	tt.Unimplemented
	backend   *Backend
	name      string
	namespace string
	down      atomic.Bool
}

var _ tt.System = (*System)(nil)

// OpenOption shapes a [System].
type OpenOption func(*System)

// WithNamespace sets the System's namespace, "" by default: a key in two
// namespaces means two tickets, and lists show those of their own namespace.
func WithNamespace(namespace string) OpenOption {
	return func(s *System) { s.namespace = namespace }
}

// New opens a System without a name over a backend of its own, which
// [System.Backend] returns.
func New(options ...Option) *System { return NewBackend(options...).Open("") }

// Backend returns the backend, for faults and assertions.
func (s *System) Backend() *Backend { return s.backend }

// String returns what errors call the System, such as fake "msk".
func (s *System) String() string {
	if s.name == "" {
		return adapter
	}
	return fmt.Sprintf("%s %q", adapter, s.name)
}

// GoString returns what String returns, so that a failed test does not print
// the whole backend.
func (s *System) GoString() string { return s.String() }

// Capabilities implements tt.System. It tells what the backend's options made
// of it.
func (s *System) Capabilities() tt.Capabilities {
	b := s.backend
	return tt.Capabilities{
		PromoteGroupTT:     !b.noGroups,
		KeyGuarantee:       tt.KeyEnforced,
		Lease:              b.lease,
		AsyncClose:         b.asyncClose,
		CommentsAfterClose: !b.noLateComments,
		Updates:            !b.noUpdates,
		MaxSubject:         b.limits.Subject,
		MaxBody:            b.limits.Body,
		MaxComment:         b.limits.Comment,
		MaxComments:        b.limits.Comments,
	}
}

// Check implements tt.System. Nothing can be wrong with a backend in memory,
// but an injected fault is a finding.
func (s *System) Check(ctx context.Context) ([]tt.CheckResult, error) {
	detail, err := do(ctx, s, call{op: "Check"}, nil, func(*visit) (string, error) {
		return fmt.Sprintf("in memory, %d tickets", len(s.backend.store.tickets)), nil
	})
	if err != nil && (tt.CodeOf(err) == tt.CodeCanceled || s.down.Load()) {
		return nil, err
	}
	if err != nil {
		detail = err.Error()
	}
	return []tt.CheckResult{{Name: "backend", OK: err == nil, Detail: detail, Err: err}}, nil
}

// Shutdown implements tt.System. There is nothing to wait for; the backend and
// its other Systems go on.
func (s *System) Shutdown(ctx context.Context) error {
	if s.down.Load() {
		return nil
	}
	_, err := do(ctx, s, call{op: "Shutdown"}, nil, func(*visit) (struct{}, error) {
		s.down.Store(true)
		return struct{}{}, nil
	})
	return err
}
