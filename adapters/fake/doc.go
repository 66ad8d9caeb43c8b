// Package fake is a trouble-ticket system in memory: what a program that
// talks to a [tt.System] is given in its unit tests, and a stand-in where no
// vendor is at hand. Nothing leaves the process, and nothing outlives it.
//
// A [Backend] is the server; a [System], made by [Backend.Open], is a client
// of it. Several Systems over one Backend are several processes that share a
// server. Code under test takes a tt.System and cannot tell the difference:
//
//	backend := fake.NewBackend()
//	handler := NewHandler(backend.Open("msk"))
//
// # Faults
//
// [Backend.Inject] scripts what goes wrong. The fault worth the most in a test
// is [FailAfter]: the ticket is made and the reply is lost. A handler that
// repeats the call with the same key has one ticket, one that makes up a new
// key, or none, has two. [CommitLate] is its sibling: the ticket appears some
// time after the call failed. Every error that a caller gets is a [*tt.Error]
// as from a real adapter: code, outcome, whether to repeat, how long to wait.
//
// The fake itself never repeats a call, so a test sees what its own code does.
//
// # Assertions
//
// [Backend.Tickets] returns copies of the tickets, [Backend.History] every
// call that reached the backend with the fault that struck it, late commits
// as they arrive, and what people and the clock did. [Backend.FaultsLeft]
// tells whether the script was played to its end.
//
// # Time
//
// Leases, late commits, lag and pending closes need time to pass. In a
// testing/synctest bubble time.Sleep lets it pass at no cost. Elsewhere
// [WithClock] gives the backend a clock of the test's own. The backend has no
// goroutine and no timer: what is due happens, with the time at which it was
// due, when the backend is next used.
//
// # People
//
// [Backend.Console] does what a person does at the vendor's own user
// interface: create, comment, close, reopen. Those changes arrive through
// GetUpdates with Own false; changes made through any System have Own true.
//
// # Settings
//
// Importing the package registers the adapter "fake": the connection "fake:"
// or a file that says adapter: fake opens a System over a backend of its own,
// which lives as long as the process. A test reaches that backend by
//
//	backend := sys.(*fake.System).Backend()
//
// whose history holds the newest 10,000 events at least, not all.
//
// No setting is needed. Those that the adapters over HTTP share are accepted
// and ignored, so that a file can be tried out on the fake by changing its
// adapter; so are an HTTP client and a logger.
//
//	| setting            | type     | default | meaning |
//	| ------------------ | -------- | ------- | ------- |
//	| namespace          | string   |         | a key in two namespaces means two tickets |
//	| lease              | duration |         | how long a new ticket lives without a renewal; without it, as long as the process |
//	| lag                | duration |         | how long lists show what was before a change |
//	| pending_close      | duration |         | how long a close is pending; without it, tickets close at once |
//	| base_url           | string   |         | ignored |
//	| lookup             | string   |         | ignored (required or best_effort) |
//	| timeout            | duration |         | ignored |
//	| retry.max_attempts | int      |         | ignored |
//	| retry.wait_min     | duration |         | ignored |
//	| retry.wait_max     | duration |         | ignored |
//	| late               | duration |         | ignored |
//	| settle             | duration |         | ignored |
//	| window             | duration |         | ignored |
//	| ca_file            | string   |         | ignored |
//	| allow_http         | bool     |         | ignored |
//
// # What it promises
//
// It keeps the contract of tt.System in its strict form: a key has one ticket,
// whatever arrives late, twice or at once ([tt.KeyEnforced]). Reading costs
// what is read, however many tickets are open. Tickets, changes and the
// history are kept for ever, except as [WithHistory] says.
package fake
