package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/ttkit/ttkit/examples/internal/alertgroup"
	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/reconcile"
)

type reconcileCommand struct {
	Alarms       string   `xor:"input" required:"" placeholder:"FILE" help:"The alarms that are active, one JSON object per line; - reads standard input."`
	AlertGroups  string   `xor:"input" required:"" placeholder:"FILE" help:"The same as Alertmanager answers it to GET /api/v2/alerts/groups; - reads standard input."`
	Alertmanager string   `xor:"input" required:"" placeholder:"URL" help:"The Alertmanager to ask; its bearer token, where it wants one, in the environment variable ALERTMANAGER_TOKEN."`
	KeyPrefix    []string `sep:"none" placeholder:"TEXT" help:"Compare only tickets whose key begins so; repeat the flag. Without it, every ticket. For --alarms."`

	Receiver      []string `sep:"none" placeholder:"NAME" help:"A receiver of Alertmanager whose groups have tickets; repeat the flag. Required for alert groups."`
	ObjectLabel   string   `default:"instance" help:"As of alarmpipeline: label with the object."`
	KeepPort      bool     `help:"As of alarmpipeline: leave the port at the end of an object."`
	DefaultObject string   `help:"As of alarmpipeline: object of alerts without one."`
	Queue         string   `help:"As of alarmpipeline: queue of tickets; the receiver's name when left out."`
	ReasonLabel   string   `default:"severity" help:"As of alarmpipeline: label with the preliminary reason."`

	At         instant       `placeholder:"RFC3339" help:"When the alarms were listed; the time of the file, and now for what is read or asked just now."`
	Grace      time.Duration `default:"5m" help:"What is younger than this before the list was made is not judged."`
	MaxAge     time.Duration `default:"1h" help:"Refuse a list that is older."`
	AllowEmpty bool          `help:"Take an empty list for what it says: no alarm is active, every ticket is to be closed."`

	Apply     bool   `help:"Repair what differs; without it, only show."`
	MaxCloses int    `default:"10" placeholder:"N" help:"Close nothing at all when more tickets than this would be closed."`
	Login     string `help:"On whose behalf tickets are closed."`
}

func (*reconcileCommand) Help() string {
	return `Compares the alarms that are active with the tickets that are open, and shows what differs: alarms without a ticket, tickets without an alarm, members that are missing, leases about to end, duplicates. Exits 0 when nothing differs, else 1. With --apply it repairs, and exits 0 when all of it could be.

    ttctl reconcile --alarms active.jsonl
    ttctl reconcile --alarms active.jsonl --key-prefix msk/ --apply
    ttctl reconcile --alertmanager http://127.0.0.1:9093 --receiver tickets --object-label ci --apply`
}

// reconciled is how reconcile shows what differs, and what became of it.
type reconciled struct {
	Differs bool             `json:"differs"` // before anything was applied
	Applied bool             `json:"applied"`
	At      time.Time        `json:"at"`
	Alarms  int              `json:"alarms"`
	Tickets int              `json:"tickets"`
	Outside int              `json:"outside"`
	Items   any              `json:"items"`
	Left    []reconcile.Left `json:"left"`

	plan    *reconcile.Diff
	results []reconcile.Result
}

func (c *reconcileCommand) run(ctx context.Context, env env) (result, error) {
	data, failed, err := c.reconcile(ctx, env)
	if err != nil {
		return result{}, tt.Annotate(err, "", "", "Reconcile", "")
	}
	return result{data: data, text: data.text, failed: tt.Annotate(failed, "", "", "Reconcile", "")}, nil
}

func (c *reconcileCommand) reconcile(ctx context.Context, env env) (data reconciled, failed, err error) {
	options := reconcile.Options{Grace: off(c.Grace), MaxAge: off(c.MaxAge), AllowEmpty: c.AllowEmpty, Owns: c.owns}
	if c.MaxCloses < 0 || c.Grace < 0 || c.MaxAge < 0 {
		return data, nil, usage(errors.New("--max-closes, --grace and --max-age are not negative"))
	}
	alarms, at, err := c.alarms(ctx, env)
	if err != nil {
		return data, nil, err
	}
	options.At = at
	plan, err := reconcile.Plan(ctx, env.sys, alarms, options)
	if err != nil {
		return data, nil, hint(err, len(alarms))
	}
	data = reconciled{
		Differs: plan.Differs(), At: plan.At, Alarms: plan.Alarms, Tickets: plan.Tickets, Outside: plan.Outside,
		Items: append([]reconcile.Item{}, plan.Items...), Left: append([]reconcile.Left{}, plan.Left...), plan: plan,
	}
	if !c.Apply {
		if data.Differs {
			failed = tt.Errorf(tt.CodeConflict, tt.NotDone, "alarms and tickets differ: %s; nothing was changed, --apply repairs what can be", plan)
		}
		return data, failed, nil
	}
	limit := c.MaxCloses
	if limit == 0 {
		limit = tt.Off
	}
	data.results, err = reconcile.Apply(ctx, env.sys, plan, reconcile.Limits{MaxCloses: limit, Login: c.Login})
	if err != nil {
		return data, nil, err
	}
	data.Applied, data.Items = true, data.results
	failed = unrepaired(plan, data.results)
	if closes := plan.Count(reconcile.ActionClose); failed != nil && closes > c.MaxCloses {
		env.note(fmt.Sprintf("no ticket was closed: --max-closes %d allows the %d that the plan closes", closes, closes))
	}
	return data, failed, nil
}

// off makes 0 of a flag what the library calls tt.Off.
func off(d time.Duration) time.Duration {
	if d == 0 {
		return tt.Off
	}
	return d
}

// hint names the flag for what the library refuses.
func hint(err error, alarms int) error {
	var e *tt.Error
	if !errors.As(err, &e) || e.Code != tt.CodeInvalid || alarms > 0 {
		return err
	}
	c := *e
	c.Err = fmt.Errorf("%w: give --allow-empty", e.Err)
	return &c
}

// owns reports whether the list of alarms speaks for a key.
func (c *reconcileCommand) owns(key string) bool {
	begins := func(prefix string) bool { return strings.HasPrefix(key, prefix) }
	return len(c.KeyPrefix)+len(c.Receiver) == 0 || slices.ContainsFunc(c.KeyPrefix, begins) ||
		slices.ContainsFunc(c.Receiver, func(name string) bool { return begins(alertgroup.Prefix(name)) })
}

// alarms reads the list, and says when it was made: never later than it was.
func (c *reconcileCommand) alarms(ctx context.Context, env env) (alarms []reconcile.Alarm, at time.Time, err error) {
	lines := c.Alarms != ""
	switch {
	case lines && len(c.Receiver) > 0:
		return nil, at, usage(errors.New("--receiver is for alert groups: the lines of --alarms hold their keys"))
	case !lines && len(c.Receiver) == 0:
		return nil, at, usage(errors.New("no --receiver: name the receivers of Alertmanager whose groups have tickets"))
	case !lines && len(c.KeyPrefix) > 0:
		return nil, at, usage(errors.New("--key-prefix is for --alarms: the receivers say which tickets are compared"))
	case slices.Contains(c.KeyPrefix, "") || slices.Contains(c.Receiver, ""):
		return nil, at, usage(errors.New("a --key-prefix or --receiver is empty: leave the flag out"))
	}
	at = time.Now()
	var text []byte
	switch {
	case c.Alertmanager != "":
		var server *alertmanager
		if server, err = newAlertmanager(c.Alertmanager, os.Getenv(alertmanagerToken)); err == nil {
			text, err = server.groups(ctx, c.Grace)
		}
	default:
		text, at, err = env.list(ctx, c.Alarms+c.AlertGroups, at)
	}
	if err != nil {
		return nil, at, err
	}
	if !c.At.IsZero() {
		at = c.At.Time
	}
	if lines {
		alarms, err = reconcile.ReadLines(strings.NewReader(string(text)))
		return alarms, at, tt.Annotate(err, "", "", "Reconcile", "")
	}
	groups, err := readGroups(text)
	if err != nil {
		return nil, at, usage(err)
	}
	alarms, odd := groupReading{c.Receiver, c.ObjectLabel, c.KeepPort, c.DefaultObject, c.Queue, c.ReasonLabel}.alarms(groups)
	for _, note := range odd {
		env.note(note)
	}
	return alarms, at, nil
}

// unrepaired is the error of what still differs: of the first item that may
// still succeed, else of the first that failed, else of what is left for a
// person, else nil.
func unrepaired(plan *reconcile.Diff, results []reconcile.Result) error {
	var first *reconcile.Result
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
	if first != nil {
		e := &tt.Error{}
		errors.As(tt.Annotate(first.Err, "", "", "Reconcile", first.TicketID), &e)
		e.Err = fmt.Errorf("%d of %d differences were not repaired, among them the one to %s %q: %w", missing, len(results), first.Action, first.Key, e.Err)
		e.Repeatable = true
		if missing < len(results) {
			e.Outcome = tt.Done
		}
		return e
	}
	for _, l := range plan.Left {
		if l.Differs {
			e := tt.Errorf(tt.CodeConflict, tt.NotDone, "what is left needs a person: %s", l.Why)
			e.TicketID = l.TicketID
			return e
		}
	}
	return nil
}

func (d reconciled) text(w io.Writer) {
	t := newTable(w)
	for i, item := range d.plan.Items {
		id, status, more := item.TicketID, "", item.Why
		if d.Applied {
			r := d.results[i]
			id, status = r.TicketID, string(r.Status)
			switch {
			case r.Err != nil:
				more = r.Err.Error()
			case r.Note != "":
				more += "; " + r.Note
			}
		}
		t.columns(word(string(item.Action), status), dash(id), dash(item.Key), dash(item.Object), more)
	}
	for _, l := range d.Left {
		name := "left"
		if l.Differs {
			name = "left!"
		}
		t.columns(name, dash(l.TicketID), dash(l.Key), dash(l.Object), l.Why)
	}
	t.flush()
	fmt.Fprintf(w, "%d alarms, %d tickets: %s\n", d.Alarms, d.Tickets, d.plan)
}

func word(action, status string) string {
	if status == "" {
		return action
	}
	return action + " " + status
}

// dash stands where there is nothing, so that columns stay apart.
func dash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
