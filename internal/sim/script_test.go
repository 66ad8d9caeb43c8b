package sim_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/tt/tttest"
)

func TestTheScriptChoosesByRouteWritesSkipAndTimes(t *testing.T) {
	const ok, down = 0, 503
	for _, row := range []struct {
		rule   string
		script []tttest.Fault
		calls  string // a: add, r: read
		want   []int  // 0, or the status of the fault
	}{
		{"an entry strikes once by default", []tttest.Fault{{}}, "aa", []int{down, ok}},
		{"Times says how often", []tttest.Fault{{Times: 2}}, "aaa", []int{down, down, ok}},
		{"Times below 0 is always", []tttest.Fault{{Times: -1}}, "aaaa", []int{down, down, down, down}},
		{"Route limits it to a kind of request", []tttest.Fault{{Route: "read"}}, "ara", []int{ok, down, ok}},
		{"Writes limits it to what changes something", []tttest.Fault{{Writes: true}}, "rar", []int{ok, down, ok}},
		{"Skip lets matching requests pass first", []tttest.Fault{{Skip: 2}}, "aaaa", []int{ok, ok, down, ok}},
		{"Skip does not count what does not match", []tttest.Fault{{Skip: 1, Route: "read"}}, "rarr", []int{ok, ok, down, ok}},
		{"entries strike in their order", []tttest.Fault{{Status: 502}, {Status: 504}}, "aaa", []int{502, 504, ok}},
		{"an entry that lets pass leaves the request to the next", []tttest.Fault{{Skip: 1, Status: 502}, {Status: 504}}, "aaa", []int{504, 502, ok}},
		{"Then waits for the entry before", []tttest.Fault{{Skip: 1, Status: 502}, {Then: true, Status: 504}}, "aaa", []int{ok, 502, 504}},
		{"Then counts from where the entry before struck last", []tttest.Fault{{Times: 2, Status: 502}, {Then: true, Skip: 1, Status: 504}}, "aaaa", []int{502, 502, ok, 504}},
		{"Then is for neighbours: others strike meanwhile", []tttest.Fault{{Skip: 2, Status: 502}, {Then: true, Status: 504}, {Status: 503}}, "aaaa", []int{503, ok, 502, 504}},
		{"Then at the beginning of a script waits for nothing", []tttest.Fault{{Then: true, Status: 504}}, "aa", []int{504, ok}},
		{"the first that matches strikes", []tttest.Fault{{Route: "read", Status: 502}, {Status: 504}}, "ar", []int{504, 502}},
	} {
		t.Run(row.rule, func(t *testing.T) {
			c := newCounter(nil)
			defer c.Close()
			for _, f := range row.script {
				f.Kind = tttest.StatusBefore
				c.Inject(f)
			}
			var got []int
			for _, call := range row.calls {
				r := c.add
				if call == 'r' {
					r = c.read
				}
				status := r().status
				if status < 300 {
					status = ok
				}
				got = append(got, status)
			}
			assert.Equal(t, row.want, got)
		})
	}
}

func TestACancelledRequestTakesNoFault(t *testing.T) {
	c := newCounter(nil)
	defer c.Close()
	c.Inject(tttest.Fault{Kind: tttest.StatusBefore})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	req, err := http.NewRequestWithContext(ctx, "POST", c.URL()+"/add", nil)
	require.NoError(t, err)
	_, err = c.Client().Do(req)
	require.ErrorIs(t, err, context.Canceled)
	assert.Zero(t, c.RequestCount())
	assert.Equal(t, 503, c.add().status, "the fault still waits")
}

func TestClearFaultsEmptiesTheScript(t *testing.T) {
	c := newCounter(nil)
	defer c.Close()
	c.Inject(tttest.Fault{Kind: tttest.Reset, Times: -1})
	require.Error(t, c.add().err)
	c.ClearFaults()
	assert.NoError(t, c.add().err)
}

func TestInjectRefusesAKindThatItDoesNotKnow(t *testing.T) {
	c := newCounter(nil)
	defer c.Close()
	assert.Panics(t, func() { c.Inject(tttest.Fault{Kind: "flood"}) })
}
