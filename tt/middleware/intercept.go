package middleware

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ttkit/ttkit/tt"
)

// Interceptor handles one call of a method. next makes the call; what the
// Interceptor returns is the error that the caller gets.
type Interceptor func(ctx context.Context, call Call, next func(context.Context) error) error

// Intercept returns a System whose every call goes through f, Shutdown and
// Check among them, and Probe of the optional tt.Prober, too. The one exception
// is Capabilities, which asks no server and cannot fail: it is answered by sys.
//
//   - When f does not call next, nothing reaches sys. The caller gets f's
//     error; f returning nil instead means "done" for AddComment, RenewTT and
//     Shutdown, and is ErrInternal for methods that owe a result, because
//     there is none.
//   - f may call next several times, one after the other, with any context;
//     the last result counts. An id that CreateTT learned is kept when a
//     repeat does not know it. Whether a repeat is safe is the question that
//     tt.SafeToRetry answers.
//   - next must have returned before f does, and is not for concurrent use.
//   - f is called from as many goroutines as the System is.
//   - An error of f that is or wraps no *tt.Error becomes one: its code is
//     that of tt.CodeOf, and its outcome NotDone when next was never called.
//
// Intercept panics when sys or f is nil.
func Intercept(sys tt.System, f Interceptor) tt.System {
	if sys == nil || f == nil {
		panic("middleware: Intercept needs a System and a function")
	}
	return &intercepted{sys: sys, f: f}
}

// intercepted embeds Unimplemented and not tt.System, so that a method which
// this file forgets fails loudly and never passes f by.
//
// It has the methods of every optional interface of package tt, so that
// decorating loses none.
type intercepted struct {
	tt.Unimplemented
	sys tt.System
	f   Interceptor
}

// ask makes a call that owes its caller a result.
func ask[T any](ctx context.Context, i *intercepted, call Call, method func(context.Context) (T, error)) (T, error) {
	var result T
	tried, answered := false, false
	call.result = func() any {
		if !tried {
			return nil
		}
		return result
	}
	err := i.f(ctx, call, func(ctx context.Context) error {
		var err error
		result, err = method(ctx)
		tried, answered = true, err == nil
		return err
	})
	if err == nil && !answered {
		err = errors.New("a decorator reported success, but the system gave no answer")
	}
	return result, named(err, call, tried)
}

// do makes a call that returns an error only.
func do(ctx context.Context, i *intercepted, call Call, method func(context.Context) error) error {
	tried := false
	err := i.f(ctx, call, func(ctx context.Context) error {
		tried = true
		return method(ctx)
	})
	return named(err, call, tried)
}

// named makes an *tt.Error of a bare error that a decorator returned.
func named(err error, call Call, tried bool) error {
	var known *tt.Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	e := &tt.Error{Op: call.Op, TicketID: call.TicketID, Code: tt.CodeOf(err), Err: err}
	if !tried {
		e.Outcome, e.Repeatable = tt.NotDone, true
	}
	return e
}

func (i *intercepted) CreateTT(ctx context.Context, req tt.CreateRequest) (tt.Created, error) {
	call := Call{Op: "CreateTT", Key: req.Key, Object: req.Object, Request: req}
	id := ""
	return ask(ctx, i, call, func(ctx context.Context) (tt.Created, error) {
		created, err := i.sys.CreateTT(ctx, req)
		if created.ID == "" {
			created.ID = id
		}
		id = created.ID
		return created, err
	})
}

func (i *intercepted) GetTT(ctx context.Context, id string) (*tt.Ticket, error) {
	call := Call{Op: "GetTT", TicketID: id, ReadOnly: true}
	return ask(ctx, i, call, func(ctx context.Context) (*tt.Ticket, error) { return i.sys.GetTT(ctx, id) })
}

func (i *intercepted) GetObjectTTs(ctx context.Context, obj string) ([]string, error) {
	call := Call{Op: "GetObjectTTs", Object: obj, ReadOnly: true}
	return ask(ctx, i, call, func(ctx context.Context) ([]string, error) { return i.sys.GetObjectTTs(ctx, obj) })
}

func (i *intercepted) FindTT(ctx context.Context, key string) (string, error) {
	call := Call{Op: "FindTT", Key: key, ReadOnly: true}
	return ask(ctx, i, call, func(ctx context.Context) (string, error) { return i.sys.FindTT(ctx, key) })
}

func (i *intercepted) ListTTs(ctx context.Context, req tt.ListRequest) (tt.List, error) {
	call := Call{Op: "ListTTs", Request: req, ReadOnly: true}
	return ask(ctx, i, call, func(ctx context.Context) (tt.List, error) { return i.sys.ListTTs(ctx, req) })
}

func (i *intercepted) CloseTT(ctx context.Context, req tt.CloseRequest) (bool, error) {
	call := Call{Op: "CloseTT", TicketID: req.ID, Request: req}
	return ask(ctx, i, call, func(ctx context.Context) (bool, error) { return i.sys.CloseTT(ctx, req) })
}

func (i *intercepted) AddComment(ctx context.Context, req tt.CommentRequest) error {
	call := Call{Op: "AddComment", TicketID: req.ID, Key: req.Key, Request: req}
	return do(ctx, i, call, func(ctx context.Context) error { return i.sys.AddComment(ctx, req) })
}

func (i *intercepted) RenewTT(ctx context.Context, id string, until time.Time) error {
	call := Call{Op: "RenewTT", TicketID: id, Request: until}
	return do(ctx, i, call, func(ctx context.Context) error { return i.sys.RenewTT(ctx, id, until) })
}

func (i *intercepted) CreateGroupTT(ctx context.Context, id string, at time.Time) (string, error) {
	call := Call{Op: "CreateGroupTT", TicketID: id, Request: at}
	return ask(ctx, i, call, func(ctx context.Context) (string, error) { return i.sys.CreateGroupTT(ctx, id, at) })
}

func (i *intercepted) AddToGroupTT(ctx context.Context, groupID string, objs ...string) ([]tt.ItemResult, error) {
	call := Call{Op: "AddToGroupTT", TicketID: groupID, Request: slices.Clone(objs)}
	return ask(ctx, i, call, func(ctx context.Context) ([]tt.ItemResult, error) {
		return i.sys.AddToGroupTT(ctx, groupID, objs...)
	})
}

func (i *intercepted) GetUpdates(ctx context.Context, req tt.UpdatesRequest) (tt.Updates, error) {
	shown := req
	shown.IDs = slices.Clone(req.IDs)
	call := Call{Op: "GetUpdates", Request: shown, ReadOnly: true}
	return ask(ctx, i, call, func(ctx context.Context) (tt.Updates, error) { return i.sys.GetUpdates(ctx, req) })
}

func (i *intercepted) Check(ctx context.Context) ([]tt.CheckResult, error) {
	return ask(ctx, i, Call{Op: "Check", ReadOnly: true}, i.sys.Check)
}

// Probe makes every intercepted System a tt.Prober. Where the System inside is
// none, it answers ErrUnsupported, as tt.Probe would without a decorator.
func (i *intercepted) Probe(ctx context.Context, req tt.ProbeRequest) ([]tt.Finding, error) {
	shown := req
	shown.Objects = slices.Clone(req.Objects)
	call := Call{Op: "Probe", Request: shown}
	return ask(ctx, i, call, func(ctx context.Context) ([]tt.Finding, error) { return tt.Probe(ctx, i.sys, req) })
}

func (i *intercepted) Shutdown(ctx context.Context) error {
	return do(ctx, i, Call{Op: "Shutdown"}, i.sys.Shutdown)
}

func (i *intercepted) Capabilities() tt.Capabilities { return i.sys.Capabilities() }

// Format prints the system inside: fmt would otherwise walk into its fields
// past the Format method with which an adapter hides them.
func (i *intercepted) Format(f fmt.State, verb rune) {
	_, _ = fmt.Fprintf(f, fmt.FormatString(f, verb), i.sys)
}
