package fake

import (
	"context"
	"strconv"
	"time"

	"github.com/ttkit/ttkit/tt"
)

// GetObjectTTs implements tt.System. It lists what this library made in this
// namespace.
func (s *System) GetObjectTTs(ctx context.Context, obj string) ([]string, error) {
	c := call{op: "GetObjectTTs", objects: []string{obj}}
	return do(ctx, s, c, tt.ValidateObject(obj), func(*visit) ([]string, error) {
		if err := s.backend.known(obj); err != nil {
			return nil, err
		}
		list := s.backend.store.byObject[scoped{s.namespace, obj}]
		ids := make([]string, 0, list.len())
		for id := range list.after(0) {
			ids = append(ids, id)
		}
		return ids, nil
	})
}

const pageSize = 100 // where the request does not say

// ListTTs implements tt.System.
func (s *System) ListTTs(ctx context.Context, req tt.ListRequest) (tt.List, error) {
	after, invalid := uint64(0), req.Validate()
	if invalid == nil {
		after, invalid = parseCursor(req.After)
	}
	return do(ctx, s, call{op: "ListTTs"}, invalid, func(*visit) (tt.List, error) {
		limit := req.Limit
		if limit == 0 {
			limit = pageSize
		}
		open := s.backend.store.open[s.namespace]
		page := tt.List{IDs: make([]string, 0, min(limit, open.len()))}
		for id := range open.after(after) {
			if len(page.IDs) == limit { // there is another one
				page.Next = page.IDs[limit-1]
				break
			}
			page.IDs = append(page.IDs, id)
		}
		return page, nil
	})
}

// parseCursor reads what ListTTs and GetUpdates return as Next: the number of
// the last thing delivered. "" is 0.
func parseCursor(cursor string) (uint64, error) {
	if cursor == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(cursor, 10, 63)
	if err != nil {
		return 0, tt.Errorf(tt.CodeInvalid, tt.NotDone, "after is no cursor of this system: pass the Next of an earlier answer, or nothing")
	}
	return n, nil
}

// show lets the lists show the ticket for the objects, after the lag.
func (b *Backend) show(t *ticket, objects []string, now time.Time) {
	if b.lag == 0 {
		b.store.list(t, objects)
		return
	}
	b.agenda.plan(now.Add(b.lag), func(time.Time) { b.store.list(t, objects) })
}
