package zstacktest

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// jobs are the asynchronous calls; Server.mu guards them.
type jobs struct {
	byID    map[string]*job
	arrived []*job // in the order of arrival
	swept   time.Time
	faults  []*JobFault
}

// job is one asynchronous call.
type job struct {
	id, route string
	created   time.Time
	due       time.Time // when the result is there
	polls     int       // answers 202 that are still to come
	acted     bool      // its work was done, or refused
	stuck     bool      // it will never end

	class   string
	result  object
	refusal *refusal
	knobs   Knobs
}

// Job is an asynchronous call, for tests to look at.
type Job struct {
	ID      string
	Route   string
	Created time.Time
	Acted   bool   // its work was done, or refused
	Done    bool   // its result is there
	Stuck   bool   // it will never end
	Code    string // of its refusal, "" for none
}

// Jobs returns the jobs whose rows are kept, in the order of arrival.
func (s *Server) Jobs() []Job {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.advance()
	out := make([]Job, len(s.jobs.arrived))
	for i, j := range s.jobs.arrived {
		out[i] = Job{ID: j.id, Route: j.route, Created: j.created, Acted: j.acted, Done: j.done(now), Stuck: j.stuck}
		if j.refusal != nil {
			out[i].Code = j.refusal.code
		}
	}
	return out
}

func (j *job) done(now time.Time) bool { return !j.stuck && j.acted && !now.Before(j.due) }

// checkJobID looks at the id that a client chose for its job. It is compared
// with all jobs, whatever this call is; it is kept for asynchronous calls.
func (c *call) checkJobID() *refusal {
	id := c.r.Header.Get("X-Job-UUID")
	switch {
	case id == "":
		return nil
	case len(id) != 32:
		return plain(http.StatusBadRequest, "Invalid header[X-Job-UUID], it must be a UUID with '-' stripped")
	case c.r.Method != http.MethodGet && c.server.jobs.byID[id] != nil:
		return plain(http.StatusBadRequest, "Duplicate job uuid[%s]", id)
	}
	return nil
}

// accept makes a job of the call and answers 202.
func (c *call) accept() {
	s, k := c.server, c.knobs
	length := k.JobTime
	if s.opts.JobTime != nil {
		length = s.opts.JobTime(c.endpoint.route)
	}
	j := s.newJob(c)
	j.polls = k.JobPolls
	j.due = c.now.Add(length)
	if p := c.identify(); p != nil {
		j.acted, j.refusal = true, p
		c.accepted(j)
		return
	}
	start := c.now
	if c.action.key == "changeTicketStatus" {
		if c.text("statusEvent") == string(Approve) {
			s.approvals++
		}
		if k.CommitLag > 0 {
			c.sequence = s.draw()
			start = start.Add(s.lag(k))
		}
	}
	if k.JobActs == ActsAtEnd {
		start = start.Add(length)
	}
	if start.After(j.due) {
		j.due = start
	}
	s.strikeJob(j, c)
	if !j.acted && !j.stuck {
		s.later(c.now, start, func(at time.Time) { c.carryOut(j, at) })
	}
	c.accepted(j)
}

// newJob stores the row of a job that has not begun.
func (s *Server) newJob(c *call) *job {
	id := c.r.Header.Get("X-Job-UUID")
	if id == "" {
		id = s.uuid()
	}
	j := &job{id: id, route: c.endpoint.route, created: c.now, due: c.now, class: c.action.class, knobs: c.knobs}
	s.jobs.byID[id] = j
	s.jobs.arrived = append(s.jobs.arrived, j)
	return j
}

// carryOut does the work of a job.
func (c *call) carryOut(j *job, at time.Time) {
	c.now = at
	j.acted = true
	if j.refusal = c.checkSystemTags(); j.refusal == nil {
		j.result, j.refusal = c.action.serve(c)
	}
}

// accepted writes the 202.
func (c *call) accepted(j *job) {
	out := object{"location": c.location(j.id)}
	if !c.knobs.NoAPITimeout {
		out["apiTimeout"] = (30 * time.Minute).Milliseconds()
	}
	c.send(http.StatusAccepted, out)
}

// location is where the server believes that a job can be polled.
func (c *call) location(id string) string {
	host := c.server.opts.LocationHost
	if c.knobs.Location == LocationSame {
		host = c.r.Host
	}
	return "http://" + host + c.server.opts.ContextPath + apiPrefix + jobsPrefix + id
}

// poll answers a look at a job. It asks for no credentials: whoever knows the
// id of a job may look.
func (c *call) poll(id string) *refusal {
	if c.r.Method != http.MethodGet {
		return plain(http.StatusMethodNotAllowed, "only GET method is allowed for querying job status")
	}
	j := c.server.jobs.byID[id]
	if j == nil {
		return plain(http.StatusNotFound, "the job has been expired")
	}
	if !j.done(c.now) || j.polls > 0 {
		if j.polls > 0 {
			j.polls--
		}
		out := object{}
		if c.knobs.RepeatLocation {
			out["location"] = c.location(id)
		}
		c.send(http.StatusAccepted, out)
		return nil
	}
	if j.refusal != nil {
		c.send(http.StatusServiceUnavailable, j.knobs.errorObject(j.refusal, j.route, true))
		return nil
	}
	out := object{}
	for key, v := range j.result {
		out[key] = v
	}
	if len(c.r.Header.Values("X-JSON-Schema")) > 0 {
		out["schema"] = schemaOf(j.class, out["inventory"], "inventory")
	}
	c.send(http.StatusOK, c.finish(out))
	return nil
}

// sweep forgets results that are too old, as a timer of the server does; the
// lock is held.
func (s *Server) sweep(now time.Time) {
	keep, period := s.knobs.JobRetention, s.knobs.JobRetention/3
	if keep <= 0 {
		keep, period = 3*time.Hour, time.Hour
	}
	if now.Before(s.jobs.swept) {
		s.jobs.swept = now // the clock was turned back
	}
	elapsed := now.Sub(s.jobs.swept)
	if elapsed < period {
		return
	}
	s.jobs.swept = s.jobs.swept.Add(elapsed - elapsed%period)
	oldest := s.jobs.swept.Add(-keep)
	s.jobs.forget(func(j *job) bool { return j.done(now) && j.created.Before(oldest) })
}

func (js *jobs) forget(which func(*job) bool) {
	js.arrived = slices.DeleteFunc(js.arrived, func(j *job) bool {
		if !which(j) {
			return false
		}
		delete(js.byID, j.id)
		return true
	})
}

// interrupt is what a restart does to the jobs that run.
func (js *jobs) interrupt(now time.Time, drop bool) {
	if drop {
		js.forget(func(j *job) bool { return !j.stuck && !j.done(now) })
		return
	}
	for _, j := range js.arrived {
		if !j.done(now) {
			j.stuck = true
		}
	}
}

// finish ends all jobs that have done their work.
func (js *jobs) finish(now time.Time) {
	for _, j := range js.arrived {
		if j.acted && j.due.After(now) {
			j.due = now
		}
	}
}

// schemaOf is the schema of one inventory at a path of the answer.
func schemaOf(class string, inventory any, path string) object {
	out := object{}
	fields, ok := inventory.(object)
	if class == "" || !ok {
		return out
	}
	out[path] = class
	prefix := strings.TrimSuffix(class, "Inventory")
	if class == ticketClass {
		if fields["status"] != nil {
			out[path+".status"] = prefix + "Status"
		}
		requests, _ := fields["request"].([]any)
		for i := range requests {
			out[path+".request"+index(i)] = prefix + "Request"
		}
	}
	return out
}
