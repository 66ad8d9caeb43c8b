// Command fileproxy writes a module proxy made of plain files, from the
// working tree, so that modules can be tried as their users will get them
// before anything is released.
//
//	go run .ci/fileproxy.go DIR
//
// It finds every go.mod among the files that git knows or would add, and
// offers all of these modules at one version: the one at which the nested
// modules require the root. It prints that version. Set GOPROXY to file://DIR
// to use the result. The format is documented by "go help goproxy" and in the
// Go modules reference.
package main

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"unicode"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go run .ci/fileproxy.go DIR")
		os.Exit(64)
	}
	version, err := write(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "fileproxy:", err)
		os.Exit(1)
	}
	fmt.Println(version)
}

// write fills the proxy in out and returns the version of its modules.
func write(out string) (string, error) {
	files, err := workingTree()
	if err != nil {
		return "", err
	}
	modules := map[string]string{} // module path by folder
	for _, file := range files {
		if path.Base(file) == "go.mod" {
			if modules[path.Dir(file)], err = declared(file, `(?m)^module (\S+)$`); err != nil {
				return "", err
			}
		}
	}
	version, err := commonVersion(modules)
	if err != nil {
		return "", err
	}
	for folder, module := range modules {
		if err := writeModule(out, folder, module, version, modules, files); err != nil {
			return "", fmt.Errorf("%s: %w", module, err)
		}
	}
	return version, nil
}

// workingTree lists the files that git tracks, or would add, and that exist.
func workingTree() ([]string, error) {
	list, err := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate").Output()
	if err != nil {
		return nil, fmt.Errorf("git ls-files: %w", err)
	}
	var files []string
	for _, file := range strings.Split(strings.TrimRight(string(list), "\x00"), "\x00") {
		if info, err := os.Lstat(file); err == nil && info.Mode().IsRegular() {
			files = append(files, file)
		}
	}
	return files, nil
}

// commonVersion returns the version at which the nested modules require the
// root. They must agree, and each go.work must replace exactly that version.
func commonVersion(modules map[string]string) (string, error) {
	root, ok := modules["."]
	if !ok {
		return "", errors.New("no go.mod here: run this in the top folder of the repository")
	}
	version := ""
	for folder := range modules {
		if folder == "." {
			continue
		}
		v, err := declared(folder+"/go.mod", `(?m)^\s*(?:require )?`+regexp.QuoteMeta(root)+` (v\S+)`)
		if err != nil {
			return "", err
		}
		if version != "" && v != version {
			return "", fmt.Errorf("%s/go.mod requires %s %s, another module %s", folder, root, v, version)
		}
		version = v
		replaced, err := declared(folder+"/go.work", `(?m)^\s*(?:replace )?`+regexp.QuoteMeta(root)+` (v\S+) =>`)
		if err != nil {
			return "", err
		}
		if replaced != version {
			return "", fmt.Errorf("%s/go.work replaces %s %s, but its go.mod requires %s", folder, root, replaced, version)
		}
	}
	if version == "" {
		return "", errors.New("no nested module requires the root: there is no version to offer")
	}
	return version, nil
}

// declared returns what the first group of pattern finds in a file.
func declared(file, pattern string) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	match := regexp.MustCompile(pattern).FindSubmatch(text)
	if match == nil {
		return "", fmt.Errorf("%s: no line matches %s", file, pattern)
	}
	return string(match[1]), nil
}

// writeModule writes the four files that a proxy has for one version.
func writeModule(out, folder, module, version string, modules map[string]string, files []string) error {
	dir := filepath.Join(out, filepath.FromSlash(escape(module)), "@v")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	mod, err := os.ReadFile(filepath.Join(folder, "go.mod"))
	if err != nil {
		return err
	}
	for name, text := range map[string][]byte{
		"list":            []byte(version + "\n"),
		version + ".info": fmt.Appendf(nil, `{"Version":%q,"Time":"2026-01-01T00:00:00Z"}`, version),
		version + ".mod":  mod,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			return err
		}
	}
	archive, err := os.Create(filepath.Join(dir, version+".zip"))
	if err != nil {
		return err
	}
	err = writeZip(archive, folder, module+"@"+version+"/", modules, files)
	return errors.Join(err, archive.Close())
}

// writeZip writes the files of one module, without those of modules nested in it.
func writeZip(w io.Writer, folder, prefix string, modules map[string]string, files []string) error {
	z := zip.NewWriter(w)
	for _, file := range files {
		if owner(file, modules) != folder {
			continue
		}
		name := file
		if folder != "." {
			name = strings.TrimPrefix(file, folder+"/")
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		entry, err := z.Create(prefix + name)
		if err != nil {
			return err
		}
		if _, err := entry.Write(text); err != nil {
			return err
		}
	}
	return z.Close()
}

// owner returns the folder of the module that a file belongs to.
func owner(file string, modules map[string]string) string {
	for folder := path.Dir(file); ; folder = path.Dir(folder) {
		if _, ok := modules[folder]; ok || folder == "." {
			return folder
		}
	}
}

// escape writes a module path as proxies do: "!x" for every upper-case X.
func escape(module string) string {
	var b strings.Builder
	for _, r := range module {
		if unicode.IsUpper(r) {
			b.WriteByte('!')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
