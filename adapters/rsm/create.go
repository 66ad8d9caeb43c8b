package rsm

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/ttkit/ttkit/internal/converge"
	"github.com/ttkit/ttkit/internal/journal"
	"github.com/ttkit/ttkit/internal/rest"
	"github.com/ttkit/ttkit/tt"
)

// CreateTT puts the object's config item, or the queue's anchor, into a
// service mode whose labels hold the ticket. See tt.System.
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
	ci, err := s.place(ctx, req.Queue, req.Object)
	if err != nil {
		return tt.Created{}, err
	}
	key := converge.Key{Hash: tt.KeyHash(s.cfg.Namespace, req.Key), Text: req.Key}
	if req.Key == "" {
		key.Hash = randomHex(16)
	}
	var cut bool // by post, and so of no interest when the ticket existed
	result, err := s.engine.Create(ctx, key, func(ctx context.Context, degraded string) (*mode, error) {
		return s.post(ctx, req, ci, key.Hash, degraded, &cut)
	})
	m := result.Ticket
	if err != nil {
		if m != nil {
			return tt.Created{ID: m.id()}, err
		}
		return tt.Created{}, err
	}
	created := tt.Created{ID: m.id(), Existed: result.Existed, Degraded: result.Degraded, ExpiresAt: m.expires()}
	if result.Existed {
		if m, err = s.current(ctx, m.ID); err != nil { // a search may lag behind
			return created, existing(created.ID, err)
		}
		created.ID, created.ExpiresAt = m.id(), m.expires()
		b := m.read()
		if b.ours && b.header.Object != req.Object || !b.ours && m.label(labelObject) != "" && m.label(labelObject) != s.objectHash(req.Object) {
			return tt.Created{ID: m.id()}, &tt.Error{Code: tt.CodeConflict, Outcome: tt.NotDone, TicketID: m.id(), Err: errors.New(
				"the key belongs to a ticket of another object: an alarm episode has one object, so build the key from it too")}
		}
		state := s.state(m)
		created.Closed, created.Expired = state == tt.StateClosed, state == tt.StateExpired
		cut = b.header.Truncated
	}
	if cut {
		created.Degraded = joinNotes(created.Degraded, "text was cut to the limits of the labels")
	}
	return created, nil
}

// existing says that the key has a ticket, which could not be read.
func existing(id string, err error) error {
	var failed *tt.Error
	if !errors.As(err, &failed) {
		return err
	}
	e := *failed
	e.Outcome, e.TicketID = tt.NotDone, id
	e.Err = fmt.Errorf("reading ticket %s, which the key has already: %w", id, failed.Err)
	return &e
}

func joinNotes(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}

// post makes the mode. It is one request, so a ticket is never half-made.
func (s *System) post(ctx context.Context, req tt.CreateRequest, ci int64, hash, degraded string, cut *bool) (*mode, error) {
	sent := s.now()
	now := sent.UTC().Truncate(time.Second)
	h := header{
		Key: req.Key, Queue: req.Queue, Object: req.Object, Item: ci,
		Opened: req.Timestamp.UTC(), Until: now.Add(s.cfg.Lease),
	}
	if req.Timestamp.IsZero() {
		h.Opened = now
	}
	h.Subject = fit(req.Subject, maxSubject, &h.Truncated)
	h.Body = fit(req.Body, maxBody, &h.Truncated)
	h.Reason = fit(req.Reason, maxShort, &h.Truncated)
	h.Login = fit(req.Login, maxShort, &h.Truncated)
	*cut = h.Truncated
	set := map[string]string{
		labelKey:       hash,
		labelNamespace: s.marker(),
		labelObject:    s.objectHash(req.Object),
		labelMade:      strconv.FormatInt(sent.UnixMilli(), 10),
	}
	entries := []entryOf{{kindHeader, "0", h}}
	if degraded != "" {
		entries = append(entries, entryOf{kindComment, journal.ID("degraded"), remark{At: now, Subject: degraded}})
	}
	for _, e := range entries {
		if err := addTo(set, entry(e.kind, e.id, e.value)); err != nil {
			return nil, err
		}
	}
	body := createBody{
		Title:       title(h.Subject),
		DateStart:   now.Format(wireTime), // a planned mode would not be open yet, so not the alarm's own time
		DateEnd:     h.Until.Format(wireTime),
		ConfigItems: []scopeItem{s.scope(ci)},
		Labels:      set,
	}
	m := &mode{readAt: time.Now()}
	_, err := s.client.Do(ctx, rest.Request{
		Method: "POST", Path: pathModes, Query: strict, Body: body, Class: rest.Guarded, Out: m,
	})
	if err != nil {
		if errors.Is(err, errItems) {
			s.objects.forget(req.Object)
		}
		return nil, err
	}
	if m.ID < 1 {
		return nil, tt.Errorf(tt.CodeUnavailable, tt.Unknown, "the server's answer to the create holds no id")
	}
	if m.label(labelKey) != hash || !m.holds(ci) {
		return s.reread(ctx, m.ID, ci, hash)
	}
	return m, nil
}

// reread finds out what was made when the answer to the create shows another
// mode than the one that was asked for.
func (s *System) reread(ctx context.Context, id, ci int64, hash string) (*mode, error) {
	m, err := s.get(ctx, id)
	switch {
	case err != nil:
		return nil, tt.Errorf(tt.CodeUnavailable, tt.Unknown, "the server's answer to the create is not the ticket, and reading mode %d failed: %w", id, err)
	case m.label(labelKey) != hash:
		return nil, tt.Errorf(tt.CodeUnavailable, tt.Unknown, "the server answered the create with another service mode, %d", id)
	case !m.holds(ci):
		return nil, s.discard(ctx, m, ci)
	}
	return m, nil
}

type entryOf struct {
	kind  byte
	id    string
	value any
}

// discard ends a mode that came without its config item, when it is no ticket
// any more.
func (s *System) discard(ctx context.Context, m *mode, ci int64) error {
	_, err := s.client.Do(ctx, rest.Request{
		Method: "PATCH", Path: modePath(m.ID),
		Body: patchBody{Labels: map[string]string{labelKey: void, labelNamespace: void, labelObject: void}},
	})
	if err == nil {
		_, err = s.end(ctx, m.ID, edit{})
	}
	e := tt.Errorf(tt.CodePermissionDenied, tt.NotDone, "the server made a service mode without config item %d: the token's user may not put it into maintenance", ci)
	if err != nil {
		e.Outcome, e.TicketID = tt.Done, m.id()
		e.Err = errors.Join(e.Err, errors.New("and the empty mode could not be ended"))
	}
	return e
}

func (s *System) scope(ci int64) scopeItem { return scopeItem{ci, s.cfg.Scope, s.cfg.Depth} }

// title is what people see in the console: one line.
func title(subject string) string {
	runes := []rune(subject)
	for i, r := range runes {
		if r == '\n' || r == '\t' {
			runes[i] = ' '
		}
	}
	if len(runes) > maxTitle {
		runes = append(runes[:maxTitle-1], '…')
	}
	return string(runes)
}
