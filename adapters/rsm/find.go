package rsm

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/ttkit/ttkit/internal/converge"
	"github.com/ttkit/ttkit/internal/rest"
	"github.com/ttkit/ttkit/tt"
)

const (
	perPage  = 500
	fewer    = 8      // times fewer rows on a page after one that was too large
	maxPages = 10_000 // a server that never ends a list is not followed forever
)

// list reads all pages of the modes that search and filter select. With a nil
// filter it is the plain list, which shows ended modes too. Tickets with long
// texts may make a page too large to be read: it then begins again with
// smaller ones.
func (s *System) list(ctx context.Context, search string, filter *filterBody) ([]*mode, error) {
	for rows := perPage; ; rows = max(1, rows/fewer) {
		all, err := s.pages(ctx, search, filter, rows)
		if rows == 1 || !errors.Is(err, rest.ErrReplyTooLarge) {
			return all, err
		}
	}
}

// pages is list with so many rows on a page.
func (s *System) pages(ctx context.Context, search string, filter *filterBody, rows int) ([]*mode, error) {
	request := rest.Request{Method: "GET", Path: pathModes, ReadOnly: true}
	if filter != nil {
		request.Method, request.Path, request.Body = "POST", pathModesFilter, filter
	}
	var all []*mode
	seen := map[int64]bool{}
	for page := 1; page <= maxPages; page++ {
		var modes []*mode
		query := url.Values{
			"page": {strconv.Itoa(page)}, "perPage": {strconv.Itoa(rows)},
			"sortCol": {"id"}, "sortDir": {"asc"},
		}
		if search != "" {
			query.Set("search", search)
		}
		request.Query, request.Out = query, &modes
		asked := time.Now()
		reply, err := s.client.Do(ctx, request)
		if err != nil {
			return nil, err
		}
		fresh := 0
		for _, m := range modes {
			if m == nil || m.ID < 1 || seen[m.ID] {
				continue // pages have no snapshot: a row may come twice
			}
			seen[m.ID] = true
			m.readAt = asked
			all = append(all, m)
			fresh++
		}
		if total, err := strconv.Atoi(reply.Header.Get("X-Total-Pages")); err == nil {
			if page >= total || len(modes) == 0 {
				return all, nil
			}
			continue
		}
		if len(modes) < rows || fresh == 0 { // no paging headers: a short page is the last
			return all, nil
		}
	}
	return nil, tt.Errorf(tt.CodeInternal, tt.NotDone, "the server's list has more than %d pages of %d", maxPages, rows)
}

// findKey returns every mode of exactly this key, ended ones included.
// Searches match substrings of any field, so each row is compared.
func (s *System) findKey(ctx context.Context, key converge.Key) ([]*mode, error) {
	found, err := s.list(ctx, key.Hash, nil)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(found, func(m *mode) bool {
		if m.hash() != key.Hash {
			return true
		}
		text, ours := m.key()
		return key.Text != "" && ours && text != key.Text
	}), nil
}

// openTickets returns the open tickets of this namespace, oldest first,
// losers of elections that have not been ended yet included.
func (s *System) openTickets(ctx context.Context) ([]*mode, error) {
	marker := s.marker()
	found, err := s.list(ctx, marker, &filterBody{DateEnd: s.notEnded()})
	if err != nil {
		return nil, err
	}
	now := s.now()
	found = slices.DeleteFunc(found, func(m *mode) bool { return !m.ticket(marker) || m.ended(now) })
	slices.SortFunc(found, oldestFirst)
	return found, nil
}

// age orders tickets: by when they were made, then by id.
type age struct{ made, id int64 }

func (m *mode) age() age {
	made, err := strconv.ParseInt(m.label(labelMade), 10, 64)
	if err != nil {
		made = m.DateStart.UnixMilli()
	}
	return age{made, m.ID}
}

func (a age) compare(b age) int { return cmp.Or(cmp.Compare(a.made, b.made), cmp.Compare(a.id, b.id)) }

func oldestFirst(a, b *mode) int { return a.age().compare(b.age()) }

// The cursor of a list is the age of the last ticket on the page.
func (a age) String() string { return fmt.Sprintf("%d-%d", a.made, a.id) }

func parseAge(cursor string) (a age, err error) {
	if cursor == "" {
		return age{made: math.MinInt64}, nil
	}
	if n, scanErr := fmt.Sscanf(cursor, "%d-%d", &a.made, &a.id); n != 2 || scanErr != nil || a.String() != cursor {
		return a, tt.Errorf(tt.CodeInvalid, tt.NotDone, "After is no Next of an earlier page of this system")
	}
	return a, nil
}

// marker is the label value that every ticket of the namespace carries.
func (s *System) marker() string { return tt.KeyHash(s.cfg.Namespace, "ttkit namespace") }

// ticket reports whether the mode is a ticket of the namespace.
func (m *mode) ticket(marker string) bool {
	return m.label(labelNamespace) == marker && m.hash() != ""
}

// notEnded selects modes whose end has not passed. The server's clock may be
// a little behind what its Date header told.
func (s *System) notEnded() *dateRange {
	return &dateRange{s.now().Add(-2 * time.Second).UTC().Format(wireTime)}
}

// get reads one mode.
func (s *System) get(ctx context.Context, id int64) (*mode, error) {
	m := &mode{readAt: time.Now()}
	if _, err := s.client.Do(ctx, rest.Request{Method: "GET", Path: modePath(id), ReadOnly: true, Out: m}); err != nil {
		return nil, err
	}
	if m.ID != id {
		return nil, tt.Errorf(tt.CodeUnavailable, tt.NotDone, "the server answered another mode (%d) than the one asked for", m.ID)
	}
	return m, nil
}

// current reads a mode; for one that lost an election, the one that won.
func (s *System) current(ctx context.Context, id int64) (*mode, error) {
	m, err := s.get(ctx, id)
	if err != nil {
		return nil, err
	}
	return s.winner(ctx, m)
}

// withOutcome is err with another outcome: that of the operation, where err is
// of an election on the way to it.
func withOutcome(err error, outcome tt.Outcome) error {
	var failed *tt.Error
	if !errors.As(err, &failed) {
		return err
	}
	e := *failed
	e.Outcome = outcome
	return &e
}

// winner follows a loser to the ticket that won.
func (s *System) winner(ctx context.Context, m *mode) (*mode, error) {
	if !m.has(kindDuplicate, "") || m.hash() == "" {
		return m, nil
	}
	text, _ := m.key()
	won, found, err := s.engine.Find(ctx, converge.Key{Hash: m.hash(), Text: text})
	if err != nil || !found {
		return m, withOutcome(err, tt.NotDone) // whatever the operation was to do to the winner
	}
	if won.ID != m.ID {
		s.log.InfoContext(ctx, "a ticket that lost an election stands for the one that won", "tt_id", m.id(), "winner", won.id())
	}
	return won, nil
}
