package rsm_test

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/ttkit/ttkit/internal/contest"
	"github.com/ttkit/ttkit/tt"
)

// known is what the bare client knows of an operation.
type known struct {
	mode  int64 // id
	until time.Time

	// labels are the texts that each of the operation's writes added, as the
	// adapter wrote them when the operation was recorded.
	labels []map[string]string
}

var bareCalls = contest.Calls[*known, *bareClient]{
	Create: func(ctx context.Context, c *bareClient, k *known) error {
		var labels map[string]string
		if len(k.labels) > 0 {
			labels = k.labels[0]
		}
		_, err := c.create(ctx, tt.KeyHash("", contest.Key), contest.Subject, 3, labels)
		return err
	},
	Get: func(ctx context.Context, c *bareClient, k *known) error {
		m, err := c.get(ctx, k.mode)
		return contest.Expect(err, m.ID == k.mode)
	},
	Object: func(ctx context.Context, c *bareClient, _ *known) error {
		found, err := c.filter(ctx, "", 3)
		return contest.Expect(err, len(found) == 2)
	},
	Find: func(ctx context.Context, c *bareClient, k *known) error {
		found, err := c.search(ctx, tt.KeyHash("", contest.Key))
		return contest.Expect(err, len(found) == 1 && found[0].ID == k.mode)
	},
	List: func(ctx context.Context, c *bareClient, _ *known) error {
		found, err := c.filter(ctx, tt.KeyHash("", "ttkit namespace"))
		return contest.Expect(err, len(found) == 20)
	},
	Close: func(ctx context.Context, c *bareClient, k *known) error {
		return c.close(ctx, k.mode, k.labels[0])
	},
	Comment: addLabels,
	Renew: func(ctx context.Context, c *bareClient, k *known) error {
		_, err := c.note(ctx, k.mode, k.labels[0], k.until)
		return err
	},
	Promote: addLabels,
	Join: func(ctx context.Context, c *bareClient, k *known) error {
		_, err := c.note(ctx, k.mode, k.labels[0], time.Time{}, 11, 12)
		return err
	},
}

func addLabels(ctx context.Context, c *bareClient, k *known) error {
	_, err := c.note(ctx, k.mode, k.labels[0], time.Time{})
	return err
}

// learn takes the labels that the recorded requests wrote.
func learn(a *contest.Alarm, steps []contest.Exchange) (*known, error) {
	k := &known{until: a.Until}
	if a.ID != "" {
		var err error
		if k.mode, err = strconv.ParseInt(a.ID, 10, 64); err != nil {
			return nil, err
		}
	}
	before := map[string]string{}
	for _, s := range steps {
		var sent struct {
			Labels map[string]string `json:"labels"`
		}
		switch s.Method {
		case "GET":
			if !strings.HasPrefix(s.Body, "{") {
				continue
			}
			if err := json.Unmarshal([]byte(s.Body), &sent); err != nil {
				return nil, err
			}
			before = sent.Labels
		case "POST", "PATCH":
			if s.Sent == "" || strings.HasSuffix(s.Path, "/filter") {
				continue
			}
			if err := json.Unmarshal([]byte(s.Sent), &sent); err != nil {
				return nil, err
			}
			added := map[string]string{}
			for name, text := range sent.Labels {
				if before[name] != text {
					added[name] = text
				}
			}
			k.labels = append(k.labels, added)
		}
	}
	return k, nil
}
