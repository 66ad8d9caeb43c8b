package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheArgumentAfterAFlagIsItsValue(t *testing.T) {
	for _, value := range []string{"-", "--", "-5", "--weird", "--output", "--output=text", "--body", "-h", "--help", "", "a,b", `a\,b`, "x=y", "=", "-a=b", "no UTF-8: \xff"} {
		t.Run(value, func(t *testing.T) {
			for _, args := range [][]string{
				{"create", "--object", "sw-7", "--subject", value, "--body", value, "--key", value},
				{"create", "--object=sw-7", "--subject=" + value, "--body=" + value, "--key=" + value},
				{"--subject", value, "create", "--object", "sw-7", "--body", value, "--key", value, "--"},
			} {
				line, err := parse(args)
				require.NoError(t, err)
				assert.Same(t, &line.Create, line.command)
				assert.Equal(t, value, line.Create.Subject)
				assert.Equal(t, value, line.Create.Body)
				assert.Equal(t, value, *line.Create.Key)
				assert.Equal(t, "sw-7", line.Create.Object)
				assert.Empty(t, line.Output)
			}
		})
	}
}

func TestFlagsStandAnywhere(t *testing.T) {
	for _, row := range []struct {
		name string
		args []string
	}{
		{"before the command", []string{"--output", "json", "--verbose", "--timeout", "3s", "add", "7", "a", "b"}},
		{"after the command", []string{"add", "--output", "json", "--verbose", "--timeout", "3s", "7", "a", "b"}},
		{"after the arguments", []string{"add", "7", "a", "b", "--output", "json", "--verbose", "--timeout", "3s"}},
		{"between the arguments", []string{"add", "7", "--output", "json", "a", "--verbose", "b", "--timeout", "3s"}},
		{"with an equals sign", []string{"add", "7", "--output=json", "a", "--verbose=true", "b", "--timeout=3s"}},
		{"and end at --", []string{"--verbose", "--output=json", "--timeout=3s", "add", "7", "--", "a", "b"}},
		{"also when the command comes after --", []string{"--verbose", "--output=json", "--timeout=3s", "--", "add", "7", "a", "b"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			line, err := parse(row.args)
			require.NoError(t, err)
			assert.Same(t, &line.Add, line.command)
			assert.Equal(t, "7", line.Add.GroupID)
			assert.Equal(t, []string{"a", "b"}, line.Add.Object)
			assert.Equal(t, formJSON, line.Output)
			assert.True(t, line.Verbose)
			assert.Equal(t, 3*time.Second, line.Timeout)
		})
	}
}

func TestAfterTwoDashesNothingIsAFlag(t *testing.T) {
	line, err := parse([]string{"add", "--", "-5", "--output", "-", "--", ""})
	require.NoError(t, err)
	assert.Equal(t, "-5", line.Add.GroupID)
	assert.Equal(t, []string{"--output", "-", "--", ""}, line.Add.Object)
}

func TestObjectsAreRepeatedNotSplit(t *testing.T) {
	line, err := parse([]string{"escalate", "--object", "a,b", "--object", "-c", "--object=d", "--subject", "s"})
	require.NoError(t, err)
	assert.Equal(t, []string{"a,b", "-c", "d"}, line.Escalate.Object)
}

func TestOfTheFlagsOfEveryCommandTheLastOneWins(t *testing.T) {
	line, err := parse([]string{"--output", "text", "get", "7", "--timeout=1s", "--output=json", "--timeout=3s"})
	require.NoError(t, err)
	assert.Equal(t, formJSON, line.Output)
	assert.Equal(t, 3*time.Second, line.Timeout)
}

func TestAFlagThatIsGivenEmptyDiffersFromNone(t *testing.T) {
	line, err := parse([]string{"list"})
	require.NoError(t, err)
	assert.Nil(t, line.List.Object)
	line, err = parse([]string{"list", "--object", ""})
	require.NoError(t, err)
	require.NotNil(t, line.List.Object)
	assert.Empty(t, *line.List.Object)
}

func TestWrongCommandLinesSayWhatIsWrong(t *testing.T) {
	for _, row := range []struct {
		name string
		args []string
		says string
	}{
		{"no command", nil, "create"},
		{"an unknown command", []string{"destroy", "7"}, "destroy"},
		{"an unknown flag", []string{"get", "7", "--bogus", "x"}, "--bogus"},
		{"a flag of another command", []string{"get", "7", "--key", "x"}, "--key"},
		{"a short flag that does not exist", []string{"get", "-5"}, "-5"},
		{"a flag without its value", []string{"create", "--object", "a", "--subject"}, "--subject needs a value"},
		{"a missing argument", []string{"get"}, "<id>"},
		{"an argument too many", []string{"get", "7", "8"}, "8"},
		{"no objects to add", []string{"add", "7"}, "<object>"},
		{"no object", []string{"create", "--subject", "s"}, "--object"},
		{"no subject", []string{"create", "--object", "a"}, "--subject"},
		{"no key to find", []string{"find"}, "--key"},
		{"no end of the lease", []string{"renew", "7"}, "--until"},
		{"a time that is none", []string{"renew", "7", "--until", "tomorrow"}, "RFC 3339"},
		{"a time without a zone", []string{"promote", "7", "--timestamp", "2026-11-21T20:15:00"}, "RFC 3339"},
		{"an unknown form of output", []string{"list", "--output", "xml"}, "json or text"},
		{"an empty form of output", []string{"list", "--output", ""}, "json or text"},
		{"a time limit of nothing", []string{"list", "--timeout", "0"}, "--timeout"},
		{"a negative time limit", []string{"list", "--timeout", "-1s"}, "--timeout"},
		{"two objects where one is meant", []string{"create", "--object", "a", "--object=b", "--subject", "s"}, "--object is given twice"},
		{"a time limit that is none", []string{"list", "--timeout", "soon"}, "soon"},
	} {
		t.Run(row.name, func(t *testing.T) {
			line, err := parse(row.args)
			require.ErrorContains(t, err, row.says)
			assert.NotContains(t, err.Error(), "\n")
			assert.Nil(t, line.command)
		})
	}
}

func TestTheFormOfOutputIsKnownWhateverElseIsWrong(t *testing.T) {
	for _, row := range []struct {
		name string
		args []string
		want form
	}{
		{"after an unknown flag", []string{"get", "--bogus", "--output", "text"}, formText},
		{"before an unknown command", []string{"--output=text", "destroy"}, formText},
		{"the last one wins", []string{"--output=text", "get", "--output", "json"}, formJSON},
		{"a wrong one does not count", []string{"--output=text", "get", "--output", "xml"}, formText},
		{"a value that looks like one does not count", []string{"get", "--bogus", "--key", "--output=text"}, ""},
		{"an argument after -- does not count", []string{"get", "--", "--output=text", "x"}, ""},
		{"none", []string{"get"}, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			line, err := parse(row.args)
			require.Error(t, err)
			assert.Equal(t, row.want, line.Output)
		})
	}
}

func TestHelpShowsExamplesOfUse(t *testing.T) {
	for _, command := range []string{"create", "get", "list", "find", "comment", "close", "renew", "promote", "add", "escalate", "capabilities", "check", "reconcile", "probe"} {
		t.Run(command, func(t *testing.T) {
			line, err := parse([]string{command, "--help"})
			require.NoError(t, err)
			assert.Nil(t, line.command)
			assert.Contains(t, line.help, "    ttctl "+command)
			assert.Contains(t, line.help, "--config=FILE")
		})
	}
}

// Whatever a shell passes, a command line is understood or refused with a
// line of text, and the value of a flag is never taken for something else.
func FuzzParse(f *testing.F) {
	f.Add("create", "--object", "-5", "--subject")
	f.Add("--output=json", "--", "add", "--object")
	f.Add("list", "--object", "--output", "text")
	f.Add("-h", "-", "--", "=")
	f.Fuzz(func(t *testing.T, a, b, c, value string) {
		if line, err := parse([]string{a, b, c, value}); err != nil {
			assert.NotEmpty(t, err.Error())
			assert.Nil(t, line.command)
		}
		line, err := parse([]string{"find", "--key", value})
		require.NoError(t, err)
		assert.Equal(t, value, line.Find.Key)
	})
}
