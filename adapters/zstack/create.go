package zstack

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/ttkit/ttkit/internal/flight"
	"github.com/ttkit/ttkit/internal/journal"
	"github.com/ttkit/ttkit/tt"
)

// CreateTT makes a ticket whose uuid follows from the key, and whose user tags
// hold what a ticket has no field for. See tt.System.
func (s *System) CreateTT(ctx context.Context, req tt.CreateRequest) (tt.Created, error) {
	created, err := s.create(ctx, req)
	if err != nil {
		err = s.done(err, "CreateTT", created.ID, req.Key != "")
		created.ID = asError(err).TicketID
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
	var uuid, degraded string
	if req.Key == "" {
		uuid = s.newUUID()
	} else {
		uuid = s.keyUUID(req.Key)
		created, found, err := s.existing(ctx, uuid, req)
		if found || err != nil && (!s.bestEffort || ctx.Err() != nil) {
			return created, err
		}
		if err != nil {
			degraded = "made without looking for an earlier ticket of its key, because the look-up failed"
			s.log.WarnContext(ctx, "creating a ticket without a look-up", "tt_id", uuid, "error", err)
		}
	}
	if ctx.Err() != nil {
		return tt.Created{}, flight.Canceled(ctx, tt.NotDone, "")
	}
	p, err := s.plan(uuid, req, degraded)
	if err != nil {
		return tt.Created{}, err
	}
	var status flight.Status
	return flight.Run(ctx, &s.flights, &status, func(ctx context.Context) (tt.Created, error) {
		return s.make(ctx, p, req, &status)
	})
}

// existing finds the ticket of a key, alive or archived, before the first
// post: the uuid of a ticket that was deleted may be free again.
func (s *System) existing(ctx context.Context, uuid string, req tt.CreateRequest) (created tt.Created, found bool, err error) {
	row, deleted, err := s.find(ctx, uuid)
	switch {
	case err != nil && asError(err).Code == tt.CodeNotFound:
		return tt.Created{}, false, nil
	case err != nil:
		return tt.Created{}, false, about(withOutcome(err, tt.NotDone), "looking for an earlier ticket of the key")
	case deleted:
		return tt.Created{ID: uuid, Existed: true, Closed: true}, true, nil
	}
	created, err = s.resume(ctx, uuid, row, req, nil)
	return created, true, err
}

// ticketPlan is a ticket to be made.
type ticketPlan struct {
	uuid     string
	maker    string
	body     createBody
	entries  []journal.Entry
	degraded string
}

// plan makes the body of a create. Everything is in one call, so that a ticket
// is never half-made where the server keeps the tags of a creation.
func (s *System) plan(uuid string, req tt.CreateRequest, degraded string) (*ticketPlan, error) {
	now := s.now().UTC()
	h := header{
		Key: req.Key, Queue: req.Queue, Object: req.Object,
		Opened: req.Timestamp.UTC(), Maker: randomHex(8),
	}
	if req.Timestamp.IsZero() {
		h.Opened = now.Truncate(time.Second)
	}
	h.Subject = fit(req.Subject, maxSubject, &h.Truncated)
	h.Body = fit(req.Body, maxBody, &h.Truncated)
	h.Reason = fit(req.Reason, maxShort, &h.Truncated)
	h.Login = fit(req.Login, maxShort, &h.Truncated)
	p := &ticketPlan{uuid: uuid, maker: h.Maker, degraded: degraded}
	p.entries = []journal.Entry{entry(kindHeader, s.objectID(req.Object), h)}
	if degraded != "" {
		// No key of a caller has a control character.
		p.entries = append(p.entries, entry(kindComment, journal.ID("\x00degraded"), remark{At: now, Subject: degraded}))
	}
	if h.Truncated {
		p.degraded = joined(p.degraded, "text was cut to the limits of the tags")
	}
	tags := []string{s.mark()}
	for _, e := range p.entries {
		texts, err := tagTexts(e)
		if err != nil {
			return nil, err
		}
		tags = append(tags, texts...)
	}
	p.body = createBody{
		Params: createParams{
			Name:           shown(oneLine(h.Subject), maxName),
			Description:    shown(req.Object+"\n"+h.Body, maxDesc),
			Requests:       s.requests.fill(placeholders{Object: req.Object, Subject: h.Subject, Queue: req.Queue}),
			FlowCollection: s.flowCollection(req.Queue),
			System:         "iam2",
			Submitter:      submitter{s.project, s.virtualID},
			UUID:           uuid,
		},
		UserTags: tags,
	}
	return p, nil
}

func joined(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}

// oneLine is what fits the title of a ticket.
func oneLine(text string) string {
	runes := []rune(text)
	for i, r := range runes {
		if r == '\n' || r == '\t' {
			runes[i] = ' '
		}
	}
	return string(runes)
}

// flowCollection is the approval process of a queue; "" is the default one.
func (s *System) flowCollection(queue string) string {
	if uuid, ok := s.queues[queue]; ok {
		return uuid
	}
	return s.queues["*"]
}

// tries is how often the server may answer a create with an internal error
// while no ticket is to be seen.
const tries = 3

// make posts the ticket, and sees to its tags.
func (s *System) make(ctx context.Context, p *ticketPlan, req tt.CreateRequest, status *flight.Status) (tt.Created, error) {
	var reply inventory[ticketRow]
	var seen *ticketRow
	internal, lost := 0, false
	err := s.carry(ctx, change{
		act: func(ctx context.Context) error {
			status.Set(tt.Unknown, "")
			return s.do(ctx, work{method: http.MethodPost, path: pathTickets, body: p.body, out: &reply})
		},
		there: func(ctx context.Context) (bool, error) {
			row, err := s.ticket(ctx, p.uuid)
			seen = row
			return row != nil, err
		},
		giveUp: func(last *tt.Error) error {
			switch {
			case last.VendorCode == codeInternal:
				internal++
			case last.Outcome == tt.Unknown:
				lost = true // and may hold the uuid until it commits
			}
			if lost || internal < tries {
				return nil
			}
			return &tt.Error{Code: tt.CodeConflict, Outcome: tt.NotDone, Status: last.Status, VendorCode: last.VendorCode, Err: fmt.Errorf(
				"%w; that %d times, and no ticket %s is to be seen: either the uuid, which follows from the key, belongs to something that these credentials cannot see (a deleted ticket, another project), and the episode needs another key; or the database refuses the text",
				last.Err, tries, p.uuid)}
		},
	})
	if err != nil {
		if asError(err).Outcome == tt.NotDone {
			status.Set(tt.NotDone, "")
		}
		return tt.Created{}, err
	}
	id := p.uuid
	if made := reply.Inventory.UUID; seen == nil && made != id {
		// The job ended well and does not say with this ticket.
		row, err := s.ticket(ctx, id)
		if err == nil && row == nil {
			err = tt.Errorf(tt.CodeInternal, tt.Unknown, "the server has no ticket %s after a create that ended well, and speaks of ticket %q: does this version take uuids?", id, made)
		}
		if err != nil {
			return tt.Created{}, withOutcome(err, tt.Unknown)
		}
		seen = row
	}
	status.Set(tt.Unknown, id) // until it is known to have its tags, it is hardly this alarm's
	if seen != nil {
		created, err := s.resume(ctx, id, seen, req, p)
		if err == nil {
			status.Set(tt.Done, id)
		}
		return created, err
	}
	if err := s.tagging.complete(ctx, s, p); err != nil {
		return tt.Created{ID: id}, unfinished(id, err)
	}
	status.Set(tt.Done, id)
	return tt.Created{ID: id, Degraded: p.degraded}, nil
}

// resume finishes a ticket of the key that is there already: the one who made
// it may have ended before its tags were written. own is the plan of this call,
// if it has posted.
func (s *System) resume(ctx context.Context, id string, row *ticketRow, req tt.CreateRequest, own *ticketPlan) (tt.Created, error) {
	b, err := s.tags(ctx, id)
	if err != nil {
		return tt.Created{ID: id}, about(found(id, err), "reading ticket %s, which the key has already", id)
	}
	created := tt.Created{ID: id, Existed: true, Closed: row.state() == tt.StateClosed}
	switch {
	case b.ours && b.header.Object != req.Object:
		e := &tt.Error{Code: tt.CodeConflict, Outcome: tt.NotDone, TicketID: id, Err: errors.New(
			"the key belongs to a ticket of another object: an alarm episode has one object, so build the key from it too")}
		return tt.Created{ID: id}, e
	case b.ours && own != nil && b.header.Maker == own.maker: // the answer to our own post was lost
		created.Existed, created.Degraded = false, own.degraded
	case b.ours && b.header.Truncated:
		created.Degraded = joined(created.Degraded, "text was cut to the limits of the tags")
	}
	if b.ours && b.marked {
		return created, nil
	}
	if own == nil {
		if own, err = s.plan(id, req, ""); err != nil {
			return tt.Created{ID: id}, err
		}
	}
	missing := own.body.UserTags
	if b.ours {
		missing = missing[:1] // the mark
	}
	if err := s.writeTags(ctx, id, missing); err != nil {
		return tt.Created{ID: id}, unfinished(id, err)
	}
	return created, nil
}

// found is the error of a step after the ticket was found.
func found(id string, err error) *tt.Error {
	e := *asError(err)
	e.TicketID, e.Outcome = id, tt.NotDone
	return &e
}

// unfinished is the error of a step after the ticket was made.
func unfinished(id string, err error) error {
	e := *asError(err)
	e.TicketID, e.Outcome = id, tt.Done
	e.Err = fmt.Errorf("ticket %s exists, but lacks tags: %w", id, e.Err)
	return &e
}
