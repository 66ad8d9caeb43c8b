// Package sim is what the simulators of vendors share: fault scripts and
// schedules, an in-memory network, a log of requests, and work that happens later.
//
// A simulator brings the vendor's protocol as an [http.Handler] and gets a
// [Server]: the same handler behind a script of [tttest.Fault], reachable
// through an *http.Client over net.Pipe ([Server.Client]), over a loopback
// port ([Server.Listen]), or directly as an http.Handler.
//
// # Time
//
// Everything that waits uses package time, so that it passes at once in a
// testing/synctest bubble. A Server used in a bubble must be made in it, and
// must be closed in it: its connections are goroutines, and a bubble with
// goroutines that wait forever never ends. After [Server.Close] none is left.
//
// # Faults
//
// An entry of the script is chosen before a request acts. On the in-memory
// client that happens before a byte is sent, so that Refuse looks as it does
// on a network: the dial fails with ECONNREFUSED and nothing was sent. Over a
// real port the request has arrived by then, and Refuse can only close the
// connection without reading the rest; a client cannot tell that from Reset.
//
// A run of many operations follows a [Schedule]: a seeded plan of such entries,
// each of which begins when the one before it is spent, and of what happens to
// the server as a whole. A [Port] serves a simulator to other processes, and
// can be restarted.
//
// net/http's own transport repeats a GET by itself when a connection that it
// used before is cut; such a repeat arrives as another request and takes the
// next entry of the script.
package sim
