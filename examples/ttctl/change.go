package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/ttkit/ttkit/tt"
)

// ticketID is how a command shows the ticket that it is about.
type ticketID struct {
	ID string `json:"tt_id"`
}

type commentCommand struct {
	ID        string  `arg:"" help:"The ticket."`
	Subject   string  `help:"One line."`
	Body      string  `help:"Any text; - reads it from standard input."`
	Login     string  `help:"On whose behalf."`
	ReplyTo   string  `placeholder:"ID" help:"The comment that this one answers."`
	Key       *string `help:"Names this comment: repeating the command with it adds nothing."`
	Timestamp instant `placeholder:"RFC3339" help:"When the comment was made; now when left out."`
}

func (*commentCommand) Help() string {
	return `Needs a subject or a body. Give a --key wherever the command may be repeated.

    ttctl comment 731 --body "line card replaced" --login olga --key replaced
    ttctl comment 731 --subject diagnostics --body - < report.txt`
}

func (c *commentCommand) keyless() bool { return c.Key == nil }

func (c *commentCommand) lookFor() string {
	return fmt.Sprintf("the comment on ticket %q (ttctl get)", c.ID)
}

func (c *commentCommand) run(ctx context.Context, env env) (result, error) {
	k, err := key(c.Key)
	body := ""
	if err == nil {
		body, err = env.body(ctx, c.Body)
	}
	if err == nil {
		err = env.sys.AddComment(ctx, tt.CommentRequest{
			ID: c.ID, Subject: c.Subject, Body: body, Login: c.Login, ReplyTo: c.ReplyTo, At: c.Timestamp.Time, Key: k,
		})
	}
	return result{
		data:    ticketID{c.ID},
		text:    func(w io.Writer) { fmt.Fprintf(w, "comment added to ticket %s\n", c.ID) },
		changed: c.ID,
	}, tt.Annotate(err, "", "", "AddComment", c.ID)
}

type closeCommand struct {
	ID      string `arg:"" help:"The ticket."`
	Subject string `help:"One line for the last comment."`
	Body    string `help:"Text of the last comment; - reads it from standard input."`
	Reason  string `help:"Final reason."`
	Login   string `help:"On whose behalf."`
}

func (*closeCommand) Help() string {
	return `Ends the ticket, and every other open ticket of its key. A close that waits for an approval or a date is done too, and prints "closed": false. Closing a closed ticket changes nothing.

    ttctl close 731 --body "line card replaced" --reason hardware`
}

// closed is how close shows what became of a ticket.
type closed struct {
	ID     string `json:"tt_id"`
	Closed bool   `json:"closed"`
}

func (c *closeCommand) run(ctx context.Context, env env) (result, error) {
	body, err := env.body(ctx, c.Body)
	ended := false
	if err == nil {
		ended, err = env.sys.CloseTT(ctx, tt.CloseRequest{ID: c.ID, Subject: c.Subject, Body: body, Reason: c.Reason, Login: c.Login})
	}
	return result{
		data: closed{c.ID, ended},
		text: func(w io.Writer) {
			word := "closed"
			if !ended {
				word = "is pending: the close was accepted and has not taken effect"
			}
			fmt.Fprintf(w, "ticket %s %s\n", c.ID, word)
		},
		changed: c.ID,
	}, tt.Annotate(err, "", "", "CloseTT", c.ID)
}

type renewCommand struct {
	ID    string  `arg:"" help:"The ticket."`
	Until instant `required:"" placeholder:"RFC3339" help:"New end of the lease; an earlier one than before changes nothing."`
}

func (*renewCommand) Help() string {
	return `Prints the end that the lease has now. Systems whose tickets do not end by themselves answer "unsupported".

    ttctl renew 731 --until 2026-12-01T00:00:00Z`
}

// renewed is how renew shows a lease.
type renewed struct {
	ID        string    `json:"tt_id"`
	ExpiresAt time.Time `json:"expires_at"`
}

func (c *renewCommand) run(ctx context.Context, env env) (result, error) {
	if err := env.sys.RenewTT(ctx, c.ID, c.Until.Time); err != nil {
		return result{}, err
	}
	ticket, err := env.sys.GetTT(ctx, c.ID)
	if err != nil { // the renewal is done; only its result cannot be shown
		e := &tt.Error{}
		errors.As(tt.Annotate(err, "", "", "RenewTT", c.ID), &e)
		e.Outcome, e.Repeatable = tt.Done, true
		return result{}, e
	}
	data := renewed{ticket.ID, ticket.ExpiresAt.UTC()}
	return result{
		data:    data,
		text:    func(w io.Writer) { fmt.Fprintf(w, "ticket %s expires %s\n", data.ID, stamp(data.ExpiresAt)) },
		changed: data.ID,
	}, nil
}

type promoteCommand struct {
	ID        string  `arg:"" help:"The ticket."`
	Timestamp instant `placeholder:"RFC3339" help:"When it was escalated; now when left out."`
}

func (*promoteCommand) Help() string {
	return `The group has the ticket's id. Promoting again changes nothing.

    ttctl promote 731`
}

// groupID is how promote shows a group.
type groupID struct {
	ID string `json:"group_id"`
}

func (c *promoteCommand) run(ctx context.Context, env env) (result, error) {
	id, err := env.sys.CreateGroupTT(ctx, c.ID, c.Timestamp.Time)
	return result{
		data:    groupID{id},
		text:    func(w io.Writer) { fmt.Fprintf(w, "group %s\n", id) },
		changed: id,
	}, err
}

type addCommand struct {
	GroupID string   `arg:"" help:"The group ticket."`
	Object  []string `arg:"" help:"The objects to add."`
}

func (*addCommand) Help() string {
	return `Prints one item per object, in the order given, with the status ok, temp (try again later), fail or skip. Objects that are in the group already are ok. Exits 75 when any object may still be added, else 1 when any cannot.

    ttctl add 731 sw-8 sw-9`
}

func (c *addCommand) run(ctx context.Context, env env) (result, error) {
	results, err := env.sys.AddToGroupTT(ctx, c.GroupID, c.Object...)
	if err != nil {
		return result{}, err
	}
	data := items{GroupID: c.GroupID, Items: results}
	return result{data: data, text: data.text, changed: c.GroupID, failed: incomplete(c.GroupID, results)}, nil
}

// incomplete is the error of objects that did not join a group: that of the
// first which may still join, else of the first which cannot, else nil.
func incomplete(groupID string, results []tt.ItemResult) error {
	var first *tt.ItemResult
	missing := 0
	for i, r := range results {
		if r.Status != tt.ItemTemp && r.Status != tt.ItemFail {
			continue
		}
		missing++
		if first == nil || first.Status == tt.ItemFail && r.Status == tt.ItemTemp {
			first = &results[i]
		}
	}
	if first == nil {
		return nil
	}
	e := &tt.Error{}
	errors.As(tt.Annotate(first.Err, "", "", "AddToGroupTT", groupID), &e)
	e.Err = fmt.Errorf("%d of %d objects did not join the group, among them %q: %w", missing, len(results), first.Object, e.Err)
	if missing < len(results) {
		e.Outcome, e.Repeatable = tt.Done, true
	}
	return e
}
