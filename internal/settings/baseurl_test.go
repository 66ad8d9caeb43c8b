package settings_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/internal/settings"
	"github.com/ttkit/ttkit/tt"
)

func TestBaseURLAccepts(t *testing.T) {
	for url, want := range map[string]string{
		"https://tickets.example.net":         "https://tickets.example.net",
		"https://tickets.example.net/":        "https://tickets.example.net",
		"https://tickets.example.net:8443/a/": "https://tickets.example.net:8443/a",
		"https://h/a%2Fb/":                    "https://h/a%2Fb",
		"HTTPS://h":                           "https://h",
		"https://[2001:db8::1]:8443":          "https://[2001:db8::1]:8443",
		"http://localhost:8080":               "http://localhost:8080",
		"http://LOCALHOST":                    "http://LOCALHOST",
		"http://127.0.0.1:8080/api":           "http://127.0.0.1:8080/api",
		"http://127.8.9.10":                   "http://127.8.9.10",
		"http://[::1]:8080":                   "http://[::1]:8080",
		"http://[::ffff:127.0.0.1]":           "http://[::ffff:127.0.0.1]",
	} {
		u, err := settings.BaseURL(tt.Common{BaseURL: url})
		require.NoError(t, err, url)
		assert.Equal(t, want, u.String())
	}
	u, err := settings.BaseURL(tt.Common{BaseURL: "http://tickets.example.net", AllowHTTP: true})
	require.NoError(t, err)
	assert.Equal(t, "http://tickets.example.net", u.String())
}

func TestBaseURLRefuses(t *testing.T) {
	const plain = "is plain http to a host that is not loopback"
	for name, c := range map[string]struct{ url, want string }{
		"nothing":                          {"", "missing"},
		"a host without a scheme":          {"hunter2.example.net", "begins with neither https:// nor http://"},
		"a host and a port":                {"hunter2.example.net:8443", "begins with neither https:// nor http://"},
		"an address and a port":            {"10.0.0.1:8443/hunter2", "is no URL"},
		"another scheme":                   {"ftp://hunter2", "begins with neither https:// nor http://"},
		"no slashes":                       {"https:hunter2", "has no valid host"},
		"no host":                          {"https:///hunter2", "has no valid host"},
		"a port alone":                     {"https://:8443/hunter2", "has no valid host"},
		"a colon without a port":           {"https://hunter2:", "has no valid host"},
		"port 0":                           {"https://hunter2:0", "has no valid host"},
		"a port that does not exist":       {"https://hunter2:65536", "has no valid host"},
		"a port in letters":                {"https://host:hunter2", "is no URL"},
		"a blank in the host":              {"https://hunter2 example", "is no URL"},
		"a newline":                        {"https://hunter2\n", "is no URL"},
		"a user":                           {"https://hunter2@host", "holds a user name or a password"},
		"a password":                       {"https://user:hunter2@host", "holds a user name or a password"},
		"a query":                          {"https://host?token=hunter2", "holds a ? or a #"},
		"an empty query":                   {"https://hunter2?", "holds a ? or a #"},
		"a fragment":                       {"https://host#hunter2", "holds a ? or a #"},
		"an empty fragment":                {"https://hunter2#", "holds a ? or a #"},
		"a path that climbs":               {"https://host/../hunter2", "has . or .. in its path"},
		"a path that climbs, escaped":      {"https://host/%2e%2e/hunter2", "has . or .. in its path"},
		"plain http":                       {"http://hunter2.example.net", plain},
		"plain http to a private address":  {"http://192.168.0.1/hunter2", plain},
		"plain http to a look-alike":       {"http://localhost.hunter2.net", plain},
		"plain http to another look-alike": {"http://127.0.0.1.hunter2.net", plain},
		"plain http to every address":      {"http://0.0.0.0/hunter2", plain},
	} {
		t.Run(name, func(t *testing.T) {
			u, err := settings.BaseURL(tt.Common{BaseURL: c.url})
			assert.Nil(t, u)
			require.ErrorIs(t, err, tt.ErrInvalid)
			assert.ErrorContains(t, err, "settings: base_url: "+c.want)
			assert.NotContains(t, err.Error(), "hunter2")
		})
	}
}
