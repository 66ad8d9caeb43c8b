package guancetest_test

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/ttkit/ttkit/adapters/guance/guancetest"
)

// writeKnobs show which routes exist, and what a write means.
var writeKnobs = map[string]func(a *api){
	"defaults": func(a *api) {
		assert.Equal(a.t, guancetest.Knobs{}, a.server.Knobs())
		assert.Equal(a.t, []int{200, 200}, a.listStatus())
		assert.Equal(a.t, []string{"Default"}, a.names(""))
	},

	"list=get":                 func(a *api) { assert.Equal(a.t, []int{200, 405}, a.listStatus()) },
	"list=post":                func(a *api) { assert.Equal(a.t, []int{405, 200}, a.listStatus()) },
	"list=get,wrong-verb=404":  func(a *api) { assert.Equal(a.t, []int{200, 404}, a.listStatus()) },
	"list=post,wrong-verb=404": func(a *api) { assert.Equal(a.t, []int{404, 200}, a.listStatus()) },
	"delete=batch":             func(a *api) { assert.Equal(a.t, []int{200, 404}, a.deleteStatus()) },
	"delete=path":              func(a *api) { assert.Equal(a.t, []int{404, 200}, a.deleteStatus()) },
	"delete=none":              func(a *api) { assert.Equal(a.t, []int{404, 404}, a.deleteStatus()) },
	"no-get": func(a *api) {
		got := a.do("GET", schedules+"/"+a.add(nil)+"/get", nil)
		assert.Equal(a.t, 404, got.status)
		assert.Equal(a.t, "ft.RouterNotFound", got.ErrorCode)
	},

	"bad-uuid=400": func(a *api) {
		const missing = "incsch_00000000000000000000000000000000"
		assert.Equal(a.t, 400, a.do("GET", schedules+"/x/get", nil).status)
		assert.Equal(a.t, 400, a.tryModify("x", nil).status)
		assert.Equal(a.t, 400, a.do("POST", schedules+"/x/delete", nil).status)
		assert.Equal(a.t, 404, a.do("GET", schedules+"/"+missing+"/get", nil).status)
		assert.Equal(a.t, 404, a.tryModify(missing, nil).status)
	},
	"no-issues": func(a *api) {
		assert.Equal(a.t, "ft.RouterNotFound", a.do("POST", issues+"/list", nil).ErrorCode)
		assert.Equal(a.t, 404, a.do("GET", root+"/issue-level/list", nil).status)
	},

	"omitted=keep": func(a *api) {
		full := obj{
			"timezone": "UTC", "tagFilter": []any{"tag_1"}, "dimensionFilter": "host:a",
			"extend": obj{"rotationCycle": "workDay"}, "scheduleStrategy": rules(nil),
		}
		uuid := a.add(full)
		a.server.Edit(uuid, func(x *guancetest.Schedule) { x.Extra = map[string]json.RawMessage{"k": json.RawMessage("1")} })
		before := a.get(uuid)
		after := a.modify(uuid, obj{"name": "other"})
		for _, key := range []string{"timezone", "tagFilter", "dimensionFilter", "extend", "strategyConfig", "k"} {
			assert.Equal(a.t, before[key], after[key], key)
		}
		assert.Equal(a.t, "other", after["name"])
		after = a.modify(uuid, obj{"dimensionFilter": "", "extend": obj{}, "scheduleStrategy": []obj{}})
		assert.Equal(a.t, []any{"", obj{}, []any{}}, []any{after["dimensionFilter"], after["extend"], after["strategyConfig"]}, "what is sent empty is emptied")
		assert.Equal(a.t, "Asia/Shanghai", a.get(a.add(nil))["timezone"], "add has nothing to keep")
		assert.Equal(a.t, obj{}, a.get(a.add(nil))["extend"])
	},
	"extend=merge": func(a *api) {
		uuid := a.add(obj{"extend": obj{"rotationCycle": "workDay", "effectiveTime": obj{"start": 1, "end": 2}}})
		want := obj{"rotationCycle": "workDay", "effectiveTime": obj{"start": 3.0, "end": 4.0}}
		assert.Equal(a.t, want, a.modify(uuid, obj{"extend": effective(3, 4)})["extend"])
	},
	"unknown-keys=keep": func(a *api) {
		uuid := a.add(obj{"other": obj{"a": 1}, "extend": obj{"mine": true}, "creator": "me"})
		got := a.get(uuid)
		assert.Equal(a.t, []any{obj{"a": 1.0}, obj{"mine": true}}, []any{got["other"], got["extend"]})
		assert.NotEqual(a.t, "me", got["creator"])
		assert.Contains(a.t, a.stored(uuid).Extra, "other")
		assert.NotContains(a.t, a.modify(uuid, nil), "other", "an optional field like any other")
	},
	"unknown-keys=refuse": func(a *api) {
		for field, body := range map[string]obj{
			"other": {"other": 1}, "extend.mine": {"extend": obj{"mine": true}}, "creator": {"creator": "me"}, "strategyConfig": {"strategyConfig": []any{}},
		} {
			got := a.tryAdd(body)
			assert.Equal(a.t, 400, got.status)
			assert.Contains(a.t, got.Message, "parameter "+field+": ")
		}
		uuid := a.server.AddSchedule(guancetest.Schedule{Extend: json.RawMessage(`{"mine":1}`), Extra: map[string]json.RawMessage{"k": json.RawMessage("1")}})
		assert.Equal(a.t, 2.0, a.modify(uuid, obj{"k": 2, "extend": obj{"mine": 3}})["k"], "what the schedule has is not unknown")
		a.add(obj{"scheduleStrategy": rules(obj{"other": 1})})
	},
	"keep-empty-uuid": func(a *api) {
		uuid := a.add(obj{"scheduleStrategy": rules(obj{"uuid": ""})})
		assert.JSONEq(a.t, `{"uuid":"","name":"primary"}`, string(a.stored(uuid).Strategy[0]))
	},
	"normalize": func(a *api) {
		uuid := a.fine(a.do("POST", schedules+"/add", `{"name":"n","start":"00:00","end":"23:59","notifyTargets":["acnt_1"],
			"extend":{"rotationCycle":"day","enableRotateNotification":true},"scheduleStrategy":[{"uuid":"u","name":"\u003c","b":{"d":1.50,"c":2}}]}`))["uuid"].(string)
		person := a.server.AddSchedule(guancetest.Schedule{Strategy: []json.RawMessage{json.RawMessage(`{"uuid":"u","name":"\u003c","b":{"d":1.50,"c":2}}`)}})
		for _, uuid := range []string{uuid, person} {
			assert.Equal(a.t, `{"b":{"c":2,"d":1.50},"name":"<","uuid":"u"}`, string(a.stored(uuid).Strategy[0]))
		}
		assert.Equal(a.t, `{"enableRotateNotification":true,"rotationCycle":"day"}`, string(a.stored(uuid).Extend))
	},
	"length=bytes": func(a *api) {
		assert.Equal(a.t, 200, a.tryAdd(obj{"name": strings.Repeat("я", 128)}).status)
		assert.Equal(a.t, 400, a.tryAdd(obj{"name": strings.Repeat("я", 128) + "x"}).status)
	},
	"length=utf16": func(a *api) {
		assert.Equal(a.t, 200, a.tryAdd(obj{"name": strings.Repeat("🔥", 128)}).status)
		assert.Equal(a.t, 400, a.tryAdd(obj{"name": strings.Repeat("🔥", 128) + "x"}).status)
		assert.Equal(a.t, 200, a.tryAdd(obj{"name": strings.Repeat("警", 256)}).status)
	},
	"rule-name-limit=256": func(a *api) {
		assert.Equal(a.t, 200, a.tryAdd(obj{"scheduleStrategy": rules(obj{"name": strings.Repeat("я", 256)})}).status)
		assert.Equal(a.t, 400, a.tryAdd(obj{"scheduleStrategy": rules(obj{"name": strings.Repeat("я", 257)})}).status)
	},
	"refuse-empty-rules": func(a *api) {
		for _, strategy := range []any{remove, []obj{}} {
			got := a.tryAdd(obj{"scheduleStrategy": rules(obj{"strategy": strategy})})
			assert.Equal(a.t, 400, got.status)
			assert.Contains(a.t, got.Message, "scheduleStrategy[0].strategy")
		}
		assert.Equal(a.t, 200, a.tryAdd(obj{"scheduleStrategy": level(nil)}).status)
		assert.Equal(a.t, 200, a.tryAdd(obj{"scheduleStrategy": []obj{}}).status)
	},
	"empty-targets": func(a *api) {
		assert.Equal(a.t, []any{}, a.get(a.add(obj{"notifyTargets": []string{}}))["notifyTargets"])
		assert.Equal(a.t, 400, a.tryAdd(obj{"notifyTargets": remove}).status)
	},
	"refuse-teams": func(a *api) {
		assert.Equal(a.t, 400, a.tryAdd(obj{"notifyTargets": []string{"group_1"}}).status)
	},
	"loose-times": func(a *api) {
		for _, w := range []obj{{"start": 7}, {"end": 7}, {}, {"start": 7, "end": 7}, {"start": 8, "end": 7}} {
			a.add(obj{"extend": obj{"effectiveTime": w}})
		}
		open := a.stored(a.add(obj{"extend": obj{"effectiveTime": obj{"end": int64(midnight) + 60}}}))
		assert.True(a.t, open.InEffect(a.server.Now()))
		assert.False(a.t, open.InEffect(a.server.Now().Add(time.Minute)))
	},
	"forward-hours": func(a *api) {
		assert.Equal(a.t, 400, a.tryAdd(obj{"start": "00:00", "end": "00:00"}).status)
		assert.Equal(a.t, 400, a.tryAdd(obj{"start": "22:00", "end": "06:00"}).status)
		assert.Equal(a.t, 200, a.tryAdd(obj{"start": "00:00", "end": "00:01"}).status)
	},
	"dimension-array": func(a *api) {
		uuid := a.add(obj{"dimensionFilter": []string{"host:a", "env:b"}})
		assert.Equal(a.t, "host:a AND env:b", a.get(uuid)["dimensionFilter"])
		assert.Equal(a.t, "", a.get(a.add(obj{"dimensionFilter": []string{}}))["dimensionFilter"])
		assert.Equal(a.t, 400, a.tryAdd(obj{"dimensionFilter": []string{"host:a OR"}}).status)
	},
	"unchecked-filter": func(a *api) {
		uuid := a.add(obj{"dimensionFilter": "(host:a"})
		assert.Equal(a.t, "(host:a", a.get(uuid)["dimensionFilter"])
		assert.Equal(a.t, []string{"acnt_guancetest"}, a.told("a"), "it matches nothing")
	},
	"unique-names": func(a *api) {
		uuid := a.add(nil)
		got := a.tryAdd(nil)
		assert.Equal(a.t, 409, got.status)
		assert.Equal(a.t, "ft.ScheduleNameExists", got.ErrorCode)
		a.modify(uuid, nil)
		assert.Equal(a.t, 409, a.tryModify(a.add(obj{"name": "other"}), nil).status)
		a.server.Delete(uuid)
		a.add(nil)
	},
	"editable-default": func(a *api) {
		uuid := a.server.Schedules()[0].UUID
		assert.Equal(a.t, true, a.modify(uuid, obj{"name": "mine"})["isDefault"])
		assert.Equal(a.t, 200, a.do("POST", schedules+"/"+uuid+"/delete", nil).status)
	},
	"issue-extend": func(a *api) {
		uuid := a.server.AddIssue(guancetest.Issue{})
		assert.Equal(a.t, 400, a.do("POST", issues+"/"+uuid+"/modify", obj{"statusType": 20}).status)
		assert.Equal(a.t, 200, a.do("POST", issues+"/"+uuid+"/modify", obj{"statusType": 20, "extend": obj{}}).status)
	},
}
