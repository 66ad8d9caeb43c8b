package rsm

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"time"

	"github.com/ttkit/ttkit/internal/rest"
	"github.com/ttkit/ttkit/tt"
)

// maxSkew is the clock difference that Check accepts without a warning. Ends
// of modes are computed with the server's clock, so a difference does no harm;
// a large one means that one of the two machines is wrong.
const maxSkew = time.Minute

// Check reads one service mode and one config item, and compares the clocks.
// Whether the token may write is not known before the first write. See
// tt.System.
func (s *System) Check(ctx context.Context) ([]tt.CheckResult, error) {
	ctx, err := s.begin(ctx)
	if err != nil {
		return nil, s.done(err, "Check", "", true)
	}
	defer s.flights.Leave()
	var modes []*mode
	_, err = s.client.Do(ctx, rest.Request{
		Method: "GET", Path: pathModes, ReadOnly: true, Out: &modes, Query: url.Values{"page": {"1"}, "perPage": {"1"}},
	})
	var failed *tt.Error
	answered := err == nil || errors.As(err, &failed) && failed.Status != 0
	results := []tt.CheckResult{
		s.finding("address", ifNot(answered, err), "the server answers"),
	}
	if answered {
		results = append(results, s.finding("credentials and permission to view modes", err, "the token is accepted"))
	}
	if err == nil {
		_, err := s.items(ctx, itemsFilter{IDs: []int64{1}})
		results = append(results, s.finding("permission to view config items", err, "the inventory answers"))
		results = append(results, s.clock())
		for _, queue := range slices.Sorted(maps.Keys(s.anchors)) {
			id := s.anchors[queue]
			rows, err := s.items(ctx, itemsFilter{IDs: []int64{id}})
			if err == nil && len(rows) == 0 {
				err = tt.Errorf(tt.CodeNotFound, tt.NotDone, "config item %d of anchor_ci.%s does not exist, or the token's user may not see it", id, queue)
			}
			results = append(results, s.finding("anchor_ci."+queue, err, fmt.Sprintf("config item %d", id)))
		}
	}
	results = append(results, tt.CheckResult{Name: "effects", OK: true, Detail: "warning: " + s.Capabilities().Effects})
	return results, nil
}

func ifNot(ok bool, err error) error {
	if ok {
		return nil
	}
	return err
}

func (s *System) finding(name string, err error, fine string) tt.CheckResult {
	if err != nil {
		err = s.done(err, "Check", "", true)
		detail := err.Error()
		var e *tt.Error
		if errors.As(err, &e) && e.Err != nil {
			detail = string(e.Code) + ": " + e.Err.Error()
		}
		return tt.CheckResult{Name: name, Detail: detail, Err: err}
	}
	return tt.CheckResult{Name: name, OK: true, Detail: fine}
}

func (s *System) clock() tt.CheckResult {
	skew, known := s.client.Skew()
	switch {
	case !known:
		return tt.CheckResult{Name: "clock", OK: true, Detail: "the server sends no Date header: its clock is taken to be ours"}
	case skew.Abs() > maxSkew:
		return tt.CheckResult{Name: "clock", OK: true, Detail: fmt.Sprintf("warning: differs from ours by %s; ends of tickets follow the server's clock, but set both by NTP", skew.Round(time.Second))}
	}
	return tt.CheckResult{Name: "clock", OK: true, Detail: fmt.Sprintf("differs from ours by %s", skew.Round(time.Second))}
}

// Shutdown waits for what is in the air, reads back what was written, and
// makes the verifications of created tickets that are still due. See
// tt.System.
func (s *System) Shutdown(ctx context.Context) error {
	if !s.flights.Close() {
		return nil
	}
	stop := context.AfterFunc(ctx, s.flights.Abort)
	defer stop()
	err := s.flights.Wait(ctx)
	if err == nil {
		err = s.changes.Drain(ctx)
		// What cannot be put back on one ticket keeps no duplicate of another open.
		if verified := s.engine.Shutdown(ctx); err == nil {
			err = verified
		}
	}
	if err == nil { // elections have written, too
		err = s.changes.Drain(ctx)
	}
	s.flights.Abort() // of what ctx left no time for
	s.client.Close()
	return s.done(err, "Shutdown", "", true)
}
