package tt

import (
	"fmt"
	"net/url"
	"os"
	"strings"
)

// ParseConnection reads a connection URL into a Config, without opening
// anything; variables are replaced from the environment. The adapter must be
// registered, because its options say which values are secrets.
func ParseConnection(connection string) (Config, error) {
	scheme, rest, found := strings.Cut(connection, ":")
	if !found {
		return Config{}, invalid("connection is no URL: write ADAPTER://HOST?setting=value, or fake:")
	}
	adapter, plain := strings.CutSuffix(scheme, "+http")
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
	values, err := url.ParseQuery(query)
	if err != nil {
		return Config{}, invalid("connection: the part after ? has a broken escape or a semicolon")
	}
	options := map[string]Option{}
	for _, o := range d.options {
		options[o.Name] = o
	}
	for name, list := range values {
		o, known := options[name]
		switch {
		case !known:
			return Config{}, invalid("connection: %s has no setting %q", adapter, name)
		case len(list) > 1:
			return Config{}, invalid("connection: setting %q is given twice", name)
		case o.Type == "list" || o.Type == "map":
			return Config{}, invalid("connection: setting %q is a %s, which a URL cannot hold: use OpenConfig", name, o.Type)
		case o.Secret() && !isVariable(list[0]):
			return Config{}, invalid("connection: setting %q is a secret: write it as ${NAME}, an environment variable", name)
		}
		value, err := expand(list[0], os.LookupEnv)
		if err != nil {
			return Config{}, invalid("connection: setting %q: %w", name, err)
		}
		if err := setNested(cfg.Settings, name, value); err != nil {
			return Config{}, err
		}
	}
	return cfg, nil
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
		return invalid("connection names no valid host")
	case u.User != nil:
		return invalid("connection holds a user name or password: give secrets as settings, written ${NAME}")
	}
	settings["base_url"] = u.String()
	return nil
}

func setNested(settings map[string]any, name, value string) error {
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

func isVariable(s string) bool {
	name, ok := strings.CutPrefix(s, "${")
	name, end := strings.CutSuffix(name, "}")
	return ok && end && validVariable(name)
}

func validVariable(name string) bool {
	for i, c := range []byte(name) {
		if c != '_' && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return name != ""
}

// ExpandEnv returns a copy of settings with every ${NAME} in a string
// replaced once by what lookup says; $${ is a literal ${. An unset variable
// is an error that names the setting and the variable; an empty one is not.
// Pass os.LookupEnv, after the file is parsed.
func ExpandEnv(settings map[string]any, lookup func(string) (string, bool)) (map[string]any, error) {
	out, err := expandValue("", settings, lookup)
	if err != nil {
		return nil, err
	}
	expanded, _ := out.(map[string]any)
	return expanded, nil
}

func expandValue(path string, v any, lookup func(string) (string, bool)) (any, error) {
	switch v := v.(type) {
	case string:
		s, err := expand(v, lookup)
		if err != nil {
			return nil, invalid("setting %q: %w", path, err)
		}
		return s, nil
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, item := range v {
			sub := name
			if path != "" {
				sub = path + "." + name
			}
			item, err := expandValue(sub, item, lookup)
			if err != nil {
				return nil, err
			}
			out[name] = item
		}
		return out, nil
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			item, err := expandValue(fmt.Sprintf("%s[%d]", path, i), item, lookup)
			if err != nil {
				return nil, err
			}
			out[i] = item
		}
		return out, nil
	}
	return v, nil
}

func expand(s string, lookup func(string) (string, bool)) (string, error) {
	var b strings.Builder
	for {
		i := strings.Index(s, "${")
		if i < 0 {
			b.WriteString(s)
			return b.String(), nil
		}
		if i > 0 && s[i-1] == '$' { // $${ is a literal ${
			b.WriteString(s[:i-1] + "${")
			s = s[i+2:]
			continue
		}
		b.WriteString(s[:i])
		name, rest, closed := strings.Cut(s[i+2:], "}")
		if !closed || !validVariable(name) {
			return "", fmt.Errorf("a ${ that names no variable: write ${NAME}, or $${ for a literal ${")
		}
		value, set := lookup(name)
		if !set {
			return "", fmt.Errorf("environment variable %s is not set", name)
		}
		b.WriteString(value)
		s = rest
	}
}
