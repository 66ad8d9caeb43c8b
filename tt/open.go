package tt

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// Config says which system to open and how. Settings are what a YAML file
// holds, nested maps for dotted names; see the adapter's package for them.
// Printing a Config shows the names of its settings, never a value.
type Config struct {
	Name     string // the system's name in errors, logs and files; may be ""
	Adapter  string
	Settings map[string]any

	// HTTPClient carries the requests: its Transport brings TLS, proxies and
	// tracing. Its redirects are not followed. nil: the adapter makes one.
	HTTPClient *http.Client

	// Logger receives requests and repeats at debug, and what an operator
	// should know at warn. Never a secret. nil: nothing is logged.
	Logger *slog.Logger
}

// OpenOption adds to the Config that [Open] makes from a connection URL.
type OpenOption func(*Config)

// WithName sets Config.Name, for typed constructors; Open has a parameter.
func WithName(name string) OpenOption { return func(cfg *Config) { cfg.Name = name } }

// WithHTTPClient sets Config.HTTPClient.
func WithHTTPClient(c *http.Client) OpenOption { return func(cfg *Config) { cfg.HTTPClient = c } }

// WithLogger sets Config.Logger.
func WithLogger(l *slog.Logger) OpenOption { return func(cfg *Config) { cfg.Logger = l } }

// Open opens the system that a connection URL describes; name is what errors
// and logs call it. It sends nothing. See "URLs" in the package documentation.
func Open(ctx context.Context, name, connection string, options ...OpenOption) (System, error) {
	cfg, err := ParseConnection(connection)
	if err != nil {
		return nil, Annotate(err, "", name, "Open", "")
	}
	cfg.Name = name
	for _, option := range options {
		option(&cfg)
	}
	return OpenConfig(ctx, cfg)
}

// OpenConfig opens the system that cfg describes. It sends nothing.
func OpenConfig(ctx context.Context, cfg Config) (System, error) {
	d, err := lookUp(cfg.Adapter)
	if err != nil {
		return nil, Annotate(err, "", cfg.Name, "Open", "")
	}
	cfg.Settings = hideSecrets(cfg.Settings, d.options)
	sys, err := d.open(ctx, cfg)
	if err != nil {
		return nil, Annotate(err, cfg.Adapter, cfg.Name, "Open", "")
	}
	return sys, nil
}

// hideSecrets returns a copy in which the values of secret options are Secrets,
// so that no opener can print one by mistake.
func hideSecrets(settings map[string]any, options []Option) map[string]any {
	out := maps.Clone(settings)
	for _, o := range options {
		if !o.Secret() {
			continue
		}
		group := out
		path := strings.Split(o.Name, ".")
		for _, part := range path[:len(path)-1] {
			inner, _ := group[part].(map[string]any)
			if inner != nil {
				inner = maps.Clone(inner)
				group[part] = inner
			}
			group = inner
		}
		if text, ok := group[path[len(path)-1]].(string); ok {
			group[path[len(path)-1]] = NewSecret(text)
		}
	}
	return out
}

// Format writes the adapter, the name and the names of the settings.
func (c Config) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, c.describe())
}

// LogValue returns what Format writes.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.describe()) }

func (c Config) describe() string {
	return fmt.Sprintf("tt.Config{%s %q settings %v}", c.Adapter, c.Name, slices.Sorted(maps.Keys(c.Settings)))
}
