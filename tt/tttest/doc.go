// Package tttest is the conformance kit: one suite for every [tt.System],
// those of this library and those of third parties.
//
// Unlike a list of cases to copy, it sees what a System did rather than what it
// said, and it breaks the network on purpose.
//
// A [Harness] says how to start a fresh backend and how to open a System over
// it. [Run] makes a subtest of every rule; [Check] runs the same rules in a
// program and returns what is broken. A rule is one promise of the contract in
// package tt; a [Violation] names the rule, repeats the promise in a sentence,
// and tells what was expected and what was seen.
//
// # Using it
//
// The test of an adapter is about fifteen lines:
//
//	func TestConformance(t *testing.T) {
//		tttest.Run(t, tttest.Harness{
//			Levels:  tttest.Groups | tttest.Faults,
//			Objects: []string{"1", "2", "3", "4", "5", "10"},
//			Secrets: []string{"the-token"},
//			Virtual: true,
//			Start: func(context.Context) (*tttest.Backend, error) {
//				server := vendortest.New()
//				return &tttest.Backend{
//					Open:     func(context.Context) (tt.System, error) { return open(server, "the-token") },
//					Records:  func() ([]tttest.Record, error) { return records(server), nil },
//					Requests: server.Requests, Inject: server.Inject, ClearFaults: server.ClearFaults,
//					Close:    server.Close,
//				}, nil
//			},
//		})
//	}
//
// # Levels
//
// Core is always checked. Groups, Updates and Faults are added by
// Harness.Levels. What a System cannot do it says in its Capabilities, and the
// kit checks that it says the truth: a rule about leases is skipped where
// there are none, and another rule checks that RenewTT is ErrUnsupported there.
//
// # What the rules count
//
// Effects are counted in the backend, through [Backend.Records], past the
// System's own calls: a System that forgets a ticket cannot hide it. A system
// whose key guarantee is converging is judged after Late, Settle and Window
// have passed; one that enforces its keys is judged by the same rules and just
// gets there sooner.
//
// # Time
//
// With Harness.Virtual, [Run] puts every rule into a testing/synctest bubble
// of its own, where waiting costs nothing and the whole suite takes about a
// second. Backend and Systems must then live in memory and use package time
// only. A goroutine that outlives Shutdown and Backend.Close makes the bubble
// panic, which is a finding too; so is a test that hangs: time stands still
// while a goroutine waits for a sync.Mutex, so a lock must not be held across
// a wait.
//
// [Check] runs on the clock that it finds, where the level Faults takes some
// minutes. Give it Systems with short settings, or call it in a bubble.
//
// # Secrets
//
// [NoSecret] is the assertion by which the kit looks at every error of a run.
// It serves the tests of adapters and decorators as well.
package tttest
