package guancetest

import (
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAFilterMatchesWhatItsTermsSay(t *testing.T) {
	dims := map[string]string{"host": "agg-1", "service": "pay", "url": "https://x/y?a=b:c", "env": "AND"}
	for _, row := range []struct {
		rule, filter string
		want         bool
	}{
		{"the empty filter matches all", "", true},
		{"a value is compared as a whole", "host:agg-1", true},
		{"a value is not a prefix", "host:agg", false},
		{"a value is compared letter for letter", "host:AGG-1", false},
		{"a dimension that is not there does not match", "resource:agg-1", false},
		{"a star at the end matches any rest", "host:agg*", true},
		{"a star matches an empty rest", "host:agg-1*", true},
		{"a star alone matches whatever is there", "host:*", true},
		{"a star alone does not match what is not there", "resource:*", false},
		{"a star elsewhere is a plain character", "host:a*-1", false},
		{"a value is split from its key at the first colon", "url:https://x/y?a=b:c", true},
		{"AND needs both", "host:agg-1 AND service:pay", true},
		{"AND fails with one", "host:agg-1 AND service:x", false},
		{"OR needs one", "host:x OR service:pay", true},
		{"OR fails with none", "host:x OR service:x", false},
		{"operators are read in any letter case", "host:x oR service:pay anD host:agg-1", true},
		{"AND binds closer than OR", "host:agg-1 OR host:x AND service:x", true},
		{"AND binds closer on the left, too", "host:x AND service:x OR host:agg-1", true},
		{"an operator's word can be a value", "env:AND AND host:agg-1", true},
	} {
		t.Run(row.rule, func(t *testing.T) {
			got, err := MatchFilter(row.filter, dims)
			require.NoError(t, err)
			assert.Equal(t, row.want, got)
		})
	}
}

func TestWhatIsNoFilterIsRefused(t *testing.T) {
	for _, row := range []struct{ rule, filter string }{
		{"a key without a value", "host"},
		{"an empty value", "host:"},
		{"an empty key", ":agg-1"},
		{"an unknown key", "hostname:agg-1"},
		{"a key in another letter case", "Host:agg-1"},
		{"a space alone", " "},
		{"a space before", " host:a"},
		{"a space behind", "host:a "},
		{"two spaces", "host:a  OR host:b"},
		{"a line break in a value", "host:a\nb"},
		{"a no-break space in a value", "host:a\u00a0b"},
		{"an operator with nothing behind it", "host:a OR"},
		{"an operator with nothing before it", "OR host:a"},
		{"two operators", "host:a OR AND host:b"},
		{"two terms without an operator", "host:a host:b"},
		{"an unknown operator", "host:a XOR host:b"},
		{"NOT", "NOT host:a"},
		{"parentheses around terms", "(host:a OR host:b) AND env:c"},
		{"parentheses in a value", "host:f(x)"},
	} {
		t.Run(row.rule, func(t *testing.T) {
			_, err := MatchFilter(row.filter, map[string]string{"host": "a"})
			assert.Error(t, err)
		})
	}
	assert.Equal(t, []string{"host", "service", "resource", "pod_name", "app_name", "env", "url"}, DimensionKeys())
}

// What is read is written back the same but for the case of operators, and
// both readings match the same.
func FuzzFilter(f *testing.F) {
	for _, s := range []string{
		"", "host:a", "host:a or service:b* AND url:http://x", "host:a OR", "env::", "host:* and", "host:a\tAND host:b", "(host:a)",
	} {
		f.Add(s, "a", "b")
	}
	f.Fuzz(func(t *testing.T, s, host, service string) {
		dims := map[string]string{"host": host, "service": service}
		got, err := parseFilter(s)
		if err != nil {
			_, err = MatchFilter(s, dims)
			assert.Error(t, err)
			return
		}
		written := got.String()
		assert.Len(t, written, len(s))
		assert.True(t, strings.EqualFold(s, written))
		assert.NotContains(t, strings.ReplaceAll(written, " ", ""), "(")
		assert.False(t, strings.ContainsFunc(strings.ReplaceAll(written, " ", ""), unicode.IsSpace))
		again, err := parseFilter(written)
		require.NoError(t, err)
		assert.Equal(t, got, again)
		assert.Equal(t, got.match(dims, false), again.match(dims, false))

		// Without AND both precedences mean the same: any term.
		if !strings.Contains(written, " AND ") {
			assert.Equal(t, got.match(dims, true), got.match(dims, false))
			one := len(got.terms) == 0
			for _, term := range got.terms {
				one = one || term.match(dims)
			}
			assert.Equal(t, one, got.match(dims, false))
		}
	})
}
