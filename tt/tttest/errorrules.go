package tttest

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/ttkit/ttkit/tt"
)

// errorRules judge every error that the run has seen. They come last, and
// provoke the errors that every System has once more, so that each can also
// be run alone.
var errorRules = []rule{
	{
		name:  "errors/print-outs",
		says:  "No secret is in what fmt or encoding/json make of a System.",
		check: errorsPrintOuts,
	},
	{
		name:  string(secretShows),
		says:  "No secret is in any error, in what it wraps, or in what Check and CreateTT report.",
		check: errorsSeen(secretShows),
	},
	{
		name:  string(incomplete),
		says:  "Every error is or wraps a *tt.Error that names the adapter, the method, a code of the closed list, and what happened.",
		check: errorsSeen(incomplete),
	},
	{
		name: string(wrongRepeat),
		says: "An error says truthfully whether the call can simply be repeated: always when it is temporary, " +
			"but for a create or a comment without a key that may have acted.",
		check: errorsSeen(wrongRepeat),
	},
	{
		name:  string(wrongTicket),
		says:  "An error names the ticket concerned; a failed create carries the id that exists in Created.ID and in Error.TicketID.",
		check: errorsSeen(wrongTicket),
	},
	{
		name:  string(unreadable),
		says:  "An error prints as one line of bounded length without control characters, whatever the caller or the server sent.",
		check: errorsSeen(unreadable),
	},
}

// errorsSeen provokes errors and returns the complaints of one kind about
// all that were seen since the run began.
func errorsSeen(about complaint) func(context.Context, *env) error {
	return func(ctx context.Context, e *env) error {
		if !e.provoked { // once is enough for all of these rules
			if err := e.provoke(ctx); err != nil {
				return err
			}
			e.provoked = true
		}
		return e.log.about(about)
	}
}

// provoke makes the calls that have to fail. Other rules judge how.
func (e *env) provoke(ctx context.Context) error {
	sys, id, err := e.ticket(ctx)
	if err != nil {
		return err
	}
	everything := func(ctx context.Context, id, obj, key string) {
		_, _ = sys.CreateTT(ctx, e.request(obj, key))
		_, _ = sys.GetTT(ctx, id)
		_, _ = sys.GetObjectTTs(ctx, obj)
		_, _ = sys.FindTT(ctx, key)
		_, _ = sys.ListTTs(ctx, tt.ListRequest{})
		_ = sys.AddComment(ctx, tt.CommentRequest{ID: id, Body: "remark", Key: key})
		_ = sys.RenewTT(ctx, id, time.Now())
		_, _ = sys.CreateGroupTT(ctx, id, time.Time{})
		_, _ = sys.AddToGroupTT(ctx, id, obj, e.object(1))
		_, _ = sys.GetUpdates(ctx, tt.UpdatesRequest{All: true})
		_, _ = sys.Check(ctx)
		_, _ = sys.CloseTT(ctx, tt.CloseRequest{ID: id, Body: "over"})
	}
	for _, kind := range kinds {
		if e.needsFaults() != nil || e.h.Levels&Faults == 0 {
			break
		}
		e.inject(e.fault(kind, Fault{Times: -1}))
		everything(ctx, id, e.object(0), e.key("provoked", kind))
		_, _ = sys.CreateTT(ctx, e.request(e.object(1), ""))
		_ = sys.AddComment(ctx, tt.CommentRequest{ID: id, Body: "remark"})
		e.clearFaults()
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	everything(ended, id, e.object(0), e.key("provoked"))
	hostile := "sw\x1b[2J\r\nlevel=fatal " + strings.Repeat("x", 10<<10)
	for _, text := range []string{"", hostile, "../../x", "999999999"} {
		everything(ctx, text, text, text)
	}
	if e.h.UnknownObject != "" {
		everything(ctx, id, e.h.UnknownObject, e.key("provoked"))
	}
	_, _ = sys.CreateTT(ctx, e.request(e.object(2), e.key("ticket"))) // the key of another object
	if err := e.end(ctx, sys, id); err != nil {
		return err
	}
	everything(ctx, id, e.object(0), e.key("provoked"))
	if err := sys.Shutdown(ctx); err != nil {
		return fmt.Errorf("Shutdown: expected nil, got: %w", err)
	}
	everything(ctx, id, e.object(0), e.key("provoked"))
	return nil
}

func errorsPrintOuts(ctx context.Context, e *env) error {
	if _, err := e.open(ctx); err != nil {
		return err
	}
	sys := e.opened[0].System
	type holder struct { // as a program's own struct, whose fields fmt reads by reflection
		Sys    tt.System
		hidden any
	}
	for _, v := range []any{sys, &sys, holder{sys, sys}, sys.Capabilities()} {
		if err := noSecretIn(v, e.h.Secrets); err != nil {
			return fmt.Errorf("the System, of type %T: %w", sys, err)
		}
	}
	// A pointer inside another value prints as an address; what it points to
	// must be as clean.
	if v := reflect.ValueOf(sys); v.Kind() == reflect.Pointer && !v.IsNil() {
		if err := noSecretIn(v.Elem().Interface(), e.h.Secrets); err != nil {
			return fmt.Errorf("what the System of type %T points to: %w", sys, err)
		}
	}
	return nil
}
