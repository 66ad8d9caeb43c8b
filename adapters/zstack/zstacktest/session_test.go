package zstacktest_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/zstack/zstacktest"
)

func TestCredentialsAreRefusedAsTheServerRefusesThem(t *testing.T) {
	login := func(key, name, password string) obj {
		field := "name"
		if key == "logInByAccount" {
			field = "accountName"
		}
		return obj{key: obj{field: name, "password": password}}
	}
	for _, row := range []struct {
		rule, method, path string
		auth               string
		body               any
		want               string
	}{
		{"no Authorization", "GET", "/tickets", "", nil, "400 missing header 'Authorization'"},
		{"another scheme", "GET", "/tickets", "Bearer x", nil, "400 Authorization type must be 'OAuth'"},
		{"the scheme alone", "GET", "/tickets", "OAuth", nil, "503 ID.1001"},
		{"an unknown session on a synchronous call", "GET", "/tickets", "OAuth " + key1, nil, "503 ID.1001"},
		{"an unknown session on an asynchronous call", "POST", "/tickets", "OAuth " + key1, ticketBody(nil), "202"},
		{"a wrong password of an account", "PUT", "/accounts/login", "", login("logInByAccount", "admin", sha512Hex("x")), "503 ID.1000"},
		{"a password that is not hashed", "PUT", "/accounts/login", "", login("logInByAccount", "admin", zstacktest.AdminPassword), "503 ID.1000"},
		{"a wrong name of a virtual ID", "PUT", "/iam2/virtual-ids/login", "", login("loginIAM2VirtualID", "admin", sha512Hex(zstacktest.AdminPassword)), "503 ID.1000"},
		{"no password", "PUT", "/accounts/login", "", obj{"logInByAccount": obj{"accountName": "admin"}}, "503 SYS.1007"},
		{"an action key in lower case", "PUT", "/iam2/virtual-ids/login", "", obj{"loginiam2virtualid": obj{}}, "400 the body doesn't contain action mapping to the URL[/v1/iam2/virtual-ids/login]"},
		{"a password that is a number", "PUT", "/accounts/login", "", obj{"logInByAccount": obj{"accountName": "admin", "password": 1}}, "400 [password] field is excepted a string, but was [1]"},
	} {
		t.Run(row.rule, func(t *testing.T) {
			bubble(t, zstacktest.Options{}, func(a *api) {
				a.session = ""
				if row.auth != "" {
					a.headers = map[string]string{"Authorization": row.auth}
				}
				got := a.do(row.method, row.path, row.body)
				switch got.status {
				case 503:
					assert.Equal(t, row.want, "503 "+got.code(t))
				case 202:
					assert.Equal(t, row.want, "202")
					assert.Equal(t, "ID.1001", a.do("GET", "/api-jobs/"+jobID(t, got), nil).code(t))
				default:
					assert.Equal(t, row.want, got.line())
				}
				assert.Empty(t, a.server.Tickets())
			})
		})
	}
}

func TestOnlyMembersEnterAProject(t *testing.T) {
	bubble(t, zstacktest.Options{}, func(a *api) {
		body := obj{"loginIAM2Project": obj{"projectName": zstacktest.DefaultProject}}
		assert.Equal(t, 200, a.do("PUT", "/iam2/projects/login", body).status)
		assert.Equal(t, "SYS.1006", a.do("PUT", "/iam2/projects/login", obj{"loginIAM2Project": obj{"projectName": zstacktest.DefaultProjectUUID}}).code(t), "the uuid is no name")
		assert.Equal(t, "ID.1002", a.admin().do("PUT", "/iam2/projects/login", body).code(t))
		assert.Equal(t, "ID.1001", a.as(key1).do("PUT", "/iam2/projects/login", body).code(t))

		platform := a.sessionOf(a.do("PUT", "/iam2/platform/login", obj{"loginIAM2Platform": obj{}}))
		assert.Equal(t, "SYS.1007", a.as(platform).job("POST", "/tickets", ticketBody(nil)).code(t), "a ticket needs a project")
		assert.Equal(t, "ID.1002", a.admin().do("PUT", "/iam2/platform/login", obj{"loginIAM2Platform": obj{}}).code(t))
	})
}

func TestASessionEndsTwoHoursAfterItsLastCall(t *testing.T) {
	bubble(t, zstacktest.Options{Knobs: zstacktest.Knobs{JobTime: 3 * time.Hour}}, func(a *api) {
		valid := func() any {
			return a.as("").do("GET", "/accounts/sessions/"+a.session+"/valid", nil).object(t)["valid"]
		}
		time.Sleep(2*time.Hour - 1)
		id := jobID(t, a.do("DELETE", "/tickets/"+key1, nil))
		time.Sleep(2*time.Hour - 1)
		a.do("GET", "/api-jobs/"+id, nil)
		assert.Equal(t, true, valid())
		time.Sleep(time.Nanosecond)
		assert.Equal(t, false, valid(), "neither a poll nor a look lets it live on")
		assert.Equal(t, "ID.1001", a.do("GET", "/tickets", nil).code(t))
		time.Sleep(time.Hour)
		assert.Equal(t, 200, a.do("GET", "/api-jobs/"+id, nil).status, "its jobs outlive it")
	})
}

func TestASessionCanBeRenewed(t *testing.T) {
	bubble(t, zstacktest.Options{}, func(a *api) {
		renew := func(body any) reply {
			return a.job("PUT", "/accounts/sessions/"+a.session+"/renew", obj{"renewSession": body})
		}
		got := renew(obj{"duration": 86400}).inventory(t)
		assert.Equal(t, a.session, got["uuid"])
		assert.Equal(t, "Jan 2, 2000 8:00:00 AM", got["expiredDate"])
		for _, bad := range []any{59, 31536001, 60.5, "60"} {
			assert.Equal(t, "SYS.1007", renew(obj{"duration": bad}).code(t), "%v", bad)
		}
		time.Sleep(23 * time.Hour)
		assert.Equal(t, 200, a.do("GET", "/tickets", nil).status)
		assert.Equal(t, 200, renew(obj{}).status)
		assert.Equal(t, "ID.1001", a.job("PUT", "/accounts/sessions/"+key1+"/renew", obj{"renewSession": obj{}}).code(t))
	})
}

func TestLogoutNeedsNoCredentialsAndForgivesEverything(t *testing.T) {
	bubble(t, zstacktest.Options{}, func(a *api) {
		require.Len(t, a.server.Sessions(), 2)
		assert.Equal(t, "200 {}", a.as("").do("DELETE", "/accounts/sessions/"+a.session, nil).line())
		assert.Equal(t, "200 {}", a.as("").do("DELETE", "/accounts/sessions/"+a.session, nil).line())
		require.Len(t, a.server.Sessions(), 1)
		first := a.server.Sessions()[0]
		assert.Equal(t, zstacktest.DefaultVirtualIDUUID, first.VirtualIDUUID)
		assert.Empty(t, first.ProjectUUID)
		assert.Equal(t, 2*time.Hour, first.Expires.Sub(first.Created))
	})
}

func TestSessionsAreCountedByUser(t *testing.T) {
	bubble(t, zstacktest.Options{MaxSessions: 3}, func(a *api) {
		body := obj{"loginIAM2Project": obj{"projectName": zstacktest.DefaultProject}}
		assert.Equal(t, 200, a.do("PUT", "/iam2/projects/login", body).status)
		assert.Equal(t, "ID.1006", a.do("PUT", "/iam2/projects/login", body).code(t))
		a.approver()
		time.Sleep(2*time.Hour - 1)
		a.do("GET", "/tickets", nil)
		time.Sleep(time.Nanosecond)
		assert.Equal(t, 200, a.do("PUT", "/iam2/projects/login", body).status, "dead sessions do not count")
	})
}

func TestUniqueSessionsEndOlderOnes(t *testing.T) {
	bubble(t, zstacktest.Options{UniqueSessions: true}, func(a *api) {
		second := a.loginIAM2(zstacktest.DefaultVirtualID, zstacktest.DefaultVirtualIDPassword)
		assert.Equal(t, "ID.1001", a.do("GET", "/tickets", nil).code(t))
		assert.Equal(t, 200, a.as(second).do("GET", "/tickets", nil).status)
	})
}

func TestASignatureIsCheckedWithItsDate(t *testing.T) {
	shanghai := time.FixedZone("CST", 8*60*60)
	const layout = "Mon, 02 Jan 2006 15:04:05 "
	for _, row := range []struct {
		rule      string
		checkZone bool
		zone      *time.Location
		off       time.Duration
		name      string // of the zone, as the client writes it
		query     string
		path      string // that is signed
		want      string
	}{
		{"the server's local time, under any name", false, shanghai, 0, "UTC", "", "/v1/tickets", "200"},
		{"the query string is not signed", false, shanghai, 0, "CST", "?limit=1", "/v1/tickets", "200"},
		{"15 minutes off is near enough", false, shanghai, 15 * time.Minute, "CST", "", "/v1/tickets", "200"},
		{"more is not", false, shanghai, 15*time.Minute + time.Second, "CST", "", "/v1/tickets", "403 requestTimeTooSkewed"},
		{"nor is it backwards", false, shanghai, -16 * time.Minute, "CST", "", "/v1/tickets", "403 requestTimeTooSkewed"},
		{"the right moment in another zone", false, time.UTC, 0, "UTC", "", "/v1/tickets", "403 requestTimeTooSkewed"},
		{"the same when zones are checked", true, time.UTC, 0, "Etc/UTC", "", "/v1/tickets", "200"},
		{"an offset when zones are checked", true, shanghai, 0, "GMT+08:00", "", "/v1/tickets", "200"},
		{"a zone that nobody knows when zones are checked", true, shanghai, 0, "XYZ", "", "/v1/tickets", "400 failed to parse header 'Date'[Sat, 01 Jan 2000 08:00:00 XYZ]"},
		{"another path", false, shanghai, 0, "CST", "", "/zstack/v1/tickets", "503 ID.1000"},
	} {
		t.Run(row.rule, func(t *testing.T) {
			bubble(t, zstacktest.Options{CheckTimeZone: row.checkZone}, func(a *api) {
				date := time.Now().Add(row.off).In(row.zone).Format(layout) + row.name
				a.session = ""
				a.headers = map[string]string{"Date": date, "Authorization": signed("GET", date, row.path)}
				got := a.do("GET", "/tickets"+row.query, nil)
				switch got.status {
				case 200:
					assert.Equal(t, row.want, "200")
				case 503:
					assert.Equal(t, row.want, "503 "+got.code(t))
				default:
					assert.Equal(t, row.want, got.line())
				}
			})
		})
	}
}

func TestAnAccessKeyActsInItsProject(t *testing.T) {
	bubble(t, zstacktest.Options{}, func(a *api) {
		a.signs("POST", "/v1/tickets")
		r := a.do("POST", "/tickets", ticketBody(nil))
		assert.Equal(t, 202, r.status)
		assert.Equal(t, 200, a.as("").do("GET", "/api-jobs/"+jobID(t, r), nil).status)
		assert.Len(t, a.server.Tickets(), 1)

		a.headers = map[string]string{"Authorization": "ZStack x:y"}
		assert.Equal(t, "400 missing header 'Date'", a.do("GET", "/tickets", nil).line())
		a.headers["Date"] = "yesterday"
		assert.Equal(t, "400 failed to parse header 'Date'[yesterday]", a.do("GET", "/tickets", nil).line())
		a.signs("GET", "/v1/tickets")
		a.headers["Authorization"] = "ZStack unknown:" + a.headers["Authorization"]
		assert.Equal(t, "ID.1000", a.do("GET", "/tickets", nil).code(t))
	})
}

func TestTheServerTellsItsTime(t *testing.T) {
	zone := time.FixedZone("Europe/Moscow", 3*60*60)
	synctest.Test(t, func(t *testing.T) {
		server := zstacktest.New(zstacktest.Options{Location: zone, ContextPath: "/"})
		defer server.Close()
		assert.Equal(t, "http://localhost", server.URL(), "there may be no context path")
		a := &api{t: t, server: server}
		got := a.do("PUT", "/management-nodes/actions", obj{"getCurrentTime": obj{}}).object(t)
		assert.Equal(t, obj{"currentTime": obj{"MillionSeconds": 946684800000.0, "Seconds": 946684800.0}}, got)
		assert.Equal(t, "200 {}", a.do("GET", "/management-nodes/ready", nil).line())
		assert.Equal(t, 400, a.do("GET", "/management-nodes/platform-timezone", nil).status, "this one needs a session")
		a.session = a.loginIAM2(zstacktest.DefaultVirtualID, zstacktest.DefaultVirtualIDPassword)
		assert.Equal(t, obj{"timezone": "Europe/Moscow", "offset": "+03:00"}, a.do("GET", "/management-nodes/platform-timezone", nil).object(t))
	})
}
