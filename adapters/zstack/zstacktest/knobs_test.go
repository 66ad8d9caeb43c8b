package zstacktest_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/zstack/zstacktest"
	"github.com/ttkit/ttkit/tt/tttest"
)

// knobs shows, for every value of every knob, what it changes.
var knobs = map[string]func(a *api){
	"defaults":       func(a *api) { assert.Equal(a.t, zstacktest.Knobs{}, a.server.Knobs()) },
	"job-time=150ms": func(a *api) { assert.Equal(a.t, 150*time.Millisecond, a.untilDone()) },
	"job-time=3s": func(a *api) {
		assert.Equal(a.t, 202, a.do("POST", "/tickets", ticketBody(nil)).status)
		assert.Len(a.t, a.server.Tickets(), 1, "it acts at once")
		assert.Equal(a.t, 3*time.Second, a.untilDone())
	},
	"job-polls=3": func(a *api) {
		id := jobID(a.t, a.do("POST", "/tickets", ticketBody(nil)))
		for _, want := range []int{202, 202, 202, 200, 200} {
			assert.Equal(a.t, want, a.do("GET", "/api-jobs/"+id, nil).status)
		}
	},
	"job-acts=end,job-time=1s": func(a *api) {
		a.do("POST", "/tickets", ticketBody(nil))
		time.Sleep(time.Second - 1)
		assert.Empty(a.t, a.server.Tickets())
		time.Sleep(time.Nanosecond)
		require.Len(a.t, a.server.Tickets(), 1)
		assert.Equal(a.t, a.server.Now(), a.server.Tickets()[0].Created)
	},
	"commit-lag=2s": func(a *api) {
		uuids := []string{a.newTicket(nil), a.newTicket(nil), a.newTicket(nil)}
		for _, uuid := range uuids {
			a.do("PUT", "/tickets/"+uuid+"/actions", obj{"changeTicketStatus": obj{"statusEvent": "cancel"}})
		}
		committed := func() (numbers []int64) {
			for _, h := range a.server.Histories("") {
				numbers = append(numbers, h.Sequence)
			}
			return numbers
		}
		assert.Equal(a.t, []int64{2}, committed())
		assert.Equal(a.t, []any{float64(2)}, a.values("/tickets/histories", "sequence"))
		time.Sleep(time.Second)
		assert.Equal(a.t, []int64{2, 3}, committed())
		assert.Equal(a.t, []any{"Pending"}, a.values("/tickets/"+uuids[0], "status"), "status and history commit together")
		time.Sleep(time.Second)
		assert.Equal(a.t, []int64{2, 3, 1}, committed(), "a lower number commits late")
		assert.Equal(a.t, []any{"Cancelled"}, a.values("/tickets/"+uuids[0], "status"))

		require.NoError(a.t, a.server.Act(uuids[0], zstacktest.Reopen, "a person's"))
		require.NoError(a.t, a.server.Act(uuids[1], zstacktest.Reopen, "another"))
		assert.Equal(a.t, []int64{2, 3, 1, 5}, committed(), "people take their turns, too")
		a.server.Settle()
		assert.Equal(a.t, []int64{2, 3, 1, 5, 4}, committed())
	},
	"job-retention=1m": func(a *api) {
		id := jobID(a.t, a.do("POST", "/tickets", ticketBody(nil)))
		time.Sleep(time.Minute)
		assert.Equal(a.t, 200, a.do("GET", "/api-jobs/"+id, nil).status)
		time.Sleep(21 * time.Second)
		assert.Equal(a.t, 404, a.do("GET", "/api-jobs/"+id, nil).status)
	},
	"restart-jobs=drop": func(a *api) {
		k := a.server.Knobs()
		k.JobTime = time.Second
		a.server.SetKnobs(k)
		id := jobID(a.t, a.do("POST", "/tickets", ticketBody(nil)))
		a.server.Restart(0)
		assert.Equal(a.t, 404, a.do("GET", "/api-jobs/"+id, nil).status)
	},
	"starting=503": func(a *api) {
		a.server.Restart(time.Minute)
		assert.Equal(a.t, "SYS.1010", a.do("GET", "/tickets", nil).code(a.t))
	},
	"location=same": func(a *api) {
		got := a.do("POST", "/tickets", ticketBody(nil)).object(a.t)["location"].(string)
		assert.True(a.t, strings.HasPrefix(got, a.server.URL()+"/v1/api-jobs/"), got)
	},
	"no-api-timeout": func(a *api) {
		assert.NotContains(a.t, a.do("POST", "/tickets", ticketBody(nil)).raw, "apiTimeout")
	},
	"repeat-location": func(a *api) {
		k := a.server.Knobs()
		k.JobPolls = 1
		a.server.SetKnobs(k)
		first := a.do("POST", "/tickets", ticketBody(nil))
		poll := a.do("GET", "/api-jobs/"+jobID(a.t, first), nil)
		assert.Equal(a.t, 202, poll.status)
		assert.Equal(a.t, first.object(a.t)["location"], poll.object(a.t)["location"])
	},
	"session-timeout=30s": func(a *api) {
		time.Sleep(29 * time.Second)
		assert.Equal(a.t, 200, a.do("GET", "/tickets", nil).status)
		time.Sleep(29 * time.Second)
		assert.Equal(a.t, 200, a.do("GET", "/tickets", nil).status, "a call lets it live on")
		time.Sleep(30 * time.Second)
		assert.Equal(a.t, "ID.1001", a.do("GET", "/tickets", nil).code(a.t))
	},
	"bad-key=1001": func(a *api) { assert.Equal(a.t, "ID.1001", a.badKey().code(a.t)) },
	"bad-key=text": func(a *api) {
		got := a.badKey()
		assert.Equal(a.t, 400, got.status)
		assert.Equal(a.t, "wrong accessKey signature", got.raw)
	},
	"account-keys": func(a *api) {
		a.signs("POST", "/v1/tickets")
		assert.Equal(a.t, "SYS.1007", a.job("POST", "/tickets", ticketBody(nil)).code(a.t), "an account is no submitter")
	},
	"admin-submits": func(a *api) {
		admin := a.admin()
		uuid := admin.newTicket(nil)
		assert.Equal(a.t, zstacktest.DefaultProjectAccountUUID, a.server.Tickets()[0].AccountUUID)
		assert.Equal(a.t, []any{uuid}, a.values("/tickets", "uuid"), "it belongs to the project")
		assert.Equal(a.t, 200, admin.change(uuid, "cancel", "").status)
	},
	"refusals=1006": func(a *api) {
		assert.Equal(a.t, "SYS.1006", a.job("POST", "/tickets", ticketBody(obj{"accountSystemType": "ldap"})).code(a.t))
		assert.Equal(a.t, "SYS.1007", a.job("POST", "/tickets", ticketBody(obj{"requests": []any{}})).code(a.t), "the platform checks fields")
	},
	"refusals=1007": func(a *api) {
		assert.Equal(a.t, "SYS.1007", a.change(a.newTicket(nil), "reopen", "").code(a.t))
	},
	"open-event=reopen": func(a *api) {
		uuid := a.newTicket(nil)
		assert.Equal(a.t, "SYS.1006", a.change(uuid, "open", "").code(a.t), "it is open")
		a.change(uuid, "cancel", "")
		assert.Equal(a.t, "Pending", a.change(uuid, "open", "").inventory(a.t)["status"])
	},
	"update-rejected": func(a *api) {
		uuid := a.newTicket(nil)
		require.NoError(a.t, a.server.Act(uuid, zstacktest.Reject, ""))
		assert.Equal(a.t, "new", a.update(uuid, obj{"description": "new"}).inventory(a.t)["description"])
	},
	"check-body": func(a *api) {
		bare := []any{request(obj{"apiBody": obj{"name": "only"}})}
		assert.Equal(a.t, "SYS.1007", a.job("POST", "/tickets", ticketBody(obj{"requests": bare})).code(a.t))
		a.create(nil)
	},
	"refuse-zero-times": func(a *api) {
		none := []any{request(obj{"executeTimes": 0})}
		assert.Equal(a.t, "SYS.1007", a.job("POST", "/tickets", ticketBody(obj{"requests": none})).code(a.t))
	},
	"create-row": func(a *api) {
		rows := a.server.Histories(a.newTicket(nil))
		require.Len(a.t, rows, 1)
		assert.Equal(a.t, []zstacktest.Status{"Pending", "Pending"}, []zstacktest.Status{rows[0].From, rows[0].To})
		assert.Equal(a.t, zstacktest.DefaultVirtualIDUUID, rows[0].OperatorUUID)
	},
	"result-row=shared": func(a *api) {
		uuid := a.newTicket(nil)
		require.NoError(a.t, a.server.Act(uuid, zstacktest.Approve, ""))
		rows := a.server.Histories(uuid)
		require.Len(a.t, rows, 1)
		assert.Contains(a.t, rows[0].Context, "requestResults")
	},
	"executor-drops-tags": func(a *api) {
		uuid, err := a.server.Open(zstacktest.Ticket{})
		require.NoError(a.t, err)
		require.NoError(a.t, a.server.Act(uuid, zstacktest.Approve, ""))
		require.Len(a.t, a.server.Executions(), 1)
		assert.False(a.t, a.server.Executions()[0].ValidationOnly)
	},
	"delete-missing=1003": func(a *api) {
		assert.Equal(a.t, "SYS.1003", a.job("DELETE", "/tickets/"+key1, nil).code(a.t))
		assert.Equal(a.t, "SYS.1003", a.job("DELETE", "/tags/"+key1, nil).code(a.t))
	},
	"no-archive": func(a *api) {
		a.server.Delete(a.newTicket(nil))
		assert.Empty(a.t, a.server.Archived())
		assert.Empty(a.t, a.list("/tickets/archives"))
	},
	"burn-uuids": func(a *api) {
		a.server.Delete(a.newTicket(obj{"resourceUuid": key1}))
		assert.Equal(a.t, "SYS.1000", a.job("POST", "/tickets", ticketBody(obj{"resourceUuid": key1})).code(a.t))
	},
	"keep-tags": func(a *api) {
		uuid := a.newTicket(nil)
		a.server.AddTag(uuid, "t")
		a.server.Delete(uuid)
		assert.Len(a.t, a.server.Tags(uuid), 1)
	},
	"drop-create-tags": func(a *api) {
		body := ticketBody(nil)
		body["userTags"] = []any{"t"}
		assert.Equal(a.t, 200, a.job("POST", "/tickets", body).status)
		assert.Empty(a.t, a.server.Tags(""))
	},
	"duplicate-tag=tag": func(a *api) {
		uuid := a.newTicket(nil)
		assert.Equal(a.t, 200, a.tag(uuid, "t").status)
		assert.Equal(a.t, "TAG.1000", a.tag(uuid, "T ").code(a.t))
	},
	"texts=cut": func(a *api) {
		uuid := a.newTicket(obj{"name": "before 😀 after"})
		assert.Equal(a.t, []any{"before "}, a.values("/tickets", "name"))
		a.change(uuid, "cancel", strings.Repeat("ж", 40_000))
		assert.Len(a.t, a.server.Histories(uuid)[0].Comment, 65534)
	},
	"texts=utf8mb4": func(a *api) {
		uuid := a.newTicket(obj{"name": "before 😀 after"})
		assert.Equal(a.t, []any{"before 😀 after"}, a.values("/tickets", "name"))
		assert.Equal(a.t, "SYS.1000", a.change(uuid, "cancel", strings.Repeat("ж", 40_000)).code(a.t))
	},
	"case-sensitive": func(a *api) {
		uuid := a.newTicket(obj{"name": "Name"})
		assert.Empty(a.t, a.list("/tickets?q=name=name"))
		assert.Empty(a.t, a.list("/tickets?q=name~=n%25"))
		assert.Equal(a.t, 200, a.tag(uuid, "t").status)
		assert.Equal(a.t, 200, a.tag(uuid, "T").status)
	},
	"refuse-quotes": func(a *api) {
		assert.Equal(a.t, "SYS.1000", a.do("GET", "/tickets?q=name=it's", nil).code(a.t))
		assert.Equal(a.t, "SYS.1000", a.do("GET", `/tickets?q=name=a%5Cb`, nil).code(a.t))
	},
	"dates=9":  func(a *api) { assert.Equal(a.t, "Jan 1, 2000, 8:00:00 AM", a.create(nil)["createDate"]) },
	"dates=20": func(a *api) { assert.Equal(a.t, "Jan 1, 2000, 8:00:00\u202fAM", a.create(nil)["createDate"]) },
	"zone=UTC": func(a *api) {
		assert.Equal(a.t, "Jan 1, 2000 12:00:00 AM", a.create(nil)["createDate"])
		assert.Equal(a.t, obj{"timezone": "UTC", "offset": "+00:00"}, a.do("GET", "/management-nodes/platform-timezone", nil).object(a.t))
	},
	"zone=Asia/Kolkata": func(a *api) {
		assert.Equal(a.t, "Jan 1, 2000 5:30:00 AM", a.create(nil)["createDate"])
		assert.Equal(a.t, obj{"timezone": "Asia/Kolkata", "offset": "+05:30"}, a.do("GET", "/management-nodes/platform-timezone", nil).object(a.t))
	},
	"zone=America/Phoenix": func(a *api) {
		assert.Equal(a.t, "Dec 31, 1999 5:00:00 PM", a.create(nil)["createDate"])
		assert.Equal(a.t, obj{"timezone": "America/Phoenix", "offset": "-07:00"}, a.do("GET", "/management-nodes/platform-timezone", nil).object(a.t))
	},
	"numbers=float": func(a *api) {
		body := obj{"name": "vm", "cpu": 2, "big": json.Number("1545993580705"), "tiny": 0.0001, "zero": 0, "half": -0.5}
		a.create(obj{"requests": []any{request(obj{"apiBody": body, "executeTimes": 3})}})
		got := a.do("GET", "/tickets", nil).raw
		assert.Contains(a.t, got, `"apiBody":{"big":1.545993580705E12,"cpu":2.0,"half":-0.5,"name":"vm","tiny":1.0E-4,"zero":0.0}`)
		assert.Contains(a.t, got, `"executeTimes":3.0`)
	},
	"locale=en_US": func(a *api) {
		assert.Contains(a.t, a.change(a.newTicket(nil), "reopen", "").raw, "operation denied. the ticket is in status of Pending, cannot do the operation[reopen]")
	},
	"errors=full": func(a *api) {
		e := a.change(a.newTicket(nil), "reopen", "").object(a.t)["error"].(obj)
		assert.Equal(a.t, []string{"code", "cost", "description", "details", "elaboration", "location", "messages", "opaque"}, slices.Sorted(maps.Keys(e)))
	},
	"errors=cause": func(a *api) {
		a.create(obj{"resourceUuid": key1})
		e := a.job("POST", "/tickets", ticketBody(obj{"resourceUuid": key1})).object(a.t)["error"].(obj)
		assert.Equal(a.t, "SYS.1002", e["code"])
		assert.Equal(a.t, "SYS.1000", e["cause"].(obj)["code"])
		a.server.EndSessions()
		e = a.job("POST", "/tickets", ticketBody(nil)).object(a.t)["error"].(obj)
		assert.Equal(a.t, "ID.1001", e["code"], "a dead session is never wrapped")
	},
	"errors=causes": func(a *api) {
		e := a.job("POST", "/tickets", ticketBody(obj{"requests": []any{}})).object(a.t)["error"].(obj)
		assert.Equal(a.t, "SYS.1006", e["code"])
		assert.Equal(a.t, "SYS.1007", e["causes"].([]any)[0].(obj)["code"])
	},
	"operators=iam2": func(a *api) {
		assert.Equal(a.t, []any{"iam2", "account"}, a.operatorTypes())
	},
	"operators=none": func(a *api) {
		assert.Equal(a.t, []any{nil, nil}, a.operatorTypes())
	},
	"rows=uuid": func(a *api) {
		want := []any{}
		for range 5 {
			want = append(want, a.newTicket(nil))
		}
		slices.SortFunc(want, func(x, y any) int { return strings.Compare(x.(string), y.(string)) })
		assert.Equal(a.t, want, a.values("/tickets", "uuid"))
	},
	"rows=reversed": func(a *api) {
		first, second := a.newTicket(nil), a.newTicket(nil)
		assert.Equal(a.t, []any{second, first}, a.values("/tickets", "uuid"))
	},
	"extra-fields": func(a *api) {
		assert.Contains(a.t, a.create(nil), "undocumented")
	},
	"success-field": func(a *api) {
		assert.Equal(a.t, true, a.do("PUT", "/management-nodes/actions", obj{"getCurrentTime": obj{}}).object(a.t)["success"])
		assert.Equal(a.t, obj{"success": true}, a.job("DELETE", "/tickets/"+key1, nil).object(a.t))
	},
	"throttled=503": func(a *api) {
		a.server.Inject(tttest.Fault{Kind: tttest.Throttle, RetryAfter: 1500 * time.Millisecond})
		got := a.do("GET", "/tickets", nil)
		assert.Equal(a.t, 503, got.status)
		assert.Equal(a.t, "2", got.header.Get("Retry-After"))
		assert.Contains(a.t, got.raw, "<html")
	},
	"skew=90s":  func(a *api) { assert.Equal(a.t, 90*time.Second, a.skew()) },
	"skew=-90s": func(a *api) { assert.Equal(a.t, -90*time.Second, a.skew()) },
	"skew=20m": func(a *api) {
		assert.Equal(a.t, 20*time.Minute, a.skew())
		a.signs("GET", "/v1/tickets")
		assert.Equal(a.t, 403, a.do("GET", "/tickets", nil).status)
	},
	"no-date": func(a *api) { assert.Empty(a.t, a.do("GET", "/tickets", nil).header.Values("Date")) },
}

func TestEveryKnobHasItsEffect(t *testing.T) {
	names := map[string]bool{}
	for _, k := range zstacktest.AllKnobs() {
		assert.False(t, names[k.Name], "two values are named %s", k.Name)
		names[k.Name] = true
		show, ok := knobs[k.Name]
		if !assert.True(t, ok, "nothing shows %s", k.Name) {
			continue
		}
		t.Run(k.Name, func(t *testing.T) { bubble(t, zstacktest.Options{Knobs: k.Knobs}, show) })
	}
	assert.Len(t, knobs, len(names))
}

func TestRandomKnobsAreReproducibleAndReachEveryValue(t *testing.T) {
	values := map[string]map[any]bool{}
	note := func(k zstacktest.Knobs) {
		raw, err := json.Marshal(k)
		require.NoError(t, err)
		var fields map[string]any
		require.NoError(t, json.Unmarshal(raw, &fields))
		for name, v := range fields {
			if values[name] == nil {
				values[name] = map[any]bool{}
			}
			values[name][v] = true
		}
	}
	for seed := range uint64(500) {
		k := zstacktest.RandomKnobs(seed)
		assert.Equal(t, k, zstacktest.RandomKnobs(seed))
		note(k)
	}
	count := func() (n int) {
		for _, v := range values {
			n += len(v)
		}
		return n
	}
	before := count()
	for _, k := range zstacktest.AllKnobs() {
		note(k.Knobs)
	}
	assert.Equal(t, before, count(), "a value of AllKnobs is never drawn")
	for name, v := range values {
		assert.Greater(t, len(v), 1, "no value turns %s", name)
	}
}

// untilDone creates a ticket and tells how long its job took.
func (a *api) untilDone() time.Duration {
	a.t.Helper()
	start := time.Now()
	id := jobID(a.t, a.do("POST", "/tickets", ticketBody(nil)))
	for a.do("GET", "/api-jobs/"+id, nil).status == 202 {
		time.Sleep(time.Millisecond)
	}
	return time.Since(start)
}

// signs makes the client sign its next requests with the access key.
func (a *api) signs(method, path string) {
	date := time.Now().In(time.FixedZone("Asia/Shanghai", 8*60*60)).Format("Mon, 02 Jan 2006 15:04:05 MST")
	a.session = ""
	a.headers = map[string]string{"Date": date, "Authorization": signed(method, date, path)}
}

func (a *api) badKey() reply {
	a.t.Helper()
	a.signs("GET", "/v1/elsewhere")
	return a.do("GET", "/tickets", nil)
}

func (a *api) update(uuid string, fields obj) reply {
	a.t.Helper()
	params := obj{"requests": []any{request(nil)}}
	maps.Copy(params, fields)
	return a.job("PUT", "/tickets/"+uuid+"/actions", obj{"updateTicketRequest": params})
}

// operatorTypes are those of a cancel by the submitter and a reject by the
// admin account.
func (a *api) operatorTypes() []any {
	a.t.Helper()
	uuid := a.newTicket(nil)
	a.change(uuid, "cancel", "")
	a.change(uuid, "reopen", "")
	require.NoError(a.t, a.server.Act(uuid, zstacktest.Reject, ""))
	types := a.values("/tickets/histories?sort=sequence", "operatorType")
	require.Len(a.t, types, 3)
	return []any{types[0], types[2]}
}

// skew is the server's clock minus ours, by the Date header.
func (a *api) skew() time.Duration {
	a.t.Helper()
	at, err := time.Parse(time.RFC1123, a.do("GET", "/tickets", nil).header.Get("Date"))
	require.NoError(a.t, err)
	return time.Until(at)
}
