package proof_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/ttkit/ttkit/adapters/rsm"
	"github.com/ttkit/ttkit/adapters/rsm/rsmtest"
	"github.com/ttkit/ttkit/internal/journal/journaltest"
	"github.com/ttkit/ttkit/internal/proof"
	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/tttest"
)

func init() {
	register("rsm", system{start: startRSM, open: openRSM, objects: itemNames()})
}

// itemNames are the config items of the simulator.
func itemNames() []string {
	var names []string
	for _, ci := range rsmtest.DefaultCIs() {
		names = append(names, fmt.Sprint(ci.ID))
	}
	return names
}

func openRSM(url string, times proof.Times) (tt.System, error) {
	return rsm.New(rsm.Config{
		Common: tt.Common{
			BaseURL: url, Timeout: times.Timeout, Late: times.Late, Settle: times.Settle, Window: times.Window,
			Retry: tt.Retry{WaitMin: 20 * time.Millisecond, WaitMax: times.Timeout},
		},
		Token: tt.NewSecret(rsmtest.DefaultToken),
	})
}

// startRSM starts a simulator whose lists lag, whose creates commit in another
// order than they came, and whose ids are not in the order of either.
func startRSM(_ uint64, times proof.Times) (*proof.Backend, error) {
	server := rsmtest.New(rsmtest.Options{Knobs: rsmtest.Knobs{
		ListLag: times.Lag, CommitDelay: times.Lag, IDs: rsmtest.IDsBlocks,
	}})
	b := &proof.Backend{Handler: server, Settle: server.Settle}
	b.Close = server.Close
	b.Inject = func(f tttest.Fault) { server.Inject(f) }
	b.ClearFaults = server.ClearFaults
	b.Records = func() ([]tttest.Record, error) { return recordsOf(modeLives(server)), nil }
	b.Lives = func() ([]proof.Life, error) { return modeLives(server), nil }
	b.Foreign = func(obj string) (string, error) {
		var ci int64
		if _, err := fmt.Sscan(obj, &ci); err != nil {
			return "", err
		}
		return fmt.Sprint(server.AddMode(rsmtest.Mode{
			Title: "planned work", End: server.Now().Add(24 * time.Hour),
			Items: []rsmtest.Item{{CI: ci}}, Labels: map[string]any{"made_by": "a person"},
		})), nil
	}
	b.Person = func(r *rand.Rand, hold time.Duration) string { return editMode(server, r, hold) }
	b.Expire = func() func() {
		server.Revoke(rsmtest.DefaultToken)
		return func() { server.SetToken(rsmtest.Token{Value: rsmtest.DefaultToken}) }
	}
	return b, nil
}

// editMode writes the labels of a ticket back as they were a moment ago, with
// one more: the console, too, writes the whole of them.
func editMode(server *rsmtest.Server, r *rand.Rand, hold time.Duration) string {
	modes := slices.DeleteFunc(server.Modes(), func(m rsmtest.Mode) bool { return !m.Open() || m.Label("tt_key") == "" })
	if len(modes) == 0 {
		return ""
	}
	m := modes[r.IntN(len(modes))]
	time.Sleep(hold)
	if now, _ := server.Mode(m.ID); !now.Open() {
		return ""
	}
	server.Edit(m.ID, func(now *rsmtest.Mode) {
		m.Labels["seen_by"] = "carol"
		now.Labels = m.Labels
	})
	return fmt.Sprint(m.ID)
}

func recordsOf(lives []proof.Life) []tttest.Record {
	var out []tttest.Record
	for _, life := range lives {
		out = append(out, life.Record)
	}
	return out
}

// modeLives reads the simulator's state with the journal alone, past the
// adapter.
func modeLives(server *rsmtest.Server) []proof.Life {
	var out []proof.Life
	for _, m := range server.Modes() {
		life := proof.Life{From: m.Created, To: m.Ended}
		life.ID, life.Open = fmt.Sprint(m.ID), m.Open()
		life.Raw = fmt.Sprint(m.Title, m.Start, m.End, m.Items, m.Labels)
		if !life.Open && life.To.IsZero() {
			life.To = m.End
		}
		var texts []string
		for name, value := range m.Labels {
			if text, ok := value.(string); ok && strings.HasPrefix(name, "tt_") {
				texts = append(texts, text)
			}
		}
		journaltest.Read(&life.Record, texts)
		out = append(out, life)
	}
	return out
}
