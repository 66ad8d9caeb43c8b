package zstacktest_test

import (
	"bytes"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/ttkit/ttkit/adapters/zstack/zstacktest"
	"github.com/ttkit/ttkit/tt/tttest"
)

// call is a client in a few lines.
func call(s *zstacktest.Server, session, method, path string, body any) map[string]any {
	raw, _ := json.Marshal(body)
	req, _ := http.NewRequest(method, s.URL()+"/v1"+path, bytes.NewReader(raw))
	if session != "" {
		req.Header.Set("Authorization", "OAuth "+session)
	}
	resp, err := s.Client().Do(req)
	if err != nil {
		return map[string]any{"failed": true}
	}
	defer func() { _ = resp.Body.Close() }()
	text, _ := io.ReadAll(resp.Body)
	out := map[string]any{}
	_ = json.Unmarshal(text, &out)
	return out
}

func login(s *zstacktest.Server) (session string) {
	sum := sha512.Sum512([]byte(zstacktest.DefaultVirtualIDPassword))
	first := call(s, "", "PUT", "/iam2/virtual-ids/login", obj{"loginIAM2VirtualID": obj{
		"name": zstacktest.DefaultVirtualID, "password": hex.EncodeToString(sum[:]),
	}})
	second := call(s, first["inventory"].(obj)["uuid"].(string), "PUT", "/iam2/projects/login", obj{"loginIAM2Project": obj{
		"projectName": zstacktest.DefaultProject,
	}})
	return second["inventory"].(obj)["uuid"].(string)
}

// A server in memory: a program under test gets its client and its URL, the
// test looks at what the server holds.
func Example() {
	server := zstacktest.New(zstacktest.Options{})
	defer server.Close()

	session := login(server)
	accepted := call(server, session, "POST", "/tickets", obj{"params": obj{
		"name":              "uplink down",
		"accountSystemType": "iam2",
		"accountSystemContext": obj{
			"projectUuid": zstacktest.DefaultProjectUUID, "virtualIDUuid": zstacktest.DefaultVirtualIDUUID,
		},
		"requests": []any{obj{"requestName": "incident", "apiName": zstacktest.CreateVMAPI, "apiBody": obj{"name": "placeholder"}}},
	}})
	location := accepted["location"].(string)
	fmt.Println(location[:strings.LastIndex(location, "/")])
	id := location[strings.LastIndex(location, "/"):]
	done := call(server, session, "GET", "/api-jobs"+id, nil)
	fmt.Println(done["inventory"].(obj)["status"])

	for _, t := range server.Tickets() {
		fmt.Println(t.Name, t.Status, len(t.Requests))
	}
	fmt.Println("approvals:", server.Approvals(), "executions:", len(server.Executions()))
	// Output:
	// http://10.0.0.5:8080/zstack/v1/api-jobs
	// Pending
	// uplink down Pending 1
	// approvals: 0 executions: 0
}

// The reply to a deletion is lost: the server has acted, the client cannot
// know.
func ExampleServer_Inject() {
	server := zstacktest.New(zstacktest.Options{})
	defer server.Close()
	uuid, _ := server.Open(zstacktest.Ticket{})
	session := login(server)
	server.Inject(tttest.Fault{Kind: tttest.LoseReply, Route: "delete"})

	got := call(server, session, "DELETE", "/tickets/"+uuid, nil)
	fmt.Println("failed:", got["failed"])
	fmt.Println("tickets:", len(server.Tickets()), "archived:", len(server.Archived()))
	// Output:
	// failed: true
	// tickets: 0 archived: 1
}

// A job sticks: the server has acted, and polls are answered 202 for ever.
func ExampleServer_InjectJob() {
	server := zstacktest.New(zstacktest.Options{})
	defer server.Close()
	uuid, _ := server.Open(zstacktest.Ticket{})
	session := login(server)
	server.InjectJob(zstacktest.JobFault{Kind: zstacktest.JobSticksAfter, Route: "delete"})

	call(server, session, "DELETE", "/tickets/"+uuid, nil)
	job := server.Jobs()[0]
	fmt.Println("acted:", job.Acted, "done:", job.Done, "stuck:", job.Stuck)
	fmt.Println("tickets:", len(server.Tickets()))
	// Output:
	// acted: true done: false stuck: true
	// tickets: 0
}

// A person rejects the ticket in the console, with a comment.
func ExampleServer_Act() {
	server := zstacktest.New(zstacktest.Options{})
	defer server.Close()
	uuid, _ := server.Open(zstacktest.Ticket{Name: "uplink down"})
	if err := server.Act(uuid, zstacktest.Reject, "planned work"); err != nil {
		fmt.Println(err)
	}
	for _, h := range server.Histories(uuid) {
		fmt.Println(h.Sequence, h.From, h.To, h.Comment, h.OperatorUUID == zstacktest.AdminUUID)
	}
	// Output:
	// 1 Pending Rejected planned work true
}

// A program that passes its tests under every value of every knob does not
// depend on a guess about the server.
func ExampleAllKnobs() {
	for _, k := range zstacktest.AllKnobs()[:4] {
		server := zstacktest.New(zstacktest.Options{Knobs: k.Knobs})
		fmt.Println(k.Name) // run the tests here
		server.Close()
	}
	// Output:
	// defaults
	// job-time=150ms
	// job-time=3s
	// job-polls=3
}
