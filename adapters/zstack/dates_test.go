package zstack

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var shanghai = time.FixedZone("+08:00", 8*60*60)

func TestDatesInEverySpelling(t *testing.T) {
	want := time.Date(2017, 11, 14, 14, 20, 57, 0, time.UTC)
	for name, text := range map[string]string{
		"Java 8":                "Nov 14, 2017 10:20:57 PM",
		"Java 9":                "Nov 14, 2017, 10:20:57 PM",
		"Java 20":               "Nov 14, 2017, 10:20:57\u202fPM",
		"Java 20 without comma": "Nov 14, 2017 10:20:57\u202fPM",
		"blanks around":         "  Nov 14, 2017 10:20:57 PM\n",
	} {
		t.Run(name, func(t *testing.T) {
			at, err := parseDate(text, shanghai)
			require.NoError(t, err)
			assert.Equal(t, want, at)
			assert.Equal(t, time.UTC, at.Location())
		})
	}
	for name, text := range map[string]string{
		"nothing":       "",
		"another order": "14 Nov 2017 10:20:57 PM",
		"no half":       "Nov 14, 2017 10:20:57",
		"hour 13":       "Nov 14, 2017 13:20:57 PM",
		"February 30":   "Feb 30, 2017 10:20:57 PM",
		"RFC 3339":      "2017-11-14T22:20:57Z",
		"milliseconds":  "1510669257000",
		"words":         "hunter2",
		"more":          "Nov 14, 2017 10:20:57 PM CST",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parseDate(text, shanghai)
			require.Error(t, err)
			assert.NotContains(t, err.Error(), "hunter2")
		})
	}
}

// Every second that a server can write is read back.
func TestDatesAreReadAsTheyAreWritten(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		zone := rapid.SampledFrom([]*time.Location{time.UTC, shanghai, time.FixedZone("", -(3*60+30)*60)}).Draw(rt, "zone")
		want := time.Unix(rapid.Int64Range(0, 4102444800).Draw(rt, "at"), 0).UTC()
		text := want.In(zone).Format(rapid.SampledFrom(dateLayouts).Draw(rt, "layout"))
		if rapid.Bool().Draw(rt, "narrow") {
			text = strings.NewReplacer(" AM", "\u202fAM", " PM", "\u202fPM").Replace(text)
		}
		got, err := parseDate(text, zone)
		if err != nil || !got.Equal(want) {
			rt.Fatalf("%s: %v, %v", text, got, err)
		}
	})
}

func TestZones(t *testing.T) {
	for text, seconds := range map[string]int{
		"UTC": 0, "GMT": 0, "Z": 0, "+00:00": 0, "GMT+0": 0, "Etc/UTC": 0,
		"+08:00": 28800, "+0800": 28800, "+08": 28800, "+8": 28800, "-3": -10800, "-03:30": -12600,
		"GMT+8": 28800, "GMT+08:00": 28800, "UTC+8": 28800, "UTC-05:00": -18000, " +05:30 ": 19800, "+5:45": 20700,
		"Asia/Shanghai": 28800, "Asia/Kolkata": 19800, "America/Phoenix": -25200, "Etc/GMT+8": -28800,
	} {
		t.Run(text, func(t *testing.T) {
			zone, err := parseZone(text)
			require.NoError(t, err)
			_, offset := time.Date(2026, 11, 21, 12, 0, 0, 0, zone).Zone()
			assert.Equal(t, seconds, offset)
		})
	}
	for _, text := range []string{
		"", "Local", "hunter2", "CST", "Beijing", "8", "+", "+:", "+08:0", "+08:60", "+8:5", "+19:00", "+080", "+08000", "GMT8", "GMT+", "UTC+Asia/Shanghai",
		"+-8", "++8", "../etc/passwd", "/etc/localtime", "Asia", "+08:00:00", "+08:00 ;", "\x00",
	} {
		t.Run("no zone "+text, func(t *testing.T) {
			_, err := parseZone(text)
			require.Error(t, err)
			assert.NotContains(t, err.Error(), "hunter2")
		})
	}
}

func TestNumbersInEverySpelling(t *testing.T) {
	for text, want := range map[string]number{
		"1": 1, "1.0": 1, `"1"`: 1, `"1.0"`: 1, "-1": -1, "-1.0": -1, "0": 0, "1.5E12": 1500000000000, "1.545993580705E12": 1545993580705,
		`" 7 "`: 7, "null": 5, "9223372036854775807": 9223372036854775807, "9007199254740992.0": 9007199254740992,
	} {
		t.Run(text, func(t *testing.T) {
			v := struct{ N number }{5}
			require.NoError(t, json.Unmarshal([]byte(`{"N":`+text+`}`), &v))
			assert.Equal(t, want, v.N)
		})
	}
	for _, text := range []string{`""`, `"x"`, `"hunter2"`, "1.5", "1e300", `"1e999999999"`, "9223372036854775808", "true", "[]", "{}", `"0x10"`, `"1_0"`, `"NaN"`, `"Inf"`, `"-"`} {
		t.Run("no number "+text, func(t *testing.T) {
			v := struct{ N number }{5}
			err := json.Unmarshal([]byte(`{"N":`+text+`}`), &v)
			require.Error(t, err)
			assert.NotContains(t, err.Error(), "hunter2")
			assert.Equal(t, number(5), v.N, "what cannot be read changes nothing")
		})
	}
}

func FuzzDate(f *testing.F) {
	f.Add("Nov 14, 2017 10:20:57 PM")
	f.Add("Nov 14, 2017, 10:20:57\u202fPM")
	f.Add("Jan 1, 1 12:00:00 AM")
	f.Fuzz(func(t *testing.T, text string) {
		at, err := parseDate(text, shanghai)
		if err != nil {
			require.True(t, at.IsZero())
			return
		}
		again, err := parseDate(at.In(shanghai).Format(dateLayouts[0]), shanghai)
		require.NoError(t, err)
		assert.Equal(t, at.Truncate(time.Second), again)
	})
}

func FuzzZone(f *testing.F) {
	for _, seed := range []string{"Asia/Shanghai", "+08:00", "GMT+8", "UTC-05:30", "Etc/GMT-14", "../x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		zone, err := parseZone(text)
		if err != nil {
			require.Nil(t, zone)
			return
		}
		_, offset := time.Date(2026, 1, 1, 0, 0, 0, 0, zone).Zone()
		assert.LessOrEqual(t, offset, 18*60*60)
		assert.GreaterOrEqual(t, offset, -18*60*60)
	})
}

func FuzzNumber(f *testing.F) {
	for _, seed := range []string{"1", "1.0", `"1"`, "1.5E12", "null", `"0x1p4"`, "-0.0", `"`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var n number
		if n.UnmarshalJSON([]byte(text)) != nil {
			require.Zero(t, n)
			return
		}
		raw, err := json.Marshal(n)
		require.NoError(t, err)
		var again number
		require.NoError(t, json.Unmarshal(raw, &again))
		assert.Equal(t, n, again)
	})
}
