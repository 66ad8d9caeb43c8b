package settings_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/ttkit/ttkit/internal/settings"
	"github.com/ttkit/ttkit/tt"
)

func TestTagsThatContradictTheirFieldPanic(t *testing.T) {
	type embedded struct {
		A string `tt:"a"`
	}
	for name, c := range map[string]struct {
		out  any
		want string
	}{
		"not a struct": {new(int), "settings: not a struct"},
		"nothing":      {nil, "settings: not a struct"},
		"a name in upper case": {new(struct {
			A string `tt:"A"`
		}), "settings: field A: a name is lower-case letters, digits and _"},
		"a dotted name": {new(struct {
			A string `tt:"a.b"`
		}), "settings: field A: a name is lower-case letters, digits and _"},
		"an unexported field": {new(struct {
			a string `tt:"a"`
		}), "settings: field a: a setting is a field of its own, and exported"},
		"one name twice": {new(struct {
			A, B string `tt:"a"`
		}), "settings: field B: two settings of one name"},
		"a name of an embedded struct": {new(struct {
			embedded
			B string `tt:"a"`
		}), "settings: field B: two settings of one name"},
		"a tagged embedded struct": {new(struct {
			tt.Common `tt:"common"`
		}), "settings: field Common: a setting is a field of its own, and exported"},
		"a fraction": {new(struct {
			A float64 `tt:"a"`
		}), "settings: field A: no setting can hold a float64"},
		"a number without a sign": {new(struct {
			A uint `tt:"a"`
		}), "settings: field A: no setting can hold a uint"},
		"a pointer": {new(struct {
			A *string `tt:"a"`
		}), "settings: field A: no setting can hold a *string"},
		"a list of secrets": {new(struct {
			A []tt.Secret `tt:"a"`
		}), "settings: field A: no setting can hold a []tt.Secret"},
		"a list of durations": {new(struct {
			A []time.Duration `tt:"a"`
		}), "settings: field A: no setting can hold a []time.Duration"},
		"a map with numbers for keys": {new(struct {
			A map[int]string `tt:"a"`
		}), "settings: field A: no setting can hold a map[int]string"},
		"a default of another type": {new(struct {
			A int `tt:"a" default:"x"`
		}), "settings: field A: the default is no int that it takes"},
		"a default that overflows": {new(struct {
			A int8 `tt:"a" default:"128"`
		}), "settings: field A: the default is no int that it takes"},
		"a default without a unit": {new(struct {
			A time.Duration `tt:"a" default:"3"`
		}), "settings: field A: the default is no duration that it takes"},
		"a default that is no choice": {new(struct {
			A string `tt:"a" default:"x" enum:"y,z"`
		}), "settings: field A: the default is no string that it takes"},
		"a default of a secret": {new(struct {
			A tt.Secret `tt:"a" default:"x"`
		}), "settings: field A: a secret has no default"},
		"a default of a list": {new(struct {
			A []string `tt:"a" default:"x"`
		}), "settings: field A: a list has no default"},
		"a bool that is true": {new(struct {
			A bool `tt:"a" default:"true"`
		}), "settings: field A: a bool cannot have the default true: false could not be told from not given; turn its meaning round"},
		"a required bool": {new(struct {
			A bool `tt:"a" required:"true"`
		}), "settings: field A: a bool cannot be required: false could not be told from not given"},
		"required with a default": {new(struct {
			A string `tt:"a" required:"true" default:"x"`
		}), "settings: field A: what is required has no default"},
		"required written otherwise": {new(struct {
			A string `tt:"a" required:"yes"`
		}), `settings: field A: required is "true" or left out`},
		"a choice of numbers": {new(struct {
			A int `tt:"a" enum:"1,2"`
		}), "settings: field A: only a string can have an enum"},
		"a text that can be off": {new(struct {
			A string `tt:"a" off:"true"`
		}), "settings: field A: only a number or a duration can be off"},
	} {
		t.Run(name, func(t *testing.T) {
			assert.PanicsWithValue(t, c.want, func() { settings.Options(c.out) })
		})
	}
	assert.PanicsWithValue(t, "settings: not a pointer to a struct", func() { _ = settings.Decode(nil, config{}) })
	assert.PanicsWithValue(t, "settings: not a pointer to a struct", func() { _ = settings.Default((*config)(nil)) })
}

func TestADefaultThatIsOff(t *testing.T) {
	type limited struct {
		Rate int `tt:"rate" default:"0" off:"true"`
	}
	var byDefault, given limited
	assert.NoError(t, settings.Default(&byDefault))
	assert.Equal(t, tt.Off, byDefault.Rate)
	assert.NoError(t, settings.Decode(map[string]any{"rate": "3"}, &given))
	assert.Equal(t, 3, given.Rate)
	assert.ErrorIs(t, settings.Decode(map[string]any{"rate": -3}, &given), tt.ErrInvalid)
}

func TestNamedTypes(t *testing.T) {
	type mode string
	type queue string
	type named struct {
		Mode   mode             `tt:"mode" default:"a" enum:"a,b"`
		Queues map[queue][]mode `tt:"queues"`
	}
	var out named
	assert.NoError(t, settings.Decode(map[string]any{"queues": map[any]any{"net": []any{"b"}}}, &out))
	assert.Equal(t, named{Mode: "a", Queues: map[queue][]mode{"net": {"b"}}}, out)
}

// settingsOf is embedded and not exported, as an adapter may have it.
type settingsOf struct {
	Targets []string `tt:"targets"`
	Nested  struct {
		Limit time.Duration `tt:"limit" default:"1m"`
	} `tt:"nested"`
}

func TestSettingsOfAnUnexportedEmbeddedStruct(t *testing.T) {
	var out struct{ settingsOf }
	assert.NoError(t, settings.Decode(map[string]any{"targets": []any{"a"}}, &out))
	assert.Equal(t, []string{"a"}, out.Targets)
	assert.Equal(t, time.Minute, out.Nested.Limit)
}

func TestARequiredListOrMapIsNotEmpty(t *testing.T) {
	type needy struct {
		Targets []string            `tt:"targets" required:"true"`
		Queues  map[string][]string `tt:"queues" required:"true"`
	}
	const want = "tt: invalid: settings: queues: missing: want a map of lists of strings; targets: missing: want a list of strings"
	assert.EqualError(t, settings.Decode(nil, &needy{}), want)
	assert.EqualError(t, settings.Decode(map[string]any{"targets": []any{}, "queues": map[string]any{}}, &needy{}), want)
	assert.EqualError(t, settings.Default(&needy{Targets: []string{}, Queues: map[string][]string{}}), want)
	assert.NoError(t, settings.Default(&needy{Targets: []string{"a"}, Queues: map[string][]string{"net": nil}}))
}
