// Package config reads the YAML file that the example programs share:
//
//	systems:
//	  msk-rsm:
//	    adapter: rsm
//	    base_url: https://monq.example.net
//	    token: ${MONQ_TOKEN}
//
// ${NAME} in a value is replaced from the environment after the YAML is
// parsed; $${ is a literal ${. No error repeats a value of the file, because
// any value may be a secret, also one that stands where it should not.
package config

import (
	"errors"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/ttkit/ttkit/tt"
)

// Load reads the file at path and returns what opens one of its systems. An
// empty system means the only one. Every error is tt.ErrInvalid, names the
// file, and says what to change. The settings themselves are checked by
// [tt.OpenConfig].
func Load(path, system string) (tt.Config, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return tt.Config{}, invalid(system, "%w", err)
	}
	return parse(path, text, system)
}

// parse is Load for a text; name is what errors call it.
func parse(name string, text []byte, system string) (tt.Config, error) {
	systems, err := readSystems(text)
	if err != nil {
		return tt.Config{}, invalid(system, "%s: %w", name, err)
	}
	known := strings.Join(slices.Sorted(maps.Keys(systems)), ", ")
	switch {
	case len(systems) == 0:
		return tt.Config{}, invalid(system, "%s: no systems: write the name of one, its adapter and its settings under systems", name)
	case system == "" && len(systems) > 1:
		return tt.Config{}, invalid("", "%s: holds several systems: name one of %s", name, known)
	case system == "":
		system = known
	}
	settings, ok := systems[system]
	if !ok {
		return tt.Config{}, invalid(system, "%s: no system %q: it holds %s", name, system, known)
	}
	settings, err = tt.ExpandEnv(settings, os.LookupEnv)
	if err != nil {
		return tt.Config{}, invalid(system, "%s: %w", name, errors.Unwrap(err)) // without a second "tt: invalid"
	}
	adapter, ok := settings["adapter"].(string)
	if !ok || adapter == "" {
		return tt.Config{}, invalid(system, "%s: no adapter: set it to one of %s", name, strings.Join(tt.Adapters(), ", "))
	}
	if !slices.Contains(tt.Adapters(), adapter) {
		// The value is not repeated: a secret may have slipped into the wrong line.
		return tt.Config{}, invalid(system, "%s: unknown adapter: set it to one of %s", name, strings.Join(tt.Adapters(), ", "))
	}
	delete(settings, "adapter")
	return tt.Config{Name: system, Adapter: adapter, Settings: settings}, nil
}

func invalid(system, format string, args ...any) error {
	e := tt.Errorf(tt.CodeInvalid, tt.NotDone, format, args...)
	e.System, e.Op = system, "Open"
	return e
}
