package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/ttkit/ttkit/tt"
)

type probeCommand struct {
	Object []string      `required:"" sep:"none" help:"An object whose monitoring may be disturbed for a minute; repeat the flag: a second one answers what cannot be seen on one."`
	Queue  string        `help:"Where the tickets go."`
	Wait   time.Duration `default:"15s" help:"How long to wait for each thing that may take its time."`
}

func (*probeCommand) Help() string {
	return `Finds out on a live server what the vendor's documentation leaves open, and prints the settings that follow. It makes a few things on the objects given, which are no tickets, and removes or ends them again. Systems that have nothing to find out answer "unsupported".

    ttctl probe --object test-1 --object test-2 --timeout 5m`
}

// probed is how probe shows its findings.
type probed struct {
	Findings []tt.Finding      `json:"findings"`
	Settings map[string]string `json:"settings"`
}

func (c *probeCommand) run(ctx context.Context, env env) (result, error) {
	if c.Wait <= 0 {
		return result{}, tt.Annotate(usage(fmt.Errorf("--wait %s: give a time above zero, such as 15s", c.Wait)), "", "", "Probe", "")
	}
	found, err := tt.Probe(ctx, env.sys, tt.ProbeRequest{Objects: c.Object, Queue: c.Queue, Wait: c.Wait})
	if err != nil && len(found) == 0 {
		return result{}, err
	}
	data := probed{Findings: found, Settings: map[string]string{}}
	for _, f := range found {
		if f.Setting != "" {
			data.Settings[f.Setting] = f.Value
		}
	}
	return result{data: data, text: data.text, failed: err}, nil
}

func (p probed) text(w io.Writer) {
	t := newTable(w)
	for _, f := range p.Findings {
		t.columns(f.Question, f.Answer, f.Detail)
	}
	t.flush()
	var settings []string
	for _, f := range p.Findings {
		if f.Setting != "" {
			settings = append(settings, "    "+oneLine(f.Setting+": "+f.Value))
		}
	}
	if len(settings) > 0 {
		fmt.Fprintf(w, "\nsettings to use:\n%s\n", strings.Join(settings, "\n"))
	}
}
