package rsm

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLabelsKeepWhatIsText(t *testing.T) {
	for text, want := range map[string]labels{
		`null`:                                   nil,
		`[]`:                                     nil,
		`"labels"`:                               nil,
		`{}`:                                     {},
		`{"a":"1","b":"2"}`:                      {"a": "1", "b": "2"},
		"{ \"a\" :\t\"1\" ,\r\n \"b\" : \"2\" }": {"a": "1", "b": "2"},
		`{"a":null,"b":"2"}`:                     {"b": "2"},
		`{"a":["x","]"],"b":"2","c":[]}`:         {"b": "2"},
		`{"a":{"b":"3","c":[{"d":"}"}]},"b":"2"}`:   {"b": "2"},
		`{"a":-1.5e3,"b":true,"c":"2","d":7}`:       {"c": "2"},
		`{"a":"say \"hi\"","b\\":"\\"}`:             {"a": `say "hi"`, `b\`: `\`},
		`{"a":"\u0434\u0430","b":"\ud83d\ude00\/"}`: {"a": "да", "b": "😀/"},
		`{"":"","a":"1","a":"2"}`:                   {"": "", "a": "2"},
		`{"a":"1","a":2}`:                           {},
	} {
		var m mode
		require.NoError(t, json.Unmarshal([]byte(`{"labels":`+text+`,"id":7}`), &m), text)
		assert.Equal(t, want, m.Labels, text)
		assert.EqualValues(t, 7, m.ID, text)
	}
}

// FuzzLabels compares them with what encoding/json reads.
func FuzzLabels(f *testing.F) {
	f.Add(`{"a":"1","b\\":"\"\ud83d\ude00\/\u0000"}`)
	f.Add(`{ "a" : [ "x" , {"y":"]"} ], "b" : null , "c":-1e5}`)
	f.Add("{\"\xff\":\"\xc3\x28\u2028\"}")
	f.Fuzz(func(t *testing.T, text string) {
		var got struct{ L labels }
		var want struct{ L map[string]any }
		text = `{"L":` + text + `}`
		if json.Unmarshal([]byte(text), &want) != nil {
			_ = json.Unmarshal([]byte(text), &got) // no panic is all that counts
			return
		}
		require.NoError(t, json.Unmarshal([]byte(text), &got))
		for name, value := range want.L {
			if _, isText := value.(string); !isText {
				delete(want.L, name)
			}
		}
		require.Len(t, got.L, len(want.L), text)
		for name, value := range want.L {
			require.Equal(t, value, got.L[name], text)
		}
	})
}
