package guancetest_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/ttkit/ttkit/adapters/guance/guancetest"
	"github.com/ttkit/ttkit/tt/tttest"
)

func post(server *guancetest.Server, path, body string) (*http.Response, error) {
	req, err := http.NewRequest("POST", server.URL()+"/api/v1/incidents/schedule/"+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("DF-API-KEY", guancetest.DefaultKey)
	return server.Client().Do(req)
}

const uplink = `{"name":"uplink down","timezone":"UTC","start":"00:00","end":"23:59",
	"dimensionFilter":"host:agg-1","notifyTargets":["notify_noc"]}`

// A server in memory: a program under test gets its client and its URL, the
// test looks at what the server holds.
func Example() {
	server := guancetest.New(guancetest.Options{})
	defer server.Close()
	resp, err := post(server, "add", uplink)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	fmt.Println(resp.Status)
	for _, s := range server.Schedules() {
		fmt.Println(s.Name, s.NotifyTargets)
	}
	// Output:
	// 200 OK
	// Default [acnt_guancetest]
	// uplink down [notify_noc]
}

// A schedule takes the incidents that it matches away from the global one.
func ExampleServer_Notified() {
	server := guancetest.New(guancetest.Options{})
	defer server.Close()
	down := guancetest.Event{Dimensions: map[string]string{"host": "agg-1"}}
	show := func() {
		for _, n := range server.Notified(down, time.Now()) {
			fmt.Println(n.Target)
		}
	}
	show()
	server.AddSchedule(guancetest.Schedule{DimensionFilter: "host:agg-1", NotifyTargets: []string{"notify_noc"}})
	show()
	// Output:
	// acnt_guancetest
	// notify_noc
}

// The reply to the first add is lost: the server has acted, the client cannot
// know.
func ExampleServer_Inject() {
	server := guancetest.New(guancetest.Options{Knobs: guancetest.Knobs{Workspace: guancetest.WorkspaceEmpty}})
	defer server.Close()
	server.Inject(tttest.Fault{Kind: tttest.LoseReply, Route: "add"})
	_, err := post(server, "add", uplink)
	fmt.Println("failed:", err != nil)
	fmt.Println("schedules:", len(server.Schedules()))
	last := server.Requests()[0]
	fmt.Println(last.Route, last.Fault, "acted", last.Acted, "result", last.Result)
	// Output:
	// failed: true
	// schedules: 1
	// add lose-reply acted 1 result 200
}

// With the vendor's limits the 21st call of a minute is refused, with the
// status that others use for bad credentials.
func ExampleVendorLimits() {
	server := guancetest.New(guancetest.Options{Limits: guancetest.VendorLimits()})
	defer server.Close()
	for range 21 {
		resp, err := post(server, "list", "")
		if err != nil {
			fmt.Println(err)
			return
		}
		if resp.StatusCode != http.StatusOK {
			text, _ := io.ReadAll(resp.Body)
			fmt.Println(resp.Status, strings.Contains(string(text), "ft.TriggerApiAkCurrentLimiting"))
		}
		_ = resp.Body.Close()
	}
	fmt.Printf("%+v\n", server.Usage(guancetest.DefaultKey))
	// Output:
	// 401 Unauthorized true
	// {Calls:21 Refused:1 Peak:21}
}

// A program that passes its tests under every value of every knob does not
// depend on a guess about the server.
func ExampleAllKnobs() {
	for _, k := range guancetest.AllKnobs()[:4] {
		server := guancetest.New(guancetest.Options{Knobs: k.Knobs})
		fmt.Println(k.Name) // run the tests here
		server.Close()
	}
	// Output:
	// defaults
	// list=get
	// list=post
	// list=get,wrong-verb=404
}
