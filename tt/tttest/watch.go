package tttest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/ttkit/ttkit/tt"
)

// watched passes every call on and looks at every error that comes back, so
// that the rules about errors judge all that a run has seen.
type watched struct {
	tt.System
	rule string
	log  *errorLog
}

// call describes what the error belongs to.
type call struct {
	op        string
	id        string // of the ticket, where the caller gave one
	returned  string // Created.ID
	unguarded bool   // a create or a comment without a key
}

func (w *watched) CreateTT(ctx context.Context, req tt.CreateRequest) (tt.Created, error) {
	c, err := w.System.CreateTT(ctx, req)
	w.log.see(w.rule, call{op: "CreateTT", returned: c.ID, unguarded: req.Key == ""}, err)
	w.log.text(w.rule, "Created.Degraded", c.Degraded)
	return c, err
}

func (w *watched) GetTT(ctx context.Context, id string) (*tt.Ticket, error) {
	t, err := w.System.GetTT(ctx, id)
	w.log.see(w.rule, call{op: "GetTT", id: id}, err)
	return t, err
}

func (w *watched) GetObjectTTs(ctx context.Context, obj string) ([]string, error) {
	ids, err := w.System.GetObjectTTs(ctx, obj)
	w.log.see(w.rule, call{op: "GetObjectTTs"}, err)
	return ids, err
}

func (w *watched) FindTT(ctx context.Context, key string) (string, error) {
	id, err := w.System.FindTT(ctx, key)
	w.log.see(w.rule, call{op: "FindTT"}, err)
	return id, err
}

func (w *watched) ListTTs(ctx context.Context, req tt.ListRequest) (tt.List, error) {
	page, err := w.System.ListTTs(ctx, req)
	w.log.see(w.rule, call{op: "ListTTs"}, err)
	return page, err
}

func (w *watched) CloseTT(ctx context.Context, req tt.CloseRequest) (bool, error) {
	closed, err := w.System.CloseTT(ctx, req)
	w.log.see(w.rule, call{op: "CloseTT", id: req.ID}, err)
	return closed, err
}

func (w *watched) AddComment(ctx context.Context, req tt.CommentRequest) error {
	err := w.System.AddComment(ctx, req)
	w.log.see(w.rule, call{op: "AddComment", id: req.ID, unguarded: req.Key == ""}, err)
	return err
}

func (w *watched) RenewTT(ctx context.Context, id string, until time.Time) error {
	err := w.System.RenewTT(ctx, id, until)
	w.log.see(w.rule, call{op: "RenewTT", id: id}, err)
	return err
}

func (w *watched) CreateGroupTT(ctx context.Context, id string, at time.Time) (string, error) {
	group, err := w.System.CreateGroupTT(ctx, id, at)
	w.log.see(w.rule, call{op: "CreateGroupTT", id: id}, err)
	return group, err
}

func (w *watched) AddToGroupTT(ctx context.Context, id string, objs ...string) ([]tt.ItemResult, error) {
	items, err := w.System.AddToGroupTT(ctx, id, objs...)
	w.log.see(w.rule, call{op: "AddToGroupTT", id: id}, err)
	for _, item := range items {
		w.log.see(w.rule, call{op: "AddToGroupTT", id: id}, item.Err)
	}
	return items, err
}

func (w *watched) GetUpdates(ctx context.Context, req tt.UpdatesRequest) (tt.Updates, error) {
	updates, err := w.System.GetUpdates(ctx, req)
	w.log.see(w.rule, call{op: "GetUpdates"}, err)
	return updates, err
}

func (w *watched) Check(ctx context.Context) ([]tt.CheckResult, error) {
	results, err := w.System.Check(ctx)
	w.log.see(w.rule, call{op: "Check"}, err)
	for _, result := range results {
		w.log.text(w.rule, "CheckResult.Detail", result.Detail)
		if err := NoSecret(result.Err, w.log.secrets...); err != nil {
			w.log.complain(secretShows, "%s: CheckResult.Err: %w", w.rule, err)
		}
	}
	return results, err
}

func (w *watched) Shutdown(ctx context.Context) error {
	err := w.System.Shutdown(ctx)
	w.log.see(w.rule, call{op: "Shutdown"}, err)
	return err
}

// complaint names the rule that an error broke.
type complaint string

const (
	incomplete   complaint = "errors/complete"
	secretShows  complaint = "errors/no-secret"
	wrongRepeat  complaint = "errors/repeatable"
	wrongTicket  complaint = "errors/ticket-id"
	unreadable   complaint = "errors/one-line"
	maxMessage             = 16 << 10
	maxComplaint           = 5 // of one kind: more would only hide the others
)

// errorLog judges the errors of a whole run. It keeps what is wrong with
// them, not the errors.
type errorLog struct {
	secrets []string

	mu         sync.Mutex
	complaints map[complaint][]error
}

func (l *errorLog) complain(about complaint, format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.complaints == nil {
		l.complaints = map[complaint][]error{}
	}
	if len(l.complaints[about]) < maxComplaint {
		l.complaints[about] = append(l.complaints[about], fmt.Errorf(format, args...))
	}
}

// about returns what was wrong so far.
func (l *errorLog) about(c complaint) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return errors.Join(l.complaints[c]...)
}

// text looks for secrets in a text that came back.
func (l *errorLog) text(rule, what, text string) {
	if err := NoSecretIn(text, l.secrets...); err != nil {
		l.complain(secretShows, "%s: %s: %w", rule, what, err)
	}
}

var codes = []tt.Code{
	tt.CodeInvalid, tt.CodeUnauthenticated, tt.CodePermissionDenied, tt.CodeNotFound, tt.CodeClosed, tt.CodeConflict,
	tt.CodeUnsupported, tt.CodeRateLimited, tt.CodeUnavailable, tt.CodeCanceled, tt.CodeInternal,
}

// see judges one error.
func (l *errorLog) see(rule string, c call, err error) {
	if err == nil {
		return
	}
	if leak := NoSecret(err, l.secrets...); leak != nil {
		l.complain(secretShows, "%s: %s: %w", rule, c.op, leak)
		return // every other complaint would repeat the text
	}
	var failure *tt.Error
	if !errors.As(err, &failure) {
		l.complain(incomplete, "%s: %s: expected an error that is or wraps a *tt.Error, got %T: %w", rule, c.op, err, err)
		return
	}
	switch {
	case failure.Op != c.op:
		l.complain(incomplete, "%s: %s: expected Op %q, got %q: %w", rule, c.op, c.op, failure.Op, err)
	case failure.Adapter == "" && failure.Code != tt.CodeUnsupported: // tt.Unimplemented has no name to give
		l.complain(incomplete, "%s: %s: expected the adapter's name in Adapter, got none: %w", rule, c.op, err)
	case !slices.Contains(codes, failure.Code):
		l.complain(incomplete, "%s: %s: expected a code of package tt, got %q: %w", rule, c.op, failure.Code, err)
	case failure.Err == nil || strings.TrimSpace(failure.Err.Error()) == "":
		l.complain(incomplete, "%s: %s: expected Err to say what happened, got nothing: %w", rule, c.op, err)
	case failure.RetryAfter < 0:
		l.complain(incomplete, "%s: %s: RetryAfter is negative: %w", rule, c.op, err)
	}
	l.judgeRepeat(rule, c, failure)
	l.judgeTicket(rule, c, failure)
	text := err.Error()
	if strings.ContainsFunc(text, unicode.IsControl) || len(text) > maxMessage {
		l.complain(unreadable, "%s: %s: expected one line without control characters and of at most %d bytes, got %d bytes: %.300q",
			rule, c.op, maxMessage, len(text), text)
	}
}

// judgeRepeat: a temporary error can be repeated, unless the call has no key
// and may have acted.
func (l *errorLog) judgeRepeat(rule string, c call, failure *tt.Error) {
	risky := c.unguarded && failure.Outcome != tt.NotDone
	switch {
	case risky && failure.Repeatable:
		l.complain(wrongRepeat, "%s: %s without a key has the outcome %s and claims to be repeatable: the repeat could double it: %w",
			rule, c.op, failure.Outcome, failure)
	case !risky && !failure.Repeatable && failure.Temporary():
		l.complain(wrongRepeat, "%s: %s failed temporarily with the outcome %s and is not marked repeatable, although it cannot double anything: %w",
			rule, c.op, failure.Outcome, failure)
	}
}

// judgeTicket: the id that exists is in the error and in Created.
func (l *errorLog) judgeTicket(rule string, c call, failure *tt.Error) {
	switch {
	case c.op == "CreateTT" && failure.TicketID != c.returned:
		l.complain(wrongTicket, "%s: CreateTT: Created.ID is %q and Error.TicketID is %q; both carry the id, or none: %w",
			rule, c.returned, failure.TicketID, failure)
	case c.op == "CreateTT" && failure.Outcome == tt.Done && c.returned == "":
		l.complain(wrongTicket, "%s: CreateTT: the outcome is done, but no id says which ticket exists: %w", rule, failure)
	case c.id != "" && failure.TicketID == "" && failure.Code != tt.CodeInvalid && failure.Adapter != "":
		l.complain(wrongTicket, "%s: %s: expected the ticket's id in TicketID, got none: %w", rule, c.op, failure)
	}
}
