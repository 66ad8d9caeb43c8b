package zstack

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ttkit/ttkit/tt"
)

// A cursor knows every number that it was told, in whatever order, and no
// other, as far back as it reads again.
func TestACursorKnowsWhatWasTold(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c, told, highest := &cursor{}, map[int64]bool{}, int64(0)
		for range rapid.IntRange(0, 40).Draw(rt, "rows") {
			n := max(highest+rapid.Int64Range(-overlap, overlap).Draw(rt, "step"), 1)
			if n <= highest-overlap {
				continue
			}
			c.addSequence(n)
			told[n], highest = true, max(highest, n)
		}
		for n := max(highest-overlap+1, 1); n <= highest+overlap; n++ {
			if c.hasSequence(n) != told[n] {
				rt.Fatalf("%d of at most %d: told %t", n, highest, told[n])
			}
		}
		if highest > overlap && !c.hasSequence(highest-overlap) {
			rt.Fatal("what is not read again would be told again")
		}
		for i := range rapid.IntRange(0, 5).Draw(rt, "tags") {
			c.addTag(version(randomHex(16), '4'), int64(1_700_000_000+i))
		}
		again, err := parseCursor(c.String())
		if err != nil || again.String() != c.String() || len(again.tags) != len(c.tags) {
			rt.Fatalf("%v: %+v, %+v", err, c, again)
		}
		for _, tag := range c.tags {
			if again.date < tag.date {
				rt.Fatal("the date of a tag is after the newest")
			}
		}
	})
}

func TestACursorForgetsTagsThatAreNotReadAgain(t *testing.T) {
	c := &cursor{}
	const old, recent = "8417778c55974dd5bb13ea95557ff950", "9417778c55974dd5bb13ea95557ff950"
	c.addTag(old, 1000)
	c.addTag(recent, 1004)
	c.prune(since(c.date, time.UTC))
	assert.True(t, c.hasTag(old))
	c.addTag("a417778c55974dd5bb13ea95557ff950", 1006)
	c.prune(since(c.date, time.UTC))
	assert.False(t, c.hasTag(old))
	assert.True(t, c.hasTag(recent))
}

// When a summer time ends, the digits of a clock come a second time.
func TestTagsAreReadAgainForAnHourWhenTheClockGoesBack(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	digits := func(day, hour int) int64 { return time.Date(2026, 10, day, hour, 30, 0, 0, time.UTC).Unix() }
	assert.Equal(t, int64(tagOverlap), digits(24, 12)-since(digits(24, 12), zone))
	assert.Equal(t, int64(tagOverlap+3600), digits(25, 2)-since(digits(25, 2), zone))
	assert.Equal(t, int64(tagOverlap), digits(25, 12)-since(digits(25, 12), zone))
	assert.Zero(t, since(2, zone))
}

func TestWhatIsNoCursor(t *testing.T) {
	for _, text := range []string{"x", "!!", "AA", "Ag", "AQ", "AQA", (&cursor{sequence: 5}).String() + "AAAA", "AQ" + (&cursor{}).String()} {
		_, err := parseCursor(text)
		require.ErrorIs(t, err, tt.ErrInvalid, text)
	}
}

func FuzzCursor(f *testing.F) {
	c := &cursor{sequence: 700, date: 1_700_000_000}
	c.addSequence(701)
	c.addTag("8417778c55974dd5bb13ea95557ff950", 1_700_000_001)
	f.Add(c.String())
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parseCursor(text)
		if err != nil {
			if !errors.Is(err, tt.ErrInvalid) {
				t.Fatal(err)
			}
			return
		}
		again, err := parseCursor(c.String())
		if err != nil || again.String() != c.String() {
			t.Fatalf("%q: %v", text, err)
		}
		c.hasSequence(c.sequence + 1)
		c.addSequence(c.sequence + 3)
		c.prune(since(c.date, time.UTC))
	})
}
