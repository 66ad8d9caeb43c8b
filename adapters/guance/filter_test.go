package guance

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ttkit/ttkit/adapters/guance/guancetest"
)

func TestNamesThatAFilterCanHold(t *testing.T) {
	for _, test := range []struct {
		what, object string
		ok           bool
	}{
		{"a host", "agg-1", true},
		{"a domain name", "sw1.msk.example.net", true},
		{"an address", "10.0.0.1", true},
		{"an address with a port", "10.0.0.1:161", true},
		{"an address of version 6", "fe80::1", true},
		{"an interface", "sw1:eth0/1", true},
		{"a mail address", "noc@example.net", true},
		{"letters of other scripts", "узел-7", true},
		{"han", "核心交换机1", true},
		{"an underscore", "_gateway", true},
		{"nothing", "", false},
		{"a space", "sw 1", false},
		{"a line break", "sw\n1", false},
		{"a no-break space", "sw\u00a01", false},
		{"an ideographic space", "sw\u30001", false},
		{"a wildcard", "sw*", false},
		{"a wildcard inside", "s*w", false},
		{"another wildcard", "sw?", false},
		{"parentheses", "(sw)", false},
		{"a quote", `"sw"`, false},
		{"a back slash", `sw\1`, false},
		{"an operator", "OR", false},
		{"an operator in another letter case", "aNd", false},
		{"a negation", "not", false},
		{"a sign before it", "-sw1", false},
		{"a sign behind it", "sw1:", false},
		{"a comma", "sw1,sw2", false},
		{"symbols of other query languages", "sw&&1", false},
		{"a control character", "sw\x001", false},
		{"what cannot be seen", "sw\u200b1", false},
		{"broken UTF-8", "sw\xff1", false},
		{"a whole term", "sw OR host:x", false},
		{"an operator as a part of a name", "oregon-and-orlando", true},
	} {
		t.Run(test.what, func(t *testing.T) {
			term, ok := hostTerm("host", test.object)
			assert.Equal(t, test.ok, ok)
			if ok {
				assert.Equal(t, "host:"+test.object, term)
			} else {
				assert.Empty(t, term)
			}
		})
	}
}

func TestFiltersThatOthersWrote(t *testing.T) {
	for _, test := range []struct {
		what, filter string
		hosts        []string
		and          bool
		broken       string
	}{
		{what: "nothing"},
		{what: "one term", filter: "host:a", hosts: []string{"a"}},
		{what: "several", filter: "host:a OR host:b or service:c OR host:a", hosts: []string{"a", "b"}},
		{what: "a conjunction", filter: "host:a AND env:prod", hosts: []string{"a"}, and: true},
		{what: "a wildcard names nobody", filter: "host:a* OR host:b", hosts: []string{"b"}},
		{what: "an address", filter: "host:fe80::1", hosts: []string{"fe80::1"}},
		{what: "more spaces than needed", filter: " host:a  OR  host:b ", hosts: []string{"a", "b"}},
		{what: "a dimension that nobody documented", filter: "rack.row:7 OR host:a", hosts: []string{"a"}},
		{what: "an operator as a value", filter: "host:OR", hosts: []string{"OR"}},
		{what: "no term", filter: "agg-1", broken: "is no key:value"},
		{what: "an empty key", filter: ":a", broken: "is no key:value"},
		{what: "an empty value", filter: "host:", broken: "is no key:value"},
		{what: "two terms without an operator", filter: "host:a host:b", broken: "stands where AND or OR must"},
		{what: "an operator too many", filter: "host:a OR", broken: "nothing behind it"},
		{what: "an operator in front", filter: "OR host:a", broken: "is no key:value"},
		{what: "parentheses", filter: "(host:a OR host:b)", broken: "is no name of a dimension"},
		{what: "parentheses behind", filter: "host:a)", broken: "quotes, parentheses"},
		{what: "a negation", filter: "-host:a", broken: "is no name of a dimension"},
		{what: "quotes that hide an operator", filter: `host:"a OR host:b"`, broken: "quotes, parentheses"},
		{what: "a tab", filter: "host:a\tOR\thost:b", broken: "cannot be seen"},
	} {
		t.Run(test.what, func(t *testing.T) {
			f, err := parseFilter(test.filter)
			if test.broken != "" {
				require.ErrorContains(t, err, test.broken)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, test.hosts, f.hosts("host"))
			assert.Equal(t, test.and, f.and)
		})
	}
}

func TestAnObjectIsAddedToAFilter(t *testing.T) {
	for _, test := range []struct {
		what, filter, object, want string // "": refused
	}{
		{"behind another", "host:a", "b", "host:a OR host:b"},
		{"behind a person's", "service:pay  or host:a*", "b", "service:pay  or host:a* OR host:b"},
		{"that is there", "host:a OR host:b", "b", "host:a OR host:b"},
		{"that another dimension names", "service:b", "b", "service:b OR host:b"},
		{"that a wildcard covers", "host:b*", "b1", "host:b* OR host:b1"},
		{"to a conjunction", "host:a AND env:prod", "b", ""},
		{"to a conjunction that names it", "host:a AND env:prod", "a", ""},
		{"to a global rule, which would no longer be one", "", "b", ""},
		{"to what cannot be read", "(host:a)", "b", ""},
		{"which has no term", "host:a", "b c", ""},
	} {
		t.Run(test.what, func(t *testing.T) {
			got, ok := withHost("host", test.filter, test.object)
			assert.Equal(t, test.want != "", ok)
			assert.Equal(t, test.want, got)
		})
	}
}

// alphabet holds whatever a filter could take for more than a name.
var alphabet = []rune("ab1AB-_.:/@* ()\"'\\,&|!~^?+=<>[]{}#%$;`\t\n\u00a0\u3000\u200bжЯ机İſOoRrNnDd")

func drawName(t *rapid.T, label string) string {
	return rapid.OneOf(
		rapid.StringOfN(rapid.SampledFrom(alphabet), 1, 6, -1),
		rapid.SampledFrom([]string{"a", "b", "ab", "OR", "and", "host:a", "a OR host:b", "a*"}),
		rapid.String(),
	).Draw(t, label)
}

// matches is what the vendor's reading of a filter says to a host.
func matches(t interface{ Fatalf(string, ...any) }, filter, host string) bool {
	ok, err := guancetest.MatchFilter(filter, map[string]string{"host": host})
	if err != nil {
		t.Fatalf("the filter %q cannot be read: %v", filter, err)
	}
	return ok
}

func TestATermMatchesItsObjectAndNoOther(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		object, other := drawName(t, "object"), drawName(t, "other")
		term, ok := hostTerm("host", object)
		if !ok {
			return
		}
		if !matches(t, term, object) || other != object && matches(t, term, other) {
			t.Fatalf("%q does not match %q alone, but %q", term, object, other)
		}
		f, err := parseFilter(term)
		if err != nil || !slices.Equal(f.hosts("host"), []string{object}) {
			t.Fatalf("%q is read as %v: %v", term, f, err)
		}
	})
}

func TestAddingAnObjectAddsIncidentsOfItAndOfNothingElse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		terms := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string {
			return rapid.SampledFrom([]string{"host", "service"}).Draw(t, "key") + ":" +
				rapid.StringOfN(rapid.SampledFrom([]rune("ab1-.")), 1, 4, -1).Draw(t, "value") +
				rapid.SampledFrom([]string{"", "", "*"}).Draw(t, "wild")
		}), 1, 5).Draw(t, "terms")
		filter := strings.Join(terms, rapid.SampledFrom([]string{" OR ", " or ", " AND "}).Draw(t, "operator"))
		object, other := drawName(t, "object"), drawName(t, "other")
		next, ok := withHost("host", filter, object)
		if !ok {
			return
		}
		if again, ok := withHost("host", next, object); !ok || again != next {
			t.Fatalf("a second time makes %q of %q", again, next)
		}
		if !strings.HasPrefix(next, filter) || !matches(t, next, object) {
			t.Fatalf("%q does not match %q", next, object)
		}
		if other != object && matches(t, next, other) != matches(t, filter, other) {
			t.Fatalf("%q and %q differ about %q", filter, next, other)
		}
	})
}

func FuzzObject(f *testing.F) {
	for _, seed := range []string{"agg-1", "fe80::1", "a b", "a*", "OR", "(a)", "核心", "a:OR", "sw1:eth0/1"} {
		f.Add(seed, "b")
	}
	f.Fuzz(func(t *testing.T, object, other string) {
		term, ok := hostTerm("host", object)
		if !ok {
			return
		}
		if strings.ContainsFunc(object, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || r == '*' }) {
			t.Fatalf("%q was let in", object)
		}
		joined, ok := withHost("host", "host:first", object)
		if !ok || !matches(t, term, object) || !matches(t, joined, object) || !matches(t, joined, "first") {
			t.Fatalf("%q and %q do not match %q", term, joined, object)
		}
		if other != object && other != "first" && matches(t, joined, other) {
			t.Fatalf("%q matches %q", joined, other)
		}
	})
}

func FuzzFilter(f *testing.F) {
	for _, seed := range []string{"", "host:a", "host:a OR host:b", "host:a AND env:p", "(host:a)", "host:", "a b c", `host:"a OR host:b"`, "host:a OR"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		read, err := parseFilter(text)
		if err != nil {
			if _, ok := withHost("host", text, "x"); ok {
				t.Fatalf("%q was extended, although it cannot be read: %v", text, err)
			}
			return
		}
		next, ok := withHost("host", text, "x")
		if ok == (read.and || len(read.terms) == 0) {
			t.Fatalf("%q: extended %t", text, ok)
		}
		if !ok {
			return
		}
		again, err := parseFilter(next)
		if err != nil || !slices.Contains(again.hosts("host"), "x") || again.and || len(again.terms) < len(read.terms) {
			t.Fatalf("%q became %q: %v", text, next, err)
		}
	})
}
