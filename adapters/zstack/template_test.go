package zstack

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/internal/settings"
	"github.com/ttkit/ttkit/tt"
)

const vmAPI = "org.zstack.header.vm.APICreateVmInstanceMsg"

// body is a request with this apiBody, which would be executed.
func body(fields map[string]any) []map[string]any {
	return []map[string]any{{"requestName": "incident", "apiName": vmAPI, "executeTimes": 1, "apiBody": fields}}
}

// harmless is a request that is validated only.
func harmless() []map[string]any {
	return body(map[string]any{"name": "{{.Object}}", "systemTags": []any{validationOnly}})
}

func TestATemplateIsFilled(t *testing.T) {
	r, err := parseRequests([]map[string]any{
		{
			"requestName":  "{{.Queue}}: {{.Subject}}",
			"apiName":      vmAPI,
			"executeTimes": 2.0,
			"apiBody": map[string]any{
				"name":             "{{.Object}}{{.Object}}",
				"description":      []string{"{{.Subject}}", "plain", "{ {.Subject}}"},
				"cpu":              json.Number("2"),
				"ratio":            0.5,
				"none":             nil,
				"yes":              true,
				"instanceOffering": map[any]any{"uuid": "0123"},
				"hostUuid":         "4567",
				"systemTags":       []string{"a::b", validationOnly},
			},
		},
		harmless()[0],
	}, false)
	require.NoError(t, err)
	assert.False(t, r.executes)
	raw, err := json.Marshal(r.fill(placeholders{Object: "web-1", Subject: `"}]{{.Queue}}`, Queue: "noc"}))
	require.NoError(t, err)
	assert.JSONEq(t, `[
		{"requestName": "noc: \"}]{{.Queue}}", "apiName": "`+vmAPI+`", "executeTimes": 2, "apiBody": {
			"name": "web-1web-1", "description": ["\"}]{{.Queue}}", "plain", "{ {.Subject}}"],
			"cpu": 2, "ratio": 0.5, "none": null, "yes": true,
			"instanceOffering": {"uuid": "0123"}, "hostUuid": "4567", "systemTags": ["a::b", "ephemeral::validationOnly"]
		}},
		{"requestName": "incident", "apiName": "`+vmAPI+`", "executeTimes": 1, "apiBody": {"name": "web-1", "systemTags": ["ephemeral::validationOnly"]}}
	]`, string(raw))
}

func TestWhatIsMissingInARequest(t *testing.T) {
	r, err := parseRequests([]map[string]any{{"apiName": vmAPI, "apiBody": map[string]any{}}}, true)
	require.NoError(t, err)
	assert.True(t, r.executes)
	assert.Equal(t, []any{map[string]any{"apiName": vmAPI, "apiBody": map[string]any{}, "executeTimes": int64(1)}}, r.fill(placeholders{}),
		"a request is made once; no other default")
}

func TestTextsAreMadeToFit(t *testing.T) {
	r, err := parseRequests(harmless(), false)
	require.NoError(t, err)
	name := func(object string) string {
		return r.fill(placeholders{Object: object})[0].(map[string]any)["apiBody"].(map[string]any)["name"].(string)
	}
	assert.Equal(t, "fire \uFFFD", name("fire \U0001F525"))
	assert.Equal(t, "a\uFFFDb\uFFFD", name("a\x00b\xff"))
	long := name(strings.Repeat("ж", 1000))
	assert.LessOrEqual(t, len(long), maxFilled)
	assert.True(t, strings.HasSuffix(long, tt.CutMark))
}

// Filling shares nothing with the template, and the template nothing with the
// settings.
func TestATemplateIsNobodysElse(t *testing.T) {
	raw := harmless()
	r, err := parseRequests(raw, false)
	require.NoError(t, err)
	v := placeholders{Object: "o"}
	first := r.fill(v)
	raw[0]["apiName"] = "changed"
	raw[0]["apiBody"].(map[string]any)["systemTags"].([]any)[0] = "changed"
	before, err := json.Marshal(r.fill(v))
	require.NoError(t, err)
	first[0].(map[string]any)["apiName"] = "changed"
	first[0].(map[string]any)["apiBody"].(map[string]any)["systemTags"].([]any)[0] = "changed"
	after, err := json.Marshal(r.fill(v))
	require.NoError(t, err)
	assert.JSONEq(t, string(before), string(after))
	assert.NotContains(t, string(after), "changed")
}

// refusedTemplates are wrong settings and what their errors say. hunter2 is
// in every value and in no error.
var refusedTemplates = map[string]struct {
	raw  []map[string]any
	says string
}{
	"none at all":                        {nil, `setting "requests" is missing`},
	"an empty list":                      {[]map[string]any{}, `setting "requests" is missing`},
	"an empty request":                   {[]map[string]any{{}}, `"requests[0]" has no apiName`},
	"no apiBody":                         {[]map[string]any{{"apiName": "hunter2"}}, `"requests[0]" has no apiBody`},
	"a mistyped field":                   {[]map[string]any{{"apiname": "hunter2"}}, `has a field apiname: want requestName, apiName`},
	"a value for a field":                {[]map[string]any{{"hunter2: x": "hunter2"}}, `has a field (a key that is no plain word)`},
	"an apiName that is no text":         {[]map[string]any{{"apiName": 7, "apiBody": map[string]any{}}}, `[0].apiName" must be a text`},
	"an empty apiName":                   {[]map[string]any{{"apiName": " ", "apiBody": map[string]any{}}}, `[0].apiName" must be a text, and not empty`},
	"an apiBody that is a list":          {[]map[string]any{{"apiName": "hunter2", "apiBody": []any{"hunter2"}}}, `[0].apiBody" must be a map`},
	"an apiBody that is a text":          {[]map[string]any{{"apiName": "hunter2", "apiBody": "{}"}}, `[0].apiBody" must be a map`},
	"an apiBody that is null":            {[]map[string]any{{"apiName": "hunter2", "apiBody": nil}}, `[0].apiBody" must be a map`},
	"zero times":                         {[]map[string]any{{"apiName": "a", "apiBody": map[string]any{}, "executeTimes": 0}}, `[0].executeTimes" must be a whole number, 1 or more`},
	"half a time":                        {[]map[string]any{{"apiName": "a", "apiBody": map[string]any{}, "executeTimes": 0.5}}, `[0].executeTimes" must be a whole number`},
	"times as a text":                    {[]map[string]any{{"apiName": "a", "apiBody": map[string]any{}, "executeTimes": "1"}}, `[0].executeTimes" must be a whole number`},
	"times without a value":              {[]map[string]any{{"apiName": "a", "apiBody": map[string]any{}, "executeTimes": nil}}, `[0].executeTimes" must be a whole number`},
	"a placeholder in apiName":           {[]map[string]any{{"apiName": "hunter2{{.Object}}", "apiBody": map[string]any{}}}, `[0].apiName" has a placeholder where none may be`},
	"a placeholder in a key":             {body(map[string]any{"{{.Object}}": "hunter2"}), `has a placeholder where none may be`},
	"a placeholder in uuid":              {body(map[string]any{"uuid": "hunter2{{.Object}}"}), `[0].apiBody.uuid" has a placeholder where none may be`},
	"a placeholder in imageUuid":         {body(map[string]any{"imageUuid": "{{.Object}}"}), `apiBody.imageUuid" has a placeholder where`},
	"a placeholder in IMAGEUUID":         {body(map[string]any{"IMAGEUUID": "{{.Object}}"}), `apiBody.IMAGEUUID" has a placeholder where`},
	"a placeholder in a list of uuids":   {body(map[string]any{"l3NetworkUuids": []any{"a", "{{.Object}}"}}), `apiBody.l3NetworkUuids[1]" has a placeholder where`},
	"a placeholder far below a uuid":     {body(map[string]any{"hostUuid": map[string]any{"a": []any{"{{.Object}}"}}}), `has a placeholder where`},
	"a placeholder in a uuid for a use":  {body(map[string]any{"primaryStorageUuidForRootVolume": "{{.Object}}"}), `has a placeholder where`},
	"a placeholder in a deep apiName":    {body(map[string]any{"a": map[string]any{"apiName": "{{.Object}}"}}), `apiBody.a.apiName" has a placeholder where`},
	"a placeholder in a system tag":      {body(map[string]any{"systemTags": []any{"resource::{{.Object}}"}}), `apiBody.systemTags[0]" has a placeholder where`},
	"an unknown placeholder":             {body(map[string]any{"name": "hunter2 {{.Body}}"}), `apiBody.name" has a placeholder that is not known: want {{.Object}}, {{.Subject}} or {{.Queue}}`},
	"a placeholder in another spelling":  {body(map[string]any{"name": "{{ .Object }}"}), `is not known`},
	"a placeholder in lower case":        {body(map[string]any{"name": "{{.object}}"}), `is not known`},
	"an action":                          {body(map[string]any{"name": "{{range .}}hunter2{{end}}"}), `is not known`},
	"a placeholder around a placeholder": {body(map[string]any{"name": "{{.Ob{{.Object}}ject}}"}), `is not known`},
	"an opening without an end":          {body(map[string]any{"name": "hunter2 {{"}), `is not known`},
	"an emoji":                           {body(map[string]any{"name": "hunter2 \U0001F525"}), `apiBody.name" has a character`},
	"no UTF-8":                           {body(map[string]any{"name": "hunter2 \xff"}), `apiBody.name" has a character`},
	"a control character in a key":       {body(map[string]any{"na\x00me": "hunter2"}), `has a character`},
	"a channel":                          {body(map[string]any{"name": make(chan int)}), `apiBody.name" must be what JSON can hold`},
	"bytes":                              {body(map[string]any{"name": []byte("hunter2")}), `apiBody.name" must be what JSON can hold`},
	"no number":                          {body(map[string]any{"cpu": math.NaN()}), `apiBody.cpu" must be what JSON can hold`},
	"no JSON number":                     {body(map[string]any{"cpu": json.Number("hunter2")}), `apiBody.cpu" is no number`},
	"a number as a key":                  {body(map[string]any{"a": map[any]any{7: "hunter2"}}), `apiBody.a" must have texts as keys`},
	"too many placeholders":              {body(map[string]any{"name": strings.Repeat("{{.Subject}}", 60)}), `is too large`},
	"too long a text":                    {body(map[string]any{"name": strings.Repeat("hunter2", 9000)}), `is too large`},
	"a text that JSON makes too long":    {body(map[string]any{"name": strings.Repeat("<", 15000)}), `is too large`},
}

func TestWrongTemplatesAreRefused(t *testing.T) {
	for name, c := range refusedTemplates {
		t.Run(name, func(t *testing.T) {
			_, err := parseRequests(c.raw, true)
			require.ErrorIs(t, err, tt.ErrInvalid)
			assert.Contains(t, err.Error(), c.says)
			assert.NotContains(t, err.Error(), "hunter2", "no value is shown")
			assert.Equal(t, tt.NotDone, err.(*tt.Error).Outcome)
		})
	}
}

func TestAMapThatHoldsItselfEnds(t *testing.T) {
	loop := map[string]any{}
	loop["a"] = loop
	_, err := parseRequests(body(loop), true)
	require.ErrorIs(t, err, tt.ErrInvalid)
	wide := map[string]any{}
	for i := range 4 {
		wide[fmt.Sprint("k", i)] = []any{wide, wide, wide}
	}
	_, err = parseRequests(body(wide), true)
	require.ErrorIs(t, err, tt.ErrInvalid)
}

func TestWhatWouldBeExecutedNeedsASetting(t *testing.T) {
	for name, c := range map[string]struct {
		raw      []map[string]any
		harmless bool
	}{
		"validated only":                  {harmless(), true},
		"no system tags":                  {body(map[string]any{"name": "x"}), false},
		"another system tag":              {body(map[string]any{"systemTags": []any{"ephemeral::other"}}), false},
		"the tag in another spelling":     {body(map[string]any{"systemTags": []any{"Ephemeral::ValidationOnly"}}), false},
		"the tag as a text":               {body(map[string]any{"systemTags": validationOnly}), false},
		"the tag among user tags":         {body(map[string]any{"userTags": []any{validationOnly}}), false},
		"the tag below another parameter": {body(map[string]any{"a": map[string]any{"systemTags": []any{validationOnly}}}), false},
		"one of two is executed":          {append(harmless(), body(map[string]any{})...), false},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := parseRequests(c.raw, true)
			require.NoError(t, err)
			assert.Equal(t, !c.harmless, r.executes)
			_, err = parseRequests(c.raw, false)
			if c.harmless {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, tt.ErrInvalid)
			assert.Contains(t, err.Error(), "allow_execution")
			assert.Contains(t, err.Error(), validationOnly)
		})
	}
}

// What a YAML or a JSON file holds arrives as it was meant.
func TestATemplateComesThroughSettings(t *testing.T) {
	var config struct {
		Requests []map[string]any `tt:"requests" required:"true" help:"the API calls that a ticket asks approval for"`
	}
	var in map[string]any
	require.NoError(t, json.Unmarshal([]byte(`{"requests": [{"requestName": "incident", "apiName": "`+vmAPI+`", "executeTimes": 1,
		"apiBody": {"name": "{{.Object}}", "cpuNum": 2, "systemTags": ["ephemeral::validationOnly"]}}]}`), &in))
	in["requests"].([]any)[0].(map[string]any)["apiBody"].(map[string]any)["nested"] = map[any]any{"k": []any{1, true}} // YAML's
	require.NoError(t, settings.Decode(in, &config))
	r, err := parseRequests(config.Requests, false)
	require.NoError(t, err)
	raw, err := json.Marshal(r.fill(placeholders{Object: "web-1"}))
	require.NoError(t, err)
	assert.JSONEq(t, `[{"requestName": "incident", "apiName": "`+vmAPI+`", "executeTimes": 1,
		"apiBody": {"name": "web-1", "cpuNum": 2, "systemTags": ["ephemeral::validationOnly"], "nested": {"k": [1, true]}}}]`, string(raw))

	for name, wrong := range map[string]any{"a text": "x", "a map": map[string]any{}, "a list of texts": []any{"x"}} {
		t.Run(name, func(t *testing.T) {
			require.ErrorIs(t, settings.Decode(map[string]any{"requests": wrong}, &config), tt.ErrInvalid)
		})
	}
	config.Requests = nil
	require.ErrorContains(t, settings.Decode(nil, &config), "requests", "there is no default")
}
