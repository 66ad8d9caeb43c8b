package rsm

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/ttkit/ttkit/internal/rest"
	"github.com/ttkit/ttkit/tt"
)

// probedMode is a mode as the server wrote it: dates and labels are not read,
// because how they look is the question.
type probedMode struct {
	ID          int64           `json:"id"`
	DateStart   string          `json:"dateStart"`
	DateEnd     string          `json:"dateEnd"`
	Title       *string         `json:"title"`
	ConfigItems []probedItem    `json:"configItems"`
	Labels      json.RawMessage `json:"labels"`

	fields []string      // that are not documented
	took   time.Duration // the request
	asked  time.Time
}

type probedItem struct {
	ID        int64  `json:"id"`
	Depth     *int   `json:"depth"`
	State     string `json:"state"`
	DateStart string `json:"dateStart"`
	DateEnd   string `json:"dateEnd"`
}

// documented are the fields of a mode and of its items.
var documented = map[string]bool{
	"id": true, "dateStart": true, "dateEnd": true, "title": true, "configItems": true, "labels": true,
	"scope": true, "depth": true, "state": true,
}

// probeZone is an offset that no server has by default, so that one which
// shows it shows what it was given.
var probeZone = time.FixedZone("", (5*60+30)*60)

func probeTime(t time.Time) string { return t.In(probeZone).Format(wireTime) }

// readMode reads an answer that shows a mode.
func readMode(text []byte) (*probedMode, error) {
	m := &probedMode{}
	var all map[string]json.RawMessage
	if err := errors.Join(json.Unmarshal(text, m), json.Unmarshal(text, &all)); err != nil || m.ID < 1 {
		return nil, tt.Errorf(tt.CodeUnavailable, tt.Unknown, "the server's answer shows no service mode")
	}
	var items []map[string]json.RawMessage
	_ = json.Unmarshal(all["configItems"], &items) // m has read them
	for _, object := range append(items, all) {
		for name := range object {
			if !documented[name] {
				m.fields = append(m.fields, name)
			}
		}
	}
	return m, nil
}

// post makes a mode of this run.
func (p *probe) post(ctx context.Context, body map[string]any, query url.Values) (*probedMode, error) {
	if body["title"] == nil {
		body["title"] = p.title()
	}
	asked := time.Now()
	reply, err := p.s.client.Do(p.s.client.Operation(ctx), rest.Request{
		Method: http.MethodPost, Path: pathModes, Query: query, Body: body, Class: rest.Guarded,
	})
	if err != nil {
		return nil, err
	}
	m, err := readMode(reply.Body)
	if err != nil {
		return nil, err
	}
	m.asked, m.took = asked, time.Since(asked)
	p.mu.Lock()
	p.made = append(p.made, m.ID)
	p.create = max(p.create, m.took)
	p.mu.Unlock()
	return m, nil
}

// patch changes a mode of this run.
func (p *probe) patch(ctx context.Context, id int64, body map[string]any) (*probedMode, error) {
	asked := time.Now()
	reply, err := p.s.client.Do(p.s.client.Operation(ctx), rest.Request{
		Method: http.MethodPatch, Path: modePath(id), Body: body, Class: rest.Once,
	})
	p.change = max(p.change, time.Since(asked))
	if err != nil {
		return nil, err
	}
	return readMode(reply.Body)
}

// rows returns the ids of the modes that search and filter select.
func (p *probe) rows(ctx context.Context, search string, filter map[string]any) (map[int64]bool, http.Header, error) {
	request := rest.Request{
		Method: http.MethodGet, Path: pathModes, ReadOnly: true,
		Query: url.Values{"page": {"1"}, "perPage": {strconv.Itoa(perPage)}, "sortCol": {"id"}, "sortDir": {"desc"}},
	}
	if search != "" {
		request.Query.Set("search", search)
	}
	if filter != nil {
		request.Method, request.Path, request.Body = http.MethodPost, pathModesFilter, filter
	}
	var modes []probedMode
	request.Out = &modes
	reply, err := p.s.client.Do(p.s.client.Operation(ctx), request)
	if err != nil {
		return nil, nil, err
	}
	found := map[int64]bool{}
	for _, m := range modes {
		found[m.ID] = true
	}
	return found, reply.Header, nil
}

// label returns the text of a label that the mode shows; ok tells whether it
// shows one.
func (m *probedMode) label(name string) (text string, ok bool) {
	var set labels
	_ = json.Unmarshal(m.Labels, &set) // anything else has no labels
	return labelOf(set, name)
}

// item returns the config item's part in the mode that has not ended, or the
// last one that has; nil when it has none.
func (m *probedMode) item(ci int64) (found *probedItem) {
	for i := range m.ConfigItems {
		it := &m.ConfigItems[i]
		if it.ID == ci && (found == nil || found.over()) {
			found = it
		}
	}
	return found
}

// over reports whether the item's state says that its part has ended.
func (i probedItem) over() bool {
	return item{State: i.State}.cancelled() || strings.EqualFold(i.State, "completed")
}

// at reads a date; the zero time when it cannot be read.
func at(text string) time.Time {
	var d date
	quoted, _ := json.Marshal(text) // of a string never fails
	_ = d.UnmarshalJSON(quoted)     // nor does this
	return d.Time
}

// refusal reports whether the server understood a request and refused it.
func refusal(err error) bool {
	var e *tt.Error
	return errors.As(err, &e) && e.Outcome == tt.NotDone && e.Status == http.StatusBadRequest
}
