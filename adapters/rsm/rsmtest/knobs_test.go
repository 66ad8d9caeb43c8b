package rsmtest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ttkit/ttkit/adapters/rsm/rsmtest"
)

// knobs shows, for every value of every knob, what it changes.
var knobs = map[string]func(a *api){
	"defaults": func(a *api) {
		assert.Equal(a.t, rsmtest.Knobs{}, a.server.Knobs())
	},
	"profile=6.7": func(a *api) {
		m := a.create(nil, 1)
		assert.Equal(a.t, "2000-01-01T00:00:00.0000000+00:00", m.DateStart)
		assert.Equal(a.t, -1, m.Items[0].Depth)
	},
	"labels=merge": func(a *api) {
		id := a.create(obj{"labels": obj{"a": "1", "b": "2"}}, 1).ID
		m := a.one(200, a.patch(id, obj{"labels": obj{"b": "3"}}))
		assert.Equal(a.t, obj{"a": "1", "b": "3"}, m.Labels)
		m = a.one(200, a.replace(id, obj{"dateStart": m.DateStart, "dateEnd": m.DateEnd, "configItems": items(1)}))
		assert.Empty(a.t, m.Labels, "replace replaces")
	},
	"items=merge": func(a *api) {
		id := a.create(nil, 1).ID
		assert.Equal(a.t, []int64{1, 2}, itemIDs(a.one(200, a.patch(id, obj{"configItems": items(2)}))))
	},
	"scope=plain": func(a *api) {
		id := a.create(nil, 1).ID
		assert.Equal(a.t, []int64{2}, itemIDs(a.one(200, a.patch(id, obj{"configItems": items(2)}))))
	},
	"cancel-running=cancel": func(a *api) {
		assert.Equal(a.t, "Cancelled", a.cancelled().Items[0].State)
	},
	"cancel-running=reject": func(a *api) {
		got := a.patch(a.create(nil, 1).ID, obj{"cancel": true})
		assert.Equal(a.t, 400, got.status)
		assert.Contains(a.t, got.raw, "already started")
	},
	"cancel-dates=items": func(a *api) {
		m := a.cancelled()
		assert.Equal(a.t, []string{"60", "0"}, []string{minute(m.DateEnd), minute(m.Items[0].DateEnd)})
	},
	"cancel-dates=states": func(a *api) {
		m := a.cancelled()
		assert.Equal(a.t, []string{"60", "60", "Completed"}, []string{minute(m.DateEnd), minute(m.Items[0].DateEnd), m.Items[0].State})
	},
	"cancel-dates=all": func(a *api) {
		m := a.create(obj{"dateStart": a.at(time.Minute)}, 1)
		m = a.one(200, a.patch(m.ID, obj{"cancel": true}))
		assert.Equal(a.t, []string{"0", "0"}, []string{minute(m.DateStart), minute(m.DateEnd)})
	},
	"cancel-fields=drop": func(a *api) {
		m := a.one(200, a.patch(a.create(nil, 1).ID, obj{"cancel": true, "title": "note"}))
		assert.Nil(a.t, m.Title)
		assert.Equal(a.t, "Completed", m.Items[0].State)
	},
	"past-start=move": func(a *api) {
		assert.Equal(a.t, []string{"1 Active 0-60"}, brief(a.create(obj{"dateStart": a.at(-time.Hour)}, 1)))
		assert.Equal(a.t, []string{"1 Pending 5-60"}, brief(a.create(obj{"dateStart": a.at(5 * time.Minute)}, 1)))
	},
	"ignore-validate": func(a *api) {
		assert.Equal(a.t, []int64{1}, itemIDs(a.create(nil, 1, 999)))
	},
	"refuse-z": func(a *api) {
		assert.Equal(a.t, 400, a.tryCreate(obj{"dateEnd": "2000-01-02T00:00:00Z"}, 1).status)
		assert.Equal(a.t, 201, a.tryCreate(obj{"dateEnd": "2000-01-02T00:00:00+00:00"}, 1).status)
	},
	"label-limit=255": func(a *api) {
		assert.Equal(a.t, 201, a.tryCreate(obj{"labels": obj{"a": strings.Repeat("x", 255)}}, 1).status)
		assert.Equal(a.t, 400, a.tryCreate(obj{"labels": obj{"a": strings.Repeat("x", 256)}}, 1).status)
	},
	"title-limit=200": func(a *api) {
		assert.Equal(a.t, 201, a.tryCreate(obj{"title": strings.Repeat("ж", 200)}, 1).status)
		assert.Equal(a.t, 400, a.tryCreate(obj{"title": strings.Repeat("ж", 201)}, 1).status)
	},
	"tick=3s": func(a *api) {
		time.Sleep(time.Second)
		m := a.create(obj{"dateEnd": a.at(4 * time.Second)}, 1)
		var states []string
		for range 8 {
			states = append(states, a.get(m.ID).Items[0].State)
			time.Sleep(time.Second)
		}
		assert.Equal(a.t, "Pending Pending Active Active Active Completed Completed Completed", strings.Join(states, " "))
	},
	"list-lag=2s": func(a *api) {
		id := a.create(obj{"title": "old"}, 1).ID
		assert.NotNil(a.t, a.get(id), "GET sees it at once")
		assert.Empty(a.t, a.list(""))
		assert.Empty(a.t, a.filter(obj{"ids": []int64{id}}))
		time.Sleep(2*time.Second - 1)
		assert.Empty(a.t, a.list("?search=old"))
		time.Sleep(time.Nanosecond)
		assert.Equal(a.t, []int64{id}, a.list("?search=old"))

		a.patch(id, obj{"title": "newer"})
		time.Sleep(time.Second)
		a.patch(id, obj{"title": "newest"})
		for _, title := range []string{"old", "newer", "newest"} {
			assert.Equal(a.t, []int64{id}, a.list("?search="+title), title)
			time.Sleep(time.Second)
		}
		assert.Empty(a.t, a.list("?search=old"))

		other := a.server.AddMode(rsmtest.Mode{Items: []rsmtest.Item{{CI: 1}}})
		assert.Equal(a.t, []int64{id, other}, a.list(""), "a person's mode has been there")
	},
	"list-lag=2s,get-lag": func(a *api) {
		id := a.create(nil, 1).ID
		assert.Equal(a.t, 404, a.do("GET", modePath(id), nil).status)
		assert.Equal(a.t, 200, a.patch(id, obj{"title": "t"}).status, "a write finds it")
		time.Sleep(2 * time.Second)
		assert.Equal(a.t, "t", *a.get(id).Title, "what is seen is current")
	},
	"commit-delay=1s": func(a *api) {
		assert.Equal(a.t, []time.Duration{time.Second, 0, time.Second / 2, time.Second}, a.delays(4))
		assert.Equal(a.t, []int64{1001, 1002, 1003, 1004}, a.list(""))
	},
	"ids=early,commit-delay=1s": func(a *api) {
		var wait sync.WaitGroup
		for n := range 3 {
			wait.Go(func() {
				time.Sleep(time.Duration(n)) // arrive in turn
				a.create(obj{"title": string('a' + rune(n))}, 1)
			})
		}
		wait.Wait()
		assert.Equal(a.t, "a b c", a.titles(func(x, y rsmtest.Mode) bool { return x.ID < y.ID }))
		assert.Equal(a.t, "b c a", a.titles(func(x, y rsmtest.Mode) bool { return x.Created.Before(y.Created) }))
	},
	"ids=blocks": func(a *api) {
		assert.Equal(a.t, []int64{1001, 1021, 1002, 1022}, a.createdIDs(4))
		a.server.AddMode(rsmtest.Mode{ID: 1003, Items: []rsmtest.Item{{CI: 1}}})
		assert.Equal(a.t, []int64{1023, 1004}, a.createdIDs(2), "an id that is taken is passed over")
	},
	"ids=reversed": func(a *api) {
		ids := a.createdIDs(22)
		assert.Equal(a.t, []int64{1020, 1019, 1018}, ids[:3])
		assert.Equal(a.t, []int64{1001, 1040, 1039}, ids[19:])
	},
	"running=InProgress": func(a *api) { assert.Equal(a.t, "InProgress", a.create(nil, 1).Items[0].State) },
	"running=Started":    func(a *api) { assert.Equal(a.t, "Started", a.create(nil, 1).Items[0].State) },
	"running=Running":    func(a *api) { assert.Equal(a.t, "Running", a.create(nil, 1).Items[0].State) },
	"cancelled=Canceled": func(a *api) {
		m := a.create(obj{"dateStart": a.at(time.Minute)}, 1)
		assert.Equal(a.t, "Canceled", a.one(200, a.patch(m.ID, obj{"cancel": true})).Items[0].State)
	},
	"fraction=0": func(a *api) {
		assert.Equal(a.t, "2000-01-01T00:00:00+00:00", a.create(obj{"dateStart": "2000-01-01T00:00:00.7+00:00"}, 1).DateStart)
	},
	"fraction=7": func(a *api) {
		m := a.create(obj{"dateStart": "2000-01-01T00:00:00.123456789+00:00"}, 1)
		assert.Equal(a.t, "2000-01-01T00:00:00.1234567+00:00", m.DateStart)
		assert.Equal(a.t, m.DateStart, m.Items[0].DateStart)
	},
	"zone=+03:00": func(a *api) {
		assert.Equal(a.t, "2000-01-01T03:00:00+03:00", a.create(nil, 1).DateStart)
		assert.Equal(a.t, "2000-01-01T04:30:00+03:00", a.create(obj{"dateStart": "2000-01-01T04:30:00", "dateEnd": "2000-01-02T04:30"}, 1).DateStart, "no offset is local")
	},
	"zone=Z": func(a *api) { assert.Equal(a.t, "2000-01-01T00:00:00Z", a.create(nil, 1).DateStart) },
	"zone=given": func(a *api) {
		m := a.create(obj{"dateEnd": "2000-01-02T05:30:00+05:30"}, 1)
		assert.Equal(a.t, "2000-01-01T00:00:00+00:00 2000-01-02T05:30:00+05:30", m.DateStart+" "+m.DateEnd)
	},
	"default-depth=-1": func(a *api) {
		m := a.create(obj{"configItems": []obj{{"id": 1, "depth": 0}, {"id": 2, "scope": "CiAndChildren"}, {"id": 3, "scope": "CiAndChildren", "depth": 0}}})
		assert.Equal(a.t, []int{-1, -1, 0}, []int{m.Items[0].Depth, m.Items[1].Depth, m.Items[2].Depth})
	},
	"lower-label-keys": func(a *api) {
		assert.Equal(a.t, obj{"ownKey": "Value", "жар": ""}, a.create(obj{"labels": obj{"OwnKey": "Value", "Жар": ""}}, 1).Labels)
	},
	"null-empty": func(a *api) {
		m := a.create(obj{"title": ""}, 1)
		assert.Nil(a.t, m.Labels)
		assert.Nil(a.t, m.Title)
	},
	"extra-fields": func(a *api) {
		got := a.tryCreate(nil, 7).raw
		assert.Contains(a.t, got, `"createdBy"`)
		assert.Contains(a.t, got, `"name":"host-7"`)
		assert.Contains(a.t, a.do("POST", cis+"/filter", obj{"ids": []int{7}}).raw, `"configItemType"`)
	},
	"hide-items": func(a *api) {
		m := a.create(nil, 1, 2)
		a.server.SetToken(rsmtest.Token{Value: rsmtest.DefaultToken, Read: []int64{2}})
		assert.Equal(a.t, []int64{2}, itemIDs(a.get(m.ID)))
	},
	"no-paging": func(a *api) {
		h := a.do("GET", modes, nil).header
		for _, name := range []string{"X-Total", "X-Total-Filtered", "X-Page", "X-Per-Page", "X-Total-Pages"} {
			assert.Empty(a.t, h.Values(name), name)
		}
	},
	"language=ru": func(a *api) {
		a.headers = map[string]string{"Accept-Language": "en-US"}
		assert.Equal(a.t, "Сервисный режим с ID 7 не найден", a.message("GET", modePath(7), nil))
	},
	"language=en": func(a *api) {
		a.headers = map[string]string{"Accept-Language": "ru-RU"}
		assert.Equal(a.t, "The maintenance with ID 7 is not found", a.message("GET", modePath(7), nil))
	},
	"period": func(a *api) {
		assert.Equal(a.t, "The maintenance with ID 7 is not found.", a.message("GET", modePath(7), nil))
	},
	"errors=message": func(a *api) {
		assert.JSONEq(a.t, `{"message":"Maintenance start time is not specified"}`, a.do("POST", modes, obj{}).raw)
	},
	"errors=stack": func(a *api) {
		assert.Contains(a.t, a.do("GET", modePath(7), nil).raw, `"stackTrace":"   at `)
	},
	"errors=empty": func(a *api) {
		assert.Equal(a.t, reply{status: 404}, a.bare("GET", modePath(7)))
	},
	"errors=problem": func(a *api) {
		got := a.do("POST", modes, obj{})
		assert.Equal(a.t, "application/problem+json; charset=utf-8", got.header.Get("Content-Type"))
		var p struct {
			Type, Title, TraceID string
			Status               int
			Errors               map[string][]string
		}
		a.decode(got, &p)
		assert.Equal(a.t, "Bad Request", p.Title)
		assert.NotEmpty(a.t, p.TraceID)
		assert.Equal(a.t, 400, p.Status)
		assert.Equal(a.t, []string{"Maintenance start time is not specified"}, p.Errors["dateStart"])
	},
	"denials=fields": func(a *api) {
		a.token = "unknown"
		assert.Equal(a.t, "The user is not authorized", a.message("GET", modes, nil))
		assert.Equal(a.t, "The user could not be authorized", a.message("POST", modes, nil))
	},
	"denials=stack": func(a *api) {
		a.token = "unknown"
		assert.Contains(a.t, a.do("GET", modes, nil).raw, `"stackTrace"`)
	},
	"denials=empty": func(a *api) {
		a.server.SetToken(rsmtest.Token{Value: rsmtest.DefaultToken, Read: []int64{}})
		assert.Equal(a.t, reply{status: 403}, a.bare("GET", modes))
		a.headers = map[string]string{"Content-Type": "text/plain"}
		assert.Equal(a.t, reply{status: 415}, a.bare("POST", modes))
	},
	"denials=problem": func(a *api) {
		a.token = "unknown"
		assert.Contains(a.t, a.do("GET", modes, nil).raw, `"title":"Unauthorized"`)
	},
	"bad-id=404": func(a *api) {
		assert.Equal(a.t, 404, a.do("GET", modes+"/x", nil).status)
		assert.Equal(a.t, 400, a.do("GET", modes+"/0", nil).status)
	},
	"expand-children": func(a *api) {
		a.server.AddCI(rsmtest.CI{ID: 50, Name: "child", Parent: 1})
		a.server.AddCI(rsmtest.CI{ID: 51, Name: "grandchild", Parent: 50})
		above := a.create(obj{"configItems": []obj{{"id": 1, "scope": "CiAndChildren"}}}).ID
		a.create(nil, 1)
		assert.Equal(a.t, []int64{above}, a.filter(obj{"configItemIds": []int{51}}))
		a.server.AddCI(rsmtest.CI{ID: 1, Parent: 51})
		assert.Empty(a.t, a.filter(obj{"configItemIds": []int{2}}), "a loop of parents ends")
	},
	"fold-names": func(a *api) {
		assert.Equal(a.t, []int64{1, 20}, a.ids(a.do("POST", cis+"/filter", obj{"names": []string{"host-1"}})))
	},
	"token-lag=5s": func(a *api) {
		a.server.Revoke(rsmtest.DefaultToken)
		time.Sleep(5*time.Second - 1)
		assert.Equal(a.t, 200, a.do("GET", modes, nil).status)
		time.Sleep(time.Nanosecond)
		assert.Equal(a.t, 401, a.do("GET", modes, nil).status)
	},
	"skew=90s":  func(a *api) { a.skewed("Sat, 01 Jan 2000 00:01:30 GMT") },
	"skew=-90s": func(a *api) { a.skewed("Fri, 31 Dec 1999 23:58:30 GMT") },
	"no-date": func(a *api) {
		assert.Empty(a.t, a.do("GET", modes, nil).header.Values("Date"))
	},
}

func TestEveryValueOfEveryKnobShows(t *testing.T) {
	seen := make(map[string]bool)
	for _, n := range rsmtest.AllKnobs() {
		assert.False(t, seen[n.Name], "%s is there twice", n.Name)
		seen[n.Name] = true
		t.Run(n.Name, func(t *testing.T) {
			show := knobs[n.Name]
			require.NotNil(t, show, "nothing shows what it changes")
			bubble(t, rsmtest.Options{Knobs: n.Knobs}, show)
		})
	}
	assert.Len(t, seen, len(knobs))
}

func TestRandomKnobsDependOnTheSeedAlone(t *testing.T) {
	different := make(map[rsmtest.Knobs]bool)
	for seed := range uint64(200) {
		k := rsmtest.RandomKnobs(seed)
		assert.Equal(t, k, rsmtest.RandomKnobs(seed))
		different[k] = true
	}
	assert.Len(t, different, 200)
}

func TestAcceptLanguageChoosesTheLanguage(t *testing.T) {
	const ru, en = "Сервисный режим с ID 7 не найден", "The maintenance with ID 7 is not found"
	for _, row := range []struct{ header, want string }{
		{"", en}, {"ru", ru}, {"ru-RU", ru}, {"RU-ru;q=0.9, en", ru}, {"en-US, ru", en}, {"fr, ru", ru}, {"fr", en},
	} {
		t.Run(row.header, func(t *testing.T) {
			bubble(t, rsmtest.Options{}, func(a *api) {
				a.headers = map[string]string{"Accept-Language": row.header}
				assert.Equal(t, row.want, a.message("GET", modePath(7), nil))
			})
		})
	}
}

func TestKnobsTurnInTheMiddle(t *testing.T) {
	bubble(t, rsmtest.Options{}, func(a *api) {
		m := a.create(nil, 1)
		assert.Equal(t, "Active", m.Items[0].State)
		a.server.SetKnobs(rsmtest.Knobs{RunningState: "Started", ListLag: time.Minute})
		assert.Equal(t, "Started", a.get(m.ID).Items[0].State)
		assert.Empty(t, a.list(""), "a minute ago there was nothing")
	})
}

// cancelled creates a running mode and cancels it.
func (a *api) cancelled() modeReply {
	a.t.Helper()
	return a.one(200, a.patch(a.create(nil, 1).ID, obj{"cancel": true}))
}

// delays is how long each of n creations takes.
func (a *api) delays(n int) []time.Duration {
	var out []time.Duration
	for range n {
		began := time.Now()
		a.create(nil, 1)
		out = append(out, time.Since(began))
	}
	return out
}

func (a *api) createdIDs(n int) []int64 {
	var out []int64
	for range n {
		out = append(out, a.create(nil, 1).ID)
	}
	return out
}

// titles are the titles of all modes in an order.
func (a *api) titles(before func(x, y rsmtest.Mode) bool) string {
	all := a.server.Modes()
	var out []string
	for len(all) > 0 {
		first := 0
		for i := range all {
			if before(all[i], all[first]) {
				first = i
			}
		}
		out = append(out, all[first].Title)
		all = append(all[:first], all[first+1:]...)
	}
	return strings.Join(out, " ")
}

// message is the message of an error.
func (a *api) message(method, path string, body any) string {
	a.t.Helper()
	var e struct{ Message string }
	require.NoError(a.t, json.Unmarshal([]byte(a.do(method, path, body).raw), &e))
	return e.Message
}

// bare is a reply without its headers.
func (a *api) bare(method, path string) reply {
	r := a.do(method, path, nil)
	r.header = nil
	return r
}

// skewed checks that the server's clock is what the Date header shows, and
// what decides.
func (a *api) skewed(date string) {
	a.t.Helper()
	assert.Equal(a.t, date, a.do("GET", modes, nil).header.Get("Date"))
	server, err := http.ParseTime(date)
	require.NoError(a.t, err)
	end := func(d time.Duration) obj {
		return obj{"dateStart": "1999-01-01T00:00:00+00:00", "dateEnd": server.Add(d).Format(time.RFC3339)}
	}
	assert.Equal(a.t, 400, a.tryCreate(end(0), 1).status)
	assert.Equal(a.t, 201, a.tryCreate(end(time.Second), 1).status)
}
