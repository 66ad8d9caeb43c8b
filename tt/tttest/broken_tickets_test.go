package tttest_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/ttkit/ttkit/adapters/fake"
	"github.com/ttkit/ttkit/tt"
)

// unenforced makes the fake a vendor that enforces no keys: the System looks
// the key up and then creates. Nothing elects when two did so at once.
func unenforced(s *spoiled, shared *state) {
	s.find = func(ctx context.Context, key string) (string, error) {
		if _, err := s.System.FindTT(ctx, "none"); !errors.Is(err, tt.ErrNotFound) {
			return "", err // the server is not well
		}
		for _, t := range s.backend().Tickets() {
			if known, _, _ := strings.Cut(t.Key, twinMark); known == key {
				return t.ID, nil
			}
		}
		return "", tt.Errorf(tt.CodeNotFound, tt.NotDone, "no ticket of this key")
	}
	s.create = func(ctx context.Context, req tt.CreateRequest) (tt.Created, error) {
		switch id, err := s.find(ctx, req.Key); {
		case err == nil:
			return tt.Created{ID: id, Existed: true}, nil
		case !errors.Is(err, tt.ErrNotFound):
			return tt.Created{}, err
		}
		turn()
		return s.System.CreateTT(ctx, twin(req, shared))
	}
	changeTickets(func(t *tt.Ticket) { t.Key, _, _ = strings.Cut(t.Key, twinMark) })(s, shared)
}

var brokenKeys = []broken{
	{
		how:    "does not say that a ticket existed",
		caught: []string{"keys/sequential"},
		spoil:  changeCreated(func(c *tt.Created) { c.Existed = false }),
	},
	{
		how:    "makes a ticket for every call",
		caught: []string{"keys/sequential", "keys/other-process", "keys/goroutines", "keys/two-systems"},
		spoil: func(s *spoiled, shared *state) {
			unenforced(s, shared)
			s.create = func(ctx context.Context, req tt.CreateRequest) (tt.Created, error) {
				return s.System.CreateTT(ctx, twin(req, shared))
			}
		},
	},
	{
		how:    "remembers keys in its process only",
		caught: []string{"keys/other-process", "resume/other-process"},
		spoil: func(s *spoiled, shared *state) {
			unenforced(s, shared)
			mine := map[string]string{}
			s.create = func(ctx context.Context, req tt.CreateRequest) (tt.Created, error) {
				if id, ok := mine[req.Key]; ok {
					return tt.Created{ID: id, Existed: true}, nil
				}
				c, err := s.System.CreateTT(ctx, twin(req, shared))
				if err == nil {
					mine[req.Key] = c.ID
				}
				return c, err
			}
		},
	},
	{
		how:    "looks a key up and creates, without holding others off",
		caught: []string{"keys/goroutines", "keys/two-systems"},
		spoil:  unenforced,
	},
	{
		how:    "holds its own goroutines off, but no other process",
		caught: []string{"keys/two-systems"},
		spoil: func(s *spoiled, shared *state) {
			unenforced(s, shared)
			create, one := s.create, make(chan struct{}, 1)
			s.create = func(ctx context.Context, req tt.CreateRequest) (tt.Created, error) {
				one <- struct{}{}
				defer func() { <-one }()
				return create(ctx, req)
			}
		},
	},
	{
		how:    "does not say that the ticket is closed",
		caught: []string{"keys/after-close"},
		spoil:  changeCreated(func(c *tt.Created) { c.Closed = false }),
	},
	{
		how:    "opens a new ticket when that of the key is closed",
		caught: []string{"keys/after-close"},
		spoil: func(s *spoiled, shared *state) {
			s.create = func(ctx context.Context, req tt.CreateRequest) (tt.Created, error) {
				c, err := s.System.CreateTT(ctx, req)
				if c.Closed {
					return s.System.CreateTT(ctx, twin(req, shared))
				}
				return c, err
			}
		},
	},
	{
		how:    "gives the ticket of another object to the key",
		caught: []string{"keys/other-object"},
		spoil: func(s *spoiled, _ *state) {
			s.create = func(ctx context.Context, req tt.CreateRequest) (tt.Created, error) {
				c, err := s.System.CreateTT(ctx, req)
				if errors.Is(err, tt.ErrConflict) {
					return tt.Created{ID: c.ID, Existed: true}, nil
				}
				return c, err
			}
		},
	},
	{
		how:    "finds open tickets only",
		caught: []string{"keys/find"},
		spoil: func(s *spoiled, _ *state) {
			s.find = func(ctx context.Context, key string) (string, error) {
				id, err := s.System.FindTT(ctx, key)
				if t, _ := s.System.GetTT(ctx, id); t != nil && t.State.Ended() {
					return "", tt.Errorf(tt.CodeNotFound, tt.NotDone, "no open ticket of this key")
				}
				return id, err
			}
		},
	},
	{
		how:    "ignores letter case in keys",
		caught: []string{"keys/exact"},
		spoil:  changeCreates(func(req *tt.CreateRequest) { req.Key = strings.ToLower(req.Key) }),
	},
	{
		how:    "stores the first 64 bytes of a key",
		caught: []string{"keys/exact"},
		spoil:  changeCreates(func(req *tt.CreateRequest) { req.Key = req.Key[:min(64, len(req.Key))] }),
	},
	{
		how:    "lists only tickets with a key",
		caught: []string{"keys/none"},
		spoil: func(s *spoiled, _ *state) {
			s.list = func(ctx context.Context, req tt.ListRequest) (tt.List, error) {
				page, err := s.System.ListTTs(ctx, req)
				page.IDs = slices.DeleteFunc(page.IDs, func(id string) bool {
					t, _ := s.System.GetTT(ctx, id)
					return t != nil && t.Key == ""
				})
				return page, err
			}
		},
	},
	{
		how:    "shows the key that it made up",
		caught: []string{"keys/none"},
		spoil: changeTickets(func(t *tt.Ticket) {
			if t.Key == "" {
				t.Key = "made-up-" + t.ID
			}
		}),
	},
}

var brokenCloses = []broken{
	{
		how:     "calls a pending close done",
		caught:  []string{"close/truthful"},
		options: []fake.Option{fake.WithPendingClose(5 * time.Second)},
		spoil: func(s *spoiled, _ *state) {
			s.close = func(ctx context.Context, req tt.CloseRequest) (bool, error) {
				_, err := s.System.CloseTT(ctx, req)
				return err == nil, err
			}
		},
	},
	{
		how:    "writes the closing text again on a closed ticket",
		caught: []string{"close/twice"},
		spoil: func(s *spoiled, _ *state) {
			s.close = func(ctx context.Context, req tt.CloseRequest) (bool, error) {
				t, _ := s.System.GetTT(ctx, req.ID)
				if t != nil && t.State.Ended() {
					_ = s.System.AddComment(ctx, tt.CommentRequest{ID: req.ID, Body: req.Body})
				}
				return s.System.CloseTT(ctx, req)
			}
		},
	},
	{
		how:    "writes an empty comment when a ticket is closed without a word",
		caught: []string{"close/text"},
		spoil: func(s *spoiled, _ *state) {
			s.close = func(ctx context.Context, req tt.CloseRequest) (bool, error) {
				if req.Body == "" {
					req.Body = "closed"
				}
				return s.System.CloseTT(ctx, req)
			}
		},
	},
	{
		how:    "refuses to close a closed ticket",
		caught: []string{"close/twice", "close/at-once"},
		spoil: func(s *spoiled, _ *state) {
			s.close = func(ctx context.Context, req tt.CloseRequest) (bool, error) {
				if t, _ := s.System.GetTT(ctx, req.ID); t != nil && t.State.Ended() {
					return false, tt.Errorf(tt.CodeClosed, tt.NotDone, "the ticket is closed")
				}
				return s.System.CloseTT(ctx, req)
			}
		},
	},
	{
		how:    "closes every ticket of the object",
		caught: []string{"close/all-of-a-key"},
		spoil: func(s *spoiled, _ *state) {
			s.close = func(ctx context.Context, req tt.CloseRequest) (bool, error) {
				t, _ := s.System.GetTT(ctx, req.ID)
				closed, err := s.System.CloseTT(ctx, req)
				for _, other := range s.backend().Tickets() {
					if t != nil && other.Object == t.Object {
						_, _ = s.System.CloseTT(ctx, tt.CloseRequest{ID: other.ID})
					}
				}
				return closed, err
			}
		},
	},
	{
		how:    "closes one of several tickets of the key",
		caught: []string{"close/all-of-a-key", "close/late-twin"},
		spoil:  unenforced,
	},
}

var brokenComments = []broken{
	{
		how:    "forgets who commented",
		caught: []string{"comments/round-trip"},
		spoil:  changeComments(func(req *tt.CommentRequest) { req.Login = "" }),
	},
	{
		how:    "shows comments in the order in which they came",
		caught: []string{"comments/order"},
		spoil: changeTickets(func(t *tt.Ticket) {
			slices.SortFunc(t.Comments, func(a, b tt.Comment) int { return strings.Compare(a.ID, b.ID) })
		}),
	},
	{
		how:    "ignores the keys of comments",
		caught: []string{"comments/keys", "comments/same-key-at-once"},
		spoil:  changeComments(func(req *tt.CommentRequest) { req.Key = "" }),
	},
	{
		how:    "takes a comment's key for one of all tickets",
		caught: []string{"comments/keys"},
		spoil: func(s *spoiled, shared *state) {
			s.comment = func(ctx context.Context, req tt.CommentRequest) error {
				if _, known := shared.words.LoadOrStore(req.Key, true); known && req.Key != "" {
					return nil
				}
				return s.System.AddComment(ctx, req)
			}
		},
	},
	{
		how:    "looks a comment's key up and writes, without holding others off",
		caught: []string{"comments/same-key-at-once"},
		spoil: func(s *spoiled, shared *state) {
			s.comment = func(ctx context.Context, req tt.CommentRequest) error {
				if _, known := shared.words.Load(req.Key); known {
					return nil
				}
				turn()
				shared.words.Store(req.Key, true)
				req.Key = ""
				return s.System.AddComment(ctx, req)
			}
		},
	},
	{
		how:    "drops a comment when another is being written",
		caught: []string{"comments/goroutines", "comments/two-writers"},
		spoil: func(s *spoiled, shared *state) {
			s.comment = func(ctx context.Context, req tt.CommentRequest) error {
				defer shared.done()
				if !shared.alone() {
					return nil
				}
				turn()
				return s.System.AddComment(ctx, req)
			}
		},
	},
	{
		how:    "mixes up what goes on at the same time",
		caught: []string{"concurrency/mixed"},
		spoil: func(s *spoiled, shared *state) {
			s.get = func(ctx context.Context, id string) (*tt.Ticket, error) {
				shared.lock.Lock()
				shared.text = id
				shared.lock.Unlock()
				turn()
				shared.lock.Lock()
				defer shared.lock.Unlock()
				return s.System.GetTT(ctx, shared.text)
			}
		},
	},
	{
		how:    "drops a comment when another process is writing",
		caught: []string{"comments/two-writers", "groups/two-writers"},
		spoil: func(s *spoiled, shared *state) {
			s.comment = func(ctx context.Context, req tt.CommentRequest) error {
				if writer, _ := shared.words.LoadOrStore("writer", s); writer != s {
					return nil
				}
				turn()
				shared.words.Delete("writer")
				return s.System.AddComment(ctx, req)
			}
		},
	},
	{
		how:     "swallows comments on closed tickets",
		caught:  []string{"comments/after-close"},
		options: []fake.Option{fake.WithoutCommentsAfterClose()},
		spoil: func(s *spoiled, _ *state) {
			s.comment = func(ctx context.Context, req tt.CommentRequest) error {
				err := s.System.AddComment(ctx, req)
				if errors.Is(err, tt.ErrClosed) {
					return nil
				}
				return err
			}
		},
	},
}

var leased = []fake.Option{fake.WithLease(2 * time.Hour)}

var brokenLeases = []broken{
	{
		how:     "does not say when a lease ends",
		caught:  []string{"lease/expires-at"},
		options: leased,
		spoil:   changeCreated(func(c *tt.Created) { c.ExpiresAt = time.Time{} }),
	},
	{
		how:     "shortens a lease",
		caught:  []string{"lease/renew-lengthens"},
		options: leased,
		spoil: func(s *spoiled, shared *state) {
			s.renew = func(ctx context.Context, id string, until time.Time) error {
				shared.words.Store(id, until)
				return s.System.RenewTT(ctx, id, until)
			}
			changeTickets(func(t *tt.Ticket) {
				if until, ok := shared.words.Load(t.ID); ok {
					t.ExpiresAt = until.(time.Time).UTC()
				}
			})(s, shared)
		},
	},
	{
		how:     "renews nothing and says nothing",
		caught:  []string{"lease/renew-lengthens", "lease/renewed-lives", "lease/renew-closed"},
		options: leased,
		spoil:   func(s *spoiled, _ *state) { s.renew = func(context.Context, string, time.Time) error { return nil } },
	},
	{
		how:     "calls an expired ticket closed",
		caught:  []string{"lease/expired"},
		options: leased,
		spoil: changeTickets(func(t *tt.Ticket) {
			if t.State == tt.StateExpired {
				t.State = tt.StateClosed
			}
		}),
	},
	{
		how:     "lists expired tickets",
		caught:  []string{"lease/expired"},
		options: leased,
		spoil:   listWhere(func(t tt.Ticket, obj string) bool { return t.Object == obj && t.State != tt.StateClosed }),
	},
}
