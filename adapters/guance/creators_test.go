package guance_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/guance"
	"github.com/ttkit/ttkit/adapters/guance/guancetest"
	"github.com/ttkit/ttkit/tt"
)

const creators = 12

var oneAlarm = tt.CreateRequest{Queue: "net", Object: "sw-1", Subject: "link down", Body: "the interface went down", Key: "link/sw-1/2026-11-21"}

// Twelve processes raise one alarm at once.
func TestCreatorsAtOnce(t *testing.T) {
	knobs := guancetest.AllKnobs()
	if testing.Short() {
		knobs = knobs[:1]
	}
	for n, k := range knobs {
		t.Run(k.Name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := newServer(k.Knobs)
				defer server.Close()
				ids := createAtOnce(t, server)
				if n == 0 {
					assert.Len(t, unique(ids), 1, "with the likeliest server they agree at once: %v", ids)
					assert.Len(t, inEffect(server), 1)
				}
				time.Sleep(late + settle + 3*window) // the bound
				open := inEffect(server)
				require.Len(t, open, 1)
				fresh := openOn(t, server, nil)
				id, err := fresh.FindTT(t.Context(), oneAlarm.Key)
				require.NoError(t, err)
				assert.Equal(t, open[0].UUID, id)
				for _, made := range ids { // every id that was ever given out leads to it
					ticket, err := fresh.GetTT(t.Context(), made)
					require.NoError(t, err)
					assert.Equal(t, id, ticket.ID)
					assert.Equal(t, tt.StateOpen, ticket.State)
				}
				require.NoError(t, fresh.Shutdown(t.Context()))
			})
		})
	}
}

// createAtOnce lets Systems of their own create, and keeps them running until
// the end of the test.
func createAtOnce(t *testing.T, server *guancetest.Server) []string {
	var (
		group sync.WaitGroup
		ids   = make([]string, creators)
	)
	for i := range creators {
		sys := openOn(t, server, nil)
		t.Cleanup(func() { assert.NoError(t, sys.Shutdown(context.Background())) })
		group.Go(func() {
			for range 30 {
				c, err := sys.CreateTT(t.Context(), oneAlarm)
				if err == nil {
					ids[i] = c.ID
					return
				}
				if !assert.ErrorIs(t, err, tt.ErrTemporary) || !assert.True(t, tt.SafeToRetry(err), err) {
					return
				}
				time.Sleep(time.Second)
			}
			assert.Fail(t, "it does not succeed")
		})
	}
	group.Wait()
	return ids
}

func unique(ids []string) map[string]int {
	counts := map[string]int{}
	for _, id := range ids {
		counts[id]++
	}
	return counts
}

// creator, in the environment, makes the test binary one of the processes.
const creator = "TTKIT_GUANCE_CREATOR"

// createOnce opens the server of the address, waits for a line, creates and
// writes the id.
func createOnce(base string, in io.Reader, out io.Writer) error {
	sys, err := guance.New(guance.Config{
		Common: tt.Common{BaseURL: base}, APIKey: tt.NewSecret(apiKey),
		Targets: []string{"acnt_noc"}, Rate: guance.Rate{Requests: tt.Off},
	})
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "ready")
	if _, err := bufio.NewReader(in).ReadString('\n'); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, err := sys.CreateTT(ctx, oneAlarm)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, c.ID)
	return sys.Shutdown(ctx)
}

func TestCreatorsInProcessesOfTheirOwn(t *testing.T) {
	server := newServer(guancetest.Knobs{})
	defer server.Close()
	base, err := server.Listen("127.0.0.1:0")
	require.NoError(t, err)
	self, err := os.Executable()
	require.NoError(t, err)
	type process struct {
		in  io.WriteCloser
		out *bufio.Reader
	}
	var all []process
	for range creators {
		cmd := exec.Command(self)
		cmd.Env = append(os.Environ(), creator+"="+base)
		cmd.Stderr = os.Stderr
		in, err := cmd.StdinPipe()
		require.NoError(t, err)
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		t.Cleanup(func() { _ = in.Close(); assert.NoError(t, cmd.Wait()) })
		p := process{in, bufio.NewReader(out)}
		line, err := p.out.ReadString('\n')
		require.NoError(t, err)
		require.Equal(t, "ready\n", line)
		all = append(all, p)
	}
	for _, p := range all {
		_, err := fmt.Fprintln(p.in)
		require.NoError(t, err)
	}
	var ids []string
	for _, p := range all {
		line, err := p.out.ReadString('\n')
		require.NoError(t, err)
		ids = append(ids, strings.TrimSpace(line))
	}
	for _, p := range all { // they have shut down when they have no more to say
		rest, err := io.ReadAll(p.out)
		require.NoError(t, err)
		assert.Empty(t, rest)
	}
	assert.Len(t, unique(ids), 1, "%v", ids)
	open := inEffect(server)
	require.Len(t, open, 1)
	assert.Contains(t, ids, open[0].UUID)
	t.Logf("%d schedules were made, one is in effect", len(tickets(server)))
}
