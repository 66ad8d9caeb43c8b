package guancetest

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
)

// succeed answers 200 with the content.
func (c *call) succeed(content any) { c.respond(content, nil) }

// respond answers 200; extra fields stand beside the content.
func (c *call) respond(content any, extra object) {
	c.send(http.StatusOK, append(object{
		pair("code", json.RawMessage("200")),
		pair("content", encode(content)),
		pair("errorCode", json.RawMessage(`""`)),
		pair("message", json.RawMessage(`""`)),
		pair("success", json.RawMessage("true")),
		pair("traceId", encode(c.trace())),
	}, extra...))
}

// send writes an envelope.
func (c *call) send(status int, envelope object) {
	c.w.Header().Set("Content-Type", "application/json")
	c.w.WriteHeader(status)
	_, _ = c.w.Write(envelope.bytes()) // the recorder never fails
}

// trace makes a traceId that comes once.
func (c *call) trace() string {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	c.server.traces++
	if c.knobs.Trace == TraceDigits {
		return strconv.FormatInt(1_000_000_000_000_000+int64(c.server.traces), 10)
	}
	return "TRACE-" + strings.ToUpper(dashed(hash("trace", strconv.Itoa(c.server.traces))))
}
