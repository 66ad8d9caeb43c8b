package tttest_test

import (
	"context"
	"errors"
	"html"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/ttkit/ttkit/adapters/fake"
	"github.com/ttkit/ttkit/tt"
)

// changeTickets breaks what GetTT reads.
func changeTickets(change func(t *tt.Ticket)) func(*spoiled, *state) {
	return func(s *spoiled, _ *state) {
		s.get = func(ctx context.Context, id string) (*tt.Ticket, error) {
			t, err := s.System.GetTT(ctx, id)
			if err == nil {
				change(t)
			}
			return t, err
		}
	}
}

// changeCreates breaks what CreateTT sends.
func changeCreates(change func(req *tt.CreateRequest)) func(*spoiled, *state) {
	return func(s *spoiled, _ *state) {
		s.create = func(ctx context.Context, req tt.CreateRequest) (tt.Created, error) {
			change(&req)
			return s.System.CreateTT(ctx, req)
		}
	}
}

// changeCreated breaks what CreateTT returns.
func changeCreated(change func(c *tt.Created)) func(*spoiled, *state) {
	return func(s *spoiled, _ *state) {
		s.create = func(ctx context.Context, req tt.CreateRequest) (tt.Created, error) {
			c, err := s.System.CreateTT(ctx, req)
			change(&c)
			return c, err
		}
	}
}

// changeComments breaks what AddComment sends.
func changeComments(change func(req *tt.CommentRequest)) func(*spoiled, *state) {
	return func(s *spoiled, _ *state) {
		s.comment = func(ctx context.Context, req tt.CommentRequest) error {
			change(&req)
			return s.System.AddComment(ctx, req)
		}
	}
}

var brokenIDs = []broken{
	{
		how:    "puts the system's name and a colon before ids",
		caught: []string{"ids/grammar"},
		spoil:  changeCreated(func(c *tt.Created) { c.ID = "fake:" + c.ID }),
	},
	{
		how:    "gives two tickets one id",
		caught: []string{"ids/distinct"},
		spoil:  changeCreated(func(c *tt.Created) { c.ID = "1" }),
	},
	{
		how:    "lists ids in another form",
		caught: []string{"ids/same-everywhere"},
		spoil: func(s *spoiled, _ *state) {
			s.objectTTs = func(ctx context.Context, obj string) ([]string, error) {
				ids, err := s.System.GetObjectTTs(ctx, obj)
				for i := range ids {
					ids[i] = "TT-" + ids[i]
				}
				return ids, err
			}
		},
	},
	{
		how:    "says that it closed a ticket that there never was",
		caught: []string{"ids/unknown"},
		spoil: func(s *spoiled, _ *state) {
			s.close = func(ctx context.Context, req tt.CloseRequest) (bool, error) {
				closed, err := s.System.CloseTT(ctx, req)
				if errors.Is(err, tt.ErrNotFound) {
					return true, nil
				}
				return closed, err
			}
		},
	},
}

var brokenFields = []broken{
	{
		how:    "forgets the reason",
		caught: []string{"fields/round-trip"},
		spoil:  changeTickets(func(t *tt.Ticket) { t.PreReason = "" }),
	},
	{
		how:    "invents a body",
		caught: []string{"fields/defaults"},
		spoil: changeCreates(func(req *tt.CreateRequest) {
			if req.Body == "" {
				req.Body = "(no text)"
			}
		}),
	},
	{
		how:    "shows local times",
		caught: []string{"fields/times"},
		spoil: changeTickets(func(t *tt.Ticket) {
			t.OpenedAt = t.OpenedAt.In(time.FixedZone("MSK", 3*3600))
		}),
	},
	{
		how:    "ignores tickets of the future",
		caught: []string{"fields/times"},
		spoil: changeTickets(func(t *tt.Ticket) {
			if t.OpenedAt.After(time.Now()) {
				t.OpenedAt = time.Now().UTC()
			}
		}),
	},
	{
		how:    "takes the time of the alarm for that of the ticket",
		caught: []string{"fields/stage"},
		spoil:  changeTickets(func(t *tt.Ticket) { t.StageAt = t.OpenedAt }),
	},
	{
		how:    "links to a path without a host",
		caught: []string{"fields/url"},
		spoil:  changeTickets(func(t *tt.Ticket) { t.URL = "/tickets/" + t.ID }),
	},
	{
		how:    "links with its token",
		caught: []string{"fields/url"},
		spoil:  changeTickets(func(t *tt.Ticket) { t.URL = "https://host/tickets/1?token=hunter2%2F%2Bsecret" }),
	},
	{
		how:    "forgets why a ticket was closed",
		caught: []string{"fields/closed"},
		spoil:  changeTickets(func(t *tt.Ticket) { t.FinalReason = "" }),
	},
}

// throughText breaks every text on its way in.
func throughText(change func(string) string) func(*spoiled, *state) {
	return func(s *spoiled, shared *state) {
		changeCreates(func(req *tt.CreateRequest) { req.Subject, req.Body = change(req.Subject), change(req.Body) })(s, shared)
		changeComments(func(req *tt.CommentRequest) { req.Body = change(req.Body) })(s, shared)
	}
}

func withoutEmoji(text string) string {
	return strings.Map(func(r rune) rune {
		if r > 0xffff {
			return '?'
		}
		return r
	}, text)
}

var brokenTexts = []broken{
	{
		how:    "stores no runes beyond the basic plane",
		caught: []string{"content/languages"},
		spoil:  throughText(withoutEmoji),
	},
	{
		how:    "escapes HTML",
		caught: []string{"content/syntax"},
		spoil:  throughText(html.EscapeString),
	},
	{
		how:    "trims white space",
		caught: []string{"content/languages", "content/syntax"},
		spoil:  throughText(strings.TrimSpace),
	},
	{
		how:    "fills in placeholders",
		caught: []string{"content/syntax"},
		spoil:  throughText(func(text string) string { return strings.ReplaceAll(text, "${HOME}", "/root") }),
	},
	{
		how:    "refuses control characters",
		caught: []string{"content/control-characters"},
		spoil: func(s *spoiled, _ *state) {
			s.create = func(ctx context.Context, req tt.CreateRequest) (tt.Created, error) {
				if strings.ContainsFunc(req.Subject, unicode.IsControl) {
					return tt.Created{}, tt.Errorf(tt.CodeInvalid, tt.NotDone, "the subject has control characters")
				}
				return s.System.CreateTT(ctx, req)
			}
		},
	},
	{
		how:    "cuts in the middle of a rune",
		caught: []string{"content/long", "content/long-comment"},
		spoil: changeTickets(func(t *tt.Ticket) {
			t.Body, t.Truncated = cutAt(t.Body, 1001), len(t.Body) > 1001
			for i := range t.Comments {
				t.Comments[i].Body = cutAt(t.Comments[i].Body, 1001)
			}
		}),
	},
	{
		how:    "cuts without a mark",
		caught: []string{"content/long"},
		spoil: changeTickets(func(t *tt.Ticket) {
			if cut, was := tt.Cut(t.Body, 1000); was {
				t.Body, t.Truncated = strings.TrimSuffix(cut, tt.CutMark), true
			}
		}),
	},
	{
		how:     "does not say that it cut",
		caught:  []string{"content/long", "limits/body"},
		spoil:   changeTickets(func(t *tt.Ticket) { t.Truncated = false }),
		options: []fake.Option{fake.WithLimits(fake.Limits{Body: 500})},
	},
	{
		how:    "refuses long text",
		caught: []string{"content/long"},
		spoil: func(s *spoiled, _ *state) {
			s.create = func(ctx context.Context, req tt.CreateRequest) (tt.Created, error) {
				if len(req.Body) > 4000 {
					return tt.Created{}, tt.Errorf(tt.CodeInvalid, tt.NotDone, "the body is too long")
				}
				return s.System.CreateTT(ctx, req)
			}
		},
	},
}

func cutAt(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return text[:limit] + tt.CutMark
}

var brokenMemory = []broken{
	{
		how:    "hands out its cache",
		caught: []string{"memory/results"},
		spoil: func(s *spoiled, shared *state) {
			s.get = func(ctx context.Context, id string) (*tt.Ticket, error) {
				if t, ok := shared.words.Load(id); ok {
					return t.(*tt.Ticket), nil
				}
				t, err := s.System.GetTT(ctx, id)
				if err == nil {
					shared.words.Store(id, t)
				}
				return t, err
			}
		},
	},
	{
		how:    "sorts the caller's objects",
		caught: []string{"memory/arguments"},
		spoil: func(s *spoiled, _ *state) {
			s.add = func(ctx context.Context, id string, objs ...string) ([]tt.ItemResult, error) {
				slices.Sort(objs)
				return s.System.AddToGroupTT(ctx, id, objs...)
			}
		},
	},
}

// claim breaks Capabilities.
func claim(change func(c *tt.Capabilities)) func(*spoiled, *state) {
	return func(s *spoiled, _ *state) {
		s.capabilities = func() tt.Capabilities {
			c := s.System.Capabilities()
			change(&c)
			return c
		}
	}
}

var brokenCapabilities = []broken{
	{
		how:    "changes its mind about what it can",
		caught: []string{"capabilities/constant"},
		spoil: func(s *spoiled, shared *state) {
			claim(func(c *tt.Capabilities) { c.MaxBody = int(shared.n.Add(1)) * 1000 })(s, shared)
		},
	},
	{
		how:    "claims no groups and has them",
		caught: []string{"capabilities/groups", "capabilities/levels"},
		spoil:  claim(func(c *tt.Capabilities) { c.PromoteGroupTT = false }),
	},
	{
		how:     "claims groups and has none",
		caught:  []string{"capabilities/groups"},
		spoil:   claim(func(c *tt.Capabilities) { c.PromoteGroupTT = true }),
		options: []fake.Option{fake.WithoutGroups()},
	},
	{
		how:     "claims no lease and has one",
		caught:  []string{"capabilities/lease"},
		spoil:   claim(func(c *tt.Capabilities) { c.Lease = 0 }),
		options: []fake.Option{fake.WithLease(time.Hour)},
	},
	{
		how:    "claims a lease and has none",
		caught: []string{"capabilities/lease"},
		spoil:  claim(func(c *tt.Capabilities) { c.Lease = time.Hour }),
	},
	{
		how:    "claims no feed and has one",
		caught: []string{"capabilities/updates", "capabilities/levels"},
		spoil:  claim(func(c *tt.Capabilities) { c.Updates = false }),
	},
	{
		how:     "claims a feed and has none",
		caught:  []string{"capabilities/updates"},
		spoil:   claim(func(c *tt.Capabilities) { c.Updates = true }),
		options: []fake.Option{fake.WithoutUpdates()},
	},
	{
		how:     "claims to close at once and lets people wait",
		caught:  []string{"capabilities/async-close"},
		spoil:   claim(func(c *tt.Capabilities) { c.AsyncClose = false }),
		options: []fake.Option{fake.WithPendingClose(time.Second)},
	},
	{
		how:    "claims no keys and takes them",
		caught: []string{"capabilities/keys"},
		spoil:  claim(func(c *tt.Capabilities) { c.KeyGuarantee = "" }),
	},
	{
		how:    "claims keys and takes none",
		caught: []string{"capabilities/keys"},
		spoil: func(s *spoiled, _ *state) {
			s.find = func(context.Context, string) (string, error) {
				return "", tt.Errorf(tt.CodeUnsupported, tt.NotDone, "no keys here")
			}
		},
	},
	{
		how:    "claims a guarantee that there is not",
		caught: []string{"capabilities/constant"},
		spoil:  claim(func(c *tt.Capabilities) { c.KeyGuarantee = "hopeful" }),
	},
	{
		how:     "claims that comments are kept after the close and refuses them",
		caught:  []string{"comments/after-close"},
		spoil:   claim(func(c *tt.Capabilities) { c.CommentsAfterClose = true }),
		options: []fake.Option{fake.WithoutCommentsAfterClose()},
	},
	{
		how:    "claims limits that it does not have",
		caught: ruleNames("limits", "subject", "body", "comment", "comments"),
		spoil: claim(func(c *tt.Capabilities) {
			c.MaxSubject, c.MaxBody, c.MaxComment, c.MaxComments = 100, 100, 100, 10
		}),
	},
	{
		how:     "hides its limits",
		caught:  ruleNames("limits", "subject", "body", "comment", "comments"),
		spoil:   claim(func(c *tt.Capabilities) { c.MaxSubject, c.MaxBody, c.MaxComment, c.MaxComments = 0, 0, 0, 0 }),
		options: []fake.Option{fake.WithLimits(fake.Limits{Subject: 100, Body: 100, Comment: 100, Comments: 10})},
	},
}
