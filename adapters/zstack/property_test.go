package zstack_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ttkit/ttkit/adapters/zstack/zstacktest"
	"github.com/ttkit/ttkit/internal/sequence"
	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/tttest"
)

// Whatever fails, and whichever of two processes acts: a key never has more
// than one ticket; in the end it is open or closed as it should be, with every
// comment and member that was acknowledged, each once; nothing is approved,
// and nothing foreign has changed.
func TestRandomSequences(t *testing.T) {
	sequence.Check(t, sequence.Rules{
		Start:   stage,
		Objects: objects,
		Moves: []string{
			"raise", "raise", "raise", "comment", "comment", "promote", "add", "close", // the program
			"restart", "wait", "remark", "reject", "sessions end", "server restarts",
		},
		Faults: drawFault,
		// Sessions die one after the other, and a call logs in again once.
		Again: func(e *tt.Error) bool { return e.VendorCode == "ID.1001" },
	})
}

// drawFault draws a fault of requests, one of jobs (a zstacktest.JobFault), or
// neither.
func drawFault(rt *rapid.T) (fault tttest.Fault, own any) {
	switch rapid.IntRange(0, 3).Draw(rt, "faulty") {
	case 0, 1:
		fault = sequence.AnyFault(rt, 5, 40*time.Second, tttest.Unauthorized)
		if fault.Kind == tttest.Unauthorized {
			// A login that is refused is refused for good; a session that dies is not.
			fault.Route, fault.Times = rapid.SampledFrom([]string{"tickets", "create", "change", "tag", "tags", "histories"}).Draw(rt, "route"), 1
		}
	case 2:
		own = zstacktest.JobFault{
			Kind: rapid.SampledFrom([]zstacktest.JobFaultKind{
				zstacktest.JobSticks, zstacktest.JobSticksAfter, zstacktest.JobExpires, zstacktest.JobFails, zstacktest.JobFailsAfter, zstacktest.JobSessionDies,
			}).Draw(rt, "job fault"),
			Skip: rapid.IntRange(0, 2).Draw(rt, "skip"),
		}
	}
	return fault, own
}

// stage is a platform whose jobs fail and whose sessions end, where people
// remark and reject.
func stage(seed uint64) *sequence.Stage {
	knobs := zstacktest.Knobs{}
	if seed != 0 {
		knobs = zstacktest.RandomKnobs(seed)
	}
	backend, server := startServer(zstacktest.Options{Knobs: knobs}, byPassword)
	return &sequence.Stage{
		Backend: backend,
		Moves: map[string]func(sequence.Move, *sequence.Episode) error{
			"remark": func(m sequence.Move, e *sequence.Episode) error {
				if e != nil && server.Remark(e.ID, m.Text) == nil {
					e.Comments = append(e.Comments, m.Text)
				}
				time.Sleep(server.Knobs().CommitLag) // a restart before that would lose it
				return nil
			},
			"reject": func(_ sequence.Move, e *sequence.Episode) error {
				if e != nil && server.Act(e.ID, zstacktest.Reject, "not now") == nil {
					e.Closed = true
				}
				time.Sleep(server.Knobs().CommitLag)
				return nil
			},
			"sessions end":    func(sequence.Move, *sequence.Episode) error { server.EndSessions(); return nil },
			"server restarts": func(m sequence.Move, _ *sequence.Episode) error { server.Restart(m.Pause); return nil },
		},
		Strike: func(own any) {
			fault := own.(zstacktest.JobFault)
			if fault.Kind == zstacktest.JobFails {
				// Internal errors that have not struck yet would add up: the third in a
				// row is taken for the server's last word, as it must be.
				server.ClearFaults()
			}
			server.InjectJob(fault)
		},
		Always: func() error { return onePerKey(server) },
		AtTheEnd: func(keys int) error {
			if n := len(server.Tickets()); n != 1+keys {
				return fmt.Errorf("%d tickets, of %d keys and a person", n, keys)
			}
			if server.Approvals() > 0 || len(server.Executions()) > 0 {
				return errors.New("something was approved")
			}
			return nil
		},
	}
}

// onePerKey looks for a key with two tickets. A ticket whose tags are not
// there yet has no key; its number is known all the same.
func onePerKey(server *zstacktest.Server) error {
	if n := len(server.Tickets()); n > 1+sequence.Keys {
		return fmt.Errorf("%d tickets of %d keys and a person", n, sequence.Keys)
	}
	seen := map[string]string{}
	for _, r := range records(server) {
		if other := seen[r.Key]; r.Key != "" && other != "" {
			return fmt.Errorf("%s has two tickets, %s and %s", r.Key, other, r.ID)
		}
		seen[r.Key] = r.ID
	}
	return nil
}
