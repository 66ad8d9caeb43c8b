package tttest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ttkit/ttkit/tt"
)

var commentRules = []rule{
	{
		name:  "comments/round-trip",
		says:  "A comment comes back with its subject, body, login, time and the comment that it answers, under an id of its own, in every process.",
		check: commentsRoundTrip,
	},
	{
		name:  "comments/order",
		says:  "Comments are ordered by their time, then by id, in whatever order they were added.",
		check: commentsOrder,
	},
	{
		name:  "comments/keys",
		says:  "Repeating AddComment with a key is a no-op, in every process; a key belongs to one ticket; without a key every call is a comment.",
		check: commentsKeys,
	},
	{
		name:  "comments/goroutines",
		says:  "Comments that many goroutines add at once are all there, each once.",
		check: commentsGoroutines,
	},
	{
		name:  "comments/same-key-at-once",
		says:  "Many goroutines that add one comment with one key at once add it once.",
		check: commentsSameKey,
	},
	{
		name:  "comments/two-writers",
		says:  "Comments that two processes add to one ticket at once are all there when Window has passed, each once.",
		check: commentsTwoWriters,
	},
	{
		name:  "comments/after-close",
		says:  "On a closed ticket AddComment does what Capabilities.CommentsAfterClose says: it keeps the comment, or is ErrClosed.",
		check: commentsAfterClose,
	},
}

// ticket opens a System and makes a ticket.
func (e *env) ticket(ctx context.Context) (sys tt.System, id string, err error) {
	if sys, err = e.open(ctx); err != nil {
		return nil, "", err
	}
	id, err = e.create(ctx, sys, e.object(0), e.key("ticket"))
	return sys, id, err
}

func commentsRoundTrip(ctx context.Context, e *env) error {
	sys, id, err := e.ticket(ctx)
	if err != nil {
		return err
	}
	other, err := e.open(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	first := tt.CommentRequest{ID: id, Subject: "Ping", Body: "No answer.\nTried 3 times.", Login: "alice", At: began.Add(-10 * time.Minute)}
	if err := e.comment(ctx, sys, first); err != nil {
		return err
	}
	t, err := e.get(ctx, sys, id)
	if err != nil {
		return err
	}
	if len(t.Comments) != 1 || t.Comments[0].ID == "" {
		return fmt.Errorf("GetTT %q after one AddComment: expected one comment with an id, got %+v", id, t.Comments)
	}
	second := tt.CommentRequest{ID: id, Subject: "Traceroute", Login: "bob", ReplyTo: t.Comments[0].ID} // no body, now
	if err := e.comment(ctx, sys, second); err != nil {
		return err
	}
	for name, sys := range sorted(map[string]tt.System{"the writer": sys, "another process": other}) {
		t, err := e.get(ctx, sys, id)
		if err != nil {
			return err
		}
		if len(t.Comments) != 2 || t.Comments[0].ID == t.Comments[1].ID {
			return fmt.Errorf("%s: GetTT %q: expected two comments with ids of their own, got %+v", name, id, t.Comments)
		}
		for i, want := range []tt.CommentRequest{first, second} {
			got := t.Comments[i]
			if got.Subject != want.Subject || got.Body != want.Body || got.Login != want.Login || got.ReplyTo != want.ReplyTo {
				return fmt.Errorf("%s: GetTT %q: expected the comment %+v, got %+v", name, id, want, got)
			}
		}
		if !sameSecond(t.Comments[0].At, first.At) {
			return fmt.Errorf("%s: GetTT %q: expected the comment of %s, got %s", name, id, first.At.UTC(), t.Comments[0].At)
		}
		if off := t.Comments[1].At.Sub(began).Abs(); off > 24*time.Hour {
			return fmt.Errorf("%s: GetTT %q: a zero At means now, got %s", name, id, t.Comments[1].At)
		}
	}
	return nil
}

func commentsOrder(ctx context.Context, e *env) error {
	sys, id, err := e.ticket(ctx)
	if err != nil {
		return err
	}
	base := time.Now().Add(-time.Hour)
	for _, minute := range []int{20, 40, 10, 30, 10, 50} { // two of the same minute
		req := tt.CommentRequest{ID: id, Body: fmt.Sprint("minute ", minute), At: base.Add(time.Duration(minute) * time.Minute)}
		if err := e.comment(ctx, sys, req); err != nil {
			return err
		}
	}
	t, err := e.get(ctx, sys, id)
	if err != nil {
		return err
	}
	want := []string{"minute 10", "minute 10", "minute 20", "minute 30", "minute 40", "minute 50"}
	if !slices.Equal(bodies(t), want) {
		return fmt.Errorf("GetTT %q: expected the comments %q, got %q", id, want, bodies(t))
	}
	if t.Comments[0].At.Equal(t.Comments[1].At) && t.Comments[0].ID >= t.Comments[1].ID {
		return fmt.Errorf("GetTT %q: two comments of the same time: expected them ordered by id, got %q before %q",
			id, t.Comments[0].ID, t.Comments[1].ID)
	}
	return nil
}

func commentsKeys(ctx context.Context, e *env) error {
	sys, id, err := e.ticket(ctx)
	if err != nil {
		return err
	}
	other, err := e.open(ctx)
	if err != nil {
		return err
	}
	next, err := e.create(ctx, sys, e.object(1), e.key("next"))
	if err != nil {
		return err
	}
	keyed := tt.CommentRequest{ID: id, Body: "once", Key: "remark"}
	elsewhere := tt.CommentRequest{ID: next, Body: "elsewhere", Key: "remark"}
	plain := tt.CommentRequest{ID: id, Body: "every time"}
	changed := keyed
	changed.Body = "changed"
	for _, step := range []struct {
		sys tt.System
		req tt.CommentRequest
	}{{sys, keyed}, {sys, keyed}, {other, keyed}, {sys, changed}, {sys, elsewhere}, {sys, plain}, {sys, plain}} {
		if err := e.comment(ctx, step.sys, step.req); err != nil {
			return err
		}
	}
	for id, want := range sorted(map[string][]string{id: {"every time", "every time", "once"}, next: {"elsewhere"}}) {
		if err := e.commentsAre(ctx, sys, id, want); err != nil {
			return err
		}
	}
	return nil
}

// commentsAre compares the bodies, in any order.
func (e *env) commentsAre(ctx context.Context, sys tt.System, id string, want []string) error {
	t, err := e.get(ctx, sys, id)
	if err != nil {
		return err
	}
	r, err := e.record(id)
	if err != nil {
		return err
	}
	want = slices.Sorted(slices.Values(want))
	if got := slices.Sorted(slices.Values(bodies(t))); !slices.Equal(got, want) {
		return fmt.Errorf("GetTT %q: expected the comments %s, got %s", id, difference(want, got), difference(got, want))
	}
	if got := slices.Sorted(slices.Values(r.Comments)); !slices.Equal(got, want) {
		return fmt.Errorf("ticket %q in the backend: expected the comments %s, got %s", id, difference(want, got), difference(got, want))
	}
	return nil
}

// difference prints a list, without what the other list holds as well when
// both are long.
func difference(list, other []string) string {
	if len(list) <= 8 {
		return fmt.Sprintf("%q", list)
	}
	only := slices.DeleteFunc(slices.Clone(list), func(s string) bool { return count(list, s) == count(other, s) })
	return fmt.Sprintf("(%d, of which differ: %q)", len(list), only)
}

func commentsGoroutines(ctx context.Context, e *env) error {
	sys, id, err := e.ticket(ctx)
	if err != nil {
		return err
	}
	want, err := e.commentTogether(ctx, id, 16, sys)
	if err != nil {
		return err
	}
	return e.commentsAre(ctx, sys, id, want)
}

// commentTogether adds n different comments at once, over several Systems.
func (e *env) commentTogether(ctx context.Context, id string, n int, systems ...tt.System) ([]string, error) {
	want := make([]string, n)
	for i := range want {
		want[i] = fmt.Sprintf("remark %02d", i)
	}
	err := together(n, func(i int) error {
		return e.comment(ctx, systems[i%len(systems)], tt.CommentRequest{ID: id, Body: want[i], Key: want[i]})
	})
	return want, err
}

func commentsSameKey(ctx context.Context, e *env) error {
	sys, id, err := e.ticket(ctx)
	if err != nil {
		return err
	}
	err = together(8, func(int) error {
		return e.comment(ctx, sys, tt.CommentRequest{ID: id, Body: "once", Key: "same"})
	})
	if err != nil {
		return err
	}
	return e.commentsAre(ctx, sys, id, []string{"once"})
}

func commentsTwoWriters(ctx context.Context, e *env) error {
	sys, id, err := e.ticket(ctx)
	if err != nil {
		return err
	}
	other, err := e.open(ctx)
	if err != nil {
		return err
	}
	want, err := e.commentTogether(ctx, id, 8, sys, other)
	if err != nil {
		return err
	}
	look := func() error { return e.commentsAre(ctx, other, id, want) }
	if err := e.eventually(ctx, look); err != nil {
		return err
	}
	// What is complete has to stay so: no writer still holds an old copy.
	if err := e.converge(ctx); err != nil {
		return err
	}
	return look()
}

func commentsAfterClose(ctx context.Context, e *env) error {
	sys, id, err := e.ticket(ctx)
	if err != nil {
		return err
	}
	if err := e.comment(ctx, sys, tt.CommentRequest{ID: id, Body: "before"}); err != nil {
		return err
	}
	if err := e.end(ctx, sys, id); err != nil {
		return err
	}
	err = sys.AddComment(ctx, tt.CommentRequest{ID: id, Body: "after"})
	if sys.Capabilities().CommentsAfterClose {
		if err != nil {
			return fmt.Errorf("AddComment on the closed ticket %q: expected it to be kept, as Capabilities.CommentsAfterClose says, got: %w", id, err)
		}
		return e.commentsAre(ctx, sys, id, []string{"before", "after"})
	}
	if err := refused(fmt.Sprintf("AddComment on the closed ticket %q, where Capabilities.CommentsAfterClose is false", id), err, tt.ErrClosed); err != nil {
		return err
	}
	t, err := e.get(ctx, sys, id)
	if err == nil && slices.ContainsFunc(t.Comments, func(c tt.Comment) bool { return strings.Contains(c.Body, "after") }) {
		err = errors.New("AddComment on a closed ticket was ErrClosed, and yet the comment is there")
	}
	return err
}
