package zstack

import (
	"context"

	"github.com/ttkit/ttkit/internal/flight"
	"github.com/ttkit/ttkit/internal/journal"
	"github.com/ttkit/ttkit/tt"
)

// randomID is the id of an entry that nobody has named.
func randomID() string { return randomHex(8) }

// AddComment writes a comment into a user tag. The platform has comments with
// transitions only. Tags are added and never rewritten, so that no writer can
// overwrite another's. A closed ticket takes comments too. See tt.System.
func (s *System) AddComment(ctx context.Context, req tt.CommentRequest) error {
	return s.done(s.comment(ctx, req), "AddComment", req.ID, req.Key != "")
}

func (s *System) comment(ctx context.Context, req tt.CommentRequest) error {
	ctx, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer s.flights.Leave()
	if err := req.Validate(); err != nil {
		return err
	}
	if err := ticketUUID(req.ID); err != nil {
		return err
	}
	r := remark{At: req.At.UTC(), ReplyTo: req.ReplyTo}
	if req.At.IsZero() {
		r.At = s.stamp()
	}
	r.Subject = fit(req.Subject, maxSubject, &r.Truncated)
	r.Body = fit(req.Body, maxComment, &r.Truncated)
	r.Login = fit(req.Login, maxShort, &r.Truncated)
	id := randomID()
	if req.Key != "" {
		id = journal.ID(req.Key)
	}
	e := entry(kindComment, id, r)
	if req.Key != "" {
		b, err := s.tags(ctx, req.ID)
		if err != nil || b.has(e) {
			return err
		}
	}
	return s.addEntry(ctx, req.ID, e)
}

// addEntry writes one entry; the caller may leave meanwhile.
func (s *System) addEntry(ctx context.Context, uuid string, e journal.Entry) error {
	texts, err := tagTexts(e)
	if err != nil {
		return err
	}
	var status flight.Status
	_, err = flight.Run(ctx, &s.flights, &status, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, s.writeTags(ctx, uuid, texts)
	})
	return err
}
