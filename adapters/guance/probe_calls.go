package guance

import (
	"bytes"
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

// probed is a schedule as the server wrote it.
type probed struct {
	*schedule
	asked time.Time
	took  time.Duration
}

// body is a request that makes or changes a schedule of this run, with other
// values for some fields; a nil value leaves the field out. However the server
// reads it, the schedule is over, and matches nothing.
func (p *probe) body(name string, other map[string]any) map[string]any {
	begun := p.s.now().Add(-2 * time.Hour).Unix()
	body := map[string]any{
		"name": p.title() + name, "timezone": "UTC", "start": darkStart, "end": darkEnd,
		"tagFilter": []string{}, "dimensionFilter": p.filter, "notifyTargets": p.targets,
		"extend":           json.RawMessage(p.extend(begun, "")),
		"scheduleStrategy": []any{},
	}
	for field, value := range other {
		body[field] = value
		if value == nil {
			delete(body, field)
		}
	}
	return body
}

// extend has its keys in no alphabetical order, so that one that was written
// anew shows. The schedule is over for an hour.
func (p *probe) extend(begun int64, more string) string {
	return `{` + more + `"enableRotateNotification":false,"effectiveTime":{"start":` + strconv.FormatInt(begun, 10) +
		`,"end":` + strconv.FormatInt(begun+3600, 10) + `}}`
}

// add makes a schedule of this run.
func (p *probe) add(ctx context.Context, name string, other map[string]any) (*probed, error) {
	x, err := p.write(ctx, rest.Request{Method: http.MethodPost, Path: pathAdd, Body: p.body(name, other), Class: rest.Guarded})
	p.mu.Lock()
	defer p.mu.Unlock()
	var failed *tt.Error
	switch {
	case err == nil:
		p.made = append(p.made, x.uuid)
		p.create = max(p.create, x.took)
	case !errors.As(err, &failed) || failed.Outcome != tt.NotDone:
		p.lost = true
	}
	return x, err
}

// modify changes the schedule that is there for it.
func (p *probe) modify(ctx context.Context, other map[string]any) (*probed, error) {
	x, err := p.write(ctx, rest.Request{
		Method: http.MethodPost, Path: schedulePath(p.main.uuid) + pathModify, Body: p.body("", other), Class: rest.Safe,
	})
	if err == nil {
		p.change = max(p.change, x.took)
	}
	return x, err
}

func (p *probe) write(ctx context.Context, r rest.Request) (*probed, error) {
	answer := &one{}
	r.Out = answer
	asked := time.Now()
	if _, err := p.do(ctx, r); err != nil {
		return nil, err
	}
	return &probed{answer.schedule, asked, time.Since(asked)}, nil
}

// get reads a schedule by the route for one.
func (p *probe) get(ctx context.Context, id string) (*schedule, error) {
	r, answer := p.s.routes.get, &one{}
	_, err := p.do(ctx, rest.Request{
		Method: r.method, Path: strings.Replace(r.path, uuidInPath, url.PathEscape(id), 1), ReadOnly: true, Out: answer,
	})
	return answer.schedule, err
}

// page asks for a page of the list.
func (p *probe) page(ctx context.Context, verb string, page listBody) ([]byte, *many, error) {
	answer := &many{}
	request := p.s.pageRequest(verb, page)
	request.Out = answer
	reply, err := p.do(ctx, request)
	if err != nil {
		return nil, nil, err
	}
	return reply.Body, answer, nil
}

// own are the schedules of this run that a search finds, on its first page;
// others tells whether it shows somebody else's, too.
func (p *probe) own(ctx context.Context, search string) (own []*probed, others bool, err error) {
	_, answer, err := p.page(ctx, p.verb, listBody{PageIndex: 1, PageSize: perPage, Search: search})
	if err != nil {
		return nil, false, err
	}
	for _, x := range answer.rows {
		switch {
		case !strings.HasPrefix(x.name, p.title()):
			others = true
		case !x.deleted:
			own = append(own, &probed{schedule: x})
		}
	}
	return own, others, nil
}

// refused reports whether the server understood a request and refused it.
func refused(err error) bool { return isRefusal(err) || tt.CodeOf(err) == tt.CodeConflict }

// sameJSON compares JSON texts but for white space.
func sameJSON(a, b []byte) bool {
	var x, y bytes.Buffer
	return json.Compact(&x, a) == nil && json.Compact(&y, b) == nil && bytes.Equal(x.Bytes(), y.Bytes())
}
