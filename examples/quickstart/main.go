// Command quickstart walks one alarm through trouble-ticket systems: from the
// ticket that opens to the ticket that closes, with no vendor at hand.
//
//	go run -C examples ./quickstart
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"strings"
	"time"

	_ "github.com/ttkit/ttkit/adapters/fake"
	_ "github.com/ttkit/ttkit/adapters/guance"
	"github.com/ttkit/ttkit/adapters/guance/guancetest"
	_ "github.com/ttkit/ttkit/adapters/rsm"
	"github.com/ttkit/ttkit/adapters/rsm/rsmtest"
	_ "github.com/ttkit/ttkit/adapters/zstack"
	"github.com/ttkit/ttkit/adapters/zstack/zstacktest"
	"github.com/ttkit/ttkit/tt"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// run walks the alarm through every system. The simulators stand for the
// vendors' servers.
func run(ctx context.Context, out io.Writer) error {
	monq := rsmtest.New(rsmtest.Options{})
	defer monq.Close()
	zstack := zstacktest.New(zstacktest.Options{})
	defer zstack.Close()
	guance := guancetest.New(guancetest.Options{})
	defer guance.Close()
	var urls []string
	for _, vendor := range []interface{ Listen(string) (string, error) }{monq, zstack, guance} {
		url, err := vendor.Listen("127.0.0.1:0")
		if err != nil {
			return err
		}
		urls = append(urls, url)
	}
	for _, system := range []tt.Config{
		{Name: "memory", Adapter: "fake"},
		{Name: "msk", Adapter: "rsm", Settings: map[string]any{
			"base_url": urls[0], "token": rsmtest.DefaultToken,
		}},
		{Name: "cloud", Adapter: "zstack", Settings: map[string]any{
			"base_url":     urls[1],
			"project_uuid": zstacktest.DefaultProjectUUID, "virtual_id_uuid": zstacktest.DefaultVirtualIDUUID,
			"iam2": map[string]any{
				"virtual_id": zstacktest.DefaultVirtualID, "password": zstacktest.DefaultVirtualIDPassword,
				"project": zstacktest.DefaultProject,
			},
			// What a ticket asks approval for: here something that is only
			// validated, even if somebody approves it.
			"requests": []any{map[string]any{
				"requestName": "incident", "apiName": zstacktest.CreateVMAPI, "executeTimes": 1,
				"apiBody": map[string]any{"name": "{{.Object}}", "systemTags": []any{"ephemeral::validationOnly"}},
			}},
		}},
		{Name: "watch", Adapter: "guance", Settings: map[string]any{
			"base_url": urls[2], "api_key": guancetest.DefaultKey, "targets": []any{"oncall@example.net"},
		}},
	} {
		fmt.Fprintf(out, "%s %q\n", system.Adapter, system.Name)
		if err := walk(ctx, out, system); err != nil {
			return err
		}
	}
	return nil
}

// walk takes one alarm through one system. Nothing in it knows which.
func walk(ctx context.Context, out io.Writer, cfg tt.Config) (err error) {
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
		fmt.Fprintf(out, "  raised   ticket %s, existed: %t\n", created.ID, created.Existed)
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
		fmt.Fprintf(out, "  joined   object %s: %s\n", member.Object, member.Status)
	}

	// The alarm is over.
	closed, err := sys.CloseTT(ctx, tt.CloseRequest{ID: id, Login: "olga", Body: "port 3 replaced"})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "  cleared  closed: %t\n", closed)

	// What the system now holds.
	ticket, err := sys.GetTT(ctx, id)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "  holds    ticket %s, %s, %q on %s\n", ticket.ID, ticket.State, ticket.Subject, strings.Join(ticket.Objects, ", "))
	for _, comment := range ticket.Comments {
		fmt.Fprintf(out, "           %s: %s\n", comment.Login, comment.Body)
	}
	return nil
}
