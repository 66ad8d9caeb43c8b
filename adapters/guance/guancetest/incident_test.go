package guancetest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/guance/guancetest"
)

// down opens an incident on a host.
func (a *api) down(name, host string) string {
	return a.server.AddIncident(guancetest.Incident{Name: name, Dimensions: map[string]string{"host": host}})
}

func TestAnIncidentGoesToTheSchedulesThatMatch(t *testing.T) {
	bubble(t, guancetest.Options{}, func(a *api) {
		mine := a.add(obj{"dimensionFilter": "host:a"})
		a.down("one", "a")
		a.down("two", "b")
		all := a.server.Incidents()
		require.Len(t, all, 2)
		assert.Equal(t, []string{mine}, all[0].Schedules)
		assert.Equal(t, "notify_1", all[0].Notices[0].Target)
		assert.Equal(t, []string{a.server.Schedules()[0].UUID}, all[1].Schedules, "the global one has the other")
		assert.Equal(t, "acnt_guancetest", all[1].Notices[0].Target)

		rows := a.rows(a.do("POST", incidents+"/list", obj{"schedule": []string{mine}, "incidentsStatus": []string{"open", "working"}}))
		assert.Equal(t, []string{"one"}, names(rows), "the open incidents of a schedule are one call")
	})
}

func TestAListOfIncidentsFilters(t *testing.T) {
	filter := func(field, op string, values ...string) obj {
		return obj{"filters": []obj{{"field": field, "op": op, "value": values}}}
	}
	for _, row := range []struct {
		rule string
		body any
		want []string
	}{
		{"no body finds all, the newest first", nil, []string{"three", "two", "one"}},
		{"a page", obj{"pageSize": 1, "pageIndex": 2}, []string{"two"}},
		{"a part of the name", obj{"search": "T"}, []string{"three", "two"}},
		{"a status", obj{"incidentsStatus": []string{"working"}}, []string{"two"}},
		{"an empty list asks for nothing", obj{"incidentsStatus": []string{}}, []string{"three", "two", "one"}},
		{"a level", obj{"level": []string{"system_level_0"}}, []string{"three"}},
		{"an assignee", obj{"assigner": []string{"acnt_1", "acnt_2"}}, []string{"two"}},
		{"a tag", obj{"tags": []string{"tag_1"}}, []string{"three"}},
		{"a time in milliseconds", obj{"timeRange": []int64{946684801000, 946684801999}}, []string{"two"}},
		{"a dimension", filter("host", "=", "a", "x"), []string{"three", "one"}},
		{"not a dimension", filter("host", "!=", "a"), []string{"two"}},
		{"not a status", filter("incidentsStatus", "!=", "working"), []string{"three", "one"}},
	} {
		t.Run(row.rule, func(t *testing.T) {
			empty(t, func(a *api) {
				a.down("one", "a")
				time.Sleep(time.Second)
				a.server.AddIncident(guancetest.Incident{Name: "two", Status: "working", Assignees: []string{"acnt_1"}})
				time.Sleep(time.Second)
				a.server.AddIncident(guancetest.Incident{Name: "three", Level: "system_level_0", Tags: []string{"tag_1"}, Dimensions: map[string]string{"host": "a"}})
				a.server.AddIncident(guancetest.Incident{Workspace: "wksp_other"})
				assert.Equal(t, row.want, names(a.rows(a.do("POST", incidents+"/list", row.body))))
			})
		})
	}
}

func TestAnIncidentIsReadChangedAndCommented(t *testing.T) {
	empty(t, func(a *api) {
		uuid := a.down("link down", "a")
		got := a.fine(a.do("GET", incidents+"/"+uuid+"/get", nil))
		assert.Equal(t, "open", got["incidentsStatus"])
		assert.Equal(t, obj{"df_dimension_tags": `{"host":"a"}`}, got["resourceContent"], "JSON in a string")
		assert.Equal(t, []any{-1.0, ""}, []any{got["updateAt"], got["updator"]})

		change := obj{
			"name": "link is down", "description": "fiber", "level": "system_level_0", "assigner": []any{"acnt_1"}, "incidentsStatus": "working",
			"tags": []any{"uplink"}, "attachmentUUIDs": []any{"att_1"}, "extend": obj{"linkList": []any{obj{"name": "n", "link": "l"}}},
		}
		got = a.fine(a.do("POST", incidents+"/"+uuid+"/modify", change))
		for k, v := range change {
			assert.Equal(t, v, got[k], k)
		}
		got = a.fine(a.do("POST", incidents+"/"+uuid+"/modify", obj{"resourceURL": "https://x", "dimensionTag": obj{"host": "b"}}))
		assert.Equal(t, []any{"link is down", "https://x"}, []any{got["name"], got["resourceUrl"]}, "what is left out stays")
		assert.Equal(t, map[string]string{"host": "b"}, a.server.Incidents()[0].Dimensions)

		log := a.rows(a.do("GET", incidents+"/operate/"+uuid+"/list?pageSize=2", nil))
		require.Len(t, log, 2)
		assert.Equal(t, []any{"level_update", "status_update"}, []any{log[0]["operateType"], log[1]["operateType"]}, "the newest first")
		assert.Equal(t, obj{"before": "open", "after": "working"}, log[1]["extend"])

		added := a.do("POST", incidents+"/comment/"+uuid+"/add", obj{"comment": "<b>on it</b>", "extend": obj{"members": []any{}}, "attachmentUUIDs": []string{"att_2"}})
		assert.Equal(t, "true", string(added.Content), "the answer does not name the comment")
		comments := a.rows(a.do("GET", incidents+"/comment/"+uuid+"/list", nil))
		require.Len(t, comments, 1)
		time.Sleep(time.Second)
		changed := a.fine(a.do("POST", incidents+"/comment/"+comments[0]["uuid"].(string)+"/modify", obj{"comment": "done"}))
		assert.Equal(t, []any{uuid, "done", midnight + 1, []any{"att_2"}}, []any{changed["incidentsUUID"], changed["comment"], changed["updateAt"], changed["attachmentUUIDs"]})
		assert.Equal(t, "done", a.server.Incidents()[0].Comments[0].Text)
	})
}

func TestWhatIsWrongWithAnIncidentIsRefused(t *testing.T) {
	empty(t, func(a *api) {
		uuid := a.down("one", "a")
		a.do("POST", incidents+"/comment/"+uuid+"/add", obj{"comment": "c"})
		comment := a.server.Incidents()[0].Comments[0].UUID
		before := a.server.Incidents()
		for _, row := range []struct {
			path   string
			body   any
			status int
		}{
			{"/list", obj{"timeRange": []int{1}}, 400},
			{"/list", obj{"timeRange": []any{1, "2"}}, 400},
			{"/list", obj{"level": "x"}, 400},
			{"/list", obj{"pageSize": 101}, 400},
			{"/list", obj{"filters": []any{7}}, 400},
			{"/list", obj{"filters": []obj{{"field": "x", "op": "=", "value": []string{}}}}, 400},
			{"/list", obj{"filters": []obj{{"field": "host", "op": "<", "value": []string{}}}}, 400},
			{"/list", obj{"filters": []obj{{"field": "host", "op": "="}}}, 400},
			{"/list", "[]", 400},
			{"/" + uuid + "/modify", obj{"name": ""}, 400},
			{"/" + uuid + "/modify", obj{"incidentsStatus": "gone"}, 400},
			{"/" + uuid + "/modify", obj{"dimensionTag": obj{"host": 7}}, 400},
			{"/" + uuid + "/modify", "{", 400},
			{"/x/modify", obj{}, 404},
			{"/comment/" + uuid + "/add", obj{}, 400},
			{"/comment/" + uuid + "/add", "{", 400},
			{"/comment/x/add", obj{"comment": "c"}, 404},
			{"/comment/" + comment + "/modify", obj{}, 400},
			{"/comment/" + comment + "/modify", "{", 400},
			{"/comment/x/modify", obj{"comment": "c"}, 404},
		} {
			assert.Equal(t, row.status, a.do("POST", incidents+row.path, row.body).status, "%s %v", row.path, row.body)
		}
		for path, status := range map[string]int{
			"/x/get": 404, "/operate/x/list": 404, "/comment/x/list": 404,
			"/operate/" + uuid + "/list?pageSize=0": 400, "/comment/" + uuid + "/list?pageSize=x": 400,
		} {
			assert.Equal(t, status, a.do("GET", incidents+path, nil).status, path)
		}
		assert.Equal(t, before, a.server.Incidents(), "what is refused changes nothing")
	})
}
