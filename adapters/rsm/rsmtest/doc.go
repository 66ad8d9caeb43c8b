// Package rsmtest simulates the maintenance API (service modes) of monq RSM,
// for tests of programs that use it through adapters/rsm or directly.
//
// A [Server] holds service modes and configuration items in memory and
// speaks HTTP: in memory through [Server.Client], on a loopback port through
// [Server.Listen], or as an http.Handler. Zero [Options] make a server with
// the CIs 1 to 20 and one token, [DefaultToken]. [Server.Modes] shows what it
// holds, [Server.Requests] what it was asked.
//
// # What the documentation leaves open
//
// The vendor documents little of how a write shows, and when. Each such
// question is a field of [Knobs]; their zero value is the likeliest answer. A
// test that runs under [AllKnobs] and some [RandomKnobs] knows that the program
// does not depend on a guess.
//
// # Faults
//
// [Server.Inject] scripts failures of the network and the server. A
// [tttest.Fault] is limited to one kind of request by its Route:
//
//	list     GET   …/rsm-maintenance
//	get      GET   …/rsm-maintenance/{id}
//	filter   POST  …/rsm-maintenance/filter
//	create   POST  …/rsm-maintenance            writes
//	replace  PUT   …/rsm-maintenance/{id}       writes
//	patch    PATCH …/rsm-maintenance/{id}       writes
//	ci       GET   …/config-items, GET …/config-items/{id}, POST …/config-items/filter
//
// Refuse is exact with the client of [Server.Client] only: nothing is sent.
// Over a port the request has arrived by the time that it is chosen, and the
// connection is closed unread. Throttle answers 429, which the vendor does not
// document.
//
// # Time
//
// All time is package time, so that a test in a testing/synctest bubble waits
// for nothing. Make and close the Server in the bubble.
package rsmtest
