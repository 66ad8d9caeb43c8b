package proof

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/ttkit/ttkit/tt"
)

// What is a kind of finding.
type What string

// The kinds.
const (
	Lost          What = "lost"           // an alarm was acknowledged, and has no ticket
	Doubled       What = "doubled"        // a key had several open tickets at a time
	LeftOpen      What = "left open"      // a ticket is open that should not be
	Ended         What = "ended"          // a ticket is over that should be open
	RemarkLost    What = "remark lost"    // an acknowledged comment or member is missing
	RemarkDoubled What = "remark doubled" // a comment or member is there twice
	Changed       What = "changed"        // a ticket of a person has changed
	Stranger      What = "stranger"       // a ticket that nobody asked for
	Refused       What = "refused"        // a call that was right failed for good
	Unfinished    What = "unfinished"     // an episode that no worker brought to its end
)

// Finding is one thing that differs from the plan.
type Finding struct {
	What    What
	Episode int // -1: of none
	Text    string
	For     time.Duration // of Doubled: how long
	After   time.Duration // of Doubled: how long of it after all of its creates were acknowledged

	// Promised says that the library's documentation rules it out: the rest
	// is what it says may happen with several creators or writers.
	Promised bool
}

// audit compares what the backend holds with the plan and the journals.
func (r *Report) audit(ctx context.Context, l *lab, url string) error {
	lives, err := l.backend.Lives()
	if err != nil {
		return err
	}
	a := &auditor{Report: r, enforced: l.backend.Enforced, shared: l.shared, byKey: map[string][]Life{}, unshut: map[int]bool{}}
	for n := range r.Workers {
		past, err := ReadJournal(r.journal(n), r.Times.Late+r.Times.Settle)
		if err != nil {
			return err
		}
		a.pasts = append(a.pasts, past)
		if shut := past[ofNone]; shut != nil {
			a.unshut[n] = true
			a.find(Unfinished, ofNone, false, "worker %d: %s", n, shut.Ops[ofNone].Refused)
		}
	}
	sys, err := l.backend.open(ctx, url, r.Times)
	if err != nil {
		return err
	}
	a.read = sys.GetTT
	a.sort(lives, l.foreign)
	for n := range r.Episodes {
		if err := a.episode(ctx, n); err != nil {
			return err
		}
	}
	a.strangers()
	return sys.Shutdown(ctx)
}

type auditor struct {
	*Report
	enforced bool
	pasts    []map[int]*Past // by worker
	shared   map[string]bool
	byKey    map[string][]Life
	unshut   map[int]bool // workers whose Shutdown failed, and said that remarks may be lost
	read     func(ctx context.Context, id string) (*tt.Ticket, error)
}

func (r *Report) find(what What, episode int, promised bool, format string, args ...any) {
	r.Findings = append(r.Findings, Finding{What: what, Episode: episode, Promised: promised, Text: fmt.Sprintf(format, args...)})
}

// sort puts the tickets under their keys, and checks those of people.
func (a *auditor) sort(lives []Life, foreign map[string]string) {
	left := maps.Clone(foreign)
	for _, life := range lives {
		raw, ours := foreign[life.ID]
		switch {
		case life.Key != "":
			a.byKey[life.Key] = append(a.byKey[life.Key], life)
		case !ours:
			a.find(Stranger, ofNone, true, "ticket %s has no key and is no person's", life.ID)
		default:
			delete(left, life.ID)
			if raw != life.Raw {
				a.find(Changed, ofNone, true, "ticket %s of a person has changed:\n%s\n%s", life.ID, raw, life.Raw)
			}
		}
	}
	for id := range left {
		a.find(Changed, ofNone, true, "ticket %s of a person is gone", id)
	}
}

// strangers are what no episode has taken.
func (a *auditor) strangers() {
	for key := range a.byKey {
		a.find(Stranger, ofNone, true, "a ticket has the key %q, which nobody used", key)
	}
}

// told is what the journals say about one episode.
type told struct {
	key      string
	ticket   string          // of the acknowledged alarm; "": none was
	created  time.Time       // when the last of its creators was told
	closed   bool            // acknowledged
	killed   bool            // a death left something of it in doubt
	writers  int             // workers that write to it
	comments map[string]bool // by text; true: acknowledged
	members  map[string]bool
}

// episode checks one episode.
func (a *auditor) episode(ctx context.Context, n int) error {
	t := told{comments: map[string]bool{}, members: map[string]bool{}}
	for worker := range a.Workers {
		e, ok := a.Episode(n, worker)
		if !ok {
			continue
		}
		t.key = e.Key
		t.writers++
		past := a.pasts[worker][n]
		if past == nil {
			a.find(Unfinished, n, true, "worker %d never began it", worker)
			continue
		}
		t.killed = t.killed || !past.killed.IsZero()
		t.ticket = cmp.Or(past.Ticket, t.ticket)
		a.progress(e, worker, past)
		for _, step := range e.Steps {
			for _, op := range step {
				t.take(op, past.Ops[op.Number])
			}
		}
	}
	tickets := a.byKey[t.key]
	delete(a.byKey, t.key)
	if len(tickets) == 0 {
		if t.ticket != "" {
			a.find(Lost, n, true, "key %s was acknowledged as ticket %s, and has none", t.key, t.ticket)
		}
		return nil
	}
	a.count(n, tickets, t.closed)
	a.doubles(n, tickets, t.created, t.killed && AtOnce(n))
	if t.ticket == "" {
		return nil
	}
	return a.content(ctx, n, t, tickets)
}

// take notes what became of an operation.
func (t *told) take(op Op, did *Did) {
	acked := did != nil && !did.Acked.IsZero()
	switch op.Kind {
	case Raise:
		if acked && did.Acked.After(t.created) {
			t.created = did.Acked
		}
	case Comment:
		t.comments[op.Text] = acked
	case Add:
		for _, obj := range op.Objects {
			t.members[obj] = t.members[obj] || acked
		}
	case Close:
		t.closed = t.closed || acked
	}
}

// progress checks how far a worker came with an episode.
func (a *auditor) progress(e Episode, worker int, past *Past) {
	over := false
	for _, step := range e.Steps {
		for _, op := range step {
			did := past.Ops[op.Number]
			if did != nil {
				a.Tries += did.Tries
			}
			switch {
			case did == nil && over, did != nil && did.Refused == errOver.Error():
			case did == nil:
				a.find(Unfinished, e.Number, true, "worker %d never began %s", worker, op.Kind)
			case did.Refused != "":
				a.find(Refused, e.Number, true, "%s: %s", op.Kind, did.Refused)
				over = true
			case did.Acked.IsZero():
				a.find(Unfinished, e.Number, true, "worker %d: %s was never acknowledged", worker, op.Kind)
			default:
				a.Operations++
			}
		}
	}
}

// content checks the comments and members of an episode's tickets.
func (a *auditor) content(ctx context.Context, n int, t told, tickets []Life) error {
	// Several writers, people among them, and deaths may leave a comment
	// overwritten where a vendor that enforces nothing has no version to
	// compare.
	promised := t.writers == 1 && !t.killed && !a.unshut[a.Owner(n)]
	for _, life := range tickets {
		promised = promised && !a.shared[life.ID]
	}
	comments, objects := tickets[0].Comments, tickets[0].Objects
	if len(tickets) > 1 { // the adapter knows which one speaks for all
		ticket, err := a.read(ctx, t.ticket)
		if err != nil {
			return fmt.Errorf("reading ticket %s: %w", t.ticket, err)
		}
		comments, objects = nil, ticket.Objects
		for _, c := range ticket.Comments {
			comments = append(comments, c.Body)
		}
	}
	promised = promised || a.enforced
	a.remarks(n, promised, t.comments, comments)
	a.remarks(n, promised, t.members, objects)
	return nil
}

// count checks how many tickets of an episode are open.
func (a *auditor) count(n int, tickets []Life, closed bool) {
	open := 0
	for _, life := range tickets {
		if life.Open {
			open++
		}
	}
	switch {
	case closed && open > 0:
		a.find(LeftOpen, n, true, "it was closed, and %d of its tickets %v are open", open, ids(tickets))
	case !closed && open == 0:
		a.find(Ended, n, true, "nobody closed it, and none of its tickets %v is open", ids(tickets))
	case open > 1:
		a.find(LeftOpen, n, true, "%d of its tickets %v are open", open, ids(tickets))
	}
}

// doubles measures for how long an episode had more than one open ticket.
// created is when the last of its creators was told that there is one.
func (a *auditor) doubles(n int, tickets []Life, created time.Time, atOnce bool) {
	spans := overlaps(tickets, time.Now())
	if len(spans) == 0 {
		return
	}
	f := Finding{What: Doubled, Episode: n, Text: fmt.Sprintf("tickets %v were open at once", ids(tickets))}
	for _, both := range spans {
		f.For += both.to.Sub(both.from)
	}
	if !created.IsZero() {
		f.After = max(0, spans[len(spans)-1].to.Sub(created))
	}
	may := !a.enforced && (a.Creators > 1 || atOnce)
	f.Promised = !may || f.After > a.Bound()+a.Slack
	a.Findings = append(a.Findings, f)
}

type span struct{ from, to time.Time }

// overlaps returns, in order, when at least two of the tickets were open.
func overlaps(tickets []Life, now time.Time) []span {
	type turn struct {
		at   time.Time
		more int
	}
	var turns []turn
	for _, life := range tickets {
		to := life.To
		if to.IsZero() {
			to = now
		}
		turns = append(turns, turn{life.From, 1}, turn{to, -1})
	}
	slices.SortStableFunc(turns, func(x, y turn) int {
		return cmp.Or(x.at.Compare(y.at), x.more-y.more) // one that ends as another begins is no double
	})
	var out []span
	open := 0
	for _, t := range turns {
		open += t.more
		switch {
		case open == 2 && t.more == 1:
			out = append(out, span{from: t.at})
		case open == 1 && t.more == -1:
			out[len(out)-1].to = t.at
		}
	}
	return out
}

// remarks checks that what was acknowledged is there once, and what was not at
// most once.
func (a *auditor) remarks(n int, promised bool, acked map[string]bool, held []string) {
	for _, text := range slices.Sorted(maps.Keys(acked)) {
		count := 0
		for _, h := range held {
			if h == text {
				count++
			}
		}
		switch {
		case count > 1:
			a.find(RemarkDoubled, n, true, "%q is there %d times", text, count)
		case count == 0 && acked[text]:
			a.find(RemarkLost, n, promised, "%q was acknowledged and is missing", text)
		}
	}
}

func ids(tickets []Life) []string {
	var out []string
	for _, life := range tickets {
		out = append(out, life.ID)
	}
	return out
}
