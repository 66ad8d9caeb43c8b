package zstack

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/ttkit/ttkit/internal/rest"
)

// pageSize is how many rows a query asks for. The server's own limit is
// 1,000.
const pageSize = 500

// query asks for the rows of one page.
func query[T any](ctx context.Context, s *System, path string, q url.Values) ([]T, error) {
	var reply inventories[T]
	_, _, err := s.send(ctx, rest.Request{Path: path, Query: q, ReadOnly: true, Out: &reply})
	return reply.Inventories, err
}

// queryAll asks for all rows, in the order of their uuids: rows that come and
// go meanwhile do not shift the others from page to page.
func queryAll[T any](ctx context.Context, s *System, path string, conditions []string, uuid func(T) string) ([]T, error) {
	var all []T
	last := ""
	for {
		q := url.Values{"q": slices.Clone(conditions), "sort": {"uuid"}, "limit": {strconv.Itoa(pageSize)}}
		if last != "" {
			q.Add("q", "uuid>"+last)
		}
		rows, err := query[T](ctx, s, path, q)
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
		if len(rows) < pageSize || uuid(rows[len(rows)-1]) <= last {
			return all, nil
		}
		last = uuid(rows[len(rows)-1])
	}
}

// ticket reads a ticket that is alive; nil when there is none. The server
// answers a list, empty for what it does not know or the session cannot see.
func (s *System) ticket(ctx context.Context, uuid string) (*ticketRow, error) {
	rows, err := query[ticketRow](ctx, s, pathTickets+"/"+uuid, nil)
	if err != nil {
		return nil, err
	}
	for i := range rows {
		if rows[i].UUID == uuid {
			return &rows[i], nil
		}
	}
	return nil, nil
}

// archived reads a ticket that was deleted; nil when there is none.
func (s *System) archived(ctx context.Context, uuid string) (*ticketRow, error) {
	rows, err := query[ticketRow](ctx, s, pathArchives, url.Values{"q": {"ticketUuid=" + uuid}})
	if err != nil {
		return nil, err
	}
	var newest *ticketRow
	for i := range rows {
		if rows[i].TicketUUID == uuid {
			newest = &rows[i] // of several, any: all of them are over
		}
	}
	return newest, nil
}

// tags reads the user tags of a ticket.
func (s *System) tags(ctx context.Context, uuid string) (*book, error) {
	rows, err := s.tagRows(ctx, uuid)
	if err != nil {
		return nil, err
	}
	return s.readBook(rows), nil
}

func (s *System) tagRows(ctx context.Context, uuid string) ([]tagRow, error) {
	rows, err := queryAll(ctx, s, pathUserTags,
		[]string{"resourceType=" + ticketResource, "resourceUuid=" + uuid}, func(t tagRow) string { return t.UUID })
	return slices.DeleteFunc(rows, func(t tagRow) bool { return t.Resource != uuid }), err
}

// history reads the changes of a ticket's status, the oldest first.
func (s *System) history(ctx context.Context, path, uuid string) ([]historyRow, error) {
	var all []historyRow
	for {
		q := url.Values{"q": {"ticketUuid=" + uuid}, "sort": {"sequence"}, "limit": {strconv.Itoa(pageSize)}}
		if n := len(all); n > 0 {
			q.Add("q", "sequence>"+strconv.FormatInt(int64(all[n-1].Sequence), 10))
		}
		rows, err := query[historyRow](ctx, s, path, q)
		if err != nil {
			return nil, err
		}
		before := len(all)
		all = append(all, rows...)
		if len(rows) < pageSize || before > 0 && all[len(all)-1].Sequence <= all[before-1].Sequence {
			return all, nil
		}
	}
}

// anyOf is a condition that a field has one of some values, which must be free
// of commas and operators.
func anyOf[T ~string](field string, values ...T) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = string(v)
	}
	return field + "?=" + strings.Join(texts, ",")
}
