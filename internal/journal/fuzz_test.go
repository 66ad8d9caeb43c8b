package journal_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/internal/journal"
)

// FuzzDecode reads any texts, one a line, beside a whole entry.
func FuzzDecode(f *testing.F) {
	bystander := entry('z', "bystander", longData)
	whole := encode(f, bystander, 255)
	f.Add(strings.Join(encode(f, entry('c', "id1", longData), 64), "\n"))
	f.Add(strings.Join(encode(f, entry('c', "id1", "^\x00\u0085"), 64), "\n"))
	f.Add("ttj1 c id1 1/1 0 00000000  00000000\nttj2 c id1 x\nforeign")
	f.Add(whole[0] + "\n" + whole[1][:100] + "\nttj1 z bystander 1/999 999999 00000000 x 00000000")

	f.Fuzz(func(t *testing.T, lines string) {
		texts := strings.Split(lines, "\n")
		entries, damage := decode(append(texts, whole...)...)
		found := false
		for _, e := range entries {
			assert.True(t, utf8.Valid(e.Data))
			if e.Kind == bystander.Kind && e.ID == bystander.ID {
				found = string(e.Data) == longData
			}
			again, _ := decode(encode(t, e, 255)...)
			assert.Equal(t, []journal.Entry{e}, again, "what was decoded can be encoded")
		}
		assert.True(t, found, "the other entry is lost")
		for _, d := range damage {
			assert.NotEmpty(t, d.Reason)
		}
	})
}

// FuzzEncode encodes any data and reads it back.
func FuzzEncode(f *testing.F) {
	f.Add("", byte('c'), "id1", 64)
	f.Add(longData, byte('h'), "0", 255)
	f.Add(" \x00^\u0085\u2028\ufeff🚨 ", byte('z'), "abcdefghij123456", 65)

	f.Fuzz(func(t *testing.T, data string, kind byte, id string, limit int) {
		e := journal.Entry{Kind: kind, ID: id, Data: []byte(data)}
		pieces, err := journal.Encode(e, limit)
		if err != nil {
			return
		}
		for _, p := range pieces {
			checkPiece(t, p, limit)
		}
		got, damage := decode(texts(pieces)...)
		assert.Empty(t, damage)
		require.Len(t, got, 1)
		assert.Equal(t, e.Kind, got[0].Kind)
		assert.Equal(t, e.ID, got[0].ID)
		assert.Equal(t, data, string(got[0].Data))
	})
}
