package journal_test

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/internal/journal"
)

// A ticket's header: five pieces of 255 bytes.
var benchHeader = entry('h', "0", longData[:1000])

func BenchmarkEncodeHeader(b *testing.B) {
	require.Len(b, encode(b, benchHeader, 255), 5)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = journal.Encode(benchHeader, 255)
	}
}

func BenchmarkDecodeHeader(b *testing.B) {
	all := encode(b, benchHeader, 255)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = decode(all...)
	}
}

func TestAHeaderTakesAHandfulOfAllocations(t *testing.T) {
	all := encode(t, benchHeader, 255)
	require.Len(t, all, 5)
	assert.LessOrEqual(t, testing.AllocsPerRun(100, func() { _, _ = journal.Encode(benchHeader, 255) }), 5.0)
	assert.LessOrEqual(t, testing.AllocsPerRun(100, func() { _, _ = decode(all...) }), 8.0)
}

// A limit is that of the carrier: 60,000 bytes for some, and most entries have
// a few hundred.
func TestAShortEntryTakesNoMoreMemoryForALargerLimit(t *testing.T) {
	const runs, limit = 100, 60_000
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range runs {
		_, err := journal.Encode(benchHeader, limit)
		require.NoError(t, err)
	}
	runtime.ReadMemStats(&after)
	assert.Less(t, (after.TotalAlloc-before.TotalAlloc)/runs, uint64(limit/4), "bytes for one entry")
}
