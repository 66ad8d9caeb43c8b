package guance

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A dimensionFilter is terms key:value joined by AND and OR. That, and a
// trailing * as a wildcard, is all that the vendor documents: no escapes, no
// quotes, no parentheses, and not which operator binds closer. So what we
// write is terms of plain names joined by OR, which can be read in one way
// only; and what others wrote is extended only if it is such a list, too.

// filterTerm is one condition on an incident.
type filterTerm struct{ key, value string }

// dimensionFilter is a filter that was read.
type dimensionFilter struct {
	terms []filterTerm
	and   bool // some terms are joined by AND
}

// hostTerm returns the term that matches an object by a dimension, such as
// host:agg-1. It is false for a name that could mean something else than
// itself in a filter: only letters, digits and - _ . : / @ are let in, the
// signs only between them, and no word that is an operator in any letter case.
func hostTerm(dimension, object string) (term string, ok bool) {
	if object == "" || !utf8.ValidString(object) || isOperator(object) || strings.EqualFold(object, "not") {
		return "", false
	}
	for i, r := range object {
		switch inner := i > 0 && i+utf8.RuneLen(r) < len(object); {
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '_':
		case inner && strings.ContainsRune("-.:/@", r):
		default:
			return "", false
		}
	}
	return dimension + ":" + object, true
}

func isOperator(word string) bool {
	return strings.EqualFold(word, "and") || strings.EqualFold(word, "or")
}

// parseFilter reads a filter that the server holds, whoever wrote it. The
// empty one has no terms. The error says where it is none that the vendor
// documents.
func parseFilter(text string) (dimensionFilter, error) {
	var f dimensionFilter
	words := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' })
	for i, word := range words {
		if i%2 == 0 {
			t, err := parseTerm(word)
			if err != nil {
				return dimensionFilter{}, err
			}
			f.terms = append(f.terms, t)
			continue
		}
		if !isOperator(word) {
			return dimensionFilter{}, fmt.Errorf("%q stands where AND or OR must", word)
		}
		f.and = f.and || strings.EqualFold(word, "and")
	}
	if len(words) > 0 && len(words)%2 == 0 {
		return dimensionFilter{}, errors.New("the last operator has nothing behind it")
	}
	return f, nil
}

// parseTerm splits a term at its first colon: addresses have more of them.
func parseTerm(word string) (filterTerm, error) {
	key, value, _ := strings.Cut(word, ":")
	switch {
	case key == "" || value == "":
		return filterTerm{}, fmt.Errorf("%q is no key:value", word)
	case strings.ContainsFunc(key, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' && r != '.' }):
		return filterTerm{}, fmt.Errorf("%q is no name of a dimension", key)
	case strings.ContainsAny(value, `()"'\`), strings.ContainsFunc(value, notPrinted):
		return filterTerm{}, fmt.Errorf("the value of %q has quotes, parentheses, or what cannot be seen", word)
	}
	return filterTerm{key, value}, nil
}

func notPrinted(r rune) bool { return !unicode.IsPrint(r) || r == utf8.RuneError }

// hosts are the objects that the filter names by a dimension, in its order,
// each once. What has a wildcard names no object.
func (f dimensionFilter) hosts(dimension string) []string {
	var out []string
	for _, t := range f.terms {
		if t.key == dimension && !strings.Contains(t.value, "*") && !slices.Contains(out, t.value) {
			out = append(out, t.value)
		}
	}
	return out
}

// withHost returns a filter that matches the object as well as all that it
// matched before: itself when it names the object already, else with one more
// term, its own text untouched. It is false when there is no such filter: the
// object has no term, a term may be bound by an AND, the filter cannot be
// read, or it is empty, because then a term would take incidents away from it.
func withHost(dimension, filter, object string) (string, bool) {
	term, ok := hostTerm(dimension, object)
	f, err := parseFilter(filter)
	if !ok || err != nil || f.and || len(f.terms) == 0 {
		return "", false
	}
	if slices.Contains(f.hosts(dimension), object) {
		return filter, true
	}
	return filter + " OR " + term, true
}
