package alertgroup

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/ttkit/ttkit/tt"
)

// The names are in the keys of tickets that exist: they never change.
func TestNamesStayWhatTheyAre(t *testing.T) {
	for _, row := range []struct {
		name, receiver string
		labels         map[string]string
		want           string
	}{
		{"no labels", "ops", nil, "alertmanager/ops"},
		{"labels in their order", "ops", map[string]string{"b": "2", "a": "1"}, "alertmanager/ops/a/1/b/2"},
		{"what joins parts is escaped", "ops/net", map[string]string{"path": "/var"}, "alertmanager/ops%2Fnet/path/%2Fvar"},
		{"an empty value differs from none", "ops", map[string]string{"a": ""}, "alertmanager/ops/a/%"},
	} {
		t.Run(row.name, func(t *testing.T) {
			assert.Equal(t, row.want, Series(row.receiver, row.labels))
			assert.True(t, strings.HasPrefix(Series(row.receiver, row.labels)+"/1", Prefix(row.receiver)))
		})
	}
	one := Series("ops", map[string]string{"a": strings.Repeat("é", 300)})
	other := Series("ops", map[string]string{"a": strings.Repeat("é", 299) + "è"})
	assert.NotEqual(t, one, other)
	assert.NoError(t, tt.ValidateKey(one+"/9223372036854775807"))
	assert.True(t, strings.HasPrefix(one, Prefix("ops")))
}

func TestObjectsOfLabels(t *testing.T) {
	for _, row := range []struct {
		name, value, want string
		keepPort          bool
	}{
		{"a host", "sw-7", "sw-7", false},
		{"a host with a port", "sw-7:9100", "sw-7", false},
		{"the port is kept on request", "sw-7:9100", "sw-7:9100", true},
		{"an address of IPv6 with a port", "[2001:db8::1]:9100", "2001:db8::1", false},
		{"an address of IPv6", "2001:db8::1", "2001:db8::1", false},
		{"a name that only looks like one with a port", "port:ge-0", "port:ge-0", false},
		{"white space around it", " sw-7 ", "sw-7", false},
		{"nothing", "", "", false},
		{"a line end in it", "sw\n7", "", false},
		{"more than an object can hold", strings.Repeat("x", 300), "", false},
	} {
		t.Run(row.name, func(t *testing.T) { assert.Equal(t, row.want, Object(row.value, row.keepPort)) })
	}
}
