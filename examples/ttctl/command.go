package main

import (
	"context"
	"fmt"
	"io"

	"github.com/ttkit/ttkit/tt"
)

// command is what a person asked for. It shuts nothing down and prints
// nothing; its error says what happened.
type command interface {
	run(ctx context.Context, env env) (result, error)
}

// keyed is a command that can do something twice when it is repeated without
// a key.
type keyed interface {
	keyless() bool
	lookFor() string // what shows whether it was done
}

// env is what a command works with.
type env struct {
	sys   tt.System
	stdin io.Reader
}

// maxBody is how much of standard input a body may hold, in bytes. It is far
// more than any system keeps; what is too long for one is cut there.
const maxBody = 4 << 20

// body returns the body to use: standard input for "-".
func (e env) body(ctx context.Context, given string) (string, error) {
	if given != "-" {
		return given, nil
	}
	type read struct {
		text []byte
		err  error
	}
	done := make(chan read, 1)
	go func() { // reading cannot be interrupted, the command can
		text, err := io.ReadAll(io.LimitReader(e.stdin, maxBody+1))
		done <- read{text, err}
	}()
	select {
	case <-ctx.Done():
		return "", tt.Errorf(tt.CodeCanceled, tt.NotDone, "while reading the body from standard input: %w", ctx.Err())
	case r := <-done:
		switch {
		case r.err != nil:
			return "", usage(fmt.Errorf("the body could not be read from standard input: %w", r.err))
		case len(r.text) > maxBody:
			return "", usage(fmt.Errorf("the body on standard input is longer than %d bytes", maxBody))
		}
		return string(r.text), nil
	}
}

// key returns the key that a flag holds, "" when it was not given. Given but
// empty, as by an unset variable in a script, is a mistake: it must not
// silently mean "no key".
func key(flag *string) (string, error) {
	if flag == nil {
		return "", nil
	}
	if err := tt.ValidateKey(*flag); err != nil {
		return "", err
	}
	return *flag, nil
}
