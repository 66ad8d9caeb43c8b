package tttest_test

import (
	"context"
	"time"

	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/tttest"
)

var brokenLives = []broken{
	{
		how:    "makes a ticket to see whether it can",
		caught: []string{"check/healthy"},
		spoil: func(s *spoiled, _ *state) {
			s.check = func(ctx context.Context) ([]tt.CheckResult, error) {
				_, _ = s.System.CreateTT(ctx, tt.CreateRequest{Object: objects[0], Subject: "test"})
				return s.System.Check(ctx)
			}
		},
	},
	{
		how:    "finds everything in order, always",
		caught: []string{"check/unhealthy"},
		spoil: func(s *spoiled, _ *state) {
			s.check = func(context.Context) ([]tt.CheckResult, error) {
				return []tt.CheckResult{{Name: "everything", OK: true}}, nil
			}
		},
	},
	{
		how:    "can be shut down once only",
		caught: []string{"shutdown/twice"},
		spoil: func(s *spoiled, _ *state) {
			down := false
			s.shutdown = func(ctx context.Context) error {
				if down {
					return tt.Errorf(tt.CodeInvalid, tt.NotDone, "shut down already")
				}
				down = true
				return s.System.Shutdown(ctx)
			}
		},
	},
	{
		how:    "works on after Shutdown",
		caught: []string{"shutdown/afterwards"},
		spoil:  func(s *spoiled, _ *state) { s.shutdown = func(context.Context) error { return nil } },
	},
	{
		how:    "makes the ticket again, under another key, when it is shut down",
		caught: []string{"shutdown/pending"},
		spoil: func(s *spoiled, shared *state) {
			var lost []tt.CreateRequest
			s.create = func(ctx context.Context, req tt.CreateRequest) (tt.Created, error) {
				c, err := s.System.CreateTT(ctx, req)
				if err != nil {
					lost = append(lost, req)
				}
				return c, err
			}
			s.shutdown = func(ctx context.Context) error {
				s.backend().ClearFaults()
				for _, req := range lost {
					_, _ = s.System.CreateTT(ctx, twin(req, shared))
				}
				lost = nil
				return s.System.Shutdown(ctx)
			}
		},
	},
	{
		how:    "leaves work behind when it is shut down",
		caught: []string{"shutdown/in-flight"},
		spoil: func(s *spoiled, shared *state) {
			s.create = func(ctx context.Context, req tt.CreateRequest) (tt.Created, error) {
				time.AfterFunc(2*time.Second, func() {
					_, _ = s.backend().Open("ghost").CreateTT(context.WithoutCancel(ctx), twin(req, shared))
				})
				return s.System.CreateTT(ctx, req)
			}
		},
	},
	{
		how:    "acknowledges what it never sends while it is shut down",
		caught: []string{"shutdown/under-way"},
		spoil: func(s *spoiled, shared *state) {
			s.create = func(ctx context.Context, req tt.CreateRequest) (tt.Created, error) {
				turn()
				if shared.n.Load() > 0 {
					return tt.Created{ID: "queued"}, nil
				}
				return s.System.CreateTT(ctx, req)
			}
			s.shutdown = func(ctx context.Context) error {
				shared.n.Add(1)
				return s.System.Shutdown(ctx)
			}
		},
	},
}

var brokenForeign = []broken{
	{
		how:    "cannot read what it did not make",
		caught: []string{"foreign/readable"},
		spoil: func(s *spoiled, _ *state) {
			s.get = func(ctx context.Context, id string) (*tt.Ticket, error) {
				t, err := s.System.GetTT(ctx, id)
				if err == nil && t.Key == "" {
					return nil, tt.Errorf(tt.CodeNotFound, tt.NotDone, "no ticket of this library")
				}
				return t, err
			}
		},
	},
	{
		how:    "lists what people made",
		caught: []string{"foreign/not-listed"},
		spoil: func(s *spoiled, _ *state) {
			s.list = func(ctx context.Context, req tt.ListRequest) (tt.List, error) {
				page, err := s.System.ListTTs(ctx, req)
				if err != nil || req != (tt.ListRequest{}) {
					return page, err
				}
				page.IDs = nil
				for _, t := range s.backend().Tickets() {
					page.IDs = append(page.IDs, t.ID)
				}
				return page, nil
			}
		},
	},
	{
		how:    "writes on whatever ticket the object has",
		caught: []string{"foreign/unchanged"},
		spoil: func(s *spoiled, _ *state) {
			s.create = func(ctx context.Context, req tt.CreateRequest) (tt.Created, error) {
				c, err := s.System.CreateTT(ctx, req)
				for _, t := range s.backend().Tickets() {
					if t.Object == req.Object && t.ID != c.ID {
						_ = s.System.AddComment(ctx, tt.CommentRequest{ID: t.ID, Body: "covered by " + c.ID})
					}
				}
				return c, err
			}
		},
	},
	{
		how:     "overwrites what people wrote",
		caught:  []string{"foreign/remarks"},
		backend: func(b *tttest.Backend) { b.Remark = func(string, string) error { return nil } },
	},
}
