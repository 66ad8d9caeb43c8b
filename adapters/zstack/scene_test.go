package zstack_test

import (
	"bytes"
	"context"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/zstack"
	"github.com/ttkit/ttkit/adapters/zstack/zstacktest"
	"github.com/ttkit/ttkit/tt"
)

// template is a request that is validated only, were it ever approved. It has
// every parameter that the simulator may insist on.
func template() []map[string]any {
	return []map[string]any{{
		"requestName": "incident on {{.Object}}",
		"apiName":     zstacktest.CreateVMAPI,
		"apiBody": map[string]any{
			"name": "{{.Subject}}", "imageUuid": "placeholder", "l3NetworkUuids": []any{"placeholder"},
			"systemTags": []any{"ephemeral::validationOnly"},
		},
	}}
}

// config is for a simulator with the default installation.
func config(server *zstacktest.Server) zstack.Config {
	return zstack.Config{
		Common:        tt.Common{BaseURL: server.URL()},
		IAM2:          zstack.IAM2{VirtualID: zstacktest.DefaultVirtualID, Password: tt.NewSecret(zstacktest.DefaultVirtualIDPassword), Project: zstacktest.DefaultProject},
		ProjectUUID:   zstacktest.DefaultProjectUUID,
		VirtualIDUUID: zstacktest.DefaultVirtualIDUUID,
		Requests:      template(),
	}
}

// openOn opens a System over a simulator.
func openOn(t testing.TB, server *zstacktest.Server, change func(*zstack.Config)) *zstack.System {
	t.Helper()
	return openBy(t, server, server.Client(), change)
}

func openBy(t testing.TB, server *zstacktest.Server, client *http.Client, change func(*zstack.Config)) *zstack.System {
	t.Helper()
	cfg := config(server)
	if change != nil {
		change(&cfg)
	}
	s, err := zstack.New(cfg, tt.WithHTTPClient(client), tt.WithName("cloud"))
	require.NoError(t, err)
	return s
}

// scene is a simulator and a System over it, in a bubble.
type scene struct {
	*testing.T
	ctx    context.Context
	server *zstacktest.Server
	sys    *zstack.System
}

// inBubble plays a scene, and makes sure at its end that nothing was
// approved.
func inBubble(t *testing.T, name string, opts zstacktest.Options, change func(*zstack.Config), f func(s scene)) {
	t.Run(name, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			server := zstacktest.New(opts)
			defer server.Close()
			s := scene{t, context.Background(), server, openOn(t, server, change)}
			f(s)
			server.ClearFaults()
			require.NoError(t, s.sys.Shutdown(s.ctx))
			require.Zero(t, server.Approvals())
			for _, e := range server.Executions() {
				require.True(t, e.ValidationOnly, "a person's approval does nothing either")
			}
		})
	})
}

func (s scene) create(key, obj string) tt.Created {
	s.Helper()
	c, err := s.sys.CreateTT(s.ctx, tt.CreateRequest{Queue: "net", Object: obj, Subject: "down", Key: key})
	require.NoError(s, err)
	return c
}

func (s scene) get(id string) *tt.Ticket {
	s.Helper()
	t, err := s.sys.GetTT(s.ctx, id)
	require.NoError(s, err)
	return t
}

// ticketOf is a ticket as the server holds it.
func (s scene) ticketOf(id string) zstacktest.Ticket {
	s.Helper()
	t, ok := s.server.Ticket(id)
	require.True(s, ok, "no ticket %s", id)
	return t
}

// asked counts the requests of a route; "" is any.
func (s scene) asked(route string) int {
	n := 0
	for _, r := range s.server.Requests() {
		if route == "" || r.Route == route {
			n++
		}
	}
	return n
}

// sha512Hex is a password as it is sent.
func sha512Hex(password string) string {
	sum := sha512.Sum512([]byte(password))
	return hex.EncodeToString(sum[:])
}

// login makes a session of DefaultVirtualID in DefaultProject, as a person
// does who gives it to a program.
func login(server *zstacktest.Server) (string, error) {
	first, err := session(server, "", "/iam2/virtual-ids/login", map[string]any{"loginIAM2VirtualID": map[string]any{
		"name": zstacktest.DefaultVirtualID, "password": sha512Hex(zstacktest.DefaultVirtualIDPassword),
	}})
	if err != nil {
		return "", err
	}
	return session(server, first, "/iam2/projects/login", map[string]any{"loginIAM2Project": map[string]any{"projectName": zstacktest.DefaultProject}})
}

func session(server *zstacktest.Server, with, path string, body any) (string, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return "", err
	}
	req, err := http.NewRequest(http.MethodPut, server.URL()+"/v1"+path, bytes.NewReader(raw))
	if err != nil {
		return "", err
	}
	if with != "" {
		req.Header.Set("Authorization", "OAuth "+with)
	}
	resp, err := server.Client().Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	var reply struct {
		Inventory struct {
			UUID string `json:"uuid"`
		} `json:"inventory"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&reply); err != nil || reply.Inventory.UUID == "" {
		return "", fmt.Errorf("%s: %s: %v", path, resp.Status, err)
	}
	return reply.Inventory.UUID, nil
}

// witness sees every request on its way, and notes its credentials.
type witness struct {
	http.RoundTripper
	mu      sync.Mutex
	secrets []string
	bodies  []string
}

func (w *witness) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	if scheme, credentials, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok {
		if _, signature, ok := strings.Cut(credentials, ":"); ok && scheme == "ZStack" {
			credentials = signature
		}
		if !slices.Contains(w.secrets, credentials) {
			w.secrets = append(w.secrets, credentials)
		}
	}
	if r.GetBody != nil {
		if body, err := r.GetBody(); err == nil {
			var b bytes.Buffer
			_, _ = b.ReadFrom(body)
			w.bodies = append(w.bodies, b.String())
		}
	}
	w.mu.Unlock()
	return w.RoundTripper.RoundTrip(r)
}

// seen returns the sessions and signatures that were sent so far.
func (w *witness) seen() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.secrets)
}
