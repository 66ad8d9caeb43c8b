package fake

import (
	"time"

	"github.com/ttkit/ttkit/tt"
)

// Console is a person at the vendor's own user interface. What is done here
// is not this library's: [tt.Change] says Own false, and faults do not strike.
type Console struct {
	backend *Backend
	login   string
}

// Console returns the user interface as the person login sees it.
func (b *Backend) Console(login string) Console { return Console{b, login} }

// Create makes a ticket that is not this library's: it can be read and
// changed by its id, and is in no list.
func (c Console) Create(obj, subject string) (id string, err error) {
	return c.act("create", "", func(_ *ticket, ev *Event) (*ticket, error) {
		if err := (tt.CreateRequest{Object: obj, Subject: subject}).Validate(); err != nil {
			return nil, err
		}
		if err := c.backend.known(obj); err != nil {
			return nil, err
		}
		t := &ticket{createdAt: ev.At}
		t.Object, t.Subject, t.Owner, t.OpenedAt = obj, tt.CleanText(subject), c.login, ev.At
		c.backend.insert(t, ev.At)
		ev.Objects = []string{obj}
		c.backend.note(t, tt.ActionCreate, ev.At, c.login, t.Subject, false)
		return t, nil
	})
}

// Comment appends a comment, whatever the ticket's state.
func (c Console) Comment(id, body string) error {
	_, err := c.act("comment", id, func(t *ticket, ev *Event) (*ticket, error) {
		if err := (tt.CommentRequest{ID: id, Body: body}).Validate(); err != nil {
			return nil, err
		}
		made := c.backend.comment(t, tt.CommentRequest{Body: body, Login: c.login}, ev.At)
		c.backend.note(t, tt.ActionComment, ev.At, c.login, made.Body, false)
		return t, nil
	})
	return err
}

// Close closes an open ticket with a final reason, which may be "". A pending
// close it confirms, with the reason that CloseTT gave unless reason is set.
// Closing an ended ticket is ErrClosed.
func (c Console) Close(id, reason string) error {
	_, err := c.act("close", id, func(t *ticket, ev *Event) (*ticket, error) {
		if t.State.Ended() {
			return nil, tt.Errorf(tt.CodeClosed, tt.NotDone, "the ticket is %s already", t.State)
		}
		final := closing{reason: tt.CleanText(reason), login: c.login}
		if t.closing != nil && reason == "" {
			final.reason = t.closing.reason
		}
		final.message = final.reason
		c.backend.close(t, &final, ev.At, false)
		return t, nil
	})
	return err
}

// Reopen opens an ended ticket again, with a whole lease before it, and
// refuses a pending close. Reopening an open ticket is ErrConflict.
func (c Console) Reopen(id string) error {
	_, err := c.act("reopen", id, func(t *ticket, ev *Event) (*ticket, error) {
		b := c.backend
		was := t.State
		if was == tt.StateOpen {
			return nil, tt.Errorf(tt.CodeConflict, tt.NotDone, "the ticket is open")
		}
		t.State, t.StageAt, t.ClosedAt, t.FinalReason, t.closing = tt.StateOpen, ev.At, time.Time{}, "", nil
		if was.Ended() {
			b.show(t, t.Objects, ev.At)
			if b.lease > 0 {
				b.extend(t, latest(t.ExpiresAt, ev.At.Add(b.lease)))
			}
		}
		b.note(t, tt.ActionReopen, ev.At, c.login, "", false)
		return t, nil
	})
	return err
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// act does one thing under the backend's lock and keeps it in the history. id
// is "" for a ticket that is yet to be made.
func (c Console) act(op, id string, do func(*ticket, *Event) (*ticket, error)) (string, error) {
	b := c.backend
	ev := &Event{At: b.enter(), Login: c.login, Op: op, TicketID: id}
	defer b.mu.Unlock()
	var t *ticket
	var err error
	if id != "" || op != "create" {
		t, err = b.store.find(id)
	}
	if err == nil {
		t, err = do(t, ev)
	}
	if err == nil {
		ev.TicketID, ev.Changed = t.ID, true
		id = t.ID
	}
	ev.Err = tt.Annotate(err, adapter, "", op, id)
	b.history.add(ev)
	return id, tt.Annotate(err, adapter, "", op, id)
}
