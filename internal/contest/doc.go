// Package contest measures what an adapter costs, compared with a client that
// somebody writes by hand for the same vendor: net/http, encoding/json and the
// same requests in the same order.
//
// Every operation is recorded once, on the simulator of the vendor. Then a
// process of its own, which is the test binary again, replays the answers to
// both sides over a real connection, so that nobody measures the simulator.
// The sides take turns of a few calls: whatever else the machine does meets
// both. Times are compared by their median turn and printed; allocations are
// limited ([MaxAllocations]).
//
// An adapter states a [Contest] in its tests: how its System is opened, and
// what the client by hand does for each operation. The package's TestMain
// begins with [ReplayIfAsked].
//
//	go test -run '^$' -bench Operations -benchtime 2s ./adapters/rsm
package contest
