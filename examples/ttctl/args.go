package main

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// commandLine is the grammar of ttctl.
type commandLine struct {
	Config  string        `env:"TTCTL_CONFIG" placeholder:"FILE" help:"YAML file that describes the systems."`
	System  string        `placeholder:"NAME" help:"Which system of the file; may be left out when it has exactly one."`
	Output  form          `placeholder:"json|text" help:"Form of the result; text on a terminal, json otherwise."`
	Timeout time.Duration `default:"60s" help:"Limit of the whole command."`
	Verbose bool          `help:"Log requests to standard error, without secrets."`

	Create       createCommand       `cmd:"" help:"Open the ticket of an alarm, or find the one that its key has."`
	Get          getCommand          `cmd:"" help:"Show a ticket."`
	List         listCommand         `cmd:"" help:"List open tickets, the oldest first."`
	Find         findCommand         `cmd:"" help:"Show which ticket a key has, open or not."`
	Comment      commentCommand      `cmd:"" help:"Add a comment to a ticket."`
	Close        closeCommand        `cmd:"" help:"Close a ticket."`
	Renew        renewCommand        `cmd:"" help:"Move the end of a ticket's lease to a later time."`
	Promote      promoteCommand      `cmd:"" help:"Make a ticket a group ticket."`
	Add          addCommand          `cmd:"" help:"Add objects to a group ticket."`
	Escalate     escalateCommand     `cmd:"" help:"Open a group ticket for several objects at once."`
	Capabilities capabilitiesCommand `cmd:"" help:"Show what the system can do."`
	Check        checkCommand        `cmd:"" help:"Check address, credentials, permissions and clock; changes nothing."`
	Reconcile    reconcileCommand    `cmd:"" help:"Compare the alarms that are active with the open tickets, and repair what differs."`
	Probe        probeCommand        `cmd:"" help:"Find out on a live server what the vendor's documentation leaves open."`
	Version      versionCommand      `cmd:"" help:"Show the version of this program."`

	command command // the one that was chosen
	help    string  // what --help prints; then nothing is run
}

// parse reads a command line. Output is known even when it fails.
func parse(args []string) (*commandLine, error) {
	line := &commandLine{}
	var help bytes.Buffer
	helped := false
	parser, err := kong.New(line,
		kong.Name("ttctl"),
		kong.Description(description),
		kong.Writers(&help, &help),
		kong.Exit(func(int) { helped = true }), // called by --help alone
		kong.Help(printHelp),
		kong.KindMapper(reflect.String, kong.MapperFunc(verbatim)),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, FlagsLast: true, WrapUpperBound: 100}),
	)
	if err != nil {
		return line, err
	}
	args, missing := arrange(args, switches(parser.Model))
	parsed, err := parser.Parse(args)
	switch {
	case helped:
		line.help = help.String()
		return line, nil
	case missing != "":
		err = fmt.Errorf("flag %s needs a value", missing)
	case err == nil && line.Timeout <= 0:
		err = fmt.Errorf("flag --timeout=%s: give a time above zero, such as 60s", line.Timeout)
	case err == nil:
		err = givenOnce(args, parsed.Selected())
	}
	if err != nil {
		line.Output = lastOutput(args)
		return line, err
	}
	line.command = parsed.Selected().Target.Addr().Interface().(command)
	return line, nil
}

// verbatim takes a text as it was given. The parser's own way replaces bytes
// that are no UTF-8, so that two keys could become one; here they are refused
// like any other key that is wrong.
func verbatim(ctx *kong.DecodeContext, target reflect.Value) error {
	token, err := ctx.Scan.PopValue("string")
	if err != nil {
		return err
	}
	text, ok := token.Value.(string)
	if !ok {
		return fmt.Errorf("expected a text, got %v", token)
	}
	target.SetString(text)
	return nil
}

// switches returns the flags of a grammar, and of each whether it stands
// alone, without a value.
func switches(model *kong.Application) map[string]bool {
	found := map[string]bool{}
	_ = kong.Visit(model, func(node kong.Visitable, next kong.Next) error {
		if flag, ok := node.(*kong.Flag); ok {
			found["--"+flag.Name] = flag.IsBool()
		}
		return next(nil)
	})
	return found
}

// arrange writes a command line in the one order and form that the parser
// takes without exceptions: the command, the flags as --name=value, "--", and
// the rest. The argument after a flag is its value, also when it begins with
// a dash, and flags may stand anywhere before a "--". The second result names
// a flag at the very end that lacks its value.
func arrange(args []string, switches map[string]bool) (arranged []string, missing string) {
	var flags, words []string
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if arg == "--" {
			words = append(words, args[i+1:]...)
			break
		}
		if arg == "-" || !strings.HasPrefix(arg, "-") {
			words = append(words, arg)
			continue
		}
		if alone, known := switches[arg]; known && !alone {
			if i++; i == len(args) {
				missing = arg
				break
			}
			arg += "=" + args[i]
		}
		flags = append(flags, arg)
	}
	if len(words) == 0 {
		return flags, missing
	}
	return slices.Concat(words[:1], flags, []string{"--"}, words[1:]), missing
}

// givenOnce refuses a flag of a command that stands twice in an arranged
// command line and holds one value: of two objects, one would be forgotten.
// Of the flags of every command the last one wins, so that a script can
// override what an alias of it says.
func givenOnce(args []string, command *kong.Command) error {
	count := map[string]int{}
	for _, arg := range args {
		if arg == "--" {
			break
		}
		name, _, _ := strings.Cut(arg, "=")
		count[name]++
	}
	for _, flag := range command.Flags {
		if count["--"+flag.Name] > 1 && !flag.IsCumulative() {
			return fmt.Errorf("flag --%s is given twice: %s takes one", flag.Name, command.Name)
		}
	}
	return nil
}

// lastOutput returns the last valid --output of an arranged command line, so
// that an error in the rest of it is told in the form asked for.
func lastOutput(args []string) form {
	var last form
	for _, arg := range args {
		if arg == "--" {
			break
		}
		if value, ok := strings.CutPrefix(arg, "--output="); ok {
			_ = last.UnmarshalText([]byte(value))
		}
	}
	return last
}

// form is what --output chooses; "" leaves it to where the output goes.
type form string

const (
	formJSON form = "json"
	formText form = "text"
)

// UnmarshalText keeps f as it is when the text is neither json nor text.
func (f *form) UnmarshalText(text []byte) error {
	given := form(text)
	if given != formJSON && given != formText {
		return fmt.Errorf("%q is no form of output: write json or text", text)
	}
	*f = given
	return nil
}

// instant is a time in RFC 3339.
type instant struct{ time.Time }

// UnmarshalText reads the time.
func (i *instant) UnmarshalText(text []byte) error {
	at, err := time.Parse(time.RFC3339, string(text))
	if err != nil {
		return fmt.Errorf("%q is no time in RFC 3339, such as 2026-11-21T20:15:00Z", text)
	}
	i.Time = at
	return nil
}
