package tt

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Opener opens a system from its configuration. It validates cfg.Settings,
// refuses unknown ones, and sends nothing: [System.Check] is for that. The
// text of a secret option comes as a [Secret]; from a connection URL, the
// values of the others are strings.
type Opener func(ctx context.Context, cfg Config) (System, error)

// Option describes one setting of an adapter, for help texts, for the
// connection URL and for redaction.
type Option struct {
	Name     string // dotted where it is nested: "retry.max_attempts"
	Type     string // string, secret, int, bool, duration, list or map
	Default  string // as a user would write it; "" when there is none
	Required bool
	Help     string // one sentence
}

// Secret reports whether the option's value must never be shown.
func (o Option) Secret() bool { return o.Type == "secret" }

type driver struct {
	open    Opener
	options []Option
}

var registry = struct {
	sync.RWMutex
	drivers map[string]driver
}{drivers: map[string]driver{}}

// Register makes an adapter available to [Open] and [OpenConfig] under a
// name, which is also the scheme of its connection URLs. Adapters call it in
// init. It panics when the name is taken or is no URL scheme, when open is nil,
// and when an option has a name twice, no proper name or an unknown type.
func Register(name string, open Opener, options []Option) {
	if open == nil {
		panic("tt: Register of " + name + " without an opener")
	}
	if !validScheme(name) {
		panic(fmt.Sprintf("tt: Register of %q: a name is lower-case letters and digits, a letter first", name))
	}
	seen := map[string]bool{}
	for _, o := range options {
		switch {
		case !validSetting(o.Name):
			panic(fmt.Sprintf("tt: Register of %s: option %q: a name is lower-case letters, digits, _ and dots", name, o.Name))
		case seen[o.Name]:
			panic(fmt.Sprintf("tt: Register of %s: option %q is there twice", name, o.Name))
		case !slices.Contains([]string{"string", "secret", "int", "bool", "duration", "list", "map"}, o.Type):
			panic(fmt.Sprintf("tt: Register of %s: option %q: there is no type %q", name, o.Name, o.Type))
		}
		seen[o.Name] = true
	}
	registry.Lock()
	defer registry.Unlock()
	if _, taken := registry.drivers[name]; taken {
		panic("tt: Register called twice for " + name)
	}
	registry.drivers[name] = driver{open, slices.Clone(options)}
}

func validScheme(name string) bool {
	for i, c := range []byte(name) {
		if (c < 'a' || c > 'z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return name != ""
}

func validSetting(name string) bool {
	return name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_.") == ""
}

// Adapters returns the names of the registered adapters, sorted.
func Adapters() []string {
	registry.RLock()
	defer registry.RUnlock()
	return slices.Sorted(maps.Keys(registry.drivers))
}

// Options returns the settings of a registered adapter, in its own order.
func Options(adapter string) ([]Option, error) {
	d, err := lookUp(adapter)
	return slices.Clone(d.options), err
}

func lookUp(adapter string) (driver, error) {
	registry.RLock()
	d, ok := registry.drivers[adapter]
	registry.RUnlock()
	if ok {
		return d, nil
	}
	known := strings.Join(Adapters(), ", ")
	if known == "" {
		known = "none"
	}
	if adapter == "" {
		return d, invalid("no adapter is named: give one of those imported (%s)", known)
	}
	return d, invalid("no adapter %q: forgotten import of its package, such as _ \"github.com/ttkit/ttkit/adapters/%s\"? (imported: %s)",
		adapter, adapter, known)
}
