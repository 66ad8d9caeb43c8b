package zstack

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/ttkit/ttkit/internal/flight"
	"github.com/ttkit/ttkit/internal/rest"
	"github.com/ttkit/ttkit/tt"
)

// System is a ZStack Cloud installation, in which the tickets of one project
// are trouble tickets. New makes one.
type System struct {
	tt.Unimplemented
	name      string
	log       *slog.Logger
	client    *rest.Client
	flights   flight.Group
	auth      auth
	zone      zone
	tagging   tagging
	lastStamp atomic.Int64

	host       string // of base_url
	namespace  string
	project    string
	virtualID  string
	requests   requests
	queues     map[string]string
	closing    event
	poll       Poll
	bestEffort bool
}

var _ tt.System = (*System)(nil)

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

// Capabilities tells what tickets can do.
func (s *System) Capabilities() tt.Capabilities {
	c := tt.Capabilities{
		PromoteGroupTT:     true,
		KeyGuarantee:       tt.KeyEnforced,
		CommentsAfterClose: true,
		Updates:            true,
		MaxSubject:         maxSubject,
		MaxBody:            maxBody,
		MaxComment:         maxComment,
		Effects:            "a ticket asks for the approval of API calls that are only checked, never executed",
	}
	if s.requests.executes {
		c.Effects = "a ticket asks for the approval of API calls, and its final approval executes them"
	}
	return c
}

// RenewTT answers tt.ErrUnsupported: tickets do not end by themselves.
func (s *System) RenewTT(ctx context.Context, id string, until time.Time) error {
	return s.done(s.Unimplemented.RenewTT(ctx, id, until), "RenewTT", id, true)
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

// ticketUUID checks a ticket id, which is the ticket's uuid.
func ticketUUID(id string) error {
	if err := tt.ValidateID(id); err != nil {
		return err
	}
	if !isUUID(id) {
		return tt.Errorf(tt.CodeNotFound, tt.NotDone, "%q is no ticket of this system: its ids are 32 lower-case hexadecimal digits", id)
	}
	return nil
}

// now is the server's time.
func (s *System) now() time.Time { return s.client.Now() }

// stamp is the server's time, later with every call: what this System writes
// down is ordered by it.
func (s *System) stamp() time.Time {
	now := s.now().UnixNano()
	for {
		last := s.lastStamp.Load()
		next := max(now, last+1)
		if s.lastStamp.CompareAndSwap(last, next) {
			return time.Unix(0, next).UTC()
		}
	}
}

// keyUUID is the uuid of the ticket of a key. The platform refuses a uuid that
// is in use, and that is what makes one ticket of one key.
func (s *System) keyUUID(key string) string {
	return s.checked(tt.KeyHash(s.scope(), "key:"+key), versionKeyed)
}

// versionKeyed is the version of uuids that are made from a key, and versionAt
// where it stands.
const (
	versionKeyed = '5'
	versionAt    = 12
)

// newUUID is the uuid of a ticket without a key.
func (s *System) newUUID() string { return s.checked(randomHex(16), '4') }

// checked makes a uuid of 32 hexadecimal digits. Its last eight are check
// digits, by which a namespace knows its own tickets, whatever tags people
// have copied to others.
func (s *System) checked(digits string, v byte) string {
	head := version(digits, v)[:32-checkDigits]
	return head + s.check(head)
}

const checkDigits = 8

func (s *System) check(head string) string {
	return tt.KeyHash(s.scope(), "uuid:"+head)[:checkDigits]
}

// own reports whether a ticket was made by this library in this namespace.
func (s *System) own(uuid string) bool {
	return isUUID(uuid) && s.check(uuid[:32-checkDigits]) == uuid[32-checkDigits:]
}

// scope separates what shares a server: namespaces, and projects.
func (s *System) scope() string { return s.project + "/" + s.namespace }

// randomUUID is a uuid of version 4.
func randomUUID() string { return version(randomHex(16), '4') }

// version makes a uuid of 32 hexadecimal digits. The platform takes uuids of
// the versions 1 to 5 only.
func version(hexadecimal string, v byte) string {
	b := []byte(hexadecimal)
	b[versionAt] = v
	const variants = "89ab"
	n, _ := strconv.ParseUint(string(b[16]), 16, 8) // of a hexadecimal digit
	b[16] = variants[n%4]
	return string(b)
}

func randomHex(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}
