package guancetest_test

import (
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/ttkit/ttkit/adapters/guance/guancetest"
)

// otherKnobs show who finds what, how calls are counted, and who is told.
var otherKnobs = map[string]func(a *api){
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
