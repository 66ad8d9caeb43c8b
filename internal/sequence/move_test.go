package sequence

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/ttkit/ttkit/tt/tttest"
)

func TestAMoveIsDrawnByTheRules(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := onFake(nil)
		m := r.draw(rt)
		assert.Contains(rt, moves, m.What)
		assert.Contains(rt, []int{0, 1}, m.System)
		assert.Contains(rt, []int{0, 1, 2}, m.Key)
		assert.GreaterOrEqual(rt, m.Object, 1, "the first has every ticket")
		assert.Less(rt, m.Object, len(r.Objects))
		assert.Nil(rt, m.Own)
		assert.NotEqual(rt, tttest.Unauthorized, m.Fault.Kind)
		assert.LessOrEqual(rt, m.Fault.Delay, 19*time.Second)
		assert.LessOrEqual(rt, m.Fault.Skip, 3)

		r.Faults = func(rt *rapid.T) (tttest.Fault, any) {
			return AnyFault(rt, 0, time.Second, tttest.Unauthorized), "own"
		}
		m = r.draw(rt)
		assert.Equal(rt, "own", m.Own)
		assert.NotEmpty(rt, m.Fault.Kind)
		assert.Equal(rt, time.Second, m.Fault.Delay)
		assert.Zero(rt, m.Fault.Skip)
	})
}

func TestAMoveIsPrinted(t *testing.T) {
	for _, row := range []struct {
		name string
		move Move
		want string
	}{
		{"alone", Move{What: "raise", System: 1, Key: 2, Object: 3, Pause: time.Second}, "\nraise (system 1, key 2, object 3, pause 1s)"},
		{"with a fault", Move{What: "wait", Fault: tttest.Fault{Kind: tttest.Reset, Times: 2}},
			"\nwait (system 0, key 0, object 0, pause 0s) under {Kind:reset Route: Writes:false Skip:0 Times:2 Then:false Delay:0s Status:0 RetryAfter:0s}"},
		{"with one of the adapter's", Move{What: "wait", Own: "lightning"}, "\nwait (system 0, key 0, object 0, pause 0s) under lightning"},
	} {
		t.Run(row.name, func(t *testing.T) { assert.Equal(t, row.want, row.move.GoString()) })
	}
}
