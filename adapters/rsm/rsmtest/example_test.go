package rsmtest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/ttkit/ttkit/adapters/rsm/rsmtest"
	"github.com/ttkit/ttkit/tt/tttest"
)

// A server in memory: a program under test gets its client and its URL, the
// test looks at what the server holds.
func Example() {
	server := rsmtest.New(rsmtest.Options{})
	defer server.Close()

	body, _ := json.Marshal(map[string]any{
		"title":       "uplink down",
		"dateStart":   time.Now().Format(time.RFC3339),
		"dateEnd":     time.Now().Add(time.Hour).Format(time.RFC3339),
		"configItems": []any{map[string]any{"id": 7}},
		"labels":      map[string]string{"queue": "net"},
	})
	req, _ := http.NewRequest("POST", server.URL()+"/api/public/sm/v1/rsm-maintenance?batchValidate=true", bytes.NewReader(body))
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+rsmtest.DefaultToken)
	resp, err := server.Client().Do(req)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	fmt.Println(resp.Status)

	for _, m := range server.Modes() {
		fmt.Println(m.Title, m.Items[0].CI, m.Items[0].State, m.Label("queue"))
	}
	// Output:
	// 201 Created
	// uplink down 7 Active net
}

// The reply to the first creation is lost: the server has acted, the client
// cannot know.
func ExampleServer_Inject() {
	server := rsmtest.New(rsmtest.Options{})
	defer server.Close()
	server.Inject(tttest.Fault{Kind: tttest.LoseReply, Route: "create"})

	body := `{"dateStart":"2026-03-01T12:00:00+03:00","dateEnd":"2126-03-01T12:00:00+03:00","configItems":[{"id":7}]}`
	req, _ := http.NewRequest("POST", server.URL()+"/api/public/sm/v1/rsm-maintenance", bytes.NewBufferString(body))
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+rsmtest.DefaultToken)
	_, err := server.Client().Do(req)

	fmt.Println("failed:", err != nil)
	fmt.Println("modes:", len(server.Modes()))
	last := server.Requests()[0]
	fmt.Println(last.Route, last.Fault, "acted", last.Acted, "result", last.Result)
	// Output:
	// failed: true
	// modes: 1
	// create lose-reply acted 1 result 201
}

// A person ends the mode between the program's read and its write.
func ExampleServer_Before() {
	server := rsmtest.New(rsmtest.Options{Knobs: rsmtest.Knobs{Language: rsmtest.English}})
	defer server.Close()
	id := server.AddMode(rsmtest.Mode{Items: []rsmtest.Item{{CI: 7}}})
	server.Before("patch", func() { server.Finish(id) })

	url := fmt.Sprintf("%s/api/public/sm/v1/rsm-maintenance/%d", server.URL(), id)
	req, _ := http.NewRequest("PATCH", url, bytes.NewBufferString(`{"labels":{"note":"too late"}}`))
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+rsmtest.DefaultToken)
	resp, err := server.Client().Do(req)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	fmt.Print(resp.StatusCode, " ", string(text))
	// Output:
	// 400 {"message":"The maintenance is already finished. You cannot change it"}
}

// A program that passes its tests under every value of every knob does not
// depend on a guess about the server.
func ExampleAllKnobs() {
	for _, k := range rsmtest.AllKnobs()[:4] {
		server := rsmtest.New(rsmtest.Options{Knobs: k.Knobs})
		fmt.Println(k.Name) // run the tests here
		server.Close()
	}
	// Output:
	// defaults
	// profile=6.7
	// labels=merge
	// items=merge
}

// A server with an inventory, and a token that may read but not write.
func ExampleNew() {
	server := rsmtest.New(rsmtest.Options{
		CIs:    []rsmtest.CI{{ID: 4012, Name: "sw-7"}},
		Tokens: []rsmtest.Token{{Value: "reader", Write: []int64{}}},
	})
	defer server.Close()

	req, _ := http.NewRequest("GET", server.URL()+"/api/public/sm/v1/rsm-maintenance", nil)
	req.Header.Set("Authorization", "Bearer reader")
	resp, err := server.Client().Do(req)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	fmt.Println(resp.Status)
	// Output: 200 OK
}

// A program of another process reaches the server over a port of loopback.
func ExampleServer_Listen() {
	server := rsmtest.New(rsmtest.Options{})
	defer server.Close()
	url, err := server.Listen("127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}

	resp, err := http.Get(url + "/api/public/sm/v1/rsm-maintenance") // without a token
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	fmt.Println(resp.Status)
	// Output: 401 Unauthorized
}

// Combinations of knobs, the same ones in every run.
func ExampleRandomKnobs() {
	for seed := range uint64(3) {
		server := rsmtest.New(rsmtest.Options{Knobs: rsmtest.RandomKnobs(seed)})
		fmt.Println("seed", seed) // run the tests here; the seed repeats a failure
		server.Close()
	}
	// Output:
	// seed 0
	// seed 1
	// seed 2
}

// An inventory of one's own beside the usual one.
func ExampleDefaultCIs() {
	cis := append(rsmtest.DefaultCIs(), rsmtest.CI{ID: 100, Name: "core", Labels: map[string]any{"noc_id": "core"}})
	server := rsmtest.New(rsmtest.Options{CIs: cis})
	defer server.Close()
	fmt.Println(len(cis), cis[6].Name)
	// Output: 21 host-7
}
