package guance

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

func TestNames(t *testing.T) {
	const object, key = "5f0c2a11", "9b1d4a440c2e4f6e"
	ticket := tag{state: tagOpen, object: object, key: key}
	for _, row := range []struct {
		what, name string
		want       tag
		rest       string
	}{
		{"an open ticket", "[tt+5f0c2a11:9b1d4a440c2e4f6e] down", ticket, "down"},
		{"a group", "[ttg+5f0c2a11:9b1d4a440c2e4f6e] down", ticket.as(tagGroup, ""), "down"},
		{"a closed one", "[tc+5f0c2a11:9b1d4a440c2e4f6e.e2d1f0] down", ticket.as(tagClosed, "incsch_e2d1f0"), "down"},
		{"without a title", "[tt+5f0c2a11:9b1d4a440c2e4f6e]", ticket, ""},
		{"a subject that looks like a tag", "[tt+5f0c2a11:9b1d4a440c2e4f6e] [tc+x]", ticket, "[tc+x]"},
		{"a person's", "night shift", tag{}, "night shift"},
		{"a person's in brackets", "[tt] weekend", tag{}, "[tt] weekend"},
		{"digits that are none of ours", "[tt+5F0C2A11:9b1d4a440c2e4f6e] down", tag{}, "[tt+5F0C2A11:9b1d4a440c2e4f6e] down"},
		{"too few digits", "[tt+5f0c2a1:9b1d4a440c2e4f6e] down", tag{}, "[tt+5f0c2a1:9b1d4a440c2e4f6e] down"},
		{"a tag that was cut", "[tt+5f0c2a11:9b1d", tag{}, "[tt+5f0c2a11:9b1d"},
	} {
		t.Run(row.what, func(t *testing.T) {
			got, rest := parseName(row.name)
			assert.Equal(t, row.want, got)
			assert.Equal(t, row.rest, rest)
		})
	}
}

// Whatever the subject: the name is one line, within the limit by any count,
// and what is searched for is in it whole, in every state.
func TestANameHoldsItsTagWhateverTheTitle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		subject := rapid.String().Draw(t, "subject")
		subject = strings.Repeat(subject, rapid.IntRange(1, 40).Draw(t, "times"))
		open := tag{state: tagOpen, object: "5f0c2a11", key: "9b1d4a440c2e4f6e"}
		line := title(strings.ToValidUTF8(subject, "?"))
		for _, state := range []string{tagOpen, tagGroup, tagClosed} {
			want := open.as(state, "incsch_0f1e2d3c4b5a69788796a5b4c3d2e1f0")
			name := want.name(line)
			assert.LessOrEqual(t, len(name), maxName)
			assert.True(t, utf8.ValidString(name))
			assert.NotContains(t, name, "\n")
			got, rest := parseName(name)
			assert.Equal(t, want, got)
			assert.Equal(t, line, rest, "a title fits in every state")
		}
	})
}
