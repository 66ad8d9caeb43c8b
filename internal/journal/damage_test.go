package journal_test

import (
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ttkit/ttkit/internal/journal"
)

func TestForeignTextsAreIgnored(t *testing.T) {
	for _, text := range []string{
		"", " ", "net", "tt", "ttj", "ttj ", "ttj1", "ttj1c", "ttj0 c id1 1/1", "ttj01 c id1", "ttj-1 c id1", "ttjx c id1",
		"TTJ1 c id1 1/1 0 00000000  00000000", "see ttj1 c id1 1/1", "ttj1234567 c id1 1/1", "\xff\xfe", "[tt:91ab] link is down",
	} {
		entries, damage := decode(text)
		assert.Empty(t, entries, "%q", text)
		assert.Empty(t, damage, "%q", text)
	}
}

func TestWhiteSpaceAddedAtTheEndsIsHarmless(t *testing.T) {
	e := entry('c', "id1", longData)
	all := encode(t, e, 100)
	for i := range all {
		all[i] = "\r\n\t " + all[i] + " \u00a0\n"
	}
	got, damage := decode(all...)
	assert.Empty(t, damage)
	assert.Equal(t, []journal.Entry{e}, got)
}

func TestDamageIsReportedAndLosesNothingElse(t *testing.T) {
	bystander := entry('h', "0", longData)
	broken := entry('c', "id1", longData)
	pieces := encode(t, broken, 255)
	require.Greater(t, len(pieces), 3)
	one := func(i int, change func(string) string) []string {
		out := slices.Clone(pieces)
		out[i] = change(out[i])
		return out
	}
	missing := journal.Damage{Kind: 'c', ID: "id1", Reason: fmt.Sprintf("1 of %d texts are missing", len(pieces))}
	changed := journal.Damage{Kind: 'c', ID: "id1", Reason: "a text was changed or cut"}
	both := []journal.Damage{missing, changed}

	for name, c := range map[string]struct {
		texts []string
		want  []journal.Damage
	}{
		"the first piece is missing":       {pieces[1:], []journal.Damage{missing}},
		"the last piece is missing":        {pieces[:len(pieces)-1], []journal.Damage{missing}},
		"a piece was cut by the carrier":   {one(1, func(s string) string { return s[:200] }), both},
		"a piece was cut in its head":      {one(1, func(s string) string { return s[:14] }), both},
		"a piece was cut visibly":          {one(1, func(s string) string { return s[:200] + "..." }), both},
		"a letter was changed":             {one(1, func(s string) string { return strings.Replace(s, "link", "Link", 1) }), both},
		"blanks were made one":             {one(0, func(s string) string { return strings.Replace(s, ", ", ",", 1) }), both},
		"everything is in upper case":      {one(0, func(s string) string { return "ttj1 c id1" + strings.ToUpper(s[10:]) }), both},
		"the number of a piece is another": {one(1, func(s string) string { return strings.Replace(s, " 2/", " 3/", 1) }), both},
		"the number of a piece is zero":    {one(1, func(s string) string { return strings.Replace(s, " 2/", " 0/", 1) }), both},
		"only the head is left":            {[]string{"ttj1 c id1 1/"}, []journal.Damage{changed}},
		"not all of the id is left":        {[]string{"ttj1 c i"}, []journal.Damage{{Kind: 'c', Reason: changed.Reason}}},
	} {
		t.Run(name, func(t *testing.T) {
			got, damage := decode(append(encode(t, bystander, 255), c.texts...)...)
			assert.Equal(t, []journal.Entry{bystander}, got)
			assert.Equal(t, c.want, damage)
		})
	}
}

func TestADamagedCopyBesideAWholeEntryIsReportedOnly(t *testing.T) {
	e := entry('c', "id1", longData)
	all := encode(t, e, 255)
	all = append(all, all[0][:100])
	got, damage := decode(all...)
	assert.Equal(t, []journal.Entry{e}, got)
	assert.Equal(t, []journal.Damage{{Kind: 'c', ID: "id1", Reason: "a text was changed or cut"}}, damage)
}

func TestAnEntryWrittenTwice(t *testing.T) {
	long, short := entry('c', "id1", longData), entry('c', "id1", longData[:300])
	same := strings.Replace(longData, "link", "LINK", 1) // as long, and sorts first
	twice := []journal.Damage{{Kind: 'c', ID: "id1", Reason: "written twice with different data"}}
	for name, c := range map[string]struct {
		texts  []string
		want   journal.Entry
		damage []journal.Damage
	}{
		"the same way is the entry": {
			append(encode(t, long, 255), encode(t, long, 255)...), long, nil},
		"with two limits is the entry": {
			append(encode(t, long, 255), encode(t, long, 254)...), long, nil},
		"with two limits, and one of them incomplete, is the entry": {
			append(encode(t, long, 254), encode(t, long, 255)[1:]...), long,
			[]journal.Damage{{Kind: 'c', ID: "id1", Reason: fmt.Sprintf("1 of %d texts are missing", len(encode(t, long, 255)))}}},
		"with different data is the longer one": {
			append(encode(t, long, 255), encode(t, short, 255)...), long, twice},
		"with different data of one length is the one that sorts first": {
			append(encode(t, long, 255), encode(t, entry('c', "id1", same), 255)...), entry('c', "id1", same), twice},
		"with a rest of a longer one is the one that is whole": {
			append(encode(t, short, 255), encode(t, long, 255)[2:]...), short,
			[]journal.Damage{{Kind: 'c', ID: "id1", Reason: fmt.Sprintf("2 of %d texts are missing", len(encode(t, long, 255)))}}},
	} {
		t.Run(name, func(t *testing.T) {
			got, damage := decode(c.texts...)
			assert.Equal(t, []journal.Entry{c.want}, got)
			assert.Equal(t, c.damage, damage)
			slices.Reverse(c.texts)
			again, _ := decode(c.texts...)
			assert.Equal(t, got, again, "the order of texts must not matter")
		})
	}
}

func TestPiecesOfTwoWritingsAreNeverPutTogether(t *testing.T) {
	a := encode(t, entry('h', "0", strings.Repeat("a", 600)), 255)
	b := encode(t, entry('h', "0", strings.Repeat("b", 600)), 255)
	require.Len(t, b, len(a))
	for mask := 1; mask < 1<<len(a)-1; mask++ {
		mixed := make([]string, len(a))
		for i := range a {
			if mixed[i] = a[i]; mask&(1<<i) != 0 {
				mixed[i] = b[i]
			}
		}
		got, damage := decode(mixed...)
		assert.Empty(t, got)
		assert.NotEmpty(t, damage)
	}
}

// seal adds the last checksum to a text, as another program might.
func seal(text string) string {
	return fmt.Sprintf("%s %08x", text, crc32.Checksum([]byte(text), crc32.MakeTable(crc32.Castagnoli)))
}

// sumOf is the checksum of an entry with these pieces.
func sumOf(pieces ...string) string {
	return fmt.Sprintf("%08x", crc32.Checksum([]byte(strings.Join(pieces, "\n")+"\n"), crc32.MakeTable(crc32.Castagnoli)))
}

func TestSealedTextsThatMakeNoEntry(t *testing.T) {
	require.Equal(t, encode(t, entry('c', "id1", "ab"), 255), []string{seal("ttj1 c id1 1/1 2 " + sumOf("ab") + " ab")},
		"seal and sumOf write the format")

	const apart = "the texts are whole, but do not belong together"
	one := func(length int, payload string) []string {
		return []string{seal(fmt.Sprintf("ttj1 c id1 1/1 %d %s %s", length, sumOf(payload), payload))}
	}
	for name, c := range map[string]struct {
		texts []string
		want  string
	}{
		"another length":                  {one(3, "ab"), apart},
		"another checksum":                {[]string{seal("ttj1 c id1 1/1 2 00000000 ab")}, apart},
		"a caret alone":                   {one(2, "a^"), apart},
		"a caret and one digit":           {one(2, "a^0"), apart},
		"a caret before other letters":    {one(2, "a^zz"), apart},
		"an escape in upper case":         {one(2, "a^0A"), apart},
		"an escape that needs none":       {one(2, "a^41"), apart},
		"no UTF-8":                        {one(2, "a\xff"), apart},
		"two texts of one number":         {[]string{seal("ttj1 c id1 1/1 2 00000000 ab"), seal("ttj1 c id1 1/1 2 00000000 cd")}, "a text contradicts another"},
		"a number above the total":        {[]string{seal("ttj1 c id1 2/1 2 00000000 ab")}, "a text was changed or cut"},
		"more pieces than the format has": {[]string{seal("ttj1 c id1 1/1000 2 00000000 ab")}, "a text was changed or cut"},
		"a number with a zero before it":  {[]string{seal("ttj1 c id1 01/1 2 00000000 ab")}, "a text was changed or cut"},
		"a number with a sign":            {[]string{seal("ttj1 c id1 +1/1 2 00000000 ab")}, "a text was changed or cut"},
		"a length beyond the format":      {[]string{seal("ttj1 c id1 1/1 1000000 00000000 ab")}, "a text was changed or cut"},
		"a checksum in upper case":        {[]string{seal("ttj1 c id1 1/1 2 0000000A ab")}, "a text was changed or cut"},
		"nothing before its checksum":     {[]string{seal("ttj1 c id1 1/1 2 00000000")}, "a text was changed or cut"},
	} {
		t.Run(name, func(t *testing.T) {
			got, damage := decode(c.texts...)
			assert.Empty(t, got)
			assert.Equal(t, []journal.Damage{{Kind: 'c', ID: "id1", Reason: c.want}}, damage)
			slices.Reverse(c.texts)
			_, again := decode(c.texts...)
			assert.Equal(t, damage, again)
		})
	}
}

func TestANewerVersionIsLeftAlone(t *testing.T) {
	e := entry('c', "id1", "x")
	for text, want := range map[string]journal.Damage{
		"ttj2 c id1 what this version does not know": {Kind: 'c', ID: "id1"},
		"ttj2 c id1":      {Kind: 'c'},
		"ttj10 c id1 1/1": {Kind: 'c', ID: "id1"},
		"ttj2 !":          {},
	} {
		got, damage := decode(append(encode(t, e, 64), text)...)
		assert.Equal(t, []journal.Entry{e}, got)
		want.Newer, want.Reason = true, "written by a newer version of this library"
		assert.Equal(t, []journal.Damage{want}, damage, "%q", text)
	}
}

func TestDamageNeverShowsTheData(t *testing.T) {
	const marker = "hunter2"
	e := entry('c', "id1", strings.Repeat(marker+" ", 60))
	all := encode(t, e, 255)
	for _, texts := range [][]string{all[1:], {all[0] + marker}, {"ttj2 c id1 " + marker}, {"ttj1 " + marker}} {
		_, damage := decode(texts...)
		assert.NotEmpty(t, damage)
		assert.NotContains(t, fmt.Sprintf("%+v", damage), marker)
	}
}

// One entry is mangled at random; the other must come back as if alone, and
// the mangled one whole or not at all.
func TestRandomDamageInOneEntryNeverChangesAnother(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(journal.MinLimit, 255).Draw(t, "limit")
		data := rapid.StringN(0, 200, 400)
		kept := entry('h', "0", data.Draw(t, "kept"))
		victim := entry('c', rapid.SampledFrom([]string{"0", "1"}).Draw(t, "id"), data.Draw(t, "victim"))
		keptPieces, err := journal.Encode(kept, limit)
		require.NoError(t, err)
		victimPieces, err := journal.Encode(victim, limit)
		require.NoError(t, err)

		var all []string
		for _, text := range texts(victimPieces) {
			for n := rapid.IntRange(0, 2).Draw(t, "copies"); n > 0; n-- {
				all = append(all, mangle(t, text))
			}
		}
		all = rapid.Permutation(append(all, texts(keptPieces)...)).Draw(t, "order")

		got, _ := decode(all...)
		found := false
		for _, e := range got {
			switch {
			case e.Kind == kept.Kind && e.ID == kept.ID:
				found = true
				assert.Equal(t, string(kept.Data), string(e.Data))
			default:
				assert.Equal(t, victim.Kind, e.Kind)
				assert.Equal(t, victim.ID, e.ID)
				assert.Equal(t, string(victim.Data), string(e.Data))
			}
		}
		assert.True(t, found, "the other entry is lost")

		again, _ := decode(rapid.Permutation(all).Draw(t, "another order")...)
		assert.Equal(t, got, again)
	})
}

func mangle(t *rapid.T, text string) string {
	b := []byte(text)
	switch rapid.SampledFrom([]string{"keep", "flip", "cut", "remove", "insert"}).Draw(t, "damage") {
	case "flip":
		b[rapid.IntRange(0, len(b)-1).Draw(t, "at")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
	case "cut":
		b = b[:rapid.IntRange(0, len(b)-1).Draw(t, "at")]
	case "remove":
		i := rapid.IntRange(0, len(b)-1).Draw(t, "at")
		b = slices.Delete(b, i, i+1)
	case "insert":
		b = slices.Insert(b, rapid.IntRange(0, len(b)).Draw(t, "at"), rapid.Byte().Draw(t, "byte"))
	}
	return string(b)
}
