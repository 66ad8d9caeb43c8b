package zstack_test

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
	benchSubject = "Link down: GigabitEthernet0/17 of sw-3.msk.example.net"
	benchBody    = "The interface went down 35 seconds ago.\nNeighbour: core-1.msk.example.net, TenGigabitEthernet1/0/4.\n" +
		"Customers behind it: 14, two of them with a service level of four hours.\nSeen by: ping, trap, LLDP."
	benchComment = "The engineer on duty has been called; the fibre to the neighbour is being measured from both ends."
)

// play is what one operation is about. It is made before the operation is
// recorded.
type play struct {
	id string // of the ticket of benchKey
	at time.Time

	// What the adapter wrote when the operation was recorded: texts that a
	// client without a journal would not have.
	name, description string
	requests          []bareRequest
	tags              []string // of a create, or one by one
	comment           string   // of a transition
	search            string   // the condition on tags
}

var operations = []contest.Operation[play, *bareClient]{
	{Name: "CreateTT, new", Library: createTicket, Bare: createBare},
	{Name: "CreateTT, existing", Prepare: open, Library: createTicket, Bare: createBare},
	{
		Name: "GetTT", Prepare: commented,
		Library: func(ctx context.Context, sys tt.System, p *play) error {
			t, err := sys.GetTT(ctx, p.id)
			return expect(err, err == nil && len(t.Comments) == 2)
		},
		Bare: func(ctx context.Context, c *bareClient, p *play) error {
			t, err := c.get(ctx, p.id)
			if err != nil {
				return err
			}
			tags, err := c.tags(ctx, p.id)
			if err != nil {
				return err
			}
			_, err = c.histories(ctx, p.id)
			return expect(err, t.UUID == p.id && len(tags) > 2)
		},
	},
	{
		Name: "GetObjectTTs", Prepare: several(2),
		Library: func(ctx context.Context, sys tt.System, _ *play) error {
			ids, err := sys.GetObjectTTs(ctx, "sw-3")
			return expect(err, len(ids) == 2)
		},
		Bare: searchBare(2),
	},
	{
		Name: "FindTT", Prepare: open,
		Library: func(ctx context.Context, sys tt.System, p *play) error {
			id, err := sys.FindTT(ctx, benchKey)
			return expect(err, id == p.id)
		},
		Bare: func(ctx context.Context, c *bareClient, p *play) error {
			t, err := c.get(ctx, p.id)
			return expect(err, err == nil && t.UUID == p.id)
		},
	},
	{
		Name: "ListTTs, 20 open", Prepare: several(19),
		Library: func(ctx context.Context, sys tt.System, _ *play) error {
			list, err := sys.ListTTs(ctx, tt.ListRequest{})
			return expect(err, len(list.IDs) == 20) // with the one that came first
		},
		Bare: searchBare(20),
	},
	{
		Name: "CloseTT", Prepare: open,
		Library: func(ctx context.Context, sys tt.System, p *play) error {
			closed, err := sys.CloseTT(ctx, tt.CloseRequest{ID: p.id, Subject: "Link up", Body: benchComment, Reason: "repaired", Login: "noc"})
			return expect(err, closed)
		},
		Bare: func(ctx context.Context, c *bareClient, p *play) error { return c.cancel(ctx, p.id, p.comment) },
	},
	{
		Name: "AddComment", Prepare: open,
		Library: func(ctx context.Context, sys tt.System, p *play) error {
			return sys.AddComment(ctx, tt.CommentRequest{ID: p.id, Subject: "Called", Body: benchComment, Login: "noc", At: p.at, Key: "called"})
		},
		Bare: func(ctx context.Context, c *bareClient, p *play) error {
			if _, err := c.tags(ctx, p.id); err != nil {
				return err
			}
			return c.tag(ctx, p.id, p.tags[0])
		},
	},
	{
		Name: "CreateGroupTT", Prepare: open,
		Library: func(ctx context.Context, sys tt.System, p *play) error {
			group, err := sys.CreateGroupTT(ctx, p.id, p.at)
			return expect(err, group == p.id)
		},
		Bare: readAndTag,
	},
	{
		Name: "AddToGroupTT, 2 objects", Prepare: promoted, Together: true,
		Library: func(ctx context.Context, sys tt.System, p *play) error {
			results, err := sys.AddToGroupTT(ctx, p.id, "sw-11", "sw-12")
			return expect(err, len(results) == 2 && results[0].Err == nil && results[1].Err == nil)
		},
		Bare: readAndTag,
	},
}

// expect makes sure that an operation did what it is measured for.
func expect(err error, done bool) error {
	if err == nil && !done {
		err = errors.New("the answer is not what was recorded")
	}
	return err
}

// warm makes a System's first ticket: the first one is looked at more closely.
func warm(ctx context.Context, sys tt.System) error {
	_, err := sys.CreateTT(ctx, tt.CreateRequest{Queue: "noc", Object: "sw-1", Subject: "first", Key: "first"})
	return err
}

func createTicket(ctx context.Context, sys tt.System, p *play) error {
	created, err := sys.CreateTT(ctx, tt.CreateRequest{
		Queue: "noc", Object: "sw-3", Reason: "link", Subject: benchSubject, Body: benchBody, Login: "noc", Timestamp: p.at, Key: benchKey,
	})
	p.id = created.ID
	return err
}

func createBare(ctx context.Context, c *bareClient, p *play) error {
	return c.create(ctx, p.id, p.name, p.description, p.requests, p.tags)
}

func searchBare(n int) func(ctx context.Context, c *bareClient, p *play) error {
	return func(ctx context.Context, c *bareClient, p *play) error {
		found, err := c.search(ctx, p.search)
		return expect(err, len(found) == n)
	}
}

func readAndTag(ctx context.Context, c *bareClient, p *play) error {
	if _, err := c.get(ctx, p.id); err != nil {
		return err
	}
	if _, err := c.tags(ctx, p.id); err != nil {
		return err
	}
	return c.tagAll(ctx, p.id, p.tags)
}

// open makes the ticket.
func open(ctx context.Context, sys tt.System, p *play) error { return createTicket(ctx, sys, p) }

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
				Queue: "noc", Object: "sw-3", Subject: benchSubject, Body: benchBody, Timestamp: p.at, Key: fmt.Sprint(benchKey, i),
			})
			if err != nil {
				return err
			}
		}
		return nil
	}
}

// learn takes what the recorded requests wrote.
func (p *play) learn(steps []contest.Exchange) error {
	for _, s := range steps {
		query, err := url.ParseQuery(s.Query)
		if err != nil {
			return err
		}
		for _, condition := range query["q"] {
			if strings.HasPrefix(condition, "__userTag__") {
				p.search = condition
			}
		}
		var sent struct {
			Params struct {
				Name        string        `json:"name"`
				Description string        `json:"description"`
				Requests    []bareRequest `json:"requests"`
				Tag         string        `json:"tag"`
			} `json:"params"`
			UserTags []string `json:"userTags"`
			Change   struct {
				Comment string `json:"comment"`
			} `json:"changeTicketStatus"`
		}
		if s.Sent == "" {
			continue
		}
		if err := json.Unmarshal([]byte(s.Sent), &sent); err != nil {
			return err
		}
		if sent.Params.Tag != "" {
			p.tags = append(p.tags, sent.Params.Tag)
			continue
		}
		p.name, p.description, p.requests = sent.Params.Name, sent.Params.Description, sent.Params.Requests
		p.tags, p.comment = sent.UserTags, sent.Change.Comment
	}
	return nil
}
