// Package proof measures what this library promises: nothing lost, nothing
// doubled.
//
// A run ([Run]) lets several workers, each a process of its own where the
// system is reached over a network, raise, comment, group and close thousands
// of alarm episodes ([Plan]) on one simulator, while a seeded schedule of
// faults strikes every kind of request, the server restarts, credentials
// expire, people write to the same tickets, and, on demand, workers are killed
// and started again. The workers do what a sane caller does ([Work]): they
// repeat what may be repeated, wait as long as they are asked to, and keep a
// journal of what they began and what was acknowledged, from which a successor
// goes on ([Journal]). At the end an auditor compares what the simulator holds
// with the plan and the journals ([Report]).
//
// The systems join in this package's tests, one file each: they start a
// simulator ([Backend]) and say how a worker opens the adapter.
//
//	go test ./internal/proof -run TestProof -proof.episodes 10000 -proof.seed 1
package proof
