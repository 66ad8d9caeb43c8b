package zstack

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ttkit/ttkit/tt"
)

// GetTT reads a ticket, its tags and its history. Tickets that this library
// did not make can be read too: their subject is the name, their body the
// description, their objects are their user tags. A ticket that was deleted is
// closed; its tags went with it, so that little more than name, description
// and history is left of it. See tt.System.
func (s *System) GetTT(ctx context.Context, id string) (*tt.Ticket, error) {
	ticket, err := s.read(ctx, id)
	return ticket, s.done(err, "GetTT", id, true)
}

func (s *System) read(ctx context.Context, id string) (*tt.Ticket, error) {
	ctx, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer s.flights.Leave()
	if err := ticketUUID(id); err != nil {
		return nil, err
	}
	row, deleted, err := s.find(ctx, id)
	if err != nil {
		return nil, err
	}
	histories := pathHistories
	if deleted {
		histories = pathOldHistories
	}
	b, err := s.tags(ctx, id)
	if err != nil {
		return nil, err
	}
	rows, err := s.history(ctx, histories, id)
	if err != nil {
		return nil, err
	}
	zone, err := s.timeZone(ctx)
	if err != nil {
		return nil, err
	}
	v := view{zone: zone, deleted: deleted}
	return v.ticket(id, row, b, rows), nil
}

// find reads a ticket wherever it is; deleted tells that it is in the
// archives.
func (s *System) find(ctx context.Context, uuid string) (row *ticketRow, deleted bool, err error) {
	if row, err = s.ticket(ctx, uuid); err != nil || row != nil {
		return row, false, err
	}
	if row, err = s.archived(ctx, uuid); err != nil || row != nil {
		return row, true, err
	}
	return nil, false, tt.Errorf(tt.CodeNotFound, tt.NotDone, "no ticket %s that these credentials can see, alive or archived", uuid)
}

// state is where a ticket stands.
func (t *ticketRow) state() tt.State {
	switch {
	case t.Status.open():
		return tt.StateOpen
	case t.Status.ended():
		return tt.StateClosed
	}
	return tt.StateUnknown
}

// view makes a Ticket of what was read.
type view struct {
	zone    *time.Location
	deleted bool
}

func (v view) at(date string) time.Time {
	at, err := parseDate(date, v.zone)
	if err != nil {
		return time.Time{} // a date that cannot be read is none
	}
	return at
}

func (v view) ticket(id string, row *ticketRow, b *book, rows []historyRow) *tt.Ticket {
	t := &tt.Ticket{
		ID: id, State: row.state(), StageID: string(row.Status), Stage: string(row.Status),
		Objects: b.objects(), Subject: row.Name, Body: row.Description, OpenedAt: v.at(row.Created),
		Comments: []tt.Comment{},
	}
	if v.deleted {
		t.State = tt.StateClosed
	}
	if b.ours {
		h := b.header
		t.Key, t.Queue, t.PreReason, t.Owner = h.Key, h.Queue, h.Reason, h.Login
		t.Subject, t.Body, t.OpenedAt, t.Truncated = h.Subject, h.Body, h.Opened.UTC(), h.Truncated
	}
	if len(t.Objects) > 0 {
		t.Object = t.Objects[0]
	}
	if b.promoted {
		t.Group = id
	}
	for _, c := range b.comments {
		t.Comments = append(t.Comments, c.comment())
		t.Truncated = t.Truncated || c.Truncated
	}
	t.StageAt = v.at(row.Created) // not when the alarm was raised
	if t.State.Ended() {
		t.ClosedAt = v.at(row.Changed)
		t.StageAt = t.ClosedAt
	}
	for _, row := range rows {
		v.change(t, row)
	}
	slices.SortStableFunc(t.Comments, func(x, y tt.Comment) int {
		return cmp.Or(x.At.Compare(y.At), strings.Compare(x.ID, y.ID))
	})
	return t
}

// change adds what a row of the history says.
func (v view) change(t *tt.Ticket, row historyRow) {
	at := v.at(row.Created)
	note, text, own := readNote(row.Comment)
	switch {
	case row.To.ended() && !row.From.ended():
		t.FinalReason = note.Reason
		if row.To == status(t.StageID) { // not: open, and deleted later
			t.ClosedAt = at
		}
	case row.To.open():
		t.FinalReason = ""
	}
	if row.To != row.From && (t.StageID == string(row.To) || v.deleted) {
		t.StageAt = at
	}
	switch {
	case own && note.Subject+note.Body != "":
		t.Comments = append(t.Comments, note.comment())
		t.Truncated = t.Truncated || note.Truncated
	case !own && strings.TrimSpace(text) != "":
		t.Comments = append(t.Comments, tt.Comment{
			ID: "h" + strconv.FormatInt(int64(row.Sequence), 10), At: at, Login: row.Operator, Body: text,
		})
	}
}

// FindTT looks a key up: its ticket has a uuid that is made from it. See
// tt.System.
func (s *System) FindTT(ctx context.Context, key string) (string, error) {
	id, err := s.findKey(ctx, key)
	return id, s.done(err, "FindTT", id, true)
}

func (s *System) findKey(ctx context.Context, key string) (string, error) {
	ctx, err := s.begin(ctx)
	if err != nil {
		return "", err
	}
	defer s.flights.Leave()
	if err := tt.ValidateKey(key); err != nil {
		return "", err
	}
	uuid := s.keyUUID(key)
	if _, _, err := s.find(ctx, uuid); err != nil {
		if asError(err).Code == tt.CodeNotFound {
			err = tt.Errorf(tt.CodeNotFound, tt.NotDone, "no ticket of key %q in this namespace and project", key)
		}
		return "", err
	}
	return uuid, nil
}
