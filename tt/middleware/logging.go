package middleware

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/ttkit/ttkit/tt"
)

// Logging writes one line for every call to logger, after the call. The
// message is "ticket call"; the attributes, each left out where it does not
// apply, are
//
//	op           the method: CreateTT
//	tt_id        the ticket; of CreateTT and FindTT the one made or found
//	key, obj     the key and the object of the request
//	duration     how long the call took
//	existed, closed, expired, degraded   what tt.Created says
//	count        how many ids, changes, checks or findings the answer holds
//	ok, temp, fail, skip                 how many objects AddToGroupTT answered with each
//	code, outcome, retry_after, error    of a failed call
//	error        of the first object that AddToGroupTT failed for, or the first
//	             Check that did
//
// Subjects, bodies, reasons and logins are never logged.
//
// Levels: info for a call that may change something, debug for one that only
// asks, warn for a temporary failure, error for a permanent one. It is no
// failure that a look-up finds nothing or that a system does not support a
// method, and a cancelled call is a warning, because its caller wanted it.
// AddToGroupTT is as bad as its worst object, a failed Check result is a
// warning.
//
// A nil logger logs nothing: sys is returned as it is.
func Logging(sys tt.System, logger *slog.Logger) tt.System {
	if logger == nil {
		return sys
	}
	return Intercept(sys, func(ctx context.Context, call Call, next func(context.Context) error) error {
		begin := time.Now()
		err := next(ctx)
		took := time.Since(begin)
		level := levelOf(call, err)
		if logger.Enabled(ctx, level) {
			logger.LogAttrs(ctx, level, "ticket call", attributes(call, err, took)...)
		}
		return err
	})
}

func levelOf(call Call, err error) slog.Level {
	usual := slog.LevelInfo
	if call.ReadOnly {
		usual = slog.LevelDebug
	}
	switch code := tt.CodeOf(err); {
	case code == tt.CodeUnsupported, code == tt.CodeNotFound && call.ReadOnly:
		return usual
	case err != nil && (code == tt.CodeCanceled || tt.IsTemporary(err)):
		return slog.LevelWarn
	case err != nil:
		return slog.LevelError
	}
	switch result := call.Result().(type) {
	case []tt.ItemResult:
		for _, item := range result {
			switch item.Status {
			case tt.ItemFail:
				usual = slog.LevelError
			case tt.ItemTemp:
				usual = max(usual, slog.LevelWarn)
			}
		}
	case []tt.CheckResult:
		for _, check := range result {
			if !check.OK {
				usual = slog.LevelWarn
			}
		}
	}
	return usual
}

func attributes(call Call, err error, took time.Duration) []slog.Attr {
	attrs := make([]slog.Attr, 0, 12)
	text := func(name, value string) {
		if value != "" {
			attrs = append(attrs, slog.String(name, value))
		}
	}
	flag := func(name string, set bool) {
		if set {
			attrs = append(attrs, slog.Bool(name, true))
		}
	}
	text("op", call.Op)
	text("tt_id", ticketID(call, err))
	text("key", call.Key)
	text("obj", call.Object)
	attrs = append(attrs, slog.Duration("duration", took))
	if err == nil {
		switch result := call.Result().(type) {
		case tt.Created:
			flag("existed", result.Existed)
			flag("closed", result.Closed)
			flag("expired", result.Expired)
			text("degraded", result.Degraded)
		case bool:
			attrs = append(attrs, slog.Bool("closed", result)) // false is worth a word: the close is pending
		case []string:
			attrs = append(attrs, slog.Int("count", len(result)))
		case tt.List:
			attrs = append(attrs, slog.Int("count", len(result.IDs)))
		case tt.Updates:
			attrs = append(attrs, slog.Int("count", len(result.Changes)))
		case []tt.Finding:
			attrs = append(attrs, slog.Int("count", len(result)))
		case []tt.CheckResult:
			attrs = append(attrs, slog.Int("count", len(result)))
			for _, check := range result {
				if !check.OK {
					text("error", check.Name+": "+check.Detail)
					break
				}
			}
		case []tt.ItemResult:
			attrs = append(attrs, itemCounts(result)...)
			for _, item := range result {
				if item.Err != nil && item.Status != tt.ItemSkip {
					text("error", item.Object+": "+item.Err.Error())
					break
				}
			}
		}
		return attrs
	}
	var e *tt.Error
	text("code", string(tt.CodeOf(err)))
	if errors.As(err, &e) {
		text("outcome", e.Outcome.String())
		if e.RetryAfter > 0 {
			attrs = append(attrs, slog.Duration("retry_after", e.RetryAfter))
		}
	}
	text("error", err.Error())
	return attrs
}

// ticketID is the ticket asked for, or the one that the call made or found.
func ticketID(call Call, err error) string {
	if call.TicketID != "" {
		return call.TicketID
	}
	switch result := call.Result().(type) {
	case tt.Created:
		if result.ID != "" {
			return result.ID
		}
	case string:
		if result != "" {
			return result
		}
	}
	var e *tt.Error
	if errors.As(err, &e) {
		return e.TicketID
	}
	return ""
}

func itemCounts(items []tt.ItemResult) []slog.Attr {
	counts := map[tt.ItemStatus]int{}
	for _, item := range items {
		counts[item.Status]++
	}
	var attrs []slog.Attr
	for _, status := range []tt.ItemStatus{tt.ItemOK, tt.ItemTemp, tt.ItemFail, tt.ItemSkip} {
		if counts[status] > 0 {
			attrs = append(attrs, slog.Int(string(status), counts[status]))
		}
	}
	return attrs
}
