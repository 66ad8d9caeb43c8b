package rest

import (
	"runtime/debug"
	"strings"
	"sync"
)

const module = "github.com/ttkit/ttkit"

// userAgent names the library and its version, so that a vendor's support can
// tell who calls: ttkit/v1.2.3 (+https://github.com/ttkit/ttkit).
var userAgent = sync.OnceValue(func() []string {
	info, _ := debug.ReadBuildInfo()
	return []string{"ttkit/" + version(info) + " (+https://" + module + ")"}
})

// version is the module's version in the running program, "devel" when it was
// built from a working copy or says nothing.
func version(info *debug.BuildInfo) string {
	if info == nil {
		return "devel"
	}
	found := ""
	for _, m := range append(info.Deps, &info.Main) {
		if m != nil && m.Path == module {
			if m.Replace != nil {
				m = m.Replace
			}
			found = m.Version
		}
	}
	if found == "" || strings.ContainsAny(found, "() ") {
		return "devel"
	}
	return found
}
