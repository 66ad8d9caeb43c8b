package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/escalate"
)

// ticketFlags are the flags that create and escalate share.
type ticketFlags struct {
	Queue     string  `help:"Where the ticket goes."`
	Reason    string  `help:"Preliminary reason."`
	Subject   string  `required:"" help:"One line."`
	Body      string  `help:"Any text; - reads it from standard input."`
	Login     string  `help:"On whose behalf."`
	Timestamp instant `placeholder:"RFC3339" help:"When the alarm was raised; now when left out."`
	Key       *string `help:"Names this episode of the alarm: the same key means the same ticket, however often the command is repeated."`
}

// request makes the request for a ticket on obj.
func (f *ticketFlags) request(ctx context.Context, env env, obj string) (tt.CreateRequest, error) {
	k, err := key(f.Key)
	if err != nil {
		return tt.CreateRequest{}, err
	}
	body, err := env.body(ctx, f.Body)
	return tt.CreateRequest{
		Queue: f.Queue, Object: obj, Reason: f.Reason, Subject: f.Subject, Body: body,
		Login: f.Login, Timestamp: f.Timestamp.Time, Key: k,
	}, err
}

func (f *ticketFlags) keyless() bool { return f.Key == nil }

type createCommand struct {
	Object string `required:"" help:"The object in trouble, as the ticket system knows it."`
	ticketFlags
}

func (*createCommand) Help() string {
	return `Prints the ticket's id, and whether the ticket was there before. Give a --key wherever a script or a person may repeat the command: without one, a repeat after a lost reply can open a second ticket.

    ttctl create --object sw-7 --subject "uplink down" --key msk/uplink/2026-11-21T20:15
    journalctl -u ospfd -n 50 | ttctl create --object sw-7 --subject "ospf down" --body -`
}

func (c *createCommand) lookFor() string { return openTicket(c.Object, c.Subject) }

func openTicket(obj, subject string) string {
	return fmt.Sprintf("an open ticket on object %q with the subject %q (ttctl list --object, ttctl get)", obj, subject)
}

// created is how create shows a ticket.
type created struct {
	ID        string    `json:"tt_id"`
	Existed   bool      `json:"existed,omitempty"`
	Closed    bool      `json:"closed,omitempty"`
	Expired   bool      `json:"expired,omitempty"`
	ExpiresAt time.Time `json:"expires_at,omitzero"`
	Degraded  string    `json:"degraded,omitempty"`
}

func (c *createCommand) run(ctx context.Context, env env) (result, error) {
	req, err := c.request(ctx, env, c.Object)
	if err != nil {
		return result{}, tt.Annotate(err, "", "", "CreateTT", "")
	}
	made, err := env.sys.CreateTT(ctx, req)
	if err != nil {
		return result{}, err
	}
	data := created{made.ID, made.Existed, made.Closed, made.Expired, made.ExpiresAt.UTC(), made.Degraded}
	return result{data: data, text: data.text, changed: made.ID}, nil
}

func (c created) text(w io.Writer) {
	word := "created"
	if c.Existed {
		word = "was there already"
	}
	fmt.Fprintf(w, "ticket %s %s\n", c.ID, word)
	t := newTable(w)
	defer t.flush()
	t.yes("closed", c.Closed)
	t.yes("expired", c.Expired)
	t.time("expires", c.ExpiresAt)
	t.row("lacks", c.Degraded)
}

type escalateCommand struct {
	Object []string `required:"" sep:"none" help:"An object in trouble; repeat the flag. The first is the leader."`
	ticketFlags
}

func (*escalateCommand) Help() string {
	return `Opens the ticket of the first object, promotes it to a group ticket and adds the others. Prints one item per object, in the order given; a member that was there already is ok. Give a --key: repeating the command then finishes what is missing.

    ttctl escalate --object core-1 --object sw-7 --object sw-8 --subject "power lost" --key msk/power/2026-11-21`
}

func (c *escalateCommand) lookFor() string { return openTicket(c.Object[0], c.Subject) }

// items is how add and escalate show a group.
type items struct {
	TicketID string          `json:"tt_id,omitempty"`
	GroupID  string          `json:"group_id"`
	Items    []tt.ItemResult `json:"items"`
}

func (c *escalateCommand) run(ctx context.Context, env env) (result, error) {
	req, err := c.request(ctx, env, c.Object[0])
	if err != nil {
		return result{}, tt.Annotate(err, "", "", "CreateTT", "")
	}
	made, err := escalate.Create(ctx, env.sys, escalate.Request{CreateRequest: req, Members: c.Object[1:], Promote: true})
	if err != nil && len(made.Items) == 0 {
		return result{}, err
	}
	data := items{made.TicketID, made.GroupID, made.Items}
	return result{data: data, text: data.text, changed: made.TicketID, failed: err}, nil
}

func (i items) text(w io.Writer) {
	switch {
	case i.GroupID != "":
		fmt.Fprintf(w, "group %s\n", i.GroupID)
	default:
		fmt.Fprintf(w, "ticket %s, no group\n", i.TicketID)
	}
	t := newTable(w)
	defer t.flush()
	for _, item := range i.Items {
		text := ""
		if item.Err != nil {
			text = item.Err.Error()
		}
		t.columns(item.Object, string(item.Status), text)
	}
}
