// Package sequence plays random sequences of calls against an adapter and a
// model of what must come of them.
//
// Two Systems, which stand for two processes, share a backend in a
// testing/synctest bubble. They raise, comment, group, renew and close the
// tickets of a few keys, are shut down and opened again, while faults strike.
// A call whose error allows it is repeated, as a sane caller does. In the end
// a key has one ticket, open or closed as it should be, with every comment and
// member that was acknowledged, each once; and the ticket that a person made
// has not changed.
//
// An adapter states its [Rules]: the moves, the faults, how a backend starts,
// and what holds beyond that. A sequence that fails is made smaller, and
// printed move by move.
//
//	go test ./adapters/rsm -run TestRandomSequences -rapid.checks 2000
package sequence
