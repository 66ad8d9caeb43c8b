package zstacktest_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/zstack/zstacktest"
)

const jobOne = "11111111111111111111111111111111"

func TestAJobIDIsCheckedAndUsedOnce(t *testing.T) {
	for _, row := range []struct {
		rule, id, method, path string
		body                   any
		status                 int
		text                   string
	}{
		{"31 characters are too few", jobOne[1:], "POST", "/tickets", ticketBody(nil), 400, "Invalid header[X-Job-UUID], it must be a UUID with '-' stripped"},
		{"dashes make it too long", "11111111-1111-4111-8111-111111111111", "DELETE", "/tickets/" + key1, nil, 400, "Invalid header[X-Job-UUID], it must be a UUID with '-' stripped"},
		{"any 32 characters will do", strings.Repeat("Z", 32), "POST", "/tickets", ticketBody(nil), 202, ""},
		{"an id that is used is refused", jobOne, "POST", "/tickets", ticketBody(nil), 400, "Duplicate job uuid[" + jobOne + "]"},
		{"also on another path", jobOne, "DELETE", "/tickets/" + key1, nil, 400, "Duplicate job uuid[" + jobOne + "]"},
		{"also on a synchronous call", jobOne, "PUT", "/management-nodes/actions", obj{"getCurrentTime": obj{}}, 400, "Duplicate job uuid[" + jobOne + "]"},
		{"but not on a query", jobOne, "GET", "/tickets", nil, 200, ""},
	} {
		t.Run(row.rule, func(t *testing.T) {
			bubble(t, zstacktest.Options{}, func(a *api) {
				a.headers = map[string]string{"X-Job-UUID": jobOne}
				first := a.do("POST", "/tickets", ticketBody(nil))
				assert.Equal(t, jobOne, jobID(t, first))
				a.headers["X-Job-UUID"] = row.id
				got := a.do(row.method, row.path, row.body)
				assert.Equal(t, row.status, got.status, got.raw)
				if row.text != "" {
					assert.Equal(t, row.text, got.raw)
				}
			})
		})
	}
}

func TestASynchronousCallDoesNotUseItsJobID(t *testing.T) {
	bubble(t, zstacktest.Options{}, func(a *api) {
		a.headers = map[string]string{"X-Job-UUID": jobOne}
		for range 2 {
			assert.Equal(t, 200, a.do("PUT", "/management-nodes/actions", obj{"getCurrentTime": obj{}}).status)
		}
		assert.Equal(t, 404, a.do("GET", "/api-jobs/"+jobOne, nil).status)
	})
}

func TestAPollNeedsNoCredentials(t *testing.T) {
	bubble(t, zstacktest.Options{}, func(a *api) {
		id := jobID(t, a.do("POST", "/tickets", ticketBody(nil)))
		got := a.as("").do("GET", "/api-jobs/"+id, nil)
		assert.Equal(t, 200, got.status)
		assert.NotContains(t, got.raw, "schema", "it was not asked for")
		assert.Equal(t, got.raw, a.as("nonsense").do("GET", "/api-jobs/"+id, nil).raw)

		got = a.do("GET", "/api-jobs/"+jobOne, nil)
		assert.Equal(t, "404 the job has been expired", got.line())
		got = a.do("DELETE", "/api-jobs/"+id, nil)
		assert.Equal(t, "405 only GET method is allowed for querying job status", got.line())
	})
}

func TestEachJobCanTakeItsOwnTime(t *testing.T) {
	times := []time.Duration{50 * time.Millisecond, 150 * time.Millisecond, 600 * time.Millisecond}
	n := 0
	bubble(t, zstacktest.Options{JobTime: func(route string) time.Duration {
		assert.Equal(t, "create", route)
		n++
		return times[(n-1)%3]
	}}, func(a *api) {
		for _, want := range times {
			assert.Equal(t, want, a.untilDone())
		}
	})
}

func TestResultsExpireAfterThreeHoursAtTheNextSweep(t *testing.T) {
	bubble(t, zstacktest.Options{}, func(a *api) {
		time.Sleep(30 * time.Minute)
		a.headers = map[string]string{"X-Job-UUID": jobOne}
		a.do("POST", "/tickets", ticketBody(nil))
		a.server.InjectJob(zstacktest.JobFault{Kind: zstacktest.JobSticks})
		a.headers = nil
		stuck := jobID(t, a.do("POST", "/tickets", ticketBody(nil)))

		time.Sleep(3*time.Hour + 29*time.Minute)
		assert.Equal(t, 200, a.do("GET", "/api-jobs/"+jobOne, nil).status, "no sweep since it is too old")
		time.Sleep(time.Minute)
		assert.Equal(t, 404, a.do("GET", "/api-jobs/"+jobOne, nil).status)
		time.Sleep(24 * time.Hour)
		assert.Equal(t, 202, a.do("GET", "/api-jobs/"+stuck, nil).status, "what runs is never swept")

		a.session = a.loginIAM2(zstacktest.DefaultVirtualID, zstacktest.DefaultVirtualIDPassword)
		a.headers = map[string]string{"X-Job-UUID": jobOne}
		assert.Equal(t, 202, a.do("POST", "/tickets", ticketBody(nil)).status, "its id is free again")
	})
}

func TestFaultsOfJobs(t *testing.T) {
	for _, row := range []struct {
		rule  string
		fault zstacktest.JobFault
		acted bool
		poll  string // status and code
	}{
		{"a stuck job has done nothing", zstacktest.JobFault{Kind: zstacktest.JobSticks}, false, "202"},
		{"a job may act and stick", zstacktest.JobFault{Kind: zstacktest.JobSticksAfter}, true, "202"},
		{"a result may be lost", zstacktest.JobFault{Kind: zstacktest.JobExpires}, true, "404"},
		{"a job may fail", zstacktest.JobFault{Kind: zstacktest.JobFails}, false, "503 SYS.1000"},
		{"with any code", zstacktest.JobFault{Kind: zstacktest.JobFails, Code: "SYS.1009"}, false, "503 SYS.1009"},
		{"a job may act and fail", zstacktest.JobFault{Kind: zstacktest.JobFailsAfter}, true, "503 SYS.1001"},
		{"a session may die before the job begins", zstacktest.JobFault{Kind: zstacktest.JobSessionDies}, false, "503 ID.1001"},
		{"a fault of another route does not strike", zstacktest.JobFault{Kind: zstacktest.JobFails, Route: "delete"}, true, "200"},
		{"a fault can let jobs pass", zstacktest.JobFault{Kind: zstacktest.JobFails, Skip: 1}, true, "200"},
	} {
		t.Run(row.rule, func(t *testing.T) {
			bubble(t, zstacktest.Options{}, func(a *api) {
				a.server.InjectJob(row.fault)
				id := jobID(t, a.do("POST", "/tickets", ticketBody(nil)))
				time.Sleep(time.Hour)
				got := a.do("GET", "/api-jobs/"+id, nil)
				poll := got.line()[:3]
				if got.status == 503 {
					poll += " " + got.code(t)
				}
				assert.Equal(t, row.poll, poll)
				acted := len(a.server.Tickets()) == 1
				assert.Equal(t, row.acted, acted)
				want := 200
				if row.fault.Kind == zstacktest.JobSessionDies {
					want = 503
				}
				assert.Equal(t, want, a.do("GET", "/tickets", nil).status)
			})
		})
	}
}

func TestAJobFaultStrikesAsOftenAsItSays(t *testing.T) {
	bubble(t, zstacktest.Options{}, func(a *api) {
		a.server.InjectJob(zstacktest.JobFault{Kind: zstacktest.JobFails, Route: "create", Skip: 1, Times: 2})
		codes := []string{}
		for range 4 {
			codes = append(codes, a.job("POST", "/tickets", ticketBody(nil)).code(t))
		}
		assert.Equal(t, []string{"OK", "SYS.1000", "SYS.1000", "OK"}, codes)
		a.server.InjectJob(zstacktest.JobFault{Kind: zstacktest.JobFails, Times: -1})
		assert.Equal(t, "SYS.1000", a.job("POST", "/tickets", ticketBody(nil)).code(t))
		assert.Equal(t, "SYS.1000", a.job("DELETE", "/tickets/"+key1, nil).code(t))
		a.server.ClearFaults()
		assert.Equal(t, "OK", a.job("DELETE", "/tickets/"+key1, nil).code(t))
		assert.Panics(t, func() { a.server.InjectJob(zstacktest.JobFault{Kind: "hiccup"}) })
	})
}

func TestASynchronousCallFailsWithAnyCode(t *testing.T) {
	bubble(t, zstacktest.Options{}, func(a *api) {
		a.server.InjectJob(
			zstacktest.JobFault{Kind: zstacktest.CallFails, Route: "tickets", Code: "SYS.1009"},
			zstacktest.JobFault{Kind: zstacktest.CallFails, Route: "login", Code: "ID.1005"},
			zstacktest.JobFault{Kind: zstacktest.CallFails},
		)
		assert.Equal(t, "OK", a.job("POST", "/tickets", ticketBody(nil)).code(t), "neither a job nor its polls are struck")
		assert.Equal(t, "SYS.1009", a.do("GET", "/tickets", nil).code(t))
		assert.Equal(t, "ID.1005", a.do("PUT", "/accounts/login", obj{"logInByAccount": obj{}}).code(t))
		assert.Equal(t, "SYS.1000", a.do("GET", "/tickets", nil).code(t))
		assert.Equal(t, "OK", a.do("GET", "/tickets", nil).code(t))
	})
}

func TestTheIDOfAnExpiredJobIsFree(t *testing.T) {
	bubble(t, zstacktest.Options{}, func(a *api) {
		a.server.InjectJob(zstacktest.JobFault{Kind: zstacktest.JobExpires})
		a.headers = map[string]string{"X-Job-UUID": jobOne}
		body := ticketBody(obj{"resourceUuid": key1})
		assert.Equal(t, 202, a.do("POST", "/tickets", body).status)
		assert.Equal(t, 404, a.do("GET", "/api-jobs/"+jobOne, nil).status)
		assert.Equal(t, "SYS.1000", a.job("POST", "/tickets", body).code(t), "it acts again, and finds the uuid used")
	})
}

func TestARestartInterruptsWhatRuns(t *testing.T) {
	knobs := zstacktest.Knobs{JobTime: time.Second, JobActs: zstacktest.ActsAtEnd}
	bubble(t, zstacktest.Options{Knobs: knobs}, func(a *api) {
		uuid := a.newTicket(nil)
		done := a.server.Jobs()[0].ID
		running := jobID(t, a.do("DELETE", "/tickets/"+uuid, nil))
		a.server.Restart(10 * time.Second)

		got := a.do("GET", "/api-jobs/"+running, nil)
		assert.Equal(t, 404, got.status)
		assert.Contains(t, got.raw, "<html", "the servlet container's page")
		got = a.do("GET", "/management-nodes/ready", nil)
		assert.Equal(t, "SYS.1010", got.code(t))

		time.Sleep(10 * time.Second)
		assert.Equal(t, 200, a.do("GET", "/management-nodes/ready", nil).status)
		assert.Equal(t, 202, a.do("GET", "/api-jobs/"+running, nil).status, "it will never end")
		assert.Equal(t, 200, a.do("GET", "/api-jobs/"+done, nil).status, "results are kept")
		assert.Len(t, a.list("/tickets"), 1, "sessions and tickets are kept, and the job did nothing")
		jobs := a.server.Jobs()
		require.Len(t, jobs, 2)
		assert.True(t, jobs[1].Stuck)
		assert.False(t, jobs[1].Acted)
		assert.False(t, jobs[1].Done)
	})
}

func TestSettleEndsAllJobs(t *testing.T) {
	knobs := zstacktest.Knobs{JobTime: time.Hour, JobActs: zstacktest.ActsAtEnd}
	bubble(t, zstacktest.Options{Knobs: knobs}, func(a *api) {
		id := jobID(t, a.do("POST", "/tickets", ticketBody(nil)))
		a.server.Settle()
		assert.Len(t, a.server.Tickets(), 1)
		assert.Equal(t, 200, a.do("GET", "/api-jobs/"+id, nil).status)
		assert.Equal(t, zstacktest.Job{ID: id, Route: "create", Created: a.server.Now(), Acted: true, Done: true}, a.server.Jobs()[0])
	})
}

// line is status and body.
func (r reply) line() string { return strings.TrimSpace(strconv.Itoa(r.status) + " " + r.raw) }
