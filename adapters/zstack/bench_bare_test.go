package zstack_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/ttkit/ttkit/adapters/zstack/zstacktest"
)

// bareClient is what somebody writes who needs tickets of this platform and
// has no library: net/http, encoding/json and a typed struct for what it reads
// and writes. It is what the benchmarks compare the adapter with. It makes the
// same requests in the same order, but does not repeat any, logs in nowhere,
// keeps no journal (its callers hand it the finished tags) and explains no
// failure.
type bareClient struct {
	http *http.Client
	base string
}

type bareTicket struct {
	UUID        string `json:"uuid"`
	TicketUUID  string `json:"ticketUuid"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Status      string `json:"status"`
	Type        string `json:"accountSystemType"`
	TicketType  string `json:"ticketTypeUuid"`
	Collection  string `json:"flowCollectionUuid"`
	Flow        string `json:"currentFlowUuid"`
	Created     string `json:"createDate"`
	Changed     string `json:"lastOpDate"`
}

type bareRequest struct {
	Name  string         `json:"requestName"`
	API   string         `json:"apiName"`
	Times json.Number    `json:"executeTimes"`
	Body  map[string]any `json:"apiBody"`
}

type bareTag struct {
	UUID         string `json:"uuid"`
	ResourceUUID string `json:"resourceUuid"`
	ResourceType string `json:"resourceType"`
	Tag          string `json:"tag"`
	Type         string `json:"type"`
	Created      string `json:"createDate"`
	Changed      string `json:"lastOpDate"`
}

type bareHistory struct {
	UUID     string `json:"uuid"`
	Sequence int64  `json:"sequence"`
	Ticket   string `json:"ticketUuid"`
	From     string `json:"fromStatus"`
	To       string `json:"toStatus"`
	Comment  string `json:"comment"`
	Operator string `json:"operatorUuid"`
	Created  string `json:"createDate"`
}

type bareList[T any] struct {
	Inventories []T `json:"inventories"`
}

type bareResult[T any] struct {
	Inventory T `json:"inventory"`
}

type bareCreate struct {
	Params   bareParams `json:"params"`
	UserTags []string   `json:"userTags"`
}

type bareParams struct {
	Name        string            `json:"name"`
	Description string            `json:"description"`
	Requests    []bareRequest     `json:"requests"`
	System      string            `json:"accountSystemType"`
	Context     map[string]string `json:"accountSystemContext"`
	UUID        string            `json:"resourceUuid"`
}

type bareChange struct {
	Change struct {
		Event   string `json:"statusEvent"`
		Comment string `json:"comment"`
	} `json:"changeTicketStatus"`
}

type bareNewTag struct {
	Params struct {
		Type     string `json:"resourceType"`
		Resource string `json:"resourceUuid"`
		Tag      string `json:"tag"`
	} `json:"params"`
}

// call makes one request and reads the whole reply.
func (c *bareClient) call(ctx context.Context, method, path, job string, in, out any) (int, error) {
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return 0, err
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Authorization", "OAuth "+benchSession)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "bare/1.0")
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if job != "" {
		req.Header.Set("X-Job-UUID", job)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err
	}
	if resp.StatusCode >= 300 {
		return 0, fmt.Errorf("%s %s: %s: %s", method, path, resp.Status, text)
	}
	if err := json.Unmarshal(text, out); err != nil {
		return 0, fmt.Errorf("%s %s: %w", method, path, err)
	}
	return resp.StatusCode, nil
}

// job makes an asynchronous call and polls until it has ended.
func (c *bareClient) job(ctx context.Context, method, path string, in, out any) error {
	id := make([]byte, 16)
	_, _ = rand.Read(id)
	var accepted struct {
		Location string `json:"location"`
	}
	if _, err := c.call(ctx, method, path, hex.EncodeToString(id), in, &accepted); err != nil {
		return err
	}
	poll := "/v1/api-jobs/" + accepted.Location[strings.LastIndexByte(accepted.Location, '/')+1:]
	for {
		time.Sleep(benchPause)
		status, err := c.call(ctx, http.MethodGet, poll, "", nil, out)
		if err != nil || status == http.StatusOK {
			return err
		}
	}
}

func bareQuery[T any](ctx context.Context, c *bareClient, path string, query url.Values) ([]T, error) {
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	var list bareList[T]
	_, err := c.call(ctx, http.MethodGet, path, "", nil, &list)
	return list.Inventories, err
}

func (c *bareClient) get(ctx context.Context, uuid string) (*bareTicket, error) {
	found, err := bareQuery[bareTicket](ctx, c, "/v1/tickets/"+uuid, nil)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

func (c *bareClient) tags(ctx context.Context, uuid string) ([]bareTag, error) {
	return bareQuery[bareTag](ctx, c, "/v1/user-tags", url.Values{
		"q": {"resourceType=TicketVO", "resourceUuid=" + uuid}, "sort": {"uuid"}, "limit": {"500"},
	})
}

func (c *bareClient) histories(ctx context.Context, uuid string) ([]bareHistory, error) {
	return bareQuery[bareHistory](ctx, c, "/v1/tickets/histories", url.Values{
		"q": {"ticketUuid=" + uuid}, "sort": {"sequence"}, "limit": {"500"},
	})
}

func (c *bareClient) search(ctx context.Context, tag string) ([]bareTicket, error) {
	return bareQuery[bareTicket](ctx, c, "/v1/tickets", url.Values{
		"q": {tag, "status?=Pending,IntermediateApproved"}, "sort": {"uuid"}, "limit": {"500"},
	})
}

// create makes the ticket with a uuid unless there is one.
func (c *bareClient) create(ctx context.Context, uuid, name, description string, requests []bareRequest, tags []string) error {
	found, err := c.get(ctx, uuid)
	if err != nil {
		return err
	}
	if found != nil {
		_, err := c.tags(ctx, uuid)
		return err
	}
	if old, err := bareQuery[bareTicket](ctx, c, "/v1/tickets/archives", url.Values{"q": {"ticketUuid=" + uuid}}); err != nil || len(old) > 0 {
		return errors.Join(err, errors.New("the ticket is archived"))
	}
	var made bareResult[bareTicket]
	err = c.job(ctx, http.MethodPost, "/v1/tickets", &bareCreate{
		Params: bareParams{
			Name: name, Description: description, Requests: requests, System: "iam2",
			Context: map[string]string{"projectUuid": zstacktest.DefaultProjectUUID, "virtualIDUuid": zstacktest.DefaultVirtualIDUUID},
			UUID:    uuid,
		},
		UserTags: tags,
	}, &made)
	if err == nil && made.Inventory.UUID != uuid {
		err = fmt.Errorf("ticket %s instead of %s", made.Inventory.UUID, uuid)
	}
	return err
}

// cancel ends a ticket with a comment.
func (c *bareClient) cancel(ctx context.Context, uuid, comment string) error {
	if _, err := c.get(ctx, uuid); err != nil {
		return err
	}
	var body bareChange
	body.Change.Event, body.Change.Comment = "cancel", comment
	var changed bareResult[bareTicket]
	return c.job(ctx, http.MethodPut, "/v1/tickets/"+uuid+"/actions", &body, &changed)
}

func (c *bareClient) tag(ctx context.Context, uuid, text string) error {
	var body bareNewTag
	body.Params.Type, body.Params.Resource, body.Params.Tag = "TicketVO", uuid, text
	var made bareResult[bareTag]
	return c.job(ctx, http.MethodPost, "/v1/user-tags", &body, &made)
}

// tagAll writes tags at once.
func (c *bareClient) tagAll(ctx context.Context, uuid string, texts []string) error {
	failed := make([]error, len(texts))
	var all sync.WaitGroup
	for i, text := range texts {
		all.Add(1)
		go func() {
			defer all.Done()
			failed[i] = c.tag(ctx, uuid, text)
		}()
	}
	all.Wait()
	return errors.Join(failed...)
}
