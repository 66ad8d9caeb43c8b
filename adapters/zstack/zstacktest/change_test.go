package zstacktest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/zstack/zstacktest"
)

// who sends an event in a table.
type who string

const (
	submitter who = "submitter"
	first     who = "first approver"
	last      who = "last approver"
)

// by sends an event as somebody.
func (a *api) by(w who) *api {
	switch w {
	case first:
		return a.approver()
	case last:
		return a.admin()
	case submitter:
	}
	return a
}

func TestTheStatesOfATicket(t *testing.T) {
	for _, row := range []struct {
		rule   string
		events []string // "who event", each must be accepted
		status string
		flow   string // the name of the step that waits
	}{
		{"a new ticket waits for the first approver", nil, "Pending", "first"},
		{"the submitter cancels", []string{"submitter cancel"}, "Cancelled", ""},
		{"the first approver rejects", []string{"first approver reject"}, "Rejected", ""},
		{"the first approval is not the last", []string{"first approver approve"}, "IntermediateApproved", "last"},
		{"the last approval is", []string{"first approver approve", "last approver approve"}, "FinalApproved", ""},
		{"the last approver rejects", []string{"first approver approve", "last approver reject"}, "Rejected", ""},
		{"an approved one can be cancelled before the end", []string{"first approver approve", "submitter cancel"}, "Cancelled", ""},
		{"a cancelled one begins again", []string{"first approver approve", "submitter cancel", "submitter reopen"}, "Pending", "first"},
		{"a rejected one begins again", []string{"first approver reject", "submitter reopen"}, "Pending", "first"},
	} {
		t.Run(row.rule, func(t *testing.T) {
			bubble(t, zstacktest.Options{}, func(a *api) {
				uuid := a.newTicket(obj{"flowCollectionUuid": zstacktest.TwoStepCollectionUUID})
				approvals := 0
				for _, e := range row.events {
					i := strings.LastIndex(e, " ")
					got := a.by(who(e[:i])).change(uuid, e[i+1:], "why")
					require.Equal(t, 200, got.status, got.raw)
					if e[i+1:] == "approve" {
						approvals++
					}
				}
				got := a.list("/tickets/" + uuid)[0]
				assert.Equal(t, row.status, got["status"])
				var want any
				if row.flow != "" {
					want = a.values("/tickets/flow?q=name="+row.flow, "uuid")[0]
				}
				assert.Equal(t, want, got["currentFlowUuid"])
				assert.Equal(t, approvals, a.server.Approvals())
				executed := 0
				if row.status == "FinalApproved" {
					executed = 1
				}
				assert.Len(t, a.server.Executions(), executed)
			})
		})
	}
}

func TestWhatATicketRefuses(t *testing.T) {
	for _, row := range []struct {
		rule   string
		before []string
		by     who
		event  string
		want   string // part of the English details
	}{
		{"the submitter is no approver", nil, submitter, "approve", "needs to be done by account/virtual ID[uuid:" + zstacktest.ApproverVirtualIDUUID},
		{"the submitter cannot reject", nil, submitter, "reject", "needs to be done by account/virtual ID[uuid:" + zstacktest.ApproverVirtualIDUUID},
		{"the last approver must wait for the first", nil, last, "approve", "needs to be done by account/virtual ID[uuid:" + zstacktest.ApproverVirtualIDUUID},
		{"the first approver has had his say", []string{"first approver approve"}, first, "approve", "needs to be done by account/virtual ID[uuid:" + zstacktest.AdminUUID},
		{"an approver cannot cancel", nil, first, "cancel", "the virtual ID[uuid:" + zstacktest.ApproverVirtualIDUUID + "] is not the owner of the ticket"},
		{"nor can the admin", nil, last, "cancel", "the virtual ID[uuid:" + zstacktest.AdminUUID + "] is not the owner of the ticket"},
		{"nobody else reopens", []string{"submitter cancel"}, first, "reopen", "is not the owner of the ticket"},
		{"what is open cannot be reopened", nil, submitter, "reopen", "in status of Pending, cannot do the operation[reopen]"},
		{"what is cancelled cannot be cancelled", []string{"submitter cancel"}, submitter, "cancel", "in status of Cancelled, cannot do the operation[cancel]"},
		{"what is cancelled cannot be approved", []string{"submitter cancel"}, first, "approve", "in status of Cancelled, cannot do the operation[approve]"},
		{"what is final stays", []string{"first approver approve", "last approver approve"}, submitter, "reopen", "in status of FinalApproved, cannot do the operation[reopen]"},
		{"open is no event for anybody", nil, submitter, "open", "in status of Pending, cannot do the operation[open]"},
		{"the case of an event counts", nil, submitter, "Cancel", "field[statusEvent] of message[APIChangeTicketStatusMsg] is mandatory"},
		{"an event is mandatory", nil, submitter, "", "field[statusEvent] of message[APIChangeTicketStatusMsg] is mandatory"},
	} {
		t.Run(row.rule, func(t *testing.T) {
			bubble(t, zstacktest.Options{Knobs: zstacktest.Knobs{Locale: zstacktest.English}}, func(a *api) {
				uuid := a.newTicket(obj{"flowCollectionUuid": zstacktest.TwoStepCollectionUUID})
				for _, e := range row.before {
					i := strings.LastIndex(e, " ")
					require.Equal(t, 200, a.by(who(e[:i])).change(uuid, e[i+1:], "").status)
				}
				before := a.server.Tickets()
				rows := len(a.server.Histories(""))
				got := a.by(row.by).change(uuid, row.event, "")
				assert.Equal(t, 503, got.status)
				assert.Contains(t, got.raw, strings.ReplaceAll(row.want, "'", `\u0027`))
				assert.Equal(t, before, a.server.Tickets())
				assert.Len(t, a.server.Histories(""), rows)
			})
		})
	}
}

func TestAnApprovalThatIsRefusedCountsToo(t *testing.T) {
	bubble(t, zstacktest.Options{}, func(a *api) {
		a.change(a.newTicket(nil), "approve", "")
		assert.Equal(t, 1, a.server.Approvals())
		assert.Empty(t, a.server.Executions())
	})
}

func TestHistoriesAreNumberedOverAllTickets(t *testing.T) {
	bubble(t, zstacktest.Options{}, func(a *api) {
		one, two := a.newTicket(nil), a.newTicket(nil)
		a.change(one, "cancel", "c1")
		a.change(two, "cancel", " c2 ")
		time.Sleep(90 * time.Second)
		a.change(one, "reopen", "")
		rows := []string{}
		for _, h := range a.list("/tickets/histories?q=sequence%3E1&sort=-sequence") {
			rows = append(rows, fmt.Sprint(h["sequence"], " ", h["ticketUuid"] == one, " ", h["fromStatus"], "-", h["toStatus"], " ", h["comment"], " ", h["createDate"]))
		}
		assert.Equal(t, []string{
			"3 true Cancelled-Pending <nil> Jan 1, 2000 8:01:30 AM",
			"2 false Pending-Cancelled c2 Jan 1, 2000 8:00:00 AM",
		}, rows)
		assert.Equal(t, []any{"Jan 1, 2000 8:01:30 AM"}, a.values("/tickets/"+one, "lastOpDate"))
	})
}

func TestAFinalApprovalExecutesTheRequests(t *testing.T) {
	bubble(t, zstacktest.Options{}, func(a *api) {
		uuid := a.newTicket(obj{"requests": []any{
			request(obj{"requestName": "runs", "executeTimes": 2}),
			request(obj{"requestName": "fails", "apiBody": obj{"name": "only"}}),
			request(obj{"requestName": "checks", "apiBody": obj{"name": "n", "imageUuid": "i", "l3NetworkUuids": []any{"l"}, "systemTags": []any{"ephemeral::validationOnly"}}}),
			request(obj{"requestName": "never", "executeTimes": -1}),
		}})
		assert.Equal(t, 200, a.admin().change(uuid, "approve", "go").status)
		got := []string{}
		for _, e := range a.server.Executions() {
			got = append(got, fmt.Sprint(e.Name, " failed:", e.Failed, " validation:", e.ValidationOnly))
		}
		assert.Equal(t, []string{
			"runs failed:false validation:false", "runs failed:false validation:false",
			"fails failed:true validation:false", "checks failed:false validation:true",
		}, got)
		rows := a.list("/tickets/histories?sort=sequence")
		require.Len(t, rows, 2)
		assert.Equal(t, []any{"Pending", "FinalApproved", "admin"}, []any{rows[0]["fromStatus"], rows[0]["toStatus"], rows[0]["flowName"]})
		assert.Equal(t, []any{"FinalApproved", "FinalApproved"}, []any{rows[1]["fromStatus"], rows[1]["toStatus"]})
		assert.NotContains(t, rows[1], "operatorUuid", "the system did it")
		results := rows[1]["operationContext"].(obj)["requestResults"].([]any)
		assert.Equal(t, obj{"requestName": "runs", "successTimes": 2.0, "failureTimes": 0.0, "errors": []any{}}, results[0])
		assert.Equal(t, obj{"requestName": "fails", "successTimes": 0.0, "failureTimes": 1.0, "errors": []any{}}, results[1])
	})
}

func TestOnlyACancelledTicketCanBeUpdated(t *testing.T) {
	bubble(t, zstacktest.Options{}, func(a *api) {
		uuid := a.newTicket(obj{"description": "old"})
		assert.Equal(t, "SYS.1006", a.update(uuid, nil).code(t), "it is pending")
		require.NoError(t, a.server.Act(uuid, zstacktest.Reject, ""))
		assert.Equal(t, "SYS.1006", a.update(uuid, nil).code(t), "it is rejected")
		a.change(uuid, "reopen", "")
		a.change(uuid, "cancel", "")
		assert.Equal(t, "SYS.1006", a.approver().update(uuid, nil).code(t), "he is not the owner")
		assert.Equal(t, "SYS.1007", a.update(uuid, obj{"requests": []any{}}).code(t))
		assert.Equal(t, "SYS.1007", a.update(uuid, obj{"description": strings.Repeat("x", 2049)}).code(t))
		assert.Equal(t, "SYS.1007", a.update(uuid, obj{"requests": []any{request(obj{"apiName": "x"})}}).code(t))
		assert.Equal(t, "SYS.1003", a.update(key1, nil).code(t))

		got := a.update(uuid, obj{"requests": []any{request(obj{"requestName": "new"})}, "name": "ignored"}).inventory(t)
		assert.Equal(t, "uplink down", got["name"])
		assert.Equal(t, "old", got["description"], "what is not named stays")
		assert.Equal(t, "new", got["request"].([]any)[0].(obj)["requestName"])
		assert.Equal(t, "Cancelled", got["status"])
	})
}

func TestCommentsAreLimitedByCharactersAndByBytes(t *testing.T) {
	for _, row := range []struct {
		rule, comment, code string
	}{
		{"65,535 bytes fit", strings.Repeat("x", 65535), "OK"},
		{"more characters are an invalid argument", strings.Repeat("x", 65536), "SYS.1007"},
		{"more bytes are an internal error", strings.Repeat("ж", 32768), "SYS.1000"},
		{"a rune of three bytes fits", "水", "OK"},
		{"a rune of four bytes is an internal error", "🔥", "SYS.1000"},
	} {
		t.Run(row.rule, func(t *testing.T) {
			bubble(t, zstacktest.Options{}, func(a *api) {
				assert.Equal(t, row.code, a.change(a.newTicket(nil), "cancel", row.comment).code(t))
			})
		})
	}
}

func TestADeletedTicketIsInTheArchive(t *testing.T) {
	bubble(t, zstacktest.Options{}, func(a *api) {
		body := ticketBody(obj{"resourceUuid": key1})
		body["userTags"] = []any{"t"}
		a.job("POST", "/tickets", body)
		a.change(key1, "cancel", "c")
		other := a.newTicket(nil)
		a.change(other, "cancel", "")
		row := a.values("/tickets/histories?q=ticketUuid="+key1, "uuid")[0]
		assert.Equal(t, 200, a.job("DELETE", "/tickets/"+key1+"?deleteMode=Enforcing", nil).status)

		assert.Equal(t, []any{other}, a.values("/tickets", "uuid"))
		assert.Equal(t, []any{other}, a.values("/tickets/histories", "ticketUuid"))
		assert.Empty(t, a.list("/user-tags"))
		archived := a.list("/tickets/archives")
		require.Len(t, archived, 1)
		assert.Equal(t, key1, archived[0]["ticketUuid"])
		assert.NotEqual(t, key1, archived[0]["uuid"])
		assert.Equal(t, "Cancelled", archived[0]["status"])
		old := a.list("/tickets/histories/archives")
		require.Len(t, old, 1)
		assert.Equal(t, []any{row, key1, "c"}, []any{old[0]["historyUuid"], old[0]["ticketUuid"], old[0]["comment"]})
		assert.Len(t, a.server.Histories(key1), 1)
		assert.Equal(t, "200 {}", a.job("DELETE", "/tickets/"+key1, nil).line(), "twice is once")
		assert.Equal(t, "SYS.1003", a.change(key1, "reopen", "").code(t))
	})
}

func TestTagsAreAddedQueriedAndRemoved(t *testing.T) {
	bubble(t, zstacktest.Options{}, func(a *api) {
		uuid := a.newTicket(nil)
		got := a.tag(uuid, " mon::a ").inventory(t)
		assert.Equal(t, "mon::a", got["tag"])
		assert.Equal(t, "SYS.1006", a.tag(uuid, "MON::A").code(t), "letter case does not count")
		assert.Equal(t, "SYS.1003", a.tag(key1, "x").code(t))
		assert.Equal(t, "SYS.1000", a.tag(uuid, "🔥").code(t))
		assert.Equal(t, "SYS.1007", a.job("POST", "/user-tags", obj{"params": obj{"resourceType": "VmVO", "resourceUuid": uuid, "tag": "x"}}).code(t))
		assert.Equal(t, "SYS.1007", a.job("POST", "/user-tags", obj{"params": obj{"resourceType": "TicketVO", "resourceUuid": uuid}}).code(t))
		assert.Len(t, a.list("/user-tags"), 1)
		assert.Len(t, a.list("/user-tags/"+got["uuid"].(string)), 1)
		assert.Equal(t, "200 {}", a.job("DELETE", "/tags/"+got["uuid"].(string), nil).line())
		assert.Equal(t, "200 {}", a.job("DELETE", "/tags/"+got["uuid"].(string), nil).line())
		assert.Empty(t, a.list("/user-tags"))
	})
}
