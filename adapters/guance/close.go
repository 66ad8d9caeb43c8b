package guance

import (
	"context"
	"strings"

	"github.com/ttkit/ttkit/internal/converge"
	"github.com/ttkit/ttkit/internal/journal"
	"github.com/ttkit/ttkit/tt"
)

// CloseTT ends the schedule now, and writes the closing note into its rules.
// See tt.System.
func (s *System) CloseTT(ctx context.Context, req tt.CloseRequest) (bool, error) {
	err := s.close(ctx, req)
	return err == nil, s.done(err, "CloseTT", req.ID, true)
}

// callsOfClose are a read, a look-up of the key, and a write.
const callsOfClose = 3

func (s *System) close(ctx context.Context, req tt.CloseRequest) error {
	ctx, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer s.flights.Leave()
	if err := req.Validate(); err != nil {
		return err
	}
	if err := checkID(req.ID); err != nil {
		return err
	}
	ctx, give, err := s.limiter.reserve(ctx, callsOfClose)
	if err != nil {
		return err
	}
	defer give()
	x, err := s.get(ctx, req.ID)
	if err != nil {
		return err
	}
	read := x
	if hash := x.hash(); hash != "" {
		key := converge.Key{Hash: hash, Text: x.read().header.Key}
		if x, err = s.engine.Elect(ctx, key, x); err != nil {
			return withOutcome(err, tt.Unknown) // copies may have been ended
		}
	}
	if x.ended(s.now()) && x.hash() == "" {
		return nil // a ticket of ours is watched for a while; see unwatched
	}
	note := remark{At: s.now().UTC(), Login: req.Login}
	if comments := x.read().comments; len(comments) > 0 {
		note.After = comments[len(comments)-1].At
	}
	note.Subject = fit(req.Subject, maxSubject, &note.Truncated)
	note.Body = fit(req.Body, maxComment, &note.Truncated)
	note.Reason = fit(req.Reason, maxShort, &note.Truncated)
	note.Login = fit(req.Login, maxShort, &note.Truncated)
	// The same note is one note, however often it is sent.
	id := journal.ID(strings.Join([]string{req.Subject, req.Body, req.Reason, req.Login}, "\x00"))
	e := edit{end: true, entries: []journal.Entry{entry(kindClosed, id, note)}, give: give}
	if x == read {
		e.base = read
	}
	_, err = s.change(ctx, x.uuid, e)
	return err
}

// resolveCopies ends the losers of an election and carries their comments,
// members and closing note over to the winner, so that nothing that was
// acknowledged is lost. The losers are ended first.
func (s *System) resolveCopies(ctx context.Context, copies []*schedule) (*schedule, error) {
	if s.resolved(copies) {
		return copies[0], nil
	}
	fresh := make([]*schedule, 0, len(copies))
	for _, x := range copies { // a list may lag behind
		now, err := s.get(ctx, x.uuid)
		if tt.CodeOf(err) == tt.CodeNotFound {
			continue // a person deleted it
		}
		if err != nil {
			return copies[0], err
		}
		if now.hash() == x.hash() { // else somebody took the ticket out of it
			fresh = append(fresh, now)
		}
	}
	if len(fresh) == 0 {
		return copies[0], nil
	}
	winner, losers := fresh[0], fresh[1:]
	for i, loser := range losers {
		note := entry(kindDuplicate, journal.ID(winner.uuid), remark{At: s.now().UTC(), Subject: "duplicate of " + winner.uuid, Winner: winner.uuid})
		e := edit{elect: true, end: true, entries: []journal.Entry{note}}
		if s.satisfied(loser, &e, s.now()) {
			continue
		}
		x, err := s.change(ctx, loser.uuid, e)
		if err != nil {
			return winner, err
		}
		s.log.InfoContext(ctx, "ended a duplicate", "tt_id", loser.uuid, "winner", winner.uuid)
		losers[i] = x
	}
	carry := legacy(losers)
	if s.satisfied(winner, &carry, s.now()) {
		return winner, nil
	}
	return s.change(ctx, winner.uuid, carry)
}

// resolved reports whether nothing is left to do, so far as the look-up that
// found the copies tells: it may show too little of the winner, never too much.
func (s *System) resolved(copies []*schedule) bool {
	now := s.now()
	for _, loser := range copies[1:] {
		if !loser.ended(now) || loser.read().duplicate == nil {
			return false
		}
	}
	carry := legacy(copies[1:])
	return s.satisfied(copies[0], &carry, now)
}

// legacy is what the losers of an election leave to the winner.
func legacy(losers []*schedule) edit {
	carry := edit{elect: true}
	for _, loser := range losers {
		b := loser.read()
		for _, e := range b.entries {
			switch e.Kind {
			case kindComment, kindMember, kindPromoted:
				carry.entries = append(carry.entries, e)
			case kindClosed: // the episode is over, so the winner is too
				carry.entries = append(carry.entries, e)
				carry.end = true
			}
		}
		for _, m := range b.members {
			carry.members = append(carry.members, m.Object)
		}
	}
	return carry
}
