// Package rest is the one HTTP client of the adapters. It carries JSON calls
// over go-retryablehttp and answers for each failure the three questions that
// an adapter must answer for its caller: what went wrong, did anything
// happen, and how long to wait.
//
// # Repeats
//
// Whether a call may be repeated is told by its [Class], never by its HTTP
// verb: a POST that states an end result is [Safe], one that creates is
// [Guarded]. A guarded call is repeated here only when provably nothing was
// done: no connection was ever had, or the server refused it by 425 or 429. All
// repeats of one operation come out of one budget ([Client.Operation]), and
// all operations of one client out of one bucket, so that an outage does not
// multiply the load on the system that is recovering from it.
//
// # Errors
//
// Every error is a *tt.Error that holds the server's own words: read up to 16
// KiB, rid of secrets however the server escaped them, then of control
// characters, and only then cut to 4 KiB. The outcome belongs to the whole
// call: when one attempt may have acted and a later one was refused, it is
// Unknown.
//
// # What is closed against
//
// No redirect is followed: Go would forward custom credential headers to
// another host and turn a POST into a GET. net/http's own repeat of a request
// on a new connection is switched off for guarded and once-only calls. The
// user's http.Client is never changed, and its idle connections are not
// closed. Replies are read whole, within a limit, and inside the time
// limit of the attempt.
//
// Time is taken from package time only, and no goroutine is started, so that
// everything works in a testing/synctest bubble.
package rest
