package guancetest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/guance/guancetest"
)

func issue(fields obj) obj {
	body := obj{"name": "uplink down", "level": "system_level_1", "description": "object=agg-1", "extend": obj{}}
	for k, v := range fields {
		body[k] = v
		if v == remove {
			delete(body, k)
		}
	}
	return body
}

func TestAnIssueIsOpenedCommentedAndResolved(t *testing.T) {
	empty(t, func(a *api) {
		got := a.fine(a.do("POST", issues+"/add", issue(obj{"attachmentUuids": []any{"att_1"}, "channelUUIDs": []any{"ch_1"}, "resourceType": "event", "resource": "agg-1"})))
		uuid := got["uuid"].(string)
		assert.Equal(t, []any{10.0, "event", []any{"att_1"}}, []any{got["statusType"], got["resourceType"], got["attachmentUuids"]})

		reply := a.fine(a.do("POST", issues+"/reply/create", obj{"issueUUID": uuid, "content": "fiber cut", "extend": obj{}, "attachmentUuids": []string{"att_2"}}))
		assert.Equal(t, []any{"reply", nil, "fiber cut"}, []any{reply["type"], reply["id"], reply["content"]})
		time.Sleep(time.Second)
		got = a.fine(a.do("POST", issues+"/"+uuid+"/modify", obj{"statusType": 20}))
		assert.Equal(t, []any{20.0, "uplink down", midnight + 1}, []any{got["statusType"], got["name"], got["updateAt"]}, "what is left out stays")

		got = a.fine(a.do("GET", issues+"/"+uuid+"/get", nil))
		assert.Equal(t, 20.0, got["statusType"])
		for _, key := range []string{"attachments", "bindChannels", "levelInfo", "managerInfos", "creatorInfo", "updatorInfo"} {
			assert.Contains(t, got, key)
		}

		list := a.do("GET", issues+"/reply/"+uuid+"/list?ordering=-createAt", nil)
		rows := a.rows(list)
		require.Len(t, rows, 2)
		assert.Equal(t, byte('['), list.Content[0])
		assert.Equal(t, 2.0, list.PageInfo["totalCount"])
		assert.Equal(t, []any{"change", "reply"}, []any{rows[0]["type"], rows[1]["type"]}, "the newest first")
		assert.Equal(t, "reply", a.rows(a.do("GET", issues+"/reply/"+uuid+"/list", nil))[0]["type"])

		of := func(action string) string { return issues + "/reply/" + reply["uuid"].(string) + "/" + action }
		changed := a.fine(a.do("POST", of("modify"), obj{"content": "spliced", "extend": obj{"members": []any{}}}))
		assert.Equal(t, []any{"spliced", midnight + 1}, []any{changed["content"], changed["updateAt"]})
		assert.Equal(t, "true", string(a.do("POST", of("delete"), nil).Content))
		assert.Equal(t, 404, a.do("POST", of("delete"), nil).status)
		require.Len(t, a.server.Issues()[0].Replies, 1)
		system := a.server.Issues()[0].Replies[0]
		assert.True(t, system.System)
		assert.Equal(t, 404, a.do("POST", issues+"/reply/"+system.UUID+"/delete", nil).status, "the server's own stays")
	})
}

func TestAListOfIssuesFilters(t *testing.T) {
	filter := func(key string, value any, equal bool) obj {
		return obj{"filters": []obj{{"key": key, "value": value, "equal": equal}}}
	}
	for _, row := range []struct {
		rule string
		body obj
		want []string
	}{
		{"no filter finds all, the newest first", obj{}, []string{"two", "one"}},
		{"a part of the description", obj{"search": "FIBER"}, []string{"one"}},
		{"a status", filter("statusType", 20, true), []string{"two"}},
		{"not a status", filter("statusType", "20", false), []string{"one"}},
		{"a level", filter("level", "system_level_0", true), []string{"two"}},
		{"a channel", obj{"channelUUID": "ch_1"}, []string{"one"}},
		{"from a time", obj{"startTime": int64(midnight) + 1}, []string{"two"}},
		{"until a time", obj{"endTime": int64(midnight)}, []string{"one"}},
	} {
		t.Run(row.rule, func(t *testing.T) {
			bubble(t, guancetest.Options{Knobs: guancetest.Knobs{Rows: guancetest.RowsBare, PageInfo: guancetest.PageInfoNone}}, func(a *api) {
				a.server.AddIssue(guancetest.Issue{Name: "one", Description: "fiber", Channels: []string{"ch_1"}})
				time.Sleep(time.Second)
				a.server.AddIssue(guancetest.Issue{Name: "two", Status: guancetest.IssueResolved, Level: "system_level_0"})
				a.server.AddIssue(guancetest.Issue{Workspace: "wksp_other"})
				got := a.do("POST", issues+"/list", row.body)
				assert.Equal(t, row.want, names(a.rows(got)))
				assert.Nil(t, got.PageInfo)
				assert.Equal(t, float64(len(row.want)), a.fine(got)["pageInfo"].(obj)["totalCount"], "inside content, whatever the knobs say")
			})
		})
	}
}

func TestTheLevelsAreFour(t *testing.T) {
	empty(t, func(a *api) {
		rows := a.rows(a.do("GET", root+"/issue-level/list", nil))
		assert.Equal(t, []string{"P0", "P1", "P2", "P3"}, names(rows))
		assert.Equal(t, "system_level_3", rows[3]["uuid"])
	})
}

func TestWhatIsWrongWithAnIssueIsRefused(t *testing.T) {
	empty(t, func(a *api) {
		uuid := a.server.AddIssue(guancetest.Issue{})
		a.do("POST", issues+"/reply/create", obj{"issueUUID": uuid, "content": "c", "extend": obj{}})
		reply := "/reply/" + a.server.Issues()[0].Replies[0].UUID
		before := a.server.Issues()
		for _, row := range []struct {
			path   string
			body   any
			status int
		}{
			{"/add", issue(obj{"name": remove}), 400},
			{"/add", issue(obj{"name": ""}), 400},
			{"/add", issue(obj{"name": strings.Repeat("x", 257)}), 400},
			{"/add", issue(obj{"level": remove}), 400},
			{"/add", issue(obj{"description": remove}), 400},
			{"/add", issue(obj{"extend": remove}), 400},
			{"/add", issue(obj{"resourceType": "host"}), 400},
			{"/add", "{", 400},
			{"/" + uuid + "/modify", obj{"statusType": 15}, 400},
			{"/" + uuid + "/modify", obj{"name": nil}, 400},
			{"/x/modify", obj{}, 404},
			{"/list", obj{"filters": []any{7}}, 400},
			{"/list", obj{"filters": []obj{{"key": "name", "value": "x"}}}, 400},
			{"/list", obj{"filters": []obj{{"key": "level"}}}, 400},
			{"/list", "[]", 400},
			{"/reply/create", obj{"issueUUID": uuid, "extend": obj{}}, 400},
			{"/reply/create", obj{"issueUUID": uuid, "content": strings.Repeat("x", 65536), "extend": obj{}}, 400},
			{"/reply/create", obj{"issueUUID": uuid, "content": "c"}, 400},
			{"/reply/create", obj{"issueUUID": "x", "content": "c", "extend": obj{}}, 404},
			{"/reply/create", "{", 400},
			{reply + "/modify", obj{}, 400},
			{reply + "/modify", "{", 400},
			{"/reply/x/modify", obj{"content": "c"}, 404},
		} {
			assert.Equal(t, row.status, a.do("POST", issues+row.path, row.body).status, "%s", row.path)
		}
		for path, status := range map[string]int{"/x/get": 404, "/reply/x/list": 404, "/reply/" + uuid + "/list?pageIndex=0": 400} {
			assert.Equal(t, status, a.do("GET", issues+path, nil).status, path)
		}
		assert.Equal(t, before, a.server.Issues(), "what is refused changes nothing")
	})
}
