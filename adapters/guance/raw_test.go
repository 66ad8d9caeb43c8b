package guance

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestAnObjectStaysAsItCame(t *testing.T) {
	for _, test := range []struct{ what, text, want string }{
		{"nothing", `{}`, `{}`},
		{"order and numbers", `{"z":1.50,"a":1e3,"m":-0}`, `{"z":1.50,"a":1e3,"m":-0}`},
		{"escapes", `{"\u00e9":"\/\u00e9","t":"a\"}b"}`, `{"\u00e9":"\/\u00e9","t":"a\"}b"}`},
		{"what is inside values", `{"a":{"b":[1, {"c":"}"}] },"d":[ ]}`, `{"a":{"b":[1, {"c":"}"}] },"d":[ ]}`},
		{"white space between fields is nobody's", " { \"a\" : 1 ,\n\"b\" : null } ", `{"a":1,"b":null}`},
		{"of a key that comes twice the last value counts", `{"a":1,"b":2,"a":3}`, `{"a":3,"b":2}`},
	} {
		t.Run(test.what, func(t *testing.T) {
			o, ok := parseObject([]byte(test.text))
			require.True(t, ok)
			assert.Equal(t, test.want, string(o.append(nil)))
		})
	}
	for _, broken := range []string{"", "null", "7", `"x"`, "[]", "{", `{"a"}`, `{"a":}`, `{"a":1`, `{"a":1,}`, `{a:1}`, `{"a":"x`, `{,}`} {
		_, ok := parseObject([]byte(broken))
		assert.False(t, ok, broken)
	}
}

func FuzzObjectOfJSON(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a":1}`, `{"a":{"b":[1,{"c":"}"}]},"d":"\u007d\\\""}`, `{"a":1,"a":2}`, `[1,2]`, `{"a" : [ "]" ] }`, `{"":null}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		list, listed := parseList(text)
		o, ok := parseObject(text)
		if !json.Valid(text) {
			return // it may be read somehow, but must not crash
		}
		var plain any
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		require.NoError(t, d.Decode(&plain))
		switch want := plain.(type) {
		case map[string]any:
			require.True(t, ok)
			require.Len(t, o, len(want))
			same(t, want, o.append(nil))
			for key, value := range want {
				if value != nil {
					same(t, value, o.get(key))
				}
			}
		case []any:
			require.True(t, listed)
			require.Len(t, list, len(want))
			same(t, want, joinList(list))
		default:
			require.False(t, ok)
		}
	})
}

// same expects text to be the JSON of a value.
func same(t *testing.T, want any, text []byte) {
	t.Helper()
	var got any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	require.NoError(t, d.Decode(&got), "%s", text)
	require.True(t, reflect.DeepEqual(want, got), "%s is not %v", text, want)
}

// Whatever a server answers as a schedule is read without a crash, and what is
// sent back is JSON that has every field that is not ours as it came.
func FuzzSchedule(f *testing.F) {
	f.Add([]byte(`{"uuid":"incsch_1","name":"[tt+01234567:0123456789abcdef] down","extend":{"effectiveTime":{"start":1,"end":4102444800},"x":[1.50]},"strategyConfig":[{"uuid":"u","name":"n","strategy":[]}],"id":7,"owner":{"a":1}}`), int64(1769000000))
	f.Add([]byte(`{"uuid":"incsch_1","name":null,"extend":null,"tagFilter":null,"dimensionFilter":"host:a","createAt":1.5,"deleteAt":-1}`), int64(4102444800))
	f.Add([]byte(`{"uuid":"u","extend":{"effectiveTime":{"start":"1","end":"2"}},"strategyConfig":{}}`), int64(0))
	f.Fuzz(func(t *testing.T, text []byte, end int64) {
		if !json.Valid(text) {
			return
		}
		x, err := readSchedule(text)
		if err != nil {
			return
		}
		_, _, _ = x.hash(), x.builtIn(), x.createdAt()
		body := x.modifyBody("name", "host:b", end, x.rules)
		var sent, came map[string]json.RawMessage
		require.NoError(t, json.Unmarshal(body, &sent), "%s", body)
		require.NoError(t, json.Unmarshal(text, &came))
		require.JSONEq(t, `"name"`, string(sent["name"]))
		for name, value := range came {
			switch name {
			case "name", "dimensionFilter", "extend", "scheduleStrategy":
				continue
			}
			if back, ok := sent[name]; ok && string(value) != "null" {
				require.Equal(t, string(bytes.TrimSpace(value)), string(back), name)
			}
		}
	})
}

func TestNamesAndTheirTags(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		hex := func(n int) string {
			return rapid.StringOfN(rapid.SampledFrom([]rune("0123456789abcdef")), n, n, -1).Draw(t, "hex")
		}
		was := tag{state: rapid.SampledFrom([]string{tagOpen, tagGroup}).Draw(t, "state"), object: hex(objectDigits), key: hex(keyDigits)}
		subject := rapid.String().Draw(t, "subject") + rapid.StringN(0, 400, -1).Draw(t, "more")
		closed := was.as(tagClosed, "incsch_"+hex(32))
		for _, x := range []tag{was, closed, was.as(tagGroup, "incsch_1")} {
			name := x.name(title(subject))
			if len(name) > maxName || utf8.ValidString(subject) && !utf8.ValidString(name) {
				t.Fatalf("%d bytes: %q", len(name), name)
			}
			read, rest := parseName(name)
			if read != x || rest != title(subject) {
				t.Fatalf("%q is read as %v and %q", name, read, rest)
			}
		}
	})
	for _, name := range []string{"", "day shift", "[tt", "[tt] down", "[tt+1:2] down", "[tx+01234567:0123456789abcdef] x", "tt+01234567:0123456789abcdef] x", "[tt+0123456g:0123456789abcdef] x"} {
		read, rest := parseName(name)
		assert.Equal(t, tag{}, read, name)
		assert.Equal(t, name, rest)
	}
}
