package rsmtest

import (
	"encoding/json"
	"net/http"
)

// problem is an answer that is no success.
type problem struct {
	status int
	text   text
	id     int64   // for texts that name one
	fields []field // what is wrong with which field
	query  bool    // the fields are in path or query, not in the body
}

type field struct {
	name string
	text text
}

// badFields is a 400 about fields of the body.
func badFields(fields ...field) *problem {
	return &problem{status: http.StatusBadRequest, text: textBadBody, fields: fields}
}

// badQuery is a 400 about one parameter of path or query.
func badQuery(name string, t text) *problem {
	return &problem{status: http.StatusBadRequest, text: textBadQuery, fields: []field{{name, t}}, query: true}
}

// badRequest is a 400 about the whole.
func badRequest(t text) *problem { return &problem{status: http.StatusBadRequest, text: t} }

type errorJSON struct {
	Message     string              `json:"message"`
	BodyFields  map[string][]string `json:"bodyFields,omitempty"`
	QueryFields map[string][]string `json:"queryFields,omitempty"`
	StackTrace  string              `json:"stackTrace,omitempty"`
}

type problemJSON struct {
	Type    string              `json:"type"`
	Title   string              `json:"title"`
	Status  int                 `json:"status"`
	Detail  string              `json:"detail,omitempty"`
	TraceID string              `json:"traceId"`
	Errors  map[string][]string `json:"errors,omitempty"`
}

const (
	stackTrace = "   at Monq.Sm.RsmMaintenance.Controllers.MaintenanceController.Invoke()\n   at lambda_method(Closure)"
	traceID    = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"
)

// refuse writes a problem in the shape that the knobs say.
func (c *call) refuse(p *problem) {
	if p.status == http.StatusUnauthorized {
		c.w.Header().Set("WWW-Authenticate", "Bearer")
	}
	shape := c.knobs.Errors
	switch p.status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusUnsupportedMediaType:
		shape = c.knobs.Denials
		if shape == "" && p.status == http.StatusUnauthorized {
			shape = ErrorEmpty
		}
	}
	var fields map[string][]string
	if len(p.fields) > 0 {
		fields = make(map[string][]string)
		for _, f := range p.fields {
			fields[f.name] = append(fields[f.name], c.say(f.text, p.id))
		}
	}
	out := errorJSON{Message: c.say(p.text, p.id)}
	switch shape {
	case ErrorEmpty:
		c.w.WriteHeader(p.status)
		return
	case ErrorProblem:
		c.sendAs("application/problem+json; charset=utf-8", p.status, problemJSON{
			Type:    "https://tools.ietf.org/html/rfc7231#section-6.5",
			Title:   http.StatusText(p.status),
			Status:  p.status,
			Detail:  out.Message,
			TraceID: traceID,
			Errors:  fields,
		})
		return
	case ErrorMessage:
		if len(p.fields) > 0 {
			out.Message = c.say(p.fields[0].text, p.id)
		}
	default:
		if p.query {
			out.QueryFields = fields
		} else {
			out.BodyFields = fields
		}
		if shape == ErrorStack || p.status >= 500 {
			out.StackTrace = stackTrace
		}
	}
	c.send(p.status, out)
}

// send writes v as JSON.
func (c *call) send(status int, v any) {
	c.sendAs("application/json; charset=utf-8", status, v)
}

func (c *call) sendAs(contentType string, status int, v any) {
	c.w.Header().Set("Content-Type", contentType)
	c.w.WriteHeader(status)
	enc := json.NewEncoder(c.w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // the recorder never fails
}
