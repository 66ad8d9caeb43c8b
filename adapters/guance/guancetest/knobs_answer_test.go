package guancetest_test

import (
	"encoding/json"
	"sync"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/guance/guancetest"
)

// answerKnobs show when a write shows, and what an answer looks like.
var answerKnobs = map[string]func(a *api){
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
}
