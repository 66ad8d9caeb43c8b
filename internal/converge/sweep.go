package converge

import (
	"cmp"
	"context"
	"sync"
	"time"

	"github.com/ttkit/ttkit/tt"
)

// limit is that of one sweep.
const limit = time.Minute

// abreast is how many keys are verified at a time: what holds one of them up
// must not keep the duplicates of others open.
const abreast = 8

// few is how many keys are looked up one by one, where Settings.Few does not
// say. For more, all open tickets are read: that is one list for a storm, and
// would be a large one for an alarm.
const few = 8

// drains is how often verifications that fail are made when the System is shut
// down.
const drains = 5

// pause passes between two sweeps at least, so that a storm of creates is
// verified together. It is a second, in proportion to the default of Late.
func (s Settings) pause() time.Duration { return s.Late / 60 }

// again is how long after so many failures a verification is made again: soon
// at first, for a duplicate may be open meanwhile, and after Late at most.
func (s Settings) again(failures int) time.Duration {
	wait := s.pause()
	for range failures - 1 {
		wait = min(2*wait, s.Late)
	}
	return wait
}

// sweeper looks every created key up once more, when whatever its last attempt
// began must show: a duplicate that committed meanwhile is found and ended.
// Where many keys wait, one sweep over the open tickets serves them all.
type sweeper[T any] struct {
	engine *Engine[T]

	mu      sync.Mutex
	waiting map[string]verification // by hash
	now     map[string]verification // those of the running sweep
	timer   *time.Timer
	at      time.Time // when the timer fires
	last    time.Time // when the last sweep began
	running bool
	stopped bool
}

type verification struct {
	key Key
	id  string // the winner so far; "" when no ticket was seen
	due time.Time

	failures int // in a row
}

// add asks for a verification; a later due date of the same key replaces an
// earlier one.
func (s *sweeper[T]) add(key Key, id string, due time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiting == nil {
		s.waiting = map[string]verification{}
	}
	if old, ok := s.waiting[key.Hash]; ok && old.due.After(due) {
		due = old.due
	}
	s.waiting[key.Hash] = verification{key: key, id: id, due: due}
	if s.timer == nil || due.Before(s.at) { // else it fires early enough and finds the rest then
		s.schedule()
	}
}

// made returns the ticket that this process made, or saw win, of a key that has
// not been verified yet; "" when there is none.
func (s *sweeper[T]) made(key Key) (id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v, ok := s.waiting[key.Hash]; ok && v.id != "" {
		return v.id
	}
	return s.now[key.Hash].id
}

// over reports that nobody wants verifications any more: the System is shut
// down, or its work was aborted by a Shutdown that was cut short. s.mu is held.
func (s *sweeper[T]) over() bool {
	return s.stopped || s.engine.flights.Background().Err() != nil
}

// schedule sets the timer for the earliest due date. s.mu is held.
func (s *sweeper[T]) schedule() {
	if s.over() || s.running || len(s.waiting) == 0 {
		return
	}
	var next time.Time
	for _, v := range s.waiting {
		if next.IsZero() || v.due.Before(next) {
			next = v.due
		}
	}
	if earliest := s.last.Add(s.engine.set.pause()); next.Before(earliest) {
		next = earliest
	}
	if s.timer != nil {
		s.timer.Stop()
	}
	s.at = next
	s.timer = time.AfterFunc(time.Until(next), s.fire)
}

func (s *sweeper[T]) fire() {
	s.mu.Lock()
	if s.over() || s.running {
		s.mu.Unlock()
		return
	}
	s.running = true
	s.timer = nil
	now := time.Now()
	s.last = now
	due := map[string]verification{}
	for hash, v := range s.waiting {
		if !v.due.After(now) {
			due[hash] = v
			delete(s.waiting, hash)
		}
	}
	s.now = due
	done := s.engine.flights.Add()
	s.mu.Unlock()

	defer done()
	ctx, cancel := context.WithTimeout(s.engine.flights.Background(), limit)
	defer cancel()
	failed, err := s.sweep(ctx, due)
	s.engine.keys.forget()

	s.mu.Lock()
	defer s.mu.Unlock()
	s.running, s.now = false, nil
	if err != nil {
		s.engine.log.WarnContext(ctx, "verification of created tickets failed; it is made again", "keys", len(failed), "error", err)
		if s.waiting == nil {
			s.waiting = map[string]verification{}
		}
		for hash, v := range failed {
			if _, newer := s.waiting[hash]; !newer {
				v.failures++
				v.due = time.Now().Add(s.engine.set.again(v.failures))
				s.waiting[hash] = v
			}
		}
	}
	s.schedule()
}

// sweep verifies the given keys and returns those that it could not.
func (s *sweeper[T]) sweep(ctx context.Context, due map[string]verification) (map[string]verification, error) {
	if len(due) == 0 {
		return nil, nil
	}
	e := s.engine
	var open []T
	sweeps := len(due) > cmp.Or(e.set.Few, few)
	if sweeps {
		var err error
		if open, err = e.vendor.Open(e.repeats.Operation(ctx)); err != nil {
			return due, err
		}
	}
	byHash := map[string][]string{}
	for _, t := range open {
		byHash[e.vendor.Hash(t)] = append(byHash[e.vendor.Hash(t)], e.vendor.ID(t))
	}
	var (
		all    sync.WaitGroup
		mu     sync.Mutex
		failed = map[string]verification{}
		errs   []error
	)
	room := make(chan struct{}, abreast)
	for hash, v := range due {
		ids := byHash[hash]
		if sweeps && (len(ids) == 0 || len(ids) == 1 && ids[0] == v.id) {
			continue
		}
		room <- struct{}{}
		all.Go(func() {
			defer func() { <-room }()
			if err := s.verify(e.repeats.Operation(ctx), v.key); err != nil {
				mu.Lock()
				defer mu.Unlock()
				failed[hash] = v
				errs = append(errs, err)
			}
		})
	}
	all.Wait()
	return failed, first(errs)
}

// verify holds an election among the tickets of one key.
func (s *sweeper[T]) verify(ctx context.Context, key Key) error {
	e := s.engine
	state, err := e.keys.lock(ctx, key)
	if err != nil {
		return err
	}
	defer state.unlock()
	copies, err := e.vendor.Find(ctx, key)
	if err != nil || len(copies) < 2 {
		return err
	}
	winner, err := e.resolve(ctx, copies)
	if err == nil {
		e.log.WarnContext(ctx, "a key had several tickets: the extra ones were ended", "key", key.Text, "winner", e.vendor.ID(winner), "tickets", len(copies))
	}
	return err
}

// stop lets no further sweep begin.
func (s *sweeper[T]) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = true
	if s.timer != nil {
		s.timer.Stop()
	}
}

// drain verifies what still waits, at once. Nobody comes after it, so what
// fails for now is tried again a few times.
func (s *sweeper[T]) drain(ctx context.Context) error {
	s.mu.Lock()
	due := s.waiting
	s.waiting = nil
	s.mu.Unlock()
	for round := 1; ; round++ {
		failed, err := s.sweep(ctx, due)
		if err == nil || round == drains || !tt.IsTemporary(err) {
			return err
		}
		if sleep(ctx, s.engine.set.pause()) != nil {
			return err
		}
		due = failed
	}
}
