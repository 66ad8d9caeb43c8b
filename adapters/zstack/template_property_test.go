package zstack

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ttkit/ttkit/tt"
)

// drawTree draws a parameter with placeholders where they may be.
func drawTree(rt *rapid.T, depth int) any {
	pick := rapid.IntRange(0, 5)
	if depth == 0 {
		pick = rapid.IntRange(0, 3)
	}
	switch pick.Draw(rt, "kind") {
	case 0:
		return rapid.Int32().Draw(rt, "number")
	case 1:
		return rapid.Bool().Draw(rt, "bool")
	case 2, 3:
		parts := rapid.SliceOfN(rapid.SampledFrom([]string{objectPlaceholder, subjectPlaceholder, queuePlaceholder, "text", "<&'", "}}", "{", "{" + objectPlaceholder + "}", ".Object", `"`, "ж"}), 0, 5)
		s := ""
		for _, part := range parts.Draw(rt, "parts") {
			if strings.HasSuffix(s, "{") && strings.HasPrefix(part, "{") && part != objectPlaceholder {
				s += " " // {{ begins a placeholder
			}
			s += part
		}
		return s
	case 4:
		list := make([]any, rapid.IntRange(0, 3).Draw(rt, "len"))
		for i := range list {
			list[i] = drawTree(rt, depth-1)
		}
		return list
	}
	m := map[string]any{}
	for range rapid.IntRange(0, 3).Draw(rt, "len") {
		m[rapid.SampledFrom([]string{"name", "a", "b", "ж"}).Draw(rt, "key")] = drawTree(rt, depth-1)
	}
	return m
}

// drawText draws the text of an alarm that wants to be more.
func drawText(rt *rapid.T, label string) string {
	return rapid.OneOf(
		rapid.String(),
		rapid.SampledFrom([]string{"{{.Object}}", "{{.Subject}}", "{{.Queue}}", `"}`, `","uuid":"`, `]}]`, "\x00\xff", "{{", "\U0001F525", ""}),
		rapid.Custom(func(rt *rapid.T) string { return strings.Repeat(rapid.String().Draw(rt, "part"), 40) }),
	).Draw(rt, label)
}

// shape is a tree without what its texts say, but with every text that names
// a resource or an API.
func shape(v any, fixed bool) string {
	switch v := v.(type) {
	case string:
		if fixed {
			return fmt.Sprintf("%q", v)
		}
		return "text"
	case []any:
		out := "["
		for _, item := range v {
			out += shape(item, fixed) + ","
		}
		return out + "]"
	case map[string]any:
		out := "{"
		for _, key := range sortedKeys(v) {
			out += fmt.Sprintf("%q:", key) + shape(v[key], fixed || namesResource(key)) + ","
		}
		return out + "}"
	}
	return fmt.Sprint(v)
}

// Whatever an alarm says, what is sent has the template's structure, its
// numbers, its uuids and its API; its texts are those of the template with
// each placeholder replaced once; and it fits.
func TestAnAlarmChangesTextsAlone(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		parameters, _ := drawTree(rt, 3).(map[string]any)
		if parameters == nil {
			parameters = map[string]any{"name": "{{.Subject}} on {{.Object}}"}
		}
		parameters["instanceOfferingUuid"] = "a1b2c3d4"
		parameters["systemTags"] = []any{validationOnly}
		r, err := parseRequests(body(parameters), false)
		if err != nil {
			rt.Fatal(err)
		}
		v := placeholders{Object: drawText(rt, "object"), Subject: drawText(rt, "subject"), Queue: drawText(rt, "queue")}
		raw, err := json.Marshal(r.fill(v))
		if err != nil {
			rt.Fatal(err)
		}
		if len(raw) > maxRequests {
			rt.Fatalf("%d bytes", len(raw))
		}
		var arrived, template any
		decodeUsingNumber(rt, raw, &arrived)
		before, err := json.Marshal(r.list)
		if err != nil {
			rt.Fatal(err)
		}
		decodeUsingNumber(rt, before, &template)
		if shape(arrived, false) != shape(template, false) {
			rt.Fatalf("the structure changed:\n%s\n%s", raw, before)
		}
		compareTexts(rt, template, arrived, v)
	})
}

func decodeUsingNumber(rt *rapid.T, raw []byte, into *any) {
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		rt.Fatal(err)
	}
}

// compareTexts splits each text of the template at its placeholders by hand.
func compareTexts(rt *rapid.T, template, got any, v placeholders) {
	switch template := template.(type) {
	case string:
		want := ""
		for rest := template; rest != ""; {
			switch {
			case strings.HasPrefix(rest, objectPlaceholder):
				want, rest = want+fillable(v.Object), rest[len(objectPlaceholder):]
			case strings.HasPrefix(rest, subjectPlaceholder):
				want, rest = want+fillable(v.Subject), rest[len(subjectPlaceholder):]
			case strings.HasPrefix(rest, queuePlaceholder):
				want, rest = want+fillable(v.Queue), rest[len(queuePlaceholder):]
			default:
				want, rest = want+rest[:1], rest[1:]
			}
		}
		if got != want {
			rt.Fatalf("got %q, want %q", got, want)
		}
	case []any:
		for i := range template {
			compareTexts(rt, template[i], got.([]any)[i], v)
		}
	case map[string]any:
		for key := range template {
			compareTexts(rt, template[key], got.(map[string]any)[key], v)
		}
	}
}

// FuzzRequests reads any template: what is accepted keeps its shape with any
// text in it, fits into the platform's column, and needs allow_execution
// unless it has the tag.
func FuzzRequests(f *testing.F) {
	for _, c := range refusedTemplates {
		if raw, err := json.Marshal(c.raw); err == nil {
			f.Add(raw, "web-1")
		}
	}
	good, _ := json.Marshal(harmless())
	f.Add(good, `"},{"uuid":"{{.Queue}}`)
	f.Fuzz(func(t *testing.T, raw []byte, text string) {
		var in []map[string]any
		if json.Unmarshal(raw, &in) != nil {
			return
		}
		r, err := parseRequests(in, true)
		if err != nil {
			require.ErrorIs(t, err, tt.ErrInvalid)
			return
		}
		filled := r.fill(placeholders{Object: text, Subject: text, Queue: text})
		out, err := json.Marshal(filled)
		require.NoError(t, err)
		assert.LessOrEqual(t, len(out), maxRequests)
		assert.True(t, utf8.Valid(out))
		assert.Equal(t, shape(r.list, false), shape(any(filled), false))
		_, err = parseRequests(in, false)
		assert.Equal(t, r.executes, err != nil)
	})
}
