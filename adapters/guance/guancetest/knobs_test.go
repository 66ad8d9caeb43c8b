package guancetest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/guance/guancetest"
)

// knobs shows, for every value of every knob, what it changes.
var knobs = map[string]func(a *api){
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

	"list-lag=2s": func(a *api) {
		uuid := a.add(obj{"name": "old"})
		assert.Equal(a.t, "old", a.get(uuid)["name"], "get sees it at once")
		assert.NotContains(a.t, a.names(""), "old")
		time.Sleep(2*time.Second - 1)
		assert.Empty(a.t, a.names("?search=old"))
		time.Sleep(time.Nanosecond)
		assert.Equal(a.t, []string{"old"}, a.names("?search=old"))

		a.modify(uuid, obj{"name": "newer"})
		time.Sleep(time.Second)
		a.modify(uuid, obj{"name": "newest"})
		for _, name := range []string{"old", "newer", "newest"} {
			assert.Contains(a.t, a.names(""), name)
			time.Sleep(time.Second)
		}
		a.do("POST", schedules+"/"+uuid+"/delete", nil)
		assert.Contains(a.t, a.names(""), "newest")
		a.server.AddSchedule(guancetest.Schedule{Name: "person"})
		assert.Contains(a.t, a.names(""), "person", "a person's has been there")
		time.Sleep(2 * time.Second)
		assert.NotContains(a.t, a.names(""), "newest")
	},
	"list-lag=2s,get-lag": func(a *api) {
		uuid := a.add(nil)
		assert.Equal(a.t, 404, a.do("GET", schedules+"/"+uuid+"/get", nil).status)
		a.modify(uuid, obj{"name": "a write finds it"})
		time.Sleep(2 * time.Second)
		assert.Equal(a.t, "a write finds it", a.get(uuid)["name"], "what is seen is current")
	},
	"commit-delay=1s": func(a *api) {
		var took []time.Duration
		for range 4 {
			began := time.Now()
			a.add(nil)
			took = append(took, time.Since(began))
		}
		assert.Equal(a.t, []time.Duration{time.Second, 0, time.Second / 2, time.Second}, took)
	},
	"ids=early,commit-delay=1s": func(a *api) {
		var wait sync.WaitGroup
		for n := range 3 {
			wait.Go(func() {
				time.Sleep(time.Duration(n)) // arrive in turn
				a.add(obj{"name": string('a' + rune(n))})
			})
		}
		wait.Wait()
		assert.Equal(a.t, []string{"Default", "b", "c", "a"}, stored(a.server.Schedules()), "in the order of commit")
		assert.Equal(a.t, []string{"c", "b", "a", "Default"}, a.names(""), "by row id")
	},
	"ids=blocks": func(a *api) {
		assert.Equal(a.t, []int64{61, 42, 62, 43}, a.ids(4))
		a.server.AddSchedule(guancetest.Schedule{ID: 63})
		assert.Equal(a.t, []int64{44, 64}, a.ids(2), "an id that is taken is passed over")
	},
	"ids=reversed": func(a *api) { assert.Equal(a.t, []int64{59, 58, 57}, a.ids(3)) },

	"errors=not-found": func(a *api) {
		got := a.do("GET", schedules+"/incsch_0/get", nil)
		assert.Equal(a.t, []int{200, 404}, []int{got.status, got.Code})
		got = a.do("GET", "/elsewhere", nil)
		assert.Equal(a.t, []int{200, 404}, []int{got.status, got.Code})
		assert.Equal(a.t, 400, a.tryAdd(obj{"name": nil}).status)
	},
	"errors=all": func(a *api) {
		got := a.tryAdd(obj{"name": nil})
		assert.Equal(a.t, []int{200, 400}, []int{got.status, got.Code})
		a.server.SetLimits(guancetest.Limits{Key: 1})
		assert.Equal(a.t, 401, a.do("GET", schedules+"/list", nil).status)
		a.key = "unknown"
		assert.Equal(a.t, 403, a.do("GET", schedules+"/list", nil).status)
	},
	"row-id=always": func(a *api) { assert.Equal(a.t, 42.0, a.fine(a.tryAdd(nil))["id"]) },
	"row-id=never": func(a *api) {
		uuid := a.add(nil)
		assert.Nil(a.t, a.get(uuid)["id"])
		assert.Nil(a.t, a.modify(uuid, nil)["id"])
		assert.Equal(a.t, int64(42), a.stored(uuid).ID, "there is one")
	},
	"unset=minus": func(a *api) {
		got := a.fine(a.tryAdd(nil))
		assert.Equal(a.t, []any{-1.0, ""}, []any{got["updateAt"], got["updator"]})
	},
	"unset=null": func(a *api) {
		uuid := a.add(nil)
		got := a.get(uuid)
		assert.Equal(a.t, []any{nil, nil, -1.0}, []any{got["updateAt"], got["updator"], got["deleteAt"]})
		assert.Equal(a.t, midnight, a.modify(uuid, nil)["updateAt"])
	},
	"rows=array": func(a *api) {
		got := a.do("GET", schedules+"/list", nil)
		assert.Equal(a.t, byte('['), got.Content[0])
		assert.Len(a.t, a.rows(got), 1)
		assert.Equal(a.t, 1.0, got.PageInfo["totalCount"])
		a.server.SetKnobs(guancetest.Knobs{Rows: guancetest.RowsBare, PageInfo: guancetest.PageInfoContent})
		assert.NotContains(a.t, a.do("GET", schedules+"/list", nil).raw, "pageInfo")
	},
	"page-info=content": func(a *api) {
		got := a.do("GET", schedules+"/list", nil)
		assert.Nil(a.t, got.PageInfo)
		assert.Equal(a.t, obj{"count": 1.0, "pageIndex": 1.0, "pageSize": 10.0, "totalCount": 1.0}, a.fine(got)["pageInfo"])
	},
	"page-info=none": func(a *api) {
		assert.NotContains(a.t, a.do("GET", schedules+"/list", nil).raw, "pageInfo")
	},
	"float-times": func(a *api) {
		time.Sleep(123456 * time.Microsecond)
		uuid := a.add(obj{"extend": effective(1, 2)})
		got := a.modify(uuid, obj{"extend": effective(1, 2)})
		assert.Equal(a.t, []any{midnight + 0.123456, midnight + 0.123456, midnight + 0.123456, -1.0}, []any{got["createAt"], got["updateAt"], got["rotationUpdateAt"], got["deleteAt"]})
		assert.Contains(a.t, a.do("GET", schedules+"/list", nil).raw, `"effectiveTime":{"end":2,"start":1}`, "what the client wrote stays")
	},
	"null-empty": func(a *api) {
		got := a.fine(a.tryAdd(nil))
		assert.Equal(a.t, []any{nil, nil, nil, nil}, []any{got["tagFilter"], got["dimensionFilter"], got["extend"], got["strategyConfig"]})
	},
	"extra-fields": func(a *api) {
		uuid := a.add(obj{"timezone": "Asia/Shanghai", "start": "08:00", "end": "20:00", "extend": effective(1735747200, 1737603472)})
		got := a.get(uuid)
		assert.Equal(a.t, obj{"expired": false, "timeStr": "2025/01/02 00:00:00~2025/01/23 11:37:52"}, got["effectiveTimeInfos"])
		assert.Len(a.t, got["notifyTargetsInfos"], 1)
		assert.Empty(a.t, got["inEffectNotifyTargetsInfos"])
		content := a.fine(a.do("GET", schedules+"/list", nil))
		assert.Equal(a.t, 2.0, content["totalScheduleCount"])
		assert.Equal(a.t, obj{}, content["declaration"])
		builtIn := a.get(a.server.Schedules()[0].UUID)
		assert.Equal(a.t, "", builtIn["effectiveTimeInfos"].(obj)["timeStr"])
		assert.Len(a.t, builtIn["inEffectNotifyTargetsInfos"], 1)
	},
	"bare-incident": func(a *api) {
		uuid := a.server.AddIncident(guancetest.Incident{Name: "link down"})
		resp, err := a.server.Client().Do(a.request("GET", incidents+"/"+uuid+"/get", ""))
		require.NoError(a.t, err)
		defer func() { _ = resp.Body.Close() }()
		var got obj
		require.NoError(a.t, json.NewDecoder(resp.Body).Decode(&got))
		assert.Equal(a.t, "link down", got["name"])
		assert.NotContains(a.t, got, "content")
	},
	"trace=digits": func(a *api) {
		one, two := a.do("GET", "/x", nil).TraceID, a.do("GET", "/x", nil).TraceID
		assert.Regexp(a.t, `^\d+$`, one)
		assert.NotEqual(a.t, one, two)
	},
	"language=zh": func(a *api) {
		assert.Equal(a.t, "参数校验失败：name", a.tryAdd(obj{"name": nil}).Message)
		assert.Equal(a.t, "值班不存在", a.do("GET", schedules+"/x/get", nil).Message)
	},

	"search=case": func(a *api) {
		assert.Equal(a.t, []string{"Default"}, a.names("?search=Def"))
		assert.Empty(a.t, a.names("?search=def"))
	},
	"search=ignored": func(a *api) { assert.Equal(a.t, []string{"Default"}, a.names("?search=other")) },
	"sort=oldest": func(a *api) {
		a.add(obj{"name": "a"})
		a.add(obj{"name": "b"})
		assert.Equal(a.t, []string{"Default", "a", "b"}, a.names(""))
	},
	"sort=updated": func(a *api) {
		first := a.add(obj{"name": "a"})
		a.add(obj{"name": "b"})
		assert.Equal(a.t, []string{"b", "a", "Default"}, a.names(""), "at the same time by row id")
		time.Sleep(time.Second)
		a.modify(first, obj{"name": "a"})
		assert.Equal(a.t, []string{"a", "b", "Default"}, a.names(""))
	},
	"last-page": func(a *api) {
		a.add(obj{"name": "a"})
		a.add(obj{"name": "b"})
		assert.Equal(a.t, []string{"Default"}, a.names("?pageSize=2&pageIndex=7"))
		assert.Equal(a.t, []string{}, a.names("?search=x&pageIndex=2"))
	},
	"show-deleted": func(a *api) {
		uuid := a.add(nil)
		a.do("POST", schedules+"/"+uuid+"/delete", nil)
		assert.Equal(a.t, midnight, a.get(uuid)["deleteAt"])
		assert.Contains(a.t, a.names(""), "uplink down")
		assert.Equal(a.t, 404, a.tryModify(uuid, nil).status)
	},

	"window=fixed": func(a *api) {
		a.server.SetLimits(guancetest.Limits{Key: 2})
		time.Sleep(59 * time.Second)
		passed, _ := a.calls(3)
		time.Sleep(time.Second)
		more, _ := a.calls(3)
		assert.Equal(a.t, []int{2, 2}, []int{passed, more}, "a new minute has begun")
		assert.Equal(a.t, 6, a.server.Usage(a.key).Peak)
	},
	"window=first": func(a *api) {
		a.server.SetLimits(guancetest.Limits{Key: 2})
		time.Sleep(59 * time.Second)
		a.calls(1)
		time.Sleep(59 * time.Second)
		a.calls(1)
		time.Sleep(time.Second)
		passed, _ := a.calls(3)
		assert.Equal(a.t, 2, passed, "both calls are forgotten at once")
	},
	"count-refused": func(a *api) {
		a.server.SetLimits(guancetest.Limits{Key: 2})
		a.calls(2)
		for range 5 {
			time.Sleep(20 * time.Second)
			passed, _ := a.calls(1)
			assert.Equal(a.t, 0, passed, "who does not wait gets nowhere")
		}
		time.Sleep(41 * time.Second)
		passed, _ := a.calls(1)
		assert.Equal(a.t, 1, passed)
	},
	"limit-wait": func(a *api) {
		a.server.SetLimits(guancetest.Limits{Key: 1})
		a.calls(1)
		time.Sleep(20*time.Second + 1)
		assert.Equal(a.t, "40", a.do("GET", schedules+"/list", nil).header.Get("Retry-After"))
		a.server.SetKnobs(guancetest.Knobs{})
		assert.Empty(a.t, a.do("GET", schedules+"/list", nil).header.Values("Retry-After"))
	},

	"filter-match=either": func(a *api) {
		a.add(obj{"tagFilter": []string{"tag_1"}, "dimensionFilter": "host:a"})
		assert.Equal(a.t, []string{"notify_1"}, a.told("a"))
		a.server.SetKnobs(guancetest.Knobs{})
		assert.Equal(a.t, []string{"acnt_guancetest"}, a.told("a"))
	},
	"left-to-right": func(a *api) {
		a.add(obj{"dimensionFilter": "host:a OR host:b AND env:prod"})
		assert.Equal(a.t, []string{"acnt_guancetest"}, a.told("a"))
		a.server.SetKnobs(guancetest.Knobs{})
		assert.Equal(a.t, []string{"notify_1"}, a.told("a"))
	},
	"sleeping-claims": func(a *api) {
		uuid := a.add(obj{"dimensionFilter": "host:a", "extend": effective(1, 2)})
		assert.Empty(a.t, a.told("a"))
		assert.Equal(a.t, []string{"acnt_guancetest"}, a.told("b"))
		a.server.Delete(uuid)
		assert.Equal(a.t, []string{"acnt_guancetest"}, a.told("a"))
	},
	"off-days=last": func(a *api) {
		uuid := a.add(obj{"timezone": "UTC", "notifyTargets": []string{"acnt_1", "acnt_2"}, "extend": obj{"enableRotateNotification": true, "rotationCycle": "workDay"}})
		day := func(n int) []string { return a.server.OnDuty(uuid, a.server.Now().AddDate(0, 0, n)) }
		assert.Equal(a.t, [][]string{{"acnt_1"}, {"acnt_1"}, {"acnt_1"}, {"acnt_2"}}, [][]string{day(0), day(1), day(2), day(3)})
		assert.Equal(a.t, [][]string{{"acnt_1"}, {"acnt_1"}}, [][]string{day(6), day(8)}, "Friday's one stays over the weekend")
	},
	"level-clock=previous": func(a *api) {
		assert.Equal(a.t, []string{"0s acnt_0", "10m0s acnt_1", "30m0s acnt_2"}, a.escalation())
	},

	"workspace=empty": func(a *api) { assert.Empty(a.t, a.names("")) },
	"workspace=people": func(a *api) {
		assert.Equal(a.t, []string{"last year's drill 3", "[tt] weekend 2", "night shift 1", "Default"}, a.names(""))
		for _, x := range a.server.Schedules() {
			assert.Equal(a.t, x.UUID, a.get(x.UUID)["uuid"])
		}
		a.add(nil)
	},
	"workspace=crowded": func(a *api) {
		assert.Len(a.t, a.names("?pageSize=100"), 100)
		assert.Len(a.t, a.names("?pageSize=100&pageIndex=2"), 21)
	},
	"skew=90s":  func(a *api) { a.skewed("Sat, 01 Jan 2000 00:01:30 GMT") },
	"skew=-90s": func(a *api) { a.skewed("Fri, 31 Dec 1999 23:58:30 GMT") },
	"no-date": func(a *api) {
		assert.Empty(a.t, a.do("GET", schedules+"/list", nil).header.Values("Date"))
	},
}

func TestEveryValueOfEveryKnobShows(t *testing.T) {
	seen := make(map[string]bool)
	for _, n := range guancetest.AllKnobs() {
		assert.False(t, seen[n.Name], "%s is there twice", n.Name)
		seen[n.Name] = true
		t.Run(n.Name, func(t *testing.T) {
			show := knobs[n.Name]
			require.NotNil(t, show, "nothing shows what it changes")
			bubble(t, guancetest.Options{Knobs: n.Knobs}, show)
		})
	}
	assert.Len(t, seen, len(knobs))
}

func TestRandomKnobsDependOnTheSeedAlone(t *testing.T) {
	different := make(map[guancetest.Knobs]bool)
	for seed := range uint64(200) {
		k := guancetest.RandomKnobs(seed)
		assert.Equal(t, k, guancetest.RandomKnobs(seed))
		different[k] = true
	}
	assert.Len(t, different, 200)
}

// listStatus is what the list answers to GET and to POST.
func (a *api) listStatus() []int {
	a.t.Helper()
	return []int{a.do("GET", schedules+"/list", nil).status, a.do("POST", schedules+"/list", nil).status}
}

// deleteStatus is what the batch delete and the one by path answer.
func (a *api) deleteStatus() []int {
	a.t.Helper()
	one, two := a.add(nil), a.add(nil)
	return []int{
		a.do("POST", schedules+"/delete", obj{"scheduleUUIDs": []string{one}}).status,
		a.do("POST", schedules+"/"+two+"/delete", nil).status,
	}
}

// ids are the row ids of n adds.
func (a *api) ids(n int) []int64 {
	a.t.Helper()
	var out []int64
	for range n {
		out = append(out, a.stored(a.add(nil)).ID)
	}
	return out
}

func stored(all []guancetest.Schedule) []string {
	var out []string
	for _, x := range all {
		out = append(out, x.Name)
	}
	return out
}

// told are those who hear at once of an incident on a host.
func (a *api) told(host string) []string {
	var out []string
	for _, n := range a.server.Notified(guancetest.Event{Dimensions: map[string]string{"host": host}}, a.server.Now()) {
		out = append(out, n.Target)
	}
	slices.Sort(out)
	return out
}

// escalation shows whom a schedule of three levels tells, and when.
func (a *api) escalation() []string {
	a.t.Helper()
	step := func(n int, after int) obj {
		return obj{"level": n, "levelUpTime": after, "ifRepeatNotify": false,
			"notifyConfig": []obj{{"notifyObjectType": "member", "notifyObject": []string{fmt.Sprintf("acnt_%d", n)}}}}
	}
	a.add(obj{"dimensionFilter": "host:a", "scheduleStrategy": rules(obj{"strategy": []obj{step(2, 1200), step(0, 0), step(1, 600)}})})
	var out []string
	now := a.server.Now()
	for _, n := range a.server.Notices(guancetest.Event{Dimensions: map[string]string{"host": "a"}}, now, now.Add(time.Hour)) {
		out = append(out, fmt.Sprint(n.At.Sub(now), " ", n.Target))
	}
	return out
}

// skewed checks that the server's clock is what the Date header shows, and
// what is stored.
func (a *api) skewed(date string) {
	a.t.Helper()
	assert.Equal(a.t, date, a.do("GET", schedules+"/list", nil).header.Get("Date"))
	server, err := http.ParseTime(date)
	require.NoError(a.t, err)
	assert.True(a.t, server.Equal(a.server.Now()))
	assert.Equal(a.t, float64(server.Unix()), a.get(a.add(nil))["createAt"])
}
