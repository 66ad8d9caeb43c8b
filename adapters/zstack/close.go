package zstack

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/ttkit/ttkit/internal/flight"
	"github.com/ttkit/ttkit/tt"
)

// CloseTT cancels the ticket, or rejects it where close_event says so; the
// note goes along as the comment of the transition. See tt.System.
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
	if err := ticketUUID(req.ID); err != nil {
		return false, err
	}
	over, err := s.over(ctx, req.ID)
	if err != nil || over {
		return over, err
	}
	note := remark{At: s.stamp(), id: randomID()}
	if ours := time.Now().UTC(); ours.After(note.At) {
		note.At = ours // comments carry their caller's time: this one is the last
	}
	note.Subject = fit(req.Subject, maxSubject, &note.Truncated)
	note.Body = fit(req.Body, maxComment, &note.Truncated)
	note.Reason = fit(req.Reason, maxShort, &note.Truncated)
	note.Login = fit(req.Login, maxShort, &note.Truncated)
	var body changeBody
	body.Change.Event, body.Change.Comment = s.closing, noteComment(note)
	var status flight.Status
	return flight.Run(ctx, &s.flights, &status, func(ctx context.Context) (bool, error) {
		var reply inventory[ticketRow]
		ended, open := false, false
		err := s.carry(ctx, change{
			act: func(ctx context.Context) error {
				err := s.do(ctx, work{method: http.MethodPut, path: pathTickets + "/" + req.ID + "/actions", body: body, out: &reply})
				ended = reply.Inventory.Status.ended()
				return err
			},
			there: func(ctx context.Context) (bool, error) {
				open = false
				over, err := s.over(ctx, req.ID)
				if asError(err).Code == tt.CodeNotFound {
					return false, nil // deleted and archived nowhere: what the server said stands
				}
				ended, open = over, err == nil && !over
				return over, err
			},
		})
		if err != nil && open {
			err = s.notAllowed(err)
		}
		if err != nil || ended {
			return err == nil, err
		}
		if ended, err = s.over(ctx, req.ID); err != nil { // the answer does not say
			err = withOutcome(about(err, "looking whether the ticket has ended"), tt.Unknown)
		}
		return ended, err
	})
}

// over reports whether a ticket has ended; one that was deleted has.
func (s *System) over(ctx context.Context, uuid string) (bool, error) {
	row, deleted, err := s.find(ctx, uuid)
	if err != nil {
		return false, err
	}
	return deleted || row.Status.ended(), nil
}

// notAllowed says who may end a ticket: it was found open after the refusal.
func (s *System) notAllowed(err error) error {
	if asError(err).Code != tt.CodeInvalid || asError(err).VendorCode == "" {
		return err
	}
	e := *asError(err)
	e.Code = tt.CodePermissionDenied
	who := "only the virtual ID that submitted a ticket can cancel it"
	if s.closing == eventReject {
		who = "only the approver whose turn it is can reject a ticket"
	}
	e.Err = fmt.Errorf("%w; the ticket is still open: %s (see close_event)", e.Err, who)
	return &e
}
