package contest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/ttkit/ttkit/tt"
)

// The alarm that every operation is about: its texts are as long as those of
// alarms are.
const (
	Key     = "noc/link-down/sw-3/GigabitEthernet0-17/2025-11-01T10:00:00Z"
	Subject = "Link down: GigabitEthernet0/17 of sw-3.msk.example.net"

	body = "The interface went down 35 seconds ago.\nNeighbour: core-1.msk.example.net, TenGigabitEthernet1/0/4.\n" +
		"Customers behind it: 14, two of them with a service level of four hours.\nSeen by: ping, trap, LLDP."
	comment = "The engineer on duty has been called; the fibre to the neighbour is being measured from both ends."
)

// Alarm is what one operation is about.
type Alarm struct {
	Object  string
	Members [2]string // that join its group
	At      time.Time // when it was raised
	Until   time.Time // its renewed end
	ID      string    // of its ticket, once there is one
}

// Calls are the operations by hand: the same requests as the adapter's in the
// same order. P is what a client knows for that: ids, and the texts that one
// without a journal would not have. What is nil is not measured.
type Calls[P, B any] struct {
	Create  func(ctx context.Context, client B, p P) error // whether the key has a ticket or not
	Get     func(ctx context.Context, client B, p P) error // two comments
	Object  func(ctx context.Context, client B, p P) error // two tickets
	Find    func(ctx context.Context, client B, p P) error
	List    func(ctx context.Context, client B, p P) error // twenty tickets
	Close   func(ctx context.Context, client B, p P) error
	Comment func(ctx context.Context, client B, p P) error
	Renew   func(ctx context.Context, client B, p P) error
	Promote func(ctx context.Context, client B, p P) error
	Join    func(ctx context.Context, client B, p P) error // two objects, a group ticket
}

// Expect makes sure that an operation did what it is measured for.
func Expect(err error, done bool) error {
	if err == nil && !done {
		err = errors.New("the answer is not what was recorded")
	}
	return err
}

// operation is one operation, by the adapter and by hand.
type operation[P, B any] struct {
	name     string
	prepare  func(ctx context.Context, sys tt.System, a *Alarm) error // before it is recorded
	library  func(ctx context.Context, sys tt.System, a *Alarm) error
	bare     func(ctx context.Context, client B, p P) error
	together bool // some of its requests are in flight together, and arrive in any order
}

// operations are those that are measured.
func (c *Contest[P, B]) operations() []operation[P, B] {
	var measured []operation[P, B]
	for _, op := range []operation[P, B]{
		{"CreateTT, new", nothing, raise, c.ByHand.Create, false},
		{"CreateTT, existing", raise, raise, c.ByHand.Create, false},
		{"GetTT", commented, func(ctx context.Context, sys tt.System, a *Alarm) error {
			t, err := sys.GetTT(ctx, a.ID)
			return Expect(err, err == nil && len(t.Comments) == 2)
		}, c.ByHand.Get, false},
		{"GetObjectTTs", several(2), func(ctx context.Context, sys tt.System, a *Alarm) error {
			ids, err := sys.GetObjectTTs(ctx, a.Object)
			return Expect(err, len(ids) == 2)
		}, c.ByHand.Object, false},
		{"FindTT", raise, func(ctx context.Context, sys tt.System, a *Alarm) error {
			id, err := sys.FindTT(ctx, Key)
			return Expect(err, id == a.ID)
		}, c.ByHand.Find, false},
		{"ListTTs, 20 open", several(20), func(ctx context.Context, sys tt.System, _ *Alarm) error {
			list, err := sys.ListTTs(ctx, tt.ListRequest{})
			return Expect(err, len(list.IDs) == 20)
		}, c.ByHand.List, false},
		{"CloseTT", raise, func(ctx context.Context, sys tt.System, a *Alarm) error {
			closed, err := sys.CloseTT(ctx, tt.CloseRequest{ID: a.ID, Subject: "Link up", Body: comment, Reason: "repaired", Login: "noc"})
			return Expect(err, closed)
		}, c.ByHand.Close, false},
		{"AddComment", raise, func(ctx context.Context, sys tt.System, a *Alarm) error {
			return sys.AddComment(ctx, tt.CommentRequest{ID: a.ID, Subject: "Called", Body: comment, Login: "noc", At: a.At, Key: "called"})
		}, c.ByHand.Comment, false},
		{"RenewTT", raise, func(ctx context.Context, sys tt.System, a *Alarm) error {
			return sys.RenewTT(ctx, a.ID, a.Until)
		}, c.ByHand.Renew, false},
		{"CreateGroupTT", raise, promote, c.ByHand.Promote, false},
		{"AddToGroupTT, 2 objects", promoted, func(ctx context.Context, sys tt.System, a *Alarm) error {
			results, err := sys.AddToGroupTT(ctx, a.ID, a.Members[:]...)
			return Expect(err, len(results) == 2 && results[0].Err == nil && results[1].Err == nil)
		}, c.ByHand.Join, c.JoinTogether},
	} {
		if op.bare != nil {
			measured = append(measured, op)
		}
	}
	return measured
}

func nothing(context.Context, tt.System, *Alarm) error { return nil }

// raise makes the ticket.
func raise(ctx context.Context, sys tt.System, a *Alarm) error {
	created, err := sys.CreateTT(ctx, tt.CreateRequest{
		Queue: "noc", Object: a.Object, Reason: "link", Subject: Subject, Body: body, Login: "noc", Timestamp: a.At, Key: Key,
	})
	a.ID = created.ID
	return err
}

// commented is raised, with two comments.
func commented(ctx context.Context, sys tt.System, a *Alarm) error {
	if err := raise(ctx, sys, a); err != nil {
		return err
	}
	for i := range 2 {
		err := sys.AddComment(ctx, tt.CommentRequest{ID: a.ID, Subject: "Called", Body: comment, Login: "noc", At: a.At, Key: strconv.Itoa(i)})
		if err != nil {
			return err
		}
	}
	return nil
}

func promote(ctx context.Context, sys tt.System, a *Alarm) error {
	group, err := sys.CreateGroupTT(ctx, a.ID, a.At)
	return Expect(err, group == a.ID)
}

// promoted is raised, as a group ticket.
func promoted(ctx context.Context, sys tt.System, a *Alarm) error {
	if err := raise(ctx, sys, a); err != nil {
		return err
	}
	return promote(ctx, sys, a)
}

// several makes so many tickets of the object.
func several(n int) func(context.Context, tt.System, *Alarm) error {
	return func(ctx context.Context, sys tt.System, a *Alarm) error {
		for i := range n {
			_, err := sys.CreateTT(ctx, tt.CreateRequest{
				Queue: "noc", Object: a.Object, Subject: Subject, Body: body, Timestamp: a.At, Key: fmt.Sprint(Key, i),
			})
			if err != nil {
				return err
			}
		}
		return nil
	}
}
