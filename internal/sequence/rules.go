package sequence

import (
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/tttest"
)

// Rules say what sequences an adapter is put through.
type Rules struct {
	// Start makes a backend. Seed 0 asks for the likeliest vendor, any other
	// for a random combination of what is not known of it.
	Start func(seed uint64) *Stage

	// Objects are those of the tickets: the first has every ticket, the others
	// join groups.
	Objects []string

	// Moves are drawn from; what stands there twice comes twice as often.
	// Those that [Stage.Moves] does not have are raise, comment, promote, add,
	// renew, close, restart and wait.
	Moves []string

	// Faults draws what strikes before a move: a fault, one of a kind of the
	// adapter's own ([Stage.Strike]), or neither. Nil: [AnyFault], every other
	// time.
	Faults func(rt *rapid.T) (fault tttest.Fault, own any)

	// OneWriter says that only one process writes to a ticket after CreateTT,
	// as an adapter asks for whose vendor cannot compare and swap.
	OneWriter bool

	// Linger is how long a process waits for its writes without an answer
	// before it ends, where its successor could not know of them; faults end
	// before that. 0: it ends at once, in the middle of them.
	Linger time.Duration

	// Settle is how long CreateTT may answer that a closed ticket is open, of a
	// vendor whose lists lag, or whose clock is another.
	Settle time.Duration

	// Again says that a call is repeated after an error that is not temporary.
	// Nil: no call is.
	Again func(e *tt.Error) bool
}

// Stage is a backend, and what an adapter does and knows there.
type Stage struct {
	Backend *tttest.Backend

	// Moves are the adapter's own, by name. The episode is nil where the key
	// has not been raised yet.
	Moves map[string]func(m Move, e *Episode) error

	// Strike injects a fault of a kind of the adapter's own.
	Strike func(own any)

	// Always holds after every move, and AtTheEnd when all is settled, of so
	// many keys. Nil: nothing more does.
	Always   func() error
	AtTheEnd func(keys int) error
}

// Keys is how many keys there are at most.
const Keys = 3

// Check plays random sequences.
func Check(t *testing.T, r Rules) {
	t.Helper()
	rapid.Check(t, func(rt *rapid.T) {
		moves := rapid.SliceOfN(rapid.Custom(r.draw), 1, 12).Draw(rt, "moves")
		var seed uint64
		if rapid.Bool().Draw(rt, "turned") {
			seed = rapid.Uint64().Draw(rt, "seed")
		}
		var err error
		synctest.Test(t, func(*testing.T) { err = r.play(seed, moves) })
		if err != nil {
			rt.Fatal(err)
		}
	})
}
