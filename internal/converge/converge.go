// Package converge makes one ticket of one key on systems that cannot compare
// and swap.
//
// What it promises: never none; more than one only while creators overlap or
// a lost create commits late; and the extra ones are ended by the next
// look-up, or by the verification that follows every create.
//
//   - Before anything is posted, the key is looked up.
//   - A post whose fate is unknown is remembered, by System and key, for Late
//     and Settle: until then it may still commit, or have committed and not
//     show, and nothing else is posted.
//   - After a post, the key is looked up until the new ticket shows, and the
//     first in the order of election wins. The losers' work is carried over.
//   - Late and Settle after the last post began, when every ticket that can
//     have come of it shows, the key is looked up once more.
package converge

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/ttkit/ttkit/internal/flight"
	"github.com/ttkit/ttkit/tt"
)

// Key is an idempotency key: its hash, which is searched for, and its text.
type Key struct{ Hash, Text string }

// Vendor is what a system must be able to do. T is its ticket, usually a
// pointer to its wire type.
type Vendor[T any] struct {
	ID   func(T) string
	Hash func(T) string                                  // of the ticket's key
	Less func(a, b T) bool                               // the order of election: the same for every process
	Find func(ctx context.Context, key Key) ([]T, error) // every ticket of exactly this key, ended ones included
	Open func(ctx context.Context) ([]T, error)          // every open ticket of the namespace

	// Resolve gets the tickets of one key, the winner first. It carries the
	// losers' work over to the winner, ends the losers, and returns the
	// winner as it then is. With one ticket it has nothing to do. It must be
	// safe to repeat, and to be run by two processes at once.
	Resolve func(ctx context.Context, copies []T) (T, error)

	// Begin is called before a post, when the look-up before it has shown no
	// ticket. The context that it returns is that of the post, of the look-ups
	// after it, and of the election; end is called when those are over. It is
	// where a system that allows few calls reserves them. Its error is the
	// create's, with nothing done. nil: nothing is called.
	Begin func(ctx context.Context) (_ context.Context, end func(), err error)
}

// Settings are those of tt.Common that matter here.
type Settings struct {
	Late, Settle time.Duration
	WaitMax      time.Duration // nobody sleeps longer for a lost attempt
	BestEffort   bool          // post although the look-up failed
	Few          int           // keys that a verification looks up one by one; 0: 8, where calls are no dearer than rows
}

// doubt is how long after its beginning a lost post may still come to light.
func (s Settings) doubt() time.Duration { return s.Late + s.Settle }

// Repeats is the budget that a repeated post draws on.
type Repeats interface {
	Spend(ctx context.Context) bool
	Operation(ctx context.Context) context.Context
}

// Engine makes the tickets of one System.
type Engine[T any] struct {
	vendor  Vendor[T]
	set     Settings
	repeats Repeats
	flights *flight.Group
	log     *slog.Logger
	keys    memory
	sweeper sweeper[T]
}

// New returns an Engine. log may not be nil.
func New[T any](v Vendor[T], s Settings, r Repeats, g *flight.Group, log *slog.Logger) *Engine[T] {
	e := &Engine[T]{vendor: v, set: s, repeats: r, flights: g, log: log}
	e.keys.doubt = s.doubt()
	e.sweeper.engine = e
	return e
}

// Result is the ticket of a key.
type Result[T any] struct {
	Ticket   T
	Existed  bool
	Degraded string // set when the post was made without a look-up
}

// Create returns the ticket of the key, posting it when there is none. post
// makes one ticket; its error's Outcome tells whether that may have happened,
// and degraded is what the ticket should say about how it was made.
func (e *Engine[T]) Create(ctx context.Context, key Key, post func(ctx context.Context, degraded string) (T, error)) (Result[T], error) {
	state, err := e.keys.lock(ctx, key)
	if err != nil {
		return Result[T]{}, err
	}
	release := state.unlock
	defer func() { release() }()
	var lost error // why the attempt in doubt is in doubt
	paid := true   // the next post is no repeat, or its repeat is paid for
	for {
		rest := state.inDoubt() // before the look-up: what commits during it may be missing
		copies, err := e.vendor.Find(ctx, key)
		degraded := ""
		switch {
		case err != nil && (!e.set.BestEffort || rest > 0 || ctx.Err() != nil):
			return Result[T]{}, failedLookUp(err, rest)
		case err != nil:
			if id := e.sweeper.made(key); id != "" {
				return Result[T]{}, madeBut(id, err)
			}
			degraded = "made without looking for an earlier ticket of its key, because the look-up failed"
			e.log.WarnContext(ctx, "creating a ticket without a look-up", "key", key.Text, "error", err)
		case len(copies) > 0:
			winner, err := e.elect(ctx, copies)
			return Result[T]{Ticket: winner, Existed: true}, err
		}
		if rest > 0 {
			if rest > e.set.WaitMax || !e.repeats.Spend(ctx) {
				return Result[T]{}, inDoubt(lost, rest)
			}
			if err := sleep(ctx, rest); err != nil {
				return Result[T]{}, flight.Canceled(ctx, tt.Unknown, "")
			}
			paid = true
			continue // the look-up that lets a post be repeated comes after the wait
		}
		if !paid && !e.repeats.Spend(ctx) {
			return Result[T]{}, lost
		}
		if ctx.Err() != nil {
			return Result[T]{}, flight.Canceled(ctx, tt.NotDone, "")
		}
		step, end, err := e.begin(ctx)
		if err != nil {
			return Result[T]{}, err
		}
		// From here on the step may outlive the call; it keeps the key.
		held := state.hold()
		release = func() {}
		var status flight.Status
		result, err := flight.Run(step, e.flights, &status, func(ctx context.Context) (Result[T], error) {
			defer held()
			defer end()
			return e.post(ctx, key, state, &status, degraded, post)
		})
		if err == nil {
			return result, nil
		}
		var failed *tt.Error
		if !asError(err, &failed) || failed.Outcome != tt.Unknown || failed.TicketID != "" || ctx.Err() != nil {
			return result, err
		}
		lost, paid = err, false
		if state, err = e.keys.lock(ctx, key); err != nil {
			return Result[T]{}, err
		}
		release = state.unlock
	}
}

func (e *Engine[T]) begin(ctx context.Context) (context.Context, func(), error) {
	if e.vendor.Begin == nil {
		return ctx, func() {}, nil
	}
	return e.vendor.Begin(ctx)
}

// post makes one ticket and lets it take part in an election.
func (e *Engine[T]) post(ctx context.Context, key Key, state *keyState, status *flight.Status, degraded string, post func(context.Context, string) (T, error)) (Result[T], error) {
	began := state.begin()
	own, err := post(ctx, degraded)
	if err != nil {
		var failed *tt.Error
		if asError(err, &failed) && failed.Outcome == tt.NotDone {
			state.settled()
			status.Set(tt.NotDone, "")
		} else {
			e.sweeper.add(key, "", began.Add(e.set.doubt()))
		}
		return Result[T]{}, err
	}
	id := e.vendor.ID(own)
	state.settled()
	status.Set(tt.Done, id)
	e.sweeper.add(key, id, began.Add(e.set.doubt()))
	copies, err := e.untilVisible(ctx, key, id)
	if err != nil {
		return Result[T]{Ticket: own}, madeBut(id, err)
	}
	winner, err := e.resolve(ctx, copies)
	if err != nil {
		return Result[T]{Ticket: own}, madeBut(id, err)
	}
	won := e.vendor.ID(winner)
	if won != id {
		e.log.InfoContext(ctx, "another creator of the key won", "key", key.Text, "winner", won, "loser", id)
		e.sweeper.add(key, won, began.Add(e.set.doubt()))
		status.Set(tt.Done, won)
	}
	return Result[T]{Ticket: winner, Existed: won != id, Degraded: degraded}, nil
}

// untilVisible looks the key up until the answer shows the ticket just made:
// an answer without it may lack other creators' tickets as well.
func (e *Engine[T]) untilVisible(ctx context.Context, key Key, id string) ([]T, error) {
	deadline := time.Now().Add(e.set.Settle)
	wait := 50 * time.Millisecond
	for {
		copies, err := e.vendor.Find(ctx, key)
		if err == nil && slices.ContainsFunc(copies, func(t T) bool { return e.vendor.ID(t) == id }) {
			return copies, nil
		}
		if err == nil {
			err = fmt.Errorf("look-ups did not show it within %s", e.set.Settle)
		}
		left := time.Until(deadline)
		if left <= 0 {
			return nil, err
		}
		if sleepErr := sleep(ctx, min(wait, left)); sleepErr != nil {
			return nil, err
		}
		wait = min(2*wait, time.Second)
	}
}

// Find returns the ticket of a key after an election. found is false when a
// look-up that worked shows none.
func (e *Engine[T]) Find(ctx context.Context, key Key) (ticket T, found bool, err error) {
	copies, err := e.vendor.Find(ctx, key)
	if err != nil || len(copies) == 0 {
		return ticket, false, err
	}
	ticket, err = e.elect(ctx, copies)
	return ticket, true, err
}

// Elect holds an election among the tickets of a key, own among them even if
// look-ups do not show it yet, and returns the winner.
func (e *Engine[T]) Elect(ctx context.Context, key Key, own T) (T, error) {
	copies, err := e.vendor.Find(ctx, key)
	if err != nil {
		return own, err
	}
	id := e.vendor.ID(own)
	copies = slices.DeleteFunc(copies, func(t T) bool { return e.vendor.ID(t) == id })
	return e.elect(ctx, append(copies, own)) // own was read by its id, which lags less than a search
}

// elect is resolve for a caller who may leave.
func (e *Engine[T]) elect(ctx context.Context, copies []T) (T, error) {
	if len(copies) == 1 {
		return copies[0], nil
	}
	if ctx.Err() != nil {
		return copies[0], flight.Canceled(ctx, tt.NotDone, "")
	}
	var status flight.Status
	winner, err := flight.Run(ctx, e.flights, &status, func(ctx context.Context) (T, error) {
		return e.resolve(ctx, copies)
	})
	if err != nil {
		first := slices.MinFunc(copies, e.order)
		return first, madeBut(e.vendor.ID(first), err)
	}
	return winner, nil
}

func (e *Engine[T]) resolve(ctx context.Context, copies []T) (T, error) {
	if len(copies) == 1 {
		return copies[0], nil
	}
	copies = slices.Clone(copies)
	slices.SortFunc(copies, e.order)
	return e.vendor.Resolve(ctx, copies)
}

func (e *Engine[T]) order(a, b T) int {
	switch {
	case e.vendor.Less(a, b):
		return -1
	case e.vendor.Less(b, a):
		return 1
	}
	return 0
}

// Shutdown waits for what is in the air, and makes the verifications that are
// still due at once.
func (e *Engine[T]) Shutdown(ctx context.Context) error {
	e.sweeper.stop()
	if err := e.flights.Wait(ctx); err != nil {
		return err
	}
	return e.sweeper.drain(ctx)
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
