package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strings"

	"github.com/ttkit/ttkit/tt"
)

type getCommand struct {
	ID string `arg:"" help:"The ticket."`
}

func (*getCommand) Help() string {
	return `Prints everything that the system holds of the ticket, its comments included. Tickets that other programs made can be read too.

    ttctl get 731
    ttctl get 731 --output json | jq -r .state`
}

func (c *getCommand) run(ctx context.Context, env env) (result, error) {
	ticket, err := env.sys.GetTT(ctx, c.ID)
	if err != nil {
		return result{}, err
	}
	return result{data: ticket, text: func(w io.Writer) { showTicket(w, ticket) }}, nil
}

type listCommand struct {
	Object *string `help:"Only tickets on this object, groups with this member included; without it, every open ticket of this library."`
}

func (*listCommand) Help() string {
	return `Prints the ids of open tickets, the oldest first.

    ttctl list
    ttctl list --object sw-7`
}

// ticketIDs is how list shows tickets.
type ticketIDs struct {
	IDs []string `json:"tt_ids"`
}

func (c *listCommand) run(ctx context.Context, env env) (result, error) {
	ids, err := c.ids(ctx, env.sys)
	if err != nil {
		return result{}, err
	}
	return result{data: ticketIDs{append([]string{}, ids...)}, text: func(w io.Writer) {
		for _, id := range ids {
			fmt.Fprintln(w, id)
		}
	}}, nil
}

func (c *listCommand) ids(ctx context.Context, sys tt.System) ([]string, error) {
	if c.Object != nil { // also when it is empty: an unset variable must not mean "all"
		return sys.GetObjectTTs(ctx, *c.Object)
	}
	var ids []string
	for after := ""; ; {
		page, err := sys.ListTTs(ctx, tt.ListRequest{After: after})
		if err != nil {
			return nil, err
		}
		ids = append(ids, page.IDs...)
		if after = page.Next; after == "" {
			return ids, nil
		}
	}
}

type findCommand struct {
	Key string `required:"" help:"The key that the ticket was created with."`
}

func (*findCommand) Help() string {
	return `Prints the id of the key's ticket, open or not. Exits 1 with the code not_found when there is none.

    ttctl find --key msk/uplink/2026-11-21T20:15`
}

func (c *findCommand) run(ctx context.Context, env env) (result, error) {
	id, err := env.sys.FindTT(ctx, c.Key)
	return result{data: ticketID{id}, text: func(w io.Writer) { fmt.Fprintf(w, "ticket %s\n", id) }}, err
}

type capabilitiesCommand struct{}

func (*capabilitiesCommand) Help() string {
	return `Prints what the system can do, its limits in bytes (0: none known), and what an open ticket does to your own systems. Sends nothing.

    ttctl capabilities`
}

func (*capabilitiesCommand) run(_ context.Context, env env) (result, error) {
	c := env.sys.Capabilities()
	return result{data: c, text: func(w io.Writer) { showCapabilities(w, c) }}, nil
}

type checkCommand struct{}

func (*checkCommand) Help() string {
	return `A preflight that changes nothing: address, credentials, permissions, clock. Exits 1 when a check fails, 75 when it failed for now.

    ttctl check`
}

// checks is how check shows its findings.
type checks struct {
	OK     bool             `json:"ok"`
	Checks []tt.CheckResult `json:"checks"`
}

func (*checkCommand) run(ctx context.Context, env env) (result, error) {
	found, err := env.sys.Check(ctx)
	if err == nil {
		err = failedChecks(found)
	}
	data := checks{err == nil, append([]tt.CheckResult{}, found...)}
	return result{data: data, text: data.text}, err
}

// failedChecks is the error of findings that are not ok, nil when there are
// none. It is temporary only when all of them are.
func failedChecks(found []tt.CheckResult) error {
	var words []string
	var chosen error
	for _, f := range found {
		if f.OK {
			continue
		}
		words = append(words, f.Name+": "+f.Detail)
		err := f.Err
		if err == nil {
			err = tt.ErrInternal // a careless implementation; the others say why
		}
		if chosen == nil || tt.IsTemporary(chosen) && !tt.IsTemporary(err) {
			chosen = err
		}
	}
	if chosen == nil {
		return nil
	}
	e := &tt.Error{}
	errors.As(tt.Annotate(chosen, "", "", "Check", ""), &e)
	e.Outcome = tt.NotDone
	e.Err = &checkError{strings.Join(words, "; "), e.Err}
	return e
}

// checkError lists the failed checks. The details say what the cause would.
type checkError struct {
	words string
	cause error
}

func (c *checkError) Error() string { return c.words }
func (c *checkError) Unwrap() error { return c.cause }

func (c checks) text(w io.Writer) {
	t := newTable(w)
	defer t.flush()
	for _, check := range c.Checks {
		t.columns("ok", check.Name, check.Detail)
	}
}

type versionCommand struct{}

func (*versionCommand) Help() string { return `Needs no configuration.` }

func (*versionCommand) run(context.Context, env) (result, error) { return versionResult(), nil }

// version is how version shows itself.
type version struct {
	Version string `json:"version"`
}

// versionResult tells the version of the module that the program was built
// from: in a clone "(devel)", or the commit where the go command stamps it.
func versionResult() result {
	v := version{"(devel)"}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		v.Version = info.Main.Version
	}
	return result{data: v, text: func(w io.Writer) { fmt.Fprintln(w, v.Version) }}
}
