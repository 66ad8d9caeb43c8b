package guancetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// DimensionKeys are the keys that a dimensionFilter may name.
func DimensionKeys() []string { return slices.Clone(dimensionKeys) }

var dimensionKeys = []string{"host", "service", "resource", "pod_name", "app_name", "env", "url"}

// MatchFilter reports whether a dimensionFilter matches an incident with these
// dimensions. The empty filter matches all. The error says what is wrong with
// a filter that cannot be read. AND binds closer than OR; Knobs.LeftToRight
// does not count here.
//
//	filter := conj { " OR " conj }
//	conj   := term { " AND " term }
//	term   := key ":" value
//
// A value has no white space and no parentheses; a * at its end matches any
// rest, elsewhere it is a plain character. It is split from its key at the
// first colon and compared letter for letter. AND and OR are read in any
// letter case. The vendor documents the terms, the operators and the
// wildcard; everything else is inferred.
func MatchFilter(filter string, dimensions map[string]string) (bool, error) {
	f, err := parseFilter(filter)
	if err != nil {
		return false, err
	}
	return f.match(dimensions, false), nil
}

// filter is a dimensionFilter that was read; without terms it matches all.
type filter struct {
	terms []term
	ors   []bool // ors[i] joins terms i and i+1
}

type term struct{ key, value string }

func parseFilter(s string) (filter, error) {
	var f filter
	if s == "" {
		return f, nil
	}
	for i, word := range strings.Split(s, " ") {
		if i%2 == 0 {
			t, err := parseTerm(word)
			if err != nil {
				return filter{}, err
			}
			f.terms = append(f.terms, t)
			continue
		}
		switch strings.ToUpper(word) {
		case "AND":
			f.ors = append(f.ors, false)
		case "OR":
			f.ors = append(f.ors, true)
		default:
			return filter{}, fmt.Errorf("%q stands where AND or OR must", word)
		}
	}
	if len(f.ors) == len(f.terms) {
		return filter{}, errors.New("the last operator has nothing behind it")
	}
	return f, nil
}

func parseTerm(s string) (term, error) {
	key, value, ok := strings.Cut(s, ":")
	switch {
	case !ok:
		return term{}, fmt.Errorf("%q is no key:value", s)
	case !slices.Contains(dimensionKeys, key):
		return term{}, fmt.Errorf("%q is no dimension", key)
	case value == "":
		return term{}, fmt.Errorf("%q has no value", s)
	case strings.ContainsFunc(value, unicode.IsSpace):
		return term{}, fmt.Errorf("the value of %q has white space", s)
	case strings.ContainsAny(value, "()"):
		return term{}, fmt.Errorf("the value of %q has parentheses", s)
	}
	return term{key, value}, nil
}

// String writes the filter as the vendor's samples do.
func (f filter) String() string {
	var b strings.Builder
	for i, t := range f.terms {
		if i > 0 {
			if f.ors[i-1] {
				b.WriteString(" OR ")
			} else {
				b.WriteString(" AND ")
			}
		}
		b.WriteString(t.key + ":" + t.value)
	}
	return b.String()
}

func (f filter) match(dimensions map[string]string, leftToRight bool) bool {
	if len(f.terms) == 0 {
		return true
	}
	// all is whether one of the finished conjunctions held, now the value of
	// the one that is being read.
	all, now := false, f.terms[0].match(dimensions)
	for i, or := range f.ors {
		next := f.terms[i+1].match(dimensions)
		switch {
		case !or:
			now = now && next
		case leftToRight:
			now = now || next
		default:
			all, now = all || now, next
		}
	}
	return all || now
}

func (t term) match(dimensions map[string]string) bool {
	v, ok := dimensions[t.key]
	if prefix, wild := strings.CutSuffix(t.value, "*"); wild {
		return ok && strings.HasPrefix(v, prefix)
	}
	return ok && v == t.value
}
