package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/ttkit/ttkit/examples/internal/alertgroup"
	"github.com/ttkit/ttkit/tt"
)

// Config says how alerts become tickets. Zero fields take the defaults that
// New documents, except where a zero means something.
type Config struct {
	Hold          time.Duration // how long a group must stay resolved before its ticket is closed; 0: not at all
	ObjectLabel   string        // the label that holds the object, as the ticket system knows it; "" means instance
	KeepPort      bool          // leave a port at the end of an object; without it host:9100 means host
	DefaultObject string        // for alerts without an object; "" means none
	Queue         string        // of every ticket; "" means the name of the receiver
	ReasonLabel   string        // the label that holds the preliminary reason; "" means severity
	Token         tt.Secret     // what the webhook's callers must present; empty lets everybody in
	Timeout       time.Duration // limit of the work on one notification; 0 means one minute
	Workers       int           // how many groups are worked on at once; 0 means 8
	Waiting       int           // how many notifications may wait; 0 means 256
	Logger        *slog.Logger  // nil: nothing is logged
}

// login is on whose behalf tickets, comments and closes are made.
const login = "alarmpipeline"

// remembered is how many groups without a ticket stay in memory. Forgetting
// one costs a few look-ups when it fires again.
const remembered = 10_000

// Pipeline turns notifications into tickets. It is safe for concurrent use.
type Pipeline struct {
	sys tt.System
	cfg Config
	log *slog.Logger

	workers chan struct{} // a token for each group that is worked on

	mu       sync.Mutex
	groups   map[string]*group
	waiting  int
	stopping bool
	working  sync.WaitGroup // notifications and closes; added to under mu while not stopping
}

// New makes a pipeline over a system. The caller shuts the system down, after
// [Pipeline.Close].
func New(sys tt.System, cfg Config) (*Pipeline, error) {
	if cfg.Hold < 0 || cfg.Timeout < 0 || cfg.Workers < 0 || cfg.Waiting < 0 {
		return nil, errors.New("alarmpipeline: a duration or a number is negative")
	}
	if cfg.DefaultObject != "" {
		if err := tt.ValidateObject(cfg.DefaultObject); err != nil {
			return nil, fmt.Errorf("alarmpipeline: default object: %w", err)
		}
	}
	if cfg.ObjectLabel == "" {
		cfg.ObjectLabel = "instance"
	}
	if cfg.ReasonLabel == "" {
		cfg.ReasonLabel = "severity"
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = time.Minute
	}
	if cfg.Workers == 0 {
		cfg.Workers = 8
	}
	if cfg.Waiting == 0 {
		cfg.Waiting = 256
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return &Pipeline{
		sys: sys, cfg: cfg, log: cfg.Logger,
		workers: make(chan struct{}, cfg.Workers), groups: map[string]*group{},
	}, nil
}

// refusal is what is wrong with a notification, for its sender: sending it
// again cannot help until somebody changes something.
type refusal struct{ error }

// Reasons to try again later that lie in this process.
var (
	errStopping = tt.Errorf(tt.CodeUnavailable, tt.NotDone, "the pipeline is stopping")
	errBusy     = tt.Errorf(tt.CodeUnavailable, tt.NotDone, "the pipeline has too much to do")
)

// notify brings the ticket of a group in line with a notification. It returns
// nil only when the ticket system holds all that the notification told it, or
// has refused a part for good, which is logged. After any other error the same
// notification can be given again, and finishes what is missing.
func (p *Pipeline) notify(ctx context.Context, n *notification) error {
	if err := p.requireObject(n); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, p.cfg.Timeout)
	defer cancel()
	g, err := p.enter(ctx, n)
	if err != nil {
		return err
	}
	defer p.leave(g)
	g.learn(n, p.objectOf)
	// From here on the work is finished even if Alertmanager hangs up: it has
	// a time-out of its own, would send the same again, and start over.
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), p.cfg.Timeout)
	defer stop()
	if len(g.firing) > 0 {
		return p.raise(ctx, g, n)
	}
	return p.clear(ctx, g, n)
}

// objectOf returns the object of an alert, "" when there is none that a
// ticket system could know.
func (p *Pipeline) objectOf(a alert) string {
	if obj := alertgroup.Object(a.Labels[p.cfg.ObjectLabel], p.cfg.KeepPort); obj != "" {
		return obj
	}
	return p.cfg.DefaultObject
}

// requireObject refuses a notification that could not become a ticket. One
// alert with an object is enough: the text of the ticket names the others.
func (p *Pipeline) requireObject(n *notification) error {
	for _, a := range n.Alerts {
		if p.objectOf(a) != "" {
			return nil
		}
	}
	a := n.Alerts[0]
	why := "has no label " + p.cfg.ObjectLabel
	if value := a.Labels[p.cfg.ObjectLabel]; value != "" {
		why = fmt.Sprintf("has label %s %q, which cannot name an object", p.cfg.ObjectLabel, value)
	}
	return refusal{fmt.Errorf("alert %s %s, so no object is known: add the label, or start the pipeline with --object-label or --default-object",
		a.describe(), why)}
}

// enter waits for the turn of the notification's group and for a worker.
// Notifications of one group follow each other.
func (p *Pipeline) enter(ctx context.Context, n *notification) (*group, error) {
	name := groupName(n.Receiver, n.GroupLabels)
	p.mu.Lock()
	switch {
	case p.stopping:
		p.mu.Unlock()
		return nil, errStopping
	case p.waiting >= p.cfg.Waiting:
		p.mu.Unlock()
		return nil, errBusy
	}
	g := p.groups[name]
	if g == nil {
		p.forget()
		g = newGroup(name, n)
		p.groups[name] = g
	}
	g.users++
	p.waiting++
	p.working.Add(1)
	p.mu.Unlock()
	err := p.take(ctx, g)
	p.mu.Lock()
	p.waiting--
	p.mu.Unlock()
	if err != nil {
		p.quit(g)
		return nil, err
	}
	return g, nil
}

// take waits for the turn and then for a worker; in this order, so that the
// notifications of one slow group cannot occupy all workers.
func (p *Pipeline) take(ctx context.Context, g *group) error {
	select {
	case <-g.turn:
	case <-ctx.Done():
		return tt.Annotate(ctx.Err(), "", "", "", "")
	}
	select {
	case p.workers <- struct{}{}:
		return nil
	case <-ctx.Done():
		g.turn <- struct{}{}
		return tt.Annotate(ctx.Err(), "", "", "", "")
	}
}

func (p *Pipeline) leave(g *group) {
	<-p.workers
	g.turn <- struct{}{}
	p.quit(g)
}

func (p *Pipeline) quit(g *group) {
	p.mu.Lock()
	defer p.mu.Unlock()
	g.users--
	p.working.Done()
}

// forget makes room for one more group. Who has no users and no episode is
// not worked on, so that reading its episode is safe.
func (p *Pipeline) forget() {
	if len(p.groups) < remembered {
		return
	}
	for name, g := range p.groups {
		if g.users == 0 && g.episode == nil {
			delete(p.groups, name)
			return
		}
	}
}

// Close stops taking notifications, waits for those in work, and closes at
// once the tickets whose hold has not passed: nobody would be there to close
// them later. The error names what stays open. It does not shut the system
// down.
func (p *Pipeline) Close(ctx context.Context) error {
	p.mu.Lock()
	p.stopping = true
	groups := make([]*group, 0, len(p.groups))
	for _, g := range p.groups {
		groups = append(groups, g)
	}
	p.mu.Unlock()
	idle := make(chan struct{})
	go func() { p.working.Wait(); close(idle) }()
	select {
	case <-idle:
	case <-ctx.Done():
		return fmt.Errorf("notifications are still in work: %w", ctx.Err())
	}
	errs := make([]error, len(groups))
	var closing sync.WaitGroup
	for i, g := range groups {
		closing.Go(func() { errs[i] = p.closeNow(ctx, g) })
	}
	closing.Wait()
	return errors.Join(errs...)
}
