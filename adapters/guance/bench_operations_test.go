package guance_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/ttkit/ttkit/internal/contest"
	"github.com/ttkit/ttkit/tt"
)

// The alarm that the benchmarks are about: as long as alarms are.
const (
	benchKey     = "noc/link-down/sw-3/GigabitEthernet0-17/2025-11-01T10:00:00Z"
	benchHost    = "sw-3.msk.example.net"
	benchSubject = "Link down: GigabitEthernet0/17 of sw-3.msk.example.net"
	benchBody    = "The interface went down 35 seconds ago.\nNeighbour: core-1.msk.example.net, TenGigabitEthernet1/0/4.\n" +
		"Customers behind it: 14, two of them with a service level of four hours.\nSeen by: ping, trap, LLDP."
	benchComment = "The engineer on duty has been called; the fibre to the neighbour is being measured from both ends."
	benchTarget  = "notify_d41d8cd98f00b204"
)

var benchHash = tt.KeyHash("", benchKey)[:16]

// play is what one operation is about. It is made before the operation is
// recorded.
type play struct {
	id       string
	at       time.Time
	writes   []write  // as the adapter made them when the operation was recorded
	searches []string // what it searched for
}

var operations = []contest.Operation[play, *bareClient]{
	{Name: "CreateTT, new", Library: createTicket, Bare: createSchedule},
	{Name: "CreateTT, existing", Prepare: open, Library: createTicket, Bare: createSchedule},
	{
		Name: "GetTT", Prepare: commented,
		Library: func(ctx context.Context, sys tt.System, p *play) error {
			t, err := sys.GetTT(ctx, p.id)
			return expect(err, err == nil && len(t.Comments) == 2)
		},
		Bare: func(ctx context.Context, c *bareClient, p *play) error {
			x, err := c.get(ctx, p.id)
			return expect(err, err == nil && x.UUID == p.id)
		},
	},
	{
		Name: "GetObjectTTs", Prepare: several(2),
		Library: func(ctx context.Context, sys tt.System, _ *play) error {
			ids, err := sys.GetObjectTTs(ctx, benchHost)
			return expect(err, len(ids) == 2)
		},
		Bare: func(ctx context.Context, c *bareClient, p *play) error {
			open := 0
			for _, text := range p.searches {
				found, err := c.search(ctx, text)
				if err != nil {
					return err
				}
				open += len(found)
			}
			return expect(nil, open == 2)
		},
	},
	{
		Name: "FindTT", Prepare: open,
		Library: func(ctx context.Context, sys tt.System, p *play) error {
			id, err := sys.FindTT(ctx, benchKey)
			return expect(err, id == p.id)
		},
		Bare: func(ctx context.Context, c *bareClient, p *play) error {
			found, err := c.search(ctx, benchHash)
			return expect(err, len(found) == 1 && found[0].UUID == p.id)
		},
	},
	{
		Name: "ListTTs, 20 open", Prepare: several(20),
		Library: func(ctx context.Context, sys tt.System, _ *play) error {
			list, err := sys.ListTTs(ctx, tt.ListRequest{})
			return expect(err, len(list.IDs) == 20)
		},
		Bare: func(ctx context.Context, c *bareClient, p *play) error {
			found, err := c.search(ctx, p.searches[0])
			return expect(err, len(found) == 20)
		},
	},
	{
		Name: "CloseTT", Prepare: open,
		Library: func(ctx context.Context, sys tt.System, p *play) error {
			closed, err := sys.CloseTT(ctx, tt.CloseRequest{ID: p.id, Subject: "Link up", Body: benchComment, Reason: "repaired", Login: "noc"})
			return expect(err, closed)
		},
		Bare: func(ctx context.Context, c *bareClient, p *play) error {
			return c.close(ctx, p.id, benchHash, p.writes[0])
		},
	},
	{
		Name: "AddComment", Prepare: open,
		Library: func(ctx context.Context, sys tt.System, p *play) error {
			return sys.AddComment(ctx, tt.CommentRequest{ID: p.id, Subject: "Called", Body: benchComment, Login: "noc", At: p.at, Key: "called"})
		},
		Bare: changeSchedule,
	},
	{
		Name: "CreateGroupTT", Prepare: open,
		Library: func(ctx context.Context, sys tt.System, p *play) error {
			group, err := sys.CreateGroupTT(ctx, p.id, p.at)
			return expect(err, group == p.id)
		},
		Bare: changeSchedule,
	},
	{
		Name: "AddToGroupTT, 2 objects", Prepare: promoted,
		Library: func(ctx context.Context, sys tt.System, p *play) error {
			results, err := sys.AddToGroupTT(ctx, p.id, "sw-11.msk.example.net", "sw-12.msk.example.net")
			return expect(err, len(results) == 2 && results[0].Err == nil && results[1].Err == nil)
		},
		Bare: changeSchedule,
	},
}

// expect makes sure that an operation did what it is measured for.
func expect(err error, done bool) error {
	if err == nil && !done {
		err = errors.New("the answer is not what was recorded")
	}
	return err
}

func createTicket(ctx context.Context, sys tt.System, p *play) error {
	_, err := sys.CreateTT(ctx, tt.CreateRequest{
		Queue: "noc", Object: benchHost, Reason: "link", Subject: benchSubject, Body: benchBody, Login: "noc", Timestamp: p.at, Key: benchKey,
	})
	return err
}

func createSchedule(ctx context.Context, c *bareClient, p *play) error {
	var w write
	if len(p.writes) > 0 {
		w = p.writes[0]
	}
	_, err := c.create(ctx, benchHash, benchTarget, w)
	return err
}

func changeSchedule(ctx context.Context, c *bareClient, p *play) error {
	_, err := c.change(ctx, p.id, p.writes[0])
	return err
}

// open makes the ticket.
func open(ctx context.Context, sys tt.System, p *play) error {
	created, err := sys.CreateTT(ctx, tt.CreateRequest{
		Queue: "noc", Object: benchHost, Reason: "link", Subject: benchSubject, Body: benchBody, Login: "noc", Timestamp: p.at, Key: benchKey,
	})
	p.id = created.ID
	return err
}

// commented is open, with two comments.
func commented(ctx context.Context, sys tt.System, p *play) error {
	if err := open(ctx, sys, p); err != nil {
		return err
	}
	for i := range 2 {
		err := sys.AddComment(ctx, tt.CommentRequest{ID: p.id, Subject: "Called", Body: benchComment, Login: "noc", At: p.at, Key: strconv.Itoa(i)})
		if err != nil {
			return err
		}
	}
	return nil
}

// promoted is open, as a group ticket.
func promoted(ctx context.Context, sys tt.System, p *play) error {
	if err := open(ctx, sys, p); err != nil {
		return err
	}
	_, err := sys.CreateGroupTT(ctx, p.id, p.at)
	return err
}

// several makes so many tickets of the object.
func several(n int) func(context.Context, tt.System, *play) error {
	return func(ctx context.Context, sys tt.System, p *play) error {
		for i := range n {
			_, err := sys.CreateTT(ctx, tt.CreateRequest{
				Queue: "noc", Object: benchHost, Subject: benchSubject, Body: benchBody, Timestamp: p.at, Key: fmt.Sprint(benchKey, i),
			})
			if err != nil {
				return err
			}
		}
		return nil
	}
}

// learn takes what the recorded requests searched for and changed.
func (p *play) learn(steps []contest.Exchange) error {
	before := 0 // rules
	for _, s := range steps {
		switch {
		case strings.HasSuffix(s.Path, "/list"):
			query, err := url.ParseQuery(s.Query)
			if err != nil {
				return err
			}
			p.searches = append(p.searches, query.Get("search"))
		case strings.HasSuffix(s.Path, "/get"):
			var answer bareAnswer[bareSchedule]
			if err := json.Unmarshal([]byte(s.Body), &answer); err != nil {
				return err
			}
			before = len(answer.Content.Strategy)
		default:
			var sent bareRequest
			if err := json.Unmarshal([]byte(s.Sent), &sent); err != nil {
				return err
			}
			p.writes = append(p.writes, write{sent.Name, sent.DimensionFilter, sent.Strategy[before:], sent.Extend.EffectiveTime.End < 4102444800})
		}
	}
	return nil
}
