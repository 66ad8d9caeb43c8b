package zstacktest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/zstack/zstacktest"
)

func TestAPersonsTicketIsLikeAnyOther(t *testing.T) {
	bubble(t, zstacktest.Options{}, func(a *api) {
		uuid, err := a.server.Open(zstacktest.Ticket{Name: "by hand"}, "t1", "t2")
		require.NoError(t, err)
		got := a.list("/tickets?q=__userTag__=t2")
		require.Len(t, got, 1)
		assert.Equal(t, []any{uuid, "by hand", "Pending", zstacktest.DefaultCollectionUUID, zstacktest.VMTicketTypeUUID},
			[]any{got[0]["uuid"], got[0]["name"], got[0]["status"], got[0]["flowCollectionUuid"], got[0]["ticketTypeUuid"]})
		assert.Equal(t, 200, a.change(uuid, "cancel", "").status)

		_, err = a.server.Open(zstacktest.Ticket{UUID: uuid})
		require.Error(t, err)
		done, err := a.server.Open(zstacktest.Ticket{Status: zstacktest.FinalApproved})
		require.NoError(t, err)
		final, ok := a.server.Ticket(done)
		require.True(t, ok)
		assert.Empty(t, final.CurrentFlowUUID)
		_, ok = a.server.Ticket(key1)
		assert.False(t, ok)
	})
}

func TestAPersonActsAsWhoeverMay(t *testing.T) {
	bubble(t, zstacktest.Options{}, func(a *api) {
		uuid := a.newTicket(obj{"flowCollectionUuid": zstacktest.TwoStepCollectionUUID})
		for _, e := range []zstacktest.Event{zstacktest.Cancel, zstacktest.Reopen, zstacktest.Approve, zstacktest.Reject, zstacktest.Reopen, zstacktest.Approve, zstacktest.Approve} {
			require.NoError(t, a.server.Act(uuid, e, string(e)+"!"), e)
		}
		require.Error(t, a.server.Act(uuid, zstacktest.Reject, ""), "it is final")
		require.Error(t, a.server.Act(key1, zstacktest.Reject, ""), "it is not there")
		got := []string{}
		for _, h := range a.server.Histories(uuid) {
			got = append(got, h.OperatorUUID+" "+h.Comment)
		}
		assert.Equal(t, []string{
			zstacktest.DefaultVirtualIDUUID + " cancel!",
			zstacktest.DefaultVirtualIDUUID + " reopen!",
			zstacktest.ApproverVirtualIDUUID + " approve!",
			zstacktest.AdminUUID + " reject!",
			zstacktest.DefaultVirtualIDUUID + " reopen!",
			zstacktest.ApproverVirtualIDUUID + " approve!",
			zstacktest.AdminUUID + " approve!",
			" ",
		}, got)
		assert.Zero(t, a.server.Approvals(), "a person's are not the program's")
		assert.Len(t, a.server.Executions(), 1)
	})
}

func TestARemarkLeavesTheTicketAsOpenAsItWas(t *testing.T) {
	for _, row := range []struct {
		rule   string
		events []zstacktest.Event // before
		want   string             // the rows of the remark
	}{
		{"a pending ticket is rejected and reopened", nil, "Pending-Rejected said, Rejected-Pending "},
		{"so is one with a first approval", []zstacktest.Event{zstacktest.Approve}, "IntermediateApproved-Rejected said, Rejected-Pending "},
		{"a cancelled ticket is reopened and cancelled", []zstacktest.Event{zstacktest.Cancel}, "Cancelled-Pending said, Pending-Cancelled "},
		{"a rejected ticket is reopened and rejected", []zstacktest.Event{zstacktest.Reject}, "Rejected-Pending said, Pending-Rejected "},
		{"a final one is left alone", []zstacktest.Event{zstacktest.Approve, zstacktest.Approve}, ""},
	} {
		t.Run(row.rule, func(t *testing.T) {
			bubble(t, zstacktest.Options{Knobs: zstacktest.Knobs{ResultRow: zstacktest.ResultRowShared}}, func(a *api) {
				uuid := a.newTicket(obj{"flowCollectionUuid": zstacktest.TwoStepCollectionUUID})
				for _, e := range row.events {
					require.NoError(t, a.server.Act(uuid, e, ""))
				}
				before, _ := a.server.Ticket(uuid)
				err := a.server.Remark(uuid, "said")
				assert.Equal(t, row.want == "", err != nil)
				got := []string{}
				for _, h := range a.server.Histories(uuid)[len(row.events):] {
					got = append(got, string(h.From)+"-"+string(h.To)+" "+h.Comment)
				}
				assert.Equal(t, row.want, strings.Join(got, ", "))
				after, _ := a.server.Ticket(uuid)
				assert.Equal(t, before.Status.Open(), after.Status.Open())
			})
		})
	}
}

func TestARemarkThatCommitsLateMayComeTooLate(t *testing.T) {
	bubble(t, zstacktest.Options{Knobs: zstacktest.Knobs{CommitLag: time.Minute}}, func(a *api) {
		one, two := a.newTicket(nil), a.newTicket(nil)
		require.NoError(t, a.server.Remark(one, "first"))
		require.NoError(t, a.server.Remark(two, "second"))
		assert.Equal(t, []any{3.0, 4.0}, a.values("/tickets/histories?sort=sequence", "sequence"))
		a.server.Delete(one)
		a.server.Settle()
		assert.Equal(t, []any{3.0, 4.0}, a.values("/tickets/histories?sort=sequence", "sequence"), "its numbers are never used")
		assert.Empty(t, a.server.Histories(one))
	})
}

func TestAPersonDeletesAndTags(t *testing.T) {
	bubble(t, zstacktest.Options{}, func(a *api) {
		uuid := a.newTicket(nil)
		tag := a.server.AddTag(uuid, "t")
		assert.Equal(t, []any{tag}, a.values("/user-tags", "uuid"))
		assert.Empty(t, a.server.AddTag(uuid, "T"))
		assert.Empty(t, a.server.AddTag(key1, "t"))
		assert.True(t, a.server.RemoveTag(tag))
		assert.False(t, a.server.RemoveTag(tag))
		assert.True(t, a.server.Delete(uuid))
		assert.False(t, a.server.Delete(uuid))
		archived := a.server.Archived()
		require.Len(t, archived, 1)
		assert.Equal(t, uuid, archived[0].UUID)
		assert.NotEmpty(t, archived[0].ArchiveUUID)
		assert.Equal(t, []any{archived[0].ArchiveUUID}, a.values("/tickets/archives", "uuid"))
	})
}

func TestTheSystemRejectsWhatNobodyCanApprove(t *testing.T) {
	bubble(t, zstacktest.Options{}, func(a *api) {
		waiting := a.newTicket(obj{"flowCollectionUuid": zstacktest.TwoStepCollectionUUID})
		closed := a.newTicket(obj{"flowCollectionUuid": zstacktest.TwoStepCollectionUUID})
		a.change(closed, "cancel", "")
		approver := a.approver()
		a.server.RemoveVirtualID(zstacktest.ApproverVirtualIDUUID)

		assert.Equal(t, []any{"Rejected", "Cancelled"}, a.values("/tickets", "status"))
		h := a.list("/tickets/histories?q=ticketUuid=" + waiting)
		require.Len(t, h, 1)
		assert.NotEmpty(t, h[0]["comment"])
		assert.NotContains(t, h[0], "operatorType")
		assert.Equal(t, "ID.1001", approver.do("GET", "/tickets", nil).code(t))
		assert.Equal(t, "SYS.1007", a.job("POST", "/tickets", ticketBody(obj{"flowCollectionUuid": zstacktest.TwoStepCollectionUUID})).code(t))
		assert.Equal(t, 200, a.job("POST", "/tickets", ticketBody(nil)).status)
	})
}

func TestWhoseSubmitterIsGoneCanOnlyBeDeleted(t *testing.T) {
	for rule, remove := range map[string]func(*zstacktest.Server){
		"the virtual ID": func(s *zstacktest.Server) { s.RemoveVirtualID(zstacktest.DefaultVirtualIDUUID) },
		"the project":    func(s *zstacktest.Server) { s.RemoveProject(zstacktest.DefaultProjectUUID) },
	} {
		t.Run(rule, func(t *testing.T) {
			bubble(t, zstacktest.Options{}, func(a *api) {
				uuid, admin := a.newTicket(nil), a.admin()
				remove(a.server)
				assert.Equal(t, "ID.1001", a.do("GET", "/tickets", nil).code(t))
				got := admin.change(uuid, "reject", "")
				assert.Equal(t, "SYS.1006", got.code(t))
				assert.Contains(t, got.raw, "只能被删除")
				assert.Equal(t, 200, admin.job("DELETE", "/tickets/"+uuid, nil).status)
				assert.Empty(t, a.server.Tickets())
			})
		})
	}
}

func TestStateIsCopiedDeeply(t *testing.T) {
	bubble(t, zstacktest.Options{}, func(a *api) {
		uuid := a.newTicket(nil)
		require.NoError(t, a.server.Act(uuid, zstacktest.Approve, ""))
		tickets, rows, runs := a.server.Tickets(), a.server.Histories(uuid), a.server.Executions()
		tickets[0].Requests[0].Body["l3NetworkUuids"].([]any)[0] = "spoilt"
		rows[1].Context["requestResults"].([]any)[0].(map[string]any)["errors"] = "spoilt"
		runs[0].Body["name"] = "spoilt"
		tickets[0].Name = "spoilt"

		assert.NotContains(t, a.do("GET", "/tickets", nil).raw, "spoilt")
		assert.NotContains(t, a.do("GET", "/tickets/histories", nil).raw, "spoilt")
		assert.Equal(t, "vm", a.server.Executions()[0].Body["name"])

		given := zstacktest.HarmlessRequests()
		opened, err := a.server.Open(zstacktest.Ticket{Requests: given})
		require.NoError(t, err)
		given[0].Body["name"] = "spoilt"
		got, _ := a.server.Ticket(opened)
		assert.Equal(t, "placeholder", got.Requests[0].Body["name"])
	})
}
