package reconcile_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ttkit/ttkit/adapters/fake"
	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/reconcile"
	"github.com/ttkit/ttkit/tt/tttest"
)

// scene is where a random story begins.
type scene struct {
	tickets []seed
	age     time.Duration
	alarms  []reconcile.Alarm
	faults  []strike
}

type seed struct {
	key, object string
	closed      bool
}

type strike struct{ kind, skip int }

// keys are those that tickets have when a story begins.
var keys = []string{"k0", "k1", "k2", "k3", "s/1", "s/2", "z/1"}

func drawScene(r *rapid.T) scene {
	var s scene
	object := rapid.SampledFrom([]string{"a", "b", "c"})
	for _, key := range keys {
		if rapid.Bool().Draw(r, "ticket of "+key) {
			t := seed{key: key, object: "a"}
			if key[0] != 'k' {
				t.object, t.closed = object.Draw(r, "object"), rapid.Bool().Draw(r, "closed")
			}
			s.tickets = append(s.tickets, t)
		}
	}
	for _, key := range keys[:4] {
		if rapid.Bool().Draw(r, "alarm "+key) {
			s.alarms = append(s.alarms, alarm(key, append([]string{"a"}, rapid.SliceOfN(object, 0, 2).Draw(r, "members")...)...))
		}
	}
	for _, name := range []string{"s", "z"} {
		if rapid.Bool().Draw(r, "series "+name) {
			s.alarms = append(s.alarms, series(name, rapid.SliceOfN(object, 1, 3).Draw(r, "objects")...))
		}
	}
	s.age = rapid.SampledFrom([]time.Duration{time.Hour, 13 * time.Hour}).Draw(r, "age")
	for range rapid.IntRange(0, 12).Draw(r, "faults") {
		s.faults = append(s.faults, strike{rapid.IntRange(0, 1000).Draw(r, "kind"), rapid.IntRange(0, 20).Draw(r, "skip")})
	}
	return s
}

// world is a backend. Where its tickets have a lease, it is of a day.
type world struct {
	open   func(namespace string) tt.System // a process of its own
	inject func(strike)
	clear  func()
	person func()     // makes a ticket in the vendor's console
	others func() any // what the namespace "" has no right to touch
}

// Whatever the tickets were and whatever the network does, repeating plan and
// apply comes to an end, at which every alarm has one open ticket, every other
// ticket of the namespace is closed, and nothing else has been touched.
func TestRepeatedUntilDoneNothingDiffers(t *testing.T) {
	for name, start := range map[string]func() (*world, func()){"fake": fakeWorld, "rsm": rsmWorld, "zstack": zstackWorld, "guance": guanceWorld} {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(r *rapid.T) {
				s := drawScene(r)
				wrong := "the bubble was left early"
				synctest.Test(t, func(*testing.T) {
					w, stop := start()
					defer stop()
					wrong = s.play(context.Background(), w)
				})
				if wrong != "" {
					r.Fatal(wrong)
				}
			})
		})
	}
}

// injector lets a simulator's faults strike.
func injector(inject func(...tttest.Fault)) func(strike) {
	kinds := []tttest.FaultKind{
		tttest.Refuse, tttest.Reset, tttest.LoseReply, tttest.Truncate, tttest.Late, tttest.StatusBefore, tttest.StatusAfter,
		tttest.Throttle, tttest.HTML, tttest.Twice, tttest.Slow,
	}
	return func(s strike) {
		inject(tttest.Fault{Kind: kinds[s.kind%len(kinds)], Skip: s.skip, Times: 1 + s.kind%3, Delay: 10 * time.Second, Status: 503, RetryAfter: time.Minute})
	}
}

func fakeWorld() (*world, func()) {
	backend := fake.NewBackend(fake.WithLease(day))
	kinds := []fake.Kind{fake.FailBefore, fake.FailAfter, fake.CommitLate, fake.Throttle, fake.Twice, fake.Slow, fake.FailItems}
	return &world{
		open: func(namespace string) tt.System { return backend.Open("cron", fake.WithNamespace(namespace)) },
		inject: func(s strike) {
			backend.Inject(fake.Fault{Kind: kinds[s.kind%len(kinds)], Skip: s.skip, Delay: 30 * time.Second})
		},
		clear: backend.ClearFaults,
		person: func() {
			_, err := backend.Console("ivan").Create("a", "by hand")
			must(err)
		},
		others: func() any {
			list, err := backend.Open("", fake.WithNamespace("staging")).ListTTs(context.Background(), tt.ListRequest{})
			must(err)
			return slices.DeleteFunc(backend.Tickets(), func(t tt.Ticket) bool { return t.Key != "" && !slices.Contains(list.IDs, t.ID) })
		},
	}, func() {}
}

// play plays the story and says what is wrong at its end, "" when nothing is.
func (s scene) play(ctx context.Context, w *world) string {
	own, quiet := w.open(""), w.open("staging")
	for _, t := range s.tickets {
		request := tt.CreateRequest{Object: t.object, Subject: "s", Key: t.key}
		created, err := own.CreateTT(ctx, request)
		must(err)
		if t.closed {
			_, err = own.CloseTT(ctx, tt.CloseRequest{ID: created.ID})
			must(err)
		}
		_, err = quiet.CreateTT(ctx, request)
		must(err)
	}
	must(own.Shutdown(ctx))
	must(quiet.Shutdown(ctx))
	w.person()
	time.Sleep(s.age)
	before := w.others()
	for _, f := range s.faults {
		w.inject(f)
	}
	for round := 0; ; round++ {
		sys := w.open("") // a process of its own
		diff, err := reconcile.Plan(ctx, sys, s.alarms, reconcile.Options{AllowEmpty: true})
		done := err == nil && !diff.Differs() && !undecided(diff)
		if err == nil && !done {
			_, err = reconcile.Apply(ctx, sys, diff, reconcile.Limits{MaxCloses: math.MaxInt})
			must(err)
		}
		_ = sys.Shutdown(ctx)
		if done {
			break
		}
		if round == 60 {
			return "it does not come to an end: " + strings.Join(lines(diff), "; ")
		}
		time.Sleep(10 * time.Minute)
	}
	w.clear()
	wrong := s.judge(ctx, w.open(""))
	if !assert.ObjectsAreEqual(before, w.others()) {
		wrong = append(wrong, "something outside the namespace was touched")
	}
	return strings.Join(wrong, "; ")
}

// judge compares the open tickets with the alarms.
func (s scene) judge(ctx context.Context, sys tt.System) (wrong []string) {
	open := map[string]*tt.Ticket{}
	list, err := sys.ListTTs(ctx, tt.ListRequest{})
	must(err)
	for _, id := range list.IDs {
		t, err := sys.GetTT(ctx, id)
		must(err)
		if open[t.Key] != nil {
			wrong = append(wrong, t.Key+" has two open tickets")
		}
		open[t.Key] = t
	}
	for _, a := range s.alarms {
		found := 0
		for key, t := range open {
			if key != a.Key && (a.Series == "" || !strings.HasPrefix(key, a.Series+"/")) {
				continue
			}
			found++
			delete(open, key)
			for _, obj := range append([]string{a.Object}, a.Members...) {
				if !slices.Contains(t.Objects, obj) {
					wrong = append(wrong, "the ticket of "+a.Key+a.Series+" lacks "+obj)
				}
			}
			if sys.Capabilities().Lease > 0 && time.Until(t.ExpiresAt) < day/2-time.Hour {
				wrong = append(wrong, "the lease of "+key+" was not renewed")
			}
		}
		if found != 1 {
			wrong = append(wrong, fmt.Sprintf("%s has %d open tickets", a.Key+a.Series, found))
		}
	}
	for key := range open {
		wrong = append(wrong, key+" is open without an alarm")
	}
	must(sys.Shutdown(ctx))
	return wrong
}

// undecided reports whether the plan waits for something to grow old.
func undecided(diff *reconcile.Diff) bool {
	return slices.ContainsFunc(diff.Left, func(l reconcile.Left) bool { return strings.Contains(l.Why, "too late for a list") })
}

// listed are the ids of a system's open tickets.
func listed(sys tt.System) []string {
	list, err := sys.ListTTs(context.Background(), tt.ListRequest{})
	must(err)
	must(sys.Shutdown(context.Background()))
	return list.IDs
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func TestTheSecondPlanAfterACleanApplyIsEmpty(t *testing.T) {
	on(t, func(s *stage) {
		var alarms []reconcile.Alarm
		for n := range 500 {
			if n%3 > 0 {
				s.ticket(fmt.Sprintf("k%d", n), "a")
			}
			if n%3 < 2 {
				alarms = append(alarms, alarm(fmt.Sprintf("k%d", n), "a"))
			}
		}
		time.Sleep(time.Hour)
		diff := s.plan(alarms, reconcile.Options{})
		assert.Equal(t, "167 to open, 166 to close", diff.String())
		for _, r := range s.apply(diff, reconcile.Limits{MaxCloses: 166}) {
			require.Equal(t, tt.ItemOK, r.Status, r.Err)
		}
		assert.Empty(t, lines(s.plan(alarms, reconcile.Options{})))
	})
}
