package rsmtest

import (
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The paths of the API.
const (
	modesPath = "/api/public/sm/v1/rsm-maintenance"
	ciPath    = "/api/public/sm/v2/rsm/config-items"
)

// endpoint is one operation of the API.
type endpoint struct {
	route  string // its name in fault scripts
	writes bool
	body   bool // it reads a JSON body
	serve  func(*call) *problem
}

// resources are the operations by resource and method.
var resources = map[string]map[string]endpoint{
	modesPath: {
		http.MethodGet:  {route: "list", serve: (*call).list},
		http.MethodPost: {route: "create", writes: true, body: true, serve: (*call).create},
	},
	modesPath + "/filter": {
		http.MethodPost: {route: "filter", body: true, serve: (*call).filter},
	},
	modesPath + "/{id}": {
		http.MethodGet:   {route: "get", serve: (*call).get},
		http.MethodPut:   {route: "replace", writes: true, body: true, serve: (*call).replace},
		http.MethodPatch: {route: "patch", writes: true, body: true, serve: (*call).patch},
	},
	ciPath: {
		http.MethodGet: {route: "ci", serve: (*call).listCIs},
	},
	ciPath + "/filter": {
		http.MethodPost: {route: "ci", body: true, serve: (*call).filterCIs},
	},
	ciPath + "/{id}": {
		http.MethodGet: {route: "ci", serve: (*call).getCI},
	},
}

// resource finds the operations of a path, and the id in it. It returns nil
// for a path that does not exist.
func resource(path string) (methods map[string]endpoint, id string) {
	path = strings.TrimSuffix(path, "/")
	if methods, ok := resources[path]; ok {
		return methods, ""
	}
	for _, base := range []string{modesPath, ciPath} {
		if id, ok := strings.CutPrefix(path, base+"/"); ok && !strings.Contains(id, "/") {
			return resources[base+"/{id}"], id
		}
	}
	return nil, ""
}

// routeOf names a request for fault scripts.
func routeOf(r *http.Request) (route string, writes bool) {
	methods, _ := resource(r.URL.Path)
	e := methods[r.Method]
	return e.route, e.writes
}

// call is one request while it is answered.
type call struct {
	server *Server
	w      http.ResponseWriter
	r      *http.Request
	knobs  Knobs
	now    time.Time // by the server's clock
	token  Token
	id     string // as it stands in the path
}

// view is the time at which the scheduler last looked.
func (c *call) view() time.Time { return c.knobs.view(c.now) }

func (k Knobs) view(now time.Time) time.Time {
	if k.Tick > 0 {
		return now.Truncate(k.Tick)
	}
	return now
}

// handle answers a request. The order of checks is the server's: method,
// credentials, content type, path and query, body, existence, rights, state,
// dates, CIs.
func (s *Server) handle(w http.ResponseWriter, r *http.Request) {
	c := s.call(w, r)
	methods, id := resource(r.URL.Path)
	e, ok := methods[r.Method]
	switch {
	case methods == nil:
		w.WriteHeader(http.StatusNotFound)
		return
	case !ok:
		for method := range methods {
			w.Header().Add("Allow", method)
		}
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	c.id = id
	p := c.authenticate()
	if p != nil && e.writes {
		p.text = textAuthFailed
	}
	if p == nil && e.body && !isJSON(r.Header) {
		p = &problem{status: http.StatusUnsupportedMediaType, text: textWrongType}
	}
	if p == nil {
		p = e.serve(c)
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

func isJSON(h http.Header) bool {
	t, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	return err == nil && t == "application/json"
}

// pathID reads the id in the path.
func (c *call) pathID() (int64, *problem) {
	id, err := strconv.ParseInt(c.id, 10, 64)
	if err == nil && id >= 1 {
		return id, nil
	}
	if c.knobs.BadID != 0 && err != nil {
		return 0, &problem{status: http.StatusNotFound, text: textNoMode}
	}
	return 0, badQuery("id", textBadID)
}

// flag reads a boolean parameter.
func (c *call) flag(name string) (bool, *problem) {
	v := c.r.URL.Query().Get(name)
	if v == "" {
		return false, nil
	}
	on, err := strconv.ParseBool(strings.ToLower(v))
	if err != nil {
		return false, badQuery(name, textBadQuery)
	}
	return on, nil
}
