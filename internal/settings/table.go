package settings

import (
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/ttkit/ttkit/tt"
)

// Options describes the settings of a tagged struct, or of a pointer to one,
// in the order of its fields. What a setting chooses from is added to its
// help.
func Options(v any) []tt.Option {
	t := reflect.TypeOf(v)
	if t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil || t.Kind() != reflect.Struct {
		panic("settings: not a struct")
	}
	var out []tt.Option
	for _, f := range schemaOf(t).fields {
		o := tt.Option{Name: f.name, Type: string(f.kind), Default: f.defText, Required: f.required, Help: f.help}
		if len(f.enum) > 0 {
			o.Help += " (" + strings.Join(f.enum, " or ") + ")"
		}
		out = append(out, o)
	}
	return out
}

// Markdown returns the options as a table whose columns are aligned, so that
// it reads as well where nothing renders it, such as in go doc. It ends in a
// newline.
func Markdown(options []tt.Option) string {
	rows := [][]string{{"setting", "type", "default", "meaning"}, nil}
	for _, o := range options {
		def := o.Default
		if o.Required {
			def = "must be set" // "required" could be read as a value, and is one of lookup
		}
		rows = append(rows, []string{o.Name, o.Type, cell(def), cell(o.Help)})
	}
	last := len(rows[0]) - 1
	width := make([]int, last)
	for _, row := range rows {
		for i := range min(last, len(row)) {
			width[i] = max(width[i], utf8.RuneCountInString(row[i]))
		}
	}
	for _, w := range width {
		rows[1] = append(rows[1], strings.Repeat("-", w))
	}
	rows[1] = append(rows[1], strings.Repeat("-", len(rows[0][last])))

	var b strings.Builder
	for _, row := range rows {
		for i, text := range row {
			b.WriteString("| " + text)
			if i < last {
				b.WriteString(strings.Repeat(" ", width[i]-utf8.RuneCountInString(text)))
			}
			b.WriteString(" ")
		}
		b.WriteString("|\n")
	}
	return b.String()
}

// cell writes a text that does not end its cell or its row.
func cell(s string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ").Replace(s)
}
