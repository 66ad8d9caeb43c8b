package rsm_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
	id    string // of a ticket on config item 3
	mode  int64  // id
	at    time.Time
	until time.Time

	// labels are the texts that each of the operation's writes added, as the
	// adapter wrote them when the operation was recorded.
	labels []map[string]string
}

var operations = []contest.Operation[play, *bareClient]{
	{Name: "CreateTT, new", Library: createTicket, Bare: createMode},
	{Name: "CreateTT, existing", Prepare: open, Library: createTicket, Bare: createMode},
	{
		Name: "GetTT", Prepare: commented,
		Library: func(ctx context.Context, sys tt.System, p *play) error {
			t, err := sys.GetTT(ctx, p.id)
			return expect(err, err == nil && len(t.Comments) == 2)
		},
		Bare: func(ctx context.Context, c *bareClient, p *play) error {
			m, err := c.get(ctx, p.mode)
			return expect(err, m.ID == p.mode)
		},
	},
	{
		Name: "GetObjectTTs", Prepare: several(2),
		Library: func(ctx context.Context, sys tt.System, _ *play) error {
			ids, err := sys.GetObjectTTs(ctx, "3")
			return expect(err, len(ids) == 2)
		},
		Bare: func(ctx context.Context, c *bareClient, _ *play) error {
			found, err := c.filter(ctx, "", 3)
			return expect(err, len(found) == 2)
		},
	},
	{
		Name: "FindTT", Prepare: open,
		Library: func(ctx context.Context, sys tt.System, p *play) error {
			id, err := sys.FindTT(ctx, benchKey)
			return expect(err, id == p.id)
		},
		Bare: func(ctx context.Context, c *bareClient, p *play) error {
			found, err := c.search(ctx, tt.KeyHash("", benchKey))
			return expect(err, len(found) == 1 && found[0].ID == p.mode)
		},
	},
	{
		Name: "ListTTs, 20 open", Prepare: several(20),
		Library: func(ctx context.Context, sys tt.System, _ *play) error {
			list, err := sys.ListTTs(ctx, tt.ListRequest{})
			return expect(err, len(list.IDs) == 20)
		},
		Bare: func(ctx context.Context, c *bareClient, _ *play) error {
			found, err := c.filter(ctx, tt.KeyHash("", "ttkit namespace"))
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
			return c.close(ctx, p.mode, p.labels[0])
		},
	},
	{
		Name: "AddComment", Prepare: open,
		Library: func(ctx context.Context, sys tt.System, p *play) error {
			return sys.AddComment(ctx, tt.CommentRequest{ID: p.id, Subject: "Called", Body: benchComment, Login: "noc", At: p.at, Key: "called"})
		},
		Bare: addLabels,
	},
	{
		Name: "RenewTT", Prepare: open,
		Library: func(ctx context.Context, sys tt.System, p *play) error { return sys.RenewTT(ctx, p.id, p.until) },
		Bare: func(ctx context.Context, c *bareClient, p *play) error {
			_, err := c.note(ctx, p.mode, p.labels[0], p.until)
			return err
		},
	},
	{
		Name: "CreateGroupTT", Prepare: open,
		Library: func(ctx context.Context, sys tt.System, p *play) error {
			group, err := sys.CreateGroupTT(ctx, p.id, p.at)
			return expect(err, group == p.id)
		},
		Bare: addLabels,
	},
	{
		Name: "AddToGroupTT, 2 objects", Prepare: promoted,
		Library: func(ctx context.Context, sys tt.System, p *play) error {
			results, err := sys.AddToGroupTT(ctx, p.id, "11", "12")
			return expect(err, len(results) == 2 && results[0].Err == nil && results[1].Err == nil)
		},
		Bare: func(ctx context.Context, c *bareClient, p *play) error {
			_, err := c.note(ctx, p.mode, p.labels[0], time.Time{}, 11, 12)
			return err
		},
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
		Queue: "noc", Object: "3", Reason: "link", Subject: benchSubject, Body: benchBody, Login: "noc", Timestamp: p.at, Key: benchKey,
	})
	return err
}

func createMode(ctx context.Context, c *bareClient, p *play) error {
	var labels map[string]string
	if len(p.labels) > 0 {
		labels = p.labels[0]
	}
	_, err := c.create(ctx, tt.KeyHash("", benchKey), benchSubject, 3, labels)
	return err
}

func addLabels(ctx context.Context, c *bareClient, p *play) error {
	_, err := c.note(ctx, p.mode, p.labels[0], time.Time{})
	return err
}

// open makes the ticket.
func open(ctx context.Context, sys tt.System, p *play) error {
	created, err := sys.CreateTT(ctx, tt.CreateRequest{
		Queue: "noc", Object: "3", Reason: "link", Subject: benchSubject, Body: benchBody, Login: "noc", Timestamp: p.at, Key: benchKey,
	})
	if err != nil {
		return err
	}
	p.id = created.ID
	p.mode, err = strconv.ParseInt(created.ID, 10, 64)
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
				Queue: "noc", Object: "3", Subject: benchSubject, Body: benchBody, Timestamp: p.at, Key: fmt.Sprint(benchKey, i),
			})
			if err != nil {
				return err
			}
		}
		return nil
	}
}

// learn takes the labels that the recorded requests wrote.
func (p *play) learn(steps []contest.Exchange) error {
	before := map[string]string{}
	for _, s := range steps {
		var sent struct {
			Labels map[string]string `json:"labels"`
		}
		switch s.Method {
		case "GET":
			if !strings.HasPrefix(s.Body, "{") {
				continue
			}
			if err := json.Unmarshal([]byte(s.Body), &sent); err != nil {
				return err
			}
			before = sent.Labels
		case "POST", "PATCH":
			if s.Sent == "" || strings.HasSuffix(s.Path, "/filter") {
				continue
			}
			if err := json.Unmarshal([]byte(s.Sent), &sent); err != nil {
				return err
			}
			added := map[string]string{}
			for name, text := range sent.Labels {
				if before[name] != text {
					added[name] = text
				}
			}
			p.labels = append(p.labels, added)
		}
	}
	return nil
}
