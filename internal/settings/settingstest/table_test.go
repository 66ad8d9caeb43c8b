package settingstest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/tt"
)

// recorder is a testing.TB that notes whether the test failed.
type recorder struct {
	testing.TB
	failed bool
}

func (r *recorder) Helper()               {}
func (r *recorder) Logf(string, ...any)   {}
func (r *recorder) Errorf(string, ...any) { r.failed = true }

func (r *recorder) Fatalf(string, ...any) {
	r.failed = true
	panic(r)
}

func (r *recorder) Fatal(...any) { r.Fatalf("") }

// check runs Table and reports whether it failed.
func check(t *testing.T, file string, options []tt.Option) bool {
	r := &recorder{TB: t}
	func() {
		defer func() {
			if p := recover(); p != nil && p != any(r) {
				panic(p)
			}
		}()
		Table(r, file, options)
	}()
	return r.failed
}

var options = []tt.Option{{Name: "token", Type: "secret", Required: true, Help: "the API token"}}

const goFile = `// Package rsm talks to somebody.
//
// # Settings
//
//	| setting | type   | default     | meaning |
//	| ------- | ------ | ----------- | ------- |
//	| token   | secret | must be set | the API token |
//
// More text.
package rsm
`

func write(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	return file
}

func TestTablePassesWhereItIsTrue(t *testing.T) {
	t.Setenv(UpdateVariable, "")
	assert.False(t, check(t, write(t, "doc.go", goFile), options))
}

func TestTableFailsAndCanRewrite(t *testing.T) {
	for name, c := range map[string]struct{ file, text, want string }{
		"a Go file with an old table": {"doc.go",
			"// Package rsm talks to somebody.\n//\n// # Settings\n//\n//\t| setting | type |\n//\t| --- | --- |\n//\t| gone | int |\n//\n// More text.\npackage rsm\n", goFile},
		"a Go file with a place for one": {"doc.go",
			"// Package rsm talks to somebody.\n//\n// # Settings\n//\n//\t| setting |\n//\n// More text.\npackage rsm\n", goFile},
		"a Markdown file with another table before it": {"README.md",
			"# A\n\n| x | y |\n|---|---|\n| 1 | 2 |\n\n|setting|\n\nMore.",
			"# A\n\n| x | y |\n|---|---|\n| 1 | 2 |\n\n| setting | type   | default     | meaning |\n| ------- | ------ | ----------- | ------- |\n| token   | secret | must be set | the API token |\n\nMore."},
	} {
		t.Run(name, func(t *testing.T) {
			file := write(t, c.file, c.text)
			t.Setenv(UpdateVariable, "")
			assert.True(t, check(t, file, options), "an untrue table fails")
			unchanged, err := os.ReadFile(file)
			require.NoError(t, err)
			assert.Equal(t, c.text, string(unchanged))

			t.Setenv(UpdateVariable, "1")
			assert.False(t, check(t, file, options))
			rewritten, err := os.ReadFile(file)
			require.NoError(t, err)
			assert.Equal(t, c.want, string(rewritten))

			t.Setenv(UpdateVariable, "")
			assert.False(t, check(t, file, options), "a rewritten table is true")
		})
	}
}

func TestTableFailsWithoutATableOrAFile(t *testing.T) {
	t.Setenv(UpdateVariable, "1")
	assert.True(t, check(t, write(t, "doc.go", "package rsm\n\nvar s = `| setting | type |`\n"), options))
	assert.True(t, check(t, filepath.Join(t.TempDir(), "none.go"), options))
}
