package zstacktest

import (
	"slices"
	"strconv"
)

// JobFaultKind is a way in which a job fails that was accepted with a 202.
type JobFaultKind string

// The faults of jobs, and one of the calls that make none. Whether the server
// acts is part of each.
const (
	JobSticks      JobFaultKind = "stick"        // it never ends: nothing is done
	JobSticksAfter JobFaultKind = "stick-after"  // the server acts, the job never ends
	JobExpires     JobFaultKind = "expire"       // the server acts, the result is lost: polls are answered 404
	JobFails       JobFaultKind = "fail"         // it ends with Code (SYS.1000): nothing is done
	JobFailsAfter  JobFaultKind = "fail-after"   // the server acts, then the job ends with Code (SYS.1001)
	JobSessionDies JobFaultKind = "session-dies" // the session ends, and the job with ID.1001: nothing is done

	CallFails JobFaultKind = "call-fails" // a synchronous call, but not a poll, is answered 503 with Code (SYS.1000): nothing is done
)

// JobFault is one entry of the fault script of jobs. Entries wait in the order
// in which they were injected; a job takes the first entry that matches it, and
// a synchronous call the first CallFails.
type JobFault struct {
	Kind  JobFaultKind
	Route string // of the call that made the job; "" matches all
	Skip  int    // let so many matching jobs pass first
	Times int    // strike so many times; 0 means once, below 0 always
	Code  string // for JobFails, JobFailsAfter and CallFails
}

var jobFaultKinds = []JobFaultKind{JobSticks, JobSticksAfter, JobExpires, JobFails, JobFailsAfter, JobSessionDies, CallFails}

// InjectJob adds to the fault script of jobs. It panics on an unknown kind.
func (s *Server) InjectJob(faults ...JobFault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range faults {
		if !slices.Contains(jobFaultKinds, f.Kind) {
			panic("zstacktest: unknown kind of job fault " + strconv.Quote(string(f.Kind)))
		}
		if f.Times == 0 {
			f.Times = 1
		}
		s.jobs.faults = append(s.jobs.faults, &f)
	}
}

// strikeJob lets the script's fault strike a new job; the lock is held.
func (s *Server) strikeJob(j *job, c *call) {
	f := s.jobs.takeFault(j.route, false)
	if f == nil {
		return
	}
	switch f.Kind {
	case JobSticks:
		j.stuck = true
	case JobSticksAfter:
		c.carryOut(j, c.now)
		j.stuck = true
	case JobExpires:
		c.carryOut(j, c.now)
		s.jobs.forget(func(other *job) bool { return other == j })
	case JobFails:
		j.acted, j.refusal = true, f.refusal("SYS.1000")
	case JobFailsAfter:
		c.carryOut(j, c.now)
		j.refusal = f.refusal("SYS.1001")
	case JobSessionDies:
		s.endSession(c.who.session)
		j.acted, j.refusal = true, deadSession()
	}
}

// refusal is what a struck call ends with.
func (f *JobFault) refusal(code string) *refusal {
	if f.Code != "" {
		code = f.Code
	}
	return &refusal{code: code, text: textInjected, args: []any{code}}
}

// takeFault returns the fault that strikes a job of this route, or a
// synchronous call, or nil.
func (js *jobs) takeFault(route string, synchronous bool) *JobFault {
	for i, f := range js.faults {
		if (f.Kind == CallFails) != synchronous || f.Route != "" && f.Route != route {
			continue
		}
		if f.Skip > 0 {
			f.Skip--
			continue
		}
		if f.Times > 0 {
			if f.Times--; f.Times == 0 {
				js.faults = slices.Delete(js.faults, i, i+1)
			}
		}
		return f
	}
	return nil
}
