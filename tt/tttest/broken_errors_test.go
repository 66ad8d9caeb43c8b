package tttest_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/ttkit/ttkit/tt"
)

const secret = "hunter2/+secret"

// changeErrors breaks the errors of every method. They are annotated already.
func changeErrors(change func(op string, e *tt.Error) error) func(*spoiled, *state) {
	return func(s *spoiled, _ *state) {
		s.around = func(ctx context.Context, op string, next func(context.Context) error) error {
			err := next(ctx)
			var e *tt.Error
			if errors.As(err, &e) {
				c := *e
				return change(op, &c)
			}
			return err
		}
	}
}

// every names the rules that there are one of for each operation.
func every(prefix string) []string {
	return ruleNames(prefix, "CreateTT", "CreateTT again", "CreateTT without a key", "GetTT", "GetObjectTTs", "FindTT", "ListTTs", "CloseTT",
		"AddComment", "AddComment without a key", "RenewTT", "CreateGroupTT", "AddToGroupTT", "GetUpdates")
}

// leaky prints its token.
type leaky struct {
	*spoiled
	Token string
}

var brokenErrors = []broken{
	{
		how:    "prints its token",
		caught: []string{"errors/print-outs"},
		wrap:   func(s *spoiled) tt.System { return &leaky{s, secret} },
	},
	{
		how:    "echoes the token in an error",
		caught: []string{"errors/no-secret"},
		spoil: changeErrors(func(_ string, e *tt.Error) error {
			e.Err = fmt.Errorf("GET https://host/?token=%s: %w", secret, e.Err)
			return e
		}),
	},
	{
		how:    "echoes the token in base64, behind a user name",
		caught: []string{"errors/no-secret"},
		spoil: changeErrors(func(_ string, e *tt.Error) error {
			e.Err = fmt.Errorf("Authorization: Basic %s: %w", base64.StdEncoding.EncodeToString([]byte("alice:"+secret+"!")), e.Err)
			return e
		}),
	},
	{
		how:    "hides the token in the cause of an error",
		caught: []string{"errors/no-secret"},
		spoil: changeErrors(func(_ string, e *tt.Error) error {
			e.Err = quiet{errors.New("token " + secret)}
			return e
		}),
	},
	{
		how:    "shows the token in what Check found",
		caught: []string{"errors/no-secret"},
		spoil: func(s *spoiled, _ *state) {
			s.check = func(context.Context) ([]tt.CheckResult, error) {
				return []tt.CheckResult{{Name: "credentials", OK: true, Detail: "token " + secret}}, nil
			}
		},
	},
	{
		how:    "returns errors of fmt",
		caught: []string{"errors/complete"},
		spoil:  changeErrors(func(op string, e *tt.Error) error { return fmt.Errorf("%s failed: %s", op, e.Err) }), //nolint:errorlint // the break
	},
	{
		how:    "does not name the method in errors",
		caught: []string{"errors/complete"},
		spoil:  changeErrors(func(_ string, e *tt.Error) error { e.Op = "request"; return e }),
	},
	{
		how:    "invents codes",
		caught: []string{"errors/complete"},
		spoil:  changeErrors(func(_ string, e *tt.Error) error { e.Code = "teapot"; return e }),
	},
	{
		how:    "calls every error repeatable",
		caught: []string{"errors/repeatable"},
		spoil:  changeErrors(func(_ string, e *tt.Error) error { e.Repeatable = true; return e }),
	},
	{
		how:    "calls no error repeatable",
		caught: []string{"errors/repeatable"},
		spoil:  changeErrors(func(_ string, e *tt.Error) error { e.Repeatable = false; return e }),
	},
	{
		how:    "loses the id of a ticket when the create fails",
		caught: []string{"errors/ticket-id"},
		spoil: func(s *spoiled, _ *state) {
			s.create = func(ctx context.Context, req tt.CreateRequest) (tt.Created, error) {
				c, err := s.System.CreateTT(ctx, req)
				if err != nil {
					return tt.Created{}, err
				}
				return c, nil
			}
		},
	},
	{
		how:    "does not say which ticket exists although it says that one does",
		caught: []string{"errors/ticket-id"},
		spoil: changeErrors(func(op string, e *tt.Error) error {
			if op == "CreateTT" && e.Outcome == tt.Unknown {
				e.Outcome = tt.Done
			}
			return e
		}),
	},
	{
		how:    "does not say which ticket an error is about",
		caught: []string{"errors/ticket-id"},
		spoil: changeErrors(func(op string, e *tt.Error) error {
			if op != "CreateTT" {
				e.TicketID = ""
			}
			return e
		}),
	},
	{
		how:    "prints what the server sent as it is",
		caught: []string{"errors/one-line"},
		spoil: changeErrors(func(_ string, e *tt.Error) error {
			e.Err = errors.New("503 Service Unavailable\r\n\x1b[31m<html>")
			return e
		}),
	},
}

// quiet hides the error that it wraps from those who only print it.
type quiet struct{ error }

func (quiet) Error() string    { return "unauthorized" }
func (q quiet) Unwrap() error  { return q.error }
func (quiet) GoString() string { return "quiet{}" }

func (quiet) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("unauthorized")) }

// temporaryErrors changes errors of failures that pass.
func temporaryErrors(change func(op string, e *tt.Error)) func(*spoiled, *state) {
	return changeErrors(func(op string, e *tt.Error) error {
		if e.Temporary() {
			change(op, e)
		}
		return e
	})
}

// insistent repeats a create that failed, under a key that the vendor takes
// for another.
func insistent(s *spoiled, shared *state) {
	s.create = func(ctx context.Context, req tt.CreateRequest) (tt.Created, error) {
		c, err := s.System.CreateTT(ctx, req)
		if tt.IsTemporary(err) {
			return s.System.CreateTT(ctx, twin(req, shared))
		}
		return c, err
	}
}

var brokenRepeats = []broken{
	{
		how:     "calls trouble of the network final",
		caught:  every("faults"),
		options: leased,
		spoil:   temporaryErrors(func(_ string, e *tt.Error) { e.Code = tt.CodeInternal }),
	},
	{
		how:    "reads a failed search as none",
		caught: ruleNames("faults", "FindTT", "GetObjectTTs", "ListTTs"),
		spoil: func(s *spoiled, _ *state) {
			s.find = func(ctx context.Context, key string) (string, error) {
				id, err := s.System.FindTT(ctx, key)
				if tt.IsTemporary(err) {
					err = tt.Errorf(tt.CodeNotFound, tt.NotDone, "no ticket of this key")
				}
				return id, err
			}
			s.objectTTs = func(ctx context.Context, obj string) ([]string, error) {
				ids, err := s.System.GetObjectTTs(ctx, obj)
				if tt.IsTemporary(err) {
					return nil, nil
				}
				return ids, err
			}
			s.list = func(ctx context.Context, req tt.ListRequest) (tt.List, error) {
				page, err := s.System.ListTTs(ctx, req)
				if tt.IsTemporary(err) {
					return tt.List{}, nil
				}
				return page, err
			}
		},
	},
	{
		how:    "reads a feed that failed as no news",
		caught: []string{"faults/GetUpdates"},
		spoil: func(s *spoiled, _ *state) {
			s.updates = func(ctx context.Context, req tt.UpdatesRequest) (tt.Updates, error) {
				batch, err := s.System.GetUpdates(ctx, req)
				if tt.IsTemporary(err) {
					return tt.Updates{Next: req.After}, nil
				}
				return batch, err
			}
		},
	},
	{
		how:    "says that nothing was done when the reply was lost",
		caught: ruleNames("faults", "CreateTT", "CreateTT without a key", "CloseTT", "AddComment", "AddComment without a key", "CreateGroupTT", "AddToGroupTT"),
		spoil: func(s *spoiled, shared *state) {
			temporaryErrors(func(_ string, e *tt.Error) { e.Outcome, e.Repeatable = tt.NotDone, true })(s, shared)
			s.add = func(ctx context.Context, id string, objs ...string) ([]tt.ItemResult, error) {
				items, err := s.System.AddToGroupTT(ctx, id, objs...)
				for i, item := range items {
					if item.Err != nil {
						items[i].Err = tt.Annotate(tt.Errorf(tt.CodeUnavailable, tt.NotDone, "%w", errors.New("reset")), "fake", "kit", "AddToGroupTT", id)
					}
				}
				return items, err
			}
		},
	},
	{
		how:    "says that it was done when it was not",
		caught: ruleNames("faults", "CloseTT", "AddComment"),
		spoil:  temporaryErrors(func(_ string, e *tt.Error) { e.Outcome = tt.Done }),
	},
	{
		how:    "doubles on retry",
		caught: []string{"faults/CreateTT", "resume/worse", "outage/create"},
		spoil:  insistent,
	},
	{
		how:    "creates when it could not look the key up",
		caught: []string{"faults/CreateTT again"},
		spoil: func(s *spoiled, shared *state) {
			s.create = func(ctx context.Context, req tt.CreateRequest) (tt.Created, error) {
				if id, err := s.System.FindTT(ctx, req.Key); err == nil {
					return tt.Created{ID: id, Existed: true}, nil
				}
				return s.System.CreateTT(ctx, twin(req, shared))
			}
		},
	},
	{
		how:    "swallows the error of a create",
		caught: []string{"faults/CreateTT", "outage/create"},
		spoil: func(s *spoiled, _ *state) {
			s.create = func(ctx context.Context, req tt.CreateRequest) (tt.Created, error) {
				c, err := s.System.CreateTT(ctx, req)
				if tt.IsTemporary(err) {
					return tt.Created{ID: "queued"}, nil
				}
				return c, err
			}
		},
	},
	{
		how:    "comments again after a lost reply, without the key",
		caught: []string{"faults/AddComment"},
		spoil: func(s *spoiled, _ *state) {
			s.comment = func(ctx context.Context, req tt.CommentRequest) error {
				err := s.System.AddComment(ctx, req)
				if tt.IsTemporary(err) {
					req.Key = ""
					return s.System.AddComment(ctx, req)
				}
				return err
			}
		},
	},
	{
		how:    "calls an item that failed for now failed for good",
		caught: []string{"faults/AddToGroupTT"},
		spoil: func(s *spoiled, _ *state) {
			s.add = func(ctx context.Context, id string, objs ...string) ([]tt.ItemResult, error) {
				items, err := s.System.AddToGroupTT(ctx, id, objs...)
				for i, item := range items {
					if item.Status == tt.ItemTemp {
						items[i].Status, items[i].Err = tt.ItemFail, tt.ErrInternal
					}
				}
				return items, err
			}
		},
	},
	{
		how:     "ignores the context",
		caught:  append(every("cancel"), "cancel/before", "cancel/deadline"),
		options: leased,
		spoil: func(s *spoiled, _ *state) {
			s.around = func(ctx context.Context, _ string, next func(context.Context) error) error {
				return next(context.WithoutCancel(ctx))
			}
		},
	},
	{
		how:    "calls the end of the caller's patience final",
		caught: []string{"cancel/deadline"},
		spoil: changeErrors(func(_ string, e *tt.Error) error {
			if e.Code == tt.CodeCanceled {
				e.Err = errors.New("the context ended")
			}
			return e
		}),
	},
	{
		how:    "says that a cancelled call did nothing",
		caught: ruleNames("cancel", "CreateTT", "AddComment without a key"),
		spoil: changeErrors(func(_ string, e *tt.Error) error {
			if e.Code == tt.CodeCanceled {
				e.Outcome, e.Repeatable = tt.NotDone, true
			}
			return e
		}),
	},
	{
		how:    "knocks for ever",
		caught: []string{"outage/bounded"},
		spoil: func(s *spoiled, _ *state) {
			s.around = func(ctx context.Context, _ string, next func(context.Context) error) (err error) {
				for range 1000 {
					if err = next(ctx); !errors.Is(err, tt.ErrUnavailable) {
						break
					}
				}
				return err
			}
		},
	},
	{
		how:    "does not pass on how long the server wants to rest",
		caught: []string{"outage/retry-after"},
		spoil:  temporaryErrors(func(_ string, e *tt.Error) { e.RetryAfter = 0 }),
	},
	{
		how:    "sleeps as long as the server says",
		caught: []string{"outage/retry-after"},
		spoil: func(s *spoiled, _ *state) {
			s.around = func(ctx context.Context, _ string, next func(context.Context) error) error {
				err := next(ctx)
				var e *tt.Error
				if errors.As(err, &e) {
					time.Sleep(e.RetryAfter)
				}
				return err
			}
		},
	},
	{
		how:    "calls dead credentials a passing trouble",
		caught: []string{"outage/unauthenticated"},
		spoil: changeErrors(func(_ string, e *tt.Error) error {
			if e.Code == tt.CodeUnauthenticated {
				e.Code = tt.CodeUnavailable
			}
			return e
		}),
	},
	{
		how:    "forgets after an outage what an older write may have overwritten",
		caught: []string{"outage/late-write"},
		spoil: func(s *spoiled, _ *state) {
			var out atomic.Bool
			s.around = func(ctx context.Context, op string, next func(context.Context) error) error {
				err := next(ctx)
				if op == "GetTT" && err != nil {
					out.Store(true)
				}
				return err
			}
			get := s.get
			s.get = func(ctx context.Context, id string) (*tt.Ticket, error) {
				t, err := get(ctx, id)
				if err == nil && out.Load() {
					t.Comments = t.Comments[:1]
				}
				return t, err
			}
		},
	},
}
