package guance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/ttkit/ttkit/internal/converge"
	"github.com/ttkit/ttkit/internal/journal"
	"github.com/ttkit/ttkit/internal/rest"
	"github.com/ttkit/ttkit/tt"
)

// CreateTT makes a schedule that notifies the queue's targets of the object's
// incidents, and whose rules hold the ticket. See tt.System.
func (s *System) CreateTT(ctx context.Context, req tt.CreateRequest) (tt.Created, error) {
	created, err := s.create(ctx, req)
	if err != nil {
		err = s.done(err, "CreateTT", created.ID, req.Key != "")
		var e *tt.Error
		if errors.As(err, &e) {
			created.ID = e.TicketID
		}
	}
	return created, err
}

func (s *System) create(ctx context.Context, req tt.CreateRequest) (tt.Created, error) {
	ctx, err := s.begin(ctx)
	if err != nil {
		return tt.Created{}, err
	}
	defer s.flights.Leave()
	if err := req.Validate(); err != nil {
		return tt.Created{}, err
	}
	targets, err := s.targetsOf(req.Queue)
	if err != nil {
		return tt.Created{}, err
	}
	key := s.key(req.Key)
	if req.Key == "" {
		key = converge.Key{Hash: randomHex(keyDigits / 2)}
	}
	result, err := s.engine.Create(ctx, key, func(ctx context.Context, degraded string) (*schedule, error) {
		return s.post(ctx, req, targets, key, degraded)
	})
	x := result.Ticket
	if err != nil {
		if x != nil {
			return tt.Created{ID: x.uuid}, err
		}
		return tt.Created{}, err
	}
	created := tt.Created{ID: x.uuid, Existed: result.Existed, Degraded: result.Degraded}
	if result.Existed {
		return s.existing(ctx, req, x, created)
	}
	created.Degraded = joinNotes(created.Degraded, s.lacks(x))
	return created, nil
}

// existing tells of a ticket that the key has already.
func (s *System) existing(ctx context.Context, req tt.CreateRequest, x *schedule, created tt.Created) (tt.Created, error) {
	x, err := s.winner(ctx, x)
	if err != nil {
		return created, unread(created.ID, err)
	}
	created.ID = x.uuid
	if b := x.read(); b.ours && b.header.Object != req.Object || !b.ours && x.tag.object != s.objectHash(req.Object) {
		return tt.Created{ID: x.uuid}, &tt.Error{Code: tt.CodeConflict, Outcome: tt.NotDone, TicketID: x.uuid, Err: errors.New(
			"the key belongs to a ticket of another object: an alarm episode has one object, so build the key from it too")}
	}
	created.Closed = x.ended(s.now())
	created.Degraded = joinNotes(created.Degraded, s.lacks(x))
	return created, nil
}

// unread says that the key has a ticket, which could not be read.
func unread(id string, err error) error {
	var failed *tt.Error
	if !errors.As(err, &failed) {
		return err
	}
	e := *failed
	e.Outcome, e.TicketID = tt.NotDone, id
	e.Err = fmt.Errorf("reading ticket %s, which the key has already: %w", id, failed.Err)
	return &e
}

// lacks says what of its request a ticket has not got.
func (s *System) lacks(x *schedule) string {
	h, notes := x.read().header, ""
	if _, safe := hostTerm(s.cfg.Dimension, h.Object); h.Dark && !safe && !s.cfg.Dark {
		notes = "the object's name could mean something else in a filter, so the schedule is dark: it matches no incident and notifies nobody"
	}
	if h.Truncated {
		notes = joinNotes(notes, "text was cut to the limits of the rules")
	}
	return notes
}

func joinNotes(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "; " + b
}

// The hours of a dark schedule: the least that every server takes.
const (
	darkStart = "00:00"
	darkEnd   = "00:01"
)

// darkTerm is the filter of a dark schedule. Without any, it would be a rule
// for everything that no other rule matches; with that of its object, it might
// keep incidents from the workspace's default rule. So it matches a name that
// no object has.
func (s *System) darkTerm(object string) string {
	return s.cfg.Dimension + ":" + s.objectHash(object) + ".ttkit.invalid"
}

// post makes the schedule. It is one request, so a ticket is never half-made.
func (s *System) post(ctx context.Context, req tt.CreateRequest, targets []string, key converge.Key, degraded string) (*schedule, error) {
	sent := s.client.Now()                               // not s.now: what it learns between two creates must not turn their order round
	if now := s.now(); now.Sub(sent).Abs() > time.Hour { // see misdated
		sent = now
	}
	h := header{
		Key: req.Key, Queue: req.Queue, Object: req.Object,
		Opened: req.Timestamp.UTC(), Hash: key.Hash, Namespace: s.marker(), Made: sent.UnixMilli(),
	}
	if req.Timestamp.IsZero() {
		h.Opened = sent.UTC().Truncate(time.Second)
	}
	h.Subject = fit(req.Subject, maxSubject, &h.Truncated)
	h.Body = fit(req.Body, maxBody, &h.Truncated)
	h.Reason = fit(req.Reason, maxShort, &h.Truncated)
	h.Login = fit(req.Login, maxShort, &h.Truncated)
	filter, lit := hostTerm(s.cfg.Dimension, req.Object)
	if h.Dark = !lit || s.cfg.Dark; h.Dark {
		filter = s.darkTerm(req.Object)
	}
	entries := []journal.Entry{entry(kindHeader, "0", h)}
	if degraded != "" {
		entries = append(entries, entry(kindComment, journal.ID("degraded"), remark{At: sent.UTC(), Subject: degraded}))
	}
	texts, err := pieces(entries)
	if err != nil {
		return nil, err
	}
	body := addBody{
		Name:     tag{state: tagOpen, object: s.objectHash(req.Object), key: key.Hash}.name(title(h.Subject)),
		TimeZone: s.cfg.TimeZone, Start: s.cfg.Start, End: s.cfg.End,
		TagFilter: []string{}, DimensionFilter: filter, NotifyTargets: targets,
		// A schedule of a time to come would not be in effect yet.
		Extend: addExtend{EffectiveTime: addSpan{Start: max(0, min(h.Opened.Unix(), s.now().Unix())), End: never}},
	}
	if h.Dark {
		body.Start, body.End = darkStart, darkEnd
	}
	began := time.Now()
	x, err := s.writeRules(s.limiter.keeping(ctx, 1), func(levelled bool) rest.Request {
		body.ScheduleStrategy = nil
		for _, rule := range written(nil, texts, levelled, h.Dark) {
			body.ScheduleStrategy = append(body.ScheduleStrategy, json.RawMessage(rule))
		}
		return rest.Request{Method: "POST", Path: pathAdd, Body: body, Class: rest.Guarded}
	})
	if err != nil {
		return nil, s.lostTo(ctx, key, err)
	}
	if b := x.read(); b.header.Hash == key.Hash {
		s.wroteAt(x.created, began)
		if b.ours {
			return x, nil
		}
		return nil, s.misdated(ctx, x)
	}
	again, err := s.get(ctx, x.uuid)
	if err == nil && again.read().ours {
		return again, nil
	}
	e := tt.Errorf(tt.CodeInternal, tt.Done, "the server made the schedule without the rules that hold the ticket")
	if err != nil {
		e = tt.Errorf(tt.CodeUnavailable, tt.Done, "the server's answer to the create does not show the ticket, and reading it failed: %w", err)
	}
	e.TicketID = x.uuid
	return nil, e
}

// misdated ends a schedule that was just made and would be taken for a copy,
// because our clock is wrong by more than a day, and the server had not told
// its own: it sends no Date. Now it has, so the next create will do.
func (s *System) misdated(ctx context.Context, x *schedule) error {
	if _, err := s.change(ctx, x.uuid, edit{end: true}); err != nil {
		e := tt.Errorf(tt.CodeUnavailable, tt.Done, "the clocks of this machine and of the server differ by more than a day, and the schedule that was made could not be ended: %w", err)
		e.TicketID = x.uuid
		return e
	}
	return tt.Errorf(tt.CodeUnavailable, tt.NotDone, "the clocks of this machine and of the server differ by more than a day: set them by NTP; the schedule that was made was ended, and the server's clock counts from now on")
}

// lostTo makes an error of a name that is taken into one of a post whose fate
// is unknown: names hold the key, so who has it is the same key's ticket,
// perhaps by this very post, delivered twice. What a server says to a name that
// is taken is not documented, so after any refusal the key is looked up.
func (s *System) lostTo(ctx context.Context, key converge.Key, err error) error {
	var failed *tt.Error
	if !errors.As(err, &failed) {
		return err
	}
	if failed.Code != tt.CodeConflict {
		if !isRefusal(err) {
			return err
		}
		if found, findErr := s.findKey(ctx, key); findErr != nil || len(found) == 0 {
			return err
		}
	}
	e := *failed
	e.Code, e.Outcome = tt.CodeUnavailable, tt.Unknown
	return &e
}

// writeRules makes a request whose body holds rules of the journal, and again
// in another form where the server refuses rules without levels.
func (s *System) writeRules(ctx context.Context, request func(levelled bool) rest.Request) (*schedule, error) {
	form := s.rules.Load()
	x, err := s.write(ctx, request(form == rulesLevelled))
	switch {
	case err == nil && form == rulesUntried:
		s.rules.CompareAndSwap(rulesUntried, rulesEmpty)
	case form != rulesLevelled && isRefusal(err):
		var otherErr error
		if x, otherErr = s.write(ctx, request(true)); otherErr == nil {
			s.rules.Store(rulesLevelled)
			return x, nil
		} else if !isRefusal(otherErr) {
			return nil, otherErr
		}
	}
	return x, err
}

// write makes a request that answers a schedule.
func (s *System) write(ctx context.Context, r rest.Request) (*schedule, error) {
	answer := &one{}
	r.Out = answer
	asked := time.Now()
	if _, err := s.client.Do(ctx, r); err != nil {
		return nil, err
	}
	answer.schedule.readAt = asked
	return answer.schedule, nil
}
