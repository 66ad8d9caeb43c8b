package contest

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/ttkit/ttkit/tt"
)

// Contest is what is measured. P is what one operation is about: ids, texts
// and times. B is the client by hand.
type Contest[P, B any] struct {
	Operations []Operation[P, B]

	// Simulator starts the vendor's side. It is closed when an operation has
	// been recorded.
	Simulator func(t testing.TB) Simulator

	// Library opens the adapter at a base URL, and Bare makes the other client.
	Library func(base string, transport http.RoundTripper) (tt.System, error)
	Bare    func(base string, client *http.Client) B

	// Warm does what only a new System needs, such as look-ups that it
	// remembers. The requests are no part of any operation. Nil: nothing.
	Warm func(ctx context.Context, sys tt.System) error

	// Play begins what an operation is about, and Learn completes it from the
	// recorded requests: with the texts, for example, that a client without a
	// journal would not have.
	Play  func() *P
	Learn func(p *P, steps []Exchange) error

	// Mask takes out of a request what differs each time, such as the time of
	// day, before requests are compared. Nil: nothing does.
	Mask func(x *Exchange)
}

// Operation is one operation, by the adapter and by hand. Both fail unless
// they did what they are measured for.
type Operation[P, B any] struct {
	Name     string
	Prepare  func(ctx context.Context, sys tt.System, p *P) error // before it is recorded; nil: nothing
	Library  func(ctx context.Context, sys tt.System, p *P) error
	Bare     func(ctx context.Context, client B, p *P) error
	Together bool // some of its requests are in flight together, and arrive in any order
}

// Simulator is the vendor's side while an operation is recorded.
type Simulator struct {
	URL       string
	Transport http.RoundTripper
	Close     func()
}

// record carries out an operation once on a new simulator.
func (c *Contest[P, B]) record(t testing.TB, op Operation[P, B]) (recording, *P, error) {
	ctx := context.Background()
	server := c.Simulator(t)
	defer server.Close()
	p := c.Play()
	if op.Prepare != nil {
		sys, err := c.Library(server.URL, server.Transport)
		if err != nil {
			return recording{}, nil, err
		}
		if err := op.Prepare(ctx, sys, p); err != nil {
			return recording{}, nil, fmt.Errorf("prepare: %w", err)
		}
	}
	tape := newTape(server.URL, server.Transport)
	sys, err := c.Library(server.URL, tape)
	if err != nil {
		return recording{}, nil, err
	}
	if err := c.warm(ctx, sys); err != nil {
		return recording{}, nil, err
	}
	r := recording{Before: tape.cut(), Together: op.Together}
	if err := op.Library(ctx, sys, p); err != nil {
		return recording{}, nil, err
	}
	r.Steps = tape.cut()
	return r, p, c.Learn(p, r.Steps)
}

func (c *Contest[P, B]) warm(ctx context.Context, sys tt.System) error {
	if c.Warm == nil {
		return nil
	}
	if err := c.Warm(ctx, sys); err != nil {
		return fmt.Errorf("warm: %w", err)
	}
	return nil
}

// pair is one operation of both sides, ready to be carried out again and
// again. Each has connections of its own to the same process.
type pair struct {
	library, bare func() error
	requests      int
}

// pairs records every operation and starts the process that replays them.
func (c *Contest[P, B]) pairs(t testing.TB) []pair {
	recordings, plays := map[string]recording{}, []*P{}
	for i, op := range c.Operations {
		r, p, err := c.record(t, op)
		if err != nil {
			t.Fatalf("record %s: %v", op.Name, err)
		}
		recordings[strconv.Itoa(i)] = r
		plays = append(plays, p)
	}
	base, stop, err := start(recordings)
	if err != nil {
		t.Fatalf("start the process that replays: %v", err)
	}
	t.Cleanup(stop)
	all := []pair{}
	for i, op := range c.Operations {
		name := strconv.Itoa(i)
		p, err := c.pair(t, op, base+"/"+name, plays[i])
		if err != nil {
			t.Fatalf("replay %s: %v", op.Name, err)
		}
		p.requests = len(recordings[name].Steps)
		all = append(all, p)
	}
	return all
}

func (c *Contest[P, B]) pair(t testing.TB, op Operation[P, B], base string, p *P) (pair, error) {
	ctx := context.Background()
	sys, err := c.Library(base+"/"+library, transport(t))
	if err != nil {
		return pair{}, err
	}
	t.Cleanup(func() { _ = sys.Shutdown(ctx) }) // what it still looks at was not recorded
	if err := c.warm(ctx, sys); err != nil {
		return pair{}, err
	}
	client := c.Bare(base+"/"+bare, &http.Client{Transport: transport(t), Timeout: 30 * time.Second})
	both := pair{
		library: func() error { return op.Library(ctx, sys, p) },
		bare:    func() error { return op.Bare(ctx, client, p) },
	}
	for range 10 { // connections, and what the adapter learns about the server
		if err := both.library(); err != nil {
			return pair{}, err
		}
		if err := both.bare(); err != nil {
			return pair{}, fmt.Errorf("by hand: %w", err)
		}
	}
	return both, nil
}

func transport(t testing.TB) http.RoundTripper {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	t.Cleanup(transport.CloseIdleConnections)
	return transport
}
