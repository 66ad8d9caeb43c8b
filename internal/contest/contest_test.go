package contest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/tt"
)

func TestMain(m *testing.M) {
	ReplayIfAsked()
	os.Exit(m.Run())
}

// remote is a System that lists the tickets of an object, with a login before
// the first list.
type remote struct {
	tt.System
	client *client
	in     bool
}

func (r *remote) CreateTT(context.Context, tt.CreateRequest) (tt.Created, error) {
	return tt.Created{ID: "1"}, nil
}

func (r *remote) GetObjectTTs(ctx context.Context, object string) ([]string, error) {
	if !r.in {
		if _, err := r.client.ask(ctx, "POST", "/login", `{"user":"noc"}`); err != nil {
			return nil, err
		}
		r.in = true
	}
	ids, err := r.client.ask(ctx, "POST", "/list", `{"object":"`+object+`"}`)
	return strings.Fields(ids), err
}

func (r *remote) Shutdown(context.Context) error { return nil }

// client makes requests.
type client struct {
	base string
	http *http.Client
}

func (c *client) ask(ctx context.Context, method, path, body string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = errors.New(string(text))
	}
	return string(text), err
}

// lookup is what the client by hand knows.
type lookup struct{ object, ids string }

// listing is a contest of one operation, which lists an object's tickets.
func listing(byHand func(ctx context.Context, c *client, p *lookup) error) *Contest[*lookup, *client] {
	return &Contest[*lookup, *client]{
		Object: "sw-1",
		Simulator: func(testing.TB) Simulator {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				_, object, _ := strings.Cut(string(body), ":")
				if object = strings.Trim(object, ` "}`); object == "" {
					return
				}
				_, _ = io.WriteString(w, object+"/1 "+object+"/2")
			}))
			return Simulator{URL: server.URL, Transport: http.DefaultTransport, Close: server.Close}
		},
		Library: func(base string, transport http.RoundTripper) (tt.System, error) {
			return &remote{client: &client{base, &http.Client{Transport: transport}}}, nil
		},
		Client: func(base string, c *http.Client) *client { return &client{base, c} },
		ByHand: Calls[*lookup, *client]{Object: byHand},
		Warm: func(ctx context.Context, sys tt.System) error {
			_, err := sys.GetObjectTTs(ctx, "sw-0")
			return err
		},
		Learn: func(a *Alarm, steps []Exchange) (*lookup, error) {
			return &lookup{a.Object, steps[0].Body}, nil
		},
	}
}

// list is the client by hand that does the same.
func list(ctx context.Context, c *client, p *lookup) error {
	ids, err := c.ask(ctx, "POST", "/list", `{"object": "`+p.object+`"}`)
	return Expect(err, ids == p.ids)
}

func BenchmarkOperations(b *testing.B) { listing(list).Benchmark(b) }

func TestAllocationsOfEqualClients(t *testing.T) { listing(list).TestAllocations(t) }

func TestRequestsOfEqualClients(t *testing.T) { listing(list).TestRequests(t) }

func TestARecordingBeginsAfterTheWarmUp(t *testing.T) {
	c := listing(list)
	r, err := c.record(t, c.operations()[0])
	require.NoError(t, err)
	require.Len(t, r.Before, 2)
	assert.Equal(t, []string{"/login", "/list"}, []string{r.Before[0].Path, r.Before[1].Path})
	require.Len(t, r.Steps, 1)
	assert.Equal(t, &lookup{"sw-1", "sw-1/1 sw-1/2"}, r.known)
}

func TestOnlyWhatIsDoneByHandIsMeasured(t *testing.T) {
	c := &Contest[*lookup, *client]{ByHand: Calls[*lookup, *client]{Create: list, Renew: list, Join: list}, JoinTogether: true}
	var names, together []string
	for _, op := range c.operations() {
		names = append(names, op.name)
		if op.together {
			together = append(together, op.name)
		}
	}
	assert.Equal(t, []string{"CreateTT, new", "CreateTT, existing", "RenewTT", "AddToGroupTT, 2 objects"}, names)
	assert.Equal(t, []string{"AddToGroupTT, 2 objects"}, together)
}

func TestClientsThatAskOtherwiseAreSeen(t *testing.T) {
	for _, row := range []struct {
		name   string
		byHand func(ctx context.Context, c *client, p *lookup) error
		want   string // error; empty: the texts differ
	}{
		{"another body", func(ctx context.Context, c *client, _ *lookup) error {
			_, err := c.ask(ctx, "POST", "/list", `{"object":"sw-2"}`)
			return err
		}, ""},
		{"one request more", func(ctx context.Context, c *client, p *lookup) error {
			return errors.Join(list(ctx, c, p), list(ctx, c, p))
		}, ""},
		{"none", func(context.Context, *client, *lookup) error { return nil }, ""},
		{"another path", func(ctx context.Context, c *client, _ *lookup) error {
			_, err := c.ask(ctx, "POST", "/find", `{}`)
			return err
		}, "by hand: contest: bare asks POST /find, which is not what was recorded"},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := listing(row.byHand)
			ours, theirs, err := c.sent(t, c.operations()[0])
			if row.want != "" {
				require.ErrorContains(t, err, row.want)
				return
			}
			require.NoError(t, err)
			assert.NotEqual(t, ours, theirs)
		})
	}
}

func TestAMissingAnswerEndsTheContest(t *testing.T) {
	c := listing(list)
	op := c.operations()[0]
	r, err := c.record(t, op)
	require.NoError(t, err)
	r.Steps[0].Path = "/other"
	base, stop, err := start(map[string]recording{"0": r.recording})
	require.NoError(t, err)
	defer stop()
	_, err = c.pair(t, op, base+"/0", r)
	assert.ErrorContains(t, err, "library asks POST /list, which is not what was recorded: POST /other is next, of 1 to come")
}

// shut is a System that cannot make a ticket.
type shut struct{ tt.System }

func (shut) CreateTT(context.Context, tt.CreateRequest) (tt.Created, error) {
	return tt.Created{}, errFails
}

var errFails = errors.New("no such thing")

func TestWhatFailsWhileItIsRecordedIsTold(t *testing.T) {
	for _, row := range []struct {
		name   string
		change func(c *Contest[*lookup, *client])
		want   string
	}{
		{"the preparation", func(c *Contest[*lookup, *client]) {
			c.Library = func(string, http.RoundTripper) (tt.System, error) { return shut{}, nil }
		}, "prepare: no such thing"},
		{"the opening", func(c *Contest[*lookup, *client]) {
			c.Library = func(string, http.RoundTripper) (tt.System, error) { return nil, errFails }
		}, "no such thing"},
		{"the warm-up", func(c *Contest[*lookup, *client]) {
			c.Warm = func(context.Context, tt.System) error { return errFails }
		}, "warm: no such thing"},
		{"the operation", func(c *Contest[*lookup, *client]) {
			c.Object = ""
		}, "the answer is not what was recorded"},
		{"what is learned", func(c *Contest[*lookup, *client]) {
			c.Learn = func(*Alarm, []Exchange) (*lookup, error) { return nil, errFails }
		}, "no such thing"},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := listing(list)
			row.change(c)
			_, err := c.record(t, c.operations()[0])
			assert.EqualError(t, err, row.want)
		})
	}
}
