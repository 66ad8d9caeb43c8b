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
		if err := walk(context.Background(), system); err != nil {
			log.Fatal(err)
		}
	}
}

// walk takes one alarm through one system. Only the Config knows which.
func walk(ctx context.Context, cfg tt.Config) (err error) {
	sys, err := tt.OpenConfig(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, sys.Shutdown(ctx)) }()

	// An alarm is raised: one ticket. The key names this episode of the alarm.
	alarm := tt.CreateRequest{
		Object:  "7",
		Subject: "uplink down",
		Body:    "no light on port 3",
		Key:     tt.Key("uplink down", "7", time.Now().Format(time.RFC3339)),
	}
	ticket, err := sys.CreateTT(ctx, alarm)
	if err != nil {
		return err
	}
	// It is reported again, by a retry or by another process: the same ticket.
	again, err := sys.CreateTT(ctx, alarm)
	if err != nil {
		return err
	}
	fmt.Printf("%s: alarm raised: ticket %s; raised again: ticket %s, existed: %t\n", cfg.Adapter, ticket.ID, again.ID, again.Existed)

	err = sys.AddComment(ctx, tt.CommentRequest{ID: ticket.ID, Login: "olga", Body: "on my way"})
	if err != nil {
		return err
	}
	// Two more objects suffer with the first: the ticket becomes their group.
	group, err := sys.CreateGroupTT(ctx, ticket.ID, time.Now())
	if err != nil {
		return err
	}
	members, err := sys.AddToGroupTT(ctx, group, "8", "9")
	if err != nil {
		return err
	}
	for _, member := range members {
		fmt.Printf("%s: object %s joins: %s\n", cfg.Adapter, member.Object, member.Status)
	}
	// The alarm is over.
	closed, err := sys.CloseTT(ctx, tt.CloseRequest{ID: ticket.ID, Login: "olga", Body: "port 3 replaced"})
	if err != nil {
		return err
	}
	fmt.Printf("%s: alarm cleared: closed: %t\n", cfg.Adapter, closed)

	// What the system now holds.
	t, err := sys.GetTT(ctx, ticket.ID)
	if err != nil {
		return err
	}
	fmt.Printf("%s: ticket %s on %s is %s: %q\n", cfg.Adapter, t.ID, strings.Join(t.Objects, ", "), t.State, t.Subject)
	for _, c := range t.Comments {
		fmt.Printf("    %s: %s\n", c.Login, c.Body)
	}
	fmt.Println()
	return nil
}
