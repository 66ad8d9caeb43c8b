// Package journaltest reads what the adapters write into tickets: with the
// journal alone and past the adapters, so that a test of theirs does not
// believe them.
package journaltest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/ttkit/ttkit/internal/journal"
	"github.com/ttkit/ttkit/tt/tttest"
)

// Read adds to a record what the journal in texts holds: the key, the
// comments, the objects in the order in which they joined. Entries of a kind
// that it does not know are left alone.
func Read(r *tttest.Record, texts []string) {
	entries, _ := journal.Decode(slices.Values(texts))
	type joined struct {
		at  time.Time
		obj string
	}
	var members []joined
	for _, e := range entries {
		fields := Fields(e)
		switch e.Kind {
		case 'h': // the head
			r.Key = fields["k"]
			r.Objects = append(r.Objects, fields["o"])
		case 'c': // a comment
			r.Comments = append(r.Comments, fields["b"])
		case 'x': // the end, perhaps with a last word
			if fields["b"] != "" {
				r.Comments = append(r.Comments, fields["b"])
			}
		case 'm': // a member
			at, _ := time.Parse(time.RFC3339Nano, fields["t"])
			members = append(members, joined{at, fields["o"]})
		}
	}
	slices.SortFunc(members, func(a, b joined) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.obj, b.obj)) })
	for _, m := range members {
		if !slices.Contains(r.Objects, m.obj) {
			r.Objects = append(r.Objects, m.obj)
		}
	}
}

// Fields are the texts of an entry's data, by the names that stand in it.
func Fields(e journal.Entry) map[string]string {
	var fields map[string]any
	_ = json.Unmarshal(e.Data, &fields)
	texts := map[string]string{}
	for name, value := range fields {
		texts[name] = fmt.Sprint(value)
	}
	return texts
}
