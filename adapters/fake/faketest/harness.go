// Package faketest runs the conformance kit over the fake. It is for whoever
// writes a decorator: that it keeps every rule of the contract is a test of
// one line, faults included:
//
//	func TestConformance(t *testing.T) {
//		tttest.Run(t, faketest.Harness(Decorate))
//	}
package faketest

import (
	"context"
	"fmt"
	"slices"

	"github.com/ttkit/ttkit/adapters/fake"
	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/tttest"
)

// objects hold a prefix of another, and two that differ in letter case.
var objects = []string{"sw1", "sw10", "SW1", "rt-7.msk", "свитч-2", "10.0.0.1"}

// Objects returns the objects that the harness names, for fake.WithInventory.
func Objects() []string { return slices.Clone(objects) }

// Harness returns a harness of all levels whose every backend is a fake with
// these options, and whose Systems are decorated; nil decorates nothing. What
// the options change, the caller tells the harness: fewer Levels where the
// backend can do less, an UnknownObject where it has an inventory, and as
// Settle the lag of its lists.
func Harness(decorate func(tt.System) tt.System, options ...fake.Option) tttest.Harness {
	if decorate == nil {
		decorate = func(sys tt.System) tt.System { return sys }
	}
	return tttest.Harness{
		Levels:  tttest.Groups | tttest.Updates | tttest.Faults,
		Objects: Objects(),
		Virtual: true,
		Start: func(context.Context) (*tttest.Backend, error) {
			return shown(fake.NewBackend(options...), decorate), nil
		},
	}
}

// system is the name of every System that the kit opens.
const system = "kit"

// shown is a backend as the kit sees it.
func shown(b *fake.Backend, decorate func(tt.System) tt.System) *tttest.Backend {
	person := b.Console("carol")
	return &tttest.Backend{
		Open: func(context.Context) (tt.System, error) { return decorate(b.Open(system)), nil },
		OpenNamespace: func(_ context.Context, namespace string) (tt.System, error) {
			return decorate(b.Open(system, fake.WithNamespace(namespace))), nil
		},
		Records:     func() ([]tttest.Record, error) { return records(b), nil },
		Requests:    func() int { return requests(b) },
		Inject:      func(f tttest.Fault) { b.Inject(faultOf(f)) },
		ClearFaults: b.ClearFaults,
		Foreign:     func(obj string) (string, error) { return person.Create(obj, "made by hand") },
		Remark:      person.Comment,
	}
}

func records(b *fake.Backend) []tttest.Record {
	var all []tttest.Record
	for _, t := range b.Tickets() {
		r := tttest.Record{
			ID: t.ID, Key: t.Key, Open: !t.State.Ended(), Objects: t.Objects, Raw: fmt.Sprintf("%+v", t),
		}
		for _, c := range t.Comments {
			r.Comments = append(r.Comments, c.Body)
		}
		all = append(all, r)
	}
	return all
}

// requests counts the calls: what people and the clock did has no System, and
// a late commit is the second event of its call.
func requests(b *fake.Backend) (n int) {
	for _, event := range b.History() {
		if event.System == system && !event.Late {
			n++
		}
	}
	return n
}
