package guance_test

import (
	"testing"

	"github.com/ttkit/ttkit/adapters/guance/guancetest"
	"github.com/ttkit/ttkit/internal/sequence"
)

// Whatever fails, and whichever of two processes acts: a key has one ticket in
// the end, open or closed as it should be, with every comment and member that
// was acknowledged, each once; and nothing foreign has changed.
func TestRandomSequences(t *testing.T) {
	sequence.Check(t, sequence.Rules{
		Start: func(seed uint64) *sequence.Stage {
			knobs := guancetest.Knobs{}
			if seed != 0 {
				knobs = guancetest.RandomKnobs(seed)
			}
			backend, _ := startServer(knobs, nil)
			return &sequence.Stage{Backend: backend}
		},
		Objects:   objects,
		Moves:     []string{"raise", "raise", "raise", "comment", "comment", "promote", "add", "add", "close", "restart", "wait"},
		OneWriter: true,
		Linger:    late,
		Settle:    late + 2*settle, // a write without an answer may land, and open a closed ticket, until late has passed
	})
}
