package rest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

type benchItem struct {
	ID     int               `json:"id"`
	Name   string            `json:"name"`
	Labels map[string]string `json:"labels"`
}

// canned serves benchReply to every request, without allocating.
func canned(b *testing.B) (address string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(b, err)
	b.Cleanup(func() { _ = listener.Close() })
	answer := fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nDate: Sat, 01 Nov 2025 10:00:00 GMT\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		len(benchReply), benchReply)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				// A request of the benchmark comes in one piece.
				buffer := make([]byte, 64<<10)
				for {
					if _, err := conn.Read(buffer); err != nil {
						return
					}
					if _, err := conn.Write(answer); err != nil {
						return
					}
				}
			}()
		}
	}()
	return listener.Addr().String()
}

const benchReply = `{"id":731,"name":"Flow 5 is down","labels":{"tt_key":"0123456789abcdef","tt_obj":"router-17"}}`

// BenchmarkDo compares a call through Client with the same call by net/http
// and encoding/json alone, against the same loopback server in the same run.
func BenchmarkDo(b *testing.B) {
	address := canned(b)
	client := &http.Client{Transport: &http.Transport{}, Timeout: time.Minute}
	defer client.CloseIdleConnections()
	item := benchItem{1, "Flow 5 is down", map[string]string{"tt_obj": "router-17"}}

	bare := func() error {
		text, err := json.Marshal(item)
		if err != nil {
			return err
		}
		req, err := http.NewRequest("POST", "http://"+address+"/v1/items?page=1", bytes.NewReader(text))
		if err != nil {
			return err
		}
		req.Header.Set("Authorization", "Bearer "+token)
		req.Header.Set("Content-Type", "application/json")
		resp, err := client.Do(req)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			return err
		}
		var out benchItem
		return json.Unmarshal(body, &out)
	}

	c, err := New(Config{BaseURL: &url.URL{Scheme: "http", Host: address}, HTTPClient: client, Authorize: func(h http.Header) {
		h.Set("Authorization", "Bearer "+token)
	}})
	require.NoError(b, err)
	ours := func() error {
		var out benchItem
		_, err := c.Do(b.Context(), Request{
			Method: "POST", Path: "/v1/items", Query: url.Values{"page": {"1"}}, Body: item, Class: Guarded, Out: &out,
		})
		return err
	}

	// Both in turn, so that whatever else the machine does meets both.
	b.ReportAllocs()
	var spent [2]time.Duration
	for b.Loop() {
		for i, call := range []func() error{bare, ours} {
			start := time.Now()
			if err := call(); err != nil {
				b.Fatal(err)
			}
			spent[i] += time.Since(start)
		}
	}
	allocs := [2]float64{
		testing.AllocsPerRun(200, func() { _ = bare() }),
		testing.AllocsPerRun(200, func() { _ = ours() }),
	}
	b.ReportMetric(float64(spent[1])/float64(spent[0]), "time-ratio")
	b.ReportMetric(allocs[1]/allocs[0], "allocs-ratio")
	b.ReportMetric(allocs[0], "bare-allocs")
	b.ReportMetric(allocs[1], "our-allocs")
}
