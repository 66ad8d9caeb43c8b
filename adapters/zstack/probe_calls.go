package zstack

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/ttkit/ttkit/internal/rest"
	"github.com/ttkit/ttkit/tt"
)

// probedJob is an asynchronous call as the server answered it: how it is
// written is the question.
type probedJob struct {
	accepted map[string]json.RawMessage // the 202
	asked    map[string]json.RawMessage // the last answer that asked for patience; nil: there was none
	result   map[string]json.RawMessage
	took     time.Duration
}

// job makes an asynchronous call once, and waits for its result. The error is
// set when there is none; a refusal is a result.
func (p *probe) job(ctx context.Context, method, path string, body any) (*probedJob, error) {
	j, began, id := &probedJob{}, time.Now(), randomUUID()
	var ticket accepted
	reply, _, err := p.s.send(ctx, rest.Request{
		Method: method, Path: path, Body: body, Class: rest.Guarded, Header: http.Header{"X-Job-Uuid": {id}},
	})
	if err != nil {
		return nil, err
	}
	if json.Unmarshal(reply.Body, &j.accepted) != nil || json.Unmarshal(reply.Body, &ticket) != nil {
		return nil, tt.Errorf(tt.CodeInternal, tt.Unknown, "the answer to an accepted call is not what this adapter understands")
	}
	if given := ticket.id(); given != "" {
		id = given
	}
	for deadline := began.Add(p.s.poll.Limit); ; {
		reply, _, err := p.s.send(ctx, rest.Request{Path: pathJobs + id, ReadOnly: true, Fail: failPoll})
		if err != nil && (reply == nil || asError(err).VendorCode == "") {
			return nil, withOutcome(err, tt.Unknown)
		}
		var answer map[string]json.RawMessage
		if len(reply.Body) > 0 && json.Unmarshal(reply.Body, &answer) != nil {
			return nil, tt.Errorf(tt.CodeInternal, tt.Unknown, "the result of a job is not what this adapter understands")
		}
		if reply.Status != http.StatusAccepted {
			j.result, j.took = answer, time.Since(began)
			p.slowest = max(p.slowest, j.took)
			return j, nil
		}
		j.asked = answer
		if time.Now().After(deadline) {
			return nil, tt.Errorf(tt.CodeUnavailable, tt.Unknown, "job %s has not ended within poll.limit (%s)", id, p.s.poll.Limit)
		}
		if err := p.s.client.Pause(ctx, 0, p.s.poll.WaitMin); err != nil {
			return nil, err
		}
	}
}

// probedError is an error of the API, with the parts that may be missing.
type probedError struct {
	Code        string          `json:"code"`
	Details     string          `json:"details"`
	Description string          `json:"description"`
	Cause       *probedError    `json:"cause"`
	Causes      []*probedError  `json:"causes"`
	Elaboration json.RawMessage `json:"elaboration"`
	Location    json.RawMessage `json:"location"`
}

// refusal returns the error that a job ended with; nil when it ended well.
func (j *probedJob) refusal() *probedError {
	var e probedError
	if j.result["error"] == nil || json.Unmarshal(j.result["error"], &e) != nil {
		return nil
	}
	return &e
}

// inner is the error that says what was wrong, and how it was wrapped.
func (e *probedError) inner() (inner *probedError, form string) {
	switch {
	case e.Cause != nil && e.Cause.Code != "":
		return e.Cause, "the code is in cause"
	case len(e.Causes) > 0 && e.Causes[0] != nil && e.Causes[0].Code != "":
		return e.Causes[0], "the code is in causes"
	case e.Elaboration != nil || e.Location != nil:
		return e, "full"
	}
	return e, "short"
}

// code is what a job was refused with; "accepted" when it was not.
func (j *probedJob) code() string {
	e := j.refusal()
	if e == nil {
		return "accepted"
	}
	inner, _ := e.inner()
	return inner.Code
}

// rows makes a query and returns its rows as they were written.
func (p *probe) rows(ctx context.Context, path string, q url.Values) ([]map[string]json.RawMessage, error) {
	return query[map[string]json.RawMessage](ctx, p.s, path, q)
}

func text(raw json.RawMessage) string {
	var s string
	_ = json.Unmarshal(raw, &s) // what is no text is none
	return s
}
