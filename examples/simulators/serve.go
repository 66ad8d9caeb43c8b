package main

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"sync"
	"time"
)

// serve answers on a loopback address. Others are refused: the simulators'
// credentials are no secret.
func serve(address string, handler http.Handler) (*http.Server, error) {
	resolved, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		return nil, err
	}
	if !resolved.IP.IsLoopback() {
		return nil, fmt.Errorf("%s is no loopback address: write 127.0.0.1:PORT", address)
	}
	listener, err := net.ListenTCP("tcp", resolved)
	if err != nil {
		return nil, err
	}
	server := &http.Server{Addr: listener.Addr().String(), Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }() // ends when the server is closed
	return server, nil
}

// variable matches the parts of a path that name one thing among many.
var variable = regexp.MustCompile(`/(\d+|(?:[a-z]+_)?[0-9a-fA-F-]{32,})`)

// loseReplies cuts the connection in place of every nth reply to each kind of
// request, after the handler has acted. Kinds are counted apart, so that
// creations, which are few, lose their share. Nothing is lost when n is 0.
func loseReplies(handler http.Handler, n int) http.Handler {
	if n == 0 {
		return handler
	}
	var mu sync.Mutex
	seen := map[string]int{}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kind := r.Method + " " + variable.ReplaceAllString(r.URL.Path, "/{id}")
		mu.Lock()
		seen[kind]++
		lost := seen[kind]%n == 0
		mu.Unlock()
		if !lost {
			handler.ServeHTTP(w, r)
			return
		}
		handler.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler) // the server cuts the connection and logs nothing
	})
}
