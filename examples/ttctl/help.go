package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/alecthomas/kong"

	"github.com/ttkit/ttkit/tt"
)

const description = `Drives one trouble-ticket system from a shell, a cron job or a runbook.

Data goes to standard output, everything else to standard error. Exit status: 0 done, 1 failed for good, 64 the command line or the configuration is wrong, 75 failed for now: the same command may succeed later.`

const configuration = `
Configuration file:
  systems:
    msk-rsm:
      adapter: rsm
      base_url: https://monq.example.net
      token: ${MONQ_TOKEN}

  ${NAME} in a value is replaced from the environment; $${ is a literal ${.
  Dotted settings are nested: "retry.max_attempts" is max_attempts under retry.
`

// printHelp adds to the help of the whole program what goes into its
// configuration file, from what the adapters themselves declare.
func printHelp(options kong.HelpOptions, ctx *kong.Context) error {
	if err := kong.DefaultHelpPrinter(options, ctx); err != nil || ctx.Selected() != nil {
		return err
	}
	if _, err := io.WriteString(ctx.Stdout, configuration); err != nil {
		return err
	}
	for _, adapter := range tt.Adapters() {
		settings, err := tt.Options(adapter)
		if err != nil {
			return err
		}
		if err := printSettings(ctx.Stdout, adapter, settings); err != nil {
			return err
		}
	}
	return nil
}

func printSettings(w io.Writer, adapter string, settings []tt.Option) error {
	if len(settings) == 0 {
		_, err := fmt.Fprintf(w, "\nThe adapter %s has no settings.\n", adapter)
		return err
	}
	fmt.Fprintf(w, "\nSettings of the adapter %s:\n", adapter)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, s := range settings {
		kind := s.Type
		switch {
		case s.Required:
			kind += ", must be set"
		case s.Default != "":
			kind += ", default " + s.Default
		}
		fmt.Fprintf(t, "  %s\t%s\t%s\n", s.Name, kind, strings.Join(strings.Fields(s.Help), " "))
	}
	return t.Flush()
}
