package guancetest_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/ttkit/ttkit/adapters/guance/guancetest"
)

const midnight = 946684800.0 // 2000-01-01 UTC

func TestAnAddAnswersWithTheWholeSchedule(t *testing.T) {
	empty(t, func(a *api) {
		got := a.fine(a.tryAdd(nil))
		uuid := got["uuid"].(string)
		assert.Regexp(t, regexp.MustCompile(`^incsch_[0-9a-f]{32}$`), uuid)
		assert.Regexp(t, regexp.MustCompile(`^wsak_[0-9a-f]{32}$`), got["creator"])
		want := obj{
			"workspaceUUID": guancetest.DefaultWorkspace, "name": "uplink down", "timezone": "Asia/Shanghai",
			"start": "00:00", "end": "23:59", "tagFilter": []any{}, "dimensionFilter": "", "notifyTargets": []any{"notify_1"},
			"extend": obj{}, "strategyConfig": []any{}, "isDefault": false, "rotationUpdateAt": midnight,
			"id": nil, "uuid": uuid, "status": 0.0, "creator": got["creator"], "updator": nil,
			"createAt": midnight, "updateAt": nil, "deleteAt": -1.0,
		}
		assert.Equal(t, want, got)

		want["id"], want["updateAt"], want["updator"] = 41.0, -1.0, ""
		assert.Equal(t, want, a.get(uuid), "a read shows the row id, and -1 for what is not set")
	})
}

func TestAModifyReplaces(t *testing.T) {
	empty(t, func(a *api) {
		uuid := a.add(obj{
			"timezone": "UTC", "tagFilter": []string{"tag_1"}, "dimensionFilter": "host:a",
			"extend": obj{"rotationCycle": "workDay"}, "scheduleStrategy": rules(nil),
		})
		created := a.get(uuid)
		time.Sleep(90 * time.Second)
		got := a.modify(uuid, obj{"name": "other", "start": "01:00", "end": "02:00", "notifyTargets": []string{"notify_2"}})
		assert.Equal(t, got, a.get(uuid))
		want := created
		want["name"], want["start"], want["end"], want["notifyTargets"] = "other", "01:00", "02:00", []any{"notify_2"}
		want["timezone"], want["tagFilter"], want["dimensionFilter"] = "Asia/Shanghai", []any{}, ""
		want["extend"], want["strategyConfig"] = obj{}, []any{}
		want["updateAt"], want["rotationUpdateAt"], want["updator"] = midnight+90, midnight+90, created["creator"]
		assert.Equal(t, want, got)
	})
}

func TestADeletedScheduleIsGone(t *testing.T) {
	const one, batch = "/%/delete", "/delete"
	for _, row := range []struct {
		rule, method, path, body string
	}{
		{"by its path, with no body", "POST", one, ""},
		{"by its path, with GET", "GET", one, ""},
		{"by its path, whatever the body", "POST", one, "{"},
		{"by a list in the body", "POST", batch, `{"scheduleUUIDs":["%"]}`},
		{"by a list of any name", "POST", batch, `{"notificationScheduleUUIDs":["%"]}`},
		{"by a list that names it twice", "POST", batch, `{"scheduleUUIDs":["%","%"]}`},
		{"by a list in the query", "GET", batch + "?scheduleUUIDs=%", ""},
	} {
		t.Run(row.rule, func(t *testing.T) {
			empty(t, func(a *api) {
				uuid, other := a.add(nil), a.add(obj{"name": "other"})
				time.Sleep(time.Second)
				fill := func(s string) string { return strings.ReplaceAll(s, "%", uuid) }
				got := a.do(row.method, schedules+fill(row.path), fill(row.body))
				assert.True(t, got.Success, got.raw)
				assert.Equal(t, "true", string(got.Content))

				for _, again := range []reply{
					a.do("GET", schedules+"/"+uuid+"/get", nil),
					a.tryModify(uuid, nil),
					a.do(row.method, schedules+fill(row.path), fill(row.body)),
				} {
					assert.Equal(t, 404, again.status)
					assert.Equal(t, "ft.ScheduleNotFound", again.ErrorCode)
				}
				assert.Equal(t, []string{"other"}, a.names(""))
				assert.True(t, a.stored(other).Alive())
				assert.Equal(t, time.Second, a.stored(uuid).Deleted.Sub(a.stored(uuid).Created), "it is kept for the test to see")
			})
		})
	}
}

func TestABatchDeletesAllOrNothing(t *testing.T) {
	bubble(t, guancetest.Options{}, func(a *api) {
		uuid := a.add(nil)
		builtIn := a.server.Schedules()[0]
		for body, status := range map[string]int{
			`{}`:                               400,
			`{"scheduleUUIDs":[]}`:             400,
			`{"scheduleUUIDs":"` + uuid + `"}`: 400,
			`{`:                                400,
			`{"scheduleUUIDs":["` + uuid + `","incsch_0"]}`:             404,
			`{"scheduleUUIDs":["` + uuid + `","` + builtIn.UUID + `"]}`: 403,
		} {
			assert.Equal(t, status, a.do("POST", schedules+"/delete", body).status, body)
		}
		assert.True(t, a.stored(uuid).Alive())
	})
}

func TestABuiltInScheduleCannotBeChanged(t *testing.T) {
	bubble(t, guancetest.Options{}, func(a *api) {
		builtIn := a.server.Schedules()[0]
		assert.True(t, builtIn.Default)
		assert.Equal(t, true, a.get(builtIn.UUID)["isDefault"])
		assert.Equal(t, 403, a.tryModify(builtIn.UUID, nil).status)
		assert.Equal(t, 403, a.do("POST", schedules+"/"+builtIn.UUID+"/delete", nil).status)
		assert.Equal(t, builtIn, a.stored(builtIn.UUID))
	})
}

func TestAWorkspaceSeesItsOwn(t *testing.T) {
	bubble(t, guancetest.Options{
		Keys:  []guancetest.Key{{Value: "a", Workspace: "wksp_a"}, {Value: "a2", Workspace: "wksp_a"}, {Value: "b", Workspace: "wksp_b"}},
		Knobs: guancetest.Knobs{UniqueNames: true},
	}, func(a *api) {
		a.key = "a"
		uuid := a.add(nil)
		a.key = "a2"
		assert.Equal(t, "wksp_a", a.get(uuid)["workspaceUUID"])
		assert.NotEqual(t, a.get(uuid)["creator"], a.modify(uuid, nil)["updator"], "another key, another account")
		a.key = "b"
		assert.Empty(t, a.names(""))
		assert.Equal(t, 404, a.do("GET", schedules+"/"+uuid+"/get", nil).status)
		assert.Equal(t, 404, a.tryModify(uuid, nil).status)
		assert.Equal(t, 404, a.do("POST", schedules+"/"+uuid+"/delete", nil).status)
		a.add(nil)
	})
}

func TestAPersonsScheduleIsStoredAsItIs(t *testing.T) {
	empty(t, func(a *api) {
		uuid := a.server.AddSchedule(guancetest.Schedule{
			Name:     "shift",
			Extend:   json.RawMessage(`{ "color" : 1.50 }`),
			Strategy: []json.RawMessage{json.RawMessage(`{"name":"\u003c","uuid":""}`)},
			Extra:    map[string]json.RawMessage{"notice": json.RawMessage(`{"a": [1.0]}`)},
		})
		x := a.stored(uuid)
		assert.Equal(t, []string{"00:00", "23:59", "UTC"}, []string{x.Start, x.End, x.Timezone})
		raw := a.do("GET", schedules+"/"+uuid+"/get", nil).raw
		assert.Contains(t, raw, `"extend":{"color":1.50}`)
		assert.Contains(t, raw, `"notice":{"a":[1.0]}`)
		assert.Regexp(t, `\{"name":"\\u003c","uuid":"[0-9a-f-]{36}"\}`, raw, "an empty uuid is replaced")

		// What it has may be sent back, although nobody documented it.
		got := a.do("POST", schedules+"/"+uuid+"/modify", `{"name":"shift","start":"00:00","end":"23:59","notifyTargets":["acnt_1"],
			"extend":{"color":1.50,"other":1},"scheduleStrategy":[`+string(x.Strategy[0])+`],"notice":{"a":[1.0]},"other":1}`)
		a.fine(got)
		y := a.stored(uuid)
		assert.Equal(t, x.Extend, y.Extend)
		assert.Equal(t, x.Strategy, y.Strategy)
		assert.Equal(t, x.Extra, y.Extra)

		assert.Equal(t, uuid, a.server.AddSchedule(guancetest.Schedule{UUID: uuid, ID: x.ID, Name: "another"}), "a uuid that exists is replaced")
		assert.Equal(t, "another", a.get(uuid)["name"])
		assert.Len(t, a.server.Schedules(), 1)
		_, ok := a.server.Schedule("incsch_0")
		assert.False(t, ok)

		assert.True(t, a.server.Edit(uuid, func(x *guancetest.Schedule) { x.Name = "edited" }))
		assert.Equal(t, "edited", a.get(uuid)["name"])
		assert.Equal(t, "acnt_guancetest", a.get(uuid)["updator"])
		assert.True(t, a.server.Delete(uuid))
		assert.False(t, a.server.Delete(uuid))
		assert.False(t, a.server.Delete("incsch_0"))
		assert.False(t, a.server.Edit("incsch_0", func(*guancetest.Schedule) {}))
		assert.Equal(t, 404, a.do("GET", schedules+"/"+uuid+"/get", nil).status)
	})
}

func TestCopiesShareNoMemory(t *testing.T) {
	empty(t, func(a *api) {
		mine := guancetest.Schedule{
			TagFilter: []string{"t"}, NotifyTargets: []string{"acnt_1"}, Extend: json.RawMessage(`{"a":1}`),
			Strategy: []json.RawMessage{json.RawMessage(`{"uuid":"u"}`)}, Extra: map[string]json.RawMessage{"k": json.RawMessage(`1`)},
		}
		uuid := a.server.AddSchedule(mine)
		spoil := func(x *guancetest.Schedule) {
			x.TagFilter[0], x.NotifyTargets[0], x.Extend[1], x.Strategy[0][1] = "x", "x", 'x', 'x'
			x.Extra["k"][0] = 'x'
			x.Extra["new"] = nil
		}
		before := a.stored(uuid)
		spoil(&mine)
		shown := a.stored(uuid)
		spoil(&shown)
		spoil(&a.server.Schedules()[0])
		assert.Equal(t, before, a.stored(uuid))

		var kept *guancetest.Schedule
		a.server.Edit(uuid, func(x *guancetest.Schedule) { kept = x })
		spoil(kept)
		assert.Equal(t, before.Extend, a.stored(uuid).Extend)
		assert.Equal(t, before.NotifyTargets, a.stored(uuid).NotifyTargets)
	})
}
