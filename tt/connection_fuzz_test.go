package tt_test

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/tt"
)

func init() {
	tt.Register("fuzzed", func(context.Context, tt.Config) (tt.System, error) { return nil, tt.ErrUnsupported }, []tt.Option{
		{Name: "base_url", Type: "string"},
		{Name: "token", Type: "secret"},
		{Name: "account.password", Type: "secret"},
		{Name: "note", Type: "string"},
		{Name: "retry.max_attempts", Type: "int"},
		{Name: "targets", Type: "list"},
	})
}

// FuzzParseConnection writes a password where people write one by mistake:
// into the address, and into the value of any parameter. Nothing panics, no
// error shows the password, and no secret is taken that is written out.
func FuzzParseConnection(f *testing.F) {
	const password = "hunter2"
	f.Setenv("FUZZED_TOKEN", "from the environment")
	f.Add("//user:", "@host/path?note=x", "token", "")
	f.Add("//host/", "#", "note=${FUZZED_TOKEN}&token=${FUZZED_TOKEN}&note", "&account.password=x")
	f.Add("//[::1]:", "?token=%zz", "account.password", "&more=1;2")
	f.Add("", "", "retry.max_attempts=3&targets", "${")
	f.Add("//host:99999999/%2", "%00", "base_url", "\x00")

	f.Fuzz(func(t *testing.T, before, after, name, value string) {
		check := func(connection string, shows bool) {
			cfg, err := tt.ParseConnection(connection)
			if err != nil {
				require.ErrorIs(t, err, tt.ErrInvalid)
				if !shows {
					assert.NotContains(t, err.Error(), password, "%q", connection)
				}
				return
			}
			assert.Equal(t, "fuzzed", cfg.Adapter)
			for setting, v := range cfg.Settings {
				assert.True(t, slices.Contains([]string{"base_url", "token", "account", "note", "retry"}, setting), "%s is no setting that a URL can hold", setting)
				if group, nested := v.(map[string]any); nested {
					v = group["password"]
				}
				if secret, hidden := v.(tt.Secret); hidden {
					v = secret.Reveal()
				}
				switch setting {
				case "token", "account":
					assert.Contains(t, []any{"from the environment", nil}, v, "a secret comes from the environment")
				case "base_url":
					u, err := url.Parse(v.(string))
					if !strings.Contains(connection, "base_url") { // then it is checked by the adapter
						require.NoError(t, err)
						assert.NotEmpty(t, u.Hostname())
						assert.Nil(t, u.User)
						assert.Empty(t, u.RawQuery+u.Fragment)
					}
				}
			}
		}
		// In the parameters' names it may be shown: they are no values.
		check("fuzzed:"+before+password+after, strings.Contains(before, "?"))
		check("fuzzed+http:"+before+password+after, strings.Contains(before, "?"))
		check("fuzzed:?"+name+"="+password+value, false)
		check("fuzzed:"+before+"?"+name+"="+password+value, false)
		_, err := tt.ParseConnection(before + after)
		if err != nil {
			require.ErrorIs(t, err, tt.ErrInvalid)
		}
	})
}
