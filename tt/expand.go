package tt

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// ExpandEnv returns a copy of settings with every ${NAME} in a string, also
// inside lists and maps, replaced once by what lookup says; $${ is a literal
// ${. An unset variable is an error that names the setting and the variable;
// an empty one is not. Pass os.LookupEnv, after the file is parsed: a value
// can then never become syntax of the file.
func ExpandEnv(settings map[string]any, lookup func(string) (string, bool)) (map[string]any, error) {
	out, err := expandMap("", settings, lookup)
	if err != nil {
		return nil, err
	}
	return out, nil
}

func expandMap[V any](path string, in map[string]V, lookup func(string) (string, bool)) (map[string]V, error) {
	out := make(map[string]V, len(in))
	for _, name := range slices.Sorted(maps.Keys(in)) { // sorted: of several errors, always the same one
		sub := name
		if path != "" {
			sub = path + "." + name
		}
		v, err := expandValue(sub, in[name], lookup)
		if err != nil {
			return nil, err
		}
		out[name], _ = v.(V) // an any holding nil stays nil
	}
	return out, nil
}

func expandList[V any](path string, in []V, lookup func(string) (string, bool)) ([]V, error) {
	out := make([]V, len(in))
	for i, item := range in {
		v, err := expandValue(fmt.Sprintf("%s[%d]", path, i), item, lookup)
		if err != nil {
			return nil, err
		}
		out[i], _ = v.(V)
	}
	return out, nil
}

// expandValue returns a value of the same type.
func expandValue(path string, v any, lookup func(string) (string, bool)) (any, error) {
	switch v := v.(type) {
	case string:
		s, err := expand(v, lookup)
		if err != nil {
			return nil, invalid("setting %q: %w", path, err)
		}
		return s, nil
	case map[string]any:
		return expandMap(path, v, lookup)
	case map[string]string:
		return expandMap(path, v, lookup)
	case []any:
		return expandList(path, v, lookup)
	case []string:
		return expandList(path, v, lookup)
	}
	return v, nil
}

func expand(s string, lookup func(string) (string, bool)) (string, error) {
	var b strings.Builder
	for {
		i := strings.Index(s, "${")
		if i < 0 {
			b.WriteString(s)
			return b.String(), nil
		}
		if i > 0 && s[i-1] == '$' { // $${ is a literal ${
			b.WriteString(s[:i-1] + "${")
			s = s[i+2:]
			continue
		}
		b.WriteString(s[:i])
		name, rest, closed := strings.Cut(s[i+2:], "}")
		if !closed || !validVariable(name) {
			return "", errors.New("a ${ that names no variable: write ${NAME}, or $${ for a literal ${")
		}
		value, set := lookup(name)
		if !set {
			return "", fmt.Errorf("environment variable %s is not set", name)
		}
		b.WriteString(value)
		s = rest
	}
}

func isVariable(s string) bool {
	name, ok := strings.CutPrefix(s, "${")
	name, end := strings.CutSuffix(name, "}")
	return ok && end && validVariable(name)
}

func validVariable(name string) bool {
	for i, c := range []byte(name) {
		if c != '_' && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return name != ""
}
