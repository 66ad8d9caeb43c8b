package guancetest

import (
	"net/http"
	"strings"
	"time"
)

// keyHeader holds the API key.
const keyHeader = "DF-API-KEY"

// apiPath is before every path.
const apiPath = "/api/v1"

// endpoint is one operation of the API.
type endpoint struct {
	route  string // its name in fault scripts
	writes bool
	get    bool // GET is served
	post   bool // POST is served
	serve  func(*call) *problem
	exists func(Knobs) bool // nil: always
	verbs  func(Knobs) (get, post bool)
}

// endpoints are all operations. A star stands for a name, always in the part
// before the last.
var endpoints = map[string]endpoint{
	"/incidents/schedule/add":      {route: "add", writes: true, post: true, serve: (*call).add},
	"/incidents/schedule/*/modify": {route: "modify", writes: true, post: true, serve: (*call).modify},
	"/incidents/schedule/*/get": {route: "get", get: true, serve: (*call).get,
		exists: func(k Knobs) bool { return !k.NoGet }},
	"/incidents/schedule/list": {route: "list", get: true, post: true, serve: (*call).list,
		verbs: func(k Knobs) (get, post bool) { return k.List != ListPost, k.List != ListGet }},
	"/incidents/schedule/delete": {route: "delete", writes: true, get: true, post: true, serve: (*call).deleteBatch,
		exists: func(k Knobs) bool { return k.Delete == DeleteBoth || k.Delete == DeleteBatch }},
	"/incidents/schedule/*/delete": {route: "delete", writes: true, get: true, post: true, serve: (*call).deleteOne,
		exists: func(k Knobs) bool { return k.Delete == DeleteBoth || k.Delete == DeletePath }},

	"/incidents/list":             {route: "incident-list", post: true, serve: (*call).listIncidents},
	"/incidents/*/get":            {route: "incident-get", get: true, serve: (*call).getIncident},
	"/incidents/*/modify":         {route: "incident-modify", writes: true, post: true, serve: (*call).modifyIncident},
	"/incidents/operate/*/list":   {route: "incident-log", get: true, serve: (*call).listOperations},
	"/incidents/comment/*/add":    {route: "comment-add", writes: true, post: true, serve: (*call).addComment},
	"/incidents/comment/*/modify": {route: "comment-modify", writes: true, post: true, serve: (*call).modifyComment},
	"/incidents/comment/*/list":   {route: "comment-list", get: true, serve: (*call).listComments},

	"/issue/add":            {route: "issue-add", writes: true, post: true, serve: (*call).addIssue, exists: hasIssues},
	"/issue/list":           {route: "issue-list", post: true, serve: (*call).listIssues, exists: hasIssues},
	"/issue/*/get":          {route: "issue-get", get: true, serve: (*call).getIssue, exists: hasIssues},
	"/issue/*/modify":       {route: "issue-modify", writes: true, post: true, serve: (*call).modifyIssue, exists: hasIssues},
	"/issue/reply/create":   {route: "reply-add", writes: true, post: true, serve: (*call).addReply, exists: hasIssues},
	"/issue/reply/*/list":   {route: "reply-list", get: true, serve: (*call).listReplies, exists: hasIssues},
	"/issue/reply/*/modify": {route: "reply-modify", writes: true, post: true, serve: (*call).modifyReply, exists: hasIssues},
	"/issue/reply/*/delete": {route: "reply-delete", writes: true, get: true, post: true, serve: (*call).deleteReply, exists: hasIssues},
	"/issue-level/list":     {route: "issue-levels", get: true, serve: (*call).listLevels, exists: hasIssues},
}

func hasIssues(k Knobs) bool { return !k.NoIssues }

// resource finds the operation of a path, and the part that its star stands
// for.
func resource(path string) (e endpoint, id string, ok bool) {
	path, ok = strings.CutPrefix(strings.TrimSuffix(path, "/"), apiPath)
	if !ok {
		return endpoint{}, "", false
	}
	if e, ok = endpoints[path]; ok {
		return e, "", true
	}
	parts := strings.Split(path, "/")
	star := len(parts) - 2
	if star < 1 || parts[star] == "" {
		return endpoint{}, "", false
	}
	id, parts[star] = parts[star], "*"
	e, ok = endpoints[strings.Join(parts, "/")]
	return e, id, ok
}

// routeOf names a request for fault scripts.
func routeOf(r *http.Request) (route string, writes bool) {
	e, _, ok := resource(r.URL.Path)
	if !ok || r.Method == http.MethodGet && !e.get || r.Method == http.MethodPost && !e.post ||
		r.Method != http.MethodGet && r.Method != http.MethodPost {
		return "", false
	}
	return e.route, e.writes
}

// call is one request while it is answered.
type call struct {
	server *Server
	w      http.ResponseWriter
	r      *http.Request
	knobs  Knobs
	now    time.Time // by the server's clock
	key    Key
	id     string // what the path names
}

// handle answers a request. The order of checks is the server's: key, limits,
// path and method, body, existence.
func (s *Server) handle(w http.ResponseWriter, r *http.Request) {
	c := s.call(w, r)
	p := c.authenticate()
	if p == nil {
		p = c.admit()
	}
	if p == nil {
		p = c.dispatch()
	}
	if p != nil {
		c.refuse(p)
	}
}

// call begins to answer a request with the knobs as they are now.
func (s *Server) call(w http.ResponseWriter, r *http.Request) *call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return &call{server: s, w: w, r: r, knobs: s.knobs, now: s.clock()}
}

func (c *call) dispatch() *problem {
	e, id, ok := resource(c.r.URL.Path)
	if !ok || e.exists != nil && !e.exists(c.knobs) {
		return &problem{kind: noRoute}
	}
	get, post := e.get, e.post
	if e.verbs != nil {
		get, post = e.verbs(c.knobs)
	}
	switch {
	case c.r.Method == http.MethodGet && get, c.r.Method == http.MethodPost && post:
		c.id = id
		return e.serve(c)
	case c.knobs.WrongVerb != 0:
		return &problem{kind: noRoute}
	}
	return &problem{kind: noMethod}
}
