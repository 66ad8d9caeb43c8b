package main

import (
	"encoding/json"
	"net/http"

	"github.com/ttkit/ttkit/adapters/rsm/rsmtest"
)

// vendor is a simulator that can be started. Its name is its adapter's.
type vendor struct {
	name  string
	start func() simulator
}

// vendors are all of them.
var vendors = []vendor{
	{"rsm", startRSM},
}

func find(name string) (vendor, bool) {
	for _, v := range vendors {
		if v.name == name {
			return v, true
		}
	}
	return vendor{}, false
}

// simulator is one that was started.
type simulator struct {
	api      http.Handler                        // what the vendor would serve
	control  http.Handler                        // what it holds
	settings func(baseURL string) map[string]any // how an adapter reaches it
	close    func()
}

func startRSM() simulator {
	server := rsmtest.New(rsmtest.Options{})
	control := http.NewServeMux()
	control.HandleFunc("GET /_sim/modes", func(w http.ResponseWriter, _ *http.Request) { show(w, server.Modes()) })
	control.HandleFunc("GET /_sim/requests", func(w http.ResponseWriter, _ *http.Request) { show(w, server.Requests()) })
	return simulator{
		api:     server,
		control: control,
		settings: func(baseURL string) map[string]any {
			return map[string]any{"base_url": baseURL, "token": rsmtest.DefaultToken}
		},
		close: server.Close,
	}
}

// show writes a list as JSON, [] when it is empty.
func show[T any](w http.ResponseWriter, list []T) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(append([]T{}, list...)) // a client that went away misses it
}
