package guance_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/guance/guancetest"
	"github.com/ttkit/ttkit/tt"
)

// A change replaces the whole schedule. One of a process that was killed, which
// lands after the ticket was closed, opens it again, and nobody looks at a
// closed ticket. So whoever closed it looks once more when no such change can
// come any longer.
func TestALateWriteOfADeadProcessOpensNoClosedTicket(t *testing.T) {
	// lands is what the dead process had sent before the close.
	lands := func(s scene, id string, sent guancetest.Schedule) {
		require.True(s, s.server.Edit(id, func(x *guancetest.Schedule) {
			x.Name, x.Strategy, x.Extend = sent.Name, sent.Strategy, sent.Extend
		}))
		require.Equal(s, tt.StateOpen, s.get(id).State, "the test opens nothing")
	}
	closedAgain := func(s scene, id string) {
		time.Sleep(late)
		assert.Equal(s, tt.StateClosed, s.get(id).State)
		assert.Equal(s, "repaired", s.get(id).FinalReason, "the note is put back")
	}
	inBubble(t, "by the process that closed it", guancetest.Knobs{}, nil, func(s scene) {
		id := s.create("k", "sw-1").ID
		sent := s.schedule(id)
		time.Sleep(time.Minute)
		s.close(id)
		time.Sleep(late - time.Second)
		lands(s, id, sent)
		closedAgain(s, id)
	})
	inBubble(t, "by the process that repeats the close of a dead one", guancetest.Knobs{}, nil, func(s scene) {
		id := s.create("k", "sw-1").ID
		sent := s.schedule(id)
		time.Sleep(time.Minute)
		dead := openOn(t, s.server, nil)
		closed, err := dead.CloseTT(s.ctx, tt.CloseRequest{ID: id, Reason: "repaired"})
		require.NoError(s, err)
		require.True(s, closed)
		require.NoError(s, dead.Shutdown(s.ctx))
		writes := s.writes()
		s.close(id)
		assert.Equal(s, writes, s.writes(), "the first close stands")
		time.Sleep(late - time.Second)
		lands(s, id, sent)
		closedAgain(s, id)
	})
	inBubble(t, "and nobody is in a person's way when late has passed", guancetest.Knobs{}, nil, func(s scene) {
		id := s.create("k", "sw-1").ID
		sent := s.schedule(id)
		time.Sleep(time.Minute)
		s.close(id)
		time.Sleep(late + window)
		lands(s, id, sent) // the person opens it again
		time.Sleep(2 * late)
		assert.Equal(s, tt.StateOpen, s.get(id).State)
	})
	inBubble(t, "and a person's own schedule is the person's at once", guancetest.Knobs{}, nil, func(s scene) {
		id := s.server.AddSchedule(guancetest.Schedule{Name: "weekend", NotifyTargets: []string{"notify_hook"}})
		sent := s.schedule(id)
		s.server.Edit(id, func(x *guancetest.Schedule) {
			x.Extend = []byte(`{"effectiveTime":{"start":1,"end":2}}`)
		})
		closed, err := s.sys.CloseTT(s.ctx, tt.CloseRequest{ID: id})
		require.NoError(s, err)
		require.True(s, closed)
		lands(s, id, sent)
		writes := s.writes()
		time.Sleep(2 * late)
		assert.Equal(s, writes, s.writes())
		assert.Equal(s, tt.StateOpen, s.get(id).State)
	})
}

// writes counts what changed something on the server.
func (s scene) writes() int {
	n := 0
	for _, r := range s.server.Requests() {
		if r.Writes {
			n++
		}
	}
	return n
}
