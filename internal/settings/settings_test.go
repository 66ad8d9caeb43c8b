package settings_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/internal/settings"
	"github.com/ttkit/ttkit/tt"
)

// config has a setting of every kind.
type config struct {
	tt.Common
	Token    tt.Secret           `tt:"token" required:"true" help:"the API token"`
	Password tt.Secret           `tt:"password" help:"an optional secret"`
	Scope    string              `tt:"scope" default:"Ci" enum:"Ci,CiAndChildren" help:"what a ticket covers"`
	Title    string              `tt:"title" default:"alarm" help:"the title"`
	Note     string              `tt:"note" help:"any text"`
	Depth    int                 `tt:"depth" default:"0" help:"levels below"`
	Level    int                 `tt:"level" default:"-1" help:"a level; below 0 is a level too"`
	Tiny     int8                `tt:"tiny" help:"a small number"`
	Requests int                 `tt:"requests" default:"20" off:"true" help:"per minute; 0: no limit"`
	Lease    time.Duration       `tt:"lease" default:"168h" help:"how long a ticket lives"`
	Pause    time.Duration       `tt:"pause" help:"how long to wait"`
	Dark     bool                `tt:"dark" default:"false" help:"no notices"`
	Targets  []string            `tt:"targets" help:"who is told"`
	Anchor   map[string]string   `tt:"anchor" help:"queue to id"`
	Queues   map[string][]string `tt:"queues" help:"queue to targets"`
	Bodies   []map[string]any    `tt:"bodies" help:"templates"`
	Grid     [][]string          `tt:"grid" help:"lists of texts"`
	Extra    map[string]any      `tt:"extra" help:"anything"`
	Poll     poll                `tt:"poll"`

	Transport func() // no setting
	private   int    // no setting
}

type poll struct {
	Limit time.Duration `tt:"limit" default:"2m" help:"bounds one job"`
	Deep  struct {
		Count int `tt:"count" help:"nested twice"`
	} `tt:"deep"`
}

// with returns valid settings, changed by pairs of name and value.
func with(pairs ...any) map[string]any {
	in := map[string]any{"base_url": "https://tickets.example.net", "token": "t"}
	for i := 0; i < len(pairs); i += 2 {
		in[pairs[i].(string)] = pairs[i+1]
	}
	return in
}

func decode(t *testing.T, in map[string]any) config {
	t.Helper()
	var c config
	require.NoError(t, settings.Decode(in, &c))
	return c
}

func TestDecodeFillsDefaults(t *testing.T) {
	c := decode(t, with())
	assert.Equal(t, "https://tickets.example.net", c.BaseURL)
	assert.Equal(t, "t", c.Token.Reveal())
	assert.True(t, c.Password.IsZero())
	assert.Equal(t, "required", c.Lookup)
	assert.Equal(t, 5, c.Retry.MaxAttempts)
	assert.Equal(t, 200*time.Millisecond, c.Retry.WaitMin)
	assert.Equal(t, "Ci", c.Scope)
	assert.Equal(t, -1, c.Level)
	assert.Equal(t, 20, c.Requests)
	assert.Equal(t, 168*time.Hour, c.Lease)
	assert.Equal(t, 2*time.Minute, c.Poll.Limit)
	assert.Zero(t, c.Pause)
	assert.Nil(t, c.Targets)
}

func TestDecodeTakesWhatFilesAndURLsGive(t *testing.T) {
	for name, c := range map[string]struct {
		in   map[string]any
		get  func(config) any
		want any
	}{
		"text for a text":                      {with("note", "x"), func(c config) any { return c.Note }, "x"},
		"an empty text where it is no default": {with("note", ""), func(c config) any { return c.Note }, ""},
		"a whole number for a text":            {with("note", 42), func(c config) any { return c.Note }, "42"},
		"an unsigned number for a text":        {with("note", uint64(math.MaxUint64)), func(c config) any { return c.Note }, "18446744073709551615"},
		"a JSON number for a text":             {with("note", json.Number("1.10")), func(c config) any { return c.Note }, "1.10"},
		"a secret for a secret":                {with("token", tt.NewSecret("s")), func(c config) any { return c.Token.Reveal() }, "s"},
		"a number":                             {with("depth", 3), func(c config) any { return c.Depth }, 3},
		"a number as text":                     {with("depth", "3"), func(c config) any { return c.Depth }, 3},
		"a number as JSON gives it":            {with("depth", 3.0), func(c config) any { return c.Depth }, 3},
		"a number as JSON keeps it":            {with("depth", json.Number("3")), func(c config) any { return c.Depth }, 3},
		"an unsigned number":                   {with("depth", uint8(3)), func(c config) any { return c.Depth }, 3},
		"zero where it is the default":         {with("depth", 0), func(c config) any { return c.Depth }, 0},
		"the largest small number":             {with("tiny", 127), func(c config) any { return c.Tiny }, int8(127)},
		"a negative number where it has one":   {with("level", -3), func(c config) any { return c.Level }, -3},
		"a number above the default":           {with("level", "7"), func(c config) any { return c.Level }, 7},
		"a truth value":                        {with("dark", true), func(c config) any { return c.Dark }, true},
		"a truth value as text":                {with("dark", "true"), func(c config) any { return c.Dark }, true},
		"a false as text":                      {with("dark", "false"), func(c config) any { return c.Dark }, false},
		"a duration":                           {with("lease", "1h30m"), func(c config) any { return c.Lease }, 90 * time.Minute},
		"a Go duration":                        {with("lease", 3*time.Second), func(c config) any { return c.Lease }, 3 * time.Second},
		"no duration":                          {with("pause", 0), func(c config) any { return c.Pause }, time.Duration(0)},
		"no duration as text":                  {with("pause", "0"), func(c config) any { return c.Pause }, time.Duration(0)},
		"no duration with a unit":              {with("pause", "0s"), func(c config) any { return c.Pause }, time.Duration(0)},
		"a duration switched off":              {with("window", 0), func(c config) any { return c.Window }, time.Duration(tt.Off)},
		"a duration switched off with a unit":  {with("window", "0s"), func(c config) any { return c.Window }, time.Duration(tt.Off)},
		"a number switched off":                {with("requests", 0), func(c config) any { return c.Requests }, tt.Off},
		"a number switched off as text":        {with("requests", "0"), func(c config) any { return c.Requests }, tt.Off},
		"a choice":                             {with("scope", "CiAndChildren"), func(c config) any { return c.Scope }, "CiAndChildren"},
		"nested settings":                      {with("retry", map[string]any{"max_attempts": 2}), func(c config) any { return c.Retry.MaxAttempts }, 2},
		"nested settings of a YAML library":    {with("retry", map[any]any{"max_attempts": 2}), func(c config) any { return c.Retry.MaxAttempts }, 2},
		"nested settings of texts":             {with("retry", map[string]string{"wait_max": "3s"}), func(c config) any { return c.Retry.WaitMax }, 3 * time.Second},
		"settings nested twice":                {with("poll", map[string]any{"deep": map[any]any{"count": 4}}), func(c config) any { return c.Poll.Deep.Count }, 4},
		"a list":                               {with("targets", []any{"a", 7}), func(c config) any { return c.Targets }, []string{"a", "7"}},
		"a list of texts":                      {with("targets", []string{"a"}), func(c config) any { return c.Targets }, []string{"a"}},
		"an empty list":                        {with("targets", []any{}), func(c config) any { return c.Targets }, []string{}},
		"a map":                                {with("anchor", map[string]any{"net": 4012, "*": "1"}), func(c config) any { return c.Anchor }, map[string]string{"net": "4012", "*": "1"}},
		"a map with dots in its keys":          {with("anchor", map[string]any{"a.b": "1", "a": "2"}), func(c config) any { return c.Anchor }, map[string]string{"a.b": "1", "a": "2"}},
		"a map with numbers for keys":          {with("anchor", map[any]any{7: "1"}), func(c config) any { return c.Anchor }, map[string]string{"7": "1"}},
		"a map with keys as settings have":     {with("anchor", map[string]any{"Token": "1", "token": "2"}), func(c config) any { return c.Anchor }, map[string]string{"Token": "1", "token": "2"}},
		"a map of lists":                       {with("queues", map[any]any{"net": []any{"a", "b"}}), func(c config) any { return c.Queues }, map[string][]string{"net": {"a", "b"}}},
		"a list of lists":                      {with("grid", []any{[]string{"a"}, []any{}}), func(c config) any { return c.Grid }, [][]string{{"a"}, {}}},
		"a list of maps": {
			with("bodies", []any{map[any]any{"apiName": "X", "body": map[any]any{"n": 1, "f": 1.5, "none": nil, "list": []any{true}}}}),
			func(c config) any { return c.Bodies },
			[]map[string]any{{"apiName": "X", "body": map[string]any{"n": 1, "f": 1.5, "none": nil, "list": []any{true}}}},
		},
		"a map of anything": {with("extra", map[any]any{"a": map[any]any{1: "x"}}), func(c config) any { return c.Extra }, map[string]any{"a": map[string]any{"1": "x"}}},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, c.want, c.get(decode(t, c.in)))
		})
	}
}

func TestDecodeRefusesWhatMeansSomethingElse(t *testing.T) {
	const secret = "hunter2"
	cyclic := map[string]any{}
	cyclic["a"], cyclic["b"] = cyclic, []any{cyclic, cyclic}
	for name, c := range map[string]struct {
		in   map[string]any
		want string
	}{
		// required, unknown, null
		"a missing secret":                   {map[string]any{"base_url": "https://h"}, "token: missing: want a secret"},
		"an empty secret":                    {with("token", ""), "token: is empty: want a secret"},
		"a required text that is empty":      {with("base_url", ""), "base_url: is empty: want a string"},
		"a key without a value":              {with("note", nil), "note: has no value: give it one, or remove it"},
		"nested settings without a value":    {with("retry", nil), "retry: has no value: give it one, or remove it"},
		"an unknown key":                     {with("colour", "red"), "colour: unknown setting"},
		"a mistyped key":                     {with("tokn", secret), "tokn: unknown setting: did you mean token?"},
		"a key in another case":              {with("Token", secret), "Token: unknown setting: did you mean token?"},
		"a key with a dash":                  {with("base-url", secret), "base-url: unknown setting: did you mean base_url?"},
		"a mistyped nested key":              {with("retry", map[string]any{"max_atempts": 3}), "retry.max_atempts: unknown setting: did you mean max_attempts?"},
		"a dotted key":                       {with("retry.max_attempts", 3), "retry.max_attempts: unknown setting: write it nested, below retry"},
		"a dotted key inside":                {with("poll", map[string]any{"deep.count": 3}), "poll.deep.count: unknown setting: write it nested, below poll.deep"},
		"a Go field that is no setting":      {with("Transport", secret), "Transport: unknown setting"},
		"an embedded struct's name":          {with("Common", map[string]any{}), "Common: unknown setting"},
		"a key that took the value with it":  {with("token:"+secret, nil), "token…: unknown setting"},
		"a key that only looks like one":     {with("t\u043eken", "x"), `"t\u043eken": unknown setting: did you mean token?`},
		"a long key":                         {with(strings.Repeat("я", 99), "x"), `"` + strings.Repeat(`\u044f`, 32) + `\u2026": unknown setting`},
		"a long key in a map":                {with("anchor", map[string]any{"k" + strings.Repeat("я", 99): nil}), `anchor["k` + strings.Repeat("я", 31) + `…"]: has no value: give it one, or remove it`},
		"an empty key":                       {with("", "x"), `"": unknown setting`},
		"a scalar for nested settings":       {with("retry", 5), "retry: want nested settings: max_attempts, wait_max, wait_min"},
		"nested settings with odd keys":      {with("retry", map[any]any{1.5: 1}), "retry: want strings as keys (put them in quotes)"},
		"nested settings given twice":        {with("extra", map[any]any{7: "a", "7": "b"}), "extra: a key is given twice, as a number and as a string"},
		"a list for nested settings":         {with("retry", []any{map[string]any{"max_attempts": 3}}), "retry: want nested settings: max_attempts, wait_max, wait_min"},
		"a text for settings nested twice":   {with("poll", map[string]any{"deep": "x"}), "poll.deep: want nested settings: count"},
		"a secret with a newline at its end": {with("token", secret+"\n"), "token: has a control character, such as a newline at its end"},
		"a text with a control character":    {with("note", "a\x00b"), "note: has a control character, such as a newline at its end"},

		// text
		"a fraction for a text":         {with("note", 1.10), "note: want a string (put it in quotes)"},
		"a truth value for a text":      {with("note", true), "note: want a string (put it in quotes)"},
		"a date for a text":             {with("note", time.Unix(0, 0)), "note: want a string (put it in quotes)"},
		"a duration for a text":         {with("note", time.Second), "note: want a string"},
		"a list for a text":             {with("note", []any{secret}), "note: want a string"},
		"a map for a text":              {with("note", map[string]any{secret: secret}), "note: want a string"},
		"bytes for a text":              {with("note", []byte(secret)), "note: want a string"},
		"a secret for a text":           {with("note", tt.NewSecret(secret)), "note: want a string (put it in quotes)"},
		"an empty text for the default": {with("title", ""), "title: is empty: want a string"},
		"a number for a secret":         {with("token", 83), "token: want a secret (put it in quotes: a bare number may not arrive as it was written)"},
		"a list for a secret":           {with("token", []any{secret}), "token: want a secret"},
		"a text that is no choice":      {with("scope", secret), "scope: want Ci or CiAndChildren"},
		"a choice in another case":      {with("scope", "ci"), "scope: want Ci or CiAndChildren"},
		"a choice with a blank":         {with("scope", "Ci "), "scope: want Ci or CiAndChildren"},
		"an empty choice":               {with("scope", ""), "scope: is empty: want Ci or CiAndChildren"},

		// numbers
		"a fraction for a number":             {with("depth", 1.5), "depth: want a whole number, 0 or more"},
		"a fraction as text":                  {with("depth", "1.0"), "depth: want a whole number, 0 or more"},
		"not a number":                        {with("depth", math.NaN()), "depth: want a whole number, 0 or more"},
		"an infinite number":                  {with("depth", math.Inf(1)), "depth: want a whole number, 0 or more"},
		"a number that a float cannot hold":   {with("depth", 1e17), "depth: want a whole number, 0 or more"},
		"an unsigned number that overflows":   {with("depth", uint64(math.MaxUint64)), "depth: want a whole number, 0 or more"},
		"a text that overflows":               {with("depth", "9223372036854775808"), "depth: want a whole number, 0 or more"},
		"a number that its field cannot hold": {with("tiny", 128), "tiny: want a whole number, 0 or more"},
		"a negative number":                   {with("depth", -1), "depth: want a whole number, 0 or more"},
		"a negative number as text":           {with("depth", "-1"), "depth: want a whole number, 0 or more"},
		"a number written as off":             {with("requests", -1), "requests: want a whole number, 0 or more"},
		"an empty text for a number":          {with("depth", ""), "depth: want a whole number, 0 or more"},
		"a text for a number":                 {with("depth", secret), "depth: want a whole number, 0 or more"},
		"a number with a blank":               {with("depth", " 1"), "depth: want a whole number, 0 or more"},
		"a number with a plus":                {with("depth", "+1"), "depth: want a whole number, 0 or more"},
		"a number that may be octal":          {with("depth", "010"), "depth: want a whole number, 0 or more"},
		"a hexadecimal number":                {with("depth", "0x10"), "depth: want a whole number, 0 or more"},
		"a number with an underscore":         {with("depth", "1_000"), "depth: want a whole number, 0 or more"},
		"a truth value for a number":          {with("depth", true), "depth: want a whole number, 0 or more"},
		"a duration for a number":             {with("depth", time.Second), "depth: want a whole number, 0 or more"},
		"a list for a number":                 {with("depth", []any{1}), "depth: want a whole number, 0 or more"},
		"a zero that would be the default":    {with("retry", map[string]any{"max_attempts": 0}), "retry.max_attempts: want a whole number above 0"},
		"a zero for a level":                  {with("level", 0), "level: want a whole number other than 0"},

		// truth values
		"yes":                        {with("dark", "yes"), "dark: want true or false"},
		"1 as text":                  {with("dark", "1"), "dark: want true or false"},
		"t":                          {with("dark", "t"), "dark: want true or false"},
		"TRUE":                       {with("dark", "TRUE"), "dark: want true or false"},
		"a number for a truth value": {with("dark", 1), "dark: want true or false"},
		"an empty text for a bool":   {with("dark", ""), "dark: want true or false"},
		"a list for a truth value":   {with("dark", []any{true}), "dark: want true or false"},

		// durations
		"a bare number for a duration":      {with("pause", 30), "pause: want a duration, such as 30s (a number needs a unit: s, m or h)"},
		"a bare number as text":             {with("pause", "30"), "pause: want a duration, such as 30s (a number needs a unit: s, m or h)"},
		"a bare fraction for a duration":    {with("pause", 1.5), "pause: want a duration, such as 30s (a number needs a unit: s, m or h)"},
		"a negative duration":               {with("pause", "-3s"), "pause: want a duration, such as 30s"},
		"a negative Go duration":            {with("pause", -time.Second), "pause: want a duration, such as 30s"},
		"a duration written as off":         {with("window", -1), "window: want a duration, such as 30s (a number needs a unit: s, m or h)"},
		"an empty text for a duration":      {with("pause", ""), "pause: want a duration, such as 30s"},
		"days":                              {with("pause", "7d"), "pause: want a duration, such as 30s"},
		"a duration that overflows":         {with("pause", "9999999h"), "pause: want a duration, such as 30s"},
		"no duration where it is required":  {with("lease", "0s"), "lease: want a duration above 0, such as 30s"},
		"no duration where it is a default": {with("lease", 0), "lease: want a duration above 0, such as 30s"},

		// lists and maps
		"a text for a list":              {with("targets", secret), "targets: want a list of strings"},
		"an empty text for a list":       {with("targets", ""), "targets: want a list of strings"},
		"bytes for a list":               {with("targets", []byte(secret)), "targets: want a list of strings"},
		"a map for a list":               {with("targets", map[string]any{}), "targets: want a list of strings"},
		"a fraction in a list":           {with("targets", []any{"a", 1.5}), "targets[1]: want a string (put it in quotes)"},
		"an empty place in a list":       {with("targets", []any{nil}), "targets[0]: has no value: give it one, or remove it"},
		"a list in a list":               {with("targets", []any{[]any{secret}}), "targets[0]: want a string"},
		"a list for a map":               {with("anchor", []any{}), "anchor: want a map of strings"},
		"a list of maps for a map":       {with("anchor", []any{map[string]any{"a": secret}}), "anchor: want a map of strings"},
		"a text for a map":               {with("anchor", secret), "anchor: want a map of strings"},
		"a map in a map":                 {with("anchor", map[string]any{"net": map[string]any{"x": secret}}), `anchor["net"]: want a string`},
		"an empty place in a map":        {with("anchor", map[string]any{"net": nil}), `anchor["net"]: has no value: give it one, or remove it`},
		"a truth value for a key":        {with("anchor", map[any]any{true: "1"}), "anchor: want strings as keys (put them in quotes)"},
		"no key":                         {with("anchor", map[any]any{nil: "1"}), "anchor: want strings as keys (put them in quotes)"},
		"a text for a list in a map":     {with("queues", map[string]any{"net": secret}), `queues["net"]: want a list of strings`},
		"a map for a list of maps":       {with("bodies", map[string]any{"a": secret}), "bodies: want a list of maps"},
		"a text in a list of maps":       {with("bodies", []any{secret}), "bodies[0]: want a map"},
		"a text for a list of lists":     {with("grid", secret), "grid: want a list of lists of strings"},
		"a text in a list of lists":      {with("grid", []any{secret}), "grid[0]: want a list of strings"},
		"a text for a map of lists":      {with("queues", secret), "queues: want a map of lists of strings"},
		"a text for a map of anything":   {with("extra", secret), "extra: want a map"},
		"a date deep inside":             {with("bodies", []any{map[string]any{"at": []any{time.Unix(0, 0)}}}), `bodies[0]["at"][0]: want what JSON can hold: a string, a number, true or false, a list or a map (put it in quotes)`},
		"a function deep inside":         {with("extra", map[string]any{"f": func() {}}), `extra["f"]: want what JSON can hold: a string, a number, true or false, a list or a map (put it in quotes)`},
		"not a number deep inside":       {with("extra", map[string]any{"f": math.NaN()}), `extra["f"]: want what JSON can hold: a string, a number, true or false, a list or a map (put it in quotes)`},
		"several problems, sorted":       {with("pause", 3, "Token", secret, "depth", secret), "Token: unknown setting: did you mean token?; depth: want a whole number, 0 or more; pause: want a duration, such as 30s (a number needs a unit: s, m or h)"},
		"a problem hides no missing one": {map[string]any{"base_url": "https://h", "depth": "x"}, "depth: want a whole number, 0 or more; token: missing: want a secret"},
	} {
		t.Run(name, func(t *testing.T) {
			before := config{Note: "before"}
			after := before
			err := settings.Decode(c.in, &after)
			require.ErrorIs(t, err, tt.ErrInvalid)
			assert.EqualError(t, err, "tt: invalid: settings: "+c.want)
			assert.NotContains(t, err.Error(), secret)
			var e *tt.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, tt.NotDone, e.Outcome)
			assert.Equal(t, before.Note, after.Note, "a refused Decode changes nothing")
			assert.True(t, after.Token.IsZero(), "a refused Decode changes nothing")
		})
	}
	t.Run("a map that holds itself", func(t *testing.T) {
		err := settings.Decode(with("extra", cyclic), &config{})
		require.ErrorIs(t, err, tt.ErrInvalid)
		assert.ErrorContains(t, err, "is nested too deep, or too large")
	})
	t.Run("very many problems", func(t *testing.T) {
		err := settings.Decode(with("targets", make([]any, 1000)), &config{})
		require.ErrorIs(t, err, tt.ErrInvalid)
		assert.ErrorContains(t, err, "; 980 more")
		assert.Less(t, len(err.Error()), 2000)
	})
}

func TestDecodeKeepsWhatTheProgramHasSet(t *testing.T) {
	c := config{Note: "kept", Depth: 7, Targets: []string{"kept"}, Anchor: map[string]string{"kept": "1"}, private: 5}
	given := c
	require.NoError(t, settings.Decode(with("depth", 2, "targets", []any{"new"}, "anchor", map[string]any{"new": "2"}), &c))
	assert.Equal(t, "kept", c.Note)
	assert.Equal(t, 5, c.private)
	assert.Equal(t, 2, c.Depth)
	assert.Equal(t, []string{"new"}, c.Targets)
	assert.Equal(t, map[string]string{"new": "2"}, c.Anchor)
	assert.Equal(t, []string{"kept"}, given.Targets, "a list is replaced, not written over")
	assert.Equal(t, map[string]string{"kept": "1"}, given.Anchor, "a map is replaced, not added to")
}

func TestDecodeSharesNoMemoryWithItsInput(t *testing.T) {
	inner := map[string]any{"a": []any{"x"}}
	list := []string{"a"}
	in := with("bodies", []any{inner}, "extra", inner, "targets", list)
	c := decode(t, in)
	list[0] = "changed"
	inner["a"].([]any)[0] = "changed"
	inner["b"] = 1
	want := map[string]any{"a": []any{"x"}}
	assert.Equal(t, []string{"a"}, c.Targets)
	assert.Equal(t, want, c.Extra)
	assert.Equal(t, []map[string]any{want}, c.Bodies)
	assert.Nil(t, in["lease"], "the input is not written to")
}

func TestDefaultFillsAndChecksATypedConfig(t *testing.T) {
	valid := func() config {
		return config{Common: tt.Common{BaseURL: "https://h"}, Token: tt.NewSecret("t")}
	}
	c := valid()
	c.Lease, c.Window = time.Hour, tt.Off
	require.NoError(t, settings.Default(&c))
	assert.Equal(t, time.Hour, c.Lease)
	assert.Equal(t, time.Duration(tt.Off), c.Window)
	assert.Equal(t, "alarm", c.Title)
	assert.Equal(t, 10*time.Second, c.Retry.WaitMax)
	again := c
	require.NoError(t, settings.Default(&again))
	assert.Equal(t, c.Lease, again.Lease)
	assert.Equal(t, c.Window, again.Window)

	for name, row := range map[string]struct {
		change func(*config)
		want   string
	}{
		"no secret":               {func(c *config) { c.Token = tt.Secret{} }, "token: missing: want a secret"},
		"no text":                 {func(c *config) { c.BaseURL = "" }, "base_url: missing: want a string"},
		"no choice":               {func(c *config) { c.Lookup = "never" }, "lookup: want required or best_effort"},
		"a negative duration":     {func(c *config) { c.Lease = -1 }, "lease: want a duration above 0, such as 30s"},
		"less than off":           {func(c *config) { c.Window = -2 }, "window: want a duration, such as 30s"},
		"a negative number":       {func(c *config) { c.Depth = -1 }, "depth: want a whole number, 0 or more"},
		"a nested one":            {func(c *config) { c.Retry.MaxAttempts = -1 }, "retry.max_attempts: want a whole number above 0"},
		"a newline in a secret":   {func(c *config) { c.Token = tt.NewSecret("hunter2\n") }, "token: has a control character, such as a newline at its end"},
		"two at once, and sorted": {func(c *config) { c.Token, c.Depth = tt.Secret{}, -1 }, "depth: want a whole number, 0 or more; token: missing: want a secret"},
	} {
		t.Run(name, func(t *testing.T) {
			c := valid()
			row.change(&c)
			err := settings.Default(&c)
			require.ErrorIs(t, err, tt.ErrInvalid)
			assert.EqualError(t, err, "tt: invalid: settings: "+row.want)
		})
	}
}

func TestDecodedSettingsSurviveDefault(t *testing.T) {
	c := decode(t, with("window", 0, "requests", 0, "depth", 0, "pause", 0, "level", -5))
	again := c
	require.NoError(t, settings.Default(&again))
	assert.Equal(t, c.Window, again.Window)
	assert.Equal(t, c.Requests, again.Requests)
	assert.Equal(t, c.Depth, again.Depth)
	assert.Equal(t, c.Pause, again.Pause)
	assert.Equal(t, c.Level, again.Level)
}
