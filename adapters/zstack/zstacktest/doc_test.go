package zstacktest

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The package documentation names every route, path and knob.
func TestTheDocumentationIsComplete(t *testing.T) {
	raw, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	words := make(map[string]bool)
	for _, word := range strings.FieldsFunc(string(raw), func(r rune) bool { return strings.ContainsRune(" \t\n,", r) }) {
		words[word] = true
	}
	for path, methods := range paths {
		assert.True(t, words[path], "the path %s", path)
		for method, e := range methods {
			assert.True(t, words[e.route], "the route %s of %s %s", e.route, method, path)
		}
	}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Knobs]()) {
		assert.True(t, words[f.Name], "the knob %s", f.Name)
	}
}
