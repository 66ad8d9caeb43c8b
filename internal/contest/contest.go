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

// Contest is what is measured. P is what the client by hand knows of an
// operation, and B is that client.
type Contest[P, B any] struct {
	// Object and Members are objects that the simulator knows.
	Object  string
	Members [2]string

	// Simulator starts the vendor's side. It is closed when an operation has
	// been recorded.
	Simulator func(t testing.TB) Simulator

	// Library opens the adapter at a base URL.
	Library func(base string, transport http.RoundTripper) (tt.System, error)

	// Warm does what only a new System needs, such as look-ups that it
	// remembers. The requests are no part of any operation. It leaves no
	// ticket open. Nil: nothing.
	Warm func(ctx context.Context, sys tt.System) error

	// Client makes the other client, and ByHand are its operations.
	Client func(base string, client *http.Client) B
	ByHand Calls[P, B]

	// JoinTogether says that the adapter has requests of AddToGroupTT in
	// flight together, which arrive in any order.
	JoinTogether bool

	// Learn completes what a client by hand knows, from the recorded requests.
	Learn func(a *Alarm, steps []Exchange) (P, error)

	// Mask takes out of a request what differs each time, such as the time of
	// day, before requests are compared. Nil: nothing does.
	Mask func(x *Exchange)
}

// Simulator is the vendor's side while an operation is recorded.
type Simulator struct {
	URL       string
	Transport http.RoundTripper
	Close     func()
}

// taken is a recorded operation, and what each side needs to repeat it.
type taken[P any] struct {
	recording
	alarm *Alarm
	known P
}

// record carries out an operation once on a new simulator.
func (c *Contest[P, B]) record(t testing.TB, op operation[P, B]) (r taken[P], err error) {
	ctx := context.Background()
	server := c.Simulator(t)
	defer server.Close()
	now := time.Now()
	r.alarm = &Alarm{Object: c.Object, Members: c.Members, At: now.Truncate(time.Second), Until: now.Add(300 * time.Hour)}
	before, err := c.Library(server.URL, server.Transport)
	if err != nil {
		return r, err
	}
	if err := op.prepare(ctx, before, r.alarm); err != nil {
		return r, fmt.Errorf("prepare: %w", err)
	}
	tape := newTape(server.URL, server.Transport)
	sys, err := c.Library(server.URL, tape)
	if err != nil {
		return r, err
	}
	if err := c.warm(ctx, sys); err != nil {
		return r, err
	}
	r.Before, r.Together = tape.cut(), op.together
	if err := op.library(ctx, sys, r.alarm); err != nil {
		return r, err
	}
	r.Steps = tape.cut()
	r.known, err = c.Learn(r.alarm, r.Steps)
	return r, err
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
	name          string
	library, bare func() error
	requests      int
}

// pairs records every operation and starts the process that replays them.
func (c *Contest[P, B]) pairs(t testing.TB) []pair {
	recordings, all := map[string]recording{}, []taken[P]{}
	for i, op := range c.operations() {
		r, err := c.record(t, op)
		if err != nil {
			t.Fatalf("record %s: %v", op.name, err)
		}
		recordings[strconv.Itoa(i)] = r.recording
		all = append(all, r)
	}
	base, stop, err := start(recordings)
	if err != nil {
		t.Fatalf("start the process that replays: %v", err)
	}
	t.Cleanup(stop)
	pairs := []pair{}
	for i, op := range c.operations() {
		p, err := c.pair(t, op, base+"/"+strconv.Itoa(i), all[i])
		if err != nil {
			t.Fatalf("replay %s: %v", op.name, err)
		}
		pairs = append(pairs, p)
	}
	return pairs
}

func (c *Contest[P, B]) pair(t testing.TB, op operation[P, B], base string, r taken[P]) (pair, error) {
	ctx := context.Background()
	sys, err := c.Library(base+"/"+library, transport(t))
	if err != nil {
		return pair{}, err
	}
	t.Cleanup(func() { _ = sys.Shutdown(ctx) }) // what it still looks at was not recorded
	if err := c.warm(ctx, sys); err != nil {
		return pair{}, err
	}
	client := c.Client(base+"/"+bare, &http.Client{Transport: transport(t), Timeout: 30 * time.Second})
	both := pair{
		name:     op.name,
		library:  func() error { return op.library(ctx, sys, r.alarm) },
		bare:     func() error { return op.bare(ctx, client, r.known) },
		requests: len(r.Steps),
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
