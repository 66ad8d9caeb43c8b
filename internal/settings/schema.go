package settings

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/ttkit/ttkit/tt"
)

// kind is what a setting holds; its text is tt.Option's Type.
type kind string

const (
	kindString   kind = "string"
	kindSecret   kind = "secret"
	kindInt      kind = "int"
	kindBool     kind = "bool"
	kindDuration kind = "duration"
	kindList     kind = "list"
	kindMap      kind = "map"
)

// field is one setting.
type field struct {
	name     string // dotted
	kind     kind
	typ      reflect.Type
	index    []int         // where it is in the outermost struct
	def      reflect.Value // invalid when there is no default, or the zero value is it
	defText  string        // as a user would write it
	enum     []string
	required bool
	off      bool
	help     string
}

// schema is what the tags of a struct say.
type schema struct {
	fields []field
	groups map[string]bool // dotted names of nested structs
}

var (
	secretType   = reflect.TypeFor[tt.Secret]()
	durationType = reflect.TypeFor[time.Duration]()
	anyType      = reflect.TypeFor[any]()
)

func schemaOf(t reflect.Type) *schema {
	s := &schema{groups: map[string]bool{}}
	s.walk(t, "", nil)
	return s
}

func (s *schema) walk(t reflect.Type, prefix string, index []int) {
	for i := range t.NumField() {
		f := t.Field(i)
		at := append(append([]int(nil), index...), i)
		tag := f.Tag.Get("tt")
		switch {
		case f.Anonymous && f.Type.Kind() == reflect.Struct && f.Type != secretType && tag == "":
			s.walk(f.Type, prefix, at)
		case tag == "":
		case !f.IsExported() || f.Anonymous:
			broken(f, "a setting is a field of its own, and exported")
		case !validName(tag):
			broken(f, "a name is lower-case letters, digits and _")
		case s.find(prefix+tag) != nil || s.groups[prefix+tag]:
			broken(f, "two settings of one name")
		case f.Type.Kind() == reflect.Struct && f.Type != secretType:
			s.groups[prefix+tag] = true
			s.walk(f.Type, prefix+tag+".", at)
		default:
			s.fields = append(s.fields, newField(f, prefix+tag, at))
		}
	}
}

func newField(f reflect.StructField, name string, index []int) field {
	kind, ok := kindOf(f.Type)
	if !ok {
		broken(f, "no setting can hold a "+f.Type.String())
	}
	out := field{
		name: name, kind: kind, typ: f.Type, index: index,
		defText:  f.Tag.Get("default"),
		required: flag(f, "required"),
		off:      flag(f, "off"),
		help:     f.Tag.Get("help"),
	}
	if enum := f.Tag.Get("enum"); enum != "" {
		out.enum = strings.Split(enum, ",")
	}
	switch {
	case out.enum != nil && kind != kindString:
		broken(f, "only a string can have an enum")
	case out.off && kind != kindInt && kind != kindDuration:
		broken(f, "only a number or a duration can be off")
	case out.required && (out.off || out.defText != ""):
		broken(f, "what is required has no default")
	case out.required && kind == kindBool:
		broken(f, "a bool cannot be required: false could not be told from not given")
	}
	if out.defText == "" {
		return out
	}
	if kind == kindList || kind == kindMap || kind == kindSecret {
		broken(f, "a "+string(kind)+" has no default")
	}
	def := reflect.ValueOf((&converter{}).scalar(&out, name, out.defText))
	switch {
	case !def.IsValid() || out.enum != nil && !slices.Contains(out.enum, out.defText):
		broken(f, "the default is no "+string(kind)+" that it takes")
	case kind == kindBool && def.Bool():
		broken(f, "a bool cannot have the default true: false could not be told from not given; turn its meaning round")
	case !def.IsZero():
		out.def = def.Convert(f.Type)
	}
	return out
}

// kindOf reports false for types that no setting can have.
func kindOf(t reflect.Type) (kind, bool) {
	switch {
	case t == secretType:
		return kindSecret, true
	case t == durationType:
		return kindDuration, true
	}
	switch t.Kind() {
	case reflect.String:
		return kindString, true
	case reflect.Bool:
		return kindBool, true
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return kindInt, true
	case reflect.Slice:
		return kindList, validElement(t.Elem())
	case reflect.Map:
		return kindMap, t.Key().Kind() == reflect.String && validElement(t.Elem())
	}
	return "", false
}

func validElement(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Slice, reflect.Map:
		_, ok := kindOf(t)
		return ok
	}
	return t == anyType || t.Kind() == reflect.String
}

func validName(name string) bool {
	for i, c := range []byte(name) {
		if (c < 'a' || c > 'z') && (i == 0 || c != '_' && (c < '0' || c > '9')) {
			return false
		}
	}
	return true
}

func flag(f reflect.StructField, tag string) bool {
	switch f.Tag.Get(tag) {
	case "true":
		return true
	case "":
		return false
	}
	broken(f, tag+` is "true" or left out`)
	return false
}

func broken(f reflect.StructField, why string) {
	panic(fmt.Sprintf("settings: field %s: %s", f.Name, why))
}

func (s *schema) find(name string) *field {
	for i := range s.fields {
		if s.fields[i].name == name {
			return &s.fields[i]
		}
	}
	return nil
}

// negative reports whether numbers below 0 mean something here.
func (f *field) negative() bool { return !f.off && strings.HasPrefix(f.defText, "-") }

// zeroMeansOther reports whether an explicit zero would be taken for "not
// given", and silently become something else.
func (f *field) zeroMeansOther() bool { return f.def.IsValid() || f.required }

// want says what the setting takes.
func (f *field) want() string {
	switch f.kind {
	case kindString:
		if len(f.enum) > 0 {
			return "want " + strings.Join(f.enum, " or ")
		}
		return "want a string"
	case kindSecret:
		return "want a secret"
	case kindBool:
		return "want true or false"
	case kindInt:
		switch {
		case f.negative():
			return "want a whole number other than 0"
		case f.zeroMeansOther() && !f.off:
			return "want a whole number above 0"
		}
		return "want a whole number, 0 or more"
	case kindDuration:
		if f.zeroMeansOther() && !f.off {
			return "want a duration above 0, such as 30s"
		}
		return "want a duration, such as 30s"
	}
	return "want " + wantType(f.typ)
}

// wantType names a list or a map, and what is in it.
func wantType(t reflect.Type) string {
	if t.Kind() == reflect.Slice {
		return "a list" + of(t.Elem())
	}
	return "a map" + of(t.Elem())
}

func of(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Slice:
		return " of lists" + of(t.Elem())
	case reflect.Map:
		return " of maps" + of(t.Elem())
	case reflect.String:
		return " of strings"
	}
	return ""
}
