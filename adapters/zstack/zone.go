package zstack

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/ttkit/ttkit/internal/rest"
	"github.com/ttkit/ttkit/tt"
)

// zone is the server's time zone, in which its dates are written without
// saying so.
type zone struct{ found atomic.Pointer[foundZone] }

// foundZone is a zone, and how long it holds: a bare offset may change whenever
// a summer time begins or ends, which it does at a quarter of an hour.
type foundZone struct {
	*time.Location
	until time.Time // zero: for good
}

const offsetHolds = 15 * time.Minute

func (z *zone) set(location *time.Location, byOffset bool) {
	found := &foundZone{Location: location}
	if byOffset {
		found.until = time.Now().Truncate(offsetHolds).Add(offsetHolds)
	}
	z.found.Store(found)
}

// known returns the zone; nil: it has to be asked for.
func (z *zone) known() *time.Location {
	found := z.found.Load()
	if found == nil || !found.until.IsZero() && !time.Now().Before(found.until) {
		return nil
	}
	return found.Location
}

// timeZone returns the zone from the settings, or asks the server: once, if it
// names a zone that this machine knows.
func (s *System) timeZone(ctx context.Context) (*time.Location, error) {
	if zone := s.zone.known(); zone != nil {
		return zone, nil
	}
	var reply zoneReply
	if _, _, err := s.send(ctx, rest.Request{Path: pathTimeZone, ReadOnly: true, Out: &reply}); err != nil {
		return nil, about(err, "asking for the server's time zone")
	}
	return s.zone.take(reply)
}

// zoneReply has a name and an offset. The name knows of summer times, but this
// machine may lack the database to read it.
type zoneReply struct {
	Name   string `json:"timezone"`
	Offset string `json:"offset"`
}

// take reads a reply and remembers it.
func (z *zone) take(r zoneReply) (*time.Location, error) {
	for i, text := range []string{r.Name, r.Offset} {
		location, err := parseZone(text)
		if err != nil {
			continue
		}
		_, byOffset := parseOffset(text)
		z.set(location, i > 0 || byOffset)
		return location, nil
	}
	return nil, tt.Errorf(tt.CodeInternal, tt.NotDone, "the server's time zone is written in a way that is not known: set timezone")
}
