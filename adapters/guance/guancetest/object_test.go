package guancetest

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAnObjectKeepsWhatItWasGiven(t *testing.T) {
	const raw = `{"b":1.50,"\u0061":"\u003c","c":{"z":[ ],"y":1e3},"c":null}`
	o, ok := parseObject([]byte(raw))
	require.True(t, ok)
	a, ok := o.get("a")
	assert.True(t, ok)
	assert.Equal(t, `"\u003c"`, string(a))
	assert.Equal(t, `{"b":1.50,"\u0061":"\u003c","c":null}`, string(o.bytes()), "of a key that comes twice the last value counts")
	_, ok = o.get("d")
	assert.False(t, ok)

	o.put("a", "<")
	o.put("d\n", []string{"&"})
	assert.Equal(t, `{"b":1.50,"\u0061":"<","c":null,"d\n":["&"]}`, string(o.bytes()), "a changed value stays in its place")
}

func TestWhatIsNoObjectIsNotRead(t *testing.T) {
	for _, raw := range []string{"", "null", "[]", "7", `"x"`, "{", `{"a"`, `{"a":`, `{"a":1`, `{"a":1,}`, `{a:1}`} {
		_, ok := parseObject([]byte(raw))
		assert.False(t, ok, raw)
	}
}

// A test that hands the server what is no JSON is wrong, and learns it at once.
func TestWhatIsNoJSONPanics(t *testing.T) {
	server := New(Options{})
	defer server.Close()
	for name, f := range map[string]func(){
		"an extend": func() { server.AddSchedule(Schedule{Extend: json.RawMessage("{")}) },
		"encode":    func() { encode(math.NaN()) },
		"normal":    func() { normal([]byte("{")) },
	} {
		assert.Panics(t, f, name)
	}
}
