package zstack

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ttkit/ttkit/internal/journal"
	"github.com/ttkit/ttkit/tt"
)

// GetUpdates tells changes of status from the history, and tickets, comments
// and members from the tags that were added. See tt.System.
func (s *System) GetUpdates(ctx context.Context, req tt.UpdatesRequest) (tt.Updates, error) {
	updates, err := s.updates(ctx, req)
	return updates, s.done(err, "GetUpdates", "", true)
}

func (s *System) updates(ctx context.Context, req tt.UpdatesRequest) (tt.Updates, error) {
	ctx, err := s.begin(ctx)
	if err != nil {
		return tt.Updates{}, err
	}
	defer s.flights.Leave()
	if err := req.Validate(); err != nil {
		return tt.Updates{}, err
	}
	if req.After == "" {
		c, err := s.fromNow(ctx)
		if err != nil {
			return tt.Updates{}, err
		}
		return tt.Updates{Changes: []tt.Change{}, Next: c.String()}, nil
	}
	c, err := parseCursor(req.After)
	if err != nil {
		return tt.Updates{}, err
	}
	f := feed{system: s, cursor: c, limit: req.Limit}
	if !req.All {
		for _, id := range req.IDs {
			if isUUID(id) { // nothing else is a ticket's, or belongs into a query
				f.ids = append(f.ids, id)
			}
		}
		if len(f.ids) == 0 {
			return tt.Updates{Changes: []tt.Change{}, Next: req.After}, nil
		}
	}
	if f.limit == 0 {
		f.limit = 100
	}
	changes, err := f.read(ctx)
	if err != nil {
		return tt.Updates{}, err
	}
	return tt.Updates{Changes: changes, Next: c.String()}, nil
}

// feed reads what follows a cursor.
type feed struct {
	system *System
	cursor *cursor
	ids    []string // nil: all tickets of the namespace
	limit  int
	zone   *time.Location
	events []happening
	until  int64 // what is later than that has not been read to its end
}

// happening is something that happened to a ticket, and that the cursor does
// not know.
type happening struct {
	date      int64 // its place, by the digits of the server's clock
	rank      int   // what comes first within a second
	change    tt.Change
	sequences []int64 // of the rows of the history, if it is one
	tag       string  // uuid of the tag, if it is one
	row       historyRow
	silent    bool // nothing to tell
}

func (f *feed) read(ctx context.Context) (changes []tt.Change, err error) {
	if f.zone, err = f.system.timeZone(ctx); err != nil {
		return nil, err
	}
	f.until = latestDate
	if err := f.readTags(ctx); err != nil {
		return nil, err
	}
	if err := f.readHistory(ctx); err != nil {
		return nil, err
	}
	slices.SortStableFunc(f.events, func(a, b happening) int {
		return cmp.Or(cmp.Compare(a.date, b.date), cmp.Compare(a.rank, b.rank),
			cmp.Compare(a.number(), b.number()), strings.Compare(a.change.ID, b.change.ID))
	})
	f.foldRemarks()
	changes = []tt.Change{}
	for _, h := range f.events {
		if h.date > f.until || len(changes) == f.limit {
			break
		}
		if f.told(&h) {
			changes = append(changes, h.change)
		}
		for _, n := range h.sequences {
			f.cursor.addSequence(n)
		}
		if h.tag != "" {
			f.cursor.addTag(h.tag, h.date)
		}
	}
	f.cursor.prune(since(f.cursor.date, f.zone))
	return changes, nil
}

func (h *happening) number() int64 {
	if len(h.sequences) == 0 {
		return 0
	}
	return h.sequences[0]
}

// since is the date from which on tags are read again, by the digits of the
// server's clock, which go back when a summer time ends.
func since(date int64, zone *time.Location) int64 {
	const around = 3 * time.Hour
	wall := time.Unix(date, 0).UTC()
	at := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), 0, zone)
	_, before := at.Add(-around).Zone()
	_, after := at.Add(around).Zone()
	return max(date-tagOverlap-int64(max(before-after, 0)), 0)
}

// asked are the conditions for the tickets that are asked for, when they are
// few enough for a query.
func (f *feed) asked(field string) []string {
	if f.ids == nil || len(f.ids) > chunk {
		return nil
	}
	return []string{anyOf(field, f.ids...)}
}

// chunk is how many uuids stand in one query.
const chunk = 100

// readTags reads the tags from the overlap on. A page begins with the date at
// which the one before it ended, whose tags may come in any order: what is
// deleted meanwhile shifts no other tag out of sight.
func (f *feed) readTags(ctx context.Context) error {
	conditions := append(f.asked("resourceUuid"), "resourceType="+ticketResource, "tag~="+journalPrefix+"%")
	var from, last int64
	if f.cursor.date > 0 {
		from = since(f.cursor.date, f.zone)
	}
	known := map[string]bool{}
	first, start := "", 0
	for {
		q := url.Values{"q": slices.Clone(conditions), "sort": {"createDate"}, "limit": {strconv.Itoa(pageSize)}, "start": {strconv.Itoa(start)}}
		if from > 0 {
			q.Add("q", "createDate>="+time.Unix(from, 0).UTC().Format(time.DateTime))
		}
		rows, err := query[tagRow](ctx, f.system, pathUserTags, q)
		if err != nil {
			return err
		}
		for _, row := range rows {
			h, ok := f.ofTag(row)
			if !ok {
				continue
			}
			if last = max(last, h.date); known[row.UUID] || f.cursor.hasTag(row.UUID) {
				continue
			}
			known[row.UUID] = true
			f.events = append(f.events, h)
		}
		switch {
		case len(rows) < pageSize, start > 0 && rows[0].UUID == first:
			return nil
		case len(known) > f.limit:
			f.until = min(f.until, last)
			return nil
		case last > from:
			from, start = last, 0
		default: // all of one second
			start += pageSize
		}
		first = rows[0].UUID
	}
}

// ranks of what happens within one second.
const (
	rankCreate = iota
	rankPromote
	rankAdd
	rankComment
	rankStatus
)

// ofTag reads a tag. Ours are written by this library alone.
func (f *feed) ofTag(row tagRow) (happening, bool) {
	date, err := parseDate(row.Created, time.UTC)
	if err != nil || !isUUID(row.UUID) {
		return happening{}, false
	}
	entries, _ := journal.Decode(slices.Values([]string{row.Text}))
	if len(entries) != 1 {
		return happening{date: date.Unix(), tag: row.UUID, silent: true}, true
	}
	e := entries[0]
	h := happening{date: date.Unix(), tag: row.UUID, change: tt.Change{
		ID: string(e.Kind) + e.ID + "." + row.Resource, TicketID: row.Resource, At: view{zone: f.zone}.at(row.Created), Own: true,
	}}
	b := (&book{held: map[string]bool{}})
	b.take(e)
	switch {
	case b.ours:
		h.rank, h.change.Action = rankCreate, tt.ActionCreate
		h.change.Login, h.change.Message = b.header.Login, b.header.Subject
	case b.promoted:
		h.rank, h.change.Action = rankPromote, tt.ActionPromote
	case len(b.members) == 1:
		h.rank, h.change.Action, h.change.Message = rankAdd, tt.ActionAdd, b.members[0].Object
	case len(b.comments) == 1:
		c := b.comments[0]
		h.rank, h.change.Action, h.change.Login, h.change.Message = rankComment, tt.ActionComment, c.Login, joinLines(c.Subject, c.Body)
	default:
		h.silent = true
	}
	return h, true
}

func joinLines(a, b string) string { return strings.Trim(a+"\n"+b, "\n") }

// readHistory reads the rows of the history from the overlap on. They are told
// in the order of their numbers, because the cursor goes by these: a row whose
// date is before that of an earlier one, such as when a summer time ends, takes
// its place after it.
func (f *feed) readHistory(ctx context.Context) error {
	conditions := f.asked("ticketUuid")
	after, fresh := max(f.cursor.sequence-overlap, 0), 0
	var last int64 // of the dates so far
	for {
		rows, err := query[historyRow](ctx, f.system, pathHistories, url.Values{
			"q":    append(slices.Clone(conditions), "sequence>"+strconv.FormatInt(after, 10)),
			"sort": {"sequence"}, "limit": {strconv.Itoa(pageSize)},
		})
		if err != nil {
			return err
		}
		before := after
		for _, row := range rows {
			date, err := parseDate(row.Created, time.UTC)
			if err != nil {
				return tt.Errorf(tt.CodeInternal, tt.NotDone, "the createDate of a row of the history: %w", err)
			}
			last = max(last, date.Unix())
			after = max(after, int64(row.Sequence))
			if f.cursor.hasSequence(int64(row.Sequence)) {
				continue
			}
			fresh++
			f.events = append(f.events, f.ofHistory(row, last))
		}
		if len(rows) < pageSize || after == before {
			return nil
		}
		if fresh > f.limit {
			f.until = min(f.until, last)
			return nil
		}
	}
}

// ofHistory reads a row of the history. It is ours when our note is in it.
func (f *feed) ofHistory(row historyRow, date int64) happening {
	note, text, own := readNote(row.Comment)
	n := int64(row.Sequence)
	h := happening{date: date, rank: rankStatus, sequences: []int64{n}, row: row, change: tt.Change{
		ID: "h" + strconv.FormatInt(n, 10), TicketID: row.TicketUUID, Action: tt.ActionOther,
		Login: row.Operator, At: view{zone: f.zone}.at(row.Created), Message: strings.TrimSpace(text), Own: own,
	}}
	if own {
		h.change.Login = note.Login
	}
	switch {
	case row.From.open() && row.To.ended():
		h.change.Action = tt.ActionClose
	case row.From.ended() && row.To.open():
		h.change.Action = tt.ActionReopen
	case row.From == row.To && h.change.Message == "":
		h.silent = row.To == statusPending // the creation, which the header tells
	}
	return h
}

// foldRemarks makes one comment of two changes that cancel each other out: a
// person who only wants to say something must reject a ticket and reopen it.
func (f *feed) foldRemarks() {
	latest := map[string]int{} // of a ticket, among the changes of status
	for i := range f.events {
		h := &f.events[i]
		if len(h.sequences) == 0 {
			continue
		}
		if j, ok := latest[h.change.TicketID]; ok {
			first := &f.events[j]
			undone := first.row.From == h.row.To && first.row.To == h.row.From && first.row.From != first.row.To
			if undone && first.row.Created == h.row.Created && !first.change.Own && first.change.Message != "" && h.change.Message == "" && !first.silent {
				first.change.Action = tt.ActionComment
				first.sequences = append(first.sequences, h.sequences...)
				h.silent = true
				delete(latest, h.change.TicketID)
				continue
			}
		}
		latest[h.change.TicketID] = i
	}
}

// told reports whether something is to be told, and was asked for. The rest
// moves the cursor on, too, so that it is not read again for ever.
func (f *feed) told(h *happening) bool {
	switch {
	case h.silent:
		return false
	case f.ids != nil:
		return slices.Contains(f.ids, h.change.TicketID)
	}
	return f.system.own(h.change.TicketID)
}

// fromNow is the cursor from now on: all that can be seen was told.
func (s *System) fromNow(ctx context.Context) (*cursor, error) {
	c := &cursor{}
	zone, err := s.timeZone(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := query[historyRow](ctx, s, pathHistories, url.Values{"sort": {"-sequence"}, "limit": {strconv.Itoa(overlap)}})
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		c.addSequence(int64(row.Sequence))
	}
	conditions := []string{"resourceType=" + ticketResource, "tag~=" + journalPrefix + "%"}
	newest, err := query[tagRow](ctx, s, pathUserTags, url.Values{"q": conditions, "sort": {"-createDate"}, "limit": {"1"}})
	if err != nil || len(newest) == 0 {
		return c, err
	}
	date, err := parseDate(newest[0].Created, time.UTC)
	if err != nil {
		return nil, tt.Errorf(tt.CodeInternal, tt.NotDone, "the createDate of a tag: %w", err)
	}
	c.date = date.Unix()
	conditions = append(conditions, "createDate>="+time.Unix(since(c.date, zone), 0).UTC().Format(time.DateTime))
	tags, err := queryAll(ctx, s, pathUserTags, conditions, func(t tagRow) string { return t.UUID })
	if err != nil {
		return nil, err
	}
	for _, t := range tags {
		if date, err := parseDate(t.Created, time.UTC); err == nil && isUUID(t.UUID) {
			c.addTag(t.UUID, date.Unix())
		}
	}
	return c, nil
}
