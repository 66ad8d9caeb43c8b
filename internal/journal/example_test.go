package journal_test

import (
	"fmt"
	"slices"

	"github.com/ttkit/ttkit/internal/journal"
)

func Example() {
	comment := journal.Entry{
		Kind: 'c',
		ID:   journal.ID("the caller's key of the comment"),
		Data: []byte(`{"at":"2025-03-01T10:00:00Z","subject":"link is down again","body":"port 7, both fibres"}`),
	}
	pieces, err := journal.Encode(comment, 120)
	if err != nil {
		fmt.Println(err)
		return
	}
	labels := map[string]string{"team": "core"} // somebody else's
	for _, p := range pieces {
		labels[p.Name] = p.Text
		fmt.Println(p.Name, "=", p.Text)
	}

	texts := []string{labels["team"], pieces[1].Text, pieces[0].Text} // in any order
	entries, damage := journal.Decode(slices.Values(texts))
	fmt.Println(string(entries[0].Data), len(damage))
	// Output:
	// tt_c_cwqkcfmmg4izqcay_001 = ttj1 c cwqkcfmmg4izqcay 1/2 89 62e40c32 {"at":"2025-03-01T10:00:00Z","subject":"link is down again","body":"por 7ca35b01
	// tt_c_cwqkcfmmg4izqcay_002 = ttj1 c cwqkcfmmg4izqcay 2/2 89 62e40c32 t 7, both fibres"} 27a9020a
	// {"at":"2025-03-01T10:00:00Z","subject":"link is down again","body":"port 7, both fibres"} 0
}
