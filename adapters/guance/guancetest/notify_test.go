package guancetest_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/guance/guancetest"
)

func on(host string) guancetest.Event {
	return guancetest.Event{Dimensions: map[string]string{"host": host, "env": "prod"}, Tags: []string{"tag_1"}, Level: "system_level_1"}
}

func TestWhatATicketDoesToRouting(t *testing.T) {
	bubble(t, guancetest.Options{}, func(a *api) {
		now := a.server.Now()
		assert.Equal(t, []string{"acnt_guancetest"}, a.told("agg-1"), "only the built-in schedule is there")

		uuid := a.add(obj{"timezone": "UTC", "dimensionFilter": "host:agg-1", "extend": effective(now.Unix(), int64(4102444800))})
		assert.Equal(t, []string{"notify_1"}, a.told("agg-1"), "the ticket takes its host from the global schedule")
		assert.Equal(t, []string{"acnt_guancetest"}, a.told("agg-2"))

		a.add(obj{"dimensionFilter": "host:agg*", "notifyTargets": []string{"notify_2"}})
		assert.Equal(t, []string{"notify_1", "notify_2"}, a.told("agg-1"), "all that match send")

		time.Sleep(time.Minute)
		a.modify(uuid, obj{"timezone": "UTC", "dimensionFilter": "host:agg-1", "extend": effective(now.Unix(), now.Unix()+60)})
		assert.Equal(t, []string{"notify_2"}, a.told("agg-1"), "a closed ticket sends nothing")

		a.add(obj{"notifyTargets": []string{"notify_3"}})
		assert.Equal(t, []string{"acnt_guancetest", "notify_3"}, a.told("other"), "a schedule without filters is global, too")
		assert.Equal(t, []string{"notify_2"}, a.told("agg-1"))
	})
}

func TestADarkTicketTakesNothingFromTheGlobalSchedule(t *testing.T) {
	bubble(t, guancetest.Options{}, func(a *api) {
		a.add(obj{"timezone": "UTC", "start": "00:00", "end": "00:00", "dimensionFilter": "host:agg-1"})
		assert.Equal(t, []string{"notify_1"}, a.told("agg-1"), "for one minute a day it is in effect")
		time.Sleep(time.Minute)
		assert.Equal(t, []string{"acnt_guancetest"}, a.told("agg-1"))
	})
}

func TestWhichIncidentsAScheduleMatches(t *testing.T) {
	for _, row := range []struct {
		rule     string
		schedule guancetest.Schedule
		want     bool
	}{
		{"a filter that matches", guancetest.Schedule{DimensionFilter: "host:a"}, true},
		{"a filter that does not", guancetest.Schedule{DimensionFilter: "host:b"}, false},
		{"a filter that cannot be read", guancetest.Schedule{DimensionFilter: "host:a OR"}, false},
		{"one of its tags", guancetest.Schedule{TagFilter: []string{"tag_0", "tag_1"}}, true},
		{"none of its tags", guancetest.Schedule{TagFilter: []string{"tag_0"}}, false},
		{"tag and filter", guancetest.Schedule{TagFilter: []string{"tag_1"}, DimensionFilter: "host:a"}, true},
		{"the tag, not the filter", guancetest.Schedule{TagFilter: []string{"tag_1"}, DimensionFilter: "host:b"}, false},
		{"the filter, not the tag", guancetest.Schedule{TagFilter: []string{"tag_0"}, DimensionFilter: "host:a"}, false},
		{"another workspace", guancetest.Schedule{Workspace: "wksp_other", DimensionFilter: "host:a"}, false},
		{"a status that is not normal", guancetest.Schedule{Status: 1, DimensionFilter: "host:a"}, false},
		{"not begun", guancetest.Schedule{DimensionFilter: "host:a", Extend: json.RawMessage(`{"effectiveTime":{"start":946684801,"end":4102444800}}`)}, false},
		{"begun this second", guancetest.Schedule{DimensionFilter: "host:a", Extend: json.RawMessage(`{"effectiveTime":{"start":946684800,"end":4102444800}}`)}, true},
		{"ended this second", guancetest.Schedule{DimensionFilter: "host:a", Extend: json.RawMessage(`{"effectiveTime":{"start":1,"end":946684800}}`)}, false},
		{"an extend that makes no sense", guancetest.Schedule{DimensionFilter: "host:a", Extend: json.RawMessage(`{"effectiveTime":7}`)}, true},
		{"a timezone that does not exist", guancetest.Schedule{DimensionFilter: "host:a", Timezone: "Mars"}, false},
		{"the hours of its own timezone", guancetest.Schedule{DimensionFilter: "host:a", Timezone: "Asia/Shanghai", Start: "08:00", End: "08:00"}, true},
		{"not the hours of ours", guancetest.Schedule{DimensionFilter: "host:a", Timezone: "Asia/Shanghai", Start: "00:00", End: "07:59"}, false},
		{"hours over midnight", guancetest.Schedule{DimensionFilter: "host:a", Start: "22:00", End: "06:00"}, true},
		{"the gap of hours over midnight", guancetest.Schedule{DimensionFilter: "host:a", Start: "22:00", End: "21:59", Timezone: "Etc/GMT+2"}, true},
		{"outside hours over midnight", guancetest.Schedule{DimensionFilter: "host:a", Start: "22:01", End: "21:59", Timezone: "Etc/GMT+2"}, false},
	} {
		t.Run(row.rule, func(t *testing.T) {
			empty(t, func(a *api) {
				row.schedule.NotifyTargets = []string{"acnt_1"}
				a.server.AddSchedule(row.schedule)
				got := a.server.Notified(on("a"), a.server.Now())
				if row.want {
					require.Len(t, got, 1)
					assert.Equal(t, "acnt_1", got[0].Target)
				} else {
					assert.Empty(t, got)
				}
			})
		})
	}
}

func TestADeletedScheduleWasInEffectUntilThen(t *testing.T) {
	empty(t, func(a *api) {
		uuid := a.add(nil)
		time.Sleep(time.Second)
		a.server.Delete(uuid)
		x := a.stored(uuid)
		assert.True(t, x.InEffect(x.Created))
		assert.False(t, x.InEffect(x.Deleted))
	})
}

// 2000-01-01 was a Saturday.
func TestARotationGivesTheDutyToOneInTurn(t *testing.T) {
	for _, row := range []struct {
		cycle    string
		timezone string
		days     []int // after 2000-01-01T00:00Z
		want     string
	}{
		{"day", "UTC", []int{0, 1, 2, 3, 366}, "a b c a a"},
		{"", "UTC", []int{0, 1, 2}, "a b c"},
		{"week", "UTC", []int{0, 1, 2, 8, 9, 16, 23}, "a a b b c a b"},
		{"month", "UTC", []int{0, 30, 31, 59, 60, 91, 366}, "a a b b c a a"},
		{"workDay", "UTC", []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 16}, "- - a b c a b - - c b"},
		{"weekend", "UTC", []int{0, 1, 2, 6, 7, 8, 14, 15, 21}, "a b - - c a b c a"},
		{"day", "America/New_York", []int{0, 1, 2, 3}, "a b c a"},
		{"workDay", "America/New_York", []int{0, 1, 2, 3, 4}, "a - - b c"}, // still Friday there
	} {
		t.Run(row.cycle+" "+row.timezone, func(t *testing.T) {
			empty(t, func(a *api) {
				extend := obj{"enableRotateNotification": true, "rotationCycle": row.cycle}
				if row.cycle == "" {
					delete(extend, "rotationCycle")
				}
				uuid := a.add(obj{"timezone": row.timezone, "notifyTargets": []string{"acnt_a", "acnt_b", "acnt_c"}, "extend": extend})
				got := ""
				for _, day := range row.days {
					duty := a.server.OnDuty(uuid, a.server.Now().AddDate(0, 0, day))
					if len(duty) == 0 {
						got += " -"
					} else {
						require.Len(t, duty, 1)
						got += " " + duty[0][len("acnt_"):]
					}
				}
				assert.Equal(t, " "+row.want, got)
			})
		})
	}
}

func TestAModifyRestartsTheRotation(t *testing.T) {
	empty(t, func(a *api) {
		body := obj{"timezone": "UTC", "notifyTargets": []string{"acnt_a", "acnt_b"}, "extend": obj{"enableRotateNotification": true, "rotationCycle": "day"}}
		uuid := a.add(body)
		a.server.AddSchedule(guancetest.Schedule{DimensionFilter: "host:other"})
		time.Sleep(24 * time.Hour)
		assert.Equal(t, []string{"acnt_b"}, a.told("a"))
		a.modify(uuid, body)
		assert.Equal(t, []string{"acnt_a"}, a.told("a"))
		assert.Equal(t, []string{"acnt_a"}, a.server.OnDuty(uuid, a.server.Now().Add(-time.Hour)), "before its anchor it stands still")
		a.modify(uuid, obj{"notifyTargets": []string{"acnt_a", "acnt_b"}})
		assert.Equal(t, []string{"acnt_a", "acnt_b"}, a.told("a"), "without rotation all are on duty")
		assert.Nil(t, a.server.OnDuty("incsch_0", a.server.Now()))
	})
}

func TestWhoIsOnLeaveIsNotTold(t *testing.T) {
	empty(t, func(a *api) {
		a.add(obj{"notifyTargets": []string{"acnt_a", "acnt_b"}})
		a.server.SetLeave("acnt_a", true)
		assert.Equal(t, []string{"acnt_b"}, a.told("x"))
		a.server.SetLeave("acnt_a", false)
		assert.Equal(t, []string{"acnt_a", "acnt_b"}, a.told("x"))
	})
}

func TestLevelsSayWhoIsToldAndWhen(t *testing.T) {
	tell := func(targets ...string) []obj {
		return []obj{{"notifyObjectType": "member", "notifyObject": targets, "notifyMethod": []string{"mobile"}}}
	}
	step := func(n int, fields obj) obj {
		l := obj{"level": n, "ifRepeatNotify": false, "notifyConfig": tell(fmt.Sprintf("acnt_%d", n))}
		for k, v := range fields {
			l[k] = v
		}
		return l
	}
	for _, row := range []struct {
		rule     string
		strategy []obj
		want     []string
	}{
		{"no strategy tells whoever is on duty at once", nil, []string{"0s notify_1"}},
		{"a strategy without levels is as none", rules(nil), []string{"0s notify_1"}},
		{"the watchkeeper is whoever is on duty", rules(obj{"strategy": []obj{step(0, obj{"notifyConfig": tell("watchkeeper", "acnt_x")})}}), []string{"0s notify_1", "0s acnt_x"}},
		{"levels count from the beginning", rules(obj{"strategy": []obj{step(0, nil), step(1, obj{"levelUpTime": 600}), step(2, obj{"levelUpTime": 900})}}), []string{"0s acnt_0", "10m0s acnt_1", "15m0s acnt_2"}},
		{"a level beyond the end does not come", rules(obj{"strategy": []obj{step(0, nil), step(1, obj{"levelUpTime": 3601})}}), []string{"0s acnt_0"}},
		{"a level repeats", rules(obj{"strategy": []obj{step(1, obj{"levelUpTime": 1800, "ifRepeatNotify": true, "repeatNotifyInterval": 900})}}), []string{"30m0s acnt_1", "45m0s acnt_1", "1h0m0s acnt_1"}},
		{"a repetition without an interval comes once", rules(obj{"strategy": []obj{step(0, obj{"ifRepeatNotify": true, "repeatNotifyInterval": nil})}}), []string{"0s acnt_0"}},
		{"a level is for some statuses", rules(obj{"strategy": []obj{step(0, obj{"incidentsStatus": []string{"working"}}), step(1, obj{"incidentsStatus": []string{"open"}})}}), []string{"0s acnt_1"}},
		{"a level is for some levels", rules(obj{"strategy": []obj{step(0, obj{"incidentsLevel": []string{"system_level_0"}}), step(1, obj{"incidentsLevel": []string{"system_level_1"}})}}), []string{"0s acnt_1"}},
	} {
		t.Run(row.rule, func(t *testing.T) {
			empty(t, func(a *api) {
				body := obj{"dimensionFilter": "host:a"}
				if row.strategy != nil {
					body["scheduleStrategy"] = row.strategy
				}
				a.add(body)
				now := a.server.Now()
				var got []string
				for _, n := range a.server.Notices(on("a"), now, now.Add(time.Hour)) {
					got = append(got, fmt.Sprint(n.At.Sub(now), " ", n.Target))
				}
				assert.Equal(t, row.want, got)
			})
		})
	}
}

func TestNotifiedTellsOfLevelZeroAlone(t *testing.T) {
	empty(t, func(a *api) {
		a.add(obj{"scheduleStrategy": level(obj{"level": 1, "notifyConfig": []obj{{"notifyObjectType": "member", "notifyObject": []string{"acnt_1"}}}})})
		assert.Empty(t, a.told("a"))
	})
}

func TestAStrategyThatAPersonBrokeTellsNobody(t *testing.T) {
	empty(t, func(a *api) {
		a.server.AddSchedule(guancetest.Schedule{Strategy: []json.RawMessage{
			json.RawMessage(`7`), json.RawMessage(`{"strategy":"x"}`), json.RawMessage(`{"strategy":[{"level":"x"},7]}`),
		}})
		assert.Equal(t, []string{"acnt_guancetest"}, a.told("a"), "what cannot be read is as if it were absent")
	})
}
