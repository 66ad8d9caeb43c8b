package tttest_test

import (
	"context"
	"path"
	"strings"

	"github.com/ttkit/ttkit/tt"
)

var brokenInputs = []broken{
	{
		how:    "makes up a subject",
		caught: []string{"input/create"},
		spoil: changeCreates(func(req *tt.CreateRequest) {
			if strings.TrimSpace(req.Subject) == "" {
				req.Subject = "(no subject)"
			}
		}),
	},
	{
		how:    "takes the last part of an id that is a path",
		caught: []string{"input/ids"},
		spoil: func(s *spoiled, _ *state) {
			s.get = func(ctx context.Context, id string) (*tt.Ticket, error) {
				return s.System.GetTT(ctx, path.Base(id))
			}
		},
	},
	{
		how:    "asks the server whether an id is good",
		caught: []string{"input/ids"},
		spoil: func(s *spoiled, _ *state) {
			s.close = func(ctx context.Context, req tt.CloseRequest) (bool, error) {
				_, _ = s.System.ListTTs(ctx, tt.ListRequest{})
				return s.System.CloseTT(ctx, req)
			}
		},
	},
	{
		how:    "trims objects",
		caught: []string{"input/objects"},
		spoil: func(s *spoiled, _ *state) {
			s.objectTTs = func(ctx context.Context, obj string) ([]string, error) {
				return s.System.GetObjectTTs(ctx, strings.TrimSpace(obj))
			}
		},
	},
	{
		how:    "finds nothing under an empty key",
		caught: []string{"input/keys"},
		spoil: func(s *spoiled, _ *state) {
			s.find = func(ctx context.Context, key string) (string, error) {
				if key == "" {
					return "", tt.Errorf(tt.CodeNotFound, tt.NotDone, "no ticket of this key")
				}
				return s.System.FindTT(ctx, key)
			}
		},
	},
	{
		how:    "swallows empty comments",
		caught: []string{"input/comments"},
		spoil: func(s *spoiled, _ *state) {
			s.comment = func(ctx context.Context, req tt.CommentRequest) error {
				if req.Subject+req.Body == "" {
					return nil
				}
				return s.System.AddComment(ctx, req)
			}
		},
	},
	{
		how:    "reads a negative limit as none",
		caught: []string{"input/limits"},
		spoil: func(s *spoiled, _ *state) {
			s.list = func(ctx context.Context, req tt.ListRequest) (tt.List, error) {
				req.Limit = max(req.Limit, 0)
				return s.System.ListTTs(ctx, req)
			}
		},
	},
	{
		how:    "reads no ids as every ticket",
		caught: []string{"input/updates"},
		spoil: func(s *spoiled, _ *state) {
			s.updates = func(ctx context.Context, req tt.UpdatesRequest) (tt.Updates, error) {
				req.All = req.All || len(req.IDs) == 0
				return s.System.GetUpdates(ctx, req)
			}
		},
	},
}
