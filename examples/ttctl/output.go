package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/ttkit/ttkit/tt"
)

// output writes what a command found, and what went wrong, in one form.
type output struct {
	stdout, stderr io.Writer
	form           form
}

// newOutput chooses the form where the user did not: text for a terminal.
func newOutput(stdout, stderr *os.File, chosen form) *output {
	if chosen == "" {
		chosen = formJSON
		if term.IsTerminal(int(stdout.Fd())) {
			chosen = formText
		}
	}
	return &output{stdout, stderr, chosen}
}

// result is what a command has to show.
type result struct {
	data    any               // written as JSON
	text    func(w io.Writer) // writes the same for people
	changed string            // id of the ticket that the command made or changed
	failed  error             // add, escalate, reconcile and probe show what they have and fail all the same
}

// result writes to standard output, in one piece.
func (o *output) result(r result) error {
	var b bytes.Buffer
	if o.form == formText {
		r.text(&b)
	} else {
		encoder := json.NewEncoder(&b)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(r.data); err != nil {
			return err
		}
	}
	if err := o.plain(b.String()); err != nil {
		e := tt.Errorf(tt.CodeInternal, tt.NotDone, "%w", err)
		if r.changed != "" {
			e.Outcome, e.TicketID = tt.Done, r.changed
		}
		return e
	}
	return nil
}

// plain writes text to standard output.
func (o *output) plain(text string) error {
	if _, err := io.WriteString(o.stdout, text); err != nil {
		return fmt.Errorf("the result could not be written to standard output: %w", err)
	}
	return nil
}

// failure writes the error as the last line of standard error and returns the
// exit status.
func (o *output) failure(err error) int {
	status := exitStatus(err)
	var e *tt.Error
	if !errors.As(err, &e) {
		e = &tt.Error{Code: tt.CodeOf(err), Outcome: tt.NotDone, Err: err}
	}
	if o.form == formText {
		message := e.Error()
		if e.Adapter == "" && e.System == "" && e.Op == "" {
			message = e.Err.Error() + ` (see "ttctl --help")`
		}
		o.note(message)
		return status
	}
	encoder := json.NewEncoder(o.stderr)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(map[string]*tt.Error{"error": e}) // nobody is left to tell
	return status
}

// note writes one line for people to standard error.
func (o *output) note(text string) {
	fmt.Fprintln(o.stderr, "ttctl: "+oneLine(text))
}

// logger writes to standard error whatever a system logs.
func (o *output) logger() *slog.Logger {
	options := &slog.HandlerOptions{Level: slog.LevelDebug}
	if o.form == formText {
		return slog.New(slog.NewTextHandler(o.stderr, options))
	}
	return slog.New(slog.NewJSONHandler(o.stderr, options))
}

// oneLine makes text fit into a line of a terminal, whatever a server put in.
func oneLine(text string) string {
	return strings.Join(strings.Fields(tt.CleanText(text)), " ")
}
