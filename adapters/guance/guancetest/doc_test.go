package guancetest

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The package documentation names every route and every knob.
func TestTheDocumentationIsComplete(t *testing.T) {
	raw, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	words := make(map[string]bool)
	for _, word := range strings.Fields(string(raw)) {
		words[word] = true
	}
	for path, e := range endpoints {
		path = strings.ReplaceAll(path, "*", "{uuid}")
		assert.True(t, words[path], "the path %s", path)
		assert.True(t, words[e.route], "the route %s", e.route)
	}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Knobs]()) {
		assert.True(t, words[f.Name], "the knob %s", f.Name)
	}
}
