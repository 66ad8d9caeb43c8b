package guance

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/ttkit/ttkit/internal/rest"
	"github.com/ttkit/ttkit/tt"
)

const (
	perPage  = 100    // the most that the server gives
	fewer    = 5      // times fewer rows on a page after one that was too large
	maxPages = 10_000 // a server that never ends a list is not followed forever
	rounds   = 3      // through a list whose rows move while it is read
)

// listBody is how a list is asked for by POST.
type listBody struct {
	PageIndex int    `json:"pageIndex"`
	PageSize  int    `json:"pageSize"`
	Search    string `json:"search,omitempty"`
}

// list reads all schedules whose names hold a text; "" is any. Servers match
// in their own way, or not at all: the caller compares.
func (s *System) list(ctx context.Context, search string) ([]*schedule, error) {
	found, _, err := s.listUpTo(ctx, search, maxPages)
	if err == nil && found == nil {
		return nil, tt.Errorf(tt.CodeInternal, tt.NotDone, "the server's list has more than %d pages of %d", maxPages, perPage)
	}
	return found, err
}

// listUpTo is list that gives up, with nil, when there are more pages than it
// may read. It tells how many there are, as far as it knows.
func (s *System) listUpTo(ctx context.Context, search string, most int) ([]*schedule, int, error) {
	for size := perPage; ; size = max(1, size/fewer) {
		r := reading{system: s, search: search, size: size, most: most, total: -1, seen: map[string]int{}}
		err := r.all(ctx)
		switch {
		case size > 1 && errors.Is(err, rest.ErrReplyTooLarge):
			most = maxPages // small pages are many
		case err != nil:
			return nil, 0, err
		default:
			return r.result(), r.pages(), nil
		}
	}
}

// reading is a list while its pages are read. They have no snapshot: rows move
// from page to page when schedules are made, changed or deleted meanwhile.
type reading struct {
	system *System
	search string
	size   int
	most   int

	rows   []*schedule
	seen   map[string]int // uuid to the index in rows
	others int            // rows that are no schedules
	total  int            // of rows, by the server's latest word; -1: it does not say
	shrunk bool           // rows have left the list while it was read
	last   int            // the highest page that was read
	stuck  bool           // there are more pages than most
}

// pages is how many the list has, as far as it is known.
func (r *reading) pages() int {
	pages := max(r.last, (r.total+r.size-1)/r.size)
	if r.stuck {
		pages = max(pages, r.most+1)
	}
	return pages
}

// result is what was read; nil when that is not all.
func (r *reading) result() []*schedule {
	if r.stuck {
		return nil
	}
	out := make([]*schedule, 0, len(r.rows))
	for _, x := range r.rows {
		if !x.deleted {
			out = append(out, x)
		}
	}
	return out
}

// all reads every page, and again from the first while rows are missing that
// the server counts, or when some have left: those behind them have moved to a
// page that was read before. Without a count, a list of several pages is begun
// once more: what moved to the front was there before.
func (r *reading) all(ctx context.Context) error {
	for round := range rounds {
		r.shrunk = false
		for page := 1; ; page++ {
			if page > r.most {
				r.stuck = true
				return nil
			}
			more, err := r.page(ctx, page)
			if err != nil {
				return err
			}
			if !more {
				break
			}
			if round > 0 && r.total < 0 {
				return nil
			}
		}
		if r.last == 1 || r.total >= 0 && len(r.rows)+r.others >= r.total && !r.shrunk || r.total < 0 && round > 0 {
			return nil
		}
	}
	return nil
}

// page reads one page, and tells whether there are more.
func (r *reading) page(ctx context.Context, page int) (more bool, err error) {
	asked := time.Now()
	answer, err := r.system.askPage(ctx, listBody{page, r.size, r.search})
	if err != nil {
		return false, err
	}
	r.shrunk = r.shrunk || page > 1 && answer.total < r.total
	r.last, r.total = max(r.last, page), answer.total
	fresh := 0
	for _, x := range answer.rows {
		x.readAt = asked
		if at, ok := r.seen[x.uuid]; ok {
			r.rows[at] = x // read later
			continue
		}
		r.seen[x.uuid] = len(r.rows)
		r.rows = append(r.rows, x)
		fresh++
		if r.search != "" && !strings.Contains(strings.ToLower(x.name), strings.ToLower(r.search)) {
			r.system.searchIgnored(ctx)
		}
	}
	if page == 1 {
		r.others = 0
	}
	r.others += answer.count - len(answer.rows)
	switch {
	case answer.count == 0:
		return false, nil
	case answer.total >= 0:
		return page*r.size < answer.total || answer.count < r.size && fresh > 0 && len(r.rows)+r.others < answer.total, nil
	}
	return answer.count >= r.size && fresh > 0, nil
}

func (s *System) searchIgnored(ctx context.Context) {
	if !s.routes.noSearch.Swap(true) {
		s.log.WarnContext(ctx, "the server does not mind what is searched for: every look-up reads the whole workspace")
	}
}

// askPage asks for a page by the verb that is known to work, or finds out
// which.
func (s *System) askPage(ctx context.Context, page listBody) (*many, error) {
	r := &s.routes
	verb, known := r.verb.Load().(string)
	if !known {
		verb = r.list.method
	}
	answer, err := s.askPageBy(ctx, verb, page)
	if !known && !r.list.given && missing(err) {
		other, otherErr := s.askPageBy(ctx, http.MethodPost, page)
		if missing(otherErr) {
			return nil, err
		}
		verb, answer, err = http.MethodPost, other, otherErr
	}
	if err == nil && !known {
		r.verb.Store(verb)
	}
	return answer, err
}

func (s *System) askPageBy(ctx context.Context, verb string, page listBody) (*many, error) {
	answer := &many{}
	request := s.pageRequest(verb, page)
	request.Out = answer
	_, err := s.client.Do(ctx, request)
	return answer, err
}

func (s *System) pageRequest(verb string, page listBody) rest.Request {
	request := rest.Request{Method: verb, Path: s.routes.list.path, ReadOnly: true}
	if verb == http.MethodPost {
		request.Body = page
	} else {
		request.Query = url.Values{"pageIndex": {strconv.Itoa(page.PageIndex)}, "pageSize": {strconv.Itoa(page.PageSize)}}
		if page.Search != "" {
			request.Query.Set("search", page.Search)
		}
	}
	return request
}
