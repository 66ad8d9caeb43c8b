package guance

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// theirs is a schedule as people and other programs have them.
const theirs = `{"workspaceUUID":"wksp_1","name":"night \u0073hift","timezone":"Asia/Shanghai","start":"20:00","end":"23:00",` +
	`"tagFilter":null,"dimensionFilter":"service:pay* AND env:prod","notifyTargets":["acnt_a","acnt_b"],` +
	`"extend":{"colour":{"z":1.50,"a":"\u00e9"},"effectiveTime":{"zone":"x","start":100,"end":4102444800},"enableRotateNotification":true},` +
	`"strategyConfig":[{"uuid":"u1","name":"a","strategy":[{"level":0,"tone":1.0}],"sticky":[ ]},{"uuid":"u2","name":"b"}],` +
	`"isDefault":false,"rotationUpdateAt":7,"id":41,"uuid":"incsch_1","status":0,"creator":"acnt_a","updator":"","createAt":1769000002.25,` +
	`"updateAt":-1,"deleteAt":-1,"creatorInfo":{"name":"x"},"vip":{"b":1,"a":null}}`

func TestAModifySendsBackWhatItDoesNotChange(t *testing.T) {
	x, err := readSchedule([]byte(theirs))
	require.NoError(t, err)
	assert.Equal(t, "night shift", x.name)
	assert.EqualValues(t, 41, x.rowID)
	assert.Equal(t, time.UnixMicro(1769000002250000).UTC(), x.createdAt())

	const before = `{"name":"night \u0073hift","timezone":"Asia/Shanghai","start":"20:00","end":"23:00",` +
		`"tagFilter":[],"dimensionFilter":"service:pay* AND env:prod","notifyTargets":["acnt_a","acnt_b"],` +
		`"extend":{"colour":{"z":1.50,"a":"\u00e9"},"effectiveTime":{"zone":"x","start":100,"end":`
	const after = `},"enableRotateNotification":true},"vip":{"b":1,"a":null},` +
		`"scheduleStrategy":[{"uuid":"u1","name":"a","strategy":[{"level":0,"tone":1.0}],"sticky":[ ]},{"uuid":"u2","name":"b"}`

	body := x.modifyBody(x.name, "service:pay* AND env:prod", never, x.rules)
	assert.Equal(t, before+"4102444800"+after+`]}`, string(body), "nothing changes: all is sent, but what only answers have")

	body = x.modifyBody(x.name, "service:pay* AND env:prod", 5000, written(x.rules, []string{`ttj1 "c"`}, false, false))
	assert.Equal(t, before+"5000"+after+`,{"uuid":"`+ruleUUID(`ttj1 "c"`)+`","name":"ttj1 \"c\"","strategy":[]}]}`, string(body))

	body = x.modifyBody("[tc+] x", "host:a OR host:b", 50, nil)
	var sent map[string]any
	require.NoError(t, json.Unmarshal(body, &sent))
	assert.Equal(t, "[tc+] x", sent["name"])
	assert.Equal(t, "host:a OR host:b", sent["dimensionFilter"])
	effective := sent["extend"].(map[string]any)["effectiveTime"]
	assert.Equal(t, map[string]any{"zone": "x", "start": 49.0, "end": 50.0}, effective, "a start is before its end")
}

func TestAnEndIsNeverMovedLater(t *testing.T) {
	for _, row := range []struct {
		name, extend string
		until        int64
		want         string // "": it stays as it is
	}{
		{"an open end", `{"effectiveTime":{"start":1,"end":4102444800}}`, 100, `{"effectiveTime":{"start":1,"end":100}}`},
		{"an earlier end stays", `{"effectiveTime":{"start":1,"end":50}}`, 100, ""},
		{"no end asked for", `{"effectiveTime":{"start":1,"end":4102444800}}`, never, ""},
		{"a schedule that is always valid begins when it was made", `{"a":1}`, 100, `{"a":1,"effectiveTime":{"start":7,"end":100}}`},
		{"nothing at all", `null`, 100, `{"effectiveTime":{"start":7,"end":100}}`},
		{"one that would begin later", `{"effectiveTime":{"start":500,"end":900}}`, 100, `{"effectiveTime":{"start":99,"end":100}}`},
		{"texts instead of numbers", `{"effectiveTime":{"start":"1","end":"900"}}`, 100, `{"effectiveTime":{"start":"1","end":100}}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			x, err := readSchedule([]byte(`{"uuid":"incsch_1","createAt":7,"extend":` + row.extend + `}`))
			require.NoError(t, err)
			got, changed := x.extendUntil(row.until)
			assert.Equal(t, row.want != "", changed)
			assert.Equal(t, row.want, string(got))
		})
	}
}

func TestTheOrderOfElection(t *testing.T) {
	of := func(text string) *schedule {
		x, err := readSchedule([]byte(text))
		require.NoError(t, err)
		return x
	}
	for _, row := range []struct{ name, first, second string }{
		{"by row id", `{"uuid":"incsch_9","id":3,"createAt":9}`, `{"uuid":"incsch_1","id":20,"createAt":1}`},
		{"by time, where no ids are shown", `{"uuid":"incsch_9","id":null,"createAt":1.5}`, `{"uuid":"incsch_1","id":null,"createAt":2}`},
		{"by uuid within a second", `{"uuid":"incsch_1","createAt":1}`, `{"uuid":"incsch_9","createAt":1}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			assert.True(t, of(row.first).before(of(row.second)))
			assert.False(t, of(row.second).before(of(row.first)))
		})
	}
}

func TestAListInAnyEnvelope(t *testing.T) {
	const row = `{"uuid":"incsch_1"}`
	for _, test := range []struct {
		name, text  string
		rows, count int
		total       int
	}{
		{"in data, with the page info beside it", `{"content":{"data":[` + row + `]},"pageInfo":{"totalCount":7}}`, 1, 1, 7},
		{"in data, with the page info inside", `{"content":{"pageInfo":{"totalCount":7},"data":[` + row + `]}}`, 1, 1, 7},
		{"bare, with the page info first", ` { "pageInfo" : {"totalCount":"7"} , "content" : [ ` + row + ` , ` + row + ` ] } `, 2, 2, 7},
		{"without a total", `{"content":{"data":[]},"pageInfo":{"totalCount":-1}}`, 0, 0, -1},
		{"with rows that are no schedules", `{"content":[7,{"uuid":""},null,` + row + `,[{"uuid":"incsch_2"}]]}`, 1, 5, -1},
		{"with a list elsewhere", `{"data":[` + row + `],"content":[]}`, 0, 0, -1},
		{"with a list deeper", `{"content":{"content":[` + row + `],"data":[]}}`, 0, 0, -1},
		{"none, where none is said", `{"content":null,"pageInfo":{"totalCount":0}}`, 0, 0, 0},
		{"no data, where none is said", `{"content":{},"pageInfo":{"totalCount":0}}`, 0, 0, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			var answer many
			require.NoError(t, answer.ReadJSON([]byte(test.text)))
			assert.Len(t, answer.rows, test.rows)
			assert.Equal(t, test.count, answer.count)
			assert.Equal(t, test.total, answer.total)
		})
	}
	for _, odd := range []string{
		`{}`, `{"content":null}`, `{"content":{"data":null}}`, `{"content":{}}`, `{"content":{"data":null},"pageInfo":{"totalCount":1}}`,
		`{"content":"[]","pageInfo":{"totalCount":0}}`, `{"content":{"data":{}},"pageInfo":{"totalCount":0}}`, `[]`, `null`,
	} {
		assert.Error(t, new(many).ReadJSON([]byte(odd)), "%s is not read as an empty list", odd)
	}
}

// A rule of the journal changes nobody's notices, whatever form the server
// wants it in.
func TestRulesOfTheJournalNotifyNobody(t *testing.T) {
	levels := func(rules [][]byte) (out []string) {
		for _, rule := range rules {
			require.True(t, json.Valid(rule), string(rule))
			out = append(out, string(valueOf(rule, "strategy")))
		}
		return out
	}
	loud := []byte(`{"uuid":"u","name":"a","strategy":[{"level":0}]}`)
	mute := []byte(`{"uuid":"u","name":"a","strategy":[]}`)
	texts := []string{"ttj1 a", "ttj1 b"}
	assert.Equal(t, []string{noLevels, noLevels}, levels(written(nil, texts, false, false)), "by default none has a level")
	assert.Equal(t, []string{`[{"level":0}]`, silentLevel, silentLevel}, levels(written([][]byte{loud}, texts, true, false)))
	assert.Equal(t, []string{`[]`, dutyLevel, silentLevel}, levels(written([][]byte{mute}, texts, true, false)),
		"without any level those on duty are notified, so a level that is needed does that")
	assert.Equal(t, []string{silentLevel, silentLevel}, levels(written(nil, texts, true, true)), "but for a dark one")
	assert.Equal(t, [][]byte{loud}, written([][]byte{loud}, nil, true, false), "nothing to write leaves all as it is")
}

// Whatever a server holds: no panic, and a change sends valid JSON.
func FuzzModify(f *testing.F) {
	f.Add([]byte(theirs))
	f.Add([]byte(`{"uuid":"incsch_1","extend":{"effectiveTime":[]},"strategyConfig":[1,"a",null,{"name":7}]}`))
	f.Add([]byte(`{"uuid":"incsch_1","extend":7,"strategyConfig":{},"createAt":"soon","name":null}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if !json.Valid(text) {
			return // the client reads no further
		}
		x, err := readSchedule(text)
		if err != nil {
			return
		}
		b := x.read()
		require.NotNil(t, b)
		_ = x.hash()
		body := x.modifyBody("name", "host:a", 100, written(x.rules, []string{"ttj1 x"}, true, false))
		require.True(t, json.Valid(body), "%s", body)
		require.True(t, strings.Contains(string(body), `"scheduleStrategy"`))
	})
}

// What a server says of times decides whether a ticket is over.
func TestTimesThatCannotBe(t *testing.T) {
	now := time.Unix(1769000000, 0)
	for _, row := range []struct {
		name, fields string
		ended        bool
	}{
		{"an end that is over", `"updateAt":-1,"extend":{"effectiveTime":{"end":1768000000}}`, true},
		{"an end still to come", `"updateAt":-1,"extend":{"effectiveTime":{"end":1770000000}}`, false},
		{"and over for the server, which has written later than that", `"updateAt":1770000001,"extend":{"effectiveTime":{"end":1770000000}}`, true},
		{"milliseconds are no time that the server has written at", `"updateAt":1769000000000,"extend":{"effectiveTime":{"end":1770000000}}`, false},
		{"the largest number that there is", `"extend":{"effectiveTime":{"end":9223372036854775807}}`, false},
		{"one that is larger still", `"extend":{"effectiveTime":{"end":1e300}}`, false},
		{"words that a number is read from", `"extend":{"effectiveTime":{"end":"NaN"}}`, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			x, err := readSchedule([]byte(`{"uuid":"incsch_1","name":"[tt+1] x","createAt":1760000000,` + row.fields + `}`))
			require.NoError(t, err)
			assert.Equal(t, row.ended, x.ended(now))
		})
	}
}

func TestAnObjectOfTooManyFieldsIsNone(t *testing.T) {
	var b strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&b, `"f%d":%d,`, i, i)
	}
	_, err := readSchedule([]byte(`{` + b.String() + `"uuid":"incsch_1"}`))
	assert.ErrorContains(t, err, "no object")
}
