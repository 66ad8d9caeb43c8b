package rsm

import (
	"encoding/json"
	"maps"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestOfTheLabelsOnlyTextCounts(t *testing.T) {
	for answer, want := range map[string]map[string]string{
		`null`:                            {},
		`[]`:                              {},
		`"labels"`:                        {},
		`{}`:                              {},
		`{"a":"1","b":""}`:                {"a": "1", "b": ""},
		`{"a":null,"b":"2"}`:              {"b": "2"},
		`{"a":["x"],"b":"2","c":{}}`:      {"b": "2"},
		`{"a":7,"b":true,"c":"\u0434\""}`: {"c": `д"`},
	} {
		var m mode
		require.NoError(t, json.Unmarshal([]byte(`{"labels":`+answer+`,"id":7}`), &m), answer)
		assert.Equal(t, want, maps.Collect(texts(m.Labels)), answer)
		assert.EqualValues(t, 7, m.ID, answer)
		for _, name := range []string{"a", "b", "c", "d"} {
			text, ok := labelOf(m.Labels, name)
			wanted, there := want[name]
			assert.Equal(t, wanted, text, answer)
			assert.Equal(t, there, ok, answer)
		}
	}
}
