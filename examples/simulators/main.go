// Command simulators serves the vendors' simulators on loopback, for people
// and scripts without a vendor:
//
//	go run -C examples ./simulators
//
// It prints one JSON line per simulator when all of them are ready:
//
//	{"system":"rsm","adapter":"rsm","settings":{"base_url":"http://127.0.0.1:41029","token":"…"},"control":"http://127.0.0.1:36125"}
//
// The settings are what a file for ttctl or alarmpipeline holds under that
// system. Below "control" a script reads what the simulator holds, past the
// adapter: GET /_sim/modes answers all service modes of rsm; GET /_sim/tickets,
// /_sim/histories and /_sim/tags those of zstack; GET /_sim/schedules those of
// guance; GET /_sim/requests the requests that arrived.
//
// It ends on SIGTERM and SIGINT. What the simulators held is gone then.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "simulators:", err)
		os.Exit(1)
	}
}

// ready is the line that says how to reach a simulator.
type ready struct {
	System   string         `json:"system"`
	Adapter  string         `json:"adapter"`
	Settings map[string]any `json:"settings"`
	Control  string         `json:"control"`
}

// run serves until ctx ends.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("simulators", flag.ContinueOnError)
	flags.SetOutput(stderr)
	addresses := map[string]*string{}
	for _, v := range vendors {
		addresses[v.name] = flags.String(v.name+"-listen", "127.0.0.1:0", "loopback `ADDRESS` of "+v.name)
	}
	only := flags.String("only", "", "`NAMES` of the simulators to start, separated by commas (default all)")
	lose := flags.Int("lose-reply", 0, "lose every `N`th reply to each kind of request, after acting on it (default none)")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if *lose < 0 {
		return errors.New("--lose-reply is negative")
	}
	chosen, err := choose(*only)
	if err != nil {
		return err
	}
	var lines []ready
	for _, v := range chosen {
		sim := v.start()
		defer sim.close()
		api, err := serve(*addresses[v.name], loseReplies(sim.api, *lose))
		if err != nil {
			return fmt.Errorf("%s: %w", v.name, err)
		}
		defer api.Close()
		control, err := serve("127.0.0.1:0", sim.control)
		if err != nil {
			return fmt.Errorf("%s: %w", v.name, err)
		}
		defer control.Close()
		lines = append(lines, ready{v.name, v.name, sim.settings("http://" + api.Addr), "http://" + control.Addr})
	}
	encoder := json.NewEncoder(stdout)
	for _, line := range lines {
		if err := encoder.Encode(line); err != nil {
			return err
		}
	}
	<-ctx.Done()
	return nil
}

// choose returns the vendors that the flag names.
func choose(only string) ([]vendor, error) {
	if only == "" {
		return vendors, nil
	}
	var chosen []vendor
	for _, name := range strings.Split(only, ",") {
		v, ok := find(name)
		if !ok {
			return nil, fmt.Errorf("--only: there is no simulator %q", name)
		}
		chosen = append(chosen, v)
	}
	return chosen, nil
}
