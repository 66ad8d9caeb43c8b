package tttest

import (
	"context"
	"fmt"
	"strings"

	"github.com/ttkit/ttkit/tt"
)

var limitRules = []rule{
	{
		name:  "limits/subject",
		says:  "A subject of Capabilities.MaxSubject bytes is kept whole, and a longer one is cut.",
		check: limitOf("Subject", func(c tt.Capabilities) int { return c.MaxSubject }),
	},
	{
		name:  "limits/body",
		says:  "A body of Capabilities.MaxBody bytes is kept whole, and a longer one is cut.",
		check: limitOf("Body", func(c tt.Capabilities) int { return c.MaxBody }),
	},
	{
		name:  "limits/comment",
		says:  "A comment of Capabilities.MaxComment bytes is kept whole, and a longer one is cut.",
		check: limitOf("Comment", func(c tt.Capabilities) int { return c.MaxComment }),
	},
	{
		name:  "limits/comments",
		says:  "A ticket takes Capabilities.MaxComments comments, and a further one is ErrInvalid.",
		check: limitComments,
	},
}

// unlimited is how long a text has to fit where no limit is known.
const unlimited = 2000

// limitOf writes texts of exactly the limit and of one byte more.
func limitOf(what string, limitIn func(tt.Capabilities) int) func(context.Context, *env) error {
	return func(ctx context.Context, e *env) error {
		sys, err := e.open(ctx)
		if err != nil {
			return err
		}
		limit := limitIn(sys.Capabilities())
		if limit == 0 {
			got, _, err := e.write(ctx, sys, what, strings.Repeat("x", unlimited))
			if err == nil && len(got) != unlimited {
				err = fmt.Errorf("Capabilities.Max%s is 0, no limit is known: expected %d bytes whole, got %d ended by %q", what, unlimited, len(got), tail(got))
			}
			return err
		}
		whole := strings.Repeat("x", limit)
		got, cut, err := e.write(ctx, sys, what, whole)
		if err != nil {
			return err
		}
		if got != whole || cut {
			return fmt.Errorf("Capabilities.Max%s is %d: expected so many bytes to be kept whole and not marked as truncated, got %d ended by %q, truncated %t",
				what, limit, len(got), tail(got), cut)
		}
		got, cut, err = e.write(ctx, sys, what, whole+"x")
		if err != nil {
			return err
		}
		if want, _ := tt.Cut(whole+"x", limit); len(got) > limit || !strings.HasSuffix(got, tt.CutMark) || !cut && what != "Comment" {
			return fmt.Errorf("Capabilities.Max%s is %d: expected a text of one byte more to be cut to %d bytes ended by %q and marked as truncated, got %d ended by %q, truncated %t",
				what, limit, len(want), tt.CutMark, len(got), tail(got), cut)
		}
		return nil
	}
}

// write writes a text into a new ticket and reads it back.
func (e *env) write(ctx context.Context, sys tt.System, what, text string) (got string, cut bool, err error) {
	req := e.request(e.object(0), e.key(what, len(text)))
	switch what {
	case "Subject":
		req.Subject = text
	case "Body":
		req.Body = text
	}
	c, err := e.createAs(ctx, sys, req)
	if err != nil {
		return "", false, err
	}
	if what == "Comment" {
		if err := e.comment(ctx, sys, tt.CommentRequest{ID: c.ID, Body: text, Key: "long"}); err != nil {
			return "", false, err
		}
	}
	t, err := e.get(ctx, sys, c.ID)
	if err != nil {
		return "", false, err
	}
	switch what {
	case "Subject":
		got = t.Subject
	case "Body":
		got = t.Body
	default:
		if len(t.Comments) != 1 {
			return "", false, fmt.Errorf("GetTT %q: expected one comment, got %d", c.ID, len(t.Comments))
		}
		got = t.Comments[0].Body
	}
	return got, t.Truncated, nil
}

// manyComments is how many comments the kit writes at most: as many a ticket
// has to take where no limit is known.
const manyComments = 40

func limitComments(ctx context.Context, e *env) error {
	sys, id, err := e.ticket(ctx)
	if err != nil {
		return err
	}
	limit := sys.Capabilities().MaxComments
	n := limit
	if limit == 0 {
		n = manyComments
	}
	if limit > 10*manyComments {
		return skipped(fmt.Sprintf("Capabilities.MaxComments is %d: too many to write", limit))
	}
	for i := range n {
		if err := e.comment(ctx, sys, tt.CommentRequest{ID: id, Body: fmt.Sprint("remark ", i)}); err != nil {
			return fmt.Errorf("comment number %d, with Capabilities.MaxComments %d: %w", i+1, limit, err)
		}
	}
	t, err := e.get(ctx, sys, id)
	if err != nil {
		return err
	}
	if len(t.Comments) != n {
		return fmt.Errorf("GetTT %q: expected %d comments, got %d", id, n, len(t.Comments))
	}
	if limit == 0 {
		return nil
	}
	err = sys.AddComment(ctx, tt.CommentRequest{ID: id, Body: "one too many"})
	return refused(fmt.Sprintf("AddComment number %d, with Capabilities.MaxComments %d", limit+1, limit), err, tt.ErrInvalid)
}
