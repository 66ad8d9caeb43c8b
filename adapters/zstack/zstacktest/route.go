package zstacktest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// endpoint is what the API does for one method on one path.
type endpoint struct {
	route   string // its name in fault scripts
	writes  bool
	open    bool // needs no session
	actions []action
}

// action is one call. An endpoint with several finds the one whose key the
// body has.
type action struct {
	key   string   // of the parameters in the body; "" when it has no body
	texts []string // parameters that must be strings
	async bool
	class string // of the inventory in the answer
	serve func(*call) (object, *refusal)
	query *entity // what a query lists, instead of serve
}

type object = map[string]any

// paths are the endpoints by path, below the prefix /v1, and method.
var paths = map[string]map[string]endpoint{
	"/accounts/login": {
		http.MethodPut: {route: "login", open: true, actions: []action{
			{key: "logInByAccount", texts: []string{"accountName", "password"}, serve: (*call).loginAccount},
		}},
	},
	"/iam2/virtual-ids/login": {
		http.MethodPut: {route: "login", open: true, actions: []action{
			{key: "loginIAM2VirtualID", texts: []string{"name", "password"}, serve: (*call).loginVirtualID},
		}},
	},
	"/iam2/projects/login": {
		http.MethodPut: {route: "login-project", actions: []action{
			{key: "loginIAM2Project", texts: []string{"projectName"}, serve: (*call).loginProject},
		}},
	},
	"/iam2/platform/login": {
		http.MethodPut: {route: "login-platform", actions: []action{
			{key: "loginIAM2Platform", serve: (*call).loginPlatform},
		}},
	},
	"/accounts/sessions/{uuid}": {
		http.MethodDelete: {route: "logout", open: true, actions: []action{{serve: (*call).logout}}},
	},
	"/accounts/sessions/{uuid}/renew": {
		http.MethodPut: {route: "renew", actions: []action{
			{key: "renewSession", async: true, class: "org.zstack.header.identity.SessionInventory", serve: (*call).renew},
		}},
	},
	"/accounts/sessions/{uuid}/valid": {
		http.MethodGet: {route: "valid", open: true, actions: []action{{serve: (*call).valid}}},
	},
	"/management-nodes/ready": {
		http.MethodGet: {route: "ready", open: true, actions: []action{{serve: (*call).ready}}},
	},
	"/management-nodes/actions": {
		http.MethodPut: {route: "time", open: true, actions: []action{{key: "getCurrentTime", serve: (*call).currentTime}}},
	},
	"/management-nodes/platform-timezone": {
		http.MethodGet: {route: "zone", actions: []action{{serve: (*call).timezone}}},
	},
	"/tickets": {
		http.MethodGet: {route: "tickets", actions: []action{{query: &ticketEntity}}},
		http.MethodPost: {route: "create", writes: true, actions: []action{{
			key: "params", texts: []string{"name", "description", "flowCollectionUuid", "accountSystemType", "resourceUuid"},
			async: true, class: ticketClass, serve: (*call).create,
		}}},
	},
	"/tickets/{uuid}": {
		http.MethodGet:    {route: "tickets", actions: []action{{query: &ticketEntity}}},
		http.MethodDelete: {route: "delete", writes: true, actions: []action{{async: true, serve: (*call).delete}}},
	},
	"/tickets/{uuid}/actions": {
		http.MethodPut: {route: "change", writes: true, actions: []action{
			{key: "changeTicketStatus", texts: []string{"statusEvent", "comment"}, async: true, class: ticketClass, serve: (*call).change},
			{key: "updateTicketRequest", texts: []string{"description"}, async: true, class: ticketClass, serve: (*call).update},
		}},
	},
	"/tickets/histories":               queries("histories", &historyEntity),
	"/tickets/histories/{uuid}":        queries("histories", &historyEntity),
	"/tickets/archives":                queries("archives", &archiveEntity),
	"/tickets/histories/archives":      queries("history-archives", &historyArchiveEntity),
	"/ticket-types":                    queries("types", &typeEntity),
	"/ticket-types/{uuid}":             queries("types", &typeEntity),
	"/tickets/flow":                    queries("flows", &flowEntity),
	"/tickets/flow/{uuid}":             queries("flows", &flowEntity),
	"/tickets/flow-collections":        queries("collections", &collectionEntity),
	"/tickets/flow-collections/{uuid}": queries("collections", &collectionEntity),
	"/user-tags": {
		http.MethodGet: {route: "tags", actions: []action{{query: &tagEntity}}},
		http.MethodPost: {route: "tag", writes: true, actions: []action{{
			key: "params", texts: []string{"resourceType", "resourceUuid", "tag"},
			async: true, class: tagClass, serve: (*call).createTag,
		}}},
	},
	"/user-tags/{uuid}": queries("tags", &tagEntity),
	"/tags/{uuid}": {
		http.MethodDelete: {route: "untag", writes: true, actions: []action{{async: true, serve: (*call).deleteTag}}},
	},
}

func queries(route string, e *entity) map[string]endpoint {
	return map[string]endpoint{http.MethodGet: {route: route, actions: []action{{query: e}}}}
}

const (
	apiPrefix  = "/v1"
	jobsPrefix = "/api-jobs/"
)

// resource finds the endpoints of a path below the prefix, and the uuid in
// it. A literal path wins. It returns nil for a path that does not exist.
func resource(path string) (methods map[string]endpoint, uuid string) {
	if methods, ok := paths[path]; ok && !strings.Contains(path, "{") {
		return methods, ""
	}
	segments := strings.Split(path, "/")
	for _, i := range []int{len(segments) - 1, len(segments) - 2} {
		if i < 1 || segments[i] == "" {
			continue
		}
		pattern := slices.Clone(segments)
		pattern[i] = "{uuid}"
		if methods, ok := paths[strings.Join(pattern, "/")]; ok {
			return methods, segments[i]
		}
	}
	return nil, ""
}

// below cuts the context path and the prefix off a path.
func (s *Server) below(path string) (string, bool) {
	path, ok := strings.CutPrefix(path, s.opts.ContextPath)
	if !ok {
		return "", false
	}
	return strings.CutPrefix(strings.TrimSuffix(path, "/"), apiPrefix)
}

// routeOf names a request for fault scripts.
func (s *Server) routeOf(r *http.Request) (route string, writes bool) {
	path, ok := s.below(r.URL.Path)
	if !ok {
		return "", false
	}
	if strings.HasPrefix(path, jobsPrefix) {
		return "job", false
	}
	methods, _ := resource(path)
	e := methods[r.Method]
	return e.route, e.writes
}

// call is one request while it is answered, and the job that it becomes.
type call struct {
	server *Server
	w      http.ResponseWriter
	r      *http.Request
	knobs  Knobs
	now    time.Time // by the server's clock: of the arrival, then of the work
	zone   *time.Location
	path   string // with the prefix, without the context path

	endpoint endpoint
	action   action
	uuid     string // in the path
	who      identity
	body     object // whole
	params   object // those of the action
	tags     []string
	dryRun   bool  // validate only
	sequence int64 // of the history row, drawn on arrival; 0: not drawn
}

// handle answers a request. The order of checks is the server's: path and
// method, action, credentials, job id, types of parameters; everything else
// is checked when the call is carried out.
func (s *Server) handle(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // half a request is none
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.call(w, r)
	if p := c.serve(body); p != nil {
		c.refuse(p)
	}
}

// call begins to answer a request; the lock is held.
func (s *Server) call(w http.ResponseWriter, r *http.Request) *call {
	w.Header()["Content-Type"] = nil // the server says none
	return &call{server: s, w: w, r: r, knobs: s.knobs, now: s.advance(), zone: s.zone()}
}

func (c *call) serve(body []byte) *refusal {
	s := c.server
	below, ok := s.below(c.r.URL.Path)
	if !ok {
		return page(http.StatusNotFound)
	}
	c.path = apiPrefix + below
	if c.now.Before(s.upAt) {
		if c.knobs.Starting == StartingNotFound && below != "/management-nodes/ready" {
			return page(http.StatusNotFound)
		}
		return &refusal{code: "SYS.1010", text: textNotReady}
	}
	if id, ok := strings.CutPrefix(below, jobsPrefix); ok {
		return c.poll(id)
	}
	methods, uuid := resource(below)
	if methods == nil {
		return plain(http.StatusNotFound, "no api mapping to %s", c.path)
	}
	if c.endpoint, ok = methods[c.r.Method]; !ok {
		return plain(http.StatusMethodNotAllowed, "method[%s] is not supported by %s", c.r.Method, c.path)
	}
	c.uuid = uuid
	if p := c.choose(body); p != nil {
		return p
	}
	if p := c.authorize(); p != nil {
		return p
	}
	if p := c.checkJobID(); p != nil {
		return p
	}
	if p := c.readParams(); p != nil {
		return p
	}
	if c.action.async {
		c.accept()
		return nil
	}
	if f := c.server.jobs.takeFault(c.endpoint.route, true); f != nil {
		return f.refusal("SYS.1000")
	}
	if c.action.query != nil {
		return c.list(c.action.query)
	}
	if !c.endpoint.open {
		if p := c.identify(); p != nil {
			return p
		}
	}
	out, p := c.action.serve(c)
	if p != nil {
		return p
	}
	c.send(http.StatusOK, c.finish(out))
	return nil
}

// choose parses the body and finds the action that it names.
func (c *call) choose(body []byte) *refusal {
	c.action = c.endpoint.actions[0]
	if c.action.key == "" {
		return nil
	}
	c.body = object{}
	if len(bytes.TrimSpace(body)) > 0 {
		dec := json.NewDecoder(bytes.NewReader(body))
		dec.UseNumber()
		if err := dec.Decode(&c.body); err != nil {
			return plain(http.StatusInternalServerError, "com.google.gson.JsonSyntaxException: %s", err)
		}
	}
	for _, a := range c.endpoint.actions {
		if params, ok := c.body[a.key].(object); ok {
			c.action, c.params = a, params
			return nil
		}
	}
	if c.r.Method == http.MethodPut {
		return plain(http.StatusBadRequest, "the body doesn't contain action mapping to the URL[%s]", c.path)
	}
	c.params = object{}
	return nil
}

// readParams checks the types of parameters and reads the tags.
func (c *call) readParams() *refusal {
	for _, name := range c.action.texts {
		switch v := c.params[name].(type) {
		case nil, string:
		default:
			return plain(http.StatusBadRequest, "[%s] field is excepted a string, but was [%s]", name, jsonText(v))
		}
	}
	c.tags = c.tagList("systemTags")
	c.dryRun = slices.Contains(c.tags, validationOnly)
	return nil
}

// jsonText is a value as a client may have written it.
func jsonText(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(raw)
}

// text is a string parameter, trimmed as the server does.
func (c *call) text(name string) string {
	v, _ := c.params[name].(string)
	return strings.TrimSpace(v)
}

// has reports whether a parameter is there and not null.
func (c *call) has(name string) bool { return c.params[name] != nil }

// tagList is a list of strings of the whole body; a list among the parameters
// counts when there is none at the top. A call without a body has it in the
// query string, as name=… or name.0=….
func (c *call) tagList(name string) []string {
	if c.body == nil {
		var out []string
		values := c.r.URL.Query()
		for _, key := range slices.Sorted(maps.Keys(values)) {
			if key == name || strings.HasPrefix(key, name+".") {
				out = append(out, values[key]...)
			}
		}
		return out
	}
	list, ok := c.body[name].([]any)
	if !ok {
		list, _ = c.params[name].([]any)
	}
	var out []string
	for _, v := range list {
		if text, ok := v.(string); ok {
			out = append(out, text)
		}
	}
	return out
}
