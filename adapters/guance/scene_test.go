package guance_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/guance"
	"github.com/ttkit/ttkit/adapters/guance/guancetest"
	"github.com/ttkit/ttkit/tt"
)

// scene is a simulator and a System over it, in a bubble.
type scene struct {
	*testing.T
	ctx    context.Context
	server *guancetest.Server
	sys    *guance.System
}

func inBubble(t *testing.T, name string, knobs guancetest.Knobs, change func(*guance.Config), f func(s scene)) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			server := newServer(knobs)
			defer server.Close()
			s := scene{t, context.Background(), server, openOn(t, server, change)}
			f(s)
			require.NoError(t, s.sys.Shutdown(s.ctx))
		})
	})
}

func newServer(knobs guancetest.Knobs) *guancetest.Server {
	return guancetest.New(guancetest.Options{Keys: []guancetest.Key{{Value: apiKey}}, Knobs: knobs})
}

// openOn opens a System over a simulator, as another process would.
func openOn(t testing.TB, server *guancetest.Server, change func(*guance.Config)) *guance.System {
	t.Helper()
	cfg := unlimited(server)
	if change != nil {
		change(&cfg)
	}
	s, err := guance.New(cfg, tt.WithHTTPClient(server.Client()), tt.WithName("cn1"))
	require.NoError(t, err)
	return s
}

func (s scene) create(key, obj string) tt.Created {
	s.Helper()
	c, err := s.sys.CreateTT(s.ctx, tt.CreateRequest{Queue: "net", Object: obj, Subject: "down", Key: key})
	require.NoError(s, err)
	return c
}

// group makes a ticket and promotes it.
func (s scene) group(key, obj string) string {
	s.Helper()
	c := s.create(key, obj)
	id, err := s.sys.CreateGroupTT(s.ctx, c.ID, time.Time{})
	require.NoError(s, err)
	return id
}

func (s scene) get(id string) *tt.Ticket {
	s.Helper()
	t, err := s.sys.GetTT(s.ctx, id)
	require.NoError(s, err)
	return t
}

func (s scene) close(id string) {
	s.Helper()
	closed, err := s.sys.CloseTT(s.ctx, tt.CloseRequest{ID: id, Reason: "repaired"})
	require.NoError(s, err)
	require.True(s, closed)
}

// schedule is one as the server holds it.
func (s scene) schedule(id string) guancetest.Schedule {
	s.Helper()
	x, ok := s.server.Schedule(id)
	require.True(s, ok, id)
	return x
}

// tickets are the schedules that bear our mark.
func tickets(server *guancetest.Server) []guancetest.Schedule {
	var out []guancetest.Schedule
	for _, x := range server.Schedules() {
		if marked(x) {
			out = append(out, x)
		}
	}
	return out
}

// inEffect are the tickets among them that route incidents now, or would if
// they were not dark.
func inEffect(server *guancetest.Server) []guancetest.Schedule {
	var out []guancetest.Schedule
	now := server.Now()
	for _, x := range tickets(server) {
		_, end := x.Effective()
		if x.Alive() && x.Status == 0 && end.After(now) {
			out = append(out, x)
		}
	}
	return out
}
