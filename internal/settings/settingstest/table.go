// Package settingstest keeps the option tables in documentation true.
package settingstest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ttkit/ttkit/internal/settings"
	"github.com/ttkit/ttkit/tt"
)

// UpdateVariable is the environment variable that makes [Table] rewrite
// tables instead of failing, when it is not empty:
//
//	TT_UPDATE_TABLES=1 go test ./adapters/...
const UpdateVariable = "TT_UPDATE_TABLES"

// Table fails t unless the file holds the table of options, as
// [settings.Markdown] writes it. In a Go file the table stands in a comment,
// indented by a tab, which go doc shows as it is; in any other file it stands
// at the beginning of its lines. The first table whose first column is called
// "setting" is the one. To begin a new one, write "| setting |" on a line of
// its own and set [UpdateVariable].
func Table(t testing.TB, file string, options []tt.Option) {
	t.Helper()
	have, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want, found := replaceTable(string(have), linePrefix(file), settings.Markdown(options))
	switch {
	case !found:
		t.Fatalf("%s has no table of settings: write a line %q where it belongs, and run the tests with %s=1",
			file, linePrefix(file)+"| setting |", UpdateVariable)
	case want == string(have):
	case os.Getenv(UpdateVariable) != "":
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: the table of settings was rewritten", file)
	default:
		t.Errorf("%s: the table of settings is not what the tags say: run the tests with %s=1. It should be:\n%s",
			file, UpdateVariable, settings.Markdown(options))
	}
}

func linePrefix(file string) string {
	if filepath.Ext(file) == ".go" {
		return "//\t"
	}
	return ""
}

// replaceTable returns text with its first table of settings replaced.
func replaceTable(text, prefix, table string) (string, bool) {
	lines := strings.SplitAfter(text, "\n")
	start := 0
	for start < len(lines) && !isHead(lines[start], prefix) {
		start++
	}
	if start == len(lines) {
		return text, false
	}
	end := start
	for end < len(lines) && strings.HasPrefix(lines[end], prefix+"|") {
		end++
	}
	var b strings.Builder
	b.WriteString(strings.Join(lines[:start], ""))
	for row := range strings.Lines(table) {
		b.WriteString(prefix + row)
	}
	b.WriteString(strings.Join(lines[end:], ""))
	return b.String(), true
}

func isHead(line, prefix string) bool {
	rest, ok := strings.CutPrefix(line, prefix+"|")
	cell, _, closed := strings.Cut(rest, "|")
	return ok && closed && strings.TrimSpace(cell) == "setting"
}
