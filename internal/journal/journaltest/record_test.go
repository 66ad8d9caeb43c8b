package journaltest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/internal/journal"
	"github.com/ttkit/ttkit/internal/journal/journaltest"
	"github.com/ttkit/ttkit/tt/tttest"
)

func TestRead(t *testing.T) {
	var texts []string
	for _, e := range []journal.Entry{
		{Kind: 'm', ID: "b", Data: []byte(`{"o":"sw-3","t":"2026-03-01T10:00:02Z"}`)},
		{Kind: 'c', ID: "c1", Data: []byte(`{"b":"on my way","t":"2026-03-01T10:00:01Z"}`)},
		{Kind: 'h', ID: "0", Data: []byte(`{"k":"alarm 7","o":"sw-1"}`)},
		{Kind: 'm', ID: "a", Data: []byte(`{"o":"sw-2","t":"2026-03-01T10:00:01Z"}`)},
		{Kind: 'm', ID: "l", Data: []byte(`{"o":"sw-1","t":"2026-03-01T10:00:00Z"}`)},
		{Kind: 'x', ID: "0", Data: []byte(`{"b":"repaired"}`)},
		{Kind: 'z', ID: "0", Data: []byte(`{"b":"of a later version"}`)},
	} {
		pieces, err := journal.Encode(e, 255)
		require.NoError(t, err)
		for _, piece := range pieces {
			texts = append(texts, piece.Text)
		}
	}
	r := tttest.Record{ID: "7", Open: true}
	journaltest.Read(&r, append(texts, "a person's text"))
	assert.Equal(t, tttest.Record{
		ID: "7", Open: true, Key: "alarm 7",
		Objects:  []string{"sw-1", "sw-2", "sw-3"},
		Comments: []string{"on my way", "repaired"},
	}, r)
}
