package contest

import (
	"context"
	"errors"
	"fmt"
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

// remote is a System that only lists, with a login before the first list.
type remote struct {
	tt.System
	client *client
	in     bool
}

func (r *remote) GetObjectTTs(ctx context.Context, object string) ([]string, error) {
	if !r.in {
		if _, err := r.client.ask(ctx, "POST", "/login", `{"user":"noc"}`); err != nil {
			return nil, err
		}
		r.in = true
	}
	id, err := r.client.ask(ctx, "POST", "/list", `{"object":"`+object+`"}`)
	return []string{id}, err
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

type lookup struct{ object, id string }

// listing is a contest of one operation, which lists an object's ticket.
func listing(byHand func(ctx context.Context, c *client, p *lookup) error) *Contest[lookup, *client] {
	return &Contest[lookup, *client]{
		Operations: []Operation[lookup, *client]{{
			Name: "GetObjectTTs",
			Prepare: func(_ context.Context, _ tt.System, p *lookup) error {
				p.object = "sw-1"
				return nil
			},
			Library: func(ctx context.Context, sys tt.System, p *lookup) error {
				ids, err := sys.GetObjectTTs(ctx, p.object)
				if err == nil && ids[0] != "ticket of "+p.object {
					err = fmt.Errorf("ids %v", ids)
				}
				return err
			},
			Bare: byHand,
		}},
		Simulator: func(testing.TB) Simulator {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				_, object, _ := strings.Cut(string(body), ":")
				_, _ = io.WriteString(w, "ticket of "+strings.Trim(object, `"}`))
			}))
			return Simulator{URL: server.URL, Transport: http.DefaultTransport, Close: server.Close}
		},
		Library: func(base string, transport http.RoundTripper) (tt.System, error) {
			return &remote{client: &client{base, &http.Client{Transport: transport}}}, nil
		},
		Bare: func(base string, c *http.Client) *client { return &client{base, c} },
		Warm: func(ctx context.Context, sys tt.System) error {
			_, err := sys.GetObjectTTs(ctx, "sw-0")
			return err
		},
		Play: func() *lookup { return &lookup{} },
		Learn: func(p *lookup, steps []Exchange) error {
			p.id = steps[0].Body
			return nil
		},
	}
}

// list is the client by hand that does the same.
func list(ctx context.Context, c *client, p *lookup) error {
	id, err := c.ask(ctx, "POST", "/list", `{"object": "`+p.object+`"}`)
	if err == nil && id != p.id {
		err = fmt.Errorf("ticket %q, not %q", id, p.id)
	}
	return err
}

func TestAllocationsOfEqualClients(t *testing.T) { listing(list).TestAllocations(t) }

func TestRequestsOfEqualClients(t *testing.T) { listing(list).TestRequests(t) }

func TestARecordingBeginsAfterTheWarmUp(t *testing.T) {
	c := listing(list)
	r, p, err := c.record(t, c.Operations[0])
	require.NoError(t, err)
	require.Len(t, r.Before, 2)
	assert.Equal(t, []string{"/login", "/list"}, []string{r.Before[0].Path, r.Before[1].Path})
	require.Len(t, r.Steps, 1)
	assert.Equal(t, &lookup{"sw-1", "ticket of sw-1"}, p)
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
			ours, theirs, err := c.sent(t, c.Operations[0])
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
	op := c.Operations[0]
	r, p, err := c.record(t, op)
	require.NoError(t, err)
	r.Steps[0].Path = "/other"
	base, stop, err := start(map[string]recording{"0": r})
	require.NoError(t, err)
	defer stop()
	_, err = c.pair(t, op, base+"/0", p)
	assert.ErrorContains(t, err, "library asks POST /list, which is not what was recorded: POST /other is next, of 1 to come")
}

func TestWhatFailsWhileItIsRecordedIsTold(t *testing.T) {
	fails := errors.New("no such ticket")
	for _, row := range []struct {
		name   string
		change func(c *Contest[lookup, *client])
		want   string
	}{
		{"the preparation", func(c *Contest[lookup, *client]) {
			c.Operations[0].Prepare = func(context.Context, tt.System, *lookup) error { return fails }
		}, "prepare: no such ticket"},
		{"the warm-up", func(c *Contest[lookup, *client]) {
			c.Warm = func(context.Context, tt.System) error { return fails }
		}, "warm: no such ticket"},
		{"the operation", func(c *Contest[lookup, *client]) {
			c.Operations[0].Library = func(context.Context, tt.System, *lookup) error { return fails }
		}, "no such ticket"},
		{"what is learned", func(c *Contest[lookup, *client]) {
			c.Learn = func(*lookup, []Exchange) error { return fails }
		}, "no such ticket"},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := listing(list)
			row.change(c)
			_, _, err := c.record(t, c.Operations[0])
			assert.EqualError(t, err, row.want)
		})
	}
}
