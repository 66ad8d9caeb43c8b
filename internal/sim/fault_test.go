package sim_test

import (
	"errors"
	"net"
	"net/http"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/tt/tttest"
)

// faults says of each kind what the client gets and what the server did.
var faults = []struct {
	rule    string
	fault   tttest.Fault
	effects int32
	status  int // 0: the client gets an error
	body    string
	arrives bool // the log has the request
}{
	{"Slow: it is done, and the answer arrives", tttest.Fault{Kind: tttest.Slow}, 1, 201, "answer to one", true},
	{"Refuse: nothing was sent", tttest.Fault{Kind: tttest.Refuse}, 0, 0, "", false},
	{"Reset: it arrives, and nothing is done", tttest.Fault{Kind: tttest.Reset}, 0, 0, "", true},
	{"LoseReply: it is done, and nobody says so", tttest.Fault{Kind: tttest.LoseReply}, 1, 0, "", true},
	{"Truncate: it is done, the reply ends in the middle", tttest.Fault{Kind: tttest.Truncate}, 1, 0, "", true},
	{"StatusBefore: a proxy answers 503, and nothing is done", tttest.Fault{Kind: tttest.StatusBefore}, 0, 503, "503 Service Unavailable", true},
	{"StatusBefore: the status can be chosen", tttest.Fault{Kind: tttest.StatusBefore, Status: 502}, 0, 502, "502 Bad Gateway", true},
	{"StatusAfter: it is done, and the answer is 500", tttest.Fault{Kind: tttest.StatusAfter}, 1, 500, "500 Internal", true},
	{"StatusAfter: the status can be chosen", tttest.Fault{Kind: tttest.StatusAfter, Status: 504}, 1, 504, "504 Gateway", true},
	{"Throttle: 429, and nothing is done", tttest.Fault{Kind: tttest.Throttle}, 0, 429, "", true},
	{"HTML: it is done, and a proxy answers 200", tttest.Fault{Kind: tttest.HTML}, 1, 200, "<html>", true},
	{"Twice: it is done twice, the second reply arrives", tttest.Fault{Kind: tttest.Twice}, 2, 201, "answer to one", true},
	{"Unauthorized: 401, and nothing is done", tttest.Fault{Kind: tttest.Unauthorized}, 0, 401, "", true},
}

func TestEachFaultDoesWhatItsNameSays(t *testing.T) {
	for _, f := range faults {
		for _, network := range []string{"memory", "loopback"} {
			t.Run(f.rule+"/"+network, func(t *testing.T) {
				c := newCounter(nil)
				defer c.Close()
				client, url := c.Client(), c.URL()
				if network == "loopback" {
					var err error
					url, err = c.Listen("127.0.0.1:0")
					require.NoError(t, err)
					client = &http.Client{Transport: &http.Transport{}}
					defer client.CloseIdleConnections()
				}
				c.Inject(f.fault)

				got := ask(client, "POST", url+"/add?q=1", "one")
				if f.status == 0 {
					assert.Error(t, got.err)
				} else {
					require.NoError(t, got.err)
					assert.Equal(t, f.status, got.status)
					assert.Contains(t, got.body, f.body)
				}
				again := ask(client, "POST", url+"/add", "two")
				require.NoError(t, again.err, "a fault strikes once")
				assert.Equal(t, "answer to two", again.body)
				assert.Equal(t, f.effects+1, c.effects.Load())

				log := c.Requests()
				if !f.arrives {
					require.Len(t, log, 1, "only the second request arrived")
					return
				}
				require.Len(t, log, 2)
				assert.Equal(t, f.fault.Kind, log[0].Fault)
				assert.Equal(t, int(f.effects), log[0].Acted)
				if log[0].Fault != tttest.Truncate { // its status was sent
					assert.Equal(t, f.status, log[0].Status)
				}
				if f.effects > 0 {
					assert.Equal(t, 201, log[0].Result)
				} else {
					assert.Zero(t, log[0].Result)
				}
			})
		}
	}
}

func TestRefuseInMemoryIsARefusedDialEvenOverAnOpenConnection(t *testing.T) {
	c := newCounter(nil)
	defer c.Close()
	require.NoError(t, c.add().err) // leaves a connection open
	c.Inject(tttest.Fault{Kind: tttest.Refuse})

	err := c.add().err
	var op *net.OpError
	require.ErrorAs(t, err, &op)
	assert.Equal(t, "dial", op.Op)
	assert.ErrorIs(t, err, syscall.ECONNREFUSED)
	assert.Equal(t, 1, c.RequestCount())
}

func TestAGetOverACutConnectionIsRepeatedByTheTransportAsAnotherRequest(t *testing.T) {
	c := newCounter(nil)
	defer c.Close()
	require.NoError(t, c.read().err) // the transport repeats only over a used connection
	c.Inject(tttest.Fault{Kind: tttest.Reset})
	assert.NoError(t, c.read().err)
	assert.Equal(t, 3, c.RequestCount())

	c.Inject(tttest.Fault{Kind: tttest.Reset, Times: -1})
	err := c.read().err
	require.Error(t, err)
	assert.False(t, errors.Is(err, syscall.ECONNREFUSED))
}
