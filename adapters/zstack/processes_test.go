package zstack_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/zstack"
	"github.com/ttkit/ttkit/adapters/zstack/zstacktest"
	"github.com/ttkit/ttkit/tt"
)

const processes = 12

// contested is the alarm that everybody raises.
var contested = tt.CreateRequest{Queue: "net", Object: "web-1", Subject: "down", Key: "the same"}

// Systems that share nothing but the server.
func TestTwelveSystemsCreateWithOneKey(t *testing.T) {
	for _, row := range []struct {
		name string
		opts zstacktest.Options
	}{
		{"jobs end at once", zstacktest.Options{}},
		{"jobs take 600 ms and act at their end", zstacktest.Options{Knobs: zstacktest.Knobs{JobTime: 600 * time.Millisecond, JobActs: zstacktest.ActsAtEnd}}},
		{"tags of a create are dropped", zstacktest.Options{Knobs: zstacktest.Knobs{JobTime: 50 * time.Millisecond, DropCreateTags: true, DuplicateTag: zstacktest.DuplicateTagOwn}}},
		{"errors hide their code in a cause", zstacktest.Options{Knobs: zstacktest.Knobs{JobTime: 150 * time.Millisecond, Errors: zstacktest.ErrorCauses}}},
	} {
		inBubble(t, row.name, row.opts, nil, func(s scene) {
			ids := make(chan string, processes)
			made := make(chan bool, processes)
			for range processes {
				go func() {
					sys := openOn(s, s.server, nil)
					c, err := sys.CreateTT(s.ctx, contested)
					assert.NoError(s, err)
					assert.NoError(s, sys.Shutdown(s.ctx))
					ids <- c.ID
					made <- !c.Existed
				}()
			}
			creators := 0
			for range processes {
				if <-made {
					creators++
				}
			}
			tickets := s.server.Tickets()
			require.Len(s, tickets, 1)
			for range processes {
				assert.Equal(s, tickets[0].UUID, <-ids)
			}
			assert.LessOrEqual(s, creators, 1, "who made it")
			all := records(s.server)
			assert.Equal(s, contested.Key, all[0].Key)
			assert.Equal(s, []string{contested.Object}, all[0].Objects)
			ids2, err := s.sys.GetObjectTTs(s.ctx, contested.Object)
			require.NoError(s, err)
			assert.Equal(s, []string{tickets[0].UUID}, ids2)
		})
	}
}

// The callers of one process, too.
func TestManyCallersOfOneSystem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := zstacktest.New(zstacktest.Options{Knobs: zstacktest.Knobs{JobTime: 150 * time.Millisecond}})
		defer server.Close()
		sys := openOn(t, server, nil)
		var all sync.WaitGroup
		for range processes {
			all.Add(1)
			go func() {
				defer all.Done()
				c, err := sys.CreateTT(context.Background(), contested)
				assert.NoError(t, err)
				assert.NotEmpty(t, c.ID)
			}()
		}
		all.Wait()
		require.NoError(t, sys.Shutdown(context.Background()))
		assert.Len(t, server.Tickets(), 1)
	})
}

// creator, in the environment, makes the test binary a process that creates
// the contested ticket on the server with that base URL.
const creator = "TTKIT_ZSTACK_CREATE"

// createAlone waits for a line, creates, and prints the id.
func createAlone(base string, in io.Reader, out io.Writer) error {
	cfg := zstack.Config{
		Common:        tt.Common{BaseURL: base},
		IAM2:          zstack.IAM2{VirtualID: zstacktest.DefaultVirtualID, Password: tt.NewSecret(zstacktest.DefaultVirtualIDPassword), Project: zstacktest.DefaultProject},
		ProjectUUID:   zstacktest.DefaultProjectUUID,
		VirtualIDUUID: zstacktest.DefaultVirtualIDUUID,
		Requests:      template(),
	}
	ctx := context.Background()
	sys, err := zstack.New(cfg, tt.WithHTTPClient(&http.Client{}))
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(out, "ready"); err != nil {
		return err
	}
	if _, err := bufio.NewReader(in).ReadString('\n'); err != nil {
		return err
	}
	c, err := sys.CreateTT(ctx, contested)
	if err != nil {
		return err
	}
	if err := sys.Shutdown(ctx); err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, c.ID)
	return err
}

// Processes of the operating system, over a port.
func TestTwelveProcessesCreateWithOneKey(t *testing.T) {
	server := zstacktest.New(zstacktest.Options{Knobs: zstacktest.Knobs{JobTime: 50 * time.Millisecond}})
	defer server.Close()
	base, err := server.Listen("127.0.0.1:0")
	require.NoError(t, err)
	self, err := os.Executable()
	require.NoError(t, err)

	type process struct {
		cmd *exec.Cmd
		in  io.WriteCloser
		out *bufio.Reader
	}
	var all []process
	for range processes {
		cmd := exec.Command(self)
		cmd.Env = append(os.Environ(), creator+"="+base)
		cmd.Stderr = os.Stderr
		in, err := cmd.StdinPipe()
		require.NoError(t, err)
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		all = append(all, process{cmd, in, bufio.NewReader(out)})
	}
	for _, p := range all {
		line, err := p.out.ReadString('\n')
		require.NoError(t, err)
		require.Equal(t, "ready\n", line)
	}
	for _, p := range all {
		_, err := fmt.Fprintln(p.in, "go")
		require.NoError(t, err)
	}
	ids := map[string]bool{}
	for _, p := range all {
		line, err := p.out.ReadString('\n')
		assert.NoError(t, err)
		ids[strings.TrimSpace(line)] = true
		assert.NoError(t, p.in.Close())
		assert.NoError(t, p.cmd.Wait())
	}
	tickets := server.Tickets()
	require.Len(t, tickets, 1)
	assert.Equal(t, map[string]bool{tickets[0].UUID: true}, ids)
	assert.Empty(t, server.Sessions(), "everybody logged out")
	assert.Zero(t, server.Approvals())
}
