package converge

import (
	"context"
	"sync"
	"time"

	"github.com/ttkit/ttkit/internal/flight"
	"github.com/ttkit/ttkit/tt"
)

// memory knows, for every key of a System, whether a create is running and
// whether an attempt's fate is unknown. It belongs to the System and the key,
// not to the call: whoever calls next must not post into the doubt.
type memory struct {
	doubt time.Duration
	mu    sync.Mutex
	keys  map[string]*keyState
}

type keyState struct {
	memory *memory
	hash   string
	turn   chan struct{} // holds a token while the key is free
	users  int           // calls that hold or await the turn; under memory.mu
	lostAt time.Time     // when the attempt in doubt began; zero: none. Under memory.mu
}

// lock waits for the key's turn.
func (m *memory) lock(ctx context.Context, key Key) (*keyState, error) {
	m.mu.Lock()
	if m.keys == nil {
		m.keys = map[string]*keyState{}
	}
	s := m.keys[key.Hash]
	if s == nil {
		s = &keyState{memory: m, hash: key.Hash, turn: make(chan struct{}, 1)}
		s.turn <- struct{}{}
		m.keys[key.Hash] = s
	}
	s.users++
	m.mu.Unlock()
	select {
	case <-s.turn:
		return s, nil
	default:
	}
	select {
	case <-s.turn:
		return s, nil
	case <-ctx.Done():
		m.leave(s)
		return nil, flight.Canceled(ctx, tt.NotDone, "")
	}
}

func (s *keyState) unlock() {
	s.turn <- struct{}{}
	s.memory.leave(s)
}

// hold hands the turn to a step that ends later.
func (s *keyState) hold() (release func()) { return s.unlock }

func (m *memory) leave(s *keyState) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s.users--
	if s.users == 0 && s.lostAt.IsZero() {
		delete(m.keys, s.hash)
	}
}

// begin notes that an attempt begins: until it is settled it is in doubt.
func (s *keyState) begin() time.Time {
	now := time.Now()
	s.memory.mu.Lock()
	s.lostAt = now
	s.memory.mu.Unlock()
	return now
}

// settled notes that the attempt's fate is known.
func (s *keyState) settled() {
	s.memory.mu.Lock()
	s.lostAt = time.Time{}
	s.memory.mu.Unlock()
}

// inDoubt returns how long the last attempt may still come to light; 0: not at
// all.
func (s *keyState) inDoubt() time.Duration {
	s.memory.mu.Lock()
	defer s.memory.mu.Unlock()
	if s.lostAt.IsZero() {
		return 0
	}
	rest := s.memory.doubt - time.Since(s.lostAt)
	if rest <= 0 {
		s.lostAt = time.Time{}
		return 0
	}
	return rest
}

// forget drops what has been in doubt for too long.
func (m *memory) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for hash, s := range m.keys {
		if !s.lostAt.IsZero() && time.Since(s.lostAt) >= m.doubt {
			s.lostAt = time.Time{}
		}
		if s.users == 0 && s.lostAt.IsZero() {
			delete(m.keys, hash)
		}
	}
}
