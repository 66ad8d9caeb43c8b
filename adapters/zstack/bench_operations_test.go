package zstack_test

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"

	"github.com/ttkit/ttkit/internal/contest"
)

// known is what the bare client knows of an operation: what the adapter wrote
// when it was recorded.
type known struct {
	id                string
	name, description string
	requests          []bareRequest
	tags              []string // of a create, or one by one
	comment           string   // of a transition
	search            string   // the condition on tags
}

var bareCalls = contest.Calls[*known, *bareClient]{
	Create: func(ctx context.Context, c *bareClient, k *known) error {
		return c.create(ctx, k.id, k.name, k.description, k.requests, k.tags)
	},
	Get: func(ctx context.Context, c *bareClient, k *known) error {
		t, err := c.get(ctx, k.id)
		if err != nil {
			return err
		}
		tags, err := c.tags(ctx, k.id)
		if err != nil {
			return err
		}
		_, err = c.histories(ctx, k.id)
		return contest.Expect(err, t.UUID == k.id && len(tags) > 2)
	},
	Object: searchFor(2),
	Find: func(ctx context.Context, c *bareClient, k *known) error {
		t, err := c.get(ctx, k.id)
		return contest.Expect(err, err == nil && t.UUID == k.id)
	},
	List:  searchFor(20),
	Close: func(ctx context.Context, c *bareClient, k *known) error { return c.cancel(ctx, k.id, k.comment) },
	Comment: func(ctx context.Context, c *bareClient, k *known) error {
		if _, err := c.tags(ctx, k.id); err != nil {
			return err
		}
		return c.tag(ctx, k.id, k.tags[0])
	},
	Promote: readAndTag,
	Join:    readAndTag,
}

func searchFor(n int) func(ctx context.Context, c *bareClient, k *known) error {
	return func(ctx context.Context, c *bareClient, k *known) error {
		found, err := c.search(ctx, k.search)
		return contest.Expect(err, len(found) == n)
	}
}

func readAndTag(ctx context.Context, c *bareClient, k *known) error {
	if _, err := c.get(ctx, k.id); err != nil {
		return err
	}
	if _, err := c.tags(ctx, k.id); err != nil {
		return err
	}
	return c.tagAll(ctx, k.id, k.tags)
}

// learn takes what the recorded requests wrote.
func learn(a *contest.Alarm, steps []contest.Exchange) (*known, error) {
	k := &known{id: a.ID}
	for _, s := range steps {
		query, err := url.ParseQuery(s.Query)
		if err != nil {
			return nil, err
		}
		for _, condition := range query["q"] {
			if strings.HasPrefix(condition, "__userTag__") {
				k.search = condition
			}
		}
		var sent struct {
			Params struct {
				Name        string        `json:"name"`
				Description string        `json:"description"`
				Requests    []bareRequest `json:"requests"`
				Tag         string        `json:"tag"`
			} `json:"params"`
			UserTags []string `json:"userTags"`
			Change   struct {
				Comment string `json:"comment"`
			} `json:"changeTicketStatus"`
		}
		if s.Sent == "" {
			continue
		}
		if err := json.Unmarshal([]byte(s.Sent), &sent); err != nil {
			return nil, err
		}
		if sent.Params.Tag != "" {
			k.tags = append(k.tags, sent.Params.Tag)
			continue
		}
		k.name, k.description, k.requests = sent.Params.Name, sent.Params.Description, sent.Params.Requests
		k.tags, k.comment = sent.UserTags, sent.Change.Comment
	}
	return k, nil
}
