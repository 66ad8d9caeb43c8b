// Package tt is one interface to trouble-ticket systems, for programs that
// turn alarms into tickets. [System] is the interface; adapters carry it to
// vendors, as drivers carry database/sql to databases. Its subject is what
// goes wrong between an alarm and its ticket: an alarm gets one ticket,
// whatever the network does, and where a vendor cannot promise that, the
// adapter's documentation says what it can.
//
// The methods carry the names of the NOC Project's BaseTTSystem, so that
// create_tt is CreateTT; [Ticket] is written to JSON with the keys of get_tt.
//
// # A ticket's life
//
//	import (
//		"github.com/ttkit/ttkit/tt"
//		_ "github.com/ttkit/ttkit/adapters/rsm"
//	)
//
//	sys, err := tt.Open(ctx, "msk", "rsm://monq.example.net?token=${MONQ_TOKEN}")
//	…
//	defer sys.Shutdown(context.Background())
//
//	created, err := sys.CreateTT(ctx, tt.CreateRequest{
//		Object:  "4711",
//		Subject: "link down",
//		Key:     tt.Key("LinkDown", "4711", began.UTC().Format(time.RFC3339)),
//	})
//	…
//	err = sys.AddComment(ctx, tt.CommentRequest{ID: created.ID, Body: "still down", Key: "1"})
//	closed, err := sys.CloseTT(ctx, tt.CloseRequest{ID: created.ID, Reason: "link is up"})
//
// A System is safe for concurrent use: open one per vendor account and share
// it. Opening sends nothing; [System.Check] is the preflight. [System.Shutdown]
// finishes what is pending: call it, and give it time.
//
// # Keys
//
// CreateRequest.Key makes a create idempotent. CreateTT with a key opens the
// ticket of that key or returns the one that is there, open or not; calling it
// again, from any goroutine, process or machine, and after any failure, makes
// no second ticket. [Created] tells what was found. The key is written into the
// vendor's ticket, because only that memory survives a crash of ours.
//
// A key names one episode of an alarm, never the alarm alone. An alarm that
// returns next week is a new episode and needs a new key: with the old one,
// CreateTT would return last week's closed ticket. [Key] builds keys of any
// parts: the alarm's name, its labels, and when the episode began. Take that
// time from the alarm, not from the clock, so that a repeat builds the same key.
//
// How firmly a key means one ticket is Capabilities().KeyGuarantee: enforced by
// the server, or converging, where a duplicate is possible for about a minute
// after a lost reply or a race and is found and ended without your doing.
//
// Two installations that share a vendor, such as staging and production, use
// different values of the setting namespace: the same key then means two
// tickets.
//
// # Errors and repeating
//
// Every error is or wraps an [*Error]. Four questions are answered by four
// means; none of them follows from another:
//
//   - What is it? errors.Is with a sentinel such as [ErrNotFound], or [CodeOf].
//   - May it help to try again? errors.Is(err, [ErrTemporary]), or
//     [IsTemporary].
//   - Can trying again do harm? [SafeToRetry]: true when the same call, with
//     the same key, can do nothing twice.
//   - What has happened? Error.Outcome: [NotDone], [Done], or [Unknown] when a
//     reply was lost.
//
// So the loop around a call is: repeat while the error is temporary and safe
// to retry, and wait for Error.RetryAfter first. Adapters repeat on their own
// within seconds; such a loop is for longer outages.
//
// A create that failed half-way returns the id of the ticket all the same, in
// Created.ID and in Error.TicketID. Keep it, and repeat with the key to finish.
//
// ErrUnsupported is no failure: the system has no such thing, and a caller
// skips it. The end of the caller's context is [ErrCanceled], temporary when a
// deadline ended it; the time-out of one attempt to reach the server is
// [ErrUnavailable].
//
// An error prints on one line: the system, the operation and the ticket, the
// code, the vendor's own words, and what to do. It never holds a secret.
//
// # URLs
//
// [Open] takes a connection URL:
//
//	ADAPTER://HOST[:PORT][/PATH][?SETTING=VALUE[&SETTING=VALUE…]]
//	ADAPTER+http://…
//	ADAPTER:[?SETTING=VALUE…]
//
// The scheme picks the adapter, whose package must be imported. The part up to
// the "?" becomes the setting base_url with https, or with http when the scheme
// ends in +http; it may hold an IPv6 address in brackets, and no user name or
// password. A path stays as it is written, a final slash included. An adapter
// that reaches no server, such as fake, takes no host.
//
// The parameters are the adapter's settings, as its documentation lists them,
// dotted where they are nested: retry.max_attempts=3. An unknown setting, one
// that is given twice, and a fragment are errors. Values are escaped as in
// every query: a "+" is a space, and "+", "&", "%", "#" and ";" are written
// %2B, %26, %25, %23 and %3B.
//
// ${NAME} in a value is replaced from the environment, once and after the
// escapes are undone, so that the variable's value needs none; $${ is a literal
// ${. A variable that is not set is an error. Secrets must be given like that
// and in no other way: a URL ends up in logs and process lists. Host and path
// hold no variables.
//
// Lists and maps do not fit into a URL: [OpenConfig] takes what a YAML or JSON
// file holds, after [ExpandEnv]. Adapters also have typed constructors.
//
// # Groups
//
// A group ticket stands for several objects with one cause. CreateGroupTT
// promotes a ticket in place, AddToGroupTT adds members and answers with an
// [ItemResult] each: ok, temp, fail or skip. Ask Capabilities().PromoteGroupTT
// first. Package escalate, beside this one, takes the three steps create,
// promote and add in one call that can be resumed.
//
// # Leases
//
// Some vendors' objects end by themselves. There, Capabilities().Lease is not
// zero, Ticket.ExpiresAt says when a ticket ends, and RenewTT moves that end,
// only ever later. A ticket whose lease has lapsed is [StateExpired], which is
// not closed and never means that anything was repaired. Elsewhere RenewTT is
// ErrUnsupported.
//
// # Testing
//
// Code that takes a System is tested with package fake, which is in memory and
// does what a vendor does, faults, delays, leases and races included. It keeps
// a history to assert on:
//
//	backend := fake.NewBackend()
//	backend.Inject(fake.Fault{Kind: fake.FailAfter, Op: "CreateTT"}) // the reply is lost
//	handle(alarm, backend.Open("test"))
//	require.Len(t, backend.Tickets(), 1)
//
// Generated mocks cannot implement System, because of an unexported method that
// only [Unimplemented] has. This is on purpose: System gains methods over time,
// and what embeds Unimplemented goes on compiling. Where a test is about one
// answer, write a struct that embeds Unimplemented and has the one or two
// methods that matter; to change one method of a System that exists, embed that
// System in a struct:
//
//	type full struct{ tt.Unimplemented }
//
//	func (full) CreateTT(context.Context, tt.CreateRequest) (tt.Created, error) {
//		return tt.Created{}, tt.Errorf(tt.CodeRateLimited, tt.NotDone, "the queue is full")
//	}
//
// # Writing an adapter
//
// An adapter is a package that embeds Unimplemented in its System, implements
// what its vendor can do as the comments of [System] say, and calls [Register]
// in init. It calls the Validate methods before it sends anything, finds its
// tickets by [KeyHash], shortens texts with [CleanText] and [Cut], makes errors
// with [Errorf] and completes them with [Annotate] where the operation is known.
// [Secret] keeps credentials out of everything that is printed.
//
// Where the vendor's documentation leaves much open, an adapter also implements
// [Prober], which settles it on a live server.
//
// Package tttest holds the conformance kit, which tells in sentences what an
// implementation does wrong.
package tt
