package config

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/ttkit/ttkit/tt"
)

// The loader asks only whether an adapter is registered; it opens none.
func init() {
	tt.Register("fake", func(context.Context, tt.Config) (tt.System, error) { panic("opened") }, nil)
}

func TestLoadReadsWhatOpensASystem(t *testing.T) {
	t.Setenv("CONFIG_TEST_TOKEN", "s3cret")
	t.Setenv("CONFIG_TEST_EMPTY", "")
	for _, row := range []struct {
		name, yaml, system string
		want               map[string]any
	}{
		{"the only system needs no name", "systems: {one: {adapter: fake}}", "", map[string]any{}},
		{"a system is picked by name", "systems: {one: {adapter: fake, a: x}, two: {adapter: fake, a: y}}", "two", map[string]any{"a": "y"}},
		{"variables are replaced", "systems: {one: {adapter: fake, token: '${CONFIG_TEST_TOKEN}', path: 'x/${CONFIG_TEST_TOKEN}/y'}}", "",
			map[string]any{"token": "s3cret", "path": "x/s3cret/y"}},
		{"an empty variable is empty", "systems: {one: {adapter: fake, token: '${CONFIG_TEST_EMPTY}'}}", "", map[string]any{"token": ""}},
		{"a literal ${ is written $${", "systems: {one: {adapter: fake, a: '$${X}'}}", "", map[string]any{"a": "${X}"}},
		{"variables of other systems may be unset", "systems: {one: {adapter: fake}, two: {adapter: fake, token: '${CONFIG_TEST_UNSET}'}}", "one", map[string]any{}},
		{"dotted settings are nested", "systems:\n  one:\n    adapter: fake\n    retry:\n      max_attempts: 3\n", "",
			map[string]any{"retry": map[string]any{"max_attempts": 3}}},
		{"lists keep their order and types", "systems: {one: {adapter: fake, l: [b, a, 1, true, 1.5, {k: v}]}}", "",
			map[string]any{"l": []any{"b", "a", 1, true, 1.5, map[string]any{"k": "v"}}}},
		{"text that only looks like a number stays text", "systems: {one: {adapter: fake, a: 0123, b: 5e10, c: 0x1f, d: 12345678901234567890123, e: 1_000, f: 1.50}}", "",
			map[string]any{"a": "0123", "b": "5e10", "c": "0x1f", "d": "12345678901234567890123", "e": "1_000", "f": "1.50"}},
		{"text that only looks like a date or a bool stays text", "systems: {one: {adapter: fake, a: 2026-11-21, b: 00:00, c: yes, d: True}}", "",
			map[string]any{"a": "2026-11-21", "b": "00:00", "c": "yes", "d": "True"}},
		{"keys may be numbers or a star in quotes", "systems: {one: {adapter: fake, queues: {1: a, '*': b}}}", "",
			map[string]any{"queues": map[string]any{"1": "a", "*": "b"}}},
		{"a key without a value counts as absent", "systems: {one: {adapter: fake, token: , scope: ~}}", "", map[string]any{}},
		{"an alias repeats what its anchor holds", "systems: {one: {adapter: fake, retry: &r {wait_min: 1s}}, two: {adapter: fake, retry: *r}}", "two",
			map[string]any{"retry": map[string]any{"wait_min": "1s"}}},
	} {
		t.Run(row.name, func(t *testing.T) {
			cfg, err := Load(write(t, row.yaml), row.system)
			require.NoError(t, err)
			assert.Equal(t, "fake", cfg.Adapter)
			assert.Equal(t, row.want, cfg.Settings)
			if row.system != "" {
				assert.Equal(t, row.system, cfg.Name)
			} else {
				assert.Equal(t, "one", cfg.Name)
			}
		})
	}
}

func TestLoadRefusesInOneLineAndRepeatsNoValue(t *testing.T) {
	for _, row := range []struct {
		name, yaml, system string
		says               []string
	}{
		{"an empty file", "", "", []string{"no systems"}},
		{"a file without systems", "systems:", "", []string{"no systems"}},
		{"a file that is a list", "[hunter2]", "", []string{"line 1", "no mapping"}},
		{"an unknown top-level key", "systems: {one: {adapter: fake}}\ntoken: hunter2", "", []string{`unknown key "token"`}},
		{"systems that are a text", "systems: hunter2", "", []string{"systems is no mapping"}},
		{"a system that is a text", "systems: {one: hunter2}", "", []string{`system "one"`}},
		{"a system without an adapter", "systems: {one: {token: hunter2}}", "", []string{`"one"`, "no adapter", "fake"}},
		{"an adapter that is no text", "systems: {one: {adapter: [hunter2]}}", "", []string{`"one"`, "no adapter"}},
		{"an unknown adapter", "systems: {one: {adapter: hunter2}}", "", []string{`"one"`, "unknown adapter", "fake"}},
		{"a system that stands twice", "systems:\n  one: {adapter: fake}\n  one: {adapter: fake, a: hunter2}", "", []string{"line 3", "systems.one", "line 2"}},
		{"a setting that stands twice", "systems:\n  one:\n    adapter: fake\n    token: hunter2\n    token: hunter2", "", []string{"line 5", "systems.one.token", "line 4"}},
		{"a system that is not there", "systems: {one: {adapter: fake}}", "two", []string{`no system "two"`, "one"}},
		{"no name where there are several", "systems: {one: {adapter: fake}, two: {adapter: fake}}", "", []string{"one, two"}},
		{"a variable that is not set", "systems: {one: {adapter: fake, token: 'hunter2${CONFIG_TEST_UNSET}'}}", "", []string{`"one"`, `"token"`, "CONFIG_TEST_UNSET is not set"}},
		{"a variable that is not set, deeper", "systems: {one: {adapter: fake, a: {b: ['${CONFIG_TEST_UNSET}']}}}", "", []string{`"a.b[0]"`}},
		{"a variable without a name", "systems: {one: {adapter: fake, token: '${hunter2-}'}}", "", []string{`"token"`, "$${"}},
		{"broken YAML", "systems:\n\tone: hunter2", "", []string{"no valid YAML", "line 2"}},
		{"a value that begins like an alias", "systems: {one: {adapter: fake, token: *hunter2}}", "", []string{"no valid YAML"}},
		{"a merge key", "systems: {one: &o {adapter: fake}, two: {<<: *o}}", "two", []string{"line 1", "systems.two", "no plain name"}},
		{"a key that is a list", "systems: {one: {adapter: fake, [hunter2]: x}}", "", []string{"systems.one", "no plain name"}},
		{"an anchor that contains itself", "systems: {one: &o {adapter: fake, a: *o}}", "", []string{"aliases"}},
		{"a second document", "systems: {one: {adapter: fake}}\n---\nsystems: {two: {adapter: hunter2}}", "", []string{"second document"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			path := write(t, row.yaml)
			_, err := Load(path, row.system)
			require.ErrorIs(t, err, tt.ErrInvalid)
			var e *tt.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, tt.NotDone, e.Outcome)
			assert.Equal(t, "Open", e.Op)
			for _, part := range append(row.says, path) {
				assert.Contains(t, err.Error(), part)
			}
			assert.NotContains(t, err.Error(), "hunter2")
			assert.NotContains(t, err.Error(), "\n")
			assert.Equal(t, 1, strings.Count(err.Error(), "invalid:"), err.Error())
		})
	}
}

func TestLoadNamesTheFileThatIsNotThere(t *testing.T) {
	_, err := Load("no-such-file.yaml", "one")
	require.ErrorIs(t, err, tt.ErrInvalid)
	require.ErrorIs(t, err, os.ErrNotExist)
	assert.ErrorContains(t, err, "no-such-file.yaml")
}

// Whatever the file holds, reading it gives settings or an error, and no
// error is longer than a line or repeats a value.
func FuzzReadSystems(f *testing.F) {
	for _, seed := range []string{
		"systems: {one: {adapter: fake, token: hunter2}}",
		"systems:\n  one:\n    adapter: fake\n    retry: {max_attempts: 3}\n    l: [1, 2.5, true, ~]",
		"systems: {one: &o {adapter: fake, a: *o}}",
		"a: &a [x, x]\nb: &b [*a, *a]\nsystems: [*b, *b]",
		"--- {}\n--- {}", "\t", "!!binary x", "? [a]\n: b",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		systems, err := readSystems(text)
		if err != nil {
			assert.NotContains(t, err.Error(), "\n")
			return
		}
		for name, settings := range systems {
			assert.NotNil(t, settings, name)
		}
	})
}

func write(t *testing.T, text string) string {
	path := filepath.Join(t.TempDir(), "systems.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}
