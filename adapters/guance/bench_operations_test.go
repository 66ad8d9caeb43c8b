package guance_test

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"

	"github.com/ttkit/ttkit/internal/contest"
	"github.com/ttkit/ttkit/tt"
)

const benchTarget = "notify_d41d8cd98f00b204"

var benchHash = tt.KeyHash("", contest.Key)[:16]

// known is what the bare client knows of an operation.
type known struct {
	id       string
	writes   []write  // as the adapter made them when the operation was recorded
	searches []string // what it searched for
}

var bareCalls = contest.Calls[*known, *bareClient]{
	Create: func(ctx context.Context, c *bareClient, k *known) error {
		var w write
		if len(k.writes) > 0 {
			w = k.writes[0]
		}
		_, err := c.create(ctx, benchHash, benchTarget, w)
		return err
	},
	Get: func(ctx context.Context, c *bareClient, k *known) error {
		x, err := c.get(ctx, k.id)
		return contest.Expect(err, err == nil && x.UUID == k.id)
	},
	Object: func(ctx context.Context, c *bareClient, k *known) error {
		open := 0
		for _, text := range k.searches {
			found, err := c.search(ctx, text)
			if err != nil {
				return err
			}
			open += len(found)
		}
		return contest.Expect(nil, open == 2)
	},
	Find: func(ctx context.Context, c *bareClient, k *known) error {
		found, err := c.search(ctx, benchHash)
		return contest.Expect(err, len(found) == 1 && found[0].UUID == k.id)
	},
	List: func(ctx context.Context, c *bareClient, k *known) error {
		found, err := c.search(ctx, k.searches[0])
		return contest.Expect(err, len(found) == 20)
	},
	Close: func(ctx context.Context, c *bareClient, k *known) error {
		return c.close(ctx, k.id, benchHash, k.writes[0])
	},
	Comment: changeSchedule,
	Promote: changeSchedule,
	Join:    changeSchedule,
}

func changeSchedule(ctx context.Context, c *bareClient, k *known) error {
	_, err := c.change(ctx, k.id, k.writes[0])
	return err
}

// learn takes what the recorded requests searched for and changed.
func learn(a *contest.Alarm, steps []contest.Exchange) (*known, error) {
	k := &known{id: a.ID}
	before := 0 // rules
	for _, s := range steps {
		switch {
		case strings.HasSuffix(s.Path, "/list"):
			query, err := url.ParseQuery(s.Query)
			if err != nil {
				return nil, err
			}
			k.searches = append(k.searches, query.Get("search"))
		case strings.HasSuffix(s.Path, "/get"):
			var answer bareAnswer[bareSchedule]
			if err := json.Unmarshal([]byte(s.Body), &answer); err != nil {
				return nil, err
			}
			before = len(answer.Content.Strategy)
		default:
			var sent bareRequest
			if err := json.Unmarshal([]byte(s.Sent), &sent); err != nil {
				return nil, err
			}
			k.writes = append(k.writes, write{sent.Name, sent.DimensionFilter, sent.Strategy[before:], sent.Extend.EffectiveTime.End < 4102444800})
		}
	}
	return k, nil
}
