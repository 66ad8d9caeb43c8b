// Package settings turns what a configuration file or a connection URL holds
// into an adapter's typed Config, and describes that Config to people. An
// adapter declares each setting once, as a tagged field:
//
//	type Config struct {
//		tt.Common
//		Token tt.Secret     `tt:"token" required:"true" help:"the API token"`
//		Lease time.Duration `tt:"lease" default:"168h" help:"how long a ticket lives without a renewal"`
//		Mute  time.Duration `tt:"mute" default:"1m" off:"true" help:"how long to mute; 0: never"`
//		Scope string        `tt:"scope" default:"Ci" enum:"Ci,CiAndChildren" help:"what a ticket covers"`
//	}
//
// The fields of embedded structs are settings of the outer one; a tagged
// struct holds nested settings with dotted names (retry.max_attempts). Fields
// without a tag are no settings. Types: string, [tt.Secret], bool, integers,
// time.Duration, lists and maps (with string keys) of string or any, nested
// as deep as needed. A tag that contradicts its field is a mistake in the
// program, and panics.
//
// # The zero value is the default
//
// A typed Config has no other way to say "not given", so a setting whose zero
// would mean something else than its default refuses an explicit zero or
// empty text, unless it is tagged off:"true": there 0 becomes [tt.Off].
// For the same reason a bool cannot have the default true.
//
// # Strictness
//
// Names are exact. Nothing is guessed: no list from one text, no number from
// an empty text, no whole number from a fraction, no text from a fraction or
// a truth value. Errors name settings and what they want, never a value.
package settings

import (
	"reflect"
	"slices"
	"strings"

	"github.com/mitchellh/mapstructure"

	"github.com/ttkit/ttkit/tt"
)

// Decode reads in into the tagged struct that out points to. Settings that
// are not in it keep the field's value, and where that is zero take the
// default. Numbers, bools and durations may be given as text, as URLs and
// environment variables give them; whole numbers may be given for text, but
// not for secrets: 0123 in YAML is 83.
//
// All that is wrong with the settings is one error: tt.ErrInvalid, NotDone.
// Then out is as it was. Nothing in out shares memory with in.
func Decode(in map[string]any, out any) error {
	target := structOf(out)
	s := schemaOf(target.Type())
	c := converter{schema: s}
	values := c.convert(in)

	filled := reflect.New(target.Type())
	filled.Elem().Set(target)
	decoder, err := mapstructure.NewDecoder(&mapstructure.DecoderConfig{
		TagName:    "tt",
		Squash:     true,
		ZeroFields: true, // or lists and maps would be merged into what out shares with others
		MatchName:  func(key, name string) bool { return key == name },
		Result:     filled.Interface(),
	})
	if err == nil {
		err = decoder.Decode(values)
	}
	if err != nil { // its words hold values
		return tt.Errorf(tt.CodeInternal, tt.NotDone, "settings: a converted value does not fit its field")
	}
	s.complete(filled.Elem(), &c.problems)
	if err := c.problems.err(); err != nil {
		return err
	}
	target.Set(filled.Elem())
	return nil
}

// Default fills the zero fields of the tagged struct that out points to with
// their defaults, for constructors that take a typed Config, and checks all
// fields as Decode does: what is required, limits and choices.
func Default(out any) error {
	var p problems
	target := structOf(out)
	schemaOf(target.Type()).complete(target, &p)
	return p.err()
}

// complete fills defaults and checks every field that has no problem yet.
func (s *schema) complete(target reflect.Value, p *problems) {
	for i := range s.fields {
		f := &s.fields[i]
		v := target.FieldByIndex(f.index)
		switch {
		case p.has(f.name):
		case !v.IsZero() && (f.kind != kindList && f.kind != kindMap || v.Len() > 0):
			f.check(v, p)
		case f.required:
			p.add(f.name, "missing: "+f.want())
		case f.def.IsValid():
			v.Set(f.def)
		}
	}
}

// check checks a value that is not zero.
func (f *field) check(v reflect.Value, p *problems) {
	switch f.kind {
	case kindString:
		switch {
		case len(f.enum) > 0 && !slices.Contains(f.enum, v.String()):
			p.add(f.name, f.want())
		case hasControl(v.String()):
			p.add(f.name, control)
		}
	case kindSecret:
		if secret, _ := v.Interface().(tt.Secret); hasControl(secret.Reveal()) {
			p.add(f.name, control)
		}
	case kindInt, kindDuration:
		if off := f.off && v.Int() == tt.Off; v.Int() < 0 && !off && !f.negative() {
			p.add(f.name, f.want())
		}
	}
}

func structOf(out any) reflect.Value {
	v := reflect.ValueOf(out)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		panic("settings: not a pointer to a struct")
	}
	return v.Elem()
}

const control = "has a control character, such as a newline at its end"

// hasControl finds the newline at the end of a secret that came from a file,
// and everything else that no header and no URL can carry.
func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 })
}
