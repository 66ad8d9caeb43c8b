package rsm_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// bareClient is what somebody writes who needs service modes and has no
// library: net/http, encoding/json and a typed struct for everything on the
// wire. It is what the benchmarks compare the adapter with. It makes the same
// requests in the same order, but does not repeat any, keeps no journal (its
// callers hand it the finished label texts) and explains no failure.
type bareClient struct {
	http  *http.Client
	base  string
	token string
}

type bareMode struct {
	ID          int64             `json:"id"`
	DateStart   time.Time         `json:"dateStart"`
	DateEnd     time.Time         `json:"dateEnd"`
	Title       string            `json:"title"`
	ConfigItems []bareItem        `json:"configItems"`
	Labels      map[string]string `json:"labels"`
}

type bareItem struct {
	ID        int64     `json:"id"`
	Scope     string    `json:"scope"`
	Depth     int       `json:"depth"`
	State     string    `json:"state"`
	DateStart time.Time `json:"dateStart"`
	DateEnd   time.Time `json:"dateEnd"`
}

type bareScope struct {
	ID    int64  `json:"id"`
	Scope string `json:"scope"`
	Depth int    `json:"depth"`
}

type bareCreate struct {
	Title       string            `json:"title"`
	DateStart   string            `json:"dateStart"`
	DateEnd     string            `json:"dateEnd"`
	ConfigItems []bareScope       `json:"configItems"`
	Labels      map[string]string `json:"labels"`
}

type barePatch struct {
	DateEnd     string            `json:"dateEnd,omitempty"`
	ConfigItems []bareScope       `json:"configItems,omitempty"`
	Labels      map[string]string `json:"labels,omitempty"`
	Cancel      bool              `json:"cancel,omitempty"`
}

type bareFilter struct {
	ConfigItemIDs []int64      `json:"configItemIds,omitempty"`
	DateEnd       bareDateFrom `json:"dateEnd"`
}

type bareDateFrom struct {
	MoreThanOrEqual string `json:"moreThanOrEqual"`
}

const (
	bareModes = "/api/public/sm/v1/rsm-maintenance"
	bareTime  = "2006-01-02T15:04:05-07:00"
)

// call makes one request and reads the whole reply.
func (c *bareClient) call(ctx context.Context, method, path string, in, out any) (http.Header, error) {
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Accept-Language", "ru-RU")
	req.Header.Set("User-Agent", "bare/1.0")
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode >= 300 {
		return nil, fmt.Errorf("%s %s: %s: %s", method, path, resp.Status, text)
	}
	if err := json.Unmarshal(text, out); err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	return resp.Header, nil
}

// pages reads every page of a list of modes.
func (c *bareClient) pages(ctx context.Context, method, path, search string, in any) ([]bareMode, error) {
	var all []bareMode
	for page := 1; ; page++ {
		query := url.Values{}
		query.Set("page", strconv.Itoa(page))
		query.Set("perPage", "500")
		query.Set("sortCol", "id")
		query.Set("sortDir", "asc")
		if search != "" {
			query.Set("search", search)
		}
		var modes []bareMode
		header, err := c.call(ctx, method, path+"?"+query.Encode(), in, &modes)
		if err != nil {
			return nil, err
		}
		all = append(all, modes...)
		if total, err := strconv.Atoi(header.Get("X-Total-Pages")); err != nil || page >= total {
			return all, nil
		}
	}
}

// search lists the modes that show a text.
func (c *bareClient) search(ctx context.Context, text string) ([]bareMode, error) {
	return c.pages(ctx, "GET", bareModes, text, nil)
}

// filter lists the modes that have not ended.
func (c *bareClient) filter(ctx context.Context, text string, items ...int64) ([]bareMode, error) {
	return c.pages(ctx, "POST", bareModes+"/filter", text, &bareFilter{
		ConfigItemIDs: items,
		DateEnd:       bareDateFrom{time.Now().UTC().Format(bareTime)},
	})
}

func barePath(id int64) string { return bareModes + "/" + strconv.FormatInt(id, 10) }

func (c *bareClient) get(ctx context.Context, id int64) (*bareMode, error) {
	var m bareMode
	_, err := c.call(ctx, "GET", barePath(id), nil, &m)
	return &m, err
}

func (c *bareClient) patch(ctx context.Context, id int64, p *barePatch) (*bareMode, error) {
	path := barePath(id)
	if p.ConfigItems != nil {
		path += "?batchValidate=true"
	}
	var m bareMode
	_, err := c.call(ctx, "PATCH", path, p, &m)
	return &m, err
}

// create makes the mode of a key unless there is one, and reports its id.
func (c *bareClient) create(ctx context.Context, hash, title string, item int64, labels map[string]string) (int64, error) {
	found, err := c.search(ctx, hash)
	if err != nil {
		return 0, err
	}
	if len(found) > 0 {
		m, err := c.get(ctx, found[0].ID)
		return m.ID, err
	}
	now := time.Now().UTC()
	set := make(map[string]string, len(labels))
	maps.Copy(set, labels)
	var made bareMode
	if _, err := c.call(ctx, "POST", bareModes+"?batchValidate=true", &bareCreate{
		Title:       title,
		DateStart:   now.Format(bareTime),
		DateEnd:     now.Add(168 * time.Hour).Format(bareTime),
		ConfigItems: []bareScope{{ID: item, Scope: "Ci"}},
		Labels:      set,
	}, &made); err != nil {
		return 0, err
	}
	if found, err = c.search(ctx, hash); err != nil {
		return 0, err
	}
	if !slices.ContainsFunc(found, func(m bareMode) bool { return m.ID == made.ID }) {
		return 0, fmt.Errorf("mode %d does not show", made.ID)
	}
	return made.ID, nil
}

// note adds labels to a mode, and items to its scope, and moves its end.
func (c *bareClient) note(ctx context.Context, id int64, labels map[string]string, until time.Time, items ...int64) (*bareMode, error) {
	m, err := c.get(ctx, id)
	if err != nil {
		return nil, err
	}
	return c.write(ctx, m, labels, until, items...)
}

func (c *bareClient) write(ctx context.Context, m *bareMode, labels map[string]string, until time.Time, items ...int64) (*bareMode, error) {
	maps.Copy(m.Labels, labels)
	p := &barePatch{Labels: m.Labels}
	if !until.IsZero() {
		p.DateEnd = until.UTC().Format(bareTime)
	}
	if len(items) > 0 {
		for _, i := range m.ConfigItems {
			p.ConfigItems = append(p.ConfigItems, bareScope{i.ID, i.Scope, i.Depth})
		}
		for _, item := range items {
			p.ConfigItems = append(p.ConfigItems, bareScope{ID: item, Scope: "Ci"})
		}
	}
	return c.patch(ctx, m.ID, p)
}

// close notes why the mode ends, looks for others of its key, and cancels it.
func (c *bareClient) close(ctx context.Context, id int64, labels map[string]string) error {
	m, err := c.get(ctx, id)
	if err != nil {
		return err
	}
	found, err := c.search(ctx, m.Labels["tt_key"])
	if err != nil {
		return err
	}
	if len(found) != 1 {
		return fmt.Errorf("%d modes of one key", len(found))
	}
	if _, err := c.write(ctx, m, labels, time.Time{}); err != nil {
		return err
	}
	_, err = c.patch(ctx, id, &barePatch{Cancel: true})
	return err
}
