package journal_test

import (
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
