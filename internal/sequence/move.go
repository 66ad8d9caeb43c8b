package sequence

import (
	"fmt"
	"time"

	"pgregory.net/rapid"

	"github.com/ttkit/ttkit/tt/tttest"
)

// Move is one move of a sequence.
type Move struct {
	What   string // which of [Rules.Moves]
	System int    // which of two processes makes it
	Key    int    // of which of [Keys] tickets
	Object int    // that joins, of [Rules.Objects]
	Pause  time.Duration
	Fault  tttest.Fault // strikes before it; no Kind: none
	Own    any          // the same, of the adapter's own kind; nil: none

	Text string // differs each time; known when the move is made
}

// GoString prints a move of a failed sequence.
func (m Move) GoString() string {
	text := fmt.Sprintf("\n%s (system %d, key %d, object %d, pause %s)", m.What, m.System, m.Key, m.Object, m.Pause)
	if m.Fault.Kind != "" {
		text += fmt.Sprintf(" under %+v", m.Fault)
	}
	if m.Own != nil {
		text += fmt.Sprintf(" under %+v", m.Own)
	}
	return text
}

func (r Rules) draw(rt *rapid.T) Move {
	m := Move{
		What:   rapid.SampledFrom(r.Moves).Draw(rt, "what"),
		System: rapid.IntRange(0, 1).Draw(rt, "system"),
		Key:    rapid.IntRange(0, Keys-1).Draw(rt, "key"),
		Object: rapid.IntRange(1, len(r.Objects)-1).Draw(rt, "object"),
		Pause:  time.Duration(rapid.IntRange(0, 40).Draw(rt, "pause")) * time.Second,
	}
	switch {
	case r.Faults != nil:
		m.Fault, m.Own = r.Faults(rt)
	case rapid.Bool().Draw(rt, "faulty"):
		m.Fault = AnyFault(rt, 3, 19*time.Second)
	}
	return m
}

// AnyFault draws a fault that a call survives: of any kind but Unauthorized or
// those that are named beside, which strikes one to three times after at most
// skip requests. What is slow or late takes whole seconds, at most delay.
func AnyFault(rt *rapid.T, skip int, delay time.Duration, beside ...tttest.FaultKind) tttest.Fault {
	kinds := append([]tttest.FaultKind{
		tttest.Refuse, tttest.Reset, tttest.LoseReply, tttest.Truncate, tttest.Slow, tttest.Late,
		tttest.StatusBefore, tttest.StatusAfter, tttest.Throttle, tttest.HTML, tttest.Twice,
	}, beside...)
	return tttest.Fault{
		Kind:   rapid.SampledFrom(kinds).Draw(rt, "fault"),
		Writes: rapid.Bool().Draw(rt, "writes"),
		Skip:   rapid.IntRange(0, skip).Draw(rt, "skip"),
		Times:  rapid.IntRange(1, 3).Draw(rt, "times"),
		Delay:  time.Duration(rapid.IntRange(1, int(delay/time.Second)).Draw(rt, "delay")) * time.Second,
	}
}
