// Command quickstart walks one alarm through trouble-ticket systems: from the
// ticket that opens to the ticket that closes, with no vendor at hand.
//
//	go run -C examples ./quickstart
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"
	"time"

	_ "github.com/ttkit/ttkit/adapters/fake"
	_ "github.com/ttkit/ttkit/adapters/rsm"
	"github.com/ttkit/ttkit/adapters/rsm/rsmtest"
	"github.com/ttkit/ttkit/tt"
)

func main() {
	monq := rsmtest.New(rsmtest.Options{}) // stands for the vendor's server
	defer monq.Close()
	url, err := monq.Listen("127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	for _, system := range []tt.Config{
		{Name: "memory", Adapter: "fake"},
		{Name: "msk", Adapter: "rsm", Settings: map[string]any{"base_url": url, "token": rsmtest.DefaultToken}},
	} {
		fmt.Printf("%s %q\n", system.Adapter, system.Name)
		if err := walk(context.Background(), system); err != nil {
			log.Fatal(err)
		}
	}
}

// walk takes one alarm through one system. Nothing in it knows which.
func walk(ctx context.Context, cfg tt.Config) (err error) {
	sys, err := tt.OpenConfig(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, sys.Shutdown(ctx)) }()

	// An alarm is raised: one ticket. The key names this episode of the alarm,
	// so whoever reports it again, a retry or another process, gets the same.
	began := time.Now().UTC() // the alarm's own time, in earnest
	alarm := tt.CreateRequest{
		Object:    "7",
		Subject:   "uplink down",
		Body:      "no light on port 3",
		Timestamp: began,
		Key:       tt.Key("uplink down", "7", began.Format(time.RFC3339)),
	}
	for range 2 {
		created, err := sys.CreateTT(ctx, alarm)
		if err != nil {
			return err
		}
		fmt.Printf("  raised   ticket %s, existed: %t\n", created.ID, created.Existed)
	}
	id, err := sys.FindTT(ctx, alarm.Key)
	if err != nil {
		return err
	}
	err = sys.AddComment(ctx, tt.CommentRequest{ID: id, Login: "olga", Body: "on my way"})
	if err != nil {
		return err
	}

	// Two more objects suffer with the first: the ticket becomes their group.
	group, err := sys.CreateGroupTT(ctx, id, time.Now())
	if err != nil {
		return err
	}
	members, err := sys.AddToGroupTT(ctx, group, "8", "9")
	if err != nil {
		return err
	}
	for _, member := range members {
		fmt.Printf("  joined   object %s: %s\n", member.Object, member.Status)
	}

	// The alarm is over.
	closed, err := sys.CloseTT(ctx, tt.CloseRequest{ID: id, Login: "olga", Body: "port 3 replaced"})
	if err != nil {
		return err
	}
	fmt.Printf("  cleared  closed: %t\n", closed)

	// What the system now holds.
	ticket, err := sys.GetTT(ctx, id)
	if err != nil {
		return err
	}
	fmt.Printf("  holds    ticket %s, %s, %q on %s\n", ticket.ID, ticket.State, ticket.Subject, strings.Join(ticket.Objects, ", "))
	for _, comment := range ticket.Comments {
		fmt.Printf("           %s: %s\n", comment.Login, comment.Body)
	}
	return nil
}
