package guancetest

import (
	"encoding/json"
	"strconv"
)

// crowd is how many schedules of people a crowded workspace holds: more than
// a page.
const crowd = 120

// seed fills the default workspace.
func (s *Server) seed(w Workspace) {
	if w == WorkspaceEmpty {
		return
	}
	s.AddSchedule(Schedule{Name: "Default", Default: true, Creator: "SYS", Timezone: defaultTimezone})
	n := 0
	switch w {
	case WorkspacePeople:
		n = 3
	case WorkspaceCrowded:
		n = crowd
	}
	for i := range n {
		x := people[i%len(people)]
		x.Name += " " + strconv.Itoa(i+1)
		s.AddSchedule(x)
	}
}

// people are what people make: schedules of all kinds, among them one that
// looks a little like a program's.
var people = []Schedule{
	{
		Name:            "night shift",
		Timezone:        "Europe/Berlin",
		Start:           "20:00",
		End:             "06:00",
		DimensionFilter: "service:pay* AND env:prod",
		TagFilter:       []string{"tag_5f1e"},
		NotifyTargets:   []string{"acnt_a", "acnt_b", "acnt_c"},
		Extend:          json.RawMessage(`{"rotationCycle":"week","enableRotateNotification":true}`),
		Strategy: []json.RawMessage{json.RawMessage(`{"uuid":"2c4ad5a0-0000-11ee-8c99-0242ac120002","name":"primary","strategy":[` +
			`{"level":0,"notifyConfig":[{"notifyObjectType":"member","notifyObject":["watchkeeper"],"notifyMethod":["mobile","email"]}],"ifRepeatNotify":false,"repeatNotifyInterval":null},` +
			`{"level":1,"levelUpTime":1800,"notifyConfig":[{"notifyObjectType":"group","notifyObject":["group_lead"],"notifyMethod":["email"]}],"ifRepeatNotify":true,"repeatNotifyInterval":600,"incidentsLevel":["system_level_0"],"incidentsStatus":["open"]}]}`)},
	},
	{
		Name:          "[tt] weekend",
		NotifyTargets: []string{"notify_hook", "oncall@example.net"},
		Extend:        json.RawMessage(`{"enableRotateNotification":true,"rotationCycle":"weekend","effectiveTime":{"start":946684800,"end":4102444800}}`),
		Strategy:      []json.RawMessage{json.RawMessage(`{"name":"escalate \u2014 \"all\"","uuid":"7d1f8a52-0000-11ee-9f0e-0242ac120002","strategy":[]}`)},
		TagFilter:     []string{"tag_77"},
	},
	{
		Name:            "last year's drill",
		DimensionFilter: "host:* OR url:https://example.net/*",
		NotifyTargets:   []string{"group_drill"},
		Extend:          json.RawMessage(`{"effectiveTime":{"end":918000000,"start":915148800},"enableRotateNotification":false}`),
	},
}
