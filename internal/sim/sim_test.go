package sim_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/internal/sim"
	"github.com/ttkit/ttkit/tt/tttest"
)

// counter is a vendor with one number: POST /add adds one to it, GET /read
// reads it.
type counter struct {
	effects atomic.Int32
	*sim.Server
}

func newCounter(change func(*sim.Vendor)) *counter {
	c := &counter{}
	v := sim.Vendor{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			if r.Method == http.MethodPost {
				c.effects.Add(1)
				w.WriteHeader(http.StatusCreated)
			}
			_, _ = io.WriteString(w, "answer to "+string(body))
		}),
		Route: func(r *http.Request) (string, bool) {
			return strings.TrimPrefix(r.URL.Path, "/"), r.Method == http.MethodPost
		},
	}
	if change != nil {
		change(&v)
	}
	c.Server = sim.New(v)
	return c
}

// reply is what the client got.
type reply struct {
	status int
	header http.Header
	body   string
	err    error
}

func ask(client *http.Client, method, url, body string) reply {
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		return reply{err: err}
	}
	req.Header.Set("Authorization", "Bearer hidden-token")
	resp, err := client.Do(req)
	if err != nil {
		return reply{err: err}
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	return reply{resp.StatusCode, resp.Header, string(raw), err}
}

func (c *counter) add() reply  { return ask(c.Client(), "POST", c.URL()+"/add?q=1", "one") }
func (c *counter) read() reply { return ask(c.Client(), "GET", c.URL()+"/read", "") }

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

func TestSlowRepliesAfterItsDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCounter(nil)
		defer c.Close()
		c.Inject(tttest.Fault{Kind: tttest.Slow, Delay: 7 * time.Second})
		began := time.Now()
		go func() {
			time.Sleep(time.Second)
			assert.EqualValues(t, 1, c.effects.Load(), "it acts at once")
		}()
		assert.Equal(t, 201, c.add().status)
		assert.Equal(t, 7*time.Second, time.Since(began))
	})
}

func TestSlowActsAlthoughTheClientGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCounter(nil)
		defer c.Close()
		c.Inject(tttest.Fault{Kind: tttest.Slow, Delay: time.Hour})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, "POST", c.URL()+"/add", nil)
		require.NoError(t, err)
		_, err = c.Client().Do(req)
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.EqualValues(t, 1, c.effects.Load())
	})
}

func TestLateActsAfterItsDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCounter(nil)
		defer c.Close()
		c.Inject(tttest.Fault{Kind: tttest.Late, Delay: 30 * time.Second})
		began := time.Now()
		require.Error(t, c.add().err)
		assert.Zero(t, time.Since(began), "the connection is cut at once")

		time.Sleep(30*time.Second - 1)
		assert.Zero(t, c.effects.Load())
		assert.Zero(t, c.Requests()[0].Acted)
		time.Sleep(2 * time.Nanosecond)
		assert.EqualValues(t, 1, c.effects.Load())
		assert.Equal(t, 1, c.Requests()[0].Acted)
		assert.Equal(t, 201, c.Requests()[0].Result)
		assert.Zero(t, c.Requests()[0].Status, "nobody heard of it")
	})
}

func TestSettleLetsWhatIsLateArriveNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var order []string
		c := newCounter(func(v *sim.Vendor) {
			v.Handler = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				order = append(order, string(body))
			})
		})
		defer c.Close()
		for _, d := range []time.Duration{3 * time.Hour, time.Hour, 2 * time.Hour} {
			c.Inject(tttest.Fault{Kind: tttest.Late, Delay: d})
			require.Error(t, ask(c.Client(), "POST", c.URL()+"/add", d.String()).err)
		}
		began := time.Now()
		c.Settle()
		assert.Zero(t, time.Since(began))
		assert.Equal(t, []string{"1h0m0s", "2h0m0s", "3h0m0s"}, order, "in the order in which they are due")
		time.Sleep(4 * time.Hour)
		assert.Len(t, order, 3, "none arrives again")
	})
}

func TestSettleWaitsForWhatIsArriving(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c *counter
		c = newCounter(func(v *sim.Vendor) {
			act := v.Handler
			v.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if c.Sleep(time.Minute) {
					act.ServeHTTP(w, r)
				}
			})
		})
		defer c.Close()
		c.Inject(tttest.Fault{Kind: tttest.Late, Delay: time.Second})
		require.Error(t, c.add().err)
		time.Sleep(2 * time.Second) // it has begun
		c.Settle()
		assert.EqualValues(t, 1, c.effects.Load())
	})
}

func TestCloseDropsWhatIsStillOnItsWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCounter(nil)
		c.Inject(tttest.Fault{Kind: tttest.Late, Delay: time.Second})
		require.Error(t, c.add().err)
		c.Close()
		c.Settle()
		time.Sleep(time.Minute)
		assert.Zero(t, c.effects.Load())
	})
}

// The bubble itself proves that no goroutine is left: it fails when one waits
// forever.
func TestCloseEndsEverythingThatIsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCounter(nil)
		c.Inject(
			tttest.Fault{Kind: tttest.Slow, Delay: time.Hour, Times: 10},
			tttest.Fault{Kind: tttest.Late, Delay: time.Hour, Times: 10},
		)
		replies := make(chan reply)
		for range 30 {
			go func() { replies <- c.add() }()
		}
		synctest.Wait()
		began := time.Now()
		go c.Close()
		failed := 0
		for range 30 {
			if r := <-replies; r.err != nil {
				failed++
			}
		}
		assert.Equal(t, 20, failed)
		assert.Zero(t, time.Since(began))
		c.Close() // again
		assert.ErrorIs(t, c.add().err, syscall.ECONNREFUSED, "a closed server refuses")
	})
}

func TestAClosedServerServesNobody(t *testing.T) {
	c := newCounter(nil)
	url, err := c.Listen("localhost:0")
	require.NoError(t, err)
	c.Close()
	assert.Error(t, c.add().err)
	assert.Error(t, ask(http.DefaultClient, "POST", url+"/add", "").err)
	_, err = c.Listen("127.0.0.1:0")
	assert.ErrorContains(t, err, "closed")
	assert.PanicsWithValue(t, http.ErrAbortHandler, func() {
		c.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/add", nil))
	})
	assert.Zero(t, c.effects.Load())
}

func TestListenServesLoopbackOnly(t *testing.T) {
	c := newCounter(nil)
	defer c.Close()
	for _, addr := range []string{":0", "0.0.0.0:0", "[::]:0", "192.0.2.1:0", "example.net:0", "127.0.0.1"} {
		_, err := c.Listen(addr)
		assert.Error(t, err, addr)
	}
}

func TestTheLogHoldsEverythingButCredentials(t *testing.T) {
	c := newCounter(func(v *sim.Vendor) { v.Mask = []string{"X-Api-Key"} })
	defer c.Close()
	req, err := http.NewRequest("POST", c.URL()+"/add?a=%20b", strings.NewReader("body"))
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer hidden-token")
	req.Header.Set("X-Api-Key", "hidden-key")
	req.Header.Set("X-Other", "shown")
	resp, err := c.Client().Do(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())

	log := c.Requests()
	require.Len(t, log, 1)
	got := log[0]
	assert.Equal(t, "POST", got.Method)
	assert.Equal(t, "/add", got.Path)
	assert.Equal(t, "a=%20b", got.Query)
	assert.Equal(t, "body", got.Body)
	assert.Equal(t, "add", got.Route)
	assert.True(t, got.Writes)
	assert.Equal(t, []int{1, 201, 201}, []int{got.Acted, got.Result, got.Status})
	assert.Equal(t, "shown", got.Header.Get("X-Other"))
	assert.Equal(t, "***", got.Header.Get("Authorization"))
	assert.Equal(t, "***", got.Header.Get("X-Api-Key"))
	assert.Equal(t, "Bearer hidden-token", req.Header.Get("Authorization"), "the request itself is untouched")

	got.Header.Set("X-Other", "changed")
	assert.Equal(t, "shown", c.Requests()[0].Header.Get("X-Other"), "the log is copied")
}

func TestTheLogIsBounded(t *testing.T) {
	c := newCounter(nil)
	defer c.Close()
	const requests = 20_050
	for range requests {
		c.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/read", nil))
	}
	assert.Equal(t, requests, c.RequestCount())
	assert.Len(t, c.Requests(), 10_000)
}

func TestTheVendorChoosesItsOwnRefusals(t *testing.T) {
	c := newCounter(func(v *sim.Vendor) {
		v.Throttle = func(w http.ResponseWriter, _ *http.Request, wait time.Duration) {
			w.WriteHeader(503)
			_, _ = io.WriteString(w, "wait "+wait.String())
		}
		v.Unauthorized = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(403) }
		v.Fail = func(w http.ResponseWriter, _ *http.Request, status int) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "sorry")
		}
	})
	defer c.Close()
	c.Inject(
		tttest.Fault{Kind: tttest.Throttle, RetryAfter: time.Minute},
		tttest.Fault{Kind: tttest.Unauthorized},
		tttest.Fault{Kind: tttest.StatusAfter},
	)
	throttled := c.add()
	assert.Equal(t, 503, throttled.status)
	assert.Equal(t, "wait 1m0s", throttled.body)
	assert.Equal(t, 403, c.add().status)
	assert.Equal(t, "sorry", c.add().body)
}

func TestRetryAfterIsRoundedUpToSeconds(t *testing.T) {
	c := newCounter(nil)
	defer c.Close()
	c.Inject(
		tttest.Fault{Kind: tttest.Throttle, RetryAfter: 1500 * time.Millisecond},
		tttest.Fault{Kind: tttest.StatusBefore, RetryAfter: time.Second},
		tttest.Fault{Kind: tttest.StatusBefore},
	)
	assert.Equal(t, "2", c.add().header.Get("Retry-After"))
	assert.Equal(t, "1", c.add().header.Get("Retry-After"))
	assert.Empty(t, c.add().header.Values("Retry-After"))
}

func TestTheDateHeaderIsTheVendorsClock(t *testing.T) {
	at, shown := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC), true
	c := newCounter(func(v *sim.Vendor) { v.Date = func() (time.Time, bool) { return at, shown } })
	defer c.Close()
	assert.Equal(t, "Sun, 01 Mar 2026 09:00:00 GMT", c.read().header.Get("Date"))
	c.Inject(tttest.Fault{Kind: tttest.StatusBefore})
	assert.Equal(t, "Sun, 01 Mar 2026 09:00:00 GMT", c.read().header.Get("Date"), "on a fault, too")
	shown = false
	assert.Empty(t, c.read().header.Values("Date"))
}

func TestBeforeRunsOnceBeforeTheRouteActs(t *testing.T) {
	c := newCounter(nil)
	defer c.Close()
	var seen []int32
	c.Before("read", func() { seen = append(seen, c.effects.Load()) })
	c.add()
	c.read()
	c.read()
	assert.Equal(t, []int32{1}, seen)
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
