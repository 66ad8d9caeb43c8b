package rest

import (
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"
)

// logAttempt writes one debug record about the latest attempt: never a body,
// a header or the value of a query parameter.
func (c *call) logAttempt() {
	log := c.client.log
	if !log.Enabled(c.ctx, slog.LevelDebug) {
		return
	}
	attrs := []slog.Attr{
		slog.String("adapter", c.client.adapter),
		slog.String("system", c.client.system),
		slog.String("method", c.in.method()),
		slog.String("path", c.client.secrets.scrubber().line(c.url.Path, maxWords)),
		slog.Int("attempt", c.number),
	}
	if len(c.in.Query) > 0 {
		attrs = append(attrs, slog.String("query", strings.Join(slices.Sorted(maps.Keys(c.in.Query)), ",")))
	}
	if c.try != nil {
		attrs = append(attrs, slog.Duration("duration", time.Since(c.try.started)))
	}
	if r := c.answer(); r != nil {
		attrs = append(attrs, slog.Int("status", r.Status))
	}
	if c.last != nil {
		attrs = append(attrs, slog.String("code", string(c.last.Code)), slog.String("outcome", c.last.Outcome.String()),
			slog.String("error", c.scrubber().line(c.last.Err.Error(), maxWords)))
	}
	if c.waiting {
		attrs = append(attrs, slog.Duration("repeat_in", c.wait))
	}
	log.LogAttrs(c.ctx, slog.LevelDebug, "http request", attrs...)
}
