package sim_test

import (
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/internal/sim"
	"github.com/ttkit/ttkit/tt/tttest"
)

func TestAPortServesCountsAndRestarts(t *testing.T) {
	c := newCounter(nil)
	defer c.Close()
	p, err := sim.NewPort(c)
	require.NoError(t, err)
	defer p.Close()
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()

	require.NoError(t, ask(client, "POST", p.URL()+"/add", "one").err)
	c.Inject(tttest.Fault{Kind: tttest.Refuse})
	require.Error(t, ask(client, "POST", p.URL()+"/add", "one").err)
	assert.Equal(t, 2, p.Requests(), "the refused one, too")

	url := p.URL()
	c.Inject(tttest.Fault{Kind: tttest.Slow, Delay: time.Hour})
	cutOff := make(chan reply)
	go func() { cutOff <- ask(client, "POST", url+"/add", "one") }()
	require.Eventually(t, func() bool { return c.effects.Load() == 2 }, time.Minute, time.Millisecond)
	require.NoError(t, p.Restart(0))
	assert.Error(t, (<-cutOff).err, "it has acted, and its reply is lost")

	require.NoError(t, ask(client, "POST", url+"/add", "one").err, "it serves again, at the same place")
	assert.EqualValues(t, 3, c.effects.Load())

	p.Close()
	client.CloseIdleConnections()
	assert.ErrorIs(t, ask(client, "POST", url+"/add", "one").err, syscall.ECONNREFUSED)
}
