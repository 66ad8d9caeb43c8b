package reconcile

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ttkit/ttkit/tt"
)

// The defaults of [Options] and [Limits].
const (
	DefaultGrace     = 5 * time.Minute
	DefaultMaxAge    = time.Hour
	DefaultWorkers   = 4
	DefaultMaxCloses = 10
)

// Options say how to compare. The zero value is for a list of every alarm of
// the namespace, made just now.
type Options struct {
	// At is when the alarms were listed; zero, and the future, mean now. It
	// must not be later than that: what happened since counts as unknown.
	At time.Time

	// Grace is how long before At something must have happened to be judged:
	// longer than an alarm takes from being raised to its ticket, and from
	// there to the lists. 0 means 5 minutes, tt.Off none.
	Grace time.Duration

	// MaxAge is how old a list may be: an older one is refused. 0 means one
	// hour, tt.Off any age.
	MaxAge time.Duration

	// AllowEmpty says that a list without alarms is meant, and every ticket an
	// orphan.
	AllowEmpty bool

	// Owns says for which keys the list of alarms speaks: tickets with other
	// keys are not looked at. It is asked about "", for tickets without a key,
	// too, and must be safe for concurrent use. nil: every one.
	Owns func(key string) bool

	// Workers is how many requests are made at once. 0 means 4.
	Workers int
}

// Plan finds what differs between the alarms that are active and the open
// tickets. It changes nothing.
//
// tt.ErrInvalid means that the alarms cannot be used: one that is wrong or
// given twice, none at all, a list that is too old. Every other error comes
// from the system: then nothing is known, and nothing should be repaired.
func Plan(ctx context.Context, sys tt.System, alarms []Alarm, options Options) (*Diff, error) {
	p := &planner{sys: sys, options: options, now: time.Now()}
	diff, err := p.plan(ctx, alarms)
	return diff, tt.Annotate(err, "", "", "Reconcile", "")
}

type planner struct {
	sys     tt.System
	options Options
	now     time.Time
	caps    tt.Capabilities
	diff    Diff
}

func (p *planner) plan(ctx context.Context, alarms []Alarm) (*Diff, error) {
	if err := p.prepare(alarms); err != nil {
		return nil, err
	}
	ids, err := list(ctx, p.sys)
	if err != nil {
		return nil, err
	}
	tickets, unread, err := read(ctx, p.sys, ids, p.options.Workers)
	if err != nil {
		return nil, err
	}
	p.diff.Left = append(p.diff.Left, unread...)
	claims := p.claim(alarms, tickets)
	var missing []int
	for i := range alarms {
		if len(claims[i]) == 0 {
			missing = append(missing, i)
			continue
		}
		p.compare(&alarms[i], claims[i])
	}
	found := make([]finding, len(missing))
	each(ctx, len(missing), p.options.Workers, func(i int) { found[i] = p.search(ctx, &alarms[missing[i]]) })
	if ctx.Err() != nil {
		return nil, because(ctx.Err(), "tickets could not be looked up")
	}
	for _, f := range found {
		switch {
		case f.err != nil:
			return nil, f.err
		case f.ticket != nil: // the list lags behind
			p.diff.Tickets++
			p.compare(f.alarm, []*open{f.ticket})
		case f.open != nil:
			p.diff.Items = append(p.diff.Items, *f.open)
		case f.left != nil:
			p.diff.Left = append(p.diff.Left, *f.left)
		}
	}
	slices.SortStableFunc(p.diff.Items, func(a, b Item) int { return cmp.Compare(order[a.Action], order[b.Action]) })
	return &p.diff, nil
}

var order = map[Action]int{ActionOpen: 0, ActionRenew: 1, ActionJoin: 2, ActionElect: 3, ActionClose: 4}

// prepare fills in the defaults, and refuses alarms that cannot be used.
func (p *planner) prepare(alarms []Alarm) error {
	o := &p.options
	setDefault(&o.Grace, DefaultGrace)
	setDefault(&o.MaxAge, DefaultMaxAge)
	if o.Workers <= 0 {
		o.Workers = DefaultWorkers
	}
	if o.At.IsZero() || o.At.After(p.now) {
		o.At = p.now
	}
	if o.Owns == nil {
		o.Owns = func(string) bool { return true }
	}
	p.caps = p.sys.Capabilities()
	p.diff = Diff{At: o.At.UTC(), Alarms: len(alarms)}
	if age := p.now.Sub(o.At); o.MaxAge > 0 && age > o.MaxAge {
		return invalid("the list of alarms is %s old, and may be %s: make a new one", age.Round(time.Second), o.MaxAge)
	}
	if len(alarms) == 0 && !o.AllowEmpty {
		return invalid("the list of alarms is empty, which would make every ticket an orphan: say so explicitly if it is meant")
	}
	seen := map[identity]bool{}
	for i, a := range alarms {
		if err := a.Validate(); err != nil {
			return invalid("alarm %d (%q): %s", i+1, cut(a.name()), plain(err))
		}
		key := a.Key
		if key == "" {
			key = episodeKey(a.Series, 1)
		}
		switch {
		case seen[a.identity()]:
			return invalid("alarm %d: %q is given twice", i+1, cut(a.name()))
		case !o.Owns(key):
			return invalid("alarm %d: %q is not among the keys that this list is to speak for", i+1, cut(a.name()))
		}
		seen[a.identity()] = true
	}
	return nil
}

// setDefault gives 0 its meaning, and makes tt.Off zero.
func setDefault(d *time.Duration, value time.Duration) {
	switch {
	case *d == 0:
		*d = value
	case *d < 0:
		*d = 0
	}
}

// claim finds the tickets of each alarm, and judges those that have none.
func (p *planner) claim(alarms []Alarm, tickets []*open) map[int][]*open {
	byKey, bySeries := map[string]int{}, map[string]int{}
	for i, a := range alarms {
		if a.Key != "" {
			byKey[a.Key] = i
		} else {
			bySeries[a.Series] = i
		}
	}
	claims := map[int][]*open{}
	for _, o := range tickets {
		if !p.options.Owns(o.Key) {
			p.diff.Outside++
			continue
		}
		p.diff.Tickets++
		if i, ok := byKey[o.Key]; ok && o.Key != "" {
			claims[i] = append(claims[i], o)
			continue
		}
		if series, _, ok := seriesOf(o.Key); ok {
			if i, ok := bySeries[series]; ok && o.State != tt.StatePending {
				claims[i] = append(claims[i], o)
				continue
			}
		}
		p.orphan(o, "no alarm asks for it")
	}
	return claims
}

// orphan judges an open ticket that is to be closed.
func (p *planner) orphan(o *open, why string) {
	left := Left{TicketID: o.ID, Key: o.Key, Object: o.Object}
	switch at := touched(o.Ticket, p.caps.Lease, p.now); {
	case o.Key == "":
		left.Why = "it was made without a key, so it cannot be matched with an alarm"
	case o.State == tt.StatePending && p.young(at):
		left.Why = "its close is pending"
	case p.young(at):
		left.Why = fmt.Sprintf("%s, but something happened to it at %s: too late for a list of %s", why, stamp(at), stamp(p.options.At))
	default:
		if o.State == tt.StatePending { // half done, where closing takes several steps; closing again finishes it
			why += ", and its close has been pending since " + stamp(at)
		}
		p.diff.Items = append(p.diff.Items, Item{
			Action: ActionClose, TicketID: o.ID, Key: o.Key, Object: o.Object, Subject: o.Subject, Why: why, seen: snap(o.Ticket),
		})
		return
	}
	p.diff.Left = append(p.diff.Left, left)
}

// young reports whether something that happened then cannot be judged.
func (p *planner) young(at time.Time) bool { return at.After(p.options.At.Add(-p.options.Grace)) }

// compare looks for what the alarm's ticket lacks.
func (p *planner) compare(a *Alarm, claimed []*open) {
	keep := claimed[0]
	for _, o := range claimed[1:] { // episodes of a series
		if _, before, _ := seriesOf(keep.Key); number(o.Key) > before {
			keep, o = o, keep
		}
		p.orphan(o, "the alarm has the later ticket "+keep.ID)
	}
	item := Item{TicketID: keep.ID, Key: keep.Key, Object: keep.Object, Subject: keep.Subject}
	if keep.State == tt.StatePending {
		p.left(item, false, "the alarm is active, but the close of its ticket is pending")
		return
	}
	if len(keep.losers) > 0 {
		elect := item
		elect.Action, elect.Duplicates = ActionElect, keep.losers
		elect.Why = "the key has several open tickets: " + strings.Join(append([]string{keep.ID}, keep.losers...), ", ")
		p.diff.Items = append(p.diff.Items, elect)
	}
	if lease := p.caps.Lease; lease > 0 && !keep.ExpiresAt.IsZero() && keep.ExpiresAt.Sub(p.now) < lease/2 {
		renew := item
		renew.Action, renew.Until = ActionRenew, p.now.Add(lease).UTC().Truncate(time.Second)
		renew.Why = fmt.Sprintf("the alarm goes on, and the lease ends at %s", stamp(keep.ExpiresAt))
		p.diff.Items = append(p.diff.Items, renew)
	}
	if a.KeepOnly {
		return
	}
	if a.Key != "" && keep.Object != a.Object {
		p.left(item, true, fmt.Sprintf("the ticket stands on %q and the alarm on %q: the key was used for two", keep.Object, a.Object))
		return
	}
	if join := missingFrom(keep.Ticket, a); len(join) > 0 && p.caps.PromoteGroupTT {
		add := item
		add.Action, add.Members = ActionJoin, join
		add.Why = "objects of the alarm are not on the ticket: " + strings.Join(join, ", ")
		p.diff.Items = append(p.diff.Items, add)
	}
}

func (p *planner) left(item Item, differs bool, why string) {
	p.diff.Left = append(p.diff.Left, Left{TicketID: item.TicketID, Key: item.Key, Object: item.Object, Why: why, Differs: differs})
}

func number(key string) int {
	_, n, _ := seriesOf(key)
	return n
}

// missingFrom lists the alarm's objects that are not on the ticket.
func missingFrom(t *tt.Ticket, a *Alarm) []string {
	var missing []string
	for _, obj := range a.objects() {
		if obj != t.Object && !slices.Contains(t.Objects, obj) {
			missing = append(missing, obj)
		}
	}
	return missing
}

// stamp is a time for people.
func stamp(at time.Time) string { return at.UTC().Format(time.RFC3339) }
