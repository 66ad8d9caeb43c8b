package proof

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// written is a journal with these lines, read again.
func written(t *testing.T, lines string) map[int]*Past {
	t.Helper()
	path := filepath.Join(t.TempDir(), "journal")
	require.NoError(t, os.WriteFile(path, []byte(lines), 0o600))
	past, err := ReadJournal(path, 10*time.Second)
	require.NoError(t, err)
	return past
}

func TestAJournalTellsASuccessorWhatWasDone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	past, err := ReadJournal(path, time.Second)
	require.NoError(t, err)
	assert.Empty(t, past, "there is none yet")

	refused := errors.New("closed: the ticket\nis over .")
	for range 2 { // a second life goes on in the same file
		j, err := OpenJournal(path)
		require.NoError(t, err)
		require.NoError(t, j.write(wordTry, 4, 0))
		require.NoError(t, j.write(wordAck, 4, 0, "T1"))
		require.NoError(t, j.write(wordTry, 4, 1))
		require.NoError(t, j.write(wordRefuse, 4, 1, strconv.Quote(refused.Error())))
		require.NoError(t, j.Close())
	}
	past, err = ReadJournal(path, time.Second)
	require.NoError(t, err)
	require.Contains(t, past, 4)
	p := past[4]
	assert.Equal(t, "T1", p.Ticket)
	assert.Equal(t, 2, p.Ops[0].Tries)
	assert.False(t, p.Ops[0].Acked.Before(p.Ops[0].Last))
	assert.Equal(t, refused.Error(), p.Ops[1].Refused)
	assert.True(t, p.Ops[1].Acked.IsZero())
	_, doubt := p.doubt()
	assert.False(t, doubt, "nobody died")
}

func TestWhatADeathLeavesInDoubt(t *testing.T) {
	const s = "000000000"
	for _, row := range []struct {
		rule  string
		lines string
		doubt bool
	}{
		{"what was begun and not acknowledged", "try 100" + s + " 1 0 .\nkill 200" + s + " .", true},
		{"what was acknowledged shortly before", "try 100" + s + " 1 0 .\nack 101" + s + " 1 0 T .\nkill 105" + s + " .", true},
		{"not what was acknowledged long before", "try 100" + s + " 1 0 .\nack 101" + s + " 1 0 T .\nkill 200" + s + " .", false},
		{"not what was refused", "try 100" + s + " 1 0 .\nrefuse 101" + s + ` 1 0 "no" .` + "\nkill 200" + s + " .", false},
		{"not what was repeated since", "try 100" + s + " 1 0 .\nkill 102" + s + " .\nack 110" + s + " 1 0 T .\nsure 120" + s + " 1 .", false},
		{"what was repeated, and died again", "try 100" + s + " 1 0 .\nkill 102" + s + " .\nsure 120" + s + " 1 .\ntry 121" + s + " 1 1 .\nkill 122" + s + " .", true},
		{"a repeat that a death interrupts", "try 100" + s + " 1 0 .\nack 101" + s + " 1 0 T .\ntry 150" + s + " 1 0 .\nkill 200" + s + " .", true},
	} {
		t.Run(row.rule, func(t *testing.T) {
			_, doubt := written(t, row.lines)[1].doubt()
			assert.Equal(t, row.doubt, doubt)
		})
	}
}

func TestALineThatADeathCutOffSaysNothing(t *testing.T) {
	whole := "ack 100000000000 1 0 T17 .\n"
	for n := range len(whole) - 2 { // the end of the line is not its last word
		past := written(t, whole[:n]+"\nkill 200000000000 .\n")
		if p := past[1]; p != nil {
			assert.Empty(t, p.Ticket, "cut after %d bytes: %q", n, whole[:n])
		}
	}
	assert.Equal(t, "T17", written(t, whole)[1].Ticket)
}
