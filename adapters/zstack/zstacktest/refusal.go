package zstacktest

import (
	"fmt"
	"net/http"
	"strings"
)

// refusal is an answer that is no success: an API error in JSON, or what the
// REST layer or a proxy says in plain text or HTML.
type refusal struct {
	status int    // 0: 503 with an API error
	plain  string // the whole body, when status is not 0

	code string
	text text
	args []any
}

// plain is a refusal by the REST layer.
func plain(status int, format string, args ...any) *refusal {
	return &refusal{status: status, plain: fmt.Sprintf(format, args...)}
}

// page is an answer of the servlet container's.
func page(status int) *refusal {
	title := fmt.Sprintf("HTTP Status %d - %s", status, http.StatusText(status))
	return plain(status, "<!doctype html><html lang=\"en\"><head><title>%s</title></head><body><h1>%s</h1></body></html>", title, title)
}

// argument is SYS.1007: what every server says about this field.
func argument(t text, args ...any) *refusal {
	return &refusal{code: "SYS.1007", text: t, args: args}
}

// internal is SYS.1000.
func internal(t text, args ...any) *refusal {
	return &refusal{code: "SYS.1000", text: t, args: args}
}

// invalid is a refusal of a creation by the ticket module.
func (c *call) invalid(t text, args ...any) *refusal {
	return c.knobs.denied("SYS.1007", t, args...)
}

// denied is a refusal by the ticket module.
func (k Knobs) denied(code string, t text, args ...any) *refusal {
	switch k.Refusals {
	case RefusalsOperation:
		code = "SYS.1006"
	case RefusalsArgument:
		code = "SYS.1007"
	}
	return &refusal{code: code, text: t, args: args}
}

func missing(kind, uuid string) *refusal {
	return &refusal{code: "SYS.1003", text: textMissing, args: []any{kind, uuid}}
}

// say is the text in a language.
func (p *refusal) say(locale Locale) string {
	format := p.text.zh
	if locale == English {
		format = p.text.en
	}
	details := []rune(fmt.Sprintf(format, p.args...))
	return string(details[:min(len(details), maxDetails)])
}

// maxDetails is the length of details, in characters.
const maxDetails = 4096

// descriptions of codes; they are never translated.
var descriptions = map[string]string{
	"SYS.1000":    "An internal error happened in system",
	"SYS.1001":    "An operation timed out",
	"SYS.1002":    "Unable to create a resource",
	"SYS.1003":    "The resource cannot be found",
	"SYS.1004":    "Unable to delete a resource",
	"SYS.1005":    "Unable to change the state of a resource",
	"SYS.1006":    "An operation failed",
	"SYS.1007":    "One or more API argument is invalid",
	"SYS.1010":    "The management node is not ready",
	"ID.1000":     "The account name or password is wrong",
	"ID.1001":     "The session is invalid",
	"ID.1002":     "The permission is denied",
	"ID.1006":     "There are too many sessions",
	"TAG.1000":    "The tag is duplicated",
	"PORTAL.1002": "The service is not ready",
}

// wrapped reports whether a code can stand in a cause.
func wrapped(code string) bool { return strings.HasPrefix(code, "SYS.") && code != "SYS.1010" }

// errorObject is an API error as it stands in an answer. What a job ended
// with may be wrapped; see Knobs.Errors.
func (k Knobs) errorObject(p *refusal, route string, job bool) object {
	e := object{"code": p.code, "details": p.say(k.Locale)}
	if d, ok := descriptions[p.code]; ok {
		e["description"] = d
	}
	switch k.Errors {
	case ErrorFull:
		e["elaboration"] = "elaboration: " + descriptions[p.code]
		e["cost"] = "3ms"
		e["location"] = "org.zstack.portal.apimediator.ApiMediatorImpl"
		e["opaque"] = object{"route": route}
		e["messages"] = object{"en_US": p.say(English), "message_cn": p.say(Chinese)}
	case ErrorCause, ErrorCauses:
		if !job || !wrapped(p.code) {
			break
		}
		outer := "SYS.1006"
		if p.code == "SYS.1000" && route == "create" {
			outer = "SYS.1002"
		}
		wrap := object{"code": outer, "description": descriptions[outer], "details": e["details"]}
		if k.Errors == ErrorCause {
			wrap["cause"] = e
		} else {
			wrap["causes"] = []any{e}
		}
		e = wrap
	}
	return object{"error": e}
}

// refuse writes a refusal.
func (c *call) refuse(p *refusal) {
	if p.status == 0 {
		c.send(http.StatusServiceUnavailable, c.knobs.errorObject(p, c.endpoint.route, false))
		return
	}
	if strings.HasPrefix(p.plain, "<") {
		c.w.Header().Set("Content-Type", "text/html;charset=utf-8")
	}
	c.w.WriteHeader(p.status)
	_, _ = c.w.Write([]byte(p.plain)) // the recorder never fails
}
