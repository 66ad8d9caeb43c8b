package tt_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/tt"
)

func TestParseConnection(t *testing.T) {
	t.Setenv("PROBE_TOKEN", "a+b&c=%41 #")
	t.Setenv("PROBE_EMPTY", "")
	type settings = map[string]any
	for _, row := range []struct {
		name, connection string
		adapter          string
		want             settings
	}{
		{"a host", "probe://monq.example.net", "probe", settings{"base_url": "https://monq.example.net"}},
		{"a port and a path", "probe://monq.example.net:8443/api", "probe", settings{"base_url": "https://monq.example.net:8443/api"}},
		{"an IPv4 address", "probe://192.0.2.7:81", "probe", settings{"base_url": "https://192.0.2.7:81"}},
		{"an IPv6 address", "probe://[2001:db8::1]", "probe", settings{"base_url": "https://[2001:db8::1]"}},
		{"an IPv6 address with a port", "probe://[::1]:8080/x", "probe", settings{"base_url": "https://[::1]:8080/x"}},
		{"plain http", "probe+http://localhost:8080", "probe", settings{"base_url": "http://localhost:8080"}},
		{"a scheme in capitals", "PROBE+HTTP://localhost", "probe", settings{"base_url": "http://localhost"}},
		{"an escaped path", "probe://h/a%2Fb%20c", "probe", settings{"base_url": "https://h/a%2Fb%20c"}},
		{"settings", "probe://h?depth=2&lease=24h", "probe", settings{"base_url": "https://h", "depth": "2", "lease": "24h"}},
		{"settings after a path that ends with a slash", "probe://h/?depth=2", "probe", settings{"base_url": "https://h/", "depth": "2"}},
		{"dotted settings nest", "probe://h?retry.max_attempts=3&retry.wait_max=5s", "probe",
			settings{"base_url": "https://h", "retry": settings{"max_attempts": "3", "wait_max": "5s"}}},
		{"no host, for the adapter to judge", "probe:?depth=2", "probe", settings{"depth": "2"}},
		{"an address among the settings", "probe:?base_url=http://h:1/x", "probe", settings{"base_url": "http://h:1/x"}},
		{"nothing but the adapter", "local:", "local", settings{}},
		{"nothing but the adapter, with slashes", "local://", "local", settings{}},
		{"a plus is a space, as in every query", "probe:?label=a+b", "probe", settings{"label": "a b"}},
		{"an escaped plus is a plus", "probe:?label=a%2Bb", "probe", settings{"label": "a+b"}},
		{"escapes are undone once", "probe:?label=%2541%26%3D%23%3B", "probe", settings{"label": "%41&=#;"}},
		{"an equals sign may stand in a value", "probe:?label=a=b", "probe", settings{"label": "a=b"}},
		{"an empty value is a value", "probe:?label=", "probe", settings{"label": ""}},
		{"a secret comes from the environment, and is no syntax", "probe:?token=${PROBE_TOKEN}", "probe", settings{"token": "a+b&c=%41 #"}},
		{"an empty variable is no error", "probe:?token=${PROBE_EMPTY}", "probe", settings{"token": ""}},
		{"a variable inside a value", "probe:?label=<${PROBE_TOKEN}>", "probe", settings{"label": "<a+b&c=%41 #>"}},
		{"an escaped variable is one", "probe:?token=%24%7BPROBE_TOKEN%7D", "probe", settings{"token": "a+b&c=%41 #"}},
		{"two dollars are none", "probe:?label=$${HOME}", "probe", settings{"label": "${HOME}"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			cfg, err := tt.ParseConnection(row.connection)
			require.NoError(t, err)
			assert.Equal(t, row.adapter, cfg.Adapter)
			if secret, ok := cfg.Settings["token"].(tt.Secret); ok {
				cfg.Settings["token"] = secret.Reveal()
				assert.Equal(t, "[secret]", secret.String())
			}
			assert.Equal(t, row.want, cfg.Settings)
		})
	}
}

func TestParseConnectionRefuses(t *testing.T) {
	const noURL = "connection is no URL: write ADAPTER://HOST?setting=value, or fake:"
	const noHost = "connection names no valid HOST[:PORT][/PATH] between // and ?"
	const secret = `connection: setting "token" is a secret: write it as ${NAME}, an environment variable`
	for _, row := range []struct{ name, connection, want string }{
		{"nothing", "", noURL},
		{"a host only", "monq.example.net", noURL},
		{"what stands before no adapter", "://h", noURL},
		{"a scheme that is none", "my probe://h", noURL},
		{"one slash", "probe:/h", "connection is no URL: write ADAPTER://HOST?setting=value"},
		{"no slashes", "probe:h", "connection is no URL: write ADAPTER://HOST?setting=value"},
		{"a path without a host", "probe:///api", noHost},
		{"a port without a host", "probe://:8080", noHost},
		{"a port that is no number", "probe://h:http", noHost},
		{"a space in the host", "probe://a b", noHost},
		{"a broken IPv6 address", "probe://[::1", noHost},
		{"a variable as the host", "probe://${HOST}", noHost},
		{"plain http to nowhere", "probe+http:", "connection names no host"},
		{"a host for an adapter that has none", "local://h", "connection names a host, but this adapter has no base_url"},
		{"a password", "probe://noc:" + token + "@h", "connection holds a user name or password: give secrets as settings, written ${NAME}"},
		{"a fragment", "probe://h?label=a#b", "connection has a fragment (#…): write a # in a value as %23"},
		{"an unknown setting", "probe://h?dept=2", `connection: probe has no setting "dept"`},
		{"a setting of capitals", "probe://h?Depth=2", "connection: a setting's name is lower-case letters, digits, _ and dots: write an & in a value as %26"},
		{"a setting without a name", "probe://h?=2", "connection: a setting's name is lower-case letters, digits, _ and dots: write an & in a value as %26"},
		{"a group of settings", "probe://h?retry=2", `connection: probe has no setting "retry"`},
		{"a setting given twice", "probe://h?depth=2&depth=2", `connection: setting "depth" is given twice`},
		{"two addresses", "probe://h?base_url=https://g", `connection: setting "base_url" contradicts the part before the ?`},
		{"a setting that is also a group", "probe:?nested=1&nested.below=2", `connection: setting "nested.below" contradicts another`},
		{"a list", "probe://h?targets=a", `connection: setting "targets" is a list, which a URL cannot hold: use OpenConfig`},
		{"a map", "probe://h?queues=a", `connection: setting "queues" is a map, which a URL cannot hold: use OpenConfig`},
		{"a broken escape", "probe://h?label=%zz", "connection: the part after ? has a broken escape or a semicolon"},
		{"a semicolon", "probe://h?depth=2;label=x", "connection: the part after ? has a broken escape or a semicolon"},
		{"a secret written out", "probe://h?token=" + token, secret},
		{"a secret written out twice", "probe://h?token=${A}&token=" + token, secret},
		{"a secret with something around the variable", "probe://h?token=x${PROBE_TOKEN}", secret},
		{"an empty secret", "probe://h?token=", secret},
		{"a secret that holds an &, whose rest looks like a setting", "probe://h?token=x&" + token, secret},
		{"a secret where no setting is", "probe://h?" + token, "connection: a setting's name is lower-case letters, digits, _ and dots: write an & in a value as %26"},
		{"a variable that is not set", "probe://h?token=${PROBE_UNSET}", `connection: setting "token": environment variable PROBE_UNSET is not set`},
		{"a variable without an end", "probe://h?label=${HOME", `connection: setting "label": a ${ that names no variable: write ${NAME}, or $${ for a literal ${`},
	} {
		t.Run(row.name, func(t *testing.T) {
			cfg, err := tt.ParseConnection(row.connection)
			refused(t, err, row.want)
			assert.Equal(t, tt.Config{}, cfg)
			assert.NotContains(t, err.Error(), token)
		})
	}
}

func TestExpandEnv(t *testing.T) {
	env := map[string]string{"TOKEN": "s3cr3t", "EMPTY": "", "NESTED": "${TOKEN}", "_a1": "x"}
	lookup := func(name string) (string, bool) { v, ok := env[name]; return v, ok }
	for _, row := range []struct {
		name     string
		in, want any
		err      string
	}{
		{"a variable is replaced", "${TOKEN}", "s3cr3t", ""},
		{"inside other text, and several", "<${TOKEN}|${_a1}>", "<s3cr3t|x>", ""},
		{"an empty one is not an error", "${EMPTY}", "", ""},
		{"once only", "${NESTED}", "${TOKEN}", ""},
		{"two dollars make a literal", "$${TOKEN}", "${TOKEN}", ""},
		{"a literal beside a variable", "$${TOKEN}${TOKEN}", "${TOKEN}s3cr3t", ""},
		{"a variable after a dollar sign takes both dollars", "$$${TOKEN}", "$${TOKEN}", ""},
		{"a lone dollar stays", "5$ $TOKEN {TOKEN}", "5$ $TOKEN {TOKEN}", ""},
		{"lists and maps inside", []any{"${TOKEN}", map[string]any{"b": "${_a1}"}, 7}, []any{"s3cr3t", map[string]any{"b": "x"}, 7}, ""},
		{"typed lists", []string{"${TOKEN}"}, []string{"s3cr3t"}, ""},
		{"typed maps", map[string]string{"b": "${TOKEN}"}, map[string]string{"b": "s3cr3t"}, ""},
		{"keys stay", map[string]any{"${TOKEN}": 1}, map[string]any{"${TOKEN}": 1}, ""},
		{"what is no text stays", 7, 7, ""},
		{"nothing stays", nil, nil, ""},
		{"an unset variable", "${NOPE}", nil, `setting "a": environment variable NOPE is not set`},
		{"an unset variable deep inside", []any{1, map[string]any{"b": "${NOPE}"}}, nil, `setting "a[1].b": environment variable NOPE is not set`},
		{"of several, the first by name", map[string]any{"y": "${Y}", "x": "${X}", "z": "${Z}"}, nil, `setting "a.x": environment variable X is not set`},
		{"no end", "${TOKEN", nil, `setting "a": a ${ that names no variable: write ${NAME}, or $${ for a literal ${`},
		{"no name", "${}", nil, `setting "a": a ${ that names no variable: write ${NAME}, or $${ for a literal ${`},
		{"a default, as shells have it", "${TOKEN:-x}", nil, `setting "a": a ${ that names no variable: write ${NAME}, or $${ for a literal ${`},
		{"a name that begins with a digit", "${1a}", nil, `setting "a": a ${ that names no variable: write ${NAME}, or $${ for a literal ${`},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := tt.ExpandEnv(map[string]any{"a": row.in}, lookup)
			refused(t, err, row.err)
			if row.err != "" {
				assert.Nil(t, got)
				return
			}
			assert.Equal(t, map[string]any{"a": row.want}, got)
		})
	}
	t.Run("no settings", func(t *testing.T) {
		got, err := tt.ExpandEnv(nil, lookup)
		require.NoError(t, err)
		assert.Empty(t, got)
	})
	t.Run("the settings given are not changed", func(t *testing.T) {
		in := map[string]any{"a": map[string]any{"b": []any{"${TOKEN}"}}}
		got, err := tt.ExpandEnv(in, lookup)
		require.NoError(t, err)
		assert.NotEqual(t, in, got)
		assert.Equal(t, map[string]any{"a": map[string]any{"b": []any{"${TOKEN}"}}}, in)
	})
}
