package guance

import (
	"context"
	"slices"
	"sync"

	"github.com/ttkit/ttkit/internal/converge"
	"github.com/ttkit/ttkit/internal/flight"
	"github.com/ttkit/ttkit/tt"
)

// Calls are few, so look-ups that have to wait for one wait together: when it
// can be made, one sweep of all our schedules serves them all, if that takes
// fewer calls than a search for each of them.

// lookups are those of a System that wait.
type lookups struct {
	system *System

	mu      sync.Mutex
	forming *lookup       // the one that takes in who comes
	turn    chan struct{} // holds a token while a look-up is on its way
	pages   int           // of the last sweep; 0: none yet
}

// lookup is one call, or sweep, for those who came before it was sent.
type lookup struct {
	keys map[string]bool
	done chan struct{}

	// What has come of it, when done is closed.
	rows  []*schedule
	err   error
	alone bool // each makes a search of its own
	again bool // its leader has left
}

// of returns schedules, among them all whose names hold the hash of a key.
func (l *lookups) of(ctx context.Context, hash string) ([]*schedule, error) {
	s := l.system
	if s.limiter.inHand(ctx) { // with calls in hand nobody may wait for others
		return s.list(ctx, hash)
	}
	for {
		g, leads := l.join(hash)
		if leads {
			l.lead(ctx, g, hash)
		} else if err := s.limiter.affords(ctx, 1); err != nil {
			return nil, err
		}
		select {
		case <-g.done:
		case <-ctx.Done():
			return nil, flight.Canceled(ctx, tt.NotDone, "")
		}
		switch {
		case leads:
			return g.rows, g.err
		case g.again:
			continue
		case g.alone:
			return s.list(ctx, hash)
		}
		return g.rows, g.err
	}
}

// join takes part in the look-up that is forming, or begins one and leads it.
func (l *lookups) join(hash string) (g *lookup, leads bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.turn == nil {
		l.turn = make(chan struct{}, 1)
	}
	if l.forming == nil {
		l.forming = &lookup{keys: map[string]bool{}, done: make(chan struct{})}
		leads = true
	}
	l.forming.keys[hash] = true
	return l.forming, leads
}

// depart closes the look-up to who comes, and returns for how many keys it is.
func (l *lookups) depart(g *lookup) (keys, pages int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.forming = nil
	return len(g.keys), max(l.pages, 1)
}

// lead waits for the look-up's turn and makes it. The others leave with it
// only what is theirs: an error of the leader's own context is not.
func (l *lookups) lead(ctx context.Context, g *lookup, hash string) {
	s := l.system
	defer close(g.done)
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-ctx.Done():
		l.depart(g)
		g.again, g.err = true, flight.Canceled(ctx, tt.NotDone, "")
		return
	}
	ctx, give, err := s.limiter.reserve(ctx, 1)
	keys, pages := l.depart(g)
	if err != nil {
		g.again, g.err = true, err
		return
	}
	defer give()
	if keys > 1 && (pages <= keys || s.routes.noSearch.Load()) {
		most := keys
		if s.routes.noSearch.Load() {
			most = maxPages
		}
		g.rows, pages, g.err = s.listUpTo(ctx, searchOurs, most)
		if g.err != nil {
			tooLate := tt.CodeOf(g.err) == tt.CodeRateLimited && statusOf(g.err) == 0 // for the leader's deadline
			g.again = ctx.Err() != nil || tooLate
			return
		}
		l.mu.Lock()
		l.pages = pages
		l.mu.Unlock()
		if g.rows != nil {
			return
		}
	}
	g.alone = true
	g.rows, g.err = s.list(ctx, hash)
}

// findKey returns every schedule of exactly this key, ended ones included.
func (s *System) findKey(ctx context.Context, key converge.Key) ([]*schedule, error) {
	rows, err := s.lookups.of(ctx, key.Hash)
	if err != nil {
		return nil, err
	}
	var found []*schedule // rows may be shared
	for _, x := range rows {
		if x.tag.key != key.Hash || x.hash() != key.Hash { // most are told by their names, which costs little
			continue
		}
		if b := x.read(); key.Text != "" && b.ours && b.header.Key != key.Text {
			continue
		}
		found = append(found, x)
	}
	return found, nil
}

// openTickets returns the open tickets of this namespace, oldest first,
// losers of elections that have not been ended yet included.
func (s *System) openTickets(ctx context.Context) ([]*schedule, error) {
	found, err := s.list(ctx, searchOpen)
	if err != nil {
		return nil, err
	}
	marker, now := s.marker(), s.now()
	found = slices.DeleteFunc(found, func(x *schedule) bool {
		return x.tag.state != tagOpen && x.tag.state != tagGroup || !x.ticket(marker) || x.ended(now)
	})
	slices.SortFunc(found, oldestFirst)
	return found, nil
}
