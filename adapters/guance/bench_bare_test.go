package guance_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// bareClient is what somebody writes who needs schedules and has no library:
// net/http, encoding/json and a typed struct for everything on the wire. It is
// what the benchmarks compare the adapter with. It makes the same requests in
// the same order, but does not repeat any, keeps no journal (its callers hand
// it the finished rules), would lose fields that nobody documented, and
// explains no failure.
type bareClient struct {
	http *http.Client
	base string
	key  string
}

// bareFields are those that requests and answers share.
type bareFields struct {
	Name            string     `json:"name"`
	TimeZone        string     `json:"timezone"`
	Start           string     `json:"start"`
	End             string     `json:"end"`
	TagFilter       []string   `json:"tagFilter"`
	DimensionFilter string     `json:"dimensionFilter"`
	NotifyTargets   []string   `json:"notifyTargets"`
	Extend          bareExtend `json:"extend"`
}

type bareExtend struct {
	Rotate        bool     `json:"enableRotateNotification"`
	EffectiveTime bareSpan `json:"effectiveTime"`
}

type bareSpan struct {
	Start int64 `json:"start"`
	End   int64 `json:"end"`
}

type bareRule struct {
	UUID     string      `json:"uuid"`
	Name     string      `json:"name"`
	Strategy []bareLevel `json:"strategy"`
}

type bareLevel struct {
	Level          int          `json:"level"`
	NotifyConfig   []bareNotify `json:"notifyConfig"`
	Repeat         bool         `json:"ifRepeatNotify"`
	RepeatInterval *int         `json:"repeatNotifyInterval"`
}

type bareNotify struct {
	Type   string   `json:"notifyObjectType"`
	Object []string `json:"notifyObject"`
	Method []string `json:"notifyMethod"`
}

type bareRequest struct {
	bareFields
	Strategy []bareRule `json:"scheduleStrategy"`
}

type bareSchedule struct {
	bareFields
	Strategy  []bareRule `json:"strategyConfig"`
	UUID      string     `json:"uuid"`
	ID        *int64     `json:"id"`
	Workspace string     `json:"workspaceUUID"`
	Status    int        `json:"status"`
	Default   bool       `json:"isDefault"`
	Creator   string     `json:"creator"`
	Updator   *string    `json:"updator"`
	Created   float64    `json:"createAt"`
	Updated   *float64   `json:"updateAt"`
	Deleted   float64    `json:"deleteAt"`
	Rotation  float64    `json:"rotationUpdateAt"`
}

type bareAnswer[T any] struct {
	Code      int    `json:"code"`
	Content   T      `json:"content"`
	ErrorCode string `json:"errorCode"`
	Message   string `json:"message"`
	Success   bool   `json:"success"`
	TraceID   string `json:"traceId"`
	PageInfo  struct {
		Count      int `json:"count"`
		PageIndex  int `json:"pageIndex"`
		PageSize   int `json:"pageSize"`
		TotalCount int `json:"totalCount"`
	} `json:"pageInfo"`
}

type bareRows struct {
	Data []bareSchedule `json:"data"`
}

const bareSchedules = "/api/v1/incidents/schedule/"

// bareCall makes one request and reads the whole reply.
func bareCall[T any](ctx context.Context, c *bareClient, method, path string, in any) (*bareAnswer[T], error) {
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
	req.Header.Set("DF-API-KEY", c.key)
	req.Header.Set("Accept", "application/json")
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
	var out bareAnswer[T]
	if err := json.Unmarshal(text, &out); err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	if resp.StatusCode != http.StatusOK || out.Code != http.StatusOK || !out.Success {
		return nil, fmt.Errorf("%s %s: %s: %s %s", method, path, resp.Status, out.ErrorCode, out.Message)
	}
	return &out, nil
}

// search lists the schedules whose names hold a text.
func (c *bareClient) search(ctx context.Context, text string) ([]bareSchedule, error) {
	var all []bareSchedule
	for page := 1; ; page++ {
		query := url.Values{}
		query.Set("pageIndex", strconv.Itoa(page))
		query.Set("pageSize", "100")
		query.Set("search", text)
		answer, err := bareCall[bareRows](ctx, c, "GET", bareSchedules+"list?"+query.Encode(), nil)
		if err != nil {
			return nil, err
		}
		all = append(all, answer.Content.Data...)
		if page*100 >= answer.PageInfo.TotalCount {
			return all, nil
		}
	}
}

func (c *bareClient) get(ctx context.Context, id string) (*bareSchedule, error) {
	answer, err := bareCall[bareSchedule](ctx, c, "GET", bareSchedules+id+"/get", nil)
	if err != nil {
		return nil, err
	}
	return &answer.Content, nil
}

// create makes the schedule of a key unless there is one, and reports its id.
func (c *bareClient) create(ctx context.Context, hash, target string, w write) (string, error) {
	found, err := c.search(ctx, hash)
	if err != nil {
		return "", err
	}
	if len(found) > 0 {
		return found[0].UUID, nil
	}
	answer, err := bareCall[bareSchedule](ctx, c, "POST", bareSchedules+"add", &bareRequest{
		bareFields{
			Name: w.name, TimeZone: "UTC", Start: "00:00", End: "23:59",
			TagFilter: []string{}, DimensionFilter: w.filter, NotifyTargets: []string{target},
			Extend: bareExtend{EffectiveTime: bareSpan{time.Now().Unix(), 4102444800}},
		}, w.rules,
	})
	if err != nil {
		return "", err
	}
	if found, err = c.search(ctx, hash); err != nil {
		return "", err
	}
	if !slices.ContainsFunc(found, func(x bareSchedule) bool { return x.UUID == answer.Content.UUID }) {
		return "", fmt.Errorf("schedule %s does not show", answer.Content.UUID)
	}
	return answer.Content.UUID, nil
}

// write is what a modify changes.
type write struct {
	name   string
	filter string
	rules  []bareRule // that come behind those that are there
	ends   bool
}

// change reads a schedule and writes it back with a change.
func (c *bareClient) change(ctx context.Context, id string, w write) (*bareSchedule, error) {
	x, err := c.get(ctx, id)
	if err != nil {
		return nil, err
	}
	return c.modify(ctx, x, w)
}

func (c *bareClient) modify(ctx context.Context, x *bareSchedule, w write) (*bareSchedule, error) {
	next := bareRequest{x.bareFields, append(slices.Clone(x.Strategy), w.rules...)}
	next.Name, next.DimensionFilter = w.name, w.filter
	if w.ends {
		next.Extend.EffectiveTime.End = time.Now().Unix()
	}
	answer, err := bareCall[bareSchedule](ctx, c, "POST", bareSchedules+x.UUID+"/modify", &next)
	if err != nil {
		return nil, err
	}
	return &answer.Content, nil
}

// close looks for others of the schedule's key, and ends it.
func (c *bareClient) close(ctx context.Context, id, hash string, w write) error {
	x, err := c.get(ctx, id)
	if err != nil {
		return err
	}
	found, err := c.search(ctx, hash)
	if err != nil {
		return err
	}
	if len(found) != 1 {
		return fmt.Errorf("%d schedules of one key", len(found))
	}
	_, err = c.modify(ctx, x, w)
	return err
}
