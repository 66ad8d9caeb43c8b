package main

import (
	"encoding/json"
	"net/http"

	"github.com/ttkit/ttkit/adapters/guance/guancetest"
	"github.com/ttkit/ttkit/adapters/rsm/rsmtest"
	"github.com/ttkit/ttkit/adapters/zstack/zstacktest"
)

// vendor is a simulator that can be started. Its name is its adapter's.
type vendor struct {
	name  string
	start func() simulator
}

// vendors are all of them.
var vendors = []vendor{
	{"rsm", startRSM},
	{"zstack", startZStack},
	{"guance", startGuance},
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
	control.HandleFunc("GET /_sim/modes", shows(server.Modes))
	control.HandleFunc("GET /_sim/requests", shows(server.Requests))
	return simulator{
		api:     server,
		control: control,
		settings: func(baseURL string) map[string]any {
			return map[string]any{"base_url": baseURL, "token": rsmtest.DefaultToken}
		},
		close: server.Close,
	}
}

func startZStack() simulator {
	server := zstacktest.New(zstacktest.Options{})
	control := http.NewServeMux()
	control.HandleFunc("GET /_sim/tickets", shows(server.Tickets))
	control.HandleFunc("GET /_sim/histories", shows(func() []zstacktest.History { return server.Histories("") }))
	control.HandleFunc("GET /_sim/tags", shows(func() []zstacktest.Tag { return server.Tags("") }))
	control.HandleFunc("GET /_sim/requests", shows(server.Requests))
	return simulator{
		api:     server,
		control: control,
		settings: func(baseURL string) map[string]any {
			return map[string]any{
				"base_url": baseURL,
				"iam2": map[string]any{
					"virtual_id": zstacktest.DefaultVirtualID,
					"password":   zstacktest.DefaultVirtualIDPassword,
					"project":    zstacktest.DefaultProject,
				},
				"project_uuid":    zstacktest.DefaultProjectUUID,
				"virtual_id_uuid": zstacktest.DefaultVirtualIDUUID,
				// A ticket must ask approval for some call. This one is only
				// validated, even if somebody approves it.
				"requests": []any{map[string]any{
					"requestName": "incident", "apiName": zstacktest.CreateVMAPI, "executeTimes": 1,
					"apiBody": map[string]any{"name": "{{.Object}}", "systemTags": []any{"ephemeral::validationOnly"}},
				}},
			}
		},
		close: server.Close,
	}
}

func startGuance() simulator {
	server := guancetest.New(guancetest.Options{})
	control := http.NewServeMux()
	control.HandleFunc("GET /_sim/schedules", shows(server.Schedules))
	control.HandleFunc("GET /_sim/requests", shows(server.Requests))
	return simulator{
		api:     server,
		control: control,
		settings: func(baseURL string) map[string]any {
			return map[string]any{
				"base_url": baseURL, "api_key": guancetest.DefaultKey, "targets": []any{"oncall@example.net"},
				"rate": map[string]any{"requests": 0}, // the simulator has no limit; the vendor allows 20 calls a minute
			}
		},
		close: server.Close,
	}
}

// shows answers with a list as JSON, [] when it is empty.
func shows[T any](list func() []T) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(append([]T{}, list()...)) // a client that went away misses it
	}
}
