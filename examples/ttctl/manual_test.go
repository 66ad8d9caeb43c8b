package main

import (
	"os"
	"regexp"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The manual shows what exists: every command in a row of its own, with every
// flag that is not of all commands, and nothing else that looks like a flag.
func TestTheManualIsComplete(t *testing.T) {
	text, err := os.ReadFile("README.md")
	require.NoError(t, err)
	manual := string(text)
	parser, err := kong.New(&commandLine{})
	require.NoError(t, err)

	known := map[string]bool{}
	for _, flag := range parser.Model.Flags {
		known["--"+flag.Name] = true
		assert.Regexp(t, "(?m)^\\| `--"+flag.Name+"[ `]", manual)
	}
	for _, command := range parser.Model.Children {
		row := regexp.MustCompile("(?m)^\\| `" + command.Name + "[ `].*$").FindString(manual)
		assert.NotEmpty(t, row, "no row for %s", command.Name)
		for _, flag := range command.Flags {
			known["--"+flag.Name] = true
			if command.Name != "escalate" { // its row refers to create
				assert.Contains(t, row, "--"+flag.Name, "in the row of %s", command.Name)
			}
		}
	}
	for _, flag := range regexp.MustCompile(`--[a-z][a-z-]*`).FindAllString(manual, -1) {
		assert.True(t, known[flag], "%s does not exist", flag)
	}
}
