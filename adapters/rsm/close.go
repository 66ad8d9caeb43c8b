package rsm

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/ttkit/ttkit/internal/converge"
	"github.com/ttkit/ttkit/internal/flight"
	"github.com/ttkit/ttkit/internal/journal"
	"github.com/ttkit/ttkit/tt"
)

// CloseTT writes the closing note into the labels and cancels the mode. Where
// the server refuses to cancel a running mode, its end is moved to a few
// seconds from now, and CloseTT waits for that. See tt.System.
func (s *System) CloseTT(ctx context.Context, req tt.CloseRequest) (bool, error) {
	closed, err := s.close(ctx, req)
	return closed, s.done(err, "CloseTT", req.ID, true)
}

func (s *System) close(ctx context.Context, req tt.CloseRequest) (bool, error) {
	ctx, err := s.begin(ctx)
	if err != nil {
		return false, err
	}
	defer s.flights.Leave()
	if err := req.Validate(); err != nil {
		return false, err
	}
	id, err := modeID(req.ID)
	if err != nil {
		return false, err
	}
	m, err := s.get(ctx, id)
	if err != nil {
		return false, err
	}
	read := m
	if hash := m.hash(); hash != "" {
		text, _ := m.key()
		if m, err = s.engine.Elect(ctx, converge.Key{Hash: hash, Text: text}, m); err != nil {
			return false, withOutcome(err, tt.Unknown) // copies may have been ended
		}
	}
	if m.ended(s.now()) {
		return true, nil
	}
	note := remark{At: s.now().UTC(), Login: req.Login}
	note.Subject = fit(req.Subject, maxSubject, &note.Truncated)
	note.Body = fit(req.Body, maxComment, &note.Truncated)
	note.Reason = fit(req.Reason, maxShort, &note.Truncated)
	note.Login = fit(req.Login, maxShort, &note.Truncated)
	// The same note is one note, however often it is sent.
	noteID := journal.ID(strings.Join([]string{req.Subject, req.Body, req.Reason, req.Login}, "\x00"))
	e := edit{entries: []journal.Entry{entry(kindClosed, noteID, note)}}
	if m == read {
		e.base = read
	}
	m, err = s.end(ctx, m.ID, e)
	if err != nil {
		return false, err
	}
	return s.untilEnded(ctx, m)
}

// end notes why a mode ends, and ends it in whichever way the server allows.
// These are two requests: what becomes of other fields beside a cancel is not
// documented, and a mode that is over takes no note.
func (s *System) end(ctx context.Context, id int64, note edit) (*mode, error) {
	m, err := s.change(ctx, id, note)
	if m != nil && m.ended(s.now()) {
		return m, nil // also when somebody ended it before the note was written
	}
	if err != nil {
		return nil, err
	}
	e := edit{end: true, elect: note.elect, base: m}
	if !s.noCancel.Load() || m.DateStart.After(s.now()) { // a planned mode has no end to move
		after, err := s.change(ctx, m.ID, e)
		if !isRefusal(err) {
			return after, err
		}
		s.log.InfoContext(ctx, "the server refuses to cancel a running mode; its end is moved instead", "tt_id", m.id())
	}
	return s.shorten(ctx, m.ID, e)
}

// shorten moves the end of a mode to a few seconds from now. How many is
// enough depends on the server's clock, which may not be known.
func (s *System) shorten(ctx context.Context, id int64, e edit) (m *mode, err error) {
	for ahead := max(shortest, time.Duration(s.ahead.Load())); ahead <= longest; ahead *= 2 {
		e.within = ahead
		if m, err = s.change(ctx, id, e); !isRefusal(err) {
			if err == nil {
				s.noCancel.Store(true)
				s.ahead.Store(int64(ahead)) // the server's clock is that far from what we know of it
			}
			return m, err
		}
	}
	s.ahead.Store(0)
	if s.noCancel.Swap(false) { // perhaps this one can be cancelled
		return s.change(ctx, id, edit{end: true, elect: e.elect})
	}
	return m, err
}

// How far ahead an early end is set: it must lie in the server's future when
// the request arrives. A Date header tells it to the second; a server without
// one is tried with ever more, until its clock must be broken.
const (
	shortest = 3 * time.Second
	longest  = time.Hour
)

// isRefusal reports whether the server understood a change and refused it.
func isRefusal(err error) bool {
	var e *tt.Error
	return errors.As(err, &e) && e.Status == 400
}

// untilEnded waits for an end that was accepted: for a moved end to pass, or
// for the server's scheduler. false: it is still pending.
func (s *System) untilEnded(ctx context.Context, m *mode) (bool, error) {
	deadline := time.Now().Add(max(s.cfg.Settle, 2*shortest))
	wait := 100 * time.Millisecond
	for {
		now := s.now()
		if m.ended(now) {
			return true, nil
		}
		next := wait
		if until := m.expires().Sub(now); until < 2*shortest && until > next {
			next = until
		}
		if time.Now().Add(next).After(deadline) {
			return false, nil
		}
		select {
		case <-time.After(next):
		case <-ctx.Done():
			return false, flight.Canceled(ctx, tt.Unknown, m.id())
		}
		again, err := s.get(ctx, m.ID)
		if err != nil {
			if tt.CodeOf(err) == tt.CodeCanceled {
				return false, flight.Canceled(ctx, tt.Unknown, m.id())
			}
			return false, nil // accepted; whether it has taken effect shows later
		}
		m = again
		wait = min(2*wait, time.Second)
	}
}

// resolveCopies ends the losers of an election and carries their comments,
// members and closing note over to the winner, so that nothing that was
// acknowledged is lost. The losers are ended first: a mode that is over
// changes no more, so what it then holds is all there will ever be.
func (s *System) resolveCopies(ctx context.Context, copies []*mode) (*mode, error) {
	if s.resolved(copies) {
		return copies[0], nil
	}
	fresh := make([]*mode, 0, len(copies))
	for i, m := range copies {
		now := m
		if i == 0 || !m.ended(s.now()) { // a search may lag behind
			var err error
			if now, err = s.get(ctx, m.ID); err != nil {
				return copies[0], err
			}
		}
		if now.hash() == m.hash() { // else somebody took the labels off: it is no ticket any more
			fresh = append(fresh, now)
		}
	}
	if len(fresh) == 0 {
		return copies[0], nil
	}
	winner, losers := fresh[0], fresh[1:]
	for i, loser := range losers {
		if loser.ended(s.now()) { // one that only carries the note still runs
			continue
		}
		text := "duplicate of " + winner.id()
		note := entry(kindDuplicate, journal.ID(winner.id()), remark{At: s.now().UTC(), Subject: text, Winner: winner.id()})
		m, err := s.end(ctx, loser.ID, edit{elect: true, entries: []journal.Entry{note}})
		if err != nil {
			return winner, err
		}
		s.log.InfoContext(ctx, "ended a duplicate", "tt_id", loser.id(), "winner", winner.id())
		losers[i] = m
	}
	carry, over := s.legacy(losers)
	after, err := s.carryOver(ctx, winner, carry, over)
	if isRefusal(err) && len(carry.items) > 0 {
		// Members stay named in the labels; an item that is gone must not keep
		// the election, and with it every close, from ending.
		s.log.WarnContext(ctx, "config items of a duplicate's members were refused on the winner", "tt_id", winner.id(), "error", err)
		carry.items = nil
		after, err = s.carryOver(ctx, winner, carry, over)
	}
	return after, err
}

// resolved reports whether nothing is left to do, so far as the look-up that
// found the copies tells: it may show too little of the winner, never too much.
func (s *System) resolved(copies []*mode) bool {
	now := s.now()
	for _, loser := range copies[1:] {
		if !loser.ended(now) {
			return false
		}
	}
	carry, over := s.legacy(copies[1:])
	return copies[0].ended(now) || !over && s.satisfied(copies[0], &carry, now)
}

// legacy is what the losers of an election leave to the winner; over says that
// one of them was closed: the episode is over, so the winner is too.
func (s *System) legacy(losers []*mode) (carry edit, over bool) {
	carry.elect = true
	for _, loser := range losers {
		b := loser.read()
		for _, e := range loser.entries() {
			switch e.Kind {
			case kindComment, kindMember, kindPromoted, kindRenewed:
				carry.entries = append(carry.entries, e)
			case kindClosed:
				carry.entries = append(carry.entries, e)
				over = true
			}
		}
		for _, member := range b.members {
			if member.Item > 0 && len(s.anchors) == 0 {
				carry.items = append(carry.items, member.Item)
			}
		}
		if b.lease.After(carry.until) && loser.has(kindRenewed, "") {
			carry.until = b.lease
		}
	}
	return carry, over
}

// carryOver gives the winner what the losers held; over says that it is ended
// with it.
func (s *System) carryOver(ctx context.Context, winner *mode, e edit, over bool) (*mode, error) {
	switch now := s.now(); {
	case winner.ended(now):
		return winner, nil
	case over:
		return s.end(ctx, winner.ID, e)
	case s.satisfied(winner, &e, now):
		return winner, nil
	}
	after, err := s.change(ctx, winner.ID, e)
	if after != nil && after.ended(s.now()) {
		return after, nil // somebody ended it meanwhile, and it takes nothing any more
	}
	return after, err
}
