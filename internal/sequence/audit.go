package sequence

import (
	"fmt"
	"slices"

	"github.com/ttkit/ttkit/tt/tttest"
)

// audit compares the backend with the model, when all is settled.
func (w *world) audit() error {
	records, err := w.stage.Backend.Records()
	if err != nil {
		return err
	}
	for key, e := range w.episodes {
		if err := auditRecords(records, name(key), e); err != nil {
			return err
		}
		if err := w.auditTicket(e); err != nil {
			return fmt.Errorf("%s: %w", name(key), err)
		}
	}
	if w.stage.AtTheEnd == nil {
		return nil
	}
	return w.stage.AtTheEnd(len(w.episodes))
}

// auditRecords looks for the one ticket of a key past the adapter.
func auditRecords(records []tttest.Record, key string, e *Episode) error {
	var open []string
	for _, r := range records {
		if r.Key == key && r.Open {
			open = append(open, r.ID)
		}
	}
	var want []string
	if !e.Closed {
		want = []string{e.ID}
	}
	if !slices.Equal(open, want) {
		return fmt.Errorf("%s: open tickets %v, not %v", key, open, want)
	}
	return nil
}

// auditTicket reads a ticket by the adapter.
func (w *world) auditTicket(e *Episode) error {
	ticket, err := w.systems[0].GetTT(w.ctx, e.ID)
	if err != nil {
		return err
	}
	if ticket.State.Ended() != e.Closed {
		return fmt.Errorf("closed %t, and GetTT says %s", e.Closed, ticket.State)
	}
	var bodies []string
	for _, c := range ticket.Comments {
		bodies = append(bodies, c.Body)
	}
	for _, text := range e.Comments {
		if n := count(bodies, text); n != 1 {
			return fmt.Errorf("the comment %q is there %d times", text, n)
		}
	}
	for _, obj := range e.members {
		if n := count(ticket.Objects, obj); n != 1 {
			return fmt.Errorf("member %s is there %d times", obj, n)
		}
	}
	return nil
}

func count(texts []string, text string) (n int) {
	for _, t := range texts {
		if t == text {
			n++
		}
	}
	return n
}
