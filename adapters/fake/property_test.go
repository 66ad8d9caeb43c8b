package fake_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ttkit/ttkit/adapters/fake"
	"github.com/ttkit/ttkit/tt"
)

// machine drives a backend and the model with the same random operations.
type machine struct {
	m       *model
	b       *fake.Backend
	systems map[string]*fake.System // by namespace
	calls   int                     // makes texts and times unique
}

// tick is a small amount of time that is different every time, so that no two
// things are due at the same moment, where their order would be arbitrary.
func (d *machine) tick() time.Duration {
	d.calls++
	return time.Duration(d.calls)
}

var (
	ctx        = context.Background()
	namespaces = rapid.SampledFrom([]string{"", "staging"})
	objects    = rapid.SampledFrom([]string{"sw1", "sw10", "SW1", "узел"})
	keys       = rapid.SampledFrom([]string{"", "k1", "k2", "k3", "k4"})
	spans      = rapid.SampledFrom([]time.Duration{time.Second, time.Minute, time.Hour})
)

func newMachine(t *rapid.T) *machine {
	m := &model{
		lease:      rapid.SampledFrom([]time.Duration{0, time.Hour}).Draw(t, "lease"),
		lag:        rapid.SampledFrom([]time.Duration{0, 5 * time.Second, 10 * time.Minute}).Draw(t, "lag"),
		async:      rapid.Bool().Draw(t, "close is pending"),
		closeAfter: rapid.SampledFrom([]time.Duration{0, 3 * time.Minute}).Draw(t, "pending for"),
		noLate:     rapid.Bool().Draw(t, "no comments after close"),
		now:        time.Date(2026, 5, 1, 10, 15, 0, 0, time.UTC),
	}
	options := []fake.Option{
		fake.WithClock(func() time.Time { return m.now }), fake.WithLease(m.lease), fake.WithLag(m.lag),
	}
	if m.async {
		options = append(options, fake.WithPendingClose(m.closeAfter))
	}
	if m.noLate {
		options = append(options, fake.WithoutCommentsAfterClose())
	}
	d := &machine{m: m, b: fake.NewBackend(options...), systems: map[string]*fake.System{}}
	for _, namespace := range []string{"", "staging"} {
		d.systems[namespace] = d.b.Open("msk"+namespace, fake.WithNamespace(namespace))
	}
	return d
}

// fault draws what happens to the next call, injects it, and returns its kind.
// A late call is left to the model.
func (d *machine) fault(t *rapid.T, late func()) fake.Kind {
	kind := rapid.SampledFrom([]fake.Kind{
		"", "", "", fake.FailBefore, fake.Throttle, fake.FailAfter, fake.CommitLate, fake.Twice,
	}).Draw(t, "fault")
	if kind == "" {
		return kind
	}
	delay := spans.Draw(t, "delay") + d.tick()
	d.b.Inject(fake.Fault{Kind: kind, Delay: delay})
	if kind == fake.CommitLate {
		d.m.late = append(d.m.late, lateCall{d.m.now.Add(delay), late})
	}
	return kind
}

// hidden says whether the caller learns nothing of a call's result, and acts
// whether the call takes effect now.
func hidden(kind fake.Kind) bool { return kind != "" && kind != fake.Twice }
func acts(kind fake.Kind) bool   { return kind == "" || kind == fake.FailAfter || kind == fake.Twice }

// call makes a writing call through the fault script, and lets the model do
// the same. Both return the code that they expect, or got.
func (d *machine) call(t *rapid.T, inModel func() tt.Code, inBackend func(seen bool) error) {
	kind := d.fault(t, func() { inModel() })
	var want tt.Code
	if acts(kind) {
		want = inModel()
	}
	switch {
	case kind == fake.Throttle:
		want = tt.CodeRateLimited
	case hidden(kind):
		want = tt.CodeUnavailable
	}
	err := inBackend(!hidden(kind))
	require.Equal(t, want, tt.CodeOf(err), "error: %v", err)
	require.Zero(t, d.b.FaultsLeft())
	d.m.changed()
}

func (d *machine) create(t *rapid.T) {
	namespace, obj, key := namespaces.Draw(t, "namespace"), objects.Draw(t, "object"), keys.Draw(t, "key")
	var expected *modelTicket
	before := 0
	inModel := func() tt.Code {
		before = len(d.m.tickets)
		if expected = d.m.create(namespace, obj, key, true); expected.Object != obj {
			return tt.CodeConflict
		}
		return ""
	}
	d.call(t, inModel, func(seen bool) error {
		created, err := d.systems[namespace].CreateTT(ctx, tt.CreateRequest{Object: obj, Subject: "link down", Key: key})
		if seen {
			require.Equal(t, expected.ID, created.ID)
		}
		if seen && err == nil {
			require.Equal(t, expected.State == tt.StateClosed, created.Closed)
			require.Equal(t, expected.State == tt.StateExpired, created.Expired)
			require.Equal(t, expected.ExpiresAt, created.ExpiresAt)
			require.True(t, created.Existed || before < len(d.m.tickets))
		}
		return err
	})
}

// ticket draws the id of a ticket, sometimes of none.
func (d *machine) ticket(t *rapid.T) (string, *modelTicket) {
	id := fmt.Sprint(rapid.IntRange(0, len(d.m.tickets)).Draw(t, "ticket"))
	return id, d.m.byID(id)
}

// on makes a writing call on a drawn ticket.
func (d *machine) on(t *rapid.T, inModel func(*modelTicket) tt.Code, inBackend func(sys tt.System, id string, seen bool) error) {
	sys := d.systems[namespaces.Draw(t, "namespace")]
	id, _ := d.ticket(t)
	d.call(t, func() tt.Code {
		ticket := d.m.byID(id) // at the time of a late commit it may exist
		if ticket == nil {
			return tt.CodeNotFound
		}
		return inModel(ticket)
	}, func(seen bool) error { return inBackend(sys, id, seen) })
}

func (d *machine) close(t *rapid.T) {
	text := fmt.Sprint("closing ", d.tick())
	var want bool
	d.on(t, func(ticket *modelTicket) tt.Code {
		want = d.m.closeTT(ticket, text, "reason of "+text)
		return ""
	}, func(sys tt.System, id string, seen bool) error {
		closed, err := sys.CloseTT(ctx, tt.CloseRequest{ID: id, Body: text, Reason: "reason of " + text})
		if seen && err == nil {
			require.Equal(t, want, closed)
		}
		return err
	})
}

func (d *machine) comment(t *rapid.T) {
	key, body := keys.Draw(t, "key"), fmt.Sprint("comment ", d.tick())
	at := d.m.now.Add(time.Duration(rapid.IntRange(-2, 2).Draw(t, "minutes off")) * time.Minute)
	d.on(t, func(ticket *modelTicket) tt.Code { return d.m.addComment(ticket, key, body, at) },
		func(sys tt.System, id string, _ bool) error {
			return sys.AddComment(ctx, tt.CommentRequest{ID: id, Body: body, Key: key, At: at})
		})
}

func (d *machine) renew(t *rapid.T) {
	sys := d.systems[namespaces.Draw(t, "namespace")]
	id, _ := d.ticket(t)
	until := d.m.now.Add(spans.Draw(t, "for") + d.tick())
	d.call(t, func() tt.Code { return d.m.renew(d.m.byID(id), until) },
		func(bool) error { return sys.RenewTT(ctx, id, until) })
}

func (d *machine) promote(t *rapid.T) {
	d.on(t, (*modelTicket).promote, func(sys tt.System, id string, seen bool) error {
		group, err := sys.CreateGroupTT(ctx, id, time.Time{})
		if seen && err == nil {
			require.Equal(t, id, group)
		}
		return err
	})
}

func (d *machine) add(t *rapid.T) {
	sys := d.systems[namespaces.Draw(t, "namespace")]
	id, ticket := d.ticket(t)
	objs := rapid.SliceOfN(objects, 0, 3).Draw(t, "objects")
	want := tt.CodeNotFound
	if ticket != nil {
		want = ticket.join(objs)
	}
	items, err := sys.AddToGroupTT(ctx, id, objs...)
	require.Equal(t, want, tt.CodeOf(err))
	if err == nil {
		require.Len(t, items, len(objs))
		for i, item := range items {
			require.Equal(t, tt.ItemResult{Object: objs[i], Status: tt.ItemOK}, item)
		}
	}
	d.m.changed()
}

// person does something at the console, where no fault strikes.
func (d *machine) person(t *rapid.T) {
	alice := d.b.Console("alice")
	id, ticket := d.ticket(t)
	what := rapid.SampledFrom([]string{"create", "comment", "close", "reopen"}).Draw(t, "what")
	text := fmt.Sprint("person ", d.tick())
	var want tt.Code
	var err error
	switch {
	case what == "create":
		_, err = alice.Create("sw1", text)
		d.m.create("", "sw1", "", false)
	case ticket == nil:
		want, err = tt.CodeNotFound, alice.Close(id, text)
	case what == "comment":
		err = alice.Comment(id, text)
		ticket.comment(text, d.m.now)
	case what == "close":
		err = alice.Close(id, text)
		if ticket.State.Ended() {
			want = tt.CodeClosed
		} else {
			ticket.reason = text
			ticket.close(d.m.now)
		}
	default:
		err = alice.Reopen(id)
		want = d.m.reopen(ticket)
	}
	require.Equal(t, want, tt.CodeOf(err))
	d.m.changed()
}

func (d *machine) wait(t *rapid.T) { d.m.advance(spans.Draw(t, "time") + d.tick()) }

// agree compares everything that can be read.
func (d *machine) agree(t *rapid.T) {
	views := []view{}
	for _, ticket := range d.b.Tickets() {
		views = append(views, viewOf(ticket))
	}
	require.Equal(t, d.m.views(), views)
	shown := d.m.shown()
	for namespace, sys := range d.systems {
		var listed []string
		for req := (tt.ListRequest{Limit: 2}); ; {
			page, err := sys.ListTTs(ctx, req)
			require.NoError(t, err)
			listed = append(listed, page.IDs...)
			if req.After = page.Next; page.Next == "" {
				break
			}
		}
		require.Equal(t, shown.open[namespace], listed)
		for _, key := range []string{"k1", "k2", "k3", "k4"} {
			want := ""
			if ticket := d.m.byKey(namespace, key); ticket != nil && !ticket.createdAt.Add(d.m.lag).After(d.m.now) {
				want = ticket.ID
			}
			got, err := sys.FindTT(ctx, key)
			require.Equal(t, want, got)
			require.Equal(t, want == "", tt.CodeOf(err) == tt.CodeNotFound, "error: %v", err)
		}
	}
	for _, name := range d.m.names() {
		got, err := d.systems[name[0]].GetObjectTTs(ctx, name[1])
		require.NoError(t, err)
		require.ElementsMatch(t, shown.byObject[name], got)
		require.IsIncreasing(t, append([]int{0}, numbers(t, got)...))
	}
}

func numbers(t require.TestingT, ids []string) []int {
	all := make([]int, len(ids))
	for i, id := range ids {
		_, err := fmt.Sscan(id, &all[i])
		require.NoError(t, err)
	}
	return all
}

// Whatever is done, by whom, through which fault and when: the backend holds
// and shows what the model says.
func TestBackendBehavesLikeTheModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := newMachine(t)
		t.Repeat(map[string]func(*rapid.T){
			"":        d.agree,
			"create":  d.create,
			"close":   d.close,
			"comment": d.comment,
			"renew":   d.renew,
			"promote": d.promote,
			"add":     d.add,
			"person":  d.person,
			"wait":    d.wait,
		})
	})
}
