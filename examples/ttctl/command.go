package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

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
	note  func(text string) // tells a person something beside the result
}

// maxBody is how much of standard input a body may hold, in bytes. It is far
// more than any system keeps; what is too long for one is cut there.
const maxBody = 4 << 20

// body returns the body to use: standard input for "-".
func (e env) body(ctx context.Context, given string) (string, error) {
	if given != "-" {
		return given, nil
	}
	text, err := e.read(ctx, "the body", maxBody)
	return string(text), err
}

// list returns what stands in a file, or on standard input for "-", and when
// it was written: now for standard input.
func (e env) list(ctx context.Context, path string, now time.Time) ([]byte, time.Time, error) {
	if path == "-" {
		text, err := e.read(ctx, "the list", maxList)
		return text, now, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, now, usage(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, now, usage(err)
	}
	return text, info.ModTime(), nil
}

// read reads all of standard input.
func (e env) read(ctx context.Context, what string, limit int64) ([]byte, error) {
	type read struct {
		text []byte
		err  error
	}
	done := make(chan read, 1)
	go func() { // reading cannot be interrupted, the command can
		text, err := io.ReadAll(io.LimitReader(e.stdin, limit+1))
		done <- read{text, err}
	}()
	select {
	case <-ctx.Done():
		return nil, tt.Errorf(tt.CodeCanceled, tt.NotDone, "while reading %s from standard input: %w", what, ctx.Err())
	case r := <-done:
		switch {
		case r.err != nil:
			return nil, usage(fmt.Errorf("%s could not be read from standard input: %w", what, r.err))
		case int64(len(r.text)) > limit:
			return nil, usage(fmt.Errorf("%s on standard input is longer than %d bytes", what, limit))
		}
		return r.text, nil
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
