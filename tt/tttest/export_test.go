package tttest

import (
	"context"
	"errors"
	"slices"
)

// RuleNames lists the rules of a level set, in their order.
func RuleNames(levels Level) []string {
	var names []string
	for _, r := range (&suite{h: Harness{Levels: levels}}).rules() {
		names = append(names, r.name)
	}
	return names
}

// Broken runs the rules and returns the names of those that are violated,
// with what was seen, and the names of those that were skipped. No names
// means all.
func Broken(ctx context.Context, h Harness, only ...string) (broken map[string]error, skips []string, err error) {
	s, err := newSuite(h)
	if err != nil {
		return nil, nil, err
	}
	broken = map[string]error{}
	for _, r := range s.rules() {
		if len(only) > 0 && !slices.Contains(only, r.name) {
			continue
		}
		err := s.run(ctx, r)
		var skip skipped
		switch {
		case errors.As(err, &skip):
			skips = append(skips, r.name)
		case err != nil:
			broken[r.name] = err
		}
	}
	return broken, skips, nil
}
