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
type zone struct{ known atomic.Pointer[time.Location] }

// timeZone returns the zone from the settings, or asks the server once.
func (s *System) timeZone(ctx context.Context) (*time.Location, error) {
	if zone := s.zone.known.Load(); zone != nil {
		return zone, nil
	}
	var reply zoneReply
	if _, _, err := s.send(ctx, rest.Request{Path: pathTimeZone, ReadOnly: true, Out: &reply}); err != nil {
		return nil, about(err, "asking for the server's time zone")
	}
	zone, err := reply.zone()
	if err == nil {
		s.zone.known.Store(zone)
	}
	return zone, err
}

// zoneReply has a name and an offset. The name knows of summer times, but this
// machine may lack the database to read it.
type zoneReply struct {
	Name   string `json:"timezone"`
	Offset string `json:"offset"`
}

func (r zoneReply) zone() (*time.Location, error) {
	for _, text := range []string{r.Name, r.Offset} {
		if zone, err := parseZone(text); err == nil {
			return zone, nil
		}
	}
	return nil, tt.Errorf(tt.CodeInternal, tt.NotDone, "the server's time zone is written in a way that is not known: set timezone")
}
