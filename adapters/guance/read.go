package guance

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/ttkit/ttkit/internal/converge"
	"github.com/ttkit/ttkit/tt"
)

// GetTT reads a schedule. Schedules that this library did not make can be read
// too: their subject is the name, their objects those of the filter. See
// tt.System.
func (s *System) GetTT(ctx context.Context, id string) (*tt.Ticket, error) {
	ticket, err := s.ticket(ctx, id)
	return ticket, s.done(err, "GetTT", id, true)
}

func (s *System) ticket(ctx context.Context, id string) (*tt.Ticket, error) {
	ctx, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer s.flights.Leave()
	if err := checkID(id); err != nil {
		return nil, err
	}
	x, err := s.current(ctx, id)
	if err != nil {
		return nil, err
	}
	return s.view(x), nil
}

// current reads a schedule; for one that lost an election, the one that won.
func (s *System) current(ctx context.Context, id string) (*schedule, error) {
	x, err := s.get(ctx, id)
	if err != nil {
		return nil, err
	}
	return s.winner(ctx, x)
}

// winner follows a loser to the ticket that won.
func (s *System) winner(ctx context.Context, x *schedule) (*schedule, error) {
	b := x.read()
	if b.duplicate == nil || x.hash() == "" {
		return x, nil
	}
	won, found, err := s.engine.Find(ctx, converge.Key{Hash: x.hash(), Text: b.header.Key})
	if err != nil || !found {
		return x, withOutcome(err, tt.NotDone) // whatever the operation was to do to the winner
	}
	if won.uuid != x.uuid {
		s.log.InfoContext(ctx, "a ticket that lost an election stands for the one that won", "tt_id", x.uuid, "winner", won.uuid)
	}
	return won, nil
}

// view makes a Ticket of a schedule.
func (s *System) view(x *schedule) *tt.Ticket {
	b := x.read()
	t := &tt.Ticket{ID: x.uuid, State: tt.StateOpen, Stage: string(x.fields.get("status")), Comments: []tt.Comment{}}
	t.StageID = t.Stage
	if b.ours {
		h := b.header
		t.Key, t.Queue, t.Object, t.PreReason, t.Owner = h.Key, h.Queue, h.Object, h.Reason, h.Login
		t.Subject, t.Body, t.OpenedAt, t.Truncated = h.Subject, h.Body, h.Opened, h.Truncated
		t.Objects = append(t.Objects, h.Object)
	} else {
		s.viewForeign(t, x)
	}
	for _, m := range b.members {
		if !slices.Contains(t.Objects, m.Object) {
			t.Objects = append(t.Objects, m.Object)
		}
	}
	if b.has(kindPromoted, "") {
		t.Group = t.ID
	}
	for _, c := range b.comments {
		t.Comments = append(t.Comments, c.comment())
		t.Truncated = t.Truncated || c.Truncated
	}
	t.StageAt = t.OpenedAt
	if x.created > 0 { // not when the alarm was raised
		t.StageAt = time.Unix(int64(x.created), 0).UTC()
	}
	if x.ended(s.now()) {
		t.State = tt.StateClosed
		t.ClosedAt = time.Unix(x.span.end, 0).UTC()
		if b.closed != nil {
			t.ClosedAt = b.closed.At.UTC()
		}
		t.StageAt = t.ClosedAt
	}
	if c := b.closed; c != nil {
		t.FinalReason = c.Reason
		t.Truncated = t.Truncated || c.Truncated
		if c.Subject != "" || c.Body != "" {
			last := c.comment()
			if last.At.Before(c.After) { // clocks differ
				last.At = c.After.UTC()
			}
			at := len(t.Comments)
			for at > 0 && t.Comments[at-1].At.After(last.At) { // made since
				at--
			}
			t.Comments = slices.Insert(t.Comments, at, last)
		}
	}
	return t
}

// viewForeign shows a schedule of a person's as a ticket.
func (s *System) viewForeign(t *tt.Ticket, x *schedule) {
	t.Subject = x.name
	t.OpenedAt = x.createdAt()
	if span := x.span; span.hasStart {
		t.OpenedAt = time.Unix(span.start, 0).UTC()
	}
	filter, _ := parseFilter(x.fields.text("dimensionFilter"))
	t.Objects = filter.hosts(s.cfg.Dimension)
	if len(t.Objects) > 0 {
		t.Object = t.Objects[0]
	}
}

func (r remark) comment() tt.Comment {
	return tt.Comment{ID: r.id, ReplyTo: r.ReplyTo, At: r.At.UTC(), Login: r.Login, Subject: r.Subject, Body: r.Body}
}

// FindTT looks a key up, and ends what lost the election. See tt.System.
func (s *System) FindTT(ctx context.Context, key string) (string, error) {
	id, err := s.find(ctx, key)
	return id, s.done(err, "FindTT", id, true)
}

func (s *System) find(ctx context.Context, key string) (string, error) {
	ctx, err := s.begin(ctx)
	if err != nil {
		return "", err
	}
	defer s.flights.Leave()
	if err := tt.ValidateKey(key); err != nil {
		return "", err
	}
	x, found, err := s.engine.Find(ctx, s.key(key))
	switch {
	case err != nil:
		return "", err
	case !found:
		return "", tt.Errorf(tt.CodeNotFound, tt.NotDone, "no ticket of key %q in this namespace", key)
	}
	return x.uuid, nil
}

// GetObjectTTs lists the open tickets of an object. See tt.System.
func (s *System) GetObjectTTs(ctx context.Context, obj string) ([]string, error) {
	ids, err := s.objectTickets(ctx, obj)
	return ids, s.done(err, "GetObjectTTs", "", true)
}

// objectTickets makes two searches, whatever the number of closed tickets: for
// the object's own tickets that are no groups, and for groups.
func (s *System) objectTickets(ctx context.Context, obj string) ([]string, error) {
	ctx, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer s.flights.Leave()
	if err := tt.ValidateObject(obj); err != nil {
		return nil, err
	}
	ctx, give, err := s.limiter.reserve(ctx, 2)
	if err != nil {
		return nil, err
	}
	defer give()
	hash := s.objectHash(obj)
	found, err := s.list(ctx, searchObject(hash))
	if err != nil {
		return nil, err
	}
	groups, err := s.list(ctx, groupsOnly)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, x := range groups { // read last, so what it says of a ticket counts
		seen[x.uuid] = true
	}
	for _, x := range found {
		if !seen[x.uuid] {
			groups = append(groups, x)
		}
	}
	slices.SortFunc(groups, oldestFirst)
	ids := []string{}
	marker, now := s.marker(), s.now()
	for _, x := range groups {
		if x.tag.state != tagGroup && (x.tag.state != tagOpen || x.tag.object != hash) {
			continue
		}
		if x.ticket(marker) && !x.ended(now) && x.read().duplicate == nil && x.concerns(obj) {
			ids = append(ids, x.uuid)
		}
	}
	return ids, nil
}

// concerns reports whether the ticket is of the object, or of a group with it.
func (x *schedule) concerns(obj string) bool {
	b := x.read()
	return b.header.Object == obj || slices.ContainsFunc(b.members, func(m member) bool { return m.Object == obj })
}

// ListTTs lists the open tickets of this namespace. See tt.System.
func (s *System) ListTTs(ctx context.Context, req tt.ListRequest) (tt.List, error) {
	list, err := s.page(ctx, req)
	return list, s.done(err, "ListTTs", "", true)
}

func (s *System) page(ctx context.Context, req tt.ListRequest) (tt.List, error) {
	ctx, err := s.begin(ctx)
	if err != nil {
		return tt.List{}, err
	}
	defer s.flights.Leave()
	if err := req.Validate(); err != nil {
		return tt.List{}, err
	}
	after, err := parseAge(req.After)
	if err != nil {
		return tt.List{}, err
	}
	limit := req.Limit
	if limit == 0 {
		limit = 100
	}
	found, err := s.openTickets(ctx)
	if err != nil {
		return tt.List{}, err
	}
	list := tt.List{IDs: []string{}}
	var last age
	for _, x := range found {
		if x.age().compare(after) <= 0 || x.read().duplicate != nil {
			continue
		}
		if len(list.IDs) == limit {
			list.Next = last.String()
			break
		}
		list.IDs = append(list.IDs, x.uuid)
		last = x.age()
	}
	return list, nil
}

// age orders tickets: by when they were made, then by id.
type age struct {
	made int64
	uuid string
}

func (x *schedule) age() age { return age{x.read().header.Made, x.uuid} }

func (a age) compare(b age) int {
	return cmp.Or(cmp.Compare(a.made, b.made), strings.Compare(a.uuid, b.uuid))
}

func oldestFirst(a, b *schedule) int { return a.age().compare(b.age()) }

// The cursor of a list is the age of the last ticket on the page.
func (a age) String() string { return fmt.Sprintf("%d-%s", a.made, a.uuid) }

func parseAge(cursor string) (a age, err error) {
	if cursor == "" {
		return age{made: math.MinInt64}, nil
	}
	if n, scanErr := fmt.Sscanf(cursor, "%d-%s", &a.made, &a.uuid); n != 2 || scanErr != nil || a.String() != cursor {
		return a, tt.Errorf(tt.CodeInvalid, tt.NotDone, "After is no Next of an earlier page of this system")
	}
	return a, nil
}
