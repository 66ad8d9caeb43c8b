package proof_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/ttkit/ttkit/adapters/guance"
	"github.com/ttkit/ttkit/adapters/guance/guancetest"
	"github.com/ttkit/ttkit/internal/journal/journaltest"
	"github.com/ttkit/ttkit/internal/proof"
	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/tttest"
)

func init() {
	register("guance", system{start: startGuance, open: openGuance, objects: []string{"sw1", "sw10", "SW1", "rt-7.msk", "10.0.0.1", "db_2"}})
}

func openGuance(url string, times proof.Times) (tt.System, error) {
	return guance.New(guance.Config{
		Common: tt.Common{
			BaseURL: url, Timeout: times.Timeout, Late: times.Late, Settle: times.Settle, Window: times.Window,
			Retry: tt.Retry{WaitMin: 20 * time.Millisecond, WaitMax: times.Timeout},
		},
		APIKey:  tt.NewSecret(guancetest.DefaultKey),
		Targets: []string{"acnt_noc"},
		Rate:    guance.Rate{Requests: tt.Off},
	})
}

// startGuance starts a simulator whose lists lag, and whose schedules commit
// in another order than they came.
func startGuance(_ uint64, times proof.Times) (*proof.Backend, error) {
	server := guancetest.New(guancetest.Options{Knobs: guancetest.Knobs{ListLag: times.Lag, CommitDelay: times.Lag}})
	b := &proof.Backend{Handler: server, Settle: server.Settle}
	b.Close = server.Close
	b.Inject = func(f tttest.Fault) { server.Inject(f) }
	b.ClearFaults = server.ClearFaults
	b.Records = func() ([]tttest.Record, error) { return recordsOf(scheduleLives(server)), nil }
	b.Lives = func() ([]proof.Life, error) { return scheduleLives(server), nil }
	b.Foreign = func(obj string) (string, error) {
		return server.AddSchedule(guancetest.Schedule{Name: "day shift", DimensionFilter: "host:" + obj}), nil
	}
	b.Person = func(r *rand.Rand, hold time.Duration) string { return editSchedule(server, r, hold) }
	return b, nil
}

// editSchedule writes the rules of a ticket back as they were a moment ago:
// the console, too, writes the whole of them.
func editSchedule(server *guancetest.Server, r *rand.Rand, hold time.Duration) string {
	lives := slices.DeleteFunc(scheduleLives(server), func(l proof.Life) bool { return !l.Open || l.Key == "" })
	if len(lives) == 0 {
		return ""
	}
	id := lives[r.IntN(len(lives))].ID
	was, _ := server.Schedule(id)
	time.Sleep(hold)
	server.Edit(id, func(now *guancetest.Schedule) { now.Strategy = was.Strategy })
	return id
}

// scheduleLives reads the simulator's state with the journal alone, past the
// adapter.
func scheduleLives(server *guancetest.Server) []proof.Life {
	now := server.Now()
	var out []proof.Life
	for _, x := range server.Schedules() {
		_, end := x.Effective()
		life := proof.Life{From: x.Created}
		life.ID, life.Open = x.UUID, x.Alive() && (end.IsZero() || end.After(now))
		if !life.Open {
			life.To = end
		}
		life.Raw = fmt.Sprintf("%q %q %q %s %s %v %v", x.Name, x.DimensionFilter, x.NotifyTargets, x.Extend, x.Strategy, x.Updated, x.Deleted)
		var texts []string
		for _, element := range x.Strategy {
			var rule struct{ Name string }
			if json.Unmarshal(element, &rule) == nil {
				texts = append(texts, rule.Name)
			}
		}
		journaltest.Read(&life.Record, texts)
		out = append(out, life)
	}
	return out
}
