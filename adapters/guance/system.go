package guance

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/ttkit/ttkit/internal/converge"
	"github.com/ttkit/ttkit/internal/flight"
	"github.com/ttkit/ttkit/internal/rest"
	"github.com/ttkit/ttkit/internal/rewrite"
	"github.com/ttkit/ttkit/internal/settings"
	"github.com/ttkit/ttkit/tt"
)

// System is a workspace whose incident schedules are tickets. New makes one.
type System struct {
	tt.Unimplemented
	name    string
	cfg     Config
	client  *rest.Client
	limiter *limiter
	log     *slog.Logger
	flights flight.Group
	engine  *converge.Engine[*schedule]
	routes  routes
	lookups lookups
	changes *rewrite.Engine[string, schedule, edit, kept]
	rules   atomic.Int32 // whether rules need a level; see element

	lastStamp atomic.Int64
	skew      atomic.Int64 // of a server without a Date; see now
}

var _ tt.System = (*System)(nil)

func open(_ context.Context, c tt.Config) (tt.System, error) {
	var cfg Config
	if err := settings.Decode(c.Settings, &cfg); err != nil {
		return nil, err
	}
	return New(cfg, func(into *tt.Config) { *into = c })
}

// New opens a system. It sends nothing. The options are tt.WithName,
// tt.WithHTTPClient and tt.WithLogger. Wrong settings are tt.ErrInvalid.
func New(cfg Config, options ...tt.OpenOption) (*System, error) {
	s := &System{}
	var with tt.Config
	for _, option := range options {
		option(&with)
	}
	s.name = with.Name
	if err := s.configure(cfg, with.HTTPClient, with.Logger); err != nil {
		return nil, tt.Annotate(err, Name, s.name, "Open", "")
	}
	return s, nil
}

// String names the system as errors do; it never shows a setting.
func (s *System) String() string {
	if s.name == "" {
		return Name
	}
	return Name + " " + strconv.Quote(s.name)
}

// GoString is String.
func (s *System) GoString() string { return s.String() }

// MarshalText is String.
func (s *System) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Capabilities tells what schedules can do.
func (s *System) Capabilities() tt.Capabilities {
	c := tt.Capabilities{
		PromoteGroupTT:     true,
		KeyGuarantee:       tt.KeyConverging,
		CommentsAfterClose: true,
		MaxSubject:         maxSubject,
		MaxBody:            maxBody,
		MaxComment:         maxComment,
		MaxComments:        maxComments,
	}
	if !s.cfg.Dark {
		c.Effects = "while a ticket is open, incidents of its objects notify the ticket's targets, and no longer reach the workspace's default rule; dark avoids it"
	}
	return c
}

// begin starts an operation: it refuses one after Shutdown, and gives ctx the
// operation's budget of repeats. Shutdown waits until s.flights.Leave.
func (s *System) begin(ctx context.Context) (context.Context, error) {
	if ctx.Err() != nil {
		return ctx, flight.Canceled(ctx, tt.NotDone, "")
	}
	if err := s.flights.Enter(); err != nil {
		return ctx, err
	}
	return s.client.Operation(ctx), nil
}

// done completes an operation's error. repeatable says that the operation
// cannot do anything twice; an error that proves that nothing was done can
// always be repeated.
func (s *System) done(err error, op, id string, repeatable bool) error {
	if err == nil {
		return nil
	}
	err = tt.Annotate(err, Name, s.name, op, id)
	if e, ok := err.(*tt.Error); ok {
		e.Repeatable = repeatable || e.Outcome == tt.NotDone
	}
	return err
}

// now is the server's time: by the Date of its answers, or else by the times
// that it gives to what is written.
func (s *System) now() time.Time {
	if _, known := s.client.Skew(); known {
		return s.client.Now()
	}
	return time.Now().Add(time.Duration(s.skew.Load())).UTC()
}

// wroteAt learns the server's clock from the time, in Unix seconds, that it gave
// to a write which began at a time of ours. What is possible is a second or
// more; the earliest of it is taken, so that no end is set too late. A stamp of
// 0 is one that the answer does not show.
func (s *System) wroteAt(stamp float64, began time.Time) {
	if stamp <= 0 {
		return
	}
	low := time.Until(seconds(stamp))
	high := seconds(stamp + 1).Sub(began)
	if low <= 0 && high >= 0 {
		low = 0
	}
	s.skew.Store(int64(low))
}

// stamp is the server's time, later with every call: what this System writes
// down is ordered by it.
func (s *System) stamp() time.Time {
	now := s.client.Now().UnixNano()
	for {
		last := s.lastStamp.Load()
		next := max(now, last+1)
		if s.lastStamp.CompareAndSwap(last, next) {
			return time.Unix(0, next).UTC()
		}
	}
}

// marker is what the header of every ticket of the namespace carries.
func (s *System) marker() string { return tt.KeyHash(s.cfg.Namespace, "ttkit namespace")[:keyDigits] }

// objectHash is an object in the name of a schedule, to search for.
func (s *System) objectHash(obj string) string {
	return tt.KeyHash(s.cfg.Namespace, "object:"+obj)[:objectDigits]
}

// key is what the engine looks for: as many digits of the hash as stand in the
// name of a schedule, which are compared together with the text.
func (s *System) key(text string) converge.Key {
	return converge.Key{Hash: tt.KeyHash(s.cfg.Namespace, text)[:keyDigits], Text: text}
}

func randomHex(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}
