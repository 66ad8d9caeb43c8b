package main

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/ttkit/ttkit/tt"
)

// probing is a system that finds what the test says.
type probing struct {
	tt.Unimplemented
	asked tt.ProbeRequest
	found []tt.Finding
	err   error
}

func (p *probing) Probe(_ context.Context, req tt.ProbeRequest) ([]tt.Finding, error) {
	p.asked = req
	return p.found, p.err
}

var prober *probing

func init() {
	tt.Register("probing", func(context.Context, tt.Config) (tt.System, error) { return prober, nil }, nil)
}

func TestProbePrintsFindingsAndSettings(t *testing.T) {
	t.Setenv("TTCTL_CONFIG", configFile(t, "systems: {one: {adapter: probing}}"))
	found := []tt.Finding{
		{Question: "labels in a change", Answer: "merge"},
		{Question: "lists", Answer: "2s late", Setting: "settle", Value: "7s", Detail: "seen\x1b[2J after 2s"},
	}
	args := []string{"probe", "--object", "a", "--object", "b", "--queue", "net", "--wait", "3s"}
	const printed = `{"findings":[{"question":"labels in a change","answer":"merge"},` +
		`{"question":"lists","answer":"2s late","setting":"settle","value":"7s","detail":"seen\u001b[2J after 2s"}],"settings":{"settle":"7s"}}` + "\n"

	prober = &probing{found: found}
	assert.Equal(t, ran{0, printed, ""}, ttctl(t, args...))
	assert.Equal(t, tt.ProbeRequest{Objects: []string{"a", "b"}, Queue: "net", Wait: 3 * time.Second}, prober.asked)

	assert.Equal(t, ran{0, "labels in a change   merge\nlists                2s late   seen\uFFFD[2J after 2s\n\nsettings to use:\n    settle: 7s\n", ""},
		ttctl(t, append(args, "--output", "text")...))

	e := tt.Errorf(tt.CodeUnavailable, tt.Done, "mode 7 could not be ended")
	e.TicketID = "7"
	prober = &probing{found: found, err: e}
	got := ttctl(t, args...)
	assert.Equal(t, printed, got.stdout, "what was found is told all the same")
	assert.Equal(t, exitForNow, got.status)
	assert.Equal(t, "7", got.failure(t).TicketID)
}

func TestProbeFails(t *testing.T) {
	for _, row := range []struct {
		name   string
		args   []string
		err    error
		status int
		code   string
	}{
		{"no object", []string{"probe"}, nil, 64, "invalid"},
		{"an empty object", []string{"probe", "--object", ""}, nil, 64, "invalid"},
		{"an object twice", []string{"probe", "--object", "a", "--object", "a"}, nil, 64, "invalid"},
		{"no time to wait", []string{"probe", "--object", "a", "--wait", "0"}, nil, 64, "invalid"},
		{"a server that is down", []string{"probe", "--object", "a"}, tt.Errorf(tt.CodeUnavailable, tt.NotDone, "no answer"), 75, "unavailable"},
		{"credentials that are not accepted", []string{"probe", "--object", "a"}, tt.Errorf(tt.CodeUnauthenticated, tt.NotDone, "who?"), 1, "unauthenticated"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Setenv("TTCTL_CONFIG", configFile(t, "systems: {one: {adapter: probing}}"))
			prober = &probing{err: row.err}
			got := ttctl(t, row.args...)
			assert.Equal(t, row.status, got.status)
			assert.Empty(t, got.stdout)
			assert.Equal(t, row.code, got.failure(t).Code)
		})
	}
	script(t)
	got := ttctl(t, "probe", "--object", "a")
	assert.Equal(t, exitForGood, got.status)
	assert.Equal(t, "unsupported", got.failure(t).Code)
	assert.Equal(t, "Probe", got.failure(t).Op)
}

func TestProbeOnRSM(t *testing.T) {
	t.Parallel()
	server, config := monq(t)
	got := rsmctl(t, config, "probe", "--object", "7", "--object", "8")
	assert.Zero(t, got.status, got.stderr)
	assert.Contains(t, got.stdout, `{"question":"labels in a change","answer":"replace","detail":"labels that a change leaves out are removed"}`)
	assert.Contains(t, got.stdout, `"settings":{"late":"1m","settle":"5s","window":"0"}}`)
	for _, m := range server.Modes() {
		assert.False(t, m.Open(), "mode %d was left behind", m.ID)
	}
	assert.Equal(t, `{"tt_ids":[]}`+"\n", rsmctl(t, config, "list").stdout)

	got = rsmctl(t, config, "probe", "--object", "99")
	assert.Equal(t, exitForGood, got.status)
	assert.Equal(t, "not_found", got.failure(t).Code)
	assert.Empty(t, got.stdout)
}
