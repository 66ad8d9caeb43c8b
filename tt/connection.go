package tt

import (
	"maps"
	"net/url"
	"os"
	"slices"
	"strings"
)

// ParseConnection reads a connection URL into a Config, without opening
// anything; variables are replaced from the environment. The adapter must be
// registered, because its options say which values are secrets.
func ParseConnection(connection string) (Config, error) {
	scheme, rest, found := strings.Cut(connection, ":")
	adapter, plain := strings.CutSuffix(strings.ToLower(scheme), "+http")
	if !found || !validScheme(adapter) {
		return Config{}, invalid("connection is no URL: write ADAPTER://HOST?setting=value, or fake:")
	}
	d, err := lookUp(adapter)
	if err != nil {
		return Config{}, err
	}
	cfg := Config{Adapter: adapter, Settings: map[string]any{}}
	rest, query, _ := strings.Cut(rest, "?")
	if strings.Contains(rest+query, "#") {
		return Config{}, invalid("connection has a fragment (#…): write a # in a value as %%23")
	}
	if err := setBaseURL(cfg.Settings, d.options, rest, plain); err != nil {
		return Config{}, err
	}
	if err := setParameters(cfg, d.options, query); err != nil {
		return Config{}, err
	}
	return cfg, nil
}

// setParameters turns the part after the "?" into settings.
func setParameters(cfg Config, list []Option, query string) error {
	values, err := url.ParseQuery(query)
	if err != nil {
		return invalid("connection: the part after ? has a broken escape or a semicolon")
	}
	options := map[string]Option{}
	for _, o := range list {
		options[o.Name] = o
	}
	// Secrets are looked at first: one written out may hold an "&", and what
	// follows it then looks like a setting, whose name must not be printed.
	for _, o := range list {
		for _, value := range values[o.Name] {
			if o.Secret() && !isVariable(value) {
				return invalid("connection: setting %q is a secret: write it as ${NAME}, an environment variable", o.Name)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		o, known := options[name]
		_, taken := cfg.Settings[name]
		switch {
		case !known && !validSetting(name):
			return invalid("connection: a setting's name is lower-case letters, digits, _ and dots: write an & in a value as %%26")
		case !known:
			return invalid("connection: %s has no setting %q", cfg.Adapter, name)
		case taken:
			return invalid("connection: setting %q contradicts the part before the ?", name)
		case len(values[name]) > 1:
			return invalid("connection: setting %q is given twice", name)
		case o.Type == "list" || o.Type == "map":
			return invalid("connection: setting %q is a %s, which a URL cannot hold: use OpenConfig", name, o.Type)
		}
		value, err := expand(values.Get(name), os.LookupEnv)
		if err != nil {
			return invalid("connection: setting %q: %w", name, err)
		}
		var setting any = value
		if o.Secret() {
			setting = NewSecret(value)
		}
		if err := setNested(cfg.Settings, name, setting); err != nil {
			return err
		}
	}
	return nil
}

// setBaseURL turns the part before the "?" into the setting base_url.
func setBaseURL(settings map[string]any, options []Option, rest string, plain bool) error {
	if rest == "" || rest == "//" {
		if plain {
			return invalid("connection names no host")
		}
		return nil // nothing to reach; the adapter says whether it needs a base_url
	}
	address, slashes := strings.CutPrefix(rest, "//")
	if !slashes {
		return invalid("connection is no URL: write ADAPTER://HOST?setting=value")
	}
	has := false
	for _, o := range options {
		has = has || o.Name == "base_url"
	}
	if !has {
		return invalid("connection names a host, but this adapter has no base_url")
	}
	scheme := "https"
	if plain {
		scheme = "http"
	}
	u, err := url.Parse(scheme + "://" + address)
	switch {
	case err != nil || u.Hostname() == "":
		return invalid("connection names no valid HOST[:PORT][/PATH] between // and ?")
	case u.User != nil:
		return invalid("connection holds a user name or password: give secrets as settings, written ${NAME}")
	}
	settings["base_url"] = u.String()
	return nil
}

func setNested(settings map[string]any, name string, value any) error {
	parts := strings.Split(name, ".")
	for _, part := range parts[:len(parts)-1] {
		next, ok := settings[part].(map[string]any)
		if !ok {
			if _, taken := settings[part]; taken {
				return invalid("connection: setting %q contradicts another", name)
			}
			next = map[string]any{}
			settings[part] = next
		}
		settings = next
	}
	settings[parts[len(parts)-1]] = value
	return nil
}
