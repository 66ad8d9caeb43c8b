package guance

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/ttkit/ttkit/internal/rest"
	"github.com/ttkit/ttkit/tt"
)

// Paths of schedules. The vendor documents the first two.
const (
	pathSchedules = "/api/v1/incidents/schedule"
	pathAdd       = pathSchedules + "/add"
	pathModify    = "/modify" // behind a schedule's own path
)

func schedulePath(uuid string) string { return pathSchedules + "/" + url.PathEscape(uuid) }

// routes are the calls that the vendor does not document, and what this System
// has found out about them.
type routes struct {
	get, list route
	delete    route        // by Probe alone, which tries another form, too, unless it is given
	noGet     atomic.Bool  // one schedule is read out of the list
	hasGet    atomic.Bool  // one was read by its route
	verb      atomic.Value // of the list, once one has worked
	noSearch  atomic.Bool  // the list does not mind what is searched for
}

// route is a verb and a path.
type route struct {
	method, path string
	given        bool // by a setting, and so without a way to fall back
}

const uuidInPath = "{uuid}"

func (r *routes) configure(c Routes) error {
	r.get = route{method: http.MethodGet, path: pathSchedules + "/" + uuidInPath + "/get"}
	r.list = route{method: http.MethodGet, path: pathSchedules + "/list"}
	r.delete = route{method: http.MethodPost, path: pathSchedules + "/" + uuidInPath + "/delete"}
	for _, setting := range []struct {
		name, text string
		into       *route
	}{{"routes.get", c.Get, &r.get}, {"routes.list", c.List, &r.list}, {"routes.delete", c.Delete, &r.delete}} {
		if setting.text == "" {
			continue
		}
		method, path, _ := strings.Cut(setting.text, " ")
		path = strings.NewReplacer("{schedule_uuid}", uuidInPath).Replace(strings.TrimSpace(path))
		if method != http.MethodGet && method != http.MethodPost || !strings.HasPrefix(path, "/") || strings.ContainsAny(path, "?# ") {
			return badSetting(setting.name, "must be GET or POST and a path, such as %s %s", setting.into.method, setting.into.path)
		}
		if strings.Contains(path, uuidInPath) != (setting.name == "routes.get") && setting.into != &r.delete { // that may have one or none
			return badSetting(setting.name, "must have %s where the schedule's uuid stands, and the list none", uuidInPath)
		}
		*setting.into = route{method, path, true}
	}
	return nil
}

// missing reports that the server may have no such route: these are what it
// answers to a path that it does not know, and what is a web page then.
func missing(err error) bool {
	status := statusOf(err)
	return status == http.StatusNotFound || status == http.StatusMethodNotAllowed
}

// get reads one schedule. Where it is not known yet whether the server has a
// route for that, a schedule that it does not find is looked for in the list.
func (s *System) get(ctx context.Context, id string) (*schedule, error) {
	r := &s.routes
	if r.noGet.Load() {
		return s.listed(ctx, id)
	}
	read := time.Now()
	answer := &one{}
	_, err := s.client.Do(ctx, rest.Request{
		Method: r.get.method, Path: strings.Replace(r.get.path, uuidInPath, url.PathEscape(id), 1), ReadOnly: true, Out: answer,
	})
	switch {
	case err == nil && answer.schedule.deleted:
		return nil, notFound(id, http.StatusOK)
	case err == nil && answer.schedule.uuid != id:
		return nil, tt.Errorf(tt.CodeUnavailable, tt.NotDone, "the server answered another schedule (%s) than the one asked for", answer.schedule.uuid)
	case err == nil:
		r.hasGet.Store(true)
		answer.schedule.readAt = read
		return answer.schedule, nil
	case !missing(err) && statusOf(err) != http.StatusBadRequest:
		return nil, err
	case !r.get.given && !r.hasGet.Load():
		x, listErr := s.listed(ctx, id)
		if listErr == nil {
			r.noGet.Store(true)
			s.log.InfoContext(ctx, "the server has no route for one schedule; they are read out of the list", "tt_id", id)
		}
		return x, listErr
	case tt.IsTemporary(err): // a web page
		return nil, err
	}
	return nil, notFound(id, statusOf(err))
}

// notFound is the error of an id that is no schedule's.
func notFound(id string, status int) error {
	e := tt.Errorf(tt.CodeNotFound, tt.NotDone, "the workspace of this API key has no schedule %s", id)
	e.Status = status
	return e
}

// listed finds one schedule in the list. There is no search by uuid.
func (s *System) listed(ctx context.Context, id string) (*schedule, error) {
	all, err := s.list(ctx, "")
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(all, func(x *schedule) bool { return x.uuid == id }); i >= 0 {
		return all[i], nil
	}
	return nil, notFound(id, http.StatusOK)
}

// checkID accepts what can be a schedule's uuid: a word of the API, such as
// add, would lead to another route.
func checkID(id string) error {
	if err := tt.ValidateID(id); err != nil {
		return err
	}
	if !strings.ContainsAny(id, "0123456789") {
		return tt.Errorf(tt.CodeInvalid, tt.NotDone, "%q is no ticket id of this system: give the id that create printed, such as incsch_0f1e2d3c4b5a69788796a5b4c3d2e1f0", id)
	}
	return nil
}
