package settings

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/ttkit/ttkit/tt"
)

// problems collects what is wrong, to report all of it at once.
type problems struct {
	list []problem
}

const maxShown = 20

type problem struct{ name, text string }

func (p *problems) add(name, text string) { p.list = append(p.list, problem{name, text}) }

// has reports whether there is a problem with the setting or with anything
// in it.
func (p *problems) has(name string) bool {
	for _, q := range p.list {
		if rest, ok := strings.CutPrefix(q.name, name); ok && (rest == "" || rest[0] == '[' || rest[0] == '.') {
			return true
		}
	}
	return false
}

// err returns all problems in one line, sorted by name, or nil.
func (p *problems) err() error {
	if len(p.list) == 0 {
		return nil
	}
	lines := make([]string, len(p.list))
	for i, q := range p.list {
		lines[i] = q.name + ": " + q.text
	}
	slices.Sort(lines)
	lines = slices.Compact(lines)
	if more := len(lines) - maxShown; more > 0 {
		lines = append(lines[:maxShown], strconv.Itoa(more)+" more")
	}
	return tt.Errorf(tt.CodeInvalid, tt.NotDone, "settings: %s", strings.Join(lines, "; "))
}

// unknown says what is wrong with a key that is no setting.
func (s *schema) unknown(prefix, key string) string {
	if s.find(prefix+key) != nil || s.groups[prefix+key] {
		group, _, _ := strings.Cut(key, ".")
		return "unknown setting: write it nested, below " + prefix + group
	}
	best, least := "", 3 // more changes than that make another word
	for _, name := range s.names(prefix) {
		if d := distance(strings.ToLower(key), name); d < least {
			best, least = name, d
		}
	}
	if best == "" {
		return "unknown setting"
	}
	return "unknown setting: did you mean " + best + "?"
}

// names returns the keys that one struct takes, sorted.
func (s *schema) names(prefix string) []string {
	var out []string
	for _, f := range s.fields {
		if rest, ok := strings.CutPrefix(f.name, prefix); ok {
			key, _, _ := strings.Cut(rest, ".")
			out = append(out, key)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// distance is how many letters must be changed, added or removed to make b
// of a. A blank, a dash and an underscore are one letter.
func distance(a, b string) int {
	if len(a) > 64 {
		return len(a)
	}
	a = strings.NewReplacer("-", "_", " ", "_").Replace(a)
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := corner
			if a[i] != b[j] {
				cost = 1 + min(corner, row[j], row[j+1])
			}
			corner, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}

// safeKey writes a key that is no setting. It ends where a value may have
// slipped into it ("token:s3cret", "token = s3cret"), and shows letters that
// only look like Latin ones.
func safeKey(key string) string {
	if i := strings.IndexAny(key, ":= \t\r\n"); i >= 0 {
		key = key[:i] + "…"
	}
	key = cut(key)
	if key != "" && strings.IndexFunc(key, func(r rune) bool { return r <= ' ' || r >= 0x7f && r != '…' }) < 0 {
		return key
	}
	return strconv.QuoteToASCII(key)
}

// cut keeps names in error lines short.
func cut(s string) string {
	const limit = 64
	if len(s) <= limit {
		return s
	}
	end := limit
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "…"
}
