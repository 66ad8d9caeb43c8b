package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Limits for aliases, which can multiply each other or contain themselves.
const (
	maxNodes = 10_000
	maxDepth = 50
)

// readSystems returns the settings of every system in a file, variables not
// yet replaced. The parser's tree is read here rather than decoded by the
// parser, because its errors repeat values, and because it would turn a token
// such as 0123 or 5e10 into another number.
func readSystems(text []byte) (map[string]map[string]any, error) {
	systems := map[string]map[string]any{}
	var document, more yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF):
		return systems, nil
	case err != nil:
		return nil, syntaxError(err)
	}
	if !errors.Is(decoder.Decode(&more), io.EOF) {
		return nil, errors.New("a second document follows after ---: put all systems into one")
	}
	r := &reader{}
	top, err := r.mapping(document.Content[0], "the file")
	if err != nil {
		return nil, err
	}
	for key, list := range top {
		if key != "systems" {
			return nil, fmt.Errorf("unknown key %q: the file has one key, systems", key)
		}
		if list == nil {
			continue
		}
		byName, ok := list.(map[string]any)
		if !ok {
			return nil, errors.New("systems is no mapping from a name to settings")
		}
		for name, settings := range byName {
			if systems[name], ok = settings.(map[string]any); !ok {
				return nil, fmt.Errorf("system %q: no settings: write at least its adapter", name)
			}
		}
	}
	return systems, nil
}

// syntaxError keeps the parser's words only where they quote nothing.
func syntaxError(err error) error {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	if !strings.ContainsAny(text, "'`\"") {
		return fmt.Errorf("no valid YAML: %s", text)
	}
	if line := regexp.MustCompile(`line \d+`).FindString(text); line != "" {
		return fmt.Errorf("no valid YAML: %s", line)
	}
	return errors.New("no valid YAML: an alias (*) or a tag (!) that nothing defines; put a value that begins so in quotes")
}

// reader turns the parser's tree into maps, lists and scalars.
type reader struct{ nodes, depth int }

// value reads any node; where names it in errors, such as `systems.msk-rsm.retry`.
func (r *reader) value(n *yaml.Node, where string) (any, error) {
	r.nodes++
	r.depth++
	defer func() { r.depth-- }()
	if r.nodes > maxNodes || r.depth > maxDepth {
		return nil, fmt.Errorf("more than %d values, or nested deeper than %d: aliases repeat each other", maxNodes, maxDepth)
	}
	switch n.Kind {
	case yaml.AliasNode:
		return r.value(n.Alias, where)
	case yaml.MappingNode:
		m, err := r.mapping(n, where)
		if err != nil {
			return nil, err
		}
		return m, nil
	case yaml.SequenceNode:
		list := make([]any, 0, len(n.Content))
		for i, item := range n.Content {
			v, err := r.value(item, fmt.Sprintf("%s[%d]", where, i))
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		return list, nil
	}
	return scalar(n), nil
}

// mapping reads a mapping. A key without a value is left out, as if absent.
func (r *reader) mapping(n *yaml.Node, where string) (map[string]any, error) {
	if n.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("line %d: %s is no mapping from keys to values", n.Line, where)
	}
	m := map[string]any{}
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, item := n.Content[i], n.Content[i+1]
		if key.Kind != yaml.ScalarNode || key.Tag == "!!merge" {
			return nil, fmt.Errorf("line %d: %s has a key that is no plain name", key.Line, where)
		}
		name := key.Value
		path := name
		if where != "the file" {
			path = where + "." + name
		}
		if line, twice := seen[name]; twice {
			return nil, fmt.Errorf("line %d: %s is there already, in line %d", key.Line, path, line)
		}
		seen[name] = key.Line
		v, err := r.value(item, path)
		if err != nil {
			return nil, err
		}
		if v != nil {
			m[name] = v
		}
	}
	return m, nil
}

// scalar returns nil, a bool, an int or a float where writing it again gives
// the same text, and otherwise the text as it stands in the file.
func scalar(n *yaml.Node) any {
	switch n.Tag {
	case "!!null":
		return nil
	case "!!bool":
		if b := n.Value == "true"; b || n.Value == "false" {
			return b
		}
	case "!!int":
		if i, err := strconv.Atoi(n.Value); err == nil && strconv.Itoa(i) == n.Value {
			return i
		}
	case "!!float":
		if f, err := strconv.ParseFloat(n.Value, 64); err == nil && strconv.FormatFloat(f, 'f', -1, 64) == n.Value {
			return f
		}
	}
	return n.Value
}
