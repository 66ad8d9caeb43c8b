package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/ttkit/ttkit/examples/internal/config"
	"github.com/ttkit/ttkit/tt"
)

// Exit statuses, those of ttctl.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 64
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	os.Exit(run(ctx, os.Args[1:], os.LookupEnv, os.Stderr))
}

// options are what the command line says.
type options struct {
	config, system, listen string
	tokenEnv               string
	stopTimeout            time.Duration
	pipeline               Config
}

func newFlags(o *options) *flag.FlagSet {
	f := flag.NewFlagSet("alarmpipeline", flag.ContinueOnError)
	f.StringVar(&o.config, "config", "", "YAML `FILE` that describes the ticket systems (required)")
	f.StringVar(&o.system, "system", "", "`NAME` of the system in the file; may be left out when it has exactly one")
	f.StringVar(&o.listen, "listen", "127.0.0.1:9095", "`ADDRESS` to serve POST /alertmanager and GET /healthz on")
	f.StringVar(&o.tokenEnv, "token-env", "ALARMPIPELINE_TOKEN", "`VARIABLE` of the environment with the bearer token of the webhook;\nmay be unset only when the address is loopback")
	f.DurationVar(&o.pipeline.Hold, "hold", 30*time.Second, "how long a group must stay resolved before its ticket is closed")
	f.StringVar(&o.pipeline.ObjectLabel, "object-label", "instance", "`LABEL` with the object, as the ticket system knows it")
	f.BoolVar(&o.pipeline.KeepPort, "keep-port", false, "leave the port at the end of an object; otherwise host:9100 means host")
	f.StringVar(&o.pipeline.DefaultObject, "default-object", "", "`OBJECT` of alerts that name none, or none that the ticket system knows")
	f.StringVar(&o.pipeline.Queue, "queue", "", "`QUEUE` of every ticket (default the name of the receiver)")
	f.StringVar(&o.pipeline.ReasonLabel, "reason-label", "severity", "`LABEL` with the preliminary reason")
	f.DurationVar(&o.pipeline.Timeout, "timeout", time.Minute, "limit of the work on one notification")
	f.IntVar(&o.pipeline.Workers, "workers", 8, "how many groups are worked on at once")
	f.DurationVar(&o.stopTimeout, "stop-timeout", 30*time.Second, "after SIGTERM: limit of finishing the work, and again of shutting the ticket system down")
	return f
}

func parseFlags(args []string, stderr io.Writer) (options, error) {
	var o options
	f := newFlags(&o)
	f.SetOutput(stderr)
	if err := f.Parse(args); err != nil {
		return o, err
	}
	var err error
	switch {
	case f.NArg() > 0:
		err = fmt.Errorf("unexpected argument %q", f.Arg(0))
	case o.config == "":
		err = errors.New("--config is missing: name the file that describes the ticket system")
	}
	return o, err
}

// run is the program; it ends when ctx does.
func run(ctx context.Context, args []string, env func(string) (string, bool), stderr io.Writer) int {
	o, err := parseFlags(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return exitDone
	}
	if err != nil {
		fmt.Fprintf(stderr, "alarmpipeline: %v\n", err)
		return exitUsage
	}
	log := slog.New(slog.NewTextHandler(stderr, nil))
	o.pipeline.Logger = log
	sys, pipeline, err := build(ctx, &o, env)
	if err != nil {
		fmt.Fprintf(stderr, "alarmpipeline: %v\n", err)
		return exitUsage
	}
	if effects := sys.Capabilities().Effects; effects != "" {
		log.Warn("open tickets act on your systems", "effects", effects)
	}
	listener, err := net.Listen("tcp", o.listen)
	if err != nil {
		fmt.Fprintf(stderr, "alarmpipeline: %v\n", err)
		return exitFailed
	}
	log.Info("listening", "address", listener.Addr().String())
	if err := serve(ctx, listener, pipeline, sys, o.stopTimeout); err != nil {
		log.Error("stopped with work left", "error", err)
		return exitFailed
	}
	log.Info("stopped")
	return exitDone
}

// build opens the ticket system. It sends nothing.
func build(ctx context.Context, o *options, env func(string) (string, bool)) (tt.System, *Pipeline, error) {
	token, _ := env(o.tokenEnv)
	o.pipeline.Token = tt.NewSecret(token)
	if token == "" && !loopback(o.listen) {
		return nil, nil, fmt.Errorf("anybody who reaches %s could open tickets: set the environment variable %s to a bearer token, or listen on 127.0.0.1",
			o.listen, o.tokenEnv)
	}
	cfg, err := config.Load(o.config, o.system)
	if err != nil {
		return nil, nil, err
	}
	cfg.Logger = o.pipeline.Logger
	sys, err := tt.OpenConfig(ctx, cfg)
	if err != nil {
		return nil, nil, err
	}
	pipeline, err := New(sys, o.pipeline)
	return sys, pipeline, err
}

// loopback reports whether only this machine can connect to the address.
func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}

// serve works until ctx ends, and then finishes what has begun: requests in
// work, holds, and what the system still has to write.
func serve(ctx context.Context, listener net.Listener, p *Pipeline, sys tt.System, limit time.Duration) error {
	server := &http.Server{Handler: p.Handler(), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	var err error
	select {
	case err = <-failed:
	case <-ctx.Done():
	}
	ctx = context.WithoutCancel(ctx)
	finish, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	// The pipeline first: from here on it answers 503, so that Alertmanager
	// keeps what comes, and the last answers still go out.
	err = errors.Join(err, p.Close(finish), server.Shutdown(finish))
	leave, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return errors.Join(err, sys.Shutdown(leave))
}
