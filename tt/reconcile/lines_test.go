package reconcile_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/tt"
	"github.com/ttkit/ttkit/tt/reconcile"
)

func TestLinesAreAlarms(t *testing.T) {
	alarms, err := reconcile.ReadLines(strings.NewReader("\xef\xbb\xbf" +
		`{"key":"k1","object":"sw-7","queue":"net","subject":"link down","body":"port 3\nrack 12"}` + "\r\n\n   \n" +
		`{"series":"s","object":"a","members":["b","c"],"reason":"critical","subject":"power","login":"nms","timestamp":"2026-11-21T20:15:00+03:00","keep_only":true}`))
	require.NoError(t, err)
	at := time.Date(2026, 11, 21, 17, 15, 0, 0, time.UTC)
	require.Len(t, alarms, 2)
	assert.True(t, at.Equal(alarms[1].Timestamp))
	alarms[1].Timestamp = at
	assert.Equal(t, []reconcile.Alarm{
		{Key: "k1", Object: "sw-7", Queue: "net", Subject: "link down", Body: "port 3\nrack 12"},
		{Series: "s", Object: "a", Members: []string{"b", "c"}, Reason: "critical", Subject: "power", Login: "nms", Timestamp: at, KeepOnly: true},
	}, alarms)

	alarms, err = reconcile.ReadLines(strings.NewReader("\n\n"))
	require.NoError(t, err)
	assert.Empty(t, alarms)
}

func TestAWrongLineIsNamed(t *testing.T) {
	const good = `{"key":"k","object":"a","subject":"s"}` + "\n"
	for _, row := range []struct{ name, text, says string }{
		{"a line that was cut", `{"key":"k","object":"a","subj`, "line 1: the JSON object does not end: was the list cut off?"},
		{"a line that was cut after a value", `{"key":"k"`, "line 1: the JSON object does not end"},
		{"a line that was cut after a comma", `{"key":"k",`, "line 1: the JSON object does not end"},
		{"text that is no JSON", good + "sw-7 down", "line 2: no JSON object"},
		{"a list of alarms instead of lines", "[" + good + "]", "line 1: no JSON object"},
		{"an HTML page", "<html>", "line 1: no JSON object"},
		{"two objects on a line", strings.TrimSpace(good) + good, "line 1: the line goes on after the JSON object"},
		{"an object over several lines", "{\n\"key\":\"k\"}", "line 1: the JSON object does not end"},
		{"an unknown name", `{"key":"k","objct":"a"}`, `line 1: unknown name "objct"`},
		{"a name in another letter case", `{"Key":"k"}`, `line 1: unknown name "Key"`},
		{"a name that stands twice", `{"key":"k","key":"l"}`, `line 1: "key" stands twice`},
		{"a number where a text is wanted", `{"key":7}`, `line 1: "key" is a number, and must be a text`},
		{"an object where a text is wanted", `{"body":{"a":1}}`, `line 1: "body" is a object, and must be a text`},
		{"a text where a list is wanted", `{"members":"b"}`, `line 1: "members" is a string, and must be a list of texts`},
		{"a number in a list of texts", `{"members":[1]}`, `line 1: "members" is a number, and must be a list of texts`},
		{"a text where a yes or no is wanted", `{"keep_only":"yes"}`, `line 1: "keep_only" is a string, and must be true or false`},
		{"a time that is none", `{"timestamp":"yesterday"}`, `line 1: "timestamp" is no time in RFC 3339`},
		{"a time that is a number", `{"timestamp":1}`, `line 1: "timestamp" is no time in RFC 3339`},
		{"bytes that are no UTF-8", "{\"key\":\"\xff\"}", "line 1: not UTF-8"},
		{"no key", `{"object":"a","subject":"s"}`, "line 1: no key"},
		{"no subject", good + `{"key":"l","object":"a"}`, "line 2: subject is empty"},
		{"no object", `{"key":"l","subject":"s"}`, "line 1: object is empty"},
		{"a bad member", `{"key":"l","object":"a","members":[""],"subject":"s"}`, "line 1: member: object is empty"},
		{"an alarm that stands there twice", good + "\n" + good, `line 3: "k" stands in line 1 already`},
		{"no object, and no wish for a ticket, but a bad key", `{"keep_only":true}`, "line 1: no key"},
		{"a line without end", strings.Repeat("x", reconcile.MaxLine+1), "line 1: longer than 4194304 bytes"},
		{"nesting without end", strings.Repeat("[", 100_000), "line 1: no JSON object"},
		{"a nested value without end", `{"body":` + strings.Repeat("[", 100_000), "line 1: "},
	} {
		t.Run(row.name, func(t *testing.T) {
			alarms, err := reconcile.ReadLines(strings.NewReader(row.text))
			require.ErrorIs(t, err, tt.ErrInvalid)
			assert.ErrorContains(t, err, row.says)
			assert.NotContains(t, err.Error(), "\n")
			assert.Less(t, len(err.Error()), 300)
			assert.Nil(t, alarms)
		})
	}
}

func TestAReaderThatFailsGivesNoAlarms(t *testing.T) {
	gone := errors.New("the disk is gone")
	text := strings.NewReader(`{"key":"k","object":"a","subject":"s"}` + "\n")
	alarms, err := reconcile.ReadLines(io.MultiReader(text, iotest.ErrReader(gone)))
	assert.ErrorIs(t, err, gone)
	assert.Nil(t, alarms)
}

// Whatever stands in a file, it is understood whole or refused in one line,
// and what is understood can be planned with.
func FuzzReadLines(f *testing.F) {
	f.Add(`{"key":"k","object":"a","subject":"s"}` + "\n" + `{"series":"s","object":"a","members":["b"],"subject":"s","timestamp":"2026-11-21T20:15:00Z","keep_only":false}`)
	f.Add(`{"key":"k"`)
	f.Add("{}\n\n[]")
	f.Add("{\"key\":\"\\ud800\",\"object\":\"a\",\"subject\":\"s\"}")
	f.Add(`{"key":null,"key":1}`)
	f.Fuzz(func(t *testing.T, text string) {
		alarms, err := reconcile.ReadLines(strings.NewReader(text))
		if err != nil {
			assert.ErrorIs(t, err, tt.ErrInvalid)
			assert.NotContains(t, err.Error(), "\n")
			assert.Nil(t, alarms)
			return
		}
		seen := map[string]bool{}
		for _, a := range alarms {
			require.NoError(t, a.Validate())
			assert.False(t, seen[a.Key+"\n"+a.Series])
			seen[a.Key+"\n"+a.Series] = true
		}
		assert.GreaterOrEqual(t, strings.Count(text, "\n")+1, len(alarms))
	})
}
