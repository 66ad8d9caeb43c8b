package guancetest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/ttkit/ttkit/adapters/guance/guancetest"
)

func level(fields obj) []obj {
	l := obj{"level": 0, "notifyConfig": []obj{}, "ifRepeatNotify": false, "repeatNotifyInterval": nil}
	for k, v := range fields {
		l[k] = v
		if v == remove {
			delete(l, k)
		}
	}
	return rules(obj{"strategy": []obj{l}})
}

func recipient(fields obj) []obj {
	c := obj{"notifyObjectType": "member", "notifyObject": []string{"watchkeeper"}}
	for k, v := range fields {
		c[k] = v
		if v == remove {
			delete(c, k)
		}
	}
	return level(obj{"notifyConfig": []obj{c}})
}

func rules(fields obj) []obj {
	r := obj{"uuid": "u-1", "name": "primary"}
	for k, v := range fields {
		r[k] = v
		if v == remove {
			delete(r, k)
		}
	}
	return []obj{r}
}

func effective(start, end any) obj {
	return obj{"effectiveTime": obj{"start": start, "end": end}}
}

// refusals are requests with one wrong field, and the field that the answer
// names.
var refusals = []struct {
	rule  string
	body  obj
	field string
}{
	{"name is required", obj{"name": remove}, "name"},
	{"name must not be null", obj{"name": nil}, "name"},
	{"name must not be empty", obj{"name": ""}, "name"},
	{"name is a string", obj{"name": 7}, "name"},
	{"name has at most 256 characters", obj{"name": strings.Repeat("警", 257)}, "name"},
	{"timezone must not be null", obj{"timezone": nil}, "timezone"},
	{"timezone must exist", obj{"timezone": "Mars/Olympus"}, "timezone"},
	{"timezone must not be empty", obj{"timezone": ""}, "timezone"},
	{"timezone is no path", obj{"timezone": "../../etc/localtime"}, "timezone"},
	{"Local is no timezone", obj{"timezone": "Local"}, "timezone"},
	{"timezone has at most 48 characters", obj{"timezone": strings.Repeat("x", 49)}, "timezone"},
	{"start is required", obj{"start": remove}, "start"},
	{"start is a time of the day", obj{"start": "24:00"}, "start"},
	{"start has two digits each", obj{"start": "0:00"}, "start"},
	{"end is required", obj{"end": remove}, "end"},
	{"end has no seconds", obj{"end": "23:59:59"}, "end"},
	{"tagFilter must not be null", obj{"tagFilter": nil}, "tagFilter"},
	{"tagFilter is an array", obj{"tagFilter": "tag_1"}, "tagFilter"},
	{"tagFilter is an array of strings", obj{"tagFilter": []any{1}}, "tagFilter"},
	{"tagFilter has no null", obj{"tagFilter": []any{nil}}, "tagFilter"},
	{"dimensionFilter must not be null", obj{"dimensionFilter": nil}, "dimensionFilter"},
	{"dimensionFilter is a string", obj{"dimensionFilter": []string{"host:a"}}, "dimensionFilter"},
	{"dimensionFilter has a grammar", obj{"dimensionFilter": "host:a OR"}, "dimensionFilter"},
	{"notifyTargets are required", obj{"notifyTargets": remove}, "notifyTargets"},
	{"notifyTargets must not be null", obj{"notifyTargets": nil}, "notifyTargets"},
	{"notifyTargets must not be empty", obj{"notifyTargets": []string{}}, "notifyTargets"},
	{"a target is of a known kind", obj{"notifyTargets": []string{"notify_1", "noc"}}, "notifyTargets"},
	{"a target is not empty", obj{"notifyTargets": []string{""}}, "notifyTargets"},
	{"extend must not be null", obj{"extend": nil}, "extend"},
	{"extend is an object", obj{"extend": []int{}}, "extend"},
	{"enableRotateNotification is a bool", obj{"extend": obj{"enableRotateNotification": 1}}, "extend.enableRotateNotification"},
	{"rotationCycle is one of five", obj{"extend": obj{"rotationCycle": "year"}}, "extend.rotationCycle"},
	{"effectiveTime is an object", obj{"extend": obj{"effectiveTime": 1}}, "extend.effectiveTime"},
	{"effectiveTime needs a start", obj{"extend": obj{"effectiveTime": obj{"end": 1}}}, "extend.effectiveTime.start"},
	{"effectiveTime needs an end", obj{"extend": obj{"effectiveTime": obj{"start": 1}}}, "extend.effectiveTime.end"},
	{"effectiveTime ends after it starts", obj{"extend": effective(7, 7)}, "extend.effectiveTime.end"},
	{"effectiveTime is in whole seconds", obj{"extend": effective(1, 7.5)}, "extend.effectiveTime.end"},
	{"effectiveTime is no text", obj{"extend": effective("1", 7)}, "extend.effectiveTime.start"},
	{"effectiveTime is not in milliseconds", obj{"extend": effective(1, int64(1769000000000))}, "extend.effectiveTime.end"},
	{"effectiveTime is not negative", obj{"extend": effective(-1, 7)}, "extend.effectiveTime.start"},
	{"scheduleStrategy must not be null", obj{"scheduleStrategy": nil}, "scheduleStrategy"},
	{"scheduleStrategy is an array", obj{"scheduleStrategy": obj{}}, "scheduleStrategy"},
	{"a strategy is an object", obj{"scheduleStrategy": []any{"x"}}, "scheduleStrategy[0]"},
	{"a strategy has a uuid", obj{"scheduleStrategy": rules(obj{"uuid": remove})}, "scheduleStrategy[0].uuid"},
	{"a strategy's uuid must not be null", obj{"scheduleStrategy": rules(obj{"uuid": nil})}, "scheduleStrategy[0].uuid"},
	{"a strategy has a name", obj{"scheduleStrategy": rules(obj{"name": remove})}, "scheduleStrategy[0].name"},
	{"a strategy's levels must not be null", obj{"scheduleStrategy": rules(obj{"strategy": nil})}, "scheduleStrategy[0].strategy"},
	{"a level is an object", obj{"scheduleStrategy": rules(obj{"strategy": []int{1}})}, "scheduleStrategy[0].strategy[0]"},
	{"a level has a number", obj{"scheduleStrategy": level(obj{"level": remove})}, "scheduleStrategy[0].strategy[0].level"},
	{"a level is not negative", obj{"scheduleStrategy": level(obj{"level": -1})}, "scheduleStrategy[0].strategy[0].level"},
	{"a level has a notifyConfig", obj{"scheduleStrategy": level(obj{"notifyConfig": remove})}, "scheduleStrategy[0].strategy[0].notifyConfig"},
	{"ifRepeatNotify is required", obj{"scheduleStrategy": level(obj{"ifRepeatNotify": remove})}, "scheduleStrategy[0].strategy[0].ifRepeatNotify"},
	{"repeatNotifyInterval is a number or null", obj{"scheduleStrategy": level(obj{"repeatNotifyInterval": "600"})}, "scheduleStrategy[0].strategy[0].repeatNotifyInterval"},
	{"levelUpTime is a number", obj{"scheduleStrategy": level(obj{"levelUpTime": nil})}, "scheduleStrategy[0].strategy[0].levelUpTime"},
	{"incidentsLevel is an array", obj{"scheduleStrategy": level(obj{"incidentsLevel": "system_level_1"})}, "scheduleStrategy[0].strategy[0].incidentsLevel"},
	{"incidentsStatus is open or working", obj{"scheduleStrategy": level(obj{"incidentsStatus": []string{"closed"}})}, "scheduleStrategy[0].strategy[0].incidentsStatus"},
	{"notifyObjectType is required", obj{"scheduleStrategy": recipient(obj{"notifyObjectType": remove})}, "scheduleStrategy[0].strategy[0].notifyConfig[0].notifyObjectType"},
	{"notifyObjectType is one of a few", obj{"scheduleStrategy": recipient(obj{"notifyObjectType": "robot"})}, "scheduleStrategy[0].strategy[0].notifyConfig[0].notifyObjectType"},
	{"notifyType is one of a few, too", obj{"scheduleStrategy": recipient(obj{"notifyObjectType": remove, "notifyType": []string{"a", "b"}})}, "scheduleStrategy[0].strategy[0].notifyConfig[0].notifyObjectType"},
	{"notifyObject is required", obj{"scheduleStrategy": recipient(obj{"notifyObject": remove})}, "scheduleStrategy[0].strategy[0].notifyConfig[0].notifyObject"},
	{"notifyMethod is one of three", obj{"scheduleStrategy": recipient(obj{"notifyMethod": []string{"fax"}})}, "scheduleStrategy[0].strategy[0].notifyConfig[0].notifyMethod"},
}

func TestEveryWrongFieldIsRefusedByItsName(t *testing.T) {
	for _, row := range refusals {
		t.Run(row.rule, func(t *testing.T) {
			bubble(t, guancetest.Options{}, func(a *api) {
				uuid := a.add(nil)
				before := a.server.Schedules()
				for _, got := range []reply{a.tryAdd(row.body), a.tryModify(uuid, row.body)} {
					assert.Equal(t, 400, got.status, got.raw)
					assert.Equal(t, 400, got.Code)
					assert.Equal(t, "ft.ParamsVerificationFailed", got.ErrorCode)
					assert.Contains(t, got.Message, "parameter "+row.field+": ")
				}
				assert.Equal(t, before, a.server.Schedules(), "what is refused changes nothing")
			})
		})
	}
}

func TestTheFirstWrongFieldIsNamed(t *testing.T) {
	empty(t, func(a *api) {
		got := a.tryAdd(obj{"scheduleStrategy": nil, "end": "x", "timezone": 7})
		assert.Contains(t, got.Message, "parameter timezone: ")
		for _, body := range []string{"[]", "7", "null", "{", `{"name":"\xff"}`, "{\"name\":\"\xff\"}", "{} {}"} {
			got := a.do("POST", schedules+"/add", body)
			assert.Equal(t, 400, got.status)
			assert.Contains(t, got.Message, "parameter body: ", body)
		}
		got = a.do("POST", schedules+"/add", nil)
		assert.Contains(t, got.Message, "parameter name: ", "no body is an empty object")
	})
}

func TestEveryFieldIsStoredAndShown(t *testing.T) {
	full := obj{
		"name": strings.Repeat("警", 256), "timezone": "America/St_Johns", "start": "08:30", "end": "08:29",
		"tagFilter": []any{"tag_1"}, "dimensionFilter": "host:agg-1 OR host:agg-2",
		"notifyTargets": []any{"acnt_1", "notify_1", "group_1", "a@example.net"},
		"extend":        obj{"enableRotateNotification": true, "rotationCycle": "workDay", "effectiveTime": obj{"start": 1769000000.0, "end": 4102444800.0}},
	}
	bubble(t, guancetest.Options{}, func(a *api) {
		strategy := recipient(obj{"notifyMethod": []any{"mobile", "message", "email"}})
		body := obj{"scheduleStrategy": strategy}
		for k, v := range full {
			body[k] = v
		}
		uuid := a.add(body)
		for name, got := range map[string]obj{"get": a.get(uuid), "modify": a.modify(uuid, body)} {
			for k, v := range full {
				assert.Equal(t, v, got[k], "%s shows %s", name, k)
			}
			assert.Len(t, got["strategyConfig"], 1)
			assert.NotContains(t, got, "scheduleStrategy")
		}
	})
}

func TestStrategiesAreKeptByteForByte(t *testing.T) {
	for _, row := range []struct{ rule, sent, kept string }{
		{"keys that nobody documented stay", `{"uuid":"u","name":"n","color":{"b":1.50,"a":[null,1e3]}}`, ""},
		{"the order of keys stays", `{"strategy":[],"name":"n","uuid":"u"}`, ""},
		{"escapes stay, also in keys", `{"uuid":"u","name":"\u003cn\u003e \/ é","\u0061b":0}`, ""},
		{"white space between tokens goes", "{ \"uuid\": \"u\",\n \"name\": \"a  b\" }", `{"uuid":"u","name":"a  b"}`},
		{
			"notifyType is stored as notifyObjectType",
			`{"uuid":"u","name":"n","strategy":[{"level":0,"notifyConfig":[{"notifyType":["member"],"x":1.0,"notifyObject":["acnt_1"]}],"ifRepeatNotify":false}]}`,
			`{"uuid":"u","name":"n","strategy":[{"level":0,"notifyConfig":[{"notifyObjectType":"member","x":1.0,"notifyObject":["acnt_1"]}],"ifRepeatNotify":false}]}`,
		},
		{
			"a bare notifyObject is stored as an array",
			`{"uuid":"u","name":"n","strategy":[{"level":0,"notifyConfig":[{"notifyType":"member","notifyObject":"acnt_1"}],"ifRepeatNotify":false}]}`,
			`{"uuid":"u","name":"n","strategy":[{"level":0,"notifyConfig":[{"notifyObjectType":"member","notifyObject":["acnt_1"]}],"ifRepeatNotify":false}]}`,
		},
	} {
		t.Run(row.rule, func(t *testing.T) {
			empty(t, func(a *api) {
				if row.kept == "" {
					row.kept = row.sent
				}
				body := `{"name":"n","start":"00:00","end":"23:59","notifyTargets":["notify_1"],"extend":{"enableRotateNotification" : false},"scheduleStrategy":[` + row.sent + `]}`
				got := a.do("POST", schedules+"/add", body)
				uuid := a.fine(got)["uuid"].(string)
				assert.Contains(t, got.raw, `"strategyConfig":[`+row.kept+`]`)
				assert.Contains(t, a.do("GET", schedules+"/"+uuid+"/get", nil).raw, `"strategyConfig":[`+row.kept+`]`)
				stored := a.stored(uuid)
				assert.Equal(t, row.kept, string(stored.Strategy[0]))
				assert.Equal(t, `{"enableRotateNotification":false}`, string(stored.Extend))
			})
		})
	}
}
