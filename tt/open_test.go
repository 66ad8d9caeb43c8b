package tt_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/tt"
)

// The adapters that the tests register: probe has settings of every type and
// opens systems that remember their Config, local has no settings.
func init() {
	tt.Register("probe", openProbe, []tt.Option{
		{Name: "base_url", Type: "string", Required: true, Help: "the root"},
		{Name: "token", Type: "secret"},
		{Name: "account.name", Type: "string"},
		{Name: "account.password", Type: "secret"},
		{Name: "lease", Type: "duration", Default: "168h"},
		{Name: "depth", Type: "int"},
		{Name: "label", Type: "string"},
		{Name: "retry.max_attempts", Type: "int"},
		{Name: "retry.wait_max", Type: "duration"},
		{Name: "queues", Type: "map"},
		{Name: "targets", Type: "list"},
		{Name: "nested", Type: "string"},
		{Name: "nested.below", Type: "string"},
	})
	tt.Register("local", func(context.Context, tt.Config) (tt.System, error) { return tt.Unimplemented{}, nil }, nil)
}

type probe struct {
	tt.Unimplemented
	cfg tt.Config
}

func openProbe(_ context.Context, cfg tt.Config) (tt.System, error) {
	if cfg.Settings["base_url"] == nil {
		return nil, tt.Errorf(tt.CodeInvalid, tt.NotDone, "base_url is missing")
	}
	cfg.Settings["seen"] = true // must not be seen by the caller
	return probe{cfg: cfg}, nil
}

func TestOpenHandsTheConfigToTheAdapter(t *testing.T) {
	client, logger := &http.Client{}, slog.New(slog.DiscardHandler)
	sys, err := tt.Open(t.Context(), "msk", "probe://monq.example.net?depth=2", tt.WithHTTPClient(client), tt.WithLogger(logger))
	require.NoError(t, err)
	cfg := sys.(probe).cfg
	assert.Equal(t, "msk", cfg.Name)
	assert.Equal(t, "probe", cfg.Adapter)
	assert.Same(t, client, cfg.HTTPClient)
	assert.Same(t, logger, cfg.Logger)
	assert.Equal(t, "https://monq.example.net", cfg.Settings["base_url"])
	assert.Equal(t, "2", cfg.Settings["depth"])
}

func TestOpenConfigDoesNotChangeTheCallersSettings(t *testing.T) {
	settings := map[string]any{"base_url": "https://monq.example.net"}
	_, err := tt.OpenConfig(t.Context(), tt.Config{Adapter: "probe", Settings: settings})
	require.NoError(t, err)
	assert.Equal(t, map[string]any{"base_url": "https://monq.example.net"}, settings)
}

func TestAnOpenerSeesSecretsAsSecrets(t *testing.T) {
	given := map[string]any{
		"base_url": "https://h", "token": token, "label": "plain",
		"account": map[string]any{"name": "noc", "password": token},
	}
	t.Setenv("PROBE_TOKEN", token)
	for _, row := range []struct {
		name string
		open func() (tt.System, error)
	}{
		{"from a file", func() (tt.System, error) {
			return tt.OpenConfig(t.Context(), tt.Config{Adapter: "probe", Settings: given})
		}},
		{"from a URL", func() (tt.System, error) {
			return tt.Open(t.Context(), "", "probe://h?token=${PROBE_TOKEN}&account.password=${PROBE_TOKEN}&account.name=noc&label=plain")
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			sys, err := row.open()
			require.NoError(t, err)
			settings := sys.(probe).cfg.Settings
			assert.NotContains(t, fmt.Sprintf("%v %+v %#v", settings, settings, settings), token)
			assert.Equal(t, token, settings["token"].(tt.Secret).Reveal())
			account := settings["account"].(map[string]any)
			assert.Equal(t, token, account["password"].(tt.Secret).Reveal())
			assert.Equal(t, "noc", account["name"])
			assert.Equal(t, "plain", settings["label"])
		})
	}
	assert.Equal(t, token, given["token"], "the caller's settings are not changed")
	assert.Equal(t, token, given["account"].(map[string]any)["password"])
}

func TestOptionsShapeAConfig(t *testing.T) {
	var cfg tt.Config
	tt.WithName("msk")(&cfg)
	assert.Equal(t, "msk", cfg.Name)
}

func TestOpenErrorsSayWhatToChange(t *testing.T) {
	imported := strings.Join(tt.Adapters(), ", ")
	for _, row := range []struct {
		name string
		open func() (tt.System, error)
		want string
	}{
		{"an adapter that is not imported", func() (tt.System, error) { return tt.Open(t.Context(), "msk", "zstack://zstack.example.net") },
			`tt "msk": Open: invalid: no adapter "zstack": forgotten import of its package, such as _ "github.com/ttkit/ttkit/adapters/zstack"? (imported: ` + imported + `)`},
		{"no adapter at all", func() (tt.System, error) { return tt.OpenConfig(t.Context(), tt.Config{Name: "msk"}) },
			`tt "msk": Open: invalid: no adapter is named: give one of those imported (` + imported + `)`},
		{"a connection that is no URL", func() (tt.System, error) { return tt.Open(t.Context(), "msk", "monq.example.net") },
			`tt "msk": Open: invalid: connection is no URL: write ADAPTER://HOST?setting=value, or fake:`},
		{"what the adapter refuses", func() (tt.System, error) { return tt.Open(t.Context(), "msk", "probe:") },
			`probe "msk": Open: invalid: base_url is missing`},
	} {
		t.Run(row.name, func(t *testing.T) {
			sys, err := row.open()
			assert.Nil(t, sys)
			require.EqualError(t, err, row.want)
			assert.ErrorIs(t, err, tt.ErrInvalid)
			var e *tt.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, tt.NotDone, e.Outcome)
		})
	}
}

func TestAConfigShowsNamesOnly(t *testing.T) {
	cfg := tt.Config{Name: "msk", Adapter: "probe", Settings: map[string]any{"token": token, "base_url": "https://x"}}
	const want = `tt.Config{probe "msk" settings [base_url token]}`
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d"} {
		assert.Equal(t, want, fmt.Sprintf(verb, cfg), verb)
		assert.Equal(t, want, fmt.Sprintf(verb, &cfg), verb)
	}
	var out bytes.Buffer
	slog.New(slog.NewJSONHandler(&out, nil)).Info("opening", "config", cfg, "ptr", &cfg)
	slog.New(slog.NewTextHandler(&out, nil)).Info("opening", "config", cfg, "ptr", &cfg)
	assert.NotContains(t, out.String(), token)
}

func TestRegisterRefusesMistakes(t *testing.T) {
	open := func(context.Context, tt.Config) (tt.System, error) { return nil, errors.New("never opened") }
	for _, row := range []struct {
		name, adapter string
		open          tt.Opener
		options       []tt.Option
		want          string
	}{
		{"a name that is taken", "probe", open, nil, "tt: Register called twice for probe"},
		{"no opener", "fresh", nil, nil, "tt: Register of fresh without an opener"},
		{"no name", "", open, nil, `tt: Register of "": a name is lower-case letters and digits, a letter first`},
		{"a name that is no scheme", "My_System", open, nil, `tt: Register of "My_System": a name is lower-case letters and digits, a letter first`},
		{"a name that begins with a digit", "3par", open, nil, `tt: Register of "3par": a name is lower-case letters and digits, a letter first`},
		{"a name with a plus, which +http needs", "rsm+http", open, nil, `tt: Register of "rsm+http": a name is lower-case letters and digits, a letter first`},
		{"an option without a name", "fresh", open, []tt.Option{{Type: "int"}},
			`tt: Register of fresh: option "": a name is lower-case letters, digits, _ and dots`},
		{"an option that is there twice", "fresh", open, []tt.Option{{Name: "a", Type: "int"}, {Name: "a", Type: "int"}},
			`tt: Register of fresh: option "a" is there twice`},
		{"a misspelt type, which could show a secret", "fresh", open, []tt.Option{{Name: "token", Type: "Secret"}},
			`tt: Register of fresh: option "token": there is no type "Secret"`},
	} {
		t.Run(row.name, func(t *testing.T) {
			assert.PanicsWithValue(t, row.want, func() { tt.Register(row.adapter, row.open, row.options) })
			assert.NotContains(t, tt.Adapters(), "fresh")
		})
	}
}

func TestAdaptersAndOptions(t *testing.T) {
	assert.Subset(t, tt.Adapters(), []string{"local", "probe"})
	assert.IsIncreasing(t, tt.Adapters())
	options, err := tt.Options("probe")
	require.NoError(t, err)
	assert.Equal(t, "base_url", options[0].Name, "in the adapter's own order")
	assert.True(t, slices.ContainsFunc(options, tt.Option.Secret))
	options[0].Name = "changed"
	again, err := tt.Options("probe")
	require.NoError(t, err)
	assert.Equal(t, "base_url", again[0].Name, "what is returned is a copy")

	_, err = tt.Options("nosuch")
	assert.ErrorIs(t, err, tt.ErrInvalid)
}
