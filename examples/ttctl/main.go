// Command ttctl drives one trouble-ticket system from a shell, a cron job or
// a runbook. It shows every operation of tt.System:
//
//	ttctl --config systems.yaml create --object sw-7 --subject "uplink down" --key msk/uplink/2026-11-21
//	ttctl --config systems.yaml comment 731 --body "line card replaced"
//	ttctl --config systems.yaml close 731
//
// Data goes to standard output, everything else to standard error. The exit
// status is 0 when the command is done, 1 when it failed for good, 64 when the
// command line or the configuration is wrong, and 75 when the same command may
// succeed later. See "ttctl --help" for the rest.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/ttkit/ttkit/examples/internal/config"
	"github.com/ttkit/ttkit/tt"
)

// shutdownLimit bounds Shutdown, which runs after --timeout or a signal too.
// It leaves room for a step in flight (ten seconds) and the logout after it.
const shutdownLimit = 15 * time.Second

func main() {
	// A reader that went away is an error of the command like any other, not
	// a reason to die before the system is shut down.
	signal.Ignore(syscall.SIGPIPE)
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run carries out one command line and returns the exit status.
func run(args []string, stdin io.Reader, stdout, stderr *os.File) int {
	line, err := parse(args)
	out := newOutput(stdout, stderr, line.Output)
	switch {
	case line.help != "":
		err = out.plain(line.help)
	case err != nil:
		err = usage(err)
	case line.command == command(&line.Version):
		err = out.result(versionResult())
	default:
		err = drive(line, stdin, out)
	}
	if err != nil {
		return out.failure(err)
	}
	return exitDone
}

// drive opens the system, runs the command, prints its result and shuts the
// system down, in this order: a result that is known is not held back.
func drive(line *commandLine, stdin io.Reader, out *output) error {
	if line.Config == "" {
		return usage(fmt.Errorf("no configuration: give --config FILE or set TTCTL_CONFIG"))
	}
	cfg, err := config.Load(line.Config, line.System)
	if err != nil {
		return err
	}
	if line.Verbose {
		cfg.Logger = out.logger()
	}
	ctx, cancel := limit(line.Timeout)
	defer cancel()
	sys, err := tt.OpenConfig(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), shutdownLimit)
		defer cancel()
		if err := sys.Shutdown(ctx); err != nil {
			out.note("shutdown: " + err.Error())
		}
	}()
	res, err := line.command.run(ctx, env{sys, stdin, out.note})
	if err == nil {
		err = out.result(res)
	}
	if err != nil {
		err = because(ctx, tt.Annotate(err, cfg.Adapter, cfg.Name, "", ""))
		if c, ok := line.command.(keyed); ok && c.keyless() {
			err = withoutKey(err, c.lookFor())
		}
		return err
	}
	return because(ctx, tt.Annotate(res.failed, cfg.Adapter, cfg.Name, "", ""))
}

// limit returns a context that ends with the time given and with the first
// signal, and a function that frees it. Until that is called a signal does not
// end the program, so that Shutdown finishes; a second one does, at once.
func limit(timeout time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(context.Background())
	ctx, stop := context.WithTimeoutCause(ctx, timeout, ended("--timeout "+timeout.String()+" is over"))
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	done := make(chan struct{})
	go func() {
		select {
		case s := <-signals:
			signal.Stop(signals)
			cancel(ended("stopped by a signal: " + s.String()))
		case <-done:
			signal.Stop(signals)
		}
	}()
	return ctx, func() { close(done); stop(); cancel(nil) }
}
